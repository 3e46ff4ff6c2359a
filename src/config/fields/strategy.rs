//! The strategies' own fields.

use super::super::value::Value;
use super::field::{Field, Read};
use super::limits::Limits;
use super::section::Section;
use super::spec::Spec;
use super::types::FieldType;
use crate::mixing::{Rule, Share, StrategyKind};
use crate::unit::DomainId;
use crate::unit::allowed::{ABOVE_ZERO, BELOW_ONE, BETWEEN, SHARE};

const RULE: Spec<Rule> = Spec::new("mixing.strategy.rule", Rule::default);
const EXPANSION_SHARE: Spec<Share> = Spec::new("mixing.strategy.share", Share::default);
const ETA: Spec<f64> = Spec::within("mixing.strategy.eta", || 1.0, ABOVE_ZERO);
const SMOOTHING: Spec<f64> = Spec::within("mixing.strategy.smoothing", || 1e-4, SHARE);
const ALPHA: Spec<f64> = Spec::within("mixing.strategy.alpha", || 0.9, BELOW_ONE);
const GENERAL: Spec<String> = Spec::new("mixing.strategy.general", || "general".into());
const K: Spec<f64> = Spec::within("mixing.strategy.k", || 1.0 / 256.0, SHARE);
const FIRST_STAGE: Spec<f64> = Spec::within("mixing.strategy.first_stage", || 0.5, BETWEEN);

/// What may be written as the strategy.
pub(super) fn form() -> String {
    "`VersaTune(…)`, `Constant`, `Uniform`, `Inverse`, `Only(\"law\")`, `UniformRest(…)`, \
     `Unconditional(…)`, `DoReMi(…)`, `ShearedLlama(…)`, `Odm(…)`, `Velocitune` or `Dmt(…)`"
        .into()
}

/// A strategy as a config writes it.
pub(super) fn value(strategy: &StrategyKind, domains: &[String]) -> Value {
    let domain = |id: &DomainId| domains.get(id.0).map_or_else(Value::none, String::to_value);
    let name = Some(strategy.name());
    match strategy {
        StrategyKind::VersaTune { rule, share } => {
            Value::fields(name, [("rule", rule.to_value()), ("share", share.to_value())])
        }
        StrategyKind::Constant
        | StrategyKind::Uniform
        | StrategyKind::Inverse
        | StrategyKind::Velocitune => Value::word(strategy.name()),
        StrategyKind::Only(id) => Value::call(strategy.name(), domain(id)),
        StrategyKind::UniformRest { target, share } => {
            Value::fields(name, [("target", domain(target)), ("share", share.to_value())])
        }
        StrategyKind::Unconditional { share } => Value::fields(name, [("share", share.to_value())]),
        StrategyKind::DoReMi { eta, smoothing } | StrategyKind::ShearedLlama { eta, smoothing } => {
            Value::fields(name, [("eta", eta.to_value()), ("smoothing", smoothing.to_value())])
        }
        StrategyKind::Odm { alpha } => Value::fields(name, [("alpha", alpha.to_value())]),
        StrategyKind::Dmt { general, k, first_stage } => Value::fields(
            name,
            [
                ("general", domain(general)),
                ("k", k.to_value()),
                ("first_stage", first_stage.to_value()),
            ],
        ),
    }
}

pub(super) fn section() -> Section {
    let share = "Which ratio the others keep at an expansion.";
    Section {
        path: "mixing.strategy",
        help: "The strategies' own constants, in the brackets behind the strategy's name.",
        fields: vec![
            Field::of(&RULE, Read::Inside("VersaTune"), "How γ moves a weight."),
            Field::of(&EXPANSION_SHARE, Read::Inside("VersaTune"), share),
            Field::derived::<String>(
                "mixing.strategy.target",
                "`mixing.target`",
                Read::Inside("UniformRest"),
                "The raised domain.",
            ),
            Field::required::<f64>(
                "mixing.strategy.share",
                Read::Inside("UniformRest"),
                "Its share.",
            )
            .limits(&Limits::Within(BETWEEN)),
            Field::of(&EXPANSION_SHARE, Read::Inside("Unconditional"), share),
            Field::of(&ETA, Read::Inside("DoReMi"), "η, step size."),
            Field::of(&SMOOTHING, Read::Inside("DoReMi"), "c, share of the uniform mixture."),
            Field::of(&ETA, Read::Inside("ShearedLlama"), "η, step size."),
            Field::of(&SMOOTHING, Read::Inside("ShearedLlama"), "c, share of the uniform mixture."),
            Field::of(&ALPHA, Read::Inside("Odm"), "α, weight of the past in the reward."),
            Field::of(&GENERAL, Read::Inside("Dmt"), "The general domain."),
            Field::of(&K, Read::Inside("Dmt"), "k, fraction of specialised data in stage two."),
            Field::of(&FIRST_STAGE, Read::Inside("Dmt"), "Share of the run that is stage one."),
        ],
    }
}
