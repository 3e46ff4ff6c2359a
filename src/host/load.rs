use crate::limits::CpuLimit;
use std::time::{Duration, Instant};

/// How much of a limit of CPU time is used, from one reading to the next.
#[derive(Default)]
pub(super) struct LoadMeter {
    last: Option<(Instant, Duration)>,
}

impl LoadMeter {
    /// Percent of the limit that were used since the reading before; 0 the first time.
    pub fn percent_of(&mut self, limit: &CpuLimit, now: Instant) -> f64 {
        let Some(used) = limit.used else { return 0.0 };
        let Some((then, before)) = self.last.replace((now, used)) else { return 0.0 };
        let allowed = now.saturating_duration_since(then).as_secs_f64() * limit.cpus;
        if allowed <= 0.0 {
            return 0.0;
        }
        // Time is charged to a group in portions, so that a reading may be late.
        (100.0 * used.saturating_sub(before).as_secs_f64() / allowed).min(100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_of_what_the_limit_allows() {
        let mut meter = LoadMeter::default();
        let begun = Instant::now();
        let mut reading = |secs: u64, used: f64| {
            let used = Some(Duration::from_secs_f64(used));
            meter.percent_of(&CpuLimit { cpus: 1.5, used }, begun + Duration::from_secs(secs))
        };
        assert_eq!(reading(0, 100.0), 0.0);
        assert_eq!(reading(2, 101.5), 50.0);
        assert_eq!(reading(2, 101.5), 0.0);
        assert_eq!(reading(4, 105.5), 100.0);
    }
}
