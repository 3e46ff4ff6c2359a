use super::super::cells::{number, signed_with_error};
use super::super::names::cut;
use crate::compare::{ComparedRun, RunLoss};

/// Columns of a name at most.
pub(super) const NAME: usize = 20;

/// The name of a run in a table.
pub(super) fn name(run: &ComparedRun) -> String {
    cut(&run.label, NAME)
}

/// The difference to the baseline; with a star where it is clear.
pub(super) fn difference(loss: &RunLoss, is_baseline: bool) -> String {
    match &loss.difference {
        _ if is_baseline => "baseline".into(),
        None => number(f64::NAN, 4),
        Some(one) => {
            let star = if one.is_clear() { "*" } else { " " };
            signed_with_error(one.nats, one.error) + star
        }
    }
}
