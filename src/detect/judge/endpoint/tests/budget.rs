//! Budgets: which requests they admit, and what is kept when they are used up.

use super::*;
use crate::detect::judge::endpoint::request::Requests;

#[test]
fn the_budget_of_requests_is_used_to_the_last_and_the_rest_comes_after_a_restart() {
    let server = Server::start(|request| match (&*request.text, request.before) {
        ("law 1", 0) => Answer::status("500 Internal Server Error", "once"),
        _ => well(request),
    });
    let setup = Setup::new(&server.url).with(|plan| plan.max_requests = Some(4));
    let texts = ["law 1", "code 2", "law 3", "code 4", "law 5", "law 5"];
    let findings = setup.judge_texts(&texts);
    assert_eq!(findings.counts(), (3, 0, 4, 1));
    let error = findings.error();
    assert!(matches!(findings.end, Err(JudgeError::Budget { left: 3, .. })), "{error}");
    for part in [
        "max_requests: 4; ",
        "4 requests (1 of them retries) and 330 tokens",
        "3 texts are left",
        &setup.cache().display().to_string(),
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(server.requests().len(), 4);

    let rest = setup.judge_texts(&texts);
    assert!(rest.end.is_ok(), "{rest:?}");
    assert_eq!(rest.counts(), (6, 0, 2, 0));
}

/// Tokens that a request about this text is thought to need.
fn estimate(setup: &Setup, text: &str) -> u64 {
    Requests::new(&setup.plan, &domains()).about(text, true).1
}

#[test]
fn the_budget_of_tokens_counts_what_the_server_says() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    // After two answers of 110 tokens there is exactly space for a third.
    let budget = 2 * 110 + estimate(&setup, "law 1");
    let setup = setup.with(|plan| plan.max_tokens = Some(budget));
    let findings = setup.judge_texts(&["law 1", "law 2", "law 3", "law 4"]);
    assert_eq!(findings.counts(), (3, 0, 3, 0));
    let error = findings.error();
    assert!(error.contains(&format!("max_tokens: {budget} (the request needs about ")), "{error}");
    assert!(matches!(findings.end, Err(JudgeError::Budget { left: 1, .. })), "{error}");
}

#[test]
fn requests_at_once_do_not_overrun_the_budget_together() {
    // The server is slow, so that all would be sent before the first is counted.
    let slow = Duration::from_millis(50);
    let server = Server::start(move |request| Answer::After(slow, Box::new(well(request))));
    let setup = Setup::new(&server.url);
    let one = estimate(&setup, "law 1");
    let setup = setup.with(|plan| plan.max_tokens = Some(110 + 2 * one));
    let findings = setup.judge_texts(&["law 1", "law 2", "law 3", "law 4", "law 5", "law 6"]);
    assert!(matches!(findings.end, Err(JudgeError::Budget { .. })), "{findings:?}");
    assert_eq!(server.most_at_once(), 2);
    let Usage { prompt_tokens, completion_tokens, .. } = findings.usage;
    assert!(prompt_tokens + completion_tokens <= 110 + 2 * one, "{findings:?}");
}

#[test]
fn a_server_that_counts_nothing_is_charged_the_estimate() {
    let server = Server::start(|_| {
        let content = r#"{"law": 0.5, "code": 0.5}"#;
        Answer::ok(&serde_json::json!({"choices": [{"message": {"content": content}}]}))
    });
    let setup = Setup::new(&server.url);
    let budget = 3 * estimate(&setup, "law 1");
    let setup = setup.with(|plan| plan.max_tokens = Some(budget));
    let findings = setup.judge_texts(&["law 1", "law 2", "law 3", "law 4"]);
    assert_eq!(findings.counts(), (3, 0, 3, 0));
    assert!(matches!(findings.end, Err(JudgeError::Budget { left: 1, .. })), "{findings:?}");
    assert_eq!(findings.usage.prompt_tokens, 0, "the usage holds only what the server counted");
}

#[test]
fn texts_that_are_kept_need_no_budget() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    setup.judge_texts(&["law 1", "code 2"]);
    let setup = setup.with(|plan| plan.max_requests = Some(1));
    assert_eq!(setup.judge_texts(&["law 1", "code 2", "law 3"]).counts(), (3, 0, 1, 0));
}
