//! The judge against a server on this machine.

mod budget;
mod errors;
mod flight;
mod plan;
mod secret;
mod server;

use super::backoff::Backoff;
use super::judge::{EndpointJudge, fingerprint};
use super::prompt::DEFAULT_PROMPT;
use crate::config::{AnswerForm, EndpointPlan, KeySource, StructuredOutput};
use crate::detect::judge::{Finding, Judge, JudgeError, Usage};
use server::{Answer, ReceivedRequest, Server};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const KEY: &str = "sk-a-key-that-nothing-may-show";
const TRIES: u32 = 3;
/// Waits that a test can afford.
const QUICK: Backoff = Backoff {
    base: Duration::from_millis(4),
    cap: Duration::from_millis(20),
    retry_after_cap: Duration::from_secs(1),
};

/// A folder with the key and the cache, and the plan for one server.
struct Setup {
    dir: TempDir,
    plan: EndpointPlan,
}

impl Setup {
    fn new(base_url: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        std::fs::write(&key, format!("{KEY}\n")).unwrap();
        let plan = EndpointPlan {
            base_url: base_url.into(),
            model: "judge-1".into(),
            key: KeySource::File(key),
            in_flight: 4,
            max_tries: TRIES,
            timeout_secs: 5,
            ..EndpointPlan::default()
        };
        Setup { dir, plan }
    }

    fn with(self, change: impl FnOnce(&mut EndpointPlan)) -> Self {
        let mut setup = self;
        change(&mut setup.plan);
        setup
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("judge.jsonl")
    }

    fn judge(&self) -> EndpointJudge {
        EndpointJudge::new(&self.plan, &domains(), &self.cache()).unwrap().with_backoff(QUICK)
    }

    /// A new judge's findings about these texts.
    fn judge_texts(&self, texts: &[&str]) -> Findings {
        self.judge_texts_with(&mut self.judge(), texts)
    }

    fn judge_texts_with(&self, judge: &mut EndpointJudge, texts: &[&str]) -> Findings {
        let findings = Findings::from(judge, texts);
        self.look_for_key(judge, &findings);
        findings
    }

    /// Every test looks for the key in all that a judge says, shows and writes.
    fn look_for_key(&self, judge: &EndpointJudge, findings: &Findings) {
        let shown =
            format!("{judge:?} {judge:#?} {} {} {findings:?}", judge.name(), judge.fingerprint());
        let message = findings.end.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let dump = serde_json::to_string(&self.plan).unwrap() + &format!("{:?}", self.plan);
        let cache = std::fs::read_to_string(self.cache()).unwrap();
        for text in [shown, message, dump, cache] {
            // No half of it either.
            assert!(!text.contains(&KEY[3..20]), "{text}");
        }
    }
}

/// Everything that a judge reported.
#[derive(Debug)]
struct Findings {
    judged: BTreeMap<usize, Vec<f64>>,
    unjudged: BTreeMap<usize, String>,
    notices: Vec<String>,
    /// Moments of all findings, the call and the end included.
    moments: Vec<Instant>,
    usage: Usage,
    end: Result<(), JudgeError>,
}

impl Findings {
    fn from(judge: &mut EndpointJudge, texts: &[&str]) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let (mut judged, mut unjudged) = (BTreeMap::new(), BTreeMap::new());
        let (mut notices, mut moments) = (Vec::new(), vec![Instant::now()]);
        let mut last = Usage::default();
        let end = judge.judge(&texts, &mut |finding| {
            moments.push(Instant::now());
            match finding {
                Finding::Judged { text, probabilities } => {
                    assert_eq!(judged.insert(text, probabilities.into()), None, "reported twice");
                }
                Finding::Unjudged { text, why } => {
                    assert_eq!(unjudged.insert(text, why), None, "reported twice");
                }
                Finding::Notice(notice) => notices.push(notice),
                Finding::Working(usage) => last = usage,
            }
            ControlFlow::Continue(())
        });
        moments.push(Instant::now());
        assert!(judged.keys().all(|text| !unjudged.contains_key(text)), "reported twice");
        let usage = judge.usage();
        assert_eq!(last, usage, "the last finding is what was used");
        Findings { judged, unjudged, notices, moments, usage, end }
    }

    /// Judged, unjudged, requests, retries.
    fn counts(&self) -> (usize, usize, u64, u64) {
        (self.judged.len(), self.unjudged.len(), self.usage.requests, self.usage.retries)
    }

    fn error(&self) -> String {
        self.end.as_ref().unwrap_err().to_string()
    }
}

fn domains() -> Vec<String> {
    ["law", "code"].map(String::from).to_vec()
}

