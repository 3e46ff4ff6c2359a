//! `versatune detect`, and w(0) measured within a run, with the real binary.

use crate::common::{DOMAINS, RunningProcess, Sandbox, assert_one_error, numbers, of_kind, strs};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use tiny_http::{Response, Server};

const KEY: &str = "sk-the-key-that-nobody-may-see";

/// A detection of 2 × 24 short texts, 5 at a time.
const SMALL: [&str; 5] = [
    "detection.samples=24",
    "detection.iterations=2",
    "detection.max_tokens=12",
    "detection.batch=5",
    "detection.repetition_penalty=1",
];

fn detect_args(sets: &[&str]) -> Vec<String> {
    let mut args: Vec<String> =
        ["detect", "tiny.ron", "--log-format", "json"].map(String::from).into();
    for set in SMALL.iter().chain(sets) {
        args.extend(["--set".to_string(), set.to_string()]);
    }
    args
}

fn detect(sandbox: &Sandbox, sets: &[&str], more: &[&str]) -> RunningProcess {
    let mut args = detect_args(sets);
    args.extend(more.iter().map(|arg| arg.to_string()));
    let mut command = sandbox.versatune(&strs(&args));
    command.env("JUDGE_KEY", KEY);
    RunningProcess::start(command)
}

/// The lines of `samples.jsonl` behind its header.
fn samples(sandbox: &Sandbox, run: &str) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.run_dir(run).join("detection/samples.jsonl")).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_offline_judge_gives_shares_with_intervals_and_its_own_accuracy() {
    let sandbox = Sandbox::new();
    detect(&sandbox, &["detection.tokenizer=true"], &[]).finish().expect(0);
    let stored = fs::read_to_string(sandbox.path("detection.ron")).unwrap();
    for word in ["law", "intervals", "spread", "confusion", "offline", "bos_token_id", "tokenizer"]
    {
        assert!(stored.contains(word), "no {word} in {stored}");
    }
    let record = sandbox.record("tiny-detection");
    let detected = of_kind(&record, "detected")[0];
    let shares = numbers(&detected["mixture"]);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
    for (share, interval) in shares.iter().zip(detected["intervals"].as_array().unwrap()) {
        let [low, high] = numbers(interval)[..] else { panic!("{interval}") };
        assert!(low <= *share && *share <= high, "{share} is not in {low}..{high}");
    }
    let progress = of_kind(&record, "detecting");
    assert_eq!(progress.len(), 10, "one for each batch of 5, 5, 5, 5 and 4 texts");
    let last = progress[9];
    assert_eq!(
        (&last["drawn"], &last["judged"], &last["planned"]),
        (&json!(48), &json!(48), &json!(48))
    );
    assert_eq!(last["estimate"].as_array().unwrap().len(), DOMAINS.len());
    assert_eq!(last["latest"].as_array().unwrap().len(), 3);
    let texts = samples(&sandbox, "tiny-detection");
    assert_eq!(texts.len(), 48);
    for text in &texts {
        assert_eq!(text["judgement"]["probabilities"].as_array().unwrap().len(), 3, "{text}");
    }
    // A training config can read the result.
    sandbox.train("detected", &["mixing.detected=File(\"detection.ron\")"]).expect(0);
    let trained = sandbox.record("detected");
    assert_eq!(numbers(&of_kind(&trained, "detected")[0]["mixture"]), shares);
}

/// The domains, ordered by their shares of the base model's training: see configs/demo/base.ron.
#[test]
fn the_demos_base_model_is_ranked_as_it_was_trained() {
    let skew = ["science", "general", "medicine", "code", "finance", "law"];
    let sandbox = Sandbox::new();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/demo.ron");
    let mut args = vec!["detect", config.to_str().unwrap()];
    for set in ["runs_dir=\"runs\"", "detection.samples=300", "data.cache_dir=\"cache\""] {
        args.extend(["--set", set]);
    }
    sandbox.run(&args).expect(0);
    let record = sandbox.record("demo-detection");
    let shares = numbers(&of_kind(&record, "detected")[0]["mixture"]);
    let domains: Vec<&str> = of_kind(&record, "run_started")[0]["domains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let mut ranked: Vec<(f64, &str)> = shares.into_iter().zip(domains).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{ranked:.3?}");
    assert_eq!(ranked.iter().map(|(_, name)| *name).collect::<Vec<_>>(), skew, "{ranked:?}");
}

