//! A tiny model and a few rows, tuned for real.

use super::*;
use crate::config::{self, LoadOptions, Precision};
use crate::control::Actor;
use crate::data::Example;
use crate::model::Model;
use crate::sandbox::Isolation;
use crate::train::artifacts::StoredLoss;
use crate::train::events::EventSink;
use crate::train::examples::held_out_examples;
use crate::train::interrupt::{GivenBy, Halt};
use crate::train::prepare::{prepare_data, take_device};
use crate::train::tiny_model;
use crate::train::trainer::{Trainer, TrainerOptions};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const DOMAINS: [&str; 2] = ["law", "code"];

/// Collects events, and ends the run after so many questions whether to go on.
struct Watch {
    events: EventSink,
    seen: Arc<Mutex<Vec<Event>>>,
    patience: usize,
}

impl Watch {
    fn new(patience: usize) -> Self {
        let seen: Arc<Mutex<Vec<Event>>> = Arc::default();
        let sink = seen.clone();
        let events = EventSink::new(move |event| {
            sink.lock().unwrap().push(event);
            Ok(())
        });
        Watch { events, seen, patience }
    }

    fn notices(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let text = |event: &Event| match event {
            Event::Notice { text, .. } => Some(text.clone()),
            _ => None,
        };
        seen.iter().filter_map(text).collect()
    }
}

impl Supervisor for Watch {
    fn events(&mut self) -> &mut EventSink {
        &mut self.events
    }

    fn attend(&mut self) -> Result<(), Break> {
        self.patience = match self.patience.checked_sub(1) {
            Some(left) => left,
            None => {
                let actor = Actor::Signal("SIGTERM".into());
                return Err(Break::Halt(Halt::Stop(GivenBy { actor, reason: None })));
            }
        };
        Ok(())
    }

    fn is_urgent(&mut self) -> bool {
        self.patience == 0
    }
}

/// A model with the demo's tokenizer, one with its bytes alone, and rows of both domains.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Bench { dir: tempfile::tempdir().unwrap() };
        bench.write_model("whole", |_| {});
        bench.write_model("bytes", |tokenizer| tokenizer["model"]["merges"] = json!([]));
        let words =
            [["court", "contract", "appeal", "clause"], ["loop", "return", "array", "index"]];
        for (name, words) in DOMAINS.iter().zip(words) {
            for (part, rows) in [("train", 24), ("held", 6)] {
                let row = |row: usize| {
                    let word = |i: usize| words[(row + i * (row % 3 + 1)) % 4];
                    let answer: Vec<&str> = (0..6 + row % 9).map(word).collect();
                    let question = format!("Say {part} {row} {}", word(1));
                    json!({"instruction": question, "output": answer.join(" ")}).to_string() + "\n"
                };
                let text: String = (0..rows).map(row).collect();
                fs::write(bench.path(&format!("{name}-{part}.jsonl")), text).unwrap();
            }
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write_model(&self, name: &str, change: impl Fn(&mut Value)) {
        let mut config = tiny_model::config();
        for (field, value) in [
            ("hidden_size", json!(16)),
            ("intermediate_size", json!(32)),
            ("num_hidden_layers", json!(1)),
            ("num_attention_heads", json!(2)),
            ("num_key_value_heads", json!(1)),
            ("initializer_range", json!(0.2)),
        ] {
            config[field] = value;
        }
        let folder = self.path(name);
        tiny_model::write(&folder, &config);
        let path = folder.join("tokenizer.json");
        let mut tokenizer = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut tokenizer);
        fs::write(path, tokenizer.to_string()).unwrap();
    }

    fn plan(&self, length: usize, reference: &str) -> RunPlan {
        let domain = |name: &str| {
            format!(
                "(name: \"{name}\", train: \"{name}-train.jsonl\", held_out: \"{name}-held.jsonl\")"
            )
        };
        let text = format!(
            r#"(seed: 3, device: Cpu, model: (source: Random("whole"), precision: F32),
            data: (domains: [{}], sequence_length: {length}, cache_dir: "cache"),
            mixing: (detected: Uniform, reference: {reference}),
            training: (length: Steps(1), batch_samples: 6, micro_batch: 1024, lr: 5e-3),
            evaluation: (batch: 1024))"#,
            DOMAINS.map(domain).join(", ")
        );
        let options = LoadOptions::from_env().unwrap();
        config::load_str(&text, &self.path("run.ron"), &[], &options).unwrap().plan
    }

    fn measure(
        &self,
        plan: &RunPlan,
        run: &str,
        watch: &mut Watch,
    ) -> Result<ReferenceLosses, Break> {
        let run = self.path(run);
        fs::create_dir_all(&run).unwrap();
        let chosen = take_device(plan, watch)?;
        let data = prepare_data(plan, chosen, None, &Isolation::None, watch)?;
        let found = data.find_reference(plan, &run, watch)?;
        data.settle_reference(plan, found, None, watch)
    }

    fn stored(&self, run: &str) -> StoredReference {
        StoredReference::read(&self.path(run).join("reference.ron")).unwrap().0
    }
}

