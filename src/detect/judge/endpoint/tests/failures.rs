//! Servers that fail: what is tried again, what is given up, what ends the judging.

use super::*;

/// The first text is judged; the one called "bad" meets with trouble.
fn trouble(answer: Answer) -> Server {
    Server::start(move |asked| if asked.text == "bad" { answer.clone() } else { well(asked) })
}

/// The same, but only at the first request.
fn passing_trouble(answer: Answer) -> Server {
    Server::start(move |asked| match asked.text == "bad" && asked.before == 0 {
        true => answer.clone(),
        false => well(asked),
    })
}

/// Everything for which a request is sent again, with what is said of it.
fn troubles() -> [(Answer, &'static str); 8] {
    [
        (Answer::status("500 Internal Server Error", "oops"), "500 Internal Server Error: oops"),
        (Answer::status("429 Too Many Requests", "slow down"), "slow down"),
        (Answer::Full("200 OK", String::new(), "{\"choices\": [".into()), "no chat completion"),
        (Answer::says("{\"law\": 0.5,"), "no JSON object"),
        (Answer::says("{\"law\": 0.5, \"sport\": 0.5}"), "'sport' is not one of the domains"),
        (Answer::says(""), "the answer is empty"),
        (Answer::ok(&serde_json::json!({"choices": []})), "the response holds no answer"),
        (Answer::Half("{\"choices\": [{\"message\": {}}]}".into()), "the connection broke off"),
    ]
}

#[test]
fn what_stays_unusable_is_counted_and_shown() {
    for (answer, why) in troubles() {
        let server = trouble(answer);
        let tunable = Tunable::of(&server);
        let heard = tunable.hear(&["law 1", "bad", "code 3", "law 4"]);
        assert!(heard.end.is_ok(), "{heard:?}");
        // One request for each of the three, three for the bad one, of which two are retries.
        assert_eq!(heard.counts(), (3, 1, 6, 2), "{why}");
        let told = &heard.unjudged[&1];
        assert!(told.starts_with("no usable answer in 3 tries; the last: "), "{told}");
        assert!(told.contains(why), "{told}");
        // It is asked again after a restart, and only it.
        assert_eq!(tunable.hear(&["law 1", "bad", "code 3"]).counts().2, 3, "{why}");
    }
}

#[test]
fn what_passes_is_judged_at_the_second_try() {
    for (answer, why) in troubles() {
        let server = passing_trouble(answer);
        let heard = Tunable::of(&server).hear(&["law 1", "bad", "code 3"]);
        assert!(heard.end.is_ok(), "{heard:?}");
        assert_eq!(heard.counts(), (3, 0, 4, 1), "{why}");
    }
}

#[test]
fn no_answer_is_a_time_out_and_tried_again() {
    let server = trouble(Answer::Silence);
    let tunable = Tunable::of(&server).with(|plan| {
        plan.timeout_secs = 1;
        plan.max_tries = 2;
    });
    let heard = tunable.hear(&["law 1", "bad", "code 3"]);
    assert_eq!(heard.counts(), (2, 1, 4, 1));
    let why = &heard.unjudged[&1];
    assert_eq!(why, "no usable answer in 2 tries; the last: no whole answer within 1 s");
}

#[test]
fn retry_after_holds_for_every_text() {
    let wait = Duration::from_millis(400);
    let server = passing_trouble(Answer::too_many("0.4"));
    let tunable = Tunable::of(&server).with(|plan| plan.in_flight = 1);
    let heard = tunable.hear(&["law 1", "bad", "code 3"]);
    assert_eq!(heard.counts(), (3, 0, 4, 1));
    let asked = server.asked();
    let refused = asked.iter().position(|asked| asked.text == "bad").unwrap();
    assert!(asked[refused + 1].at - asked[refused].at >= wait);

    // Two at once: the other text's next request waits too.
    let server = Server::start(|asked| match (&*asked.text, asked.before) {
        ("bad", 0) => Answer::too_many("0.4"),
        ("slow", 0) => {
            let late = Answer::status("503 Service Unavailable", "");
            Answer::After(Duration::from_millis(100), Box::new(late))
        }
        _ => well(asked),
    });
    let heard = Tunable::of(&server).hear(&["law 1", "bad", "slow"]);
    assert_eq!(heard.counts(), (3, 0, 5, 2));
    let asked = server.asked();
    let refused = asked.iter().find(|asked| asked.text == "bad").unwrap();
    for late in asked.iter().filter(|asked| asked.before == 1) {
        assert!(late.at - refused.at >= wait, "{late:?}");
    }
}

#[test]
fn retry_after_is_obeyed_up_to_the_cap() {
    let server = passing_trouble(Answer::too_many("86400"));
    let tunable = Tunable::of(&server);
    let begun = Instant::now();
    let heard = tunable.hear(&["law 1", "bad"]);
    assert_eq!(heard.counts(), (2, 0, 3, 1));
    assert!((QUICK.retry_after_cap..Duration::from_secs(4)).contains(&begun.elapsed()));
}

#[test]
fn a_server_without_structured_output_is_asked_without_it() {
    let server = Server::start(|asked| match asked.is_structured() {
        true => Answer::status("400 Bad Request", "response_format is not supported"),
        false => well(asked),
    });
    let heard = Tunable::of(&server).hear(&["law 1", "code 2", "law 3", "code 4"]);
    assert!(heard.end.is_ok(), "{heard:?}");
    assert_eq!(heard.counts(), (4, 0, 5, 1));
    assert_eq!(heard.notices.len(), 1);
    assert!(heard.notices[0].contains("response_format is not supported"), "{:?}", heard.notices);
    let structured: Vec<bool> = server.asked().iter().map(Asked::is_structured).collect();
    assert_eq!(structured, [true, false, false, false, false]);

    let off = Tunable::of(&server).with(|plan| plan.structured = StructuredOutput::Off);
    let heard = off.hear(&["law 1"]);
    assert_eq!((heard.counts(), heard.notices.len()), ((1, 0, 1, 0), 0));
}

#[test]
fn a_text_that_the_server_refuses_is_not_asked_twice() {
    let server = trouble(Answer::status("400 Bad Request", "filtered"));
    let heard = Tunable::of(&server).hear(&["law 1", "bad", "code 3"]);
    assert_eq!(heard.counts(), (2, 1, 3, 0));
    assert_eq!(heard.unjudged[&1], "the server answered 400 Bad Request: filtered");
    assert!(heard.notices.is_empty(), "that it took the schema before is known");
}

#[test]
fn an_endpoint_that_judges_none_of_the_first_texts_is_left() {
    let server = Server::start(|_| Answer::status("400 Bad Request", "temperature is unknown"));
    let heard = Tunable::of(&server).hear(&["law 1", "code 2", "law 3", "code 4", "law 5"]);
    // Each of the three with the schema and without.
    assert_eq!(heard.counts(), (0, 3, 6, 3));
    let error = heard.error();
    assert!(matches!(heard.end, Err(JudgeError::Useless { texts: 3, .. })), "{error}");
    assert!(error.contains("temperature is unknown"), "{error}");

    let heard = Tunable::of(&server).hear(&["law 1", "code 2"]);
    assert!(heard.end.is_ok(), "two are not enough to say");
    assert_eq!(heard.counts(), (0, 2, 4, 2));
}

#[test]
fn refusals_of_all_requests_end_the_judging_at_once() {
    for (status, fix) in [
        ("401 Unauthorized", "check the key, file "),
        ("402 Payment Required", "credit"),
        ("403 Forbidden", "check the key, file "),
        ("404 Not Found", "check model and base_url"),
    ] {
        let server = Server::start(move |_| Answer::status(status, "as the server says it"));
        let heard = Tunable::of(&server).hear(&["law 1", "code 2", "law 3"]);
        assert_eq!(heard.counts(), (0, 0, 1, 0), "{status}");
        let error = heard.error();
        assert!(matches!(heard.end, Err(JudgeError::Refused { .. })), "{error}");
        let endpoint = format!("judge judge-1 at {}", server.url);
        for part in [&*endpoint, status, "as the server says it", fix] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_key_that_is_needed_and_not_planned_is_named() {
    let server = Server::start(|_| Answer::status("401 Unauthorized", "no key"));
    let heard = Tunable::of(&server).with(|plan| plan.key = KeySource::None).hear(&["law"]);
    assert!(heard.error().contains("it wants a key: set where it comes from"), "{heard:?}");
}

#[test]
fn what_was_said_before_the_end_holds() {
    let server = trouble(Answer::status("401 Unauthorized", "expired"));
    let tunable = Tunable::of(&server).with(|plan| plan.in_flight = 1);
    let heard = tunable.hear(&["law 1", "code 2", "bad", "law 4"]);
    assert!(matches!(heard.end, Err(JudgeError::Refused { .. })), "{heard:?}");
    assert_eq!(heard.counts(), (2, 0, 3, 0));
    assert_eq!(tunable.hear(&["law 1", "code 2"]).counts(), (2, 0, 0, 0), "they are kept");
}

#[test]
fn a_server_that_is_not_there_is_named_after_all_tries() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let heard = Tunable::at(&format!("http://{free}/v1")).hear(&["law 1", "code 2"]);
    assert_eq!(heard.counts(), (0, 0, 3, 2));
    assert!(matches!(heard.end, Err(JudgeError::Unreachable { tries: TRIES, .. })), "{heard:?}");
    let error = heard.error();
    assert!(error.contains(&free.to_string()) && error.contains("refused"), "{error}");
}
