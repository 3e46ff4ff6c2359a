use super::preview::{Preview, preview};
use super::{Edit, LINES, Subject};
use crate::control::{Change, Command, CommandError, LiveChange, Tunable};
use crate::telemetry::RunState;
use crate::tui::draw::{Canvas, Frame, List, number};
use crate::tui::look::{Glyphs, Role};
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// Columns of an edit.
const WIDTH: u16 = 62;

impl Edit {
    /// Draws it in the middle of the canvas.
    pub fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let (command, shown) = (self.command(scene.run), self.shown(scene.run));
        let title = self.title(scene.look.glyphs());
        let frame = Frame::new(canvas.area(), self.size(scene.run));
        let mut inside = canvas.frame(frame, &title);
        let area = inside.area();
        let rows = self.subject_rows(scene.run).min(area.height);
        self.view_subject(scene, &mut inside.within(Rect { height: rows, ..area }));
        let (verdict, role) = verdict(&command, shown.is_some());
        inside.line(rows).put(verdict, role);
        // The last lines are the reason and the keys, however little is left for the preview.
        let above = (rows + 1).min(area.height);
        let height = area.height.saturating_sub(above + 2);
        if let Some(shown) = &shown {
            let below = Rect { y: area.y + above, height, ..area };
            shown.view(scene, &mut inside.within(below));
        }
        self.view_reason(&mut inside);
    }

    /// The preview, if what is typed is a command.
    fn shown(&self, run: &RunState) -> Option<Preview> {
        preview(run, &self.command(run).ok()?)
    }

    /// Columns and rows inside. While what is typed is not a command, as for the present value, so
    /// that the dialog keeps its size.
    pub(super) fn size(&self, run: &RunState) -> (u16, u16) {
        let now = || match &self.subject {
            Subject::Tunable(tunable, _) => {
                let now = run.history.live.as_ref()?.get(*tunable)?;
                preview(run, &Command::Live(LiveChange::Set(*tunable, now)))
            }
            Subject::Targets { .. } | Subject::Given(_) => None,
        };
        let preview = self.shown(run).or_else(now).map_or(0, |shown| shown.rows(run));
        (WIDTH, self.subject_rows(run) + 1 + preview + 3)
    }

    fn title(&self, glyphs: &Glyphs) -> String {
        match &self.subject {
            Subject::Tunable(tunable, _) => format!("set {}", symbol(*tunable, glyphs)),
            Subject::Targets { .. } => "target".into(),
            Subject::Given(command) => command.to_string(),
        }
    }

    pub(super) fn subject_rows(&self, run: &RunState) -> u16 {
        match &self.subject {
            Subject::Tunable(..) => 1,
            Subject::Targets { chosen, .. } => chosen.len().min(LINES) as u16,
            Subject::Given(command) => u16::from(change(run, command).is_some()),
        }
    }

    fn view_subject(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let glyphs = scene.look.glyphs();
        match &self.subject {
            Subject::Tunable(tunable, value) => {
                let live = scene.run.history.live.as_ref();
                let now = live.and_then(|live| live.get(*tunable));
                let now = now.map_or_else(|| "none".into(), number::tunable);
                let text = format!("{}  {now} {} ", symbol(*tunable, glyphs), glyphs.arrow);
                let mut line = canvas.line(0);
                line.put(text, Role::Text);
                match value.is_selected() && !self.on_reason {
                    true => line.selected(value.text()),
                    false => line.input(value.input(), !self.on_reason),
                }
            }
            Subject::Targets { chosen, list } => view_targets(scene, chosen, list, canvas),
            Subject::Given(command) => {
                if let Some((old, new)) = change(scene.run, command) {
                    canvas.line(0).put(format!("{old} {} {new}", glyphs.arrow), Role::Accent);
                }
            }
        }
    }

    fn view_reason(&self, inside: &mut Canvas<'_>) {
        let area = inside.area();
        let Some(row) = area.height.checked_sub(2) else { return };
        let active = self.on_reason || matches!(self.subject, Subject::Given(_));
        let mut line = inside.line(row);
        line.put("why (kept in the record): ", Role::Dim).input(&self.reason, active);
        let mut line = inside.line(row + 1);
        for (button, x) in self.buttons(area) {
            line.to(x.start).put(button.1, Role::Dim);
            if x.end + 3 < area.right() {
                line.put(" · ", Role::Dim);
            }
        }
    }
}

/// The old and the new value, where a command changes a live value.
fn change(run: &RunState, command: &Command) -> Option<Change> {
    let Command::Live(change) = command else { return None };
    run.history.live.clone()?.apply(change, &run.domains).ok()
}

/// The letter of a tunable, as λ for lambda, or its name.
pub(super) fn symbol(tunable: Tunable, glyphs: &Glyphs) -> &'static str {
    match tunable {
        Tunable::Lambda => glyphs.lambda,
        Tunable::Delta => glyphs.delta,
        Tunable::Tau => glyphs.tau,
        Tunable::Lr => "learning rate",
        Tunable::Floor
        | Tunable::Anchor
        | Tunable::Every
        | Tunable::Smoothing
        | Tunable::Clip
        | Tunable::Confidence
        | Tunable::Length
        | Tunable::StopAt
        | Tunable::CheckpointEvery
        | Tunable::SamplesEvery
        | Tunable::LoggingEvery
        | Tunable::Budget => tunable.name(),
    }
}

fn view_targets(scene: &Scene<'_>, chosen: &[bool], list: &List, canvas: &mut Canvas<'_>) {
    let glyphs = scene.look.glyphs();
    for (i, row) in list.seen(chosen.len(), canvas.area()) {
        let (is_at, on) = (i == list.selected(), chosen.get(i) == Some(&true));
        let role = match (is_at, on) {
            (true, _) => Role::Accent,
            (false, true) => Role::Target,
            (false, false) => Role::Text,
        };
        let pointer = if is_at { glyphs.pointer } else { " " };
        let mark = if on { "[x]" } else { "[ ]" };
        let text = format!("{pointer} {mark} {}", scene.domain(i));
        canvas.within(row).line(0).put(text, role);
    }
}

/// The line below the subject: an error, or why there is no preview.
fn verdict(command: &Result<Command, CommandError>, is_shown: bool) -> (String, Role) {
    match command {
        Ok(_) if is_shown => (String::new(), Role::Dim),
        Ok(_) => ("no preview before the first held-out losses are measured".into(), Role::Dim),
        Err(error) => (error.to_string(), Role::Error),
    }
}
