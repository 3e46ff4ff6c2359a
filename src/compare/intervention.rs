use super::run::ComparedRun;
use crate::control::{Command, CommandOutcome, EngineCommand};
use crate::unit::Step;

/// A command that changed how a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervention {
    /// Index of the run.
    pub run: usize,
    /// Optimizer steps done.
    pub step: Step,
    /// Who gave it, in words.
    pub actor: String,
    /// The command, as it is typed.
    pub command: String,
    /// Why, in the words of whoever gave it.
    pub reason: Option<String>,
}

/// Those of all runs in the order of the steps.
pub(super) fn all(runs: &[ComparedRun]) -> Vec<Intervention> {
    let mut all: Vec<Intervention> = Vec::new();
    for (run, compared) in runs.iter().enumerate() {
        let outcomes = compared.state.history.commands.iter().map(|mark| &mark.outcome);
        all.extend(outcomes.filter(|outcome| is_intervention(outcome)).map(|outcome| {
            Intervention {
                run,
                step: outcome.step,
                actor: outcome.actor.to_string(),
                command: outcome.command.to_string(),
                reason: outcome.reason.clone(),
            }
        }));
    }
    all.sort_by_key(|one| (one.step, one.run));
    all
}

/// Whether a command was carried out and changed values or weights, or took the run back.
fn is_intervention(outcome: &CommandOutcome) -> bool {
    use EngineCommand::{Ask, Drop, Evaluate, Generate, Keep, Rehearse, Rollback, Save, Weights};
    let changes = match &outcome.command {
        Command::Live(_) => true,
        Command::Engine(Weights(_) | Rollback(_) | Keep) => true,
        Command::Engine(Save | Evaluate | Generate | Ask(_) | Rehearse(..) | Drop) => false,
        Command::Lifecycle(_) | Command::Note(_) => false,
    };
    changes && outcome.is_applied()
}
