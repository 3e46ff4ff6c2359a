//! `schedule`: commands at steps, and commands on conditions.

use super::super::plan::{Length, Scheduled};
use super::super::written;
use super::checker::Checker;
use crate::control::{Command, CommandError, Condition, MOST_RULES, Rule};
use crate::unit::Step;

impl Checker<'_> {
    /// The commands with steps in the order of their steps, and those with conditions.
    pub(super) fn schedule(
        &mut self,
        written: Vec<written::Scheduled>,
        length: Length,
        domains: &[String],
    ) -> (Vec<Scheduled>, Vec<Rule>) {
        let (mut schedule, mut rules) = (Vec::new(), Vec::new());
        for (i, entry) in written.into_iter().enumerate() {
            let path = format!("schedule[{i}]");
            let is_rule = entry.when.0.is_some() || entry.r#do.0.is_some();
            let is_timed = entry.at.0.is_some() || entry.command.0.is_some();
            match (is_rule, is_timed) {
                (true, false) => rules.extend(self.rule(&path, entry, domains)),
                (false, _) => schedule.extend(self.scheduled(&path, entry, length, domains)),
                (true, true) => {
                    let allowed = "`at` and `command`, or `when` and `do`, in one entry";
                    self.error(&path, allowed, "make two entries of it");
                }
            }
        }
        schedule.sort_by_key(|entry| entry.at);
        if rules.len() > MOST_RULES {
            let found = format!("{} entries with `when`", rules.len());
            self.error_found("schedule", found, format!("at most {MOST_RULES}"), "");
        }
        (schedule, rules)
    }

    fn scheduled(
        &mut self,
        path: &str,
        entry: written::Scheduled,
        length: Length,
        domains: &[String],
    ) -> Option<Scheduled> {
        if entry.repeat.0.is_some() {
            self.error(&format!("{path}.repeat"), "nothing beside `at`: it comes once", "");
        }
        let at = self.step(&format!("{path}.at"), entry.at.0, length);
        let line = entry.command.0;
        let command = self.command(&format!("{path}.command"), line, domains, Command::parse);
        Some(Scheduled { at: at?, command: command? })
    }

    fn rule(&mut self, path: &str, entry: written::Scheduled, domains: &[String]) -> Option<Rule> {
        let when = self.condition(&format!("{path}.when"), entry.when.0, domains);
        let when = when.and_then(|when| match when.check_for_command() {
            Ok(()) => Some(when),
            Err(error) => {
                self.error(&format!("{path}.when"), format!("a condition: {error}"), "");
                None
            }
        });
        let line = entry.r#do.0;
        let command = self.command(&format!("{path}.do"), line, domains, Rule::parse_command);
        let repeat = entry.repeat.or_default();
        Some(Rule { when: when?, command: Box::new(command?), repeat })
    }

    /// The condition in a field.
    pub(super) fn condition(
        &mut self,
        path: &str,
        text: Option<String>,
        domains: &[String],
    ) -> Option<Condition> {
        let Some(text) = text else {
            self.error(
                path,
                "a condition, such as \"forgotten(general) > 0.02 for 3 updates\"",
                "",
            );
            return None;
        };
        let condition = Condition::parse(&text);
        match condition.and_then(|condition| condition.check(domains).map(|()| condition)) {
            Ok(condition) if condition.reads_machine() && self.machine_is_unread() => {
                let allowed = "no reading of the machine, as `logging.host_secs: 0` takes none";
                self.error(path, allowed, "take readings: `logging: (host_secs: 2)`");
                None
            }
            Ok(condition) => Some(condition),
            // Without domains every name is unknown: the missing domains are the error.
            Err(_) if domains.is_empty() => None,
            Err(error) => {
                self.error(path, format!("a condition: {error}"), "");
                None
            }
        }
    }

    /// A resume may have switched the readings off since, so that a stored plan is taken as it is.
    fn machine_is_unread(&self) -> bool {
        !self.machine_is_read && !self.options.is_stored
    }

    fn step(&mut self, path: &str, at: Option<u64>, length: Length) -> Option<Step> {
        match (at, length) {
            (None, _) => self.error(path, "the number of steps after which it is given", ""),
            (Some(at), Length::Steps(steps)) if at >= steps && !self.options.is_stored => {
                let last = steps.saturating_sub(1);
                self.error(path, format!("before the end of the run: 0 to {last}"), "");
            }
            (Some(_), _) => {}
        }
        at.map(Step)
    }

    fn command(
        &mut self,
        path: &str,
        line: Option<String>,
        domains: &[String],
        parse: fn(&str) -> Result<Command, CommandError>,
    ) -> Option<Command> {
        let Some(line) = line else {
            self.error(path, "a command, such as \"target law\" or \"set lambda 0.3\"", "");
            return None;
        };
        let command = parse(&line);
        if command.as_ref().is_ok_and(Command::is_by_hand) {
            let allowed = "a command that needs nobody at hand: one that goes back would come again, and a \
                           rehearsal waits for a choice";
            self.error(path, allowed, "leave it out, and give it by hand");
            return None;
        }
        match command.and_then(|command| command.check(domains).map(|()| command)) {
            Ok(command) => Some(command),
            // Without domains every name is unknown: the missing domains are the error.
            Err(_) if domains.is_empty() => None,
            Err(error) => {
                self.error(path, format!("a command of the run: {error}"), "");
                None
            }
        }
    }
}
