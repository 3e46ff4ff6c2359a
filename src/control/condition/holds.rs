//! Whether a test passes.

use super::super::Number;
use super::ast::{Comparison, Of, Term, Test};
use super::{Condition, Quantity, Situation};

/// What a condition asks a run for.
pub trait Values {
    /// A value as it is now; `None` where it is not known (yet), or is no number.
    fn value(&self, quantity: &Quantity) -> Option<f64>;

    /// The median of that value over the run; `None` while too few are known.
    fn median(&self, quantity: &Quantity) -> Option<f64>;

    /// Whether the run is in this situation.
    fn is(&self, situation: Situation) -> bool;
}

impl Condition {
    /// Whether the test passes now; it does not where that depends on what is not known yet.
    pub fn holds(&self, values: &dyn Values) -> bool {
        passes(&self.test, values) == Some(true)
    }

    /// The values that the condition names as they are now: `forgotten(general) is 0.0213`.
    pub fn found(&self, values: &dyn Values) -> String {
        found(&self.test, values)
    }
}

/// `None` where that depends on what is not known.
fn passes(test: &Test, values: &dyn Values) -> Option<bool> {
    match test {
        Test::Compare(left, comparison, right) => {
            let (left, right) = (number(left, right, values)?, number(right, left, values)?);
            Some(match comparison {
                Comparison::Less => left < right,
                Comparison::AtMost => left <= right,
                Comparison::More => left > right,
                Comparison::AtLeast => left >= right,
            })
        }
        Test::Is(situation) => Some(values.is(*situation)),
        Test::Not(inner) => passes(inner, values).map(|passes| !passes),
        Test::All(tests) => decided(tests, values, false),
        Test::Any(tests) => decided(tests, values, true),
    }
}

/// One test that is `by` decides; else all must be known to be the opposite.
fn decided(tests: &[Test], values: &dyn Values, by: bool) -> Option<bool> {
    let passed: Vec<Option<bool>> = tests.iter().map(|test| passes(test, values)).collect();
    match passed.contains(&Some(by)) {
        true => Some(by),
        false => (!passed.contains(&None)).then_some(!by),
    }
}

/// The number of a term; `other` is the one that it is compared with.
fn number(term: &Term, other: &Term, values: &dyn Values) -> Option<f64> {
    let of = match (&term.of, &other.of) {
        (Of::One, _) => Some(1.0),
        (Of::Value(quantity), _) => values.value(quantity),
        (Of::Median, Of::Value(quantity)) => values.median(quantity),
        (Of::Median, Of::One | Of::Median) => None,
    };
    of.map(|of| term.factor * of).filter(|number| number.is_finite())
}

fn found(test: &Test, values: &dyn Values) -> String {
    let mut words = Vec::new();
    collect(test, values, &mut words);
    words.dedup();
    words.join(", ")
}

fn collect(test: &Test, values: &dyn Values, words: &mut Vec<String>) {
    match test {
        Test::Compare(left, _, right) => {
            for (term, other) in [(left, right), (right, left)] {
                let is = |value: Option<f64>| value.map_or("not known".into(), four_digits);
                match (&term.of, &other.of) {
                    (Of::Value(quantity), _) => {
                        words.push(format!("{quantity} is {}", is(values.value(quantity))));
                    }
                    (Of::Median, Of::Value(quantity)) => {
                        words.push(format!("its median is {}", is(values.median(quantity))));
                    }
                    (Of::Median, Of::One | Of::Median) | (Of::One, _) => {}
                }
            }
        }
        Test::Is(_) => {}
        Test::Not(inner) => collect(inner, values, words),
        Test::All(tests) | Test::Any(tests) => {
            tests.iter().for_each(|test| collect(test, values, words));
        }
    }
}

/// A number to four significant digits.
fn four_digits(value: f64) -> String {
    let rounded = format!("{value:.3e}").parse().unwrap_or(value);
    Number(rounded).to_string()
}
