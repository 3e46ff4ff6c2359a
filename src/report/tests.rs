use super::*;
use crate::config::*;
use crate::control::Verdict;
use crate::mixing::{Knobs, Mixture, Rule, Share, StrategyKind};
use crate::telemetry::fixture::*;
use crate::telemetry::{Event, RecordWriter};
use crate::unit::Tokens;
use std::path::Path;

fn plan() -> RunPlan {
    let model = ModelSource::Folder("model".into());
    RunPlan {
        name: "demo".into(),
        runs_dir: "runs".into(),
        seed: 7,
        device: DeviceChoice::Cpu,
        threads: None,
        model: ModelPlan { source: model, precision: Precision::F32, recompute: false },
        data: DataPlan {
            domains: vec![],
            sequence_length: 512,
            template: TemplateChoice::Tokenizer,
            too_long: TooLong::Cut,
            on_bad_row: OnBadRow::Stop,
            cache_dir: "cache".into(),
            held_out_limit: None,
        },
        mixing: MixingPlan {
            strategy: StrategyKind::VersaTune { rule: Rule::Linear, share: Share::Current },
            detected: DetectedSource::Given(Mixture::uniform(3)),
            reference: ReferenceSource::None,
            knobs: Knobs {
                lambda: 0.3,
                delta: 0.05,
                tau: 1.0,
                floor: 0.0,
                anchor: 0.0,
                targets: vec![],
            },
            every: 20,
            smoothing: 0.0,
        },
        training: TrainingPlan {
            length: Length::Steps(40),
            batch_samples: 8,
            micro_batch: Tokens(2048),
            lr: 2e-5,
            schedule: Schedule { warmup: 0.03, shape: Shape::Cosine, last: 0.0 },
            adam: Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 },
            clip: Some(1.0),
            loss_chunk: 1024,
            max_skipped: 3,
        },
        evaluation: EvaluationPlan { every: None, batch: Tokens(8192) },
        checkpoint: CheckpointPlan { every: Some(20), keep_last: 2, keep_best: true },
        logging: LoggingPlan { every: 10, host_secs: 1.0 },
        schedule: vec![],
    }
}

/// A run's folder with these events in its record.
fn run_of(events: Vec<Event>) -> (tempfile::TempDir, RunReport) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("run.ron"), ron::to_string(&plan()).unwrap()).unwrap();
    let mut writer = RecordWriter::create(dir.path()).unwrap();
    records(events).iter().for_each(|record| writer.write(record).unwrap());
    let mut report = super::load(dir.path()).unwrap();
    report.dir = "runs/demo".into();
    (dir, report)
}

#[test]
fn the_table_of_a_whole_run() {
    insta::assert_snapshot!(run_of(small_run()).1.table_text());
}

#[test]
fn the_table_of_a_run_that_has_hardly_begun() {
    insta::assert_snapshot!(run_of(vec![started(None)]).1.table_text());
}

#[test]
fn the_table_fits_100_columns_whatever_the_names() {
    let (_dir, mut report) = run_of(small_run());
    report.state.domains[1] = "a domain with a name that is longer than any name should be".into();
    report.state.history.domain_tokens = vec![123_456_789_012; 3];
    let widest = report.table_text().lines().map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(100));
}

#[test]
fn the_json_has_exactly_these_keys() {
    let json = run_of(small_run()).1.json().unwrap();
    insta::assert_json_snapshot!(json);
    let bare = run_of(vec![started(None)]).1.json().unwrap();
    assert!(bare["domains"][0]["potential"].is_null() && bare["steps"] == 0);
}

#[test]
fn plots_are_whole_svg_files_with_everything_in_them() {
    let mut events = small_run();
    if let Event::RunStarted { domains, .. } = &mut events[0] {
        domains[0] = "law & <order>".into();
    }
    let (dir, report) = run_of(events);
    report.write_plots(dir.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    for svg in [read("weights.svg"), read("losses.svg")] {
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("target expanded (1)") && svg.contains("target held (1)"));
        assert!(svg.contains("set lambda 0.5") && svg.contains("law &amp; &lt;or"));
    }
    assert!(read("weights.svg").contains("25.0 → 50.0 %"));
    assert!(read("losses.svg").contains("3.000 → 1.750") && read("losses.svg").contains("ceiling"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4, "no temporary file stays");
}

#[test]
fn plots_are_drawn_of_any_run() {
    let rejected = Verdict::Rejected { why: "no".into() };
    let gap = evaluated(0, [f64::NAN, 2.0, 2.0]);
    for events in [vec![], vec![started(None)], vec![started(None), gap, commanded(0, rejected)]] {
        let (dir, report) = run_of(events);
        report.write_plots(dir.path()).unwrap();
    }
}

#[test]
fn what_is_missing_is_named() {
    let error = |dir: &Path| super::load(dir).unwrap_err().to_string();
    let (dir, report) = run_of(small_run());
    let elsewhere = report.write_plots(&dir.path().join("nowhere")).unwrap_err().to_string();
    assert!(elsewhere.contains("nowhere/weights.svg: No such file"), "{elsewhere}");

    std::fs::remove_file(dir.path().join("events.jsonl")).unwrap();
    assert!(error(dir.path()).contains("cannot read"), "{}", error(dir.path()));
    std::fs::write(dir.path().join("run.ron"), "(name: 7)").unwrap();
    assert!(error(dir.path()).contains("run.ron is no plan of a run: 1:"), "{}", error(dir.path()));
    std::fs::remove_file(dir.path().join("run.ron")).unwrap();
    assert!(error(dir.path()).contains("name the folder of a run"), "{}", error(dir.path()));
}
