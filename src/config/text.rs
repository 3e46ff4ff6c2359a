//! A plan as text: `run.ron`, a config with every value in it.

use super::load::load_str;
use super::options::{Files, LoadOptions};
use super::plan::RunPlan;
use super::values;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::{Path, PathBuf};

/// Why a plan cannot be written as text, or read from it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanTextError {
    /// A path of the plan is not Unicode, so that no config can name it.
    #[error("the plan cannot be written as a config: {} is not Unicode; rename it", .0.display())]
    Unwritable(PathBuf),
    /// The text is not a config that this version can read; the first error in it.
    #[error(
        "it was written by another version of VersaTune, or changed since ({0}). Nothing is lost: \
         its checkpoints are ordinary model folders, which a new run can name as its `model`"
    )]
    OtherVersion(String),
}

/// Name of a run's plan in its folder.
pub const PLAN_FILE: &str = "run.ron";

const HEAD: &str = "// The config of a run with every value in it, written by VersaTune ";

impl RunPlan {
    /// The plan as a config that the loader reads, with every value in it and every path in full.
    /// Numbers are written with as many digits as give them back to the bit.
    ///
    /// # Errors
    /// A path that is not Unicode.
    pub fn to_ron(&self) -> Result<String, PlanTextError> {
        let tree = values::tree(self);
        if let Some(path) = tree.unwritable() {
            return Err(PlanTextError::Unwritable(path.clone()));
        }
        Ok(format!("{HEAD}{}.\n{}", env!("CARGO_PKG_VERSION"), tree.pretty()))
    }

    /// Reads what [`RunPlan::to_ron`] wrote, with the loader of configs. The files that it names
    /// may be gone, and its length may be one that a resume shortened.
    ///
    /// # Errors
    /// The text is not a config that this version can read.
    pub fn from_ron(text: &str) -> Result<Self, PlanTextError> {
        let options = LoadOptions {
            files: Files::MayBeMissing,
            is_stored: true,
            // Every path is absolute: none is relative to these.
            cwd: PathBuf::from("/"),
            home: None,
            cache: PathBuf::from("/"),
        };
        match load_str(text, Path::new(PLAN_FILE), &[], &options) {
            Ok(loaded) => Ok(loaded.plan),
            Err(error) => Err(PlanTextError::OtherVersion(error.first())),
        }
    }
}

/// Inside another file (a checkpoint's state, say) a plan is the text of its config.
impl Serialize for RunPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_ron().map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for RunPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RunPlan::from_ron(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