#[test]
fn a_run_measures_w0_under_detected_measure() {
    let sandbox = Sandbox::new();
    let sets = [&SMALL[..], &["mixing.detected=Measure"]].concat();
    sandbox.train("whole", &sets).expect(0);
    let record = sandbox.record("whole");
    let detected = of_kind(&record, "detected")[0].clone();
    assert_eq!(detected["intervals"].as_array().unwrap().len(), 3);
    // Killed in the middle of the detection and resumed: the same w(0), and with it the same run.
    let mut process = sandbox.start("killed", &sets);
    process.until(|event| event["event"] == "detecting" && event["drawn"] == 20).unwrap();
    process.kill();
    sandbox.resume("killed", &sets).finish().expect(0);
    let killed = sandbox.record("killed");
    assert_eq!(of_kind(&killed, "detected")[0]["mixture"], detected["mixture"]);
    assert_eq!(crate::common::steps(&killed), crate::common::steps(&record));
}

#[test]
fn an_interrupted_detection_continues_with_the_same_result() {
    let sandbox = Sandbox::new();
    detect(&sandbox, &["name=whole"], &["--out", "whole.ron"]).finish().expect(0);
    let mut process = detect(&sandbox, &["name=torn"], &["--out", "torn.ron"]);
    process.until(|event| event["event"] == "detecting" && event["drawn"] == 15).unwrap();
    process.signal("INT");
    let done = process.finish().expect(130);
    assert!(done.stderr.contains("--resume"), "{}", done.stderr);
    assert!(!sandbox.path("torn.ron").exists());
    let drawn = samples(&sandbox, "torn-detection").len();
    assert!((15..48).contains(&drawn), "{drawn}");
    detect(&sandbox, &["name=torn"], &["--out", "torn.ron", "--resume"]).finish().expect(0);
    assert_eq!(samples(&sandbox, "torn-detection"), samples(&sandbox, "whole-detection"));
    let result = |file: &str| fs::read_to_string(sandbox.path(file)).unwrap();
    assert_eq!(result("torn.ron"), result("whole.ron"));
}

/// An OpenAI-compatible server that judges every text to be code.
struct JudgeServer {
    address: String,
    requests: Arc<AtomicUsize>,
    headers: Arc<Mutex<Vec<String>>>,
}

impl JudgeServer {
    /// `fails(n)` tells whether request number n, from 0, is answered with 500.
    fn start(fails: fn(usize) -> bool) -> JudgeServer {
        let server = Server::http("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", server.server_addr().to_ip().unwrap());
        let (requests, headers) = (Arc::default(), Arc::default());
        let judge =
            JudgeServer { address, requests: Arc::clone(&requests), headers: Arc::clone(&headers) };
        thread::spawn(move || {
            for mut request in server.incoming_requests() {
                let n = requests.fetch_add(1, Ordering::SeqCst);
                let mut body = String::new();
                // A client that was killed leaves half a request.
                let _ = request.as_reader().read_to_string(&mut body);
                for header in request.headers() {
                    headers.lock().unwrap().push(format!("{}: {}", header.field, header.value));
                }
                let verdict = r#"{"law": 0.1, "code": 0.8, "general": 0.1}"#;
                let answer = json!({
                    "id": "1", "object": "chat.completion", "created": 1, "model": "judge",
                    "choices": [{"index": 0, "finish_reason": "stop",
                        "message": {"role": "assistant", "content": verdict}}],
                    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
                });
                let _ = match fails(n) {
                    true => request.respond(Response::from_string(KEY).with_status_code(500)),
                    false => request.respond(Response::from_string(answer.to_string())),
                };
            }
        });
        judge
    }

    /// The override that makes it the judge.
    fn set(&self) -> String {
        let JudgeServer { address, .. } = self;
        format!(
            "detection.judge=Endpoint(base_url: \"{address}\", model: \"judge\", \
             key: Env(\"JUDGE_KEY\"), in_flight: 4)"
        )
    }

