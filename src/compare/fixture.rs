//! Runs for tests of comparisons: the small run of the events' fixture under other names and losses.

use super::{ComparedRun, Comparison};
use crate::mixing::RowLosses;
use crate::telemetry::fixture::{evaluated, fold, records, small_run};
use crate::telemetry::{ConfigOrigin, ConfigValue, DomainRows, Event, MeasuredRows};
use crate::unit::Step;
use std::path::PathBuf;

/// Domains of the small run.
pub(crate) const DOMAINS: [&str; 3] = ["law", "medical", "code"];
/// Target tokens of the four measured rows of each domain.
const TOKENS: [u64; 4] = [100, 100, 200, 200];
/// By how much a token of each row is harder than those of others, nats.
const HARD: [f64; 4] = [-0.4, 0.2, 0.5, -0.3];
/// By how much more than others each row takes part in what a run does otherwise.
const TAKES: [f64; 4] = [0.5, 1.5, 1.0, 1.0];

/// Measured rows of a domain with these numbers.
pub(crate) fn rows(domain: &str, identities: &[u64], nats: &[f64], tokens: &[u64]) -> DomainRows {
    let losses = RowLosses { nats: nats.into(), tokens: tokens.into() };
    DomainRows { domain: domain.into(), identities: identities.into(), losses }
}

/// The small run under this name, whose last evaluation measured these rows of law, medical and code.
pub(crate) fn run_of(name: &str, strategy: &str, domains: Vec<DomainRows>) -> ComparedRun {
    let mut events = small_run();
    for event in &mut events {
        match event {
            Event::RunStarted { run, strategy: used, .. } => {
                (*run, *used) = (name.into(), strategy.into());
            }
            Event::Evaluated { step: Step(40), .. } => *event = evaluation(&domains),
            _ => {}
        }
    }
    events.insert(1, configured(name, strategy));
    let state = fold(&records(events));
    let measured = MeasuredRows { step: Step(40), domains };
    ComparedRun::new(PathBuf::from("runs").join(name), state, false, Ok(Some(measured)))
}

fn evaluation(domains: &[DomainRows]) -> Event {
    let mut event = evaluated(40, [0.0; 3]);
    if let Event::Evaluated { domains: evals, used, .. } = &mut event {
        for ((eval, used), rows) in evals.iter_mut().zip(used).zip(domains) {
            (eval.loss, eval.error) = (rows.losses.loss(), rows.losses.error());
            *used = eval.loss;
        }
    }
    event
}

fn configured(name: &str, strategy: &str) -> Event {
    let value = |field: &str, value: &str| ConfigValue {
        field: field.into(),
        value: value.into(),
        origin: ConfigOrigin::Default,
        live: None,
    };
    let [Event::Configured { strategy: kind, schedule, .. }, _] =
        &crate::telemetry::fixture::configured()[..]
    else {
        panic!("a config, then live values");
    };
    let quoted = format!("\"{name}\"");
    let mut values = vec![
        value("name", &quoted),
        value("seed", "7"),
        value("mixing.strategy", strategy),
        value("training.lr", if strategy == "VersaTune" { "2e-5" } else { "1e-5" }),
        value("training.clip", "1.0"),
    ];
    if strategy == "VersaTune" {
        values.push(value("mixing.strategy.rule", "Linear"));
    }
    Event::Configured { values, strategy: kind.clone(), schedule: *schedule }
}

/// A run that measured four rows of each domain, whose losses are about this much above those of a run without.
pub(crate) fn shifted(name: &str, strategy: &str, shifts: [f64; 3]) -> ComparedRun {
    let domain = |(index, (domain, shift)): (usize, (&&str, f64))| {
        let base = 1.75 + 0.25 * index as f64;
        let rows_of = TOKENS.iter().zip(HARD).zip(TAKES);
        let nats: Vec<f64> = rows_of
            .map(|((tokens, hard), takes)| *tokens as f64 * (base + hard + takes * shift))
            .collect();
        let identities: Vec<u64> = (0..4).map(|row| 10 * index as u64 + row).collect();
        rows(domain, &identities, &nats, &TOKENS)
    };
    run_of(name, strategy, DOMAINS.iter().zip(shifts).enumerate().map(domain).collect())
}

/// A run and another one over the same rows, one whose rows are not kept, and one that goes on.
pub(crate) fn four_runs() -> Comparison {
    let first = shifted("first", "VersaTune", [0.0; 3]);
    let second = shifted("second", "Constant", [-0.021, 0.013, 0.0004]);
    let mut old = shifted("old", "VersaTune", [0.05, -0.04, 0.1]);
    old.rows = Ok(None);
    let mut live = shifted("live", "VersaTune", [0.003, 0.002, -0.05]);
    (live.goes_on, live.state.ended, live.state.steps) = (true, None, 60);
    if let Ok(Some(rows)) = &mut live.rows {
        rows.step = Step(20);
    }
    Comparison::of(vec![first, second, old, live], 0)
}
