//! How the mixture moves.

use super::super::plan::{
    CrossTableChoice, DetectedSource, LambdaPlan, ModelSource, ReferenceSource, ReferenceTuning,
    RunPlan,
};
use super::super::value::Value;
use super::field::{Field, Read, adopt, at};
use super::limits::{Limits, or_none};
use super::section::Section;
use super::spec::Spec;
use super::strategy;
use super::training::BATCH_SIZE;
use super::types::FieldType;
use crate::control::{LiveField, Tunable};
use crate::mixing::Mixture;
use crate::unit::DomainId;
use crate::unit::allowed::{Allowed, COUNT, RATE, whole};

pub(in crate::config) const LAMBDA: Limits<f64> = Limits::Live(Tunable::Lambda);
pub(in crate::config) const SPAN: Limits<f64> = Limits::Within(Allowed {
    holds: |span| *span > 1.0 && *span <= 1e6,
    text: "a number above 1, at most 1000000",
});
pub(in crate::config) const CONFIDENCE: Limits<f64> = Limits::Live(Tunable::Confidence);
pub(in crate::config) const DELTA: Spec<f64> = Spec::live("mixing.delta", || 0.05, Tunable::Delta);
pub(in crate::config) const TAU: Spec<f64> = Spec::live("mixing.tau", || 10.0, Tunable::Tau);
pub(in crate::config) const FLOOR: Spec<f64> = Spec::live("mixing.floor", || 0.0, Tunable::Floor);
pub(in crate::config) const ANCHOR: Spec<f64> =
    Spec::live("mixing.anchor", || 0.0, Tunable::Anchor);
pub(in crate::config) const EVERY: Spec<Option<u64>> =
    Spec::live("mixing.every", || None, Tunable::Every);
pub(in crate::config) const SMOOTHING: Spec<f64> =
    Spec::live("mixing.smoothing", || 0.0, Tunable::Smoothing);

pub(in crate::config) const EPOCHS: Spec<u64> =
    Spec::within("mixing.reference.epochs", || 4, whole!(1 to 1_000_000));
pub(in crate::config) const STEPS_PER_EPOCH: Spec<Option<u64>> =
    Spec::within("mixing.reference.steps_per_epoch", || None, or_none!(COUNT));
pub(in crate::config) const TABLE: Spec<CrossTableChoice> =
    Spec::new("mixing.reference.table", || CrossTableChoice::Auto);
pub(in crate::config) const REFERENCE_BATCH: Limits<usize> = Limits::Within(BATCH_SIZE);
pub(in crate::config) const REFERENCE_LR: Limits<f64> = Limits::Within(RATE);

