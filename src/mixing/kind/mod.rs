//! A strategy with the values of its parameters: as a run has it ([`StrategyKind`]) and as a config
//! writes it ([`WrittenStrategy`]). Which strategies there are comes from [`STRATEGIES`] alone.

mod help;
mod serial;
mod written;
#[cfg(test)]
mod tests;

pub use help::strategies_markdown;
pub use written::{StrategyError, StrategyProblem, WrittenStrategy};

use super::interface::{Parameter, Strategy, StrategySpec, Value};
use super::strategy::{DEFAULT, STRATEGIES};
use crate::unit::DomainId;

/// Which strategy, with the values of its parameters, which stay as they are during a run.
///
/// Its serialized form is that of an enum with one variant per strategy: `"Constant"`,
/// `{"Odm": {"alpha": 0.9}}`, `{"Only": 1}`, with the ids of domains.
#[derive(Clone, Debug)]
pub struct StrategyKind {
    spec: &'static StrategySpec,
    /// One per parameter, in the strategy's order.
    values: Vec<Value>,
}

impl StrategyKind {
    /// The strategy's description.
    pub fn spec(&self) -> &'static StrategySpec {
        self.spec
    }

    /// The strategy's name, as configs and records write it.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The strategy, ready for its first update, for a run of `domains` domains.
    pub fn build(&self, domains: usize) -> Box<dyn Strategy> {
        let mut strategy = (self.spec.new)(domains);
        for (mut parameter, value) in strategy.parameters().into_iter().zip(&self.values) {
            parameter.set(value);
        }
        strategy
    }

    /// The parameters by name, each value as a config writes it; domains by name. `Only`'s one
    /// parameter has no name.
    pub fn parameters(&self, domains: &[String]) -> Vec<(&'static str, String)> {
        let mut strategy = (self.spec.new)(domains.len());
        let parameters = strategy.parameters();
        let values = self.values.iter().map(|value| written_value(value, domains));
        parameters.iter().map(|parameter| parameter.name).zip(values).collect()
    }

    /// What people call each of several strategies: its name, or all of it where another has the
    /// same name.
    pub fn labels(kinds: &[StrategyKind], domains: &[String]) -> Vec<String> {
        let label = |kind: &StrategyKind| {
            let named = kinds.iter().filter(|other| other.name() == kind.name()).count();
            if named > 1 { kind.to_config(domains) } else { kind.name().to_owned() }
        };
        kinds.iter().map(label).collect()
    }

    /// The strategy as a config writes it: `Dmt(general: "law", k: 0.25, first_stage: 0.5)`,
    /// `Only("law")`, `Constant`.
    pub fn to_config(&self, domains: &[String]) -> String {
        let parameters = self.parameters(domains);
        if parameters.is_empty() {
            return self.name().to_owned();
        }
        let written: Vec<String> = parameters
            .into_iter()
            .map(|(name, value)| match name {
                Parameter::UNNAMED => value,
                name => format!("{name}: {value}"),
            })
            .collect();
        format!("{}({})", self.name(), written.join(", "))
    }
}

/// Whether `name` is a strategy whose one value is written without a name and cannot be left out:
/// `Only`.
pub fn takes_unnamed_value(name: &str) -> bool {
    let spec = STRATEGIES.iter().find(|spec| spec.name == name);
    spec.is_some_and(|spec| {
        let mut prototype = (spec.new)(1);
        prototype.parameters().iter().any(|parameter| parameter.name == Parameter::UNNAMED)
    })
}

/// The value in RON.
fn written_value(value: &Value, domains: &[String]) -> String {
    match value {
        // The shortest digits that give the number back to the bit.
        Value::Number(number) => format!("{number:?}"),
        Value::Word(word) => (*word).to_owned(),
        Value::Domain(DomainId(index)) => match domains.get(*index) {
            Some(name) => format!("{name:?}"),
            None => index.to_string(),
        },
    }
}

impl Default for StrategyKind {
    /// The paper's method with its own parameters.
    fn default() -> Self {
        let values = (DEFAULT.new)(1).parameters().iter().map(Parameter::value).collect();
        StrategyKind { spec: DEFAULT, values }
    }
}

impl PartialEq for StrategyKind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.values == other.values
    }
}
