//! Commands as text, both ways: what [`Command::parse`] reads, `Display` writes.

use super::error::{CommandError, error, unknown};
use super::rule::DO;
use super::words::{
    ALERTS, ASK, AUTO, FREE_TEXT, Form, MIXING, NO_DOMAIN, REHEARSE, VOCABULARY, Word,
};
use super::{
    Command, Condition, EngineCommand, LifecycleCommand, LiveChange, Repeat, Rule, Tunable,
    UsualAlert,
};
use std::fmt;

/// The mark between a command and its reason.
const REASON: &str = "--";
/// The mark between commands that take effect together.
const TOGETHER: char = ';';

impl Command {
    /// Reads one line, such as `set lambda 0.3`. Words are split at white space, and lists at commas
    /// too. Ranges and names of domains are not checked here: see [`Command::check`].
    ///
    /// # Errors
    /// The word that does not fit, what is allowed there, and the nearest word.
    pub fn parse(line: &str) -> Result<Command, CommandError> {
        let line = line.trim();
        if let Some(control) = line.chars().find(|c| c.is_control()) {
            return error(format!("a command is one line of text, without {control:?}"));
        }
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let names = || VOCABULARY.iter().map(|word| word.name);
        let Some(word) = VOCABULARY.iter().find(|word| word.name == name) else {
            return unknown("command", name, names());
        };
        word.arguments(rest.trim())
    }

    /// Reads a command line with an optional reason after it: `pause -- disk is full`. What ends in free text
    /// has no reason; in it `--` is part of the text.
    ///
    /// # Errors
    /// As [`Command::parse`]; and a `--` with nothing after it.
    pub fn parse_with_reason(line: &str) -> Result<(Command, Option<String>), CommandError> {
        let (command, reason) = match find_word(line, REASON) {
            Some(at) if !is_text(line) => (&line[..at], Some(line[at + REASON.len()..].trim())),
            _ => (line, None),
        };
        if reason == Some("") {
            return error(format!("no reason after {REASON}: write one, or leave {REASON} out"));
        }
        Ok((Command::parse(command)?, reason.map(Into::into)))
    }

    /// As [`Command::parse_with_reason`], for a run with these domains.
    ///
    /// # Errors
    /// Also what [`Command::check`] finds.
    pub fn parse_for(
        line: &str,
        domains: &[String],
    ) -> Result<(Command, Option<String>), CommandError> {
        let (command, reason) = Command::parse_with_reason(line)?;
        command.check(domains)?;
        Ok((command, reason))
    }

    /// Reads commands that take effect together, with a reason for all of them after the last:
    /// `set lambda 0.3; target law -- too slow`. In a note and in a reason `;` is part of the text.
    ///
    /// # Errors
    /// As [`Command::parse_with_reason`].
    pub fn parse_group(line: &str) -> Result<(Vec<Command>, Option<String>), CommandError> {
        let (mut commands, mut rest) = (Vec::new(), line);
        while let Some((one, others)) = rest.split_once(TOGETHER) {
            if is_text(rest) || find_word(one, REASON).is_some() {
                break;
            }
            commands.push(Command::parse(one)?);
            rest = others;
        }
        let (last, reason) = Command::parse_with_reason(rest)?;
        commands.push(last);
        Ok((commands, reason))
    }
}

/// Whether what follows the command's word is free text.
fn is_text(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|name| FREE_TEXT.contains(&name))
}