pub(super) fn mixing() -> Section {
    Section {
        path: "mixing",
        help: "How the mixture moves; see `versatune help method`. λ, δ and τ have no published \
               value: the defaults are our choices for the tens of updates that a run makes.",
        fields: vec![
            Field::derived::<String>(
                "mixing.strategy",
                "`VersaTune()`",
                Read::Run(|plan| strategy::value(&plan.mixing.strategy, &names(plan))),
                "The rule that moves the mixture, with its parameters in brackets; see `versatune \
                 help strategies`.",
            )
            .form(&strategy::form()),
            Field::derived::<Vec<String>>(
                "mixing.shadow",
                "`[]`",
                Read::Run(|plan| {
                    let names = names(plan);
                    let shadows = plan.mixing.shadow.iter();
                    Value::List(shadows.map(|shadow| strategy::value(shadow, &names)).collect())
                }),
                "Strategies that are run beside the one in force, on what it looks at and when it \
                 does. They change nothing of the run: their weights are in the record, on the \
                 screens and in the report, to be compared.",
            )
            .form("a list of strategies, such as `[DoReMi, Odm(alpha: 0.8)]`")
            .allowed(
                "at most 8, which need no more than the run measures: mastery ceilings or held-out \
                 losses only where the run has them, no gradients, and no solved lambda beside a \
                 strategy without one",
            ),
            Field::derived::<String>(
                "mixing.detected",
                "`Measure` where there is a `detection`, else `Uniform`",
                Read::Run(|plan| detected(&plan.mixing.detected, &names(plan))),
                "w(0), the detected weights: measured before training (`versatune help detection`), \
                 the same for each domain, shares by domain or in the order of the domains, the \
                 authors' counts for a model, a stored `detection.ron`, or what the models tuned for the \
                 mastery ceilings make of held-out rows. There are presets, for the \
                 paper's six domains (law, medical or medicine, finance, science, code, other or \
                 general), for LLaMA-2-7B, LLaMA-2-13B, LLaMA-3-8B, Qwen-1.5-7B, Qwen-2-7B, \
                 Qwen-2.5-7B and Qwen-2.5-14B.",
            )
            .form(
                "`Measure`, `Uniform`, `{\"law\": 0.5, …}`, `[0.5, …]`, `Preset(\"LLaMA-3-8B\")` \
                 `File(\"detection.ron\")` or `MixMin`",
            )
            .allowed("shares of 0 or above whose sum is 1"),
            Field::derived::<String>(
                "mixing.reference",
                "`Tune()` on the run's own model, or `None` where the strategy needs no ceilings",
                Read::Run(|plan| reference(&plan.mixing.reference, &names(plan))),
                "Mastery ceilings: none, losses by domain or in the order of the domains, a stored \
                 `reference.ron`, or measured by tuning a model on each domain alone. A smaller model \
                 of the same family is faster than the run's own. A stored file is refused where it was \
                 measured on other held-out rows or does not say on which, and converted where the \
                 tokenizer is another one; `Unchecked` takes it as it is.",
            )
            .form(
                "`None`, `{\"law\": 1.2, …}`, `[1.2, …]`, `File(\"reference.ron\")`, \
                 `Unchecked(\"reference.ron\")` or `Tune(model: …)`",
            )
            .allowed("losses above 0, in nats per token"),
            Field::derived::<f64>(
                "mixing.lambda",
                "`Auto(2)`",
                Read::Run(|plan| lambda(plan.mixing.lambda)),
                "λ, how far γ moves a weight. `Auto(span)` solves it at the first measurement: potentials \
                 staying as they are, the domain of the largest may at most gain this factor against the \
                 one of the least over the run. The paper gives no number.",
            )
            .form("`Auto(span)` or a number")
            .limits(&LAMBDA)
            .obeyed(|now, plan| {
                plan.mixing.lambda = now.mixing.lambda;
                plan.mixing.params.lambda = now.mixing.params.lambda;
            }),
            Field::new(
                &DELTA,
                at!(mixing.params.delta),
                "δ, by how much a target's weight grows at an expansion. At 0.05 it grows from 0.1 \
                 to 0.5 in eight expansions.",
            )
            .obeyed(adopt!(mixing.params.delta)),
            Field::new(
                &TAU,
                at!(mixing.params.tau),
                "τ, what the ratio of the target's γ to the mean φ of the others must exceed for an \
                 expansion.",
            )
            .obeyed(adopt!(mixing.params.tau)),
            Field::derived::<String>(
                "mixing.test",
                "`Plain`",
                Read::Run(|plan| test(plan.mixing.params.confidence)),
                "Algorithm 3's test: the paper's, or one in which a hold has to be sure by z standard \
                 errors of γ − τ·φ; see `versatune help method`.",
            )
            .form("`Plain` or `Confident(z)`")
            .limits(&CONFIDENCE)
            .obeyed(adopt!(mixing.params.confidence)),
            Field::derived::<String>(
                "mixing.forgetting_limit",
                "none",
                Read::Run(limits),
                "How far a domain's held-out loss may rise above its start, as a share of it, before \
                 expansions hold.",
            )
            .form("`{\"general\": 0.02, …}`")
            .allowed("shares from 0 to 100")
            .live(LiveField::Limits),
            Field::new(
                &FLOOR,
                at!(mixing.params.floor),
                "Least weight of a domain. The paper has none.",
            ),
            Field::new(
                &ANCHOR,
                at!(mixing.params.anchor),
                "a, pull towards w(0) after each update: w ← (1 − a)·w + a·w(0). The paper has none.",
            ),
            Field::derived::<Option<Vec<String>>>(
                "mixing.target",
                "`None`",
                Read::Run(targets),
                "The domains to expand (Algorithm 3); `None` moves all by what they can still learn \
                 (Algorithm 2). `\"law\"` is short for a list of one.",
            )
            .allowed("fewer than all domains")
            .live(LiveField::Target),
            Field::new(
                &EVERY,
                at!(mixing.every),
                "Optimizer steps between two mixture updates. `None` is a fortieth of the run's steps, \
                 at least 1, once they are counted (every step for the strategies that learn from each); a resume keeps that number. A strategy that moves \
                 the mixture needs fewer than the run's steps.",
            )
            .unit("steps"),
            Field::new(
                &SMOOTHING,
                at!(mixing.smoothing),
                "Weight of the earlier losses in the running average of held-out losses that the \
                 strategy is given; 0 averages nothing.",
            ),
        ],
    }
}

