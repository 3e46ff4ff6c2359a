use super::conversation::{Partner, Reply, TerminalFlags, converse};
use super::held::Held;
use crate::telemetry::now_ms;
use crate::tui::choice::{Choice, RunChoice, RunLine};
use crossterm::event::Event as Input;
use ratatui::buffer::Buffer;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

/// The runs of a list as they are found, and whether these are all; unbounded.
pub type FoundRuns = Receiver<(Vec<RunLine>, bool)>;

/// What was chosen in a list of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The run in this folder.
    Run(PathBuf),
    /// The runs in these folders, to be compared with the first.
    Compare(Vec<PathBuf>),
    /// Nothing: the list was left.
    Nothing,
}

/// Shows the list until something is chosen; `None` where the terminal is lost.
///
/// # Errors
/// A picture cannot be written as bytes.
pub fn choose(
    choice: &mut RunChoice,
    runs: &FoundRuns,
    flags: TerminalFlags<'_>,
    held: &mut Held,
) -> io::Result<Option<Chosen>> {
    converse(&mut Choosing { choice, runs }, flags, held)
}

struct Choosing<'a> {
    choice: &'a mut RunChoice,
    runs: &'a FoundRuns,
}

impl Partner for Choosing<'_> {
    type Answer = Chosen;

    fn tick(&mut self) {
        if let Some((runs, is_complete)) = self.runs.try_iter().last() {
            self.choice.set_runs(runs, is_complete);
        }
        self.choice.tick(now_ms());
    }

    fn take(&mut self, input: &Input) -> Option<Reply<Chosen>> {
        Some(match self.choice.take(input)? {
            Choice::Run(folder) => Reply::End(Chosen::Run(folder)),
            Choice::Compare(folders) => Reply::End(Chosen::Compare(folders)),
            Choice::Leave => Reply::End(Chosen::Nothing),
            Choice::Stop => Reply::Stop,
            Choice::Redraw => Reply::Redraw,
        })
    }

    fn frame(&mut self) -> Buffer {
        self.choice.frame()
    }

    fn set_fault(&mut self, why: String) {
        self.choice.set_fault(why);
    }
}
