use crate::telemetry::RunState;

/// How many of so many equal parts of the run are done; a record may hold any numbers.
pub(super) fn done(state: &RunState, parts: u64) -> u64 {
    state.history.step.0.saturating_mul(parts).checked_div(state.steps).unwrap_or(0)
}
