//! [`Condition`] → text that is read back equal.

use super::super::Number;
use super::ast::{Comparison, Of, Term, Test};
use super::parse::MEDIAN;
use super::{Condition, Lasting, LastingUnit};
use std::fmt;

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        test(&self.test, f)?;
        let Some(Lasting { times, unit }) = self.lasting else { return Ok(()) };
        let unit = match unit {
            LastingUnit::Steps => "step",
            LastingUnit::Updates => "update",
        };
        write!(f, " for {times} {unit}{}", if times == 1 { "" } else { "s" })
    }
}

fn test(shown: &Test, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match shown {
        Test::Compare(left, comparison, right) => {
            let sign = Comparison::ALL.iter().find(|(_, known)| known == comparison);
            write!(f, "{left} {} {right}", sign.map_or("", |(sign, _)| sign))
        }
        Test::Is(situation) => write!(f, "{situation}"),
        Test::Not(inner) => {
            f.write_str("not ")?;
            part(inner, f)
        }
        Test::All(tests) => join(tests, " and ", f),
        Test::Any(tests) => join(tests, " or ", f),
    }
}

fn join(tests: &[Test], word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, one) in tests.iter().enumerate() {
        f.write_str(if at == 0 { "" } else { word })?;
        part(one, f)?;
    }
    Ok(())
}

/// A test inside another.
fn part(shown: &Test, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match shown {
        Test::All(_) | Test::Any(_) => {
            f.write_str("(")?;
            test(shown, f)?;
            f.write_str(")")
        }
        Test::Compare(..) | Test::Is(_) | Test::Not(_) => test(shown, f),
    }
}

impl Term {
    /// For messages: what it is called.
    pub fn words(&self) -> String {
        format!("'{self}'")
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match &self.of {
            Of::One => return write!(f, "{}", Number(self.factor)),
            Of::Value(quantity) => quantity.to_string(),
            Of::Median => MEDIAN.to_owned(),
        };
        if self.factor == 1.0 {
            f.write_str(&of)
        } else {
            write!(f, "{} * {of}", Number(self.factor))
        }
    }
}