pub(super) fn tuning() -> Section {
    let tune = Read::Inside("Tune");
    Section {
        path: "mixing.reference",
        help: "How the mastery ceilings are measured, with `Tune(…)`: a model is tuned on each domain \
               alone, and its lowest held-out loss after any epoch is kept; a tuning ends when that \
               loss has risen twice in a row. Where the model has another tokenizer, both are measured \
               on the same text, and its loss is in nats per token of the tuned model. What was measured \
               is kept in the folder `ceilings` of `data.cache_dir`, and a run with the same reference \
               model, data and tuning takes it from there.",
        fields: vec![
            Field::derived::<ModelSource>(
                "mixing.reference.model",
                "`model.source`",
                tune,
                "The model to tune, written as `model.source` is; best a small one.",
            ),
            Field::new(&EPOCHS, tune, "Most times that each domain's rows are seen."),
            Field::new(
                &STEPS_PER_EPOCH,
                tune,
                "Optimizer steps of an epoch. `None` is as many as see all rows once.",
            )
            .unit("steps"),
            Field::derived::<usize>(
                "mixing.reference.batch_samples",
                "`training.batch_samples`",
                tune,
                "Examples per optimizer step.",
            )
            .unit("examples")
            .limits(&REFERENCE_BATCH),
            Field::derived::<f64>(
                "mixing.reference.lr",
                "`training.lr`",
                tune,
                "Learning rate, constant after 10 % of warm-up.",
            )
            .limits(&REFERENCE_LR),
            Field::new(
                &TABLE,
                tune,
                "Whether every tuned model is measured on up to 32 held-out rows of every other domain \
                 too, which shows what helps and hurts what; `Auto` is up to 16 domains.",
            ),
        ],
    }
}

pub(super) fn names(plan: &RunPlan) -> Vec<String> {
    plan.data.domains.iter().map(|domain| domain.name.clone()).collect()
}

fn targets(plan: &RunPlan) -> Value {
    let names = names(plan);
    let name = |id: &DomainId| Some(names.get(id.0)?.to_value());
    Value::List(plan.mixing.params.targets.iter().filter_map(name).collect())
}

fn lambda(plan: LambdaPlan) -> Value {
    match plan {
        LambdaPlan::Auto(span) => Value::call("Auto", span.to_value()),
        LambdaPlan::Fixed(lambda) => lambda.to_value(),
    }
}

fn test(confidence: f64) -> Value {
    match confidence {
        z if z > 0.0 => Value::call("Confident", z.to_value()),
        _ => Value::word("Plain"),
    }
}

fn limits(plan: &RunPlan) -> Value {
    let names = names(plan);
    let limits = plan.mixing.params.forgetting_limit.iter();
    let entry = |(id, limit): (&DomainId, &f64)| Some((names.get(id.0)?.clone(), limit.to_value()));
    Value::Map(limits.filter_map(entry).collect())
}

fn detected(source: &DetectedSource, names: &[String]) -> Value {
    match source {
        DetectedSource::Measure => Value::word("Measure"),
        DetectedSource::MixMin => Value::word("MixMin"),
        DetectedSource::Preset { name, .. } => Value::call("Preset", name.to_value()),
        DetectedSource::File(path) => Value::call("File", path.clone()),
        DetectedSource::Given { shares, mixture } if is_uniform(shares, mixture) => {
            Value::word("Uniform")
        }
        DetectedSource::Given { shares, .. } => by_domain(shares, names),
    }
}

/// Whether `Uniform` gives the same mixture to the bit; written as numbers, it would be divided by
/// its sum once more.
fn is_uniform(shares: &[f64], mixture: &Mixture) -> bool {
    *mixture == Mixture::uniform(shares.len()) && mixture.as_slice() == shares
}

fn reference(source: &ReferenceSource, names: &[String]) -> Value {
    match source {
        ReferenceSource::None => Value::none(),
        ReferenceSource::Given(losses) => by_domain(losses, names),
        ReferenceSource::File(path) => Value::call("File", path.clone()),
        ReferenceSource::Unchecked(path) => Value::call("Unchecked", path.clone()),
        ReferenceSource::Tune(ReferenceTuning {
            model,
            epochs,
            steps_per_epoch,
            batch_samples,
            lr,
            table,
        }) => Value::fields(
            Some("Tune"),
            [
                ("model", model.to_value()),
                ("epochs", epochs.to_value()),
                ("steps_per_epoch", steps_per_epoch.to_value()),
                ("batch_samples", batch_samples.to_value()),
                ("lr", lr.to_value()),
                ("table", table.to_value()),
            ],
        ),
    }
}

pub(super) fn by_domain(numbers: &[f64], names: &[String]) -> Value {
    let entries = names.iter().zip(numbers).map(|(name, number)| (name.clone(), number.to_value()));
    Value::Map(entries.collect())
}
