//! The key goes to the endpoint and nowhere else. `Setup::judge_texts` looks for it in every finding,
//! error, `Debug`, dump and cache file of every test in this folder.

use super::*;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Every place in which a server may echo the key.
fn echoes() -> Vec<Answer> {
    let echo = format!("no such key: {KEY}");
    let statuses = [
        "307 Temporary Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "404 Not Found",
        "429 Too Many Requests",
        "500 Internal Server Error",
    ];
    let mut answers: Vec<Answer> =
        statuses.into_iter().map(|status| Answer::status(status, &echo)).collect();
    let refusal = serde_json::json!({"message": {"content": null, "refusal": echo}});
    answers.extend([
        Answer::Full("502 Bad Gateway", String::new(), format!("<html>{echo}</html>")),
        Answer::Full("302 Found", format!("Location: http://{KEY}.example/\r\n"), String::new()),
        Answer::Full("200 OK", String::new(), format!("{{\"broken\": \"{KEY}")),
        Answer::Full("200 OK", String::new(), "x".repeat(290) + KEY),
        Answer::content(&echo),
        Answer::content(&format!("{{\"{KEY}\": 1.0}}")),
        Answer::choice(refusal),
    ]);
    answers
}

/// What a subscriber at the lowest level writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_echo_of_the_key_is_shown_nowhere_and_written_to_no_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::trace!("the log is on");
        for answer in echoes() {
            let server = Server::start(move |_| answer.clone());
            // Looks through all that is said; three texts, so that it comes to an error.
            let findings = Setup::new(&server.url).judge_texts(&["law 1", "code 2", "law 3"]);
            assert!(findings.end.is_err(), "{findings:?}");
            assert!(
                findings.error().contains("[key") || findings.error().contains("xxxx…"),
                "{findings:?}"
            );
            let sent = server.requests()[0].authorization.clone();
            assert_eq!(sent, Some(format!("Bearer {KEY}")), "it is there to be echoed");
        }
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log is on"));
    assert!(!log.contains(&KEY[3..20]), "{log}");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(well);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let header = format!("Location: {}/chat/completions\r\n", elsewhere.url);
        let server = Server::start(move |_| Answer::Full(status, header.clone(), String::new()));
        let findings = Setup::new(&server.url).judge_texts(&["law 1"]);
        assert_eq!(findings.counts(), (0, 0, 1, 0));
        let error = findings.error();
        assert!(error.contains(&format!("redirecting to {}", elsewhere.url)), "{error}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn errors_of_making_a_judge_hold_nothing_of_it() {
    let setup = Setup::new("http://localhost:1/v1");
    let key = setup.dir.path().join("two keys");
    std::fs::write(&key, format!("{KEY} {KEY}")).unwrap();
    let setup = setup.with(|plan| plan.key = KeySource::File(key));
    let error = EndpointJudge::new(&setup.plan, &domains(), &setup.cache()).unwrap_err();
    assert!(error.to_string().contains("two keys: "), "{error}");
    assert!(!format!("{error:?} {error}").contains(KEY), "{error}");
}

#[test]
fn only_the_owner_reads_what_was_judged() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    setup.judge_texts(&["law 1"]);
    let mode = std::fs::metadata(setup.cache()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
