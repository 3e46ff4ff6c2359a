//! Budgets: what goes, what stops, what is kept.

use super::*;
use crate::detect::judge::endpoint::request::Requests;

#[test]
fn the_budget_of_requests_is_used_to_the_last_and_the_rest_comes_after_a_restart() {
    let server = Server::start(|asked| match (&*asked.text, asked.before) {
        ("law 1", 0) => Answer::status("500 Internal Server Error", "once"),
        _ => well(asked),
    });
    let tunable = Tunable::of(&server).with(|plan| plan.max_requests = Some(4));
    let texts = ["law 1", "code 2", "law 3", "code 4", "law 5", "law 5"];
    let heard = tunable.hear(&texts);
    assert_eq!(heard.counts(), (3, 0, 4, 1));
    let error = heard.error();
    assert!(matches!(heard.end, Err(JudgeError::Budget { left: 3, .. })), "{error}");
    for part in [
        "max_requests: 4; ",
        "4 requests (1 of them retries) and 330 tokens",
        "3 texts are left",
        &tunable.cache().display().to_string(),
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(server.asked().len(), 4);

    let rest = tunable.hear(&texts);
    assert!(rest.end.is_ok(), "{rest:?}");
    assert_eq!(rest.counts(), (6, 0, 2, 0));
}

/// Tokens that a request about this text is thought to need.
fn estimate(tunable: &Tunable, text: &str) -> u64 {
    Requests::new(&tunable.plan, &domains()).about(text, true).1
}

#[test]
fn the_budget_of_tokens_counts_what_the_server_says() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    // After two answers of 110 tokens there is exactly room for a third.
    let budget = 2 * 110 + estimate(&tunable, "law 1");
    let tunable = tunable.with(|plan| plan.max_tokens = Some(budget));
    let heard = tunable.hear(&["law 1", "law 2", "law 3", "law 4"]);
    assert_eq!(heard.counts(), (3, 0, 3, 0));
    let error = heard.error();
    assert!(error.contains(&format!("max_tokens: {budget} (the request needs about ")), "{error}");
    assert!(matches!(heard.end, Err(JudgeError::Budget { left: 1, .. })), "{error}");
}

#[test]
fn requests_at_once_do_not_overrun_the_budget_together() {
    // The server is slow, so that all would be sent before the first is counted.
    let slow = Duration::from_millis(50);
    let server = Server::start(move |asked| Answer::After(slow, Box::new(well(asked))));
    let tunable = Tunable::of(&server);
    let one = estimate(&tunable, "law 1");
    let tunable = tunable.with(|plan| plan.max_tokens = Some(110 + 2 * one));
    let heard = tunable.hear(&["law 1", "law 2", "law 3", "law 4", "law 5", "law 6"]);
    assert!(matches!(heard.end, Err(JudgeError::Budget { .. })), "{heard:?}");
    assert_eq!(server.most_at_once(), 2);
    let Usage { prompt_tokens, completion_tokens, .. } = heard.usage;
    assert!(prompt_tokens + completion_tokens <= 110 + 2 * one, "{heard:?}");
}

#[test]
fn a_server_that_counts_nothing_is_charged_the_estimate() {
    let server = Server::start(|_| {
        let content = r#"{"law": 0.5, "code": 0.5}"#;
        Answer::ok(&serde_json::json!({"choices": [{"message": {"content": content}}]}))
    });
    let tunable = Tunable::of(&server);
    let budget = 3 * estimate(&tunable, "law 1");
    let tunable = tunable.with(|plan| plan.max_tokens = Some(budget));
    let heard = tunable.hear(&["law 1", "law 2", "law 3", "law 4"]);
    assert_eq!(heard.counts(), (3, 0, 3, 0));
    assert!(matches!(heard.end, Err(JudgeError::Budget { left: 1, .. })), "{heard:?}");
    assert_eq!(heard.usage.prompt_tokens, 0, "the usage holds only what the server counted");
}

#[test]
fn texts_that_are_kept_need_no_budget() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    tunable.hear(&["law 1", "code 2"]);
    let tunable = tunable.with(|plan| plan.max_requests = Some(1));
    assert_eq!(tunable.hear(&["law 1", "code 2", "law 3"]).counts(), (3, 0, 1, 0));
}
