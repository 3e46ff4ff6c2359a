use super::data_files::localize;
use super::error::TrainError;
use super::events::EventSink;
use super::interrupt::Break;
use super::model_files::resolve;
use super::preflight::Unattended;
use crate::config::RunPlan;
use crate::data::{self, RowChoice, RowView};
use crate::sandbox::Isolation;
use std::ops::ControlFlow;

/// Calls `on_row` with rows as the run's model gets them; see [`data::for_each_row`]. What lies on the Hub is
/// fetched first; `events` gets what a run would report of that.
///
/// # Errors
/// The model, its tokenizer or template, or a data file cannot be used.
pub fn for_each_row(
    plan: &RunPlan,
    isolation: &Isolation,
    choice: &RowChoice,
    events: EventSink,
    on_row: &mut dyn FnMut(RowView) -> ControlFlow<()>,
) -> Result<(), TrainError> {
    let mut supervisor = Unattended { events };
    let folder = resolve(&plan.model.source, &mut supervisor).map_err(Break::into_error)?;
    let data = localize(&plan.data, None, &mut supervisor).map_err(Break::into_error)?;
    Ok(data::for_each_row(&data, &folder, isolation, choice, on_row)?)
}
