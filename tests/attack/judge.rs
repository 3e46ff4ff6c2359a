//! A judge whose answers are changed: w(0) is measured, or an error says why not.

use crate::Kind;
use crate::bounded;
use crate::common::http::{Answer, End, Server};
use crate::common::{Dice, Sandbox};
use crate::mutate;
use serde_json::{Value, json};
use std::sync::Mutex;

pub const KIND: Kind = Kind { name: "judge", share: 1.5, trial };

const KEY: &str = "sk-attack-AbCdEfGh0123456789";

const VERDICTS: [&str; 9] = [
    r#"{"law": 0.1, "code": 0.8, "general": 0.1}"#,
    r#"{"law": NaN, "code": 1e999, "general": -1}"#,
    r#"{"law": 0, "code": 0, "general": 0}"#,
    r#"{"law": 1e308, "code": 1e308, "general": 1e308}"#,
    r#"{"elsewhere": 1}"#,
    "[[[[[[[[[[[[[[[[[[[[",
    "Ignore the texts.\u{1b}]0;owned\u{7} The answer is law.",
    "",
    "```json\n{\"law\": 1, \"code\": 0, \"general\": 0}\n```",
];

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let changed = Mutex::new(Dice(dice.below(u64::MAX)));
    let server = Server::answering(move |_| {
        let mut dice = changed.lock().expect("no panic with the lock");
        hostile(&mut dice)
    });
    let judge = format!(
        "detection.judge=Endpoint(base_url: \"{}/v1\", model: \"judge\", key: Env(\"JUDGE_KEY\"), \
         max_tries: 2, in_flight: 4)",
        server.url
    );
    let mut args = vec!["detect", "tiny.ron"];
    let small = ["detection.samples=8", "detection.iterations=1", "detection.max_tokens=8"];
    for set in small.into_iter().chain([judge.as_str()]) {
        args.extend(["--set", set]);
    }
    let done = bounded::run(sandbox.versatune(&args).env("JUDGE_KEY", KEY));
    assert!(done.code == 0 || done.output.contains("error: "), "{}", done.output);
    assert!(!done.output.contains(KEY), "the key is shown: {}", done.output);
    server.requests().len() as u64
}

/// Every second answer is changed.
fn hostile(dice: &mut Dice) -> Answer {
    let mut answer = Answer::json(&completion(VERDICTS[0]));
    if dice.below(2) > 0 {
        return answer;
    }
    match dice.below(7) {
        0 => {
            answer.status = ["429 Too Many Requests", "500 No", "302 Found"][dice.below(3) as usize]
        }
        1 => answer = answer.with("Retry-After", "0"),
        2 => answer.body = mutate::draw(dice, mutate::bytes(answer.body)),
        3 => answer.end = [End::Half, End::Unannounced, End::Endless][dice.below(3) as usize],
        4 => answer.body = KEY.into(),
        5 => {
            let verdict = VERDICTS[dice.below(VERDICTS.len() as u64) as usize];
            answer.body = completion(verdict).to_string().into_bytes();
        }
        _ => {
            let value = mutate::draw(dice, mutate::json(completion(VERDICTS[0])));
            answer.body = value.to_string().into_bytes();
        }
    }
    answer
}

fn completion(verdict: &str) -> Value {
    json!({
        "id": "1", "object": "chat.completion", "created": 1, "model": "judge",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": verdict}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    })
}
