use super::line::RunLine;
use crate::tui::draw::List;
use crate::tui::input::Words;
use crate::tui::keys::KeyMap;
use crate::tui::look::Look;
use ratatui::layout::Rect;
use std::path::{Path, PathBuf};

/// The list, what is selected in it, and what is typed.
pub struct RunChoice {
    pub(super) runs: Vec<RunLine>,
    /// Whether more may be found.
    pub(super) is_complete: bool,
    pub(super) list: List,
    /// Folders of the runs that are marked to be compared, in the order in which they were.
    pub(super) marked: Vec<PathBuf>,
    pub(super) filter: tui_input::Input,
    /// Whether the filter is being typed.
    pub(super) filtering: bool,
    /// What is wrong with the run that was chosen last.
    pub(super) fault: Option<String>,
    pub(super) look: Look,
    pub(super) keys: KeyMap,
    pub(super) now_ms: u64,
    pub(super) size: (u16, u16),
}

impl RunChoice {
    /// An empty list, with `keys` as on the screens.
    pub fn new(look: Look, keys: KeyMap) -> Self {
        RunChoice {
            runs: Vec::new(),
            is_complete: false,
            list: List::default(),
            marked: Vec::new(),
            filter: tui_input::Input::default(),
            filtering: false,
            fault: None,
            look,
            keys,
            now_ms: 0,
            size: (80, 24),
        }
    }

    /// These are the runs; the selected one stays selected. `is_complete`: no more are looked for.
    pub fn set_runs(&mut self, runs: Vec<RunLine>, is_complete: bool) {
        let selected = self.selected().map(|run| run.folder.clone());
        (self.runs, self.is_complete) = (runs, is_complete);
        let at = self.shown().iter().position(|run| Some(&run.folder) == selected.as_ref());
        // Nothing was chosen by hand yet where the first one is selected.
        if let Some(at) = at.filter(|_| self.list.selected() > 0) {
            self.list.carry(at);
        }
    }

    /// The run that was chosen cannot be shown, for this reason.
    pub fn set_fault(&mut self, why: String) {
        self.fault = Some(why);
    }

    /// It is so late now, milliseconds since 1970 UTC.
    pub fn tick(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    /// Marks the selected run to be compared, or no longer.
    pub(super) fn mark(&mut self) {
        let Some(folder) = self.selected().map(|run| run.folder.clone()) else { return };
        match self.marked.iter().position(|marked| *marked == folder) {
            Some(place) => drop(self.marked.remove(place)),
            None => self.marked.push(folder),
        }
    }

    /// The number of a run among those that are marked, from 1.
    pub(super) fn number(&self, folder: &Path) -> Option<usize> {
        self.marked.iter().position(|marked| marked == folder).map(|place| place + 1)
    }

    pub(super) fn selected(&self) -> Option<&RunLine> {
        let shown = self.shown();
        shown.get(self.list.selected().min(shown.len().checked_sub(1)?)).copied()
    }

    /// The runs that fit the filter.
    pub(super) fn shown(&self) -> Vec<&RunLine> {
        let words = Words::new(self.filter.value());
        self.runs.iter().filter(|run| words.fit(&run.text())).collect()
    }

    pub(super) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.size.0, height: self.size.1 }
    }
}
