//! A model of two layers, three domains and a few rows, in a temporary folder.

use crate::config::{self, LoadOptions, RunPlan};
use crate::control::Request;
use crate::sandbox::Isolation;
use crate::telemetry::{Continued, Event, Hub, PastEvent, RecordReader, RecordWriter, Snapshot};
use crate::train::{Inbox, RunFolder, SaveConditions, Setup, tiny_model};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

/// Optimizer steps of a run.
pub const STEPS: u64 = 30;
const DOMAINS: [(&str, [&str; 3]); 3] = [
    ("law", ["court", "judge", "contract"]),
    ("code", ["function", "loop", "array"]),
    ("general", ["river", "garden", "bread"]),
];

/// A folder with a model's shape, its tokenizer, and rows.
pub struct TinyRun {
    dir: TempDir,
    /// What the saving of checkpoints meets.
    pub saving: SaveConditions,
}

impl TinyRun {
    pub fn new() -> Self {
        let (dir, saving) = (tempfile::tempdir().unwrap(), SaveConditions::default());
        let run = TinyRun { dir, saving };
        tiny_model::write(&run.dir.path().join("model"), &tiny_model::config());
        for (name, words) in DOMAINS {
            run.write(&format!("{name}-train.jsonl"), &rows(words, 40, "train"));
            run.write(&format!("{name}-held.jsonl"), &rows(words, 6, "held"));
        }
        run
    }

    /// A run of that name to its end, with overrides of the config; its events.
    pub fn train(&self, name: &str, sets: &[&str]) -> Vec<Event> {
        self.commanded(name, sets, channel().1)
    }

    /// As [`TinyRun::train`], with requests that come while it runs.
    pub fn commanded(&self, name: &str, sets: &[&str], requests: Receiver<Request>) -> Vec<Event> {
        let plan = self.plan(name, sets);
        let folder = RunFolder::create(&plan.runs_dir, &plan.name).unwrap();
        let writer = RecordWriter::create(folder.path()).unwrap();
        let hub = Hub::new(writer, Snapshot::default(), Box::new(|| 0));
        self.finish(plan, &folder, hub, None, requests);
        self.events(name)
    }

    /// The run of that name continued to its end; its events from the resume on.
    pub fn resume(&self, name: &str, sets: &[&str]) -> Vec<Event> {
        let before = self.events(name).len();
        let folder = RunFolder::open(&self.folder(name)).unwrap();
        let Continued { writer, run, past, .. } = RecordWriter::resume(folder.path()).unwrap();
        let hub = Hub::new(writer, run, Box::new(|| 0));
        self.finish(self.plan(name, sets), &folder, hub, Some(past), channel().1);
        self.events(name).split_off(before)
    }

    /// Weights and moments of the last checkpoint, as bytes.
    pub fn last_weights(&self, name: &str) -> [Vec<u8>; 2] {
        self.weights_of(name, STEPS)
    }

    /// Weights and moments of the checkpoint of a step, as bytes.
    pub fn weights_of(&self, name: &str, step: u64) -> [Vec<u8>; 2] {
        let folder = self.folder(name).join(format!("checkpoints/step-{step:06}"));
        ["model.safetensors", "optimizer.safetensors"]
            .map(|file| fs::read(folder.join(file)).unwrap())
    }

    /// The mean held-out loss that each checkpoint is ranked by.
    pub fn mean_losses(&self, name: &str) -> Vec<Option<f64>> {
        let checkpoints = fs::read_dir(self.folder(name).join("checkpoints")).unwrap();
        let ranked = |folder: &Path| -> Option<f64> {
            let marker = fs::read_to_string(folder.join("complete.json")).unwrap();
            serde_json::from_str::<Value>(&marker).unwrap()["mean_loss"].as_f64()
        };
        checkpoints.map(|entry| ranked(&entry.unwrap().path())).collect()
    }

    fn finish(
        &self,
        plan: RunPlan,
        folder: &RunFolder,
        hub: Hub,
        past: Option<Vec<PastEvent>>,
        requests: Receiver<Request>,
    ) {
        let (isolation, config, notices) = (Isolation::None, Vec::new(), Vec::new());
        let (edits, saving) = (None, self.saving.clone());
        let setup = Setup { plan, isolation, folder, hub, past, edits, config, notices, saving };
        crate::train::run(setup, Inbox::new(requests)).unwrap();
    }

    fn plan(&self, name: &str, sets: &[&str]) -> RunPlan {
        let mut overrides = vec![format!("name={name}")];
        overrides.extend(sets.iter().map(|set| set.to_string()));
        let options = LoadOptions::from_env().unwrap();
        config::load_str(CONFIG, &self.dir.path().join("tiny.ron"), &overrides, &options)
            .unwrap_or_else(|error| panic!("{error}"))
            .plan
    }

    /// The folder of the run of that name.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("runs").join(name)
    }

    fn events(&self, name: &str) -> Vec<Event> {
        let records = RecordReader::open(&self.folder(name)).unwrap();
        records.map(|record| record.unwrap().event).collect()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.dir.path().join(name), content).unwrap();
    }
}

/// The losses of the steps among these events, per domain.
pub fn losses(events: &[Event]) -> Vec<Vec<f64>> {
    let losses = |event: &Event| match event {
        Event::Step(sample) => Some(sample.domain_loss_sum.clone()),
        _ => None,
    };
    events.iter().filter_map(losses).collect()
}

fn rows(words: [&str; 3], count: usize, part: &str) -> String {
    let row = |row: usize| {
        let answer: Vec<&str> = (0..4 + row % 5).map(|i| words[(row + i) % 3]).collect();
        let instruction = format!("Say {} number {part} {row}", words[row % 3]);
        format!("{}\n", json!({"instruction": instruction, "output": answer.join(" ")}))
    };
    (0..count).map(row).collect()
}

const CONFIG: &str = r#"(
    name: "tiny",
    runs_dir: "runs",
    seed: 7,
    device: Cpu,
    threads: 1,
    model: (source: Random("model")),
    data: (
        domains: [
            (name: "law", train: ["law-train.jsonl"], held_out: Files(["law-held.jsonl"])),
            (name: "code", train: ["code-train.jsonl"], held_out: Files(["code-held.jsonl"])),
            (name: "general", train: ["general-train.jsonl"], held_out: Files(["general-held.jsonl"])),
        ],
        sequence_length: 64,
        cache_dir: "cache",
    ),
    mixing: (
        detected: Given([0.5, 0.3, 0.2]),
        reference: Given([2.0, 4.0, 6.0]),
        lambda: 0.5,
    ),
    training: (length: Steps(30), batch_samples: 4, micro_batch: 256, lr: 3e-3),
    checkpoint: (every: None, keep_last: 9),
)
"#;
