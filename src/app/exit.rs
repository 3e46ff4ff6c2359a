use crate::train::RunEnding;

/// How a process ends; see [`Exit::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The work is done.
    Done,
    /// Something failed.
    Failed,
    /// The command line or the config is wrong.
    Usage,
    /// Interrupted before its end; `--resume` continues it.
    Interrupted,
}

impl Exit {
    /// The exit of a process whose run ended.
    pub(super) fn from_ending(ending: &RunEnding) -> Self {
        if ending.complete { Exit::Done } else { Exit::Interrupted }
    }

    /// The exit of another process of this program, by its code; one that a signal ended has none.
    pub(super) fn from_code(code: Option<i32>) -> Self {
        let known = [Exit::Done, Exit::Usage, Exit::Interrupted];
        known.into_iter().find(|exit| code == Some(exit.code().into())).unwrap_or(Exit::Failed)
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        }
    }
}
