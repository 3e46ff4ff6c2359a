use super::error::TrainError;
use super::events::EventSink;
use super::interrupt::Break;
use super::model_files::resolve;
use super::preflight::Unattended;
use crate::config::RunPlan;
use crate::data::{self, DataError, RowChoice, RowView};
use crate::sandbox::Isolation;
use std::ops::ControlFlow;

/// Calls `on_row` with rows as the run's model gets them; see [`data::for_each_row`]. A model on the Hub is
/// fetched first.
///
/// # Errors
/// The model, its tokenizer or template, or a data file cannot be used.
pub fn for_each_row(
    plan: &RunPlan,
    isolation: &Isolation,
    choice: &RowChoice,
    on_row: &mut dyn FnMut(RowView) -> ControlFlow<()>,
) -> Result<(), TrainError> {
    let mut supervisor = Unattended { events: EventSink::discarding() };
    let folder = resolve(&plan.model.source, &mut supervisor).map_err(|broken| match broken {
        Break::Error(error) => error,
        Break::Halt(_) => DataError::Stopped.into(),
    })?;
    Ok(data::for_each_row(&plan.data, &folder, isolation, choice, on_row)?)
}
