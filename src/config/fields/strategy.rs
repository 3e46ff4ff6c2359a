//! The fields of the mixing strategies, from the strategies' lists of parameters.

use super::super::value::Value;
use super::super::words::any_of;
use super::field::{Absent, Field, Read};
use super::section::Section;
use super::types::FieldType;
use crate::mixing::{DefaultDomain, Parameter, STRATEGIES, Slot, StrategyKind, StrategySpec};

/// All strategies as a config may write them, in words.
pub(super) fn form() -> String {
    let forms: Vec<String> = STRATEGIES.iter().map(|spec| format!("`{}`", written(spec))).collect();
    any_of(&forms)
}

fn written(spec: &StrategySpec) -> String {
    let mut prototype = (spec.new)(1);
    match prototype.parameters().as_slice() {
        [] => spec.name.to_owned(),
        [only] if only.name == Parameter::UNNAMED => format!("{}(\"law\")", spec.name),
        _ => format!("{}(…)", spec.name),
    }
}

/// A strategy as a config writes it.
pub(super) fn value(strategy: &StrategyKind, domains: &[String]) -> Value {
    let parameters = strategy.parameters(domains);
    match parameters.as_slice() {
        [] => Value::word(strategy.name()),
        [(Parameter::UNNAMED, value)] => Value::call(strategy.name(), Value::Plain(value.clone())),
        parameters => {
            let field =
                |(name, value): &(&str, String)| ((*name).to_owned(), Value::Plain(value.clone()));
            Value::Fields(Some(strategy.name()), parameters.iter().map(field).collect())
        }
    }
}

pub(super) fn section() -> Section {
    Section {
        path: "mixing.strategy",
        help: "The strategies' parameters, in the brackets after the strategy's name; see `versatune \
               help strategies`.",
        fields: STRATEGIES.iter().flat_map(|spec| fields(spec)).collect(),
    }
}

fn fields(spec: &'static StrategySpec) -> Vec<Field> {
    let mut prototype = (spec.new)(1);
    let parameters = prototype.parameters();
    let named = parameters.iter().filter(|parameter| parameter.name != Parameter::UNNAMED);
    named.map(|parameter| field(spec.name, parameter)).collect()
}

fn field(strategy: &'static str, parameter: &Parameter<'_>) -> Field {
    let path = format!("mixing.strategy.{}", parameter.name);
    let read = Read::Inside(strategy);
    match &parameter.slot {
        Slot::Number { field, allowed, required } => Field {
            default: if *required { Absent::Required } else { Absent::Value(field.to_value()) },
            ..Field::derived::<f64>(path, "", read, parameter.help)
        }
        .allowed(allowed.text),
        Slot::Word(word) => Field {
            default: Absent::Value(Value::word(word.word())),
            ..Field::derived::<String>(path, "", read, parameter.help)
        }
        .form(&super::types::one_of(word.options())),
        Slot::Domain { default, .. } => Field {
            default: match default {
                DefaultDomain::Required => Absent::Required,
                DefaultDomain::Named(name) => Absent::Value((*name).into()),
                DefaultDomain::Target => Absent::Words("`mixing.target`"),
            },
            ..Field::derived::<String>(path, "", read, parameter.help)
        }
        .form("name of a domain"),
    }
}
