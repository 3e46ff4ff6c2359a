//! A Hub whose answers are changed: the model or the data set is fetched, or an error says why not.

use crate::Kind;
use crate::bounded;
use crate::common::http::{Answer, End, Request, Server};
use crate::common::hub::{Files, Trouble, data_files, route};
use crate::common::{Dice, Sandbox};
use crate::mutate;
use std::fs;
use std::sync::{LazyLock, Mutex};

pub const KIND: Kind = Kind { name: "hub", share: 2.0, trial };

/// A model that can be trained.
pub static MODEL: LazyLock<Files> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    let sets = ["training.length=Steps(1)", "mixing.every=1", "checkpoint.every=1"];
    sandbox.train("base", &sets).expect(0);
    let folder = sandbox.run_dir("base").join("checkpoints/step-000001");
    let names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    names.map(|name| (name, fs::read(folder.join(name)).expect("a file of the model"))).into()
});

/// A data set of one domain, whose README.md names its files.
static DATA: LazyLock<Files> = LazyLock::new(|| {
    let readme = "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    \
                  path: [data/train-*.jsonl]\n  - {split: test, path: \"**/test*\"}\n---\n";
    let mut files = data_files();
    files[0].1 = readme.into();
    files
});

const STATUS: [&str; 8] = [
    "200 OK",
    "206 Partial Content",
    "204 No Content",
    "302 Found",
    "304 Not Modified",
    "416 Range Not Satisfiable",
    "429 Too Many Requests",
    "500 Internal Server Error",
];

const HEADERS: [(&str, &str); 10] = [
    ("ETag", "\"../../../../notes.txt\""),
    ("X-Linked-Etag", "\"/etc/passwd\""),
    ("X-Repo-Commit", "../../.ssh"),
    ("Location", "http://127.0.0.1:9/elsewhere"),
    ("Location", "file:///etc/passwd"),
    ("Location", "/api/models/owner/tiny"),
    ("Link", "</api/models/owner/tiny/tree/main>; rel=\"next\""),
    ("Content-Range", "bytes 99999999999-0/1"),
    ("Content-Encoding", "gzip"),
    ("Retry-After", "0"),
];

/// File names of a listing that lead elsewhere.
const NAMES: [&str; 9] = [
    "../../../../notes.txt",
    "/tmp/model.safetensors",
    "a/../../b.json",
    "tokenizer.json/../../../.bashrc",
    ".ssh/authorized_keys",
    "\\u0000config.json",
    "model-00001-of-99999.safetensors",
    "data/train-1.jsonl/../../../x.jsonl",
    "data/train-2.jsonl/train.jsonl",
];

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let changed = Mutex::new(Dice(dice.below(u64::MAX)));
    let is_data = dice.below(2) == 0;
    let server = Server::answering(move |request| {
        let mut dice = changed.lock().expect("no panic with the lock");
        hostile(&mut dice, request, is_data)
    });
    let set = match is_data {
        false => "model.source=Hub(id: \"owner/tiny\")",
        true => "data.domains.law.train=\"hf://datasets/owner/rows\"",
    };
    let args = ["check", "tiny.ron", "--set", set];
    let mut command = sandbox.versatune(&args);
    command.env("HF_ENDPOINT", &server.url).env("HF_TOKEN", crate::common::hub::TOKEN);
    command.env("HF_HOME", sandbox.path("hub"));
    let done = bounded::run(&mut command);
    assert!(done.code == 0 || done.output.contains("error: "), "{}", done.output);
    assert!(
        !done.output.contains(crate::common::hub::TOKEN),
        "the token is shown: {}",
        done.output
    );
    server.requests().len() as u64
}

/// Every third answer is changed.
fn hostile(dice: &mut Dice, request: &Request, is_data: bool) -> Answer {
    let files = if is_data { &DATA } else { &MODEL };
    let mut answer = route(request, files, Trouble::None);
    if dice.below(3) > 0 {
        return answer;
    }
    match dice.below(6) {
        0 => answer.status = STATUS[dice.below(STATUS.len() as u64) as usize],
        1 => {
            let (name, value) = HEADERS[dice.below(HEADERS.len() as u64) as usize];
            answer.headers.retain(|(other, _)| *other != name);
            answer = answer.with(name, value);
        }
        2 => answer.body = mutate::draw(dice, mutate::bytes(answer.body)),
        3 => answer.end = [End::Half, End::Unannounced, End::Endless][dice.below(3) as usize],
        4 => answer.body = other_name(dice, &answer.body),
        _ => {
            if let Ok(value) = serde_json::from_slice(&answer.body) {
                let value = mutate::draw(dice, mutate::json(value));
                answer.body = value.to_string().into_bytes();
            }
        }
    }
    answer
}

/// A listing in which one of the files is called something else.
fn other_name(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let names = ["config.json", "tokenizer.json", "model.safetensors", "data/train-1.jsonl"];
    let name = names[dice.below(4) as usize];
    text.replace(name, NAMES[dice.below(NAMES.len() as u64) as usize]).into_bytes()
}
