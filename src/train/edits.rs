//! What was changed in a run while it went on, for another run to repeat.

use super::command_replay::{CommandReplay, Since};
use super::error::TrainError;
use super::resume::way_that_counts;
use crate::config::{self, RunPlan};
use crate::control::{CommandOutcome, LiveField, Tunable};
use crate::telemetry::{ConfigOrigin, ConfigValue, Event, PastEvent, RecordReader};
use crate::unit::Step;
use std::path::Path;

/// The edits of a run.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// Its folder.
    pub run: String,
    /// Changes of live values that came while the model was loaded.
    pub early: Vec<CommandOutcome>,
    /// All other commands that change what later steps compute, but those of its config's schedule.
    pub later: Vec<CommandOutcome>,
    /// By what its config of the first step differs from the one in its folder, as `--set` takes it.
    pub config: Vec<String>,
    /// The step that it reached: until then the record tells which of its rules gave their commands.
    pub reached: Step,
    /// What cannot be repeated, in sentences.
    pub not_repeated: Vec<String>,
}

/// Fields of which a change of the config counts from the resume on, and no command could make it.
const COUNT_FROM_A_RESUME: [&str; 1] = ["training.schedule"];

/// Fields that may be others where a run is repeated: no loss depends on them.
const FREE: [&str; 10] = [
    "alerts",
    "notify",
    "name",
    "runs_dir",
    "logging",
    "screen",
    "samples",
    "checkpoint.keep_last",
    "data.cache_dir",
    "data.trust_cache",
];

impl Edits {
    /// Those that the record of the run in this folder has, without those of ways that it left.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn read(run: &Path) -> Result<Self, TrainError> {
        let mut edits = Edits { run: run.display().to_string(), ..Edits::default() };
        let (mut past, mut live) = (Vec::new(), None);
        for record in RecordReader::open(run)? {
            let record = record?;
            past.extend(PastEvent::from_record(&record));
            match &record.event {
                Event::Configured { values, .. } if live.is_none() => {
                    edits.config.extend(left_to_the_data(values));
                    live = Some(live_fields(values));
                }
                Event::ConfigChanged { field, old, new, obeyed: true } => {
                    edits.config_changed(field, old, new, live.as_deref().unwrap_or_default());
                }
                Event::Step(sample) => edits.reached = edits.reached.max(sample.step),
                Event::RolledBack { step, .. } => edits.reached = *step,
                _ => {}
            }
        }
        let way = way_that_counts(past);
        (edits.early, edits.later) = CommandReplay::new(&way, Since::default(), &[]).into_lists();
        Ok(edits)
    }

    /// The run began with the value of before, and got the new one by a command.
    fn config_changed(&mut self, field: &str, old: &str, new: &str, live: &[String]) {
        let is_known = self.config.iter().any(|set| set.split('=').next() == Some(field));
        if live.iter().any(|known| known == field) && !is_known {
            self.config.push(format!("{field}={old}"));
        }
        if COUNT_FROM_A_RESUME.iter().any(|known| field.starts_with(known)) {
            self.not_repeated.push(format!(
                "{} had {field} = {old} until a resume, and then {new}: that is not repeated, and this \
                 run has {new} from its start",
                self.run
            ));
        }
    }

    /// Whether a plan is that of the run, but for what no loss depends on.
    ///
    /// # Errors
    /// What differs.
    pub fn require_same(&self, then: &RunPlan, now: &RunPlan) -> Result<(), TrainError> {
        let is_free = |field: &str| {
            FREE.iter().any(|free| {
                field
                    .strip_prefix(free)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let changes = config::diff(then, now);
        let others: Vec<String> = changes
            .iter()
            .filter(|change| !is_free(&change.field))
            .map(ToString::to_string)
            .collect();
        match others.is_empty() {
            true => Ok(()),
            false => {
                Err(TrainError::KeptInReplay { changes: others.join("; "), free: FREE.join(", ") })
            }
        }
    }
}

/// What the config leaves to the data, and the plan in the run's folder has as it was decided: it is decided
/// again, with all that follows from that.
fn left_to_the_data(values: &[ConfigValue]) -> Option<String> {
    let every = Some(LiveField::Set(Tunable::Every));
    let value = values.iter().find(|value| value.live == every)?;
    (value.origin == ConfigOrigin::Default).then(|| format!("{}=None", value.field))
}

/// Paths of the fields that are live values.
fn live_fields(values: &[ConfigValue]) -> Vec<String> {
    values.iter().filter(|value| value.live.is_some()).map(|value| value.field.clone()).collect()
}
