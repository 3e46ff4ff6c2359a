//! Which options decide an answer.

use super::*;

fn good() -> EndpointPlan {
    EndpointPlan {
        base_url: "http://localhost:8000/v1".into(),
        model: "judge-1".into(),
        ..EndpointPlan::default()
    }
}

#[test]
fn only_what_decides_an_answer_is_in_the_fingerprint() {
    let of = |plan: EndpointPlan| fingerprint(&plan, &domains());
    let descriptions = vec!["courts".to_owned(), "programs".to_owned()];
    let decisive = [
        EndpointPlan { base_url: "http://localhost:8001/v1".into(), ..good() },
        EndpointPlan { model: "judge-2".into(), ..good() },
        EndpointPlan { prompt: Some("{domains} {text}".into()), ..good() },
        EndpointPlan { descriptions, ..good() },
        EndpointPlan { form: AnswerForm::Label, ..good() },
        EndpointPlan { temperature: Some(1.0), ..good() },
    ];
    for plan in decisive {
        assert_ne!(of(plan.clone()), of(good()), "{plan:?}");
    }
    assert_ne!(fingerprint(&good(), &["law".into(), "codes".into()]), of(good()));
    let indifferent = EndpointPlan {
        base_url: "http://localhost:8000/v1/".into(),
        key: KeySource::None,
        in_flight: 1,
        max_tries: 1,
        timeout_secs: 1,
        max_requests: Some(1),
        max_tokens: Some(1),
        prompt: Some(DEFAULT_PROMPT.into()),
        ..good()
    };
    assert_eq!(of(indifferent), of(good()));
}
