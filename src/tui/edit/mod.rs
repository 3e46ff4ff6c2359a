//! Edits of a running run: typed, previewed, confirmed, and only then sent to the engine.

mod mouse;
mod intervals;
mod preview;
mod preview_view;
#[cfg(test)]
mod tests;
mod value;
mod view;

use preview::preview;
use value::Value;

use super::draw::{List, number};
use super::input::{type_key, type_text};
use crate::control::{Command, CommandError, EngineCommand, LiveChange, LiveValues, Tunable};
use crate::telemetry::RunState;
use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

/// Domains that are listed at once.
const LINES: usize = 8;
/// Steps for which an edit is tried.
const REHEARSED: u64 = 20;

/// What is being edited.
#[derive(Clone, Debug)]
enum Subject {
    /// A live value, and what is typed for it.
    Tunable(Tunable, Value),
    /// The targets: which are chosen, and where the cursor is.
    Targets { chosen: Vec<bool>, list: List },
    /// A command that was typed in full.
    Given(Command),
}

/// An edit that is not confirmed yet.
#[derive(Clone, Debug)]
pub struct Edit {
    subject: Subject,
    reason: Input,
    /// Whether the reason is being typed.
    on_reason: bool,
    /// The live values when it was opened.
    seen: Option<LiveValues>,
}

/// What a key did to an edit.
#[derive(Clone, Debug, PartialEq)]
pub enum EditOutcome {
    /// It stays open.
    Open,
    /// It is closed without a change.
    Cancelled,
    /// It is to be sent, with the reason.
    Confirmed {
        /// The command.
        command: Command,
        /// Why.
        reason: Option<String>,
        /// The value that it changes, as it was when the edit was opened.
        saw: Option<String>,
    },
}

/// Whether a command is previewed before it is sent: those that change what the run computes, or
/// end it.
pub fn is_confirmed(run: &RunState, command: &Command) -> bool {
    let live = run.history.live.as_ref();
    let changes_live = match command {
        Command::Live(change) => live.is_some_and(|live| live.field_of(change).is_some()),
        Command::Engine(_) | Command::Lifecycle(_) | Command::Note(_) => false,
    };
    let gives_weights = matches!(command, Command::Engine(EngineCommand::Weights(_)));
    changes_live || gives_weights || preview(run, command).is_some()
}

impl Edit {
    /// An edit of a live value, which begins with the present value.
    pub fn tunable(tunable: Tunable, run: &RunState) -> Self {
        let now = run.history.live.as_ref().and_then(|live| live.get(tunable));
        let text = now.map_or_else(String::new, number::tunable);
        Edit::new(Subject::Tunable(tunable, Value::selected(text)), run)
    }

    /// A choice of targets, which begins with the present ones.
    pub fn targets(run: &RunState) -> Self {
        let targets = run.history.live.as_ref().map(|live| live.params.targets.clone());
        let targets = targets.unwrap_or_default();
        let chosen: Vec<bool> =
            (0..run.domains.len()).map(|i| targets.iter().any(|id| id.0 == i)).collect();
        let mut list = List::default();
        list.select(chosen.iter().position(|chosen| *chosen).unwrap_or(0));
        list.fit(chosen.len(), LINES);
        Edit::new(Subject::Targets { chosen, list }, run)
    }

    /// A typed command that waits for its confirmation.
    pub fn given(command: Command, reason: Option<String>, run: &RunState) -> Self {
        let mut edit = Edit::new(Subject::Given(command), run);
        edit.reason = Input::new(reason.unwrap_or_default());
        edit
    }

    fn new(subject: Subject, run: &RunState) -> Self {
        let seen = run.history.live.clone();
        Edit { subject, reason: Input::default(), on_reason: false, seen }
    }

    /// The command in its present form.
    ///
    /// # Errors
    /// What is typed is not a value, or not one that the run allows.
    pub fn command(&self, run: &RunState) -> Result<Command, CommandError> {
        let command = match &self.subject {
            Subject::Tunable(tunable, value) => {
                Command::parse(&format!("set {} {}", tunable.name(), value.text().trim()))?
            }
            Subject::Targets { chosen, .. } => {
                let names = run.domains.iter().zip(chosen).filter(|(_, chosen)| **chosen);
                Command::Live(LiveChange::Target(names.map(|(name, _)| name.clone()).collect()))
            }
            Subject::Given(command) => command.clone(),
        };
        command.check(&run.domains)?;
        if let Command::Live(change) = &command {
            change.check_at(run.history.step)?;
        }
        Ok(command)
    }

    /// Takes a key.
    pub fn key(&mut self, key: &KeyEvent, run: &RunState) -> EditOutcome {
        match key.code {
            KeyCode::Esc => return EditOutcome::Cancelled,
            KeyCode::Enter => return self.confirm(run),
            KeyCode::F(5) => return self.rehearse(run),
            KeyCode::Tab | KeyCode::BackTab => self.on_reason = !self.on_reason,
            _ if self.on_reason => type_key(&mut self.reason, key),
            _ => self.subject_key(key, run.domains.len()),
        }
        EditOutcome::Open
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match &mut self.subject {
            _ if self.on_reason => type_text(&mut self.reason, text),
            Subject::Tunable(_, value) => value.paste(text),
            Subject::Given(_) => type_text(&mut self.reason, text),
            Subject::Targets { .. } => {}
        }
    }

    fn confirm(&self, run: &RunState) -> EditOutcome {
        let Ok(command) = self.command(run) else { return EditOutcome::Open };
        let reason = self.reason.value().trim();
        let saw = match (&command, &self.seen) {
            (Command::Live(change), Some(seen)) => seen.replaced_by(change, &run.domains),
            _ => None,
        };
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        EditOutcome::Confirmed { command, reason, saw }
    }

    /// Tries it first, where there are steps to try it in.
    fn rehearse(&self, run: &RunState) -> EditOutcome {
        let steps = run.steps.saturating_sub(run.history.step.0).min(REHEARSED);
        match self.confirm(run) {
            EditOutcome::Confirmed { command, reason, saw: _ }
                if command.is_edit() && steps > 0 =>
            {
                let command = EngineCommand::Rehearse(steps, Box::new(command)).into();
                EditOutcome::Confirmed { command, reason, saw: None }
            }
            _ => EditOutcome::Open,
        }
    }

    fn subject_key(&mut self, key: &KeyEvent, domains: usize) {
        match &mut self.subject {
            Subject::Tunable(tunable, value) => value.key(key, *tunable, domains),
            Subject::Targets { chosen, list } => {
                match key.code {
                    KeyCode::Up | KeyCode::Char('k') => list.step(-1, chosen.len()),
                    KeyCode::Down | KeyCode::Char('j') => list.step(1, chosen.len()),
                    KeyCode::Char(' ') => {
                        if let Some(chosen) = chosen.get_mut(list.selected()) {
                            *chosen = !*chosen;
                        }
                    }
                    KeyCode::Char('0') => chosen.fill(false),
                    _ => {}
                }
                list.fit(chosen.len(), LINES);
            }
            // Whatever is typed is the reason: there is nothing else to type.
            Subject::Given(_) => {
                self.on_reason = true;
                type_key(&mut self.reason, key);
            }
        }
    }
}
