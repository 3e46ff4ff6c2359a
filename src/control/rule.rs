//! Rules: commands that a run gives itself when a condition comes true.

use super::error::{CommandError, error};
use super::{Command, LiveChange, Repeat, Rule};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule of a run, with its number there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberedRule {
    /// From 1; no other rule of the run gets it.
    pub number: u64,
    /// The rule.
    pub rule: Rule,
}

/// The rules of a run, those of its config first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Numbers that were given until now.
    given: u64,
    list: Vec<NumberedRule>,
}

/// Most rules at a time.
pub const MOST_RULES: usize = 100;

/// The words that begin a rule, and how often each rule gives its command.
pub(super) const WHEN: [(&str, Repeat); 2] = [("when", Repeat::Once), ("whenever", Repeat::Each)];
/// The word between the condition and the command.
pub(super) const DO: &str = "do";
/// Short for `mixing hold` in a rule.
const HOLD: &str = "hold";

impl Rule {
    /// Reads the command of a rule: any command but one about rules; `hold` is short for `mixing hold`.
    ///
    /// # Errors
    /// As [`Command::parse`].
    pub fn parse_command(line: &str) -> Result<Command, CommandError> {
        if line.trim() == HOLD {
            return Ok(LiveChange::HoldMixing(true).into());
        }
        match Command::parse(line)? {
            Command::Live(LiveChange::AddRule(_) | LiveChange::CancelRule(_)) => {
                error("a rule gives no command about rules".into())
            }
            command => Ok(command),
        }
    }

    /// Whether the rule fits a run with these domains.
    ///
    /// # Errors
    /// What does not fit, and what is allowed.
    pub fn check(&self, domains: &[String]) -> Result<(), CommandError> {
        self.when.check_for_command()?;
        self.when.check(domains)?;
        if self.command.is_by_hand() {
            return error(format!("`{}` is for a person at hand, not for a rule", self.command));
        }
        self.command.check(domains)
    }
}

impl Rules {
    /// The rules of a config, numbered from 1.
    pub fn of_config(rules: &[Rule]) -> Self {
        let mut numbered = Rules::default();
        rules.iter().for_each(|rule| numbered.push(rule.clone()));
        numbered
    }

    /// The rules in the order of their numbers.
    pub fn iter(&self) -> std::slice::Iter<'_, NumberedRule> {
        self.list.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there never were any.
    pub(super) fn is_unused(&self) -> bool {
        self.given == 0
    }

    fn push(&mut self, rule: Rule) {
        self.given += 1;
        self.list.push(NumberedRule { number: self.given, rule });
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// There are [`MOST_RULES`].
    pub(super) fn add(&mut self, rule: Rule) -> Result<(), String> {
        if self.list.len() >= MOST_RULES {
            return Err(format!("there are {MOST_RULES} rules, the most; cancel one first"));
        }
        self.push(rule);
        Ok(())
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// There is none of this number; which there are.
    pub(super) fn cancel(&mut self, number: u64) -> Result<(), String> {
        let Some(at) = self.list.iter().position(|rule| rule.number == number) else {
            let known: Vec<String> = self.list.iter().map(|rule| rule.number.to_string()).collect();
            return Err(match known.is_empty() {
                true => format!("there is no rule {number}; there are none"),
                false => format!("there is no rule {number}; there are: {}", known.join(", ")),
            });
        };
        self.list.remove(at);
        Ok(())
    }

    /// The rules that there were before, whose numbers stay given.
    pub(super) fn go_back_to(&mut self, before: Rules) {
        self.list = before.list;
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.list.iter().map(NumberedRule::to_string).collect();
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join("; "))
    }
}

impl fmt::Display for NumberedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.number, self.rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { when, command, repeat } = self;
        let word = WHEN.iter().find(|(_, known)| known == repeat).map_or("", |(word, _)| word);
        write!(f, "{word} {when} {DO} {command}")
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = CommandError;

    fn try_from(line: String) -> Result<Self, CommandError> {
        match Command::parse(&line)? {
            Command::Live(LiveChange::AddRule(rule)) => Ok(*rule),
            _ => error(format!("'{line}' is no rule; a rule begins with when or whenever")),
        }
    }
}
