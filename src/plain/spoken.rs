//! What is said of each record: changes, each of them once.

use super::answers::mood_words;
use super::place::done;
use crate::echo;
use crate::mixing::{Outcome, Threshold};
use crate::telemetry::words::{EventText, event_text};
use crate::telemetry::{Event, Record, RunState};
use crate::unit::{Step, duration_text, grouped};
use crate::verdict::{Verdict, decision};

/// Parts of the run after which its progress is said.
const PARTS: u64 = 10;
/// Changes of weights that are said at an update.
const WEIGHTS: usize = 4;
/// Percentage points that a weight has moved at least to be said.
const POINTS: f64 = 0.1;

/// Remembers what was said, so that nothing is said twice.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// The sentences of the verdict that were said last.
    verdict: Vec<String>,
    /// Tenths of the run that are done.
    tenth: u64,
}

impl Spoken {
    /// For a run that is known already: only what changes from now on is said.
    pub fn since(state: &RunState) -> Self {
        Spoken { verdict: sentences(state), tenth: tenth(state) }
    }

    /// The lines about a record. `state` is the run up to and including it.
    pub fn lines(&mut self, state: &RunState, record: &Record) -> Vec<String> {
        let mut lines = self.words(state, record);
        if changes_verdict(&record.event) {
            let now = sentences(state);
            lines.extend(now.iter().filter(|said| !self.verdict.contains(said)).cloned());
            self.verdict = now;
        }
        lines.iter().map(|line| echo::line(line.trim_end()).into_owned()).collect()
    }

    fn words(&mut self, state: &RunState, record: &Record) -> Vec<String> {
        match &record.event {
            Event::Step(_) => self.progress(state).into_iter().collect(),
            Event::ThresholdTested { step, threshold, .. } => vec![tested(state, *step, threshold)],
            Event::MixtureUpdated { step, update, old, new, .. } if *update > 0 => {
                moved(state, *step, old.as_slice(), new.as_slice()).into_iter().collect()
            }
            // The verdict has what a phase and an evaluation say; the rest comes often, or on request.
            Event::PhaseChanged { .. }
            | Event::Evaluated { .. }
            | Event::MixtureUpdated { .. }
            | Event::ShadowsUpdated { .. }
            | Event::MixtureProjected { .. }
            | Event::LambdaSolved { .. }
            | Event::Progress { .. }
            | Event::Detecting(_)
            | Event::Host(_)
            | Event::Configured { .. }
            | Event::LiveValues(_)
            | Event::ClientAttached { .. }
            | Event::ClientLeft { .. } => Vec::new(),
            _ => vec![sentence(state, record)],
        }
    }

    /// `Step 400 of 1,000, 40 percent. Training loss 2.31. 2 min 48 to go.`, once for each tenth of the run.
    fn progress(&mut self, state: &RunState) -> Option<String> {
        let tenth = tenth(state);
        (tenth > self.tenth).then_some(())?;
        self.tenth = tenth;
        let step = state.history.step;
        let loss = state.history.curves.training_loss.last();
        let loss = loss.map_or_else(String::new, |loss| format!(" Training loss {loss:.3}."));
        let left = state.eta_secs().filter(|secs| *secs > 0.0);
        let left = left.map_or_else(String::new, |secs| format!(" {} to go.", duration_text(secs)));
        let percent = done(state, 100);
        Some(format!("Step {step} of {}, {percent} percent.{loss}{left}", grouped(state.steps)))
    }
}

fn tenth(state: &RunState) -> u64 {
    done(state, PARTS)
}

/// The sentences of the verdict, each with its mood.
fn sentences(state: &RunState) -> Vec<String> {
    Verdict::of(state).parts.iter().map(mood_words).collect()
}

/// Whether the verdict may be another after this event; steps change it too, but not in a way that is worth a word.
fn changes_verdict(event: &Event) -> bool {
    matches!(
        event,
        Event::Evaluated { .. }
            | Event::MixtureUpdated { .. }
            | Event::StepSkipped { .. }
            | Event::PhaseChanged { .. }
            | Event::CommandOutcome(_)
            | Event::RolledBack { .. }
            | Event::Finished { .. }
            | Event::Failed { .. }
    )
}

/// `Step 400: law expands: 6.0 % to gain > 1 × 0.5 % forgotten, within noise`.
fn tested(state: &RunState, step: Step, test: &Threshold) -> String {
    let names: Vec<&str> = test.targets.iter().map(|id| state.domain(id.0)).collect();
    let outcome = match test.outcome {
        Outcome::Expanded => "expanded",
        Outcome::Held => "held",
        Outcome::Limited => "held by a forgetting limit",
        Outcome::Full => "full, the floors leave no more",
    };
    let noise = if test.is_within_noise() { ", within noise" } else { "" };
    format!("Step {step}: {} {outcome}: {}{noise}", names.join(", "), decision(test))
}

/// `Step 400: weight of law 33.3 to 34.8 percent, general 17.8 to 17.4 percent`: the largest moves.
fn moved(state: &RunState, step: Step, old: &[f64], new: &[f64]) -> Option<String> {
    let moves = old.iter().zip(new).enumerate();
    let mut moves: Vec<(usize, f64, f64)> =
        moves.map(|(domain, (old, new))| (domain, 100.0 * old, 100.0 * new)).collect();
    moves.retain(|(_, old, new)| (new - old).abs() >= POINTS);
    moves.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()).then(a.0.cmp(&b.0)));
    let said = moves.iter().take(WEIGHTS);
    let said = said.map(|(domain, old, new)| {
        format!("{} {old:.1} to {new:.1} percent", state.domain(*domain))
    });
    let mut said: Vec<String> = said.collect();
    if moves.len() > WEIGHTS {
        said.push(format!("{} more", moves.len() - WEIGHTS));
    }
    (!said.is_empty()).then(|| format!("Step {step}: weight of {}", said.join(", ")))
}

/// `checkpoint, step 20: checkpoints/step-000020`.
fn sentence(state: &RunState, record: &Record) -> String {
    let EventText { kind, step, text } = event_text(state, record);
    let at = step.map_or_else(String::new, |step| format!(", step {step}"));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{kind}{at}: {text}")
}
