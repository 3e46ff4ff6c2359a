//! Servers with errors: what is sent again, what is given up, what ends the judging.

use super::*;

/// Judges every text but the one called "bad".
fn trouble(answer: Answer) -> Server {
    Server::start(move |request| if request.text == "bad" { answer.clone() } else { well(request) })
}

/// The same, but only at the first request.
fn passing_trouble(answer: Answer) -> Server {
    Server::start(move |request| match request.text == "bad" && request.before == 0 {
        true => answer.clone(),
        false => well(request),
    })
}

/// Every answer after which a request is sent again, with part of the message about it.
fn troubles() -> [(Answer, &'static str); 8] {
    [
        (Answer::status("500 Internal Server Error", "oops"), "500 Internal Server Error: oops"),
        (Answer::status("429 Too Many Requests", "slow down"), "slow down"),
        (Answer::Full("200 OK", String::new(), "{\"choices\": [".into()), "no chat completion"),
        (Answer::content("{\"law\": 0.5,"), "no JSON object"),
        (Answer::content("{\"law\": 0.5, \"sport\": 0.5}"), "'sport' is not one of the domains"),
        (Answer::content(""), "the answer is empty"),
        (Answer::ok(&serde_json::json!({"choices": []})), "the response holds no answer"),
        (Answer::Half("{\"choices\": [{\"message\": {}}]}".into()), "the connection broke off"),
    ]
}

#[test]
fn a_text_without_a_usable_answer_is_counted_with_the_reason() {
    for (answer, why) in troubles() {
        let server = trouble(answer);
        let setup = Setup::new(&server.url);
        let findings = setup.judge_texts(&["law 1", "bad", "code 3", "law 4"]);
        assert!(findings.end.is_ok(), "{findings:?}");
        // One request for each of the three, three for the bad one, of which two are retries.
        assert_eq!(findings.counts(), (3, 1, 6, 2), "{why}");
        let message = &findings.unjudged[&1];
        assert!(message.starts_with("no usable answer in 3 tries; the last: "), "{message}");
        assert!(message.contains(why), "{message}");
        // It is sent again after a restart, and only it.
        assert_eq!(setup.judge_texts(&["law 1", "bad", "code 3"]).counts().2, 3, "{why}");
    }
}

#[test]
fn a_passing_error_is_followed_by_a_judgement() {
    for (answer, why) in troubles() {
        let server = passing_trouble(answer);
        let findings = Setup::new(&server.url).judge_texts(&["law 1", "bad", "code 3"]);
        assert!(findings.end.is_ok(), "{findings:?}");
        assert_eq!(findings.counts(), (3, 0, 4, 1), "{why}");
    }
}

#[test]
fn a_time_out_is_tried_again() {
    let server = trouble(Answer::Silence);
    let setup = Setup::new(&server.url).with(|plan| {
        plan.timeout_secs = 1;
        plan.max_tries = 2;
    });
    let findings = setup.judge_texts(&["law 1", "bad", "code 3"]);
    assert_eq!(findings.counts(), (2, 1, 4, 1));
    let why = &findings.unjudged[&1];
    assert_eq!(why, "no usable answer in 2 tries; the last: no whole answer within 1 s");
}

#[test]
fn a_retry_after_makes_every_text_wait() {
    let wait = Duration::from_millis(400);
    let server = passing_trouble(Answer::too_many("0.4"));
    let setup = Setup::new(&server.url).with(|plan| plan.in_flight = 1);
    let findings = setup.judge_texts(&["law 1", "bad", "code 3"]);
    assert_eq!(findings.counts(), (3, 0, 4, 1));
    let requests = server.requests();
    let refused = requests.iter().position(|request| request.text == "bad").unwrap();
    assert!(requests[refused + 1].at - requests[refused].at >= wait);

    // Two at once: the other text's next request waits too.
    let server = Server::start(|request| match (&*request.text, request.before) {
        ("bad", 0) => Answer::too_many("0.4"),
        ("slow", 0) => {
            let late = Answer::status("503 Service Unavailable", "");
            Answer::After(Duration::from_millis(100), Box::new(late))
        }
        _ => well(request),
    });
    let findings = Setup::new(&server.url).judge_texts(&["law 1", "bad", "slow"]);
    assert_eq!(findings.counts(), (3, 0, 5, 2));
    let requests = server.requests();
    let refused = requests.iter().find(|request| request.text == "bad").unwrap();
    for late in requests.iter().filter(|request| request.before == 1) {
        assert!(late.at - refused.at >= wait, "{late:?}");
    }
}

#[test]
fn a_retry_after_is_obeyed_up_to_the_cap() {
    let server = passing_trouble(Answer::too_many("86400"));
    let setup = Setup::new(&server.url);
    let begun = Instant::now();
    let findings = setup.judge_texts(&["law 1", "bad"]);
    assert_eq!(findings.counts(), (2, 0, 3, 1));
    assert!((QUICK.retry_after_cap..Duration::from_secs(4)).contains(&begun.elapsed()));
}

#[test]
fn a_server_without_structured_output_gets_requests_without_it() {
    let server = Server::start(|request| match request.is_structured() {
        true => Answer::status("400 Bad Request", "response_format is not supported"),
        false => well(request),
    });
    let findings = Setup::new(&server.url).judge_texts(&["law 1", "code 2", "law 3", "code 4"]);
    assert!(findings.end.is_ok(), "{findings:?}");
    assert_eq!(findings.counts(), (4, 0, 5, 1));
    assert_eq!(findings.notices.len(), 1);
    assert!(
        findings.notices[0].contains("response_format is not supported"),
        "{:?}",
        findings.notices
    );
    let structured: Vec<bool> =
        server.requests().iter().map(ReceivedRequest::is_structured).collect();
    assert_eq!(structured, [true, false, false, false, false]);

    let off = Setup::new(&server.url).with(|plan| plan.structured = StructuredOutput::Off);
    let findings = off.judge_texts(&["law 1"]);
    assert_eq!((findings.counts(), findings.notices.len()), ((1, 0, 1, 0), 0));
}

#[test]
fn a_text_that_the_server_refuses_is_not_sent_twice() {
    let server = trouble(Answer::status("400 Bad Request", "filtered"));
    let findings = Setup::new(&server.url).judge_texts(&["law 1", "bad", "code 3"]);
    assert_eq!(findings.counts(), (2, 1, 3, 0));
    assert_eq!(findings.unjudged[&1], "the server answered 400 Bad Request: filtered");
    assert!(findings.notices.is_empty(), "that it took the schema before is known");
}

#[test]
fn an_endpoint_that_judges_none_of_the_first_texts_is_an_error() {
    let server = Server::start(|_| Answer::status("400 Bad Request", "temperature is unknown"));
    let findings =
        Setup::new(&server.url).judge_texts(&["law 1", "code 2", "law 3", "code 4", "law 5"]);
    // Each of the three with the schema and without.
    assert_eq!(findings.counts(), (0, 3, 6, 3));
    let error = findings.error();
    assert!(matches!(findings.end, Err(JudgeError::Useless { texts: 3, .. })), "{error}");
    assert!(error.contains("temperature is unknown"), "{error}");

    let findings = Setup::new(&server.url).judge_texts(&["law 1", "code 2"]);
    assert!(findings.end.is_ok(), "two are not enough to tell");
    assert_eq!(findings.counts(), (0, 2, 4, 2));
}

#[test]
fn refusals_of_all_requests_end_the_judging_at_once() {
    for (status, fix) in [
        ("401 Unauthorized", "check the key, file "),
        ("402 Payment Required", "credit"),
        ("403 Forbidden", "check the key, file "),
        ("404 Not Found", "check model and base_url"),
    ] {
        let server = Server::start(move |_| Answer::status(status, "in the words of the server"));
        let findings = Setup::new(&server.url).judge_texts(&["law 1", "code 2", "law 3"]);
        assert_eq!(findings.counts(), (0, 0, 1, 0), "{status}");
        let error = findings.error();
        assert!(matches!(findings.end, Err(JudgeError::Refused { .. })), "{error}");
        let endpoint = format!("judge judge-1 at {}", server.url);
        for part in [&*endpoint, status, "in the words of the server", fix] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_key_that_is_needed_and_not_planned_is_named() {
    let server = Server::start(|_| Answer::status("401 Unauthorized", "no key"));
    let findings =
        Setup::new(&server.url).with(|plan| plan.key = KeySource::None).judge_texts(&["law"]);
    assert!(
        findings.error().contains("it requires a key: set where the key comes from"),
        "{findings:?}"
    );
}

#[test]
fn what_was_reported_before_an_error_holds() {
    let server = trouble(Answer::status("401 Unauthorized", "expired"));
    let setup = Setup::new(&server.url).with(|plan| plan.in_flight = 1);
    let findings = setup.judge_texts(&["law 1", "code 2", "bad", "law 4"]);
    assert!(matches!(findings.end, Err(JudgeError::Refused { .. })), "{findings:?}");
    assert_eq!(findings.counts(), (2, 0, 3, 0));
    assert_eq!(setup.judge_texts(&["law 1", "code 2"]).counts(), (2, 0, 0, 0), "they are kept");
}

#[test]
fn a_server_that_is_not_there_is_named_after_all_tries() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let findings = Setup::new(&format!("http://{free}/v1")).judge_texts(&["law 1", "code 2"]);
    assert_eq!(findings.counts(), (0, 0, 3, 2));
    assert!(
        matches!(findings.end, Err(JudgeError::Unreachable { tries: TRIES, .. })),
        "{findings:?}"
    );
    let error = findings.error();
    assert!(error.contains(&free.to_string()) && error.contains("refused"), "{error}");
}
