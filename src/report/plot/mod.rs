//! Plots as SVG: one canvas, one frame, one palette for both.

mod frame;
mod losses;
mod weights;

use super::{ReportError, RunReport};
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

impl RunReport {
    /// Writes `weights.svg` (the mixture over the steps) and `losses.svg` (held-out losses with
    /// their ceilings) into `dir`, with threshold events and the operator's commands marked. Each
    /// file is there whole or not at all.
    ///
    /// # Errors
    /// [`ReportError::Plot`], [`ReportError::Write`].
    pub fn write_plots(&self, dir: &Path) -> Result<(), ReportError> {
        for (name, drawn) in
            [("weights.svg", weights::svg(&self.state)), ("losses.svg", losses::svg(&self.state))]
        {
            let svg = drawn.map_err(|e| ReportError::Plot { name, reason: e.to_string() })?;
            write_whole(dir, name, &svg)
                .map_err(|source| ReportError::Write { path: dir.join(name), source })?;
        }
        Ok(())
    }
}

fn write_whole(dir: &Path, name: &str, text: &str) -> io::Result<()> {
    let readable = Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(dir.join(name))?;
    Ok(())
}