/// Where `word` occurs by itself in `line`, in bytes.
fn find_word(line: &str, word: &str) -> Option<usize> {
    let mut at = 0;
    for part in line.split(char::is_whitespace) {
        if part == word {
            return Some(at);
        }
        at += part.len() + line[at + part.len()..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

impl Word {
    fn arguments(&self, rest: &str) -> Result<Command, CommandError> {
        match &self.form {
            Form::Alone(command) if rest.is_empty() => Ok(command.clone()),
            Form::Alone(Command::Lifecycle(LifecycleCommand::Stop)) if rest.starts_with("at ") => {
                tunable(&rest.replacen("at", Tunable::StopAt.name(), 1))
            }
            Form::Alone(_) => {
                error(format!("{} takes nothing after it; found '{rest}'", self.name))
            }
            Form::Text if !rest.is_empty() => Ok(Command::Note(rest.into())),
            Form::Text => self.needs_more(),
            Form::Rule(_) | Form::RuleNumber if rest.is_empty() => self.needs_more(),
            Form::Rule(repeat) => self.rule(rest, *repeat),
            Form::RuleNumber => match rest.parse() {
                Ok(number) => Ok(LiveChange::CancelRule(number).into()),
                Err(_) => {
                    error(format!("{} needs the number of a rule; found '{rest}'", self.name))
                }
            },
            // Commas alone are no list either: `target ,` must not mean `target none`.
            _ if items(rest).next().is_none() => self.needs_more(),
            Form::Domains => targets(rest),
            Form::Tunable => tunable(rest),
            Form::Weights => {
                let named = items(rest).map(weight).collect::<Result<_, _>>()?;
                Ok(EngineCommand::Weights(named).into())
            }
            Form::Limits => {
                let named = items(rest).map(limit).collect::<Result<_, _>>()?;
                Ok(LiveChange::Limit(named).into())
            }
            Form::Mixing => match MIXING.iter().find(|(name, _)| *name == rest) {
                Some((_, hold)) => Ok(LiveChange::HoldMixing(*hold).into()),
                None => unknown("word after mixing", rest, MIXING.map(|(name, _)| name)),
            },
            Form::Alerts => alerts(rest),
            Form::Prompt => Ok(EngineCommand::Ask(rest.into()).into()),
            Form::Rehearsal => rehearsal(rest),
            Form::Checkpoint => Ok(EngineCommand::Rollback(rest.parse()?).into()),
        }
    }

    /// `<condition> do <command>`.
    fn rule(&self, rest: &str, repeat: Repeat) -> Result<Command, CommandError> {
        let Some(at) = find_word(rest, DO) else {
            let Word { name, usage, example, .. } = self;
            return error(format!("'{DO}' is missing: {name} {usage}, as in '{example}'"));
        };
        let when = Condition::parse(&rest[..at])?;
        let command = Box::new(Rule::parse_command(&rest[at + DO.len()..])?);
        Ok(LiveChange::AddRule(Box::new(Rule { when, command, repeat })).into())
    }

    fn needs_more(&self) -> Result<Command, CommandError> {
        let Word { name, usage, example, .. } = self;
        error(format!("{name} needs more: {name} {usage}, as in '{example}'"))
    }
}

fn targets(rest: &str) -> Result<Command, CommandError> {
    let names: Vec<String> = items(rest).map(Into::into).collect();
    if names == [NO_DOMAIN] {
        return Ok(LiveChange::Target(vec![]).into());
    }
    names.iter().try_for_each(|name| check_domain_name(name))?;
    Ok(LiveChange::Target(names).into())
}

/// `off ceiling,limit`.
fn alerts(rest: &str) -> Result<Command, CommandError> {
    let mut words = items(rest);
    let first = words.next().unwrap_or_default();
    let Some((_, on)) = ALERTS.iter().find(|(name, _)| *name == first) else {
        return unknown("word after alerts", first, ALERTS.map(|(name, _)| name));
    };
    let named = words.map(UsualAlert::from_name).collect::<Result<_, _>>()?;
    Ok(LiveChange::Alerts(*on, named).into())
}

fn tunable(rest: &str) -> Result<Command, CommandError> {
    let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let Some(tunable) = Tunable::ALL.into_iter().find(|tunable| tunable.name() == name) else {
        return unknown("setting", name, Tunable::ALL.map(Tunable::name));
    };
    if tunable == Tunable::Lambda && value.trim() == AUTO {
        return Ok(LiveChange::AutoLambda.into());
    }
    if value.trim() == NO_DOMAIN {
        return Ok(LiveChange::Unset(tunable).into());
    }
    Ok(LiveChange::Set(tunable, number(value.trim(), name)?).into())
}

/// `20 set lambda 0.3`.
fn rehearsal(rest: &str) -> Result<Command, CommandError> {
    let (steps, edit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let Ok(steps) = steps.parse() else {
        return error(format!("rehearse needs a number of steps first; found '{steps}'"));
    };
    let edit = edit.trim();
    if edit.split_whitespace().next().is_none_or(|word| word == REHEARSE) {
        return error(format!(
            "{REHEARSE} needs the edit after the steps, as in 'rehearse 20 set lambda 0.3'"
        ));
    }
    Ok(EngineCommand::Rehearse(steps, Box::new(Command::parse(edit)?)).into())
}

fn limit(item: &str) -> Result<(String, Option<f64>), CommandError> {
    let Some((name, value)) = item.split_once('=') else {
        return error(format!(
            "'{item}' is no limit; write <domain>=<share>, as in general=0.02, or <domain>={NO_DOMAIN}"
        ));
    };
    check_domain_name(name)?;
    let limit = if value == NO_DOMAIN { None } else { Some(number(value, name)?) };
    Ok((name.into(), limit))
}

fn weight(item: &str) -> Result<(String, f64), CommandError> {
    let Some((name, value)) = item.split_once('=') else {
        return error(format!("'{item}' is no weight; write <domain>=<weight>, as in law=0.3"));
    };
    check_domain_name(name)?;
    Ok((name.into(), number(value, name)?))
}

fn items(rest: &str) -> impl Iterator<Item = &str> {
    rest.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty())
}

fn number(text: &str, of: &str) -> Result<f64, CommandError> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => error(format!("{of} needs a number, such as 0.3 or 2e-5; found '{text}'")),
    }
}

/// Whether commands can use this name of a domain: letters, digits, `_`, `-`, `.`, the first a letter or a
/// digit; and not `none`.
///
/// # Errors
/// The name, and what is allowed.
pub fn check_domain_name(name: &str) -> Result<(), CommandError> {
    let first = name.chars().next().is_some_and(char::is_alphanumeric);
    let rest = name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if first && rest && name != NO_DOMAIN {
        return Ok(());
    }
    error(format!(
        "'{name}' is no name of a domain: letters, digits, '_', '-' and '.', beginning with a \
         letter or digit, and not '{NO_DOMAIN}'"
    ))
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Live(LiveChange::Set(tunable, value)) => {
                write!(f, "set {} {}", tunable.name(), Number(*value))
            }
            Command::Live(LiveChange::Unset(tunable)) => {
                write!(f, "set {} {NO_DOMAIN}", tunable.name())
            }
            Command::Live(LiveChange::AutoLambda) => {
                write!(f, "set {} {AUTO}", Tunable::Lambda.name())
            }
            Command::Live(LiveChange::Limit(limits)) => {
                f.write_str("limit")?;
                limits.iter().try_for_each(|(name, limit)| match limit {
                    Some(limit) => write!(f, " {name}={}", Number(*limit)),
                    None => write!(f, " {name}={NO_DOMAIN}"),
                })
            }
            Command::Live(LiveChange::Target(domains)) if domains.is_empty() => {
                write!(f, "target {NO_DOMAIN}")
            }
            Command::Live(LiveChange::Target(domains)) => {
                write!(f, "target {}", domains.join(","))
            }
            Command::Live(LiveChange::HoldMixing(hold)) => {
                let word = MIXING.iter().find(|(_, holds)| holds == hold);
                write!(f, "mixing {}", word.map_or("", |(name, _)| name))
            }
            Command::Live(LiveChange::Alerts(on, named)) => {
                let word = ALERTS.iter().find(|(_, is_on)| is_on == on);
                let names: Vec<&str> = named.iter().map(|alert| alert.name()).collect();
                let gap = if names.is_empty() { "" } else { " " };
                write!(f, "alerts {}{gap}{}", word.map_or("", |(name, _)| name), names.join(","))
            }
            Command::Live(LiveChange::AddRule(rule)) => write!(f, "{rule}"),
            Command::Live(LiveChange::CancelRule(number)) => write!(f, "cancel {number}"),
            Command::Engine(EngineCommand::Weights(weights)) => {
                f.write_str("weights")?;
                weights.iter().try_for_each(|(name, w)| write!(f, " {name}={}", Number(*w)))
            }
            Command::Engine(EngineCommand::Rollback(to)) => write!(f, "rollback {to}"),
            Command::Engine(EngineCommand::Ask(prompt)) => write!(f, "{ASK} {prompt}"),
            Command::Engine(EngineCommand::Rehearse(steps, edit)) => {
                write!(f, "{REHEARSE} {steps} {edit}")
            }
            Command::Note(text) => write!(f, "note {text}"),
            Command::Live(LiveChange::Undo) | Command::Engine(_) | Command::Lifecycle(_) => {
                let is_self = |word: &&Word| word.form == Form::Alone(self.clone());
                f.write_str(VOCABULARY.iter().find(is_self).map_or("", |word| word.name))
            }
        }
    }
}

impl From<Command> for String {
    fn from(command: Command) -> Self {
        command.to_string()
    }
}

impl TryFrom<String> for Command {
    type Error = CommandError;

    fn try_from(line: String) -> Result<Self, CommandError> {
        Command::parse(&line)
    }
}

/// A number as people write it, and as it is read back to the bit: `0.3`, `500`, `2e-5`.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.abs() {
            size if size == 0.0 || (1e-3..1e9).contains(&size) => write!(f, "{}", self.0),
            _ => write!(f, "{:e}", self.0),
        }
    }
}
