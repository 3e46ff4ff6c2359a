//! A plan as text, exactly: what `run.ron` holds.

use super::plan::RunPlan;
use ron::ser::PrettyConfig;

/// Why a plan and its text do not go together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanTextError {
    /// The plan cannot be written: a path of it is no Unicode, say.
    #[error("the plan cannot be written as text: {0}")]
    Unwritable(String),
    /// The text is no plan.
    #[error("not a plan of a run: {0}")]
    Unreadable(String),
}

impl RunPlan {
    /// The plan in RON, for people and for [`RunPlan::from_ron`]. Every number is written with as
    /// many digits as give it back to the bit.
    ///
    /// # Errors
    /// A path that is no Unicode.
    pub fn to_ron(&self) -> Result<String, PlanTextError> {
        let style = PrettyConfig::new().compact_arrays(true);
        ron::ser::to_string_pretty(self, style)
            .map_err(|error| PlanTextError::Unwritable(error.to_string()))
    }

    /// Reads what [`RunPlan::to_ron`] wrote. Nothing is checked again but the form.
    ///
    /// # Errors
    /// Line, column and what is wrong there.
    pub fn from_ron(text: &str) -> Result<Self, PlanTextError> {
        ron::from_str(text).map_err(|error| PlanTextError::Unreadable(error.to_string()))
    }
}