fn tuned(bench: &Bench, plan: &RunPlan, run: &str) -> (ReferenceLosses, Watch) {
    let mut watch = Watch::new(usize::MAX);
    let found = bench.measure(plan, run, &mut watch).unwrap_or_else(|why| panic!("{why:?}"));
    (found, watch)
}

fn loss_of(stored: &StoredReference, domain: &str) -> StoredLoss {
    stored.loss(domain).unwrap().clone()
}

const OTHER: &str = r#"Tune(model: Random("bytes"), epochs: 2, lr: 5e-3)"#;

/// One token a byte is four times as many tokens. Where the run's tokenizer keeps whole rows, so does the
/// reference's, whatever `sequence_length` is in its own tokens.
#[test]
fn another_tokenizers_ceilings_do_not_depend_on_where_its_own_tokens_would_be_cut() {
    let bench = Bench::new();
    let long = bench.plan(512, OTHER);
    let (found, _) = tuned(&bench, &long, "long");
    for (length, run) in [(64, "short"), (256, "middle")] {
        let (other, _) = tuned(&bench, &bench.plan(length, OTHER), run);
        assert_eq!(other, found, "{length}");
    }

    // The untuned model's nats over whole rows, in tokens of its own, divided by the run's tokens.
    let corpus = |folder: &str| {
        let go_on = &mut |_| std::ops::ControlFlow::Continue(());
        Corpus::prepare(&long.data, &bench.path(folder), &Isolation::None, go_on).unwrap()
    };
    let (run, own) = (corpus("whole"), corpus("bytes"));
    let source = crate::config::ModelSource::Random(bench.path("bytes"));
    let device = tch::Device::Cpu;
    let model =
        Model::from_source(&source, &bench.path("bytes"), 3, device, Precision::F32).unwrap();
    let options = TrainerOptions::from_plan(&long, Precision::F32);
    let mut trainer = Trainer::new(model, options).unwrap();
    for (index, name) in DOMAINS.iter().enumerate() {
        let domain = DomainId(index);
        let rows: Vec<Example> = held_out_examples(&own, domain).unwrap();
        let eval = trainer.evaluate(&rows, &mut || false).unwrap().unwrap().remove(index);
        let tokens = run.summaries()[index].held_out_target_tokens;
        let expected = eval.nats.iter().sum::<f64>() / tokens.0 as f64;
        let stored = loss_of(&bench.stored("long"), name);
        assert!(eval.token_count() > 2 * tokens.0, "the tokenizers differ");
        assert!((stored.epochs[0] - expected).abs() < 1e-6, "{} {expected}", stored.epochs[0]);
        let text = stored.text.unwrap();
        assert_eq!((text.rows, text.tokens), (6, tokens.0));
        // Bytes of the answers in the files.
        let file = fs::read_to_string(bench.path(&format!("{name}-held.jsonl"))).unwrap();
        let answer = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["output"].as_str().unwrap().len() as u64
        };
        assert_eq!(text.bytes, file.lines().map(answer).sum::<u64>());
        let nats = stored.loss * tokens.0 as f64;
        assert!((text.nats_per_byte * text.bytes as f64 - nats).abs() < 1e-9 * nats);
    }
}

#[test]
fn rows_that_are_cut_are_cut_at_the_same_text_and_it_is_said() {
    let bench = Bench::new();
    let (_, watch) = tuned(&bench, &bench.plan(16, OTHER), "cut");
    let notices = watch.notices();
    let of_reference = |text: &&String| text.starts_with("in the reference model's tokens: law:");
    let said = notices.iter().find(of_reference).unwrap_or_else(|| panic!("{notices:?}"));
    assert!(said.contains("were cut to data.sequence_length"), "{said}");
    for name in DOMAINS {
        let text = loss_of(&bench.stored("cut"), name).text.unwrap();
        assert_eq!((text.bytes, text.tokens), (text.of.bytes, text.of.tokens), "{name}");
    }
}

