use std::path::PathBuf;

/// What the list says about a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunLine {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it is doing, how it ended, or why that is not known.
    pub state: String,
    /// Whether a process works on it.
    pub is_live: bool,
    /// Whether it failed, or cannot be read.
    pub is_faulty: bool,
    /// Optimizer steps done.
    pub step: u64,
    /// Steps planned.
    pub steps: u64,
    /// Mean of the newest held-out losses.
    pub loss: Option<f64>,
    /// The lowest such mean so far.
    pub best: Option<f64>,
    /// When it began, milliseconds since 1970 UTC.
    pub began_ms: u64,
    /// Who looks at it and who commands it, in words.
    pub who: String,
}

impl RunLine {
    /// What a filter is compared with.
    pub(super) fn text(&self) -> String {
        let RunLine { name, state, who, .. } = self;
        format!("{name} {state} {who} {}", self.folder.display())
    }
}
