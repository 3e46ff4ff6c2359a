//! Against a server on this machine.

mod budget;
mod failures;
mod flight;
mod plan;
mod secret;
mod server;

use super::*;
use crate::config::{AnswerForm, KeySource, StructuredOutput};
use crate::detect::judge::{Finding, Judge, JudgeError, Usage};
use server::{Answer, Asked, Server};
use std::collections::BTreeMap;
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
struct Tunable {
    dir: TempDir,
    plan: EndpointPlan,
}

impl Tunable {
    fn of(server: &Server) -> Self {
        Tunable::at(&server.url)
    }

    fn at(base_url: &str) -> Self {
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
        Tunable { dir, plan }
    }

    fn with(self, change: impl FnOnce(&mut EndpointPlan)) -> Self {
        let mut tunable = self;
        change(&mut tunable.plan);
        tunable
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("judge.jsonl")
    }

    fn judge(&self) -> EndpointJudge {
        EndpointJudge::new(&self.plan, &domains(), &self.cache()).unwrap().with_backoff(QUICK)
    }

    /// A new judge's findings about these texts.
    fn hear(&self, texts: &[&str]) -> Heard {
        self.hear_from(&mut self.judge(), texts)
    }

    fn hear_from(&self, judge: &mut EndpointJudge, texts: &[&str]) -> Heard {
        let heard = Heard::from(judge, texts);
        self.look_for_key(judge, &heard);
        heard
    }

    /// Every test looks for the key in all that a judge says, shows and writes.
    fn look_for_key(&self, judge: &EndpointJudge, heard: &Heard) {
        let shown =
            format!("{judge:?} {judge:#?} {} {} {heard:?}", judge.name(), judge.fingerprint());
        let message = heard.end.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let dump = serde_json::to_string(&self.plan).unwrap() + &format!("{:?}", self.plan);
        let cache = std::fs::read_to_string(self.cache()).unwrap();
        for text in [shown, message, dump, cache] {
            // No half of it either.
            assert!(!text.contains(&KEY[3..20]), "{text}");
        }
    }
}

/// All that was said.
#[derive(Debug)]
struct Heard {
    judged: BTreeMap<usize, Vec<f64>>,
    unjudged: BTreeMap<usize, String>,
    notices: Vec<String>,
    /// Moments of all findings, the call and the end included.
    moments: Vec<Instant>,
    usage: Usage,
    end: Result<(), JudgeError>,
}

impl Heard {
    fn from(judge: &mut EndpointJudge, texts: &[&str]) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let (mut judged, mut unjudged) = (BTreeMap::new(), BTreeMap::new());
        let (mut notices, mut moments) = (Vec::new(), vec![Instant::now()]);
        let mut last = Usage::default();
        let end = judge.judge(&texts, &mut |finding| {
            moments.push(Instant::now());
            match finding {
                Finding::Judged { text, probabilities } => {
                    assert_eq!(judged.insert(text, probabilities.into()), None, "said twice");
                }
                Finding::Unjudged { text, why } => {
                    assert_eq!(unjudged.insert(text, why), None, "said twice");
                }
                Finding::Notice(notice) => notices.push(notice),
                Finding::Working(usage) => last = usage,
            }
            ControlFlow::Continue(())
        });
        moments.push(Instant::now());
        assert!(judged.keys().all(|text| !unjudged.contains_key(text)), "said twice");
        let usage = judge.usage();
        assert_eq!(last, usage, "the last word is the counts");
        Heard { judged, unjudged, notices, moments, usage, end }
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
fn well(asked: &Asked) -> Answer {
    match asked.text.starts_with("law") {
        true => Answer::says(r#"{"law": 0.75, "code": 0.25}"#),
        false => Answer::says(r#"{"law": 0.25, "code": 0.75}"#),
    }
}

const LAW: [f64; 2] = [0.75, 0.25];
const CODE: [f64; 2] = [0.25, 0.75];

#[test]
fn texts_are_judged_with_one_request_each() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    let heard = tunable.hear(&["law 1", "code 2", "law 3", "code 4", "code 5"]);
    assert!(heard.end.is_ok(), "{heard:?}");
    assert_eq!(heard.counts(), (5, 0, 5, 0));
    assert_eq!((heard.usage.prompt_tokens, heard.usage.completion_tokens), (500, 50));
    let expected = [LAW, CODE, LAW, CODE, CODE].map(|weights| weights.to_vec());
    assert_eq!(heard.judged.into_values().collect::<Vec<_>>(), expected);
    assert_eq!(heard.notices, [""; 0]);
    for asked in server.asked() {
        assert_eq!(asked.path, "/v1/chat/completions");
        assert_eq!(asked.authorization.as_deref(), Some(&*format!("Bearer {KEY}")));
        assert_eq!(asked.body["model"], "judge-1");
        assert!(asked.is_structured());
    }
    assert_eq!(tunable.judge().name(), format!("judge-1 at {}", server.url));
}

#[test]
fn a_server_that_wants_no_key_gets_no_header() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server).with(|plan| plan.key = KeySource::None);
    assert_eq!(tunable.hear(&["law"]).counts(), (1, 0, 1, 0));
    assert_eq!(server.asked()[0].authorization, None);
}