#[test]
fn a_second_run_takes_the_ceilings_from_the_cache_and_says_whose_they_are() {
    let bench = Bench::new();
    let plan = bench.plan(128, "Tune(epochs: 2)");
    let (first, _) = tuned(&bench, &plan, "first");
    let (second, watch) = tuned(&bench, &plan, "second");
    assert_eq!(second, first);
    assert_eq!(bench.stored("second"), bench.stored("first"));
    let notices = watch.notices();
    assert!(
        notices
            .iter()
            .any(|text| text.contains("from the cache") && text.contains("the run first"))
    );
    let epochs = |watch: &Watch| {
        let seen = watch.seen.lock().unwrap();
        seen.iter().filter(|event| matches!(event, Event::ReferenceEpoch { .. })).count()
    };
    assert_eq!(epochs(&watch), 2 * 3, "the record has every number");

    // What changes the ceilings is measured again.
    for other in ["Tune(epochs: 2, lr: 4e-3)", "Tune(epochs: 1)", "Tune(epochs: 2, table: Off)"] {
        let (_, watch) = tuned(&bench, &bench.plan(128, other), "other");
        assert!(watch.notices().iter().all(|text| !text.contains("from the cache")), "{other}");
    }
    let stored = format!("File({:?})", bench.path("first").join("reference.ron"));
    let (taken, watch) = tuned(&bench, &bench.plan(128, &stored), "third");
    assert_eq!(taken, first);
    assert!(watch.notices().iter().all(|text| !text.contains("converted")));
    let (converted, watch) = tuned(&bench, &bench.plan(16, &stored), "fourth");
    assert_ne!(converted.losses, first.losses, "a cut leaves other text");
    assert!(watch.notices().iter().any(|text| text.contains("converted by their nats per byte")));
}

/// All held-out rows are among those of the table, so that its diagonal is the ceilings.
#[test]
fn the_table_agrees_with_the_ceilings() {
    let bench = Bench::new();
    let (found, watch) = tuned(&bench, &bench.plan(128, "Tune(epochs: 3)"), "run");
    let (cross, stored) = (found.cross.unwrap(), bench.stored("run"));
    assert_eq!(cross.rows(), [6, 6]);
    let close = |a: f64, b: f64| (a - b).abs() < 1e-5;
    for (i, name) in DOMAINS.iter().enumerate() {
        let epochs = loss_of(&stored, name).epochs;
        assert!(close(cross.untuned_losses()[i], epochs[0]));
        assert!(close(cross.tuned_losses()[i][i], found.losses[i]));
        assert!(found.losses[i] < epochs[0] - 0.1, "it learned");
    }
    let seen = watch.seen.lock().unwrap();
    let table = seen.iter().find_map(|event| match event {
        Event::CrossLosses(table) => Some(table.clone()),
        _ => None,
    });
    assert_eq!(table, Some(CrossTable::of(&cross)));
    let (none, _) = tuned(&bench, &bench.plan(128, "Tune(epochs: 3, table: Off)"), "off");
    assert_eq!(none, ReferenceLosses { losses: found.losses, ..ReferenceLosses::default() });
}

/// Ended at any moment and begun again, the measurement gives the same to the bit.
#[test]
fn an_interrupted_measurement_gives_what_it_would_have_given() {
    let bench = Bench::new();
    let mut plan = bench.plan(128, "Tune(epochs: 2)");
    let (whole, _) = tuned(&bench, &plan, "whole");
    for patience in [14, 27, 31] {
        plan.data.cache_dir = bench.path(&format!("cache-{patience}"));
        let run = format!("ended-{patience}");
        let mut watch = Watch::new(patience);
        let mut ended = 0;
        let found = loop {
            match bench.measure(&plan, &run, &mut watch) {
                Ok(found) => break found,
                Err(Break::Halt(_)) => ended += 1,
                Err(why) => panic!("{why:?}"),
            }
            watch = Watch::new(usize::MAX);
        };
        assert_eq!((found, ended), (whole.clone(), 1), "{patience}");
    }
}

#[test]
fn a_tuning_that_breaks_is_an_error_that_names_domain_and_learning_rate() {
    let bench = Bench::new();
    let mut plan = bench.plan(128, "Tune(epochs: 4)");
    let ReferenceSource::Tune(tuning) = &mut plan.mixing.reference else { panic!() };
    tuning.lr = 1e39;
    let mut watch = Watch::new(usize::MAX);
    let Err(Break::Error(error)) = bench.measure(&plan, "broken", &mut watch) else { panic!() };
    let error = error.to_string();
    assert!(error.contains("domain law") && error.contains("lr 1e39"), "{error}");
}

/// A learning rate that is far too high: the loss rises, and the tuning ends before its epochs do.
#[test]
fn a_tuning_whose_loss_rises_twice_ends_early_and_says_so() {
    let bench = Bench::new();
    let mut plan = bench.plan(128, "Tune(epochs: 12)");
    let ReferenceSource::Tune(tuning) = &mut plan.mixing.reference else { panic!() };
    tuning.lr = 3.0;
    let (_, watch) = tuned(&bench, &plan, "rising");
    let epochs = loss_of(&bench.stored("rising"), "law").epochs;
    assert!(epochs.len() < 13, "{epochs:?}");
    assert!(
        remarks::has_risen_twice(&epochs) && !remarks::has_risen_twice(&epochs[..epochs.len() - 1])
    );
    assert!(watch.notices().iter().any(|text| text.contains("has risen twice in a row")));
}
