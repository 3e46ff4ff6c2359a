use crate::compare::{ComparedRun, Comparison, FieldDifference, LossDifference, Pairing, RunLoss};
use crate::unit::Step;
use serde::Serialize;

/// The object that `compare --json` prints.
#[derive(Serialize)]
struct ComparisonJson<'a> {
    baseline: &'a str,
    runs: Vec<RunJson<'a>>,
    domains: Vec<DomainJson<'a>>,
    config: ConfigJson<'a>,
    interventions: Vec<InterventionJson<'a>>,
    cut_short: Vec<&'a str>,
}

#[derive(Serialize)]
struct RunJson<'a> {
    run: &'a str,
    folder: String,
    strategy: &'a str,
    status: String,
    goes_on: bool,
    steps: Step,
    planned: u64,
    evaluated_at: Option<Step>,
    tokens: u64,
    mean: LossJson,
}

#[derive(Serialize)]
struct DomainJson<'a> {
    name: &'a str,
    runs: Vec<LossJson>,
}

#[derive(Serialize)]
struct LossJson {
    loss: Option<f64>,
    error: Option<f64>,
    difference: Option<DifferenceJson>,
}

/// A difference to the baseline.
#[derive(Serialize)]
struct DifferenceJson {
    nats: f64,
    error: Option<f64>,
    clear: bool,
    /// Rows of both runs, where it is paired.
    rows: Option<usize>,
    /// Whether these are all rows that either measured.
    same_rows: bool,
    /// Why it is not paired.
    unpaired: Option<String>,
}

#[derive(Serialize)]
struct ConfigJson<'a> {
    same: usize,
    put_aside: &'a [String],
    unknown: Vec<&'a str>,
    fields: Vec<FieldJson<'a>>,
}

#[derive(Serialize)]
struct FieldJson<'a> {
    field: &'a str,
    values: &'a [Option<String>],
}

#[derive(Serialize)]
struct InterventionJson<'a> {
    run: &'a str,
    step: Step,
    actor: &'a str,
    command: &'a str,
    reason: Option<&'a str>,
}

/// `baseline`, the label of that run; `runs` (`run`, its label; `folder`, `strategy`, `status`, `goes_on`, `steps`
/// done, `planned`, `evaluated_at`, `tokens`, `mean`), `domains` (`name`, `runs`: a loss for each run, in their order),
/// `config` (`fields` that differ with `values` of each run, how many are the `same`, those that are `put_aside`, runs
/// of which the config is `unknown`), `interventions` (`run`, `step`, `actor`, `command`, `reason`) and the runs of
/// which only the newest of these are known, as they are `cut_short`. A loss, as
/// `mean` is one, has `loss`, its `error` and its `difference` to that of the baseline: `nats`, the standard `error`,
/// whether it is `clear` (more than twice that), the `rows` that both runs measured, whether these are the
/// `same_rows` in both, else why it is `unpaired`. What is not known is `null`.
///
/// # Errors
/// Never for the values of a comparison; serde may fail in principle.
pub fn comparison_json(comparison: &Comparison) -> serde_json::Result<serde_json::Value> {
    let label = |run: usize| comparison.runs.get(run).map_or("", |run| run.label.as_str());
    let runs = comparison.runs.iter().zip(&comparison.means);
    let domains = comparison.domains.iter().map(|domain| DomainJson {
        name: &domain.name,
        runs: domain.runs.iter().map(loss).collect(),
    });
    let config = &comparison.config;
    let interventions = comparison.interventions.iter().map(|one| InterventionJson {
        run: label(one.run),
        step: one.step,
        actor: &one.actor,
        command: &one.command,
        reason: one.reason.as_deref(),
    });
    serde_json::to_value(ComparisonJson {
        baseline: label(comparison.baseline),
        runs: runs.map(|(compared, mean)| run(compared, mean)).collect(),
        domains: domains.collect(),
        config: ConfigJson {
            same: config.same,
            put_aside: &config.put_aside,
            unknown: config.unknown.iter().map(|run| label(*run)).collect(),
            fields: config.fields.iter().map(field).collect(),
        },
        interventions: interventions.collect(),
        cut_short: comparison.cut_short.iter().map(|run| label(*run)).collect(),
    })
}

fn run<'a>(run: &'a ComparedRun, mean: &RunLoss) -> RunJson<'a> {
    RunJson {
        run: &run.label,
        folder: run.folder.display().to_string(),
        strategy: &run.state.strategy,
        status: run.status_text(),
        goes_on: run.goes_on,
        steps: run.state.history.step,
        planned: run.state.steps,
        evaluated_at: run.evaluated_at(),
        tokens: run.tokens(),
        mean: loss(mean),
    }
}

fn loss(loss: &RunLoss) -> LossJson {
    LossJson {
        loss: Some(loss.loss.value).filter(|loss| loss.is_finite()),
        error: loss.loss.error,
        difference: loss.difference.as_ref().map(difference),
    }
}

fn difference(difference: &LossDifference) -> DifferenceJson {
    let (rows, same_rows, unpaired) = match &difference.pairing {
        Pairing::Same { rows } => (Some(*rows), true, None),
        Pairing::Shared { rows, .. } => (Some(*rows), false, None),
        Pairing::Unpaired(why) => (None, false, Some(why.to_string())),
    };
    let (nats, error, clear) = (difference.nats, difference.error, difference.is_clear());
    DifferenceJson { nats, error, clear, rows, same_rows, unpaired }
}

fn field(field: &FieldDifference) -> FieldJson<'_> {
    FieldJson { field: &field.field, values: &field.values }
}