/// As a good judge answers: three quarters for the domain with which the text begins.
fn well(request: &ReceivedRequest) -> Answer {
    match request.text.starts_with("law") {
        true => Answer::content(r#"{"law": 0.75, "code": 0.25}"#),
        false => Answer::content(r#"{"law": 0.25, "code": 0.75}"#),
    }
}

const LAW: [f64; 2] = [0.75, 0.25];
const CODE: [f64; 2] = [0.25, 0.75];

#[test]
fn texts_are_judged_with_one_request_each() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    let findings = setup.judge_texts(&["law 1", "code 2", "law 3", "code 4", "code 5"]);
    assert!(findings.end.is_ok(), "{findings:?}");
    assert_eq!(findings.counts(), (5, 0, 5, 0));
    assert_eq!((findings.usage.prompt_tokens, findings.usage.completion_tokens), (500, 50));
    let expected = [LAW, CODE, LAW, CODE, CODE].map(|weights| weights.to_vec());
    assert_eq!(findings.judged.into_values().collect::<Vec<_>>(), expected);
    assert_eq!(findings.notices, [""; 0]);
    for request in server.requests() {
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(request.authorization.as_deref(), Some(&*format!("Bearer {KEY}")));
        assert_eq!(request.body["model"], "judge-1");
        assert!(request.is_structured());
    }
    assert_eq!(setup.judge().name(), format!("judge-1 at {}", server.url));
}

#[test]
fn a_server_that_needs_no_key_gets_no_header() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url).with(|plan| plan.key = KeySource::None);
    assert_eq!(setup.judge_texts(&["law"]).counts(), (1, 0, 1, 0));
    assert_eq!(server.requests()[0].authorization, None);
}

#[test]
fn a_restart_sends_nothing_twice_and_another_judge_everything() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    let texts = ["law 1", "code 2", "law 3"];
    let first = setup.judge_texts(&texts);
    let again = setup.judge_texts(&texts);
    assert_eq!(again.counts(), (3, 0, 0, 0));
    assert_eq!(again.judged, first.judged);
    assert_eq!(setup.judge_texts(&["law 1", "code new"]).counts(), (2, 0, 1, 0));

    let other = setup.with(|plan| plan.model = "judge-2".into());
    assert_eq!(other.judge_texts(&texts).counts(), (3, 0, 3, 0));
    assert_eq!(server.requests().len(), 3 + 1 + 3);
}

#[test]
fn equal_texts_are_sent_once_and_reported_each() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    let findings = setup.judge_texts(&["law", "code", "law", "law"]);
    assert_eq!(findings.counts(), (4, 0, 2, 0));
    assert_eq!(findings.judged[&3], LAW);
}

#[test]
fn a_judge_counts_over_several_calls() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    let mut judge = setup.judge();
    assert_eq!(setup.judge_texts_with(&mut judge, &["law 1", "code 2"]).counts(), (2, 0, 2, 0));
    assert_eq!(
        setup.judge_texts_with(&mut judge, &["law 1", "code 3", "law 4"]).counts(),
        (3, 0, 4, 0)
    );
    assert_eq!(setup.judge_texts_with(&mut judge, &[]).counts(), (0, 0, 4, 0));
}

#[test]
fn labels_and_letters_are_judgements_too() {
    let server =
        Server::start(|request| Answer::content(&format!("{{\"domain\": \"{}\"}}", request.text)));
    let setup = Setup::new(&server.url).with(|plan| plan.form = AnswerForm::Label);
    let findings = setup.judge_texts(&["law", "code"]);
    assert_eq!(findings.counts(), (2, 0, 2, 0));
    assert_eq!(findings.judged[&1], [0.0, 1.0]);

    // 0.8 and 0.1: 8/9 and 1/9 of what the letters hold.
    let server = Server::start(|_| {
        let candidates = serde_json::json!([
            {"token": "A", "logprob": 0.8_f64.ln()},
            {"token": "The", "logprob": 0.1_f64.ln()},
            {"token": " B", "logprob": 0.1_f64.ln()},
        ]);
        Answer::choice(serde_json::json!({
            "message": {"content": "A"},
            "logprobs": {"content": [{"token": "A", "logprob": -0.22, "top_logprobs": candidates}]},
        }))
    });
    let setup = Setup::new(&server.url).with(|plan| plan.form = AnswerForm::Logprobs);
    let findings = setup.judge_texts(&["law"]);
    assert_eq!(findings.counts(), (1, 0, 1, 0));
    let expected = [8.0 / 9.0, 1.0 / 9.0];
    assert!(findings.judged[&0].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    assert_eq!(server.requests()[0].body["top_logprobs"], 20);
    assert!(!server.requests()[0].is_structured());
}

#[test]
fn damaged_lines_of_the_cache_are_reported() {
    let server = Server::start(well);
    let setup = Setup::new(&server.url);
    setup.judge_texts(&["law 1", "code 2"]);
    let text = std::fs::read_to_string(setup.cache()).unwrap();
    std::fs::write(setup.cache(), &text[..text.len() - 9]).unwrap();
    let findings = setup.judge_texts(&["law 1", "code 2"]);
    assert_eq!(findings.counts(), (2, 0, 1, 0));
    assert_eq!(findings.notices.len(), 1);
    assert!(findings.notices[0].starts_with("1 lines of "), "{:?}", findings.notices);
}