    /// Number of requests so far.
    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

#[test]
fn a_server_judges_the_same_texts_and_gets_no_request_twice() {
    let server = JudgeServer::start(|n| n == 3);
    let sandbox = Sandbox::new();
    // First the classifier judges; then the server judges the same texts.
    detect(&sandbox, &[], &[]).finish().expect(0);
    let texts = |run: &str| -> Vec<Value> {
        samples(&sandbox, run).iter().map(|sample| sample["text"].clone()).collect()
    };
    let drawn = texts("tiny-detection");
    let set = server.set();
    detect(&sandbox, &[&set], &["--resume"]).finish().expect(0);
    assert_eq!(texts("tiny-detection"), drawn);
    let distinct: std::collections::BTreeSet<String> = drawn.iter().map(Value::to_string).collect();
    assert_eq!(
        server.requests(),
        distinct.len() + 1,
        "each text once, and one again after the 500"
    );

    let record = sandbox.record("tiny-detection");
    let last = *of_kind(&record, "detecting").last().unwrap();
    assert_eq!((&last["judged"], &last["unjudged"]), (&json!(48), &json!(0)));
    assert_eq!(last["usage"]["requests"], server.requests());
    assert_eq!(last["usage"]["retries"], 1);
    let shares = numbers(&of_kind(&record, "detected").last().unwrap()["mixture"]);
    crate::common::assert_close(&shares, &[0.1, 0.8, 0.1]);

    let before = server.requests();
    detect(&sandbox, &[&set], &["--resume"]).finish().expect(0);
    assert_eq!(server.requests(), before, "a request was sent again after a restart");
}

#[test]
fn the_key_is_sent_and_found_nowhere_else() {
    let server = JudgeServer::start(|n| n < 2);
    let sandbox = Sandbox::new();
    let done = detect(&sandbox, &[&server.set()], &[]).finish().expect(0);
    let sent = server.headers.lock().unwrap().iter().any(|h| h.contains(&format!("Bearer {KEY}")));
    assert!(sent, "the server never saw the key");
    assert!(!done.stdout.contains(KEY) && !done.stderr.contains(KEY));
    let mut files = 0;
    search(sandbox.path("").as_path(), &mut files);
    assert!(files > 10, "only {files} files were searched");
}

/// No file below the folder holds the key.
fn search(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, files);
            continue;
        }
        *files += 1;
        let mut bytes = Vec::new();
        fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
        let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!found, "the key is in {}", path.display());
    }
}

#[test]
fn a_judge_that_cannot_judge_is_named_with_the_reason() {
    let sandbox = Sandbox::new();
    let closed = r#"detection.judge=Endpoint(base_url: "http://127.0.0.1:9/v1", model: "judge", key: None, max_tries: 1)"#;
    let done = detect(&sandbox, &[closed], &[]).finish().expect(1);
    assert_one_error(&done, &["127.0.0.1:9", "cannot be reached"]);
    let keyless = r#"detection.judge=Endpoint(model: "judge", key: Env("NO_SUCH_KEY"))"#;
    let done = detect(&sandbox, &[keyless], &[]).finish().expect(1);
    assert_one_error(&done, &["NO_SUCH_KEY"]);
    let few = detect(&sandbox, &["data.domains.law.limit=10"], &[]).finish().expect(1);
    assert_one_error(&few, &["law", "10", "20"]);
}

/// w(0) out of the reference models, which are measured once, before it.
#[test]
fn mixmin_begins_with_the_mixture_that_explains_the_targets_rows() {
    let sandbox = Sandbox::new();
    let tune = "mixing.reference=Tune(epochs: 1, steps_per_epoch: 20, lr: 1e-2)";
    let sets = ["mixing.detected=MixMin", tune, "mixing.target=code", "training.length=Steps(8)"];
    let mut run = sandbox.start("mixmin", &sets);
    run.until(|event| event["event"] == "checkpoint_saved");
    run.kill();
    sandbox.resume("mixmin", &sets).finish().expect(0);
    let record = sandbox.record("mixmin");
    let detected = of_kind(&record, "detected")[0];
    assert!(detected["source"].as_str().unwrap().starts_with("MixMin on 6 held-out rows of code"));
    let shares = numbers(&detected["mixture"]);
    assert!(shares[1] > 0.9, "code's own model explains code best: {shares:?}");
    assert_eq!(of_kind(&record, "cross_losses").len(), 1);
    assert_eq!(of_kind(&record, "ceilings").len(), 1);

    let done = sandbox.train("none", &["mixing.detected=MixMin"]).expect(2);
    assert_one_error(&done, &["mixing.detected", "MixMin", "reference: Tune(table: On)"]);
}
