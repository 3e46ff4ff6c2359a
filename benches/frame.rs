//! How long a frame takes: `cargo bench --bench frame`. Eight domains with 100,000 held-out losses
//! and weights each, and sixty-four with 20,000, on a terminal of 200 x 60; prints one JSON line per screen with the
//! median and the slowest of 200 frames, in milliseconds. The curves also with all that keys switch on.
//! `cargo bench --bench frame -- 64 curves` measures those whose line has all of these words.

use crossterm::event::{Event as Input, KeyCode};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Instant;
use versatune::mixing::{Mixture, StrategyState};
use versatune::telemetry::{DomainEval, Event, Record, Snapshot, StepSample};
use versatune::tui::keys::KeyMap;
use versatune::tui::look::{Look, Marks, Theme};
use versatune::tui::{Message, Model, ModelInit, ScreenId, frame, update};
use versatune::unit::{Bytes, Step, Tokens};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Domains, and optimizer steps with a measurement at each.
const RUNS: [(usize, u64); 2] = [(8, 100_000), (64, 20_000)];
const SIZE: (u16, u16) = (200, 60);
const FRAMES: usize = 200;
/// Smoothing, logarithmic y axis, outliers clipped, tokens along the x axis, a crosshair.
const EVERYTHING: [KeyCode; 5] =
    [KeyCode::Char('a'), KeyCode::Char('y'), KeyCode::Char('o'), KeyCode::Char('x'), KeyCode::Left];

fn main() {
    for (domains, points) in RUNS {
        let run = run(domains, points);
        for id in ScreenId::all() {
            if is_wanted(domains, id.name()) {
                report(domains, id.name(), frames(&run, id, &[]));
            }
        }
        let what = "curves with everything";
        if is_wanted(domains, what) {
            report(domains, what, frames(&run, ScreenId::Curves, &EVERYTHING));
        }
    }
}

/// Whether every word of the command line is in what is measured.
fn is_wanted(domains: usize, what: &str) -> bool {
    let line = format!("{domains} {}", what.to_lowercase());
    let words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    words.into_iter().all(|word| line.contains(&word.to_lowercase()))
}

fn report(domains: usize, what: &str, mut millis: Vec<f64>) {
    millis.sort_by(f64::total_cmp);
    let (median, slowest) = (millis[FRAMES / 2], millis[FRAMES - 1]);
    println!(
        "{{\"domains\": {domains}, \"screen\": \"{what}\", \"median_ms\": {median:.3}, \"slowest_ms\": {slowest:.3}}}"
    );
}

fn frames(run: &Snapshot, id: ScreenId, keys: &[KeyCode]) -> Vec<f64> {
    let mut model = Model::new(ModelInit {
        run: run.clone(),
        look: Look { theme: Theme::dark(), marks: Marks::Braille },
        themes: vec![Theme::dark()],
        keys: KeyMap::default(),
        zone: TimeZone::UTC,
        now_ms: run.state.unix_ms,
        size: SIZE,
        operator: String::new(),
    });
    model.show(id);
    frame(&mut model);
    for key in keys {
        update(&mut model, Message::Input(Input::Key((*key).into())));
    }
    let mut timed = || {
        let begun = Instant::now();
        std::hint::black_box(frame(&mut model));
        1000.0 * begun.elapsed().as_secs_f64()
    };
    for _ in 0..10 {
        timed();
    }
    (0..FRAMES).map(|_| timed()).collect()
}

/// A run of so many domains and steps, with a measurement and new weights at each step.
fn run(domains: usize, points: u64) -> Snapshot {
    let mut run = Snapshot::default();
    let mut seq = 0;
    let mut apply = |event: Event| {
        seq += 1;
        run.apply(&Arc::new(Record { seq, unix_ms: 1_000_000 + 50 * seq, event }));
    };
    apply(Event::RunStarted {
        run: "frames".into(),
        version: String::new(),
        domains: (0..domains).map(|i| format!("domain-{i}")).collect(),
        strategy: "VersaTune".into(),
        resumed_at: None,
        seed: 0,
    });
    apply(Event::Planned { steps: points });
    apply(Event::ReferenceLosses { losses: vec![1.0; domains], source: String::new() });
    for step in 1..=points {
        apply(Event::Step(sample(step, domains)));
        let losses: Vec<f64> = (0..domains).map(|i| loss(step, i)).collect();
        let evals = losses.iter().map(|loss| DomainEval {
            loss: *loss,
            tokens: Tokens(1000),
            error: Some(0.01),
            potential_error: None,
            since_update: None,
            since_start: None,
        });
        apply(Event::Evaluated {
            step: Step(step),
            domains: evals.collect(),
            used: losses,
            secs: 0.1,
        });
        apply(Event::MixtureUpdated {
            step: Step(step),
            update: step,
            old: Mixture::uniform(domains),
            new: weights(step, domains),
            potential: vec![0.1; domains],
            forgetting: vec![0.01; domains],
            potential_error: vec![0.002; domains],
            forgetting_error: vec![0.004; domains],
            gradient_products: Vec::new(),
            state: StrategyState::default(),
        });
    }
    run
}

/// A falling loss with deterministic noise.
fn loss(step: u64, domain: usize) -> f64 {
    let noise = ((step * 2_654_435_761 + domain as u64 * 97) % 1000) as f64 / 5000.0;
    1.5 + domain as f64 / 4.0 + 2.0 / (1.0 + step as f64 / 20_000.0) + noise
}

fn weights(step: u64, domains: usize) -> Mixture {
    let raw: Vec<f64> =
        (0..domains).map(|i| 1.0 + ((step as f64 / 3000.0) + i as f64).sin() / 2.0).collect();
    let sum: f64 = raw.iter().sum();
    Mixture::new(raw.iter().map(|w| w / sum).collect()).expect("weights that sum to 1")
}

fn sample(step: u64, domains: usize) -> StepSample {
    StepSample {
        step: Step(step),
        loss: loss(step, 0),
        objective: None,
        domain_loss_sum: vec![100.0; domains],
        domain_tokens: vec![100; domains],
        domain_examples: vec![2; domains],
        lr: 2e-5,
        grad_norm: 1.0,
        tokens: Tokens(2048),
        micro_batches: 1,
        secs: 0.05,
        data_secs: 0.0,
        flops: 1e12,
        memory: Bytes(1 << 30),
    }
}
