//! Runs of the demo's model, and what their records say.

use super::coverage::Pair;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use versatune::mixing::{Mixture, RowLosses};
use versatune::telemetry::{Event, Record, RecordReader, Snapshot};

const BINARY: &str = env!("CARGO_BIN_EXE_versatune");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/demo.ron");

/// A folder for runs that begins empty.
pub struct Runs {
    folder: PathBuf,
}

/// A run that ended.
pub struct Run {
    records: Vec<Record>,
}

impl Runs {
    pub fn new(folder: &Path) -> Self {
        let _ = fs::remove_dir_all(folder); // it need not exist
        fs::create_dir_all(folder).expect("a folder for the runs");
        Runs { folder: folder.to_owned() }
    }

    /// The demo's first run with λ solved, w(0) given, and its ceilings out of the cache if they are there.
    pub fn demo(&self, name: &str) -> Run {
        let weights = r#"{"law": 0.04, "medicine": 0.2, "finance": 0.06, "science": 0.34, "code": 0.1, "general": 0.26}"#;
        let detected = format!("mixing.detected={weights}");
        Run::read(&self.train(name, &[&detected, "mixing.lambda=Auto(2)"]))
    }

    /// Every held-out row at the start and at the end of a short run.
    pub fn all_rows(&self, name: &str) -> Vec<Pair> {
        let sets = [
            "mixing.detected=Uniform",
            "mixing.reference=None",
            "mixing.strategy=Uniform",
            "evaluation.budget=None",
            "data.held_out_limit=None",
            "training.length=Steps(70)",
        ];
        let folder = self.train(name, &sets).join("held_out");
        let (before, now) = (rows(&folder.join("start.jsonl")), rows(&folder.join("last.jsonl")));
        let pairs = before.into_iter().zip(now);
        pairs
            .map(|((domain, before), (other, now))| {
                assert_eq!(domain, other);
                Pair { domain, before, now }
            })
            .collect()
    }

    fn train(&self, name: &str, sets: &[&str]) -> PathBuf {
        let mut command = Command::new(BINARY);
        command.args(["train", DEMO, "--headless", "--set"]).arg(format!("name={name:?}"));
        let own = [
            format!("runs_dir={:?}", self.folder),
            format!("data.cache_dir={:?}", self.folder.join("cache")),
        ];
        for set in sets.iter().map(|set| (*set).to_owned()).chain(own) {
            command.arg("--set").arg(set);
        }
        let done = command.output().expect("the program runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name} failed: {said}");
        self.folder.join(name)
    }
}

/// Row losses of each domain out of a file of the run's folder.
fn rows(file: &Path) -> BTreeMap<String, RowLosses> {
    let text = fs::read_to_string(file).expect("the run wrote its rows");
    let mut domains: BTreeMap<String, RowLosses> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let row: Value = serde_json::from_str(line).expect("a line of JSON");
        let domain = domains.entry(row["domain"].as_str().expect("a name").to_owned()).or_default();
        domain.nats.push(row["nats"].as_f64().expect("a number"));
        domain.tokens.push(row["tokens"].as_u64().expect("a number"));
    }
    domains
}

impl Run {
    fn read(folder: &Path) -> Self {
        let reader = RecordReader::open(folder).expect("a record");
        Run { records: reader.map(|record| record.expect("a whole record")).collect() }
    }

    fn mixtures(&self) -> Vec<&Mixture> {
        let updates = self.records.iter().filter_map(|record| match &record.event {
            Event::MixtureUpdated { new, .. } => Some(new),
            Event::Detected { mixture, .. } => Some(mixture),
            _ => None,
        });
        updates.collect()
    }

    /// Total variation between the first weights and the last.
    pub fn variation(&self) -> f64 {
        let mixtures = self.mixtures();
        mixtures[0].total_variation(mixtures[mixtures.len() - 1])
    }

    /// Largest error of a weight at the end as it was predicted after half of the updates.
    pub fn halfway_error(&self) -> f64 {
        let updates = self.mixtures().len() - 1;
        let mut snapshot = Snapshot::default();
        for record in &self.records {
            snapshot.apply(&std::sync::Arc::new(record.clone()));
            if snapshot.state.history.updates as usize == updates / 2 {
                break;
            }
        }
        let outlook = snapshot.state.outlook().expect("the losses are known");
        let live = snapshot.state.history.live.as_ref().expect("the live values are known");
        let predicted = outlook.projected(&live.params, (updates - updates / 2) as u64);
        let last = self.mixtures()[updates];
        let pairs = predicted.as_slice().iter().zip(last.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// A third of the tokens that were measured, over those that were trained on.
    pub fn measured_share(&self) -> f64 {
        let (mut measured, mut trained) = (0.0, 0.0);
        for record in &self.records {
            match &record.event {
                Event::Step(sample) => trained += sample.tokens.0 as f64,
                Event::Evaluated { .. } => measured += 1.0,
                _ => {}
            }
        }
        let planned = self.records.iter().find_map(|record| match &record.event {
            Event::Measuring { tokens, .. } => Some(tokens.0 as f64),
            _ => None,
        });
        measured * planned.expect("what is measured is in the record") / 3.0 / trained
    }

    /// Seconds from the start of the process to its first step.
    pub fn secs_to_training(&self) -> f64 {
        let step = self.records.iter().find(|record| matches!(record.event, Event::Step(_)));
        let step = step.expect("a step");
        (step.unix_ms - self.records[0].unix_ms) as f64 / 1000.0
    }
}
