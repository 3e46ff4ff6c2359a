use super::StrategyKind;
use super::serial::{Bare, Read, read};
use crate::mixing::interface::{DefaultDomain, Parameter, Slot, StrategySpec, Value};
use crate::mixing::strategy::DEFAULT;
use crate::unit::DomainId;
use serde::{Deserialize, Deserializer};

/// A strategy as a config writes it: domains by name, and what may be left out perhaps left out.
#[derive(Clone, Debug)]
pub struct WrittenStrategy {
    spec: &'static StrategySpec,
    /// One per parameter, in the strategy's order.
    values: Vec<Option<Value<String>>>,
}

/// Why a strategy cannot be used as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyError {
    /// The parameter; [`Parameter::UNNAMED`] for the strategy as a whole.
    pub parameter: &'static str,
    /// What is wrong.
    pub problem: StrategyProblem,
}

/// What may be wrong with a strategy or one of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum StrategyProblem {
    /// A number that is not allowed; in words, which ones are.
    NotAllowed(&'static str),
    /// No domain of the run has this name.
    UnknownDomain(String),
    /// No domain is named, and `mixing.target` is not one domain; in words, what it is for.
    NoDomain(&'static str),
    /// The strategy of this name has nothing to do without `mixing.target`.
    NoTarget(&'static str),
}

impl WrittenStrategy {
    /// The strategy's description.
    pub fn spec(&self) -> &'static StrategySpec {
        self.spec
    }

    /// The strategy for a run of these domains, with these as `mixing.target`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the parameters.
    pub fn resolve(
        &self,
        domains: &[String],
        targets: &[DomainId],
    ) -> Result<StrategyKind, Vec<StrategyError>> {
        let context = Context { domains, targets };
        let mut errors = Vec::new();
        if self.spec.needs_target && targets.is_empty() {
            let problem = StrategyProblem::NoTarget(self.spec.name);
            errors.push(StrategyError { parameter: Parameter::UNNAMED, problem });
        }
        let mut values = Vec::new();
        let mut prototype = (self.spec.new)(1);
        for (parameter, written) in prototype.parameters().iter().zip(&self.values) {
            match context.value(parameter, written.as_ref()) {
                Ok(value) => values.push(value),
                Err(problem) => errors.push(StrategyError { parameter: parameter.name, problem }),
            }
        }
        if errors.is_empty() { Ok(StrategyKind { spec: self.spec, values }) } else { Err(errors) }
    }
}

/// What a strategy is resolved against.
struct Context<'a> {
    domains: &'a [String],
    targets: &'a [DomainId],
}

impl Context<'_> {
    fn value(
        &self,
        parameter: &Parameter<'_>,
        written: Option<&Value<String>>,
    ) -> Result<Value, StrategyProblem> {
        match (&parameter.slot, written) {
            (Slot::Number { allowed, .. }, Some(Value::Number(number))) => {
                match (allowed.holds)(number) {
                    true => Ok(Value::Number(*number)),
                    false => Err(StrategyProblem::NotAllowed(allowed.text)),
                }
            }
            (Slot::Domain { .. }, Some(Value::Domain(name))) => self.domain(name),
            (Slot::Domain { default, .. }, _) => match (default, self.targets) {
                (DefaultDomain::Named(name), _) => self.domain(name),
                (DefaultDomain::Target, [target]) => Ok(Value::Domain(*target)),
                (DefaultDomain::Target | DefaultDomain::Required, _) => {
                    Err(StrategyProblem::NoDomain(parameter.help))
                }
            },
            (Slot::Word(_), Some(Value::Word(word))) => Ok(Value::Word(word)),
            (Slot::Number { .. } | Slot::Word(_), _) => Ok(parameter.value()),
        }
    }

    fn domain(&self, name: &str) -> Result<Value, StrategyProblem> {
        let index = self.domains.iter().position(|domain| domain == name);
        let unknown = || StrategyProblem::UnknownDomain(name.to_owned());
        index.map(|index| Value::Domain(DomainId(index))).ok_or_else(unknown)
    }
}

impl Default for WrittenStrategy {
    /// The paper's method, every parameter left out.
    fn default() -> Self {
        let values = (DEFAULT.new)(1).parameters().iter().map(|_| None).collect();
        WrittenStrategy { spec: DEFAULT, values }
    }
}

impl<'de> Deserialize<'de> for WrittenStrategy {
    fn deserialize<R: Deserializer<'de>>(deserializer: R) -> Result<Self, R::Error> {
        let Read { spec, values } = read(deserializer, Bare::Brackets)?;
        Ok(WrittenStrategy { spec, values })
    }
}
