use super::preview::{Preview, preview};
use super::{Edit, LINES, Subject};
use crate::control::{Change, Command, CommandError, LiveChange, Tunable};
use crate::telemetry::RunState;
use crate::tui::dialog::{boxed, typed};
use crate::tui::look::{Glyphs, Role};
use crate::tui::number;
use crate::tui::scene::{Scene, put};
use crate::tui::scroll::Scroll;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of an edit.
const WIDTH: u16 = 62;

impl Edit {
    /// Draws it over `area`.
    pub fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let (command, shown) = (self.command(scene.run), self.shown(scene.run));
        let subject = self.subject_rows(scene.run);
        let title = self.title(scene.look.glyphs());
        let inside = boxed(buf, scene.look, area, self.size(scene.run), &title);
        let mut rows = Rows { next: inside, bottom: inside.bottom() };
        self.view_subject(scene, rows.take(subject), buf);
        view_verdict(scene, &command, shown.is_some(), rows.take(1), buf);
        // The last lines are the reason and the keys, whatever the room for the preview.
        rows.bottom = inside.bottom().saturating_sub(2);
        if let Some(shown) = &shown {
            let room = rows.bottom.saturating_sub(rows.next.y);
            shown.view(scene, rows.take(room), buf);
        }
        self.view_reason(scene, inside, buf);
    }

    /// What would become of the run, if what is typed is a command.
    fn shown(&self, run: &RunState) -> Option<Preview> {
        preview(run, &self.command(run).ok()?)
    }

    /// Columns and rows inside. Where what is typed is no command (yet), as for the value of now.
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

    fn view_subject(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        match &self.subject {
            Subject::Tunable(tunable, input) => {
                let live = scene.run.history.live.as_ref();
                let now = live.and_then(|live| live.get(*tunable));
                let now = now.map_or_else(|| "none".into(), number::tunable);
                let glyphs = scene.look.glyphs();
                let text = format!("{}  {now} {} ", symbol(*tunable, glyphs), glyphs.arrow);
                let used = put(
                    buf,
                    scene.look,
                    area.x,
                    area.y,
                    area.width,
                    &text,
                    scene.style(Role::Text),
                );
                let rest = Rect { x: area.x + used, width: area.width - used, ..area };
                typed(buf, scene.look, rest, input, !self.on_reason);
            }
            Subject::Targets { chosen, scroll } => view_targets(scene, chosen, scroll, area, buf),
            Subject::Given(command) => {
                let Some((old, new)) = change(scene.run, command) else { return };
                let text = format!("{old} {} {new}", scene.look.glyphs().arrow);
                let style = scene.style(Role::Accent);
                put(buf, scene.look, area.x, area.y, area.width, &text, style);
            }
        }
    }

    fn view_reason(&self, scene: &Scene<'_>, inside: Rect, buf: &mut Buffer) {
        let Some(y) = inside.bottom().checked_sub(2).filter(|y| *y >= inside.y) else { return };
        let label = "why (kept in the record): ";
        let used = put(buf, scene.look, inside.x, y, inside.width, label, scene.style(Role::Dim));
        let rest =
            Rect { x: inside.x + used, y, width: inside.width.saturating_sub(used), height: 1 };
        let active = self.on_reason || matches!(self.subject, Subject::Given(_));
        typed(buf, scene.look, rest, &self.reason, active);
        let dim = scene.style(Role::Dim);
        for (button, x) in self.buttons(inside) {
            let room = inside.right().saturating_sub(x.start);
            let used = put(buf, scene.look, x.start, y + 1, room, button.1, dim);
            if x.end + 3 < inside.right() {
                put(buf, scene.look, x.start + used, y + 1, 3, " · ", dim);
            }
        }
    }
}

/// What a command makes of a live value.
fn change(run: &RunState, command: &Command) -> Option<Change> {
    let Command::Live(change) = command else { return None };
    run.history.live.clone()?.apply(change, &run.domains).ok()
}

/// Lines that are given out from the top.
struct Rows {
    next: Rect,
    bottom: u16,
}

impl Rows {
    fn take(&mut self, rows: u16) -> Rect {
        let height = rows.min(self.bottom.saturating_sub(self.next.y));
        let taken = Rect { height, ..self.next };
        self.next.y += height;
        taken
    }
}

/// λ for lambda where there is a letter for it.
pub(super) fn symbol(tunable: Tunable, glyphs: &Glyphs) -> &'static str {
    match tunable {
        Tunable::Lambda => glyphs.lambda,
        Tunable::Delta => glyphs.delta,
        Tunable::Tau => glyphs.tau,
        Tunable::Lr => "learning rate",
        Tunable::Floor | Tunable::Anchor | Tunable::Every | Tunable::Smoothing | Tunable::Clip => {
            tunable.name()
        }
    }
}

fn view_targets(scene: &Scene<'_>, chosen: &[bool], scroll: &Scroll, area: Rect, buf: &mut Buffer) {
    let glyphs = scene.look.glyphs();
    let window = scroll.window(chosen.len(), usize::from(area.height));
    for (y, i) in (area.y..area.bottom()).zip(window) {
        let (is_at, on) = (i == scroll.selected(), chosen.get(i) == Some(&true));
        let style = scene.style(match (is_at, on) {
            (true, _) => Role::Accent,
            (false, true) => Role::Target,
            (false, false) => Role::Text,
        });
        let pointer = if is_at { glyphs.pointer } else { " " };
        let mark = if on { "[x]" } else { "[ ]" };
        let text = format!("{pointer} {mark} {}", scene.domain(i));
        put(buf, scene.look, area.x, y, area.width, &text, style);
    }
}

fn view_verdict(
    scene: &Scene<'_>,
    command: &Result<Command, CommandError>,
    is_shown: bool,
    area: Rect,
    buf: &mut Buffer,
) {
    if area.height == 0 {
        return;
    }
    let (text, role) = match command {
        Ok(_) if is_shown => (String::new(), Role::Dim),
        Ok(_) => ("no preview before the first held-out losses are measured".into(), Role::Dim),
        Err(error) => (error.to_string(), Role::Error),
    };
    put(buf, scene.look, area.x, area.y, area.width, &text, scene.style(role));
}
