use super::error::{CommandError, error, unknown};
use super::{Command, EngineCommand, LiveChange, Tunable};
use crate::mixing::Mixture;
use crate::unit::{DomainId, Step};

impl Command {
    /// Whether the command fits a run with these domains, in the run's order: names that exist and
    /// occur once, values in their ranges, weights that leave a mixture. The same check for the
    /// config's schedule, the screens and remote clients.
    ///
    /// # Errors
    /// The name or value that does not fit, and what is allowed.
    pub fn check(&self, domains: &[String]) -> Result<(), CommandError> {
        match self {
            Command::Live(change) => change.check(domains),
            Command::Engine(command) => command.check(domains),
            Command::Note(text) if text.trim().is_empty() => error("a note needs a text".into()),
            Command::Lifecycle(_) | Command::Note(_) => Ok(()),
        }
    }
}

impl LiveChange {
    /// Whether a change that names a step of the run comes in time, where so many are done.
    ///
    /// # Errors
    /// The step is past.
    pub fn check_at(&self, done: Step) -> Result<(), CommandError> {
        let (LiveChange::Set(tunable, value), done) = (self, done.0 as f64) else { return Ok(()) };
        match tunable {
            Tunable::Length if *value < done => error(format!(
                "the run has done {done} steps and cannot have {value}; `stop` ends it now"
            )),
            Tunable::StopAt if *value <= done => {
                error(format!("step {value} is past: the run has done {done}; `stop` ends it now"))
            }
            _ => Ok(()),
        }
    }

    fn check(&self, domains: &[String]) -> Result<(), CommandError> {
        match self {
            LiveChange::Set(tunable, value) => tunable.check(*value, domains.len()),
            LiveChange::Unset(tunable) => tunable.check_none(),
            LiveChange::Target(names) => domain_ids(names, domains).map(|_| ()),
            LiveChange::Limit(limits) => check_limits(limits, domains),
            LiveChange::AddRule(rule) => rule.check(domains),
            LiveChange::AutoLambda
            | LiveChange::HoldMixing(_)
            | LiveChange::Alerts(..)
            | LiveChange::CancelRule(_)
            | LiveChange::Undo => Ok(()),
        }
    }
}

impl EngineCommand {
    fn check(&self, domains: &[String]) -> Result<(), CommandError> {
        match self {
            EngineCommand::Weights(weights) if weights.is_empty() => {
                error("weights names no domain".into())
            }
            EngineCommand::Weights(weights) => check_weights(weights, domains),
            EngineCommand::Rehearse(steps, edit) => check_rehearsal(*steps, edit, domains),
            EngineCommand::Save
            | EngineCommand::Evaluate
            | EngineCommand::Generate
            | EngineCommand::Rollback(_)
            | EngineCommand::Ask(_)
            | EngineCommand::Keep
            | EngineCommand::Drop => Ok(()),
        }
    }
}

fn check_rehearsal(steps: u64, edit: &Command, domains: &[String]) -> Result<(), CommandError> {
    if steps == 0 {
        return error("a rehearsal takes at least one step".into());
    }
    match edit.is_edit() {
        true => edit.check(domains),
        false => {
            error(format!("`{edit}` changes no live value and no weight, and cannot be rehearsed"))
        }
    }
}

/// The indices of named domains among `domains`, the run's names in their order.
///
/// # Errors
/// A name that the run does not have, with the nearest and all that it has; a name given twice.
pub fn domain_ids<S: AsRef<str>>(
    names: &[S],
    domains: &[String],
) -> Result<Vec<DomainId>, CommandError> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names.iter().map(AsRef::as_ref) {
        let Some(index) = domains.iter().position(|domain| domain == name) else {
            return unknown("domain", name, domains.iter().map(String::as_str));
        };
        if ids.contains(&DomainId(index)) {
            return error(format!("'{name}' is named twice; name each domain once"));
        }
        ids.push(DomainId(index));
    }
    Ok(ids)
}

/// Named weights by the indices of their domains.
///
/// # Errors
/// As [`domain_ids`].
pub fn weights_by_id(
    named: &[(String, f64)],
    domains: &[String],
) -> Result<Vec<(DomainId, f64)>, CommandError> {
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    let ids = domain_ids(&names, domains)?;
    Ok(ids.into_iter().zip(named.iter().map(|(_, weight)| *weight)).collect())
}

fn check_limits(limits: &[(String, Option<f64>)], domains: &[String]) -> Result<(), CommandError> {
    let names: Vec<&str> = limits.iter().map(|(name, _)| name.as_str()).collect();
    domain_ids(&names, domains)?;
    let given = limits.iter().filter_map(|(name, limit)| Some((name, (*limit)?)));
    for (name, limit) in given {
        check_limit(limit).map_err(|allowed| {
            CommandError(format!("the limit of {name} cannot be {limit}; allowed is {allowed}"))
        })?;
    }
    Ok(())
}

/// Whether a share can be a forgetting limit.
///
/// # Errors
/// What is allowed.
pub fn check_limit(limit: f64) -> Result<(), &'static str> {
    if (0.0..=100.0).contains(&limit) { Ok(()) } else { Err("0 to 100, a share of the loss") }
}

fn check_weights(weights: &[(String, f64)], domains: &[String]) -> Result<(), CommandError> {
    let named = weights_by_id(weights, domains)?;
    if let Some((name, value)) = weights.iter().find(|(_, w)| !(0.0..=1.0).contains(w)) {
        return error(format!("the weight of {name} cannot be {value}; allowed is 0 to 1"));
    }
    // What is wrong with the sum does not depend on the weights in force.
    let mixture = Mixture::uniform(domains.len()).with_weights(&named);
    mixture.map(|_| ()).map_err(|error| CommandError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(line: &str) -> Result<(), String> {
        let domains = ["law", "code", "general"].map(String::from);
        Command::parse(line).unwrap().check(&domains).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_that_fit_the_run_pass() {
        for line in [
            "pause",
            "target none",
            "target law,general",
            "set floor 0.3",
            "weights law=0.5 code=0.5",
            "weights law=0.2 code=0.2 general=0.6",
            "set lambda auto",
            "limit general=0.02 law=none",
            "note a word",
            "rehearse 20 target law",
            "rehearse 1 weights law=0.2",
        ] {
            assert_eq!(checked(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn commands_that_do_not_fit_are_errors_with_what_is_allowed() {
        for (line, expected) in [
            ("target lwa", "no domain 'lwa'; did you mean law? There are: law, code, general"),
            ("target law law", "'law' is named twice; name each domain once"),
            ("rehearse 0 undo", "a rehearsal takes at least one step"),
            ("rehearse 5 set delta 5", "delta cannot be 5; allowed is 0 to 1"),
            (
                "rehearse 5 save",
                "`save` changes no live value and no weight, and cannot be rehearsed",
            ),
            ("set delta 5", "delta cannot be 5; allowed is 0 to 1"),
            ("limit lwa=1", "no domain 'lwa'; did you mean law? There are: law, code, general"),
            (
                "limit law=-0.1",
                "the limit of law cannot be -0.1; allowed is 0 to 100, a share of the loss",
            ),
            ("weights law=1.5", "the weight of law cannot be 1.5; allowed is 0 to 1"),
            (
                "weights law=0.75 code=0.5",
                "the named weights sum to 1.25, more than 1, which all domains together have",
            ),
            (
                "weights law=0.25 code=0.25 general=0.25",
                "the named weights sum to 0.75, but no domain is left to take the rest: they must \
                 sum to 1",
            ),
        ] {
            assert_eq!(checked(line), Err(expected.into()), "{line}");
        }
    }
}