#[test]
fn a_restart_asks_nothing_twice_and_another_judge_asks_anew() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    let texts = ["law 1", "code 2", "law 3"];
    let first = tunable.hear(&texts);
    let again = tunable.hear(&texts);
    assert_eq!(again.counts(), (3, 0, 0, 0));
    assert_eq!(again.judged, first.judged);
    assert_eq!(tunable.hear(&["law 1", "code new"]).counts(), (2, 0, 1, 0));

    let other = tunable.with(|plan| plan.model = "judge-2".into());
    assert_eq!(other.hear(&texts).counts(), (3, 0, 3, 0));
    assert_eq!(server.asked().len(), 3 + 1 + 3);
}

#[test]
fn equal_texts_are_asked_once_and_said_each() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    let heard = tunable.hear(&["law", "code", "law", "law"]);
    assert_eq!(heard.counts(), (4, 0, 2, 0));
    assert_eq!(heard.judged[&3], LAW);
}

#[test]
fn a_judge_goes_on_counting_over_several_calls() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    let mut judge = tunable.judge();
    assert_eq!(tunable.hear_from(&mut judge, &["law 1", "code 2"]).counts(), (2, 0, 2, 0));
    assert_eq!(tunable.hear_from(&mut judge, &["law 1", "code 3", "law 4"]).counts(), (3, 0, 4, 0));
    assert_eq!(tunable.hear_from(&mut judge, &[]).counts(), (0, 0, 4, 0));
}

#[test]
fn labels_and_letters_are_judgements_too() {
    let server =
        Server::start(|asked| Answer::says(&format!("{{\"domain\": \"{}\"}}", asked.text)));
    let tunable = Tunable::of(&server).with(|plan| plan.form = AnswerForm::Label);
    let heard = tunable.hear(&["law", "code"]);
    assert_eq!(heard.counts(), (2, 0, 2, 0));
    assert_eq!(heard.judged[&1], [0.0, 1.0]);

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
    let tunable = Tunable::of(&server).with(|plan| plan.form = AnswerForm::Logprobs);
    let heard = tunable.hear(&["law"]);
    assert_eq!(heard.counts(), (1, 0, 1, 0));
    let expected = [8.0 / 9.0, 1.0 / 9.0];
    assert!(heard.judged[&0].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    assert_eq!(server.asked()[0].body["top_logprobs"], 20);
    assert!(!server.asked()[0].is_structured());
}

#[test]
fn damaged_lines_of_the_cache_are_told() {
    let server = Server::start(well);
    let tunable = Tunable::of(&server);
    tunable.hear(&["law 1", "code 2"]);
    let text = std::fs::read_to_string(tunable.cache()).unwrap();
    std::fs::write(tunable.cache(), &text[..text.len() - 9]).unwrap();
    let heard = tunable.hear(&["law 1", "code 2"]);
    assert_eq!(heard.counts(), (2, 0, 1, 0));
    assert_eq!(heard.notices.len(), 1);
    assert!(heard.notices[0].starts_with("1 lines of "), "{:?}", heard.notices);
}
