use crate::config::{EndpointPlan, JudgePlan};
use crate::net;

/// A warning, as a sentence, where what is sent to the judge can be read on the way: an `http` address
/// that is not on this machine.
pub fn plain_http_warning(judge: &JudgePlan) -> Option<String> {
    let JudgePlan::Endpoint(EndpointPlan { base_url, .. }) = judge else { return None };
    let is_readable = base_url.starts_with("http:") && !net::is_this_machine(base_url);
    is_readable.then(|| {
        format!(
            "detection.judge.base_url is {base_url}: whoever is between can read the key and the texts, and \
             change the answers; use https"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_that_others_can_overhear_is_warned_of() {
        let warning = |base_url: &str| {
            let plan = EndpointPlan { base_url: base_url.into(), ..EndpointPlan::default() };
            plain_http_warning(&JudgePlan::Endpoint(plan))
        };
        assert!(
            warning("http://judge.example/v1").unwrap().contains("http://judge.example/v1: who")
        );
        for safe in ["https://judge.example/v1", "http://localhost:8000/v1"] {
            assert_eq!(warning(safe), None);
        }
    }
}
