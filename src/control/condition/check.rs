//! Whether a condition fits a run, and a command.

use super::super::domain_ids;
use super::super::error::{CommandError, error};
use super::ast::{Of, Test};
use super::{Condition, Situation};

impl Condition {
    /// Whether the condition fits a run with these domains.
    ///
    /// # Errors
    /// A domain that the run does not have.
    pub fn check(&self, domains: &[String]) -> Result<(), CommandError> {
        known_domains(&self.test, domains)
    }

    /// Whether a command may depend on the condition, which takes effect between two steps of training.
    ///
    /// # Errors
    /// What in it nothing but an alert can wait for, and why.
    pub fn check_for_command(&self) -> Result<(), CommandError> {
        between_steps(&self.test)
    }

    /// Whether the condition looks at readings of the machine, which a run may do without.
    pub fn reads_machine(&self) -> bool {
        reads_machine(&self.test)
    }
}

/// Every domain that is named is one of these.
fn known_domains(test: &Test, domains: &[String]) -> Result<(), CommandError> {
    match test {
        Test::Compare(left, _, right) => {
            let named = [left, right].into_iter().filter_map(|term| match &term.of {
                Of::Value(quantity) => quantity.domain(),
                Of::One | Of::Median => None,
            });
            named.into_iter().try_for_each(|name| domain_ids(&[name], domains).map(drop))
        }
        Test::Is(_) => Ok(()),
        Test::Not(inner) => known_domains(inner, domains),
        Test::All(tests) | Test::Any(tests) => {
            tests.iter().try_for_each(|test| known_domains(test, domains))
        }
    }
}

/// Whether a value of the machine is looked at.
fn reads_machine(test: &Test) -> bool {
    match test {
        Test::Compare(left, _, right) => [left, right].into_iter().any(|term| match &term.of {
            Of::Value(quantity) => quantity.is_of_machine(),
            Of::One | Of::Median => false,
        }),
        Test::Is(_) => false,
        Test::Not(inner) => reads_machine(inner),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(reads_machine),
    }
}

/// Nothing is waited for that is never so between two steps.
fn between_steps(test: &Test) -> Result<(), CommandError> {
    match test {
        Test::Is(situation) if !situation.is_between_steps() => error(alert_only(*situation)),
        Test::Is(_) | Test::Compare(..) => Ok(()),
        Test::Not(inner) => between_steps(inner),
        Test::All(tests) | Test::Any(tests) => tests.iter().try_for_each(between_steps),
    }
}

fn alert_only(situation: Situation) -> String {
    let why = match situation {
        Situation::NoStep(_) => {
            "time is no measure of training, and without a step no command is \
                                 carried out"
        }
        _ => "commands of rules are given between two steps of training, where it is never so",
    };
    format!("'{situation}' may only alert, as {why}; put it into `alerts`")
}
