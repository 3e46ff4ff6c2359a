//! Whether another user can get at a run's folder.

use super::error::TrainError;
use super::events::EventSink;
use crate::disk;
use crate::telemetry::Level;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Warns where other users can replace the files of a run, or could have made them. The run goes on:
/// that is how some machines are set up.
pub fn warn_of_other_users(run_dir: &Path, events: &mut EventSink) -> Result<(), TrainError> {
    if let Some(folder) = disk::open_to_all(run_dir) {
        let text = format!(
            "any user of this machine can replace the files of this run: {} is writable by all; take \
             that from it (chmod o-w), or name another folder in runs_dir",
            folder.display()
        );
        events.notice(Level::Warning, text)?;
    }
    let found = std::fs::metadata(run_dir);
    let owner = found.map_err(|error| TrainError::io("read", run_dir, error))?.uid();
    if owner != disk::own_uid() {
        let text = format!(
            "the folder of this run, {}, belongs to user {owner}, who can change its checkpoints",
            run_dir.display()
        );
        events.notice(Level::Warning, text)?;
    }
    Ok(())
}
