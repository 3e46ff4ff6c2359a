//! Plots as SVG: one canvas, one frame, one palette for both.

mod comparison;
mod curve;
mod frame;
mod labels;
mod losses;
mod marks;
mod weights;

pub use comparison::write_comparison;

use super::{ReportError, RunReport};
use crate::disk;
use crate::echo;
use std::path::Path;

impl RunReport {
    /// Writes `weights.svg` (the mixture over the steps) and `losses.svg` (held-out losses with
    /// their ceilings) into `dir`, with threshold tests and commands marked. Each file is written whole
    /// or not at all.
    ///
    /// # Errors
    /// [`ReportError::Plot`], [`ReportError::Write`].
    pub fn write_plots(&self, dir: &Path) -> Result<(), ReportError> {
        for (name, drawn) in
            [("weights.svg", weights::svg(&self.state)), ("losses.svg", losses::svg(&self.state))]
        {
            let svg = drawn.map_err(|e| ReportError::Plot { name, reason: e.to_string() })?;
            let path = dir.join(name);
            disk::write_atomic(&path, echo::lines(&svg).as_bytes(), disk::OWNER_ONLY)
                .map_err(|source| ReportError::Write { path, source })?;
        }
        Ok(())
    }
}
