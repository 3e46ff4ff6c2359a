use super::preview::{LearningRatePreview, Preview, WeightsPreview, When, preview};
use super::{Edit, Subject};
use crate::control::{Change, Command, CommandError, Setting};
use crate::mixing::Outcome;
use crate::telemetry::RunState;
use crate::tui::dialog::{boxed, inside, is_on, typed};
use crate::tui::look::{Glyphs, Role};
use crate::tui::number;
use crate::tui::scene::{Scene, columns, put, put_right, sparkline};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::ops::Range;

/// Columns of an edit.
const WIDTH: u16 = 62;

impl Edit {
    /// Draws it over `area`.
    pub fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let command = self.command(scene.run);
        let shown = command.as_ref().ok().and_then(|command| preview(scene.run, command));
        let subject = self.subject_rows(scene.run);
        let size = (WIDTH, self.rows(scene.run, shown.as_ref()));
        let inside = boxed(buf, scene.look, area, size, &self.title(scene.look.glyphs()));
        let mut rows = Rows { next: inside, bottom: inside.bottom() };
        self.view_subject(scene, rows.take(subject), buf);
        view_verdict(scene, &command, rows.take(1), buf);
        // The last lines are the reason and the keys, whatever the room for the preview.
        rows.bottom = inside.bottom().saturating_sub(2);
        if let Some(shown) = &shown {
            let room = rows.bottom.saturating_sub(rows.next.y);
            view_preview(scene, shown, rows.take(room), buf);
        }
        self.view_reason(scene, inside, buf);
    }

    /// The key that a click stands for: the keys in the last line are buttons, a domain is chosen by
    /// it, and beside the dialog nothing is done.
    pub fn click(&mut self, at: Position, area: Rect, run: &RunState) -> Option<KeyCode> {
        let command = self.command(run).ok();
        let shown = command.and_then(|command| preview(run, &command));
        let size = (WIDTH, self.rows(run, shown.as_ref()));
        if !is_on(area, size, at) {
            return Some(KeyCode::Esc);
        }
        let inside = inside(area, size.0, size.1);
        let from_below = inside.bottom().checked_sub(at.y)?;
        if from_below <= 2 {
            self.on_reason |= from_below == 2;
            let on = |(_, x): &(&Button, Range<u16>)| from_below == 1 && x.contains(&at.x);
            return self.buttons(inside).find(on).map(|(button, _)| button.0);
        }
        let row = at.y.checked_sub(inside.y).filter(|row| *row < self.subject_rows(run))?;
        match &mut self.subject {
            Subject::Setting(..) | Subject::Given(_) => self.on_reason = false,
            Subject::Targets { chosen, at } => {
                self.on_reason = false;
                *at = (first_row(chosen.len(), *at) + usize::from(row)).min(chosen.len() - 1);
                return Some(KeyCode::Char(' '));
            }
        }
        None
    }

    fn rows(&self, run: &RunState, shown: Option<&Preview>) -> u16 {
        self.subject_rows(run) + 1 + preview_rows(shown, run) + 3
    }

    /// The keys in the last line, with the columns that each takes.
    fn buttons(&self, inside: Rect) -> impl Iterator<Item = (&'static Button, Range<u16>)> {
        let buttons: &[Button] = match &self.subject {
            Subject::Setting(..) => &[APPLY, WHY, LEAVE],
            Subject::Targets { .. } => &[CHOOSE, NONE, APPLY, WHY, LEAVE],
            Subject::Given(_) => &[APPLY, LEAVE],
        };
        let width: u16 = buttons.iter().map(|button| columns(button.1) + 3).sum::<u16>() - 3;
        let start = inside.right().saturating_sub(width).max(inside.x);
        buttons.iter().scan(start, |x, button| {
            let from = *x;
            *x += columns(button.1) + 3;
            Some((button, from..from + columns(button.1)))
        })
    }

    fn title(&self, glyphs: &Glyphs) -> String {
        match &self.subject {
            Subject::Setting(setting, _) => format!("set {}", symbol(*setting, glyphs)),
            Subject::Targets { .. } => "target".into(),
            Subject::Given(command) => command.to_string(),
        }
    }

    fn subject_rows(&self, run: &RunState) -> u16 {
        match &self.subject {
            Subject::Setting(..) => 1,
            Subject::Targets { chosen, .. } => chosen.len().min(LINES) as u16,
            Subject::Given(command) => u16::from(change(run, command).is_some()),
        }
    }

    fn view_subject(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        match &self.subject {
            Subject::Setting(setting, input) => {
                let live = scene.run.history.live.as_ref();
                let now = live.and_then(|live| live.get(*setting));
                let now = now.map_or_else(|| "none".into(), number::setting);
                let glyphs = scene.look.glyphs();
                let text = format!("{}  {now} {} ", symbol(*setting, glyphs), glyphs.arrow);
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
            Subject::Targets { chosen, at } => view_targets(scene, chosen, *at, area, buf),
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

/// A key in the last line, and what it does.
type Button = (KeyCode, &'static str);

const APPLY: Button = (KeyCode::Enter, "enter apply");
const WHY: Button = (KeyCode::Tab, "tab why");
const LEAVE: Button = (KeyCode::Esc, "esc leave it");
const CHOOSE: Button = (KeyCode::Char(' '), "space choose");
const NONE: Button = (KeyCode::Char('0'), "0 none");

/// Domains that are listed at once.
const LINES: usize = 8;

/// The first domain that is listed, so that the one under the cursor is.
fn first_row(domains: usize, at: usize) -> usize {
    (at + 1).saturating_sub(domains.min(LINES))
}

/// What a command makes of a live value.
fn change(run: &RunState, command: &Command) -> Option<Change> {
    run.history.live.clone()?.apply(command, &run.domains)?.ok()
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
pub(super) fn symbol(setting: Setting, glyphs: &Glyphs) -> &'static str {
    match setting {
        Setting::Lambda => glyphs.lambda,
        Setting::Delta => glyphs.delta,
        Setting::Tau => glyphs.tau,
        Setting::Lr => "learning rate",
        Setting::Floor | Setting::Anchor | Setting::Every | Setting::Smoothing | Setting::Clip => {
            setting.name()
        }
    }
}

fn view_targets(scene: &Scene<'_>, chosen: &[bool], at: usize, area: Rect, buf: &mut Buffer) {
    let first = first_row(chosen.len(), at);
    let glyphs = scene.look.glyphs();
    for (y, (i, on)) in (area.y..area.bottom()).zip(chosen.iter().enumerate().skip(first)) {
        let style = scene.style(match (i == at, *on) {
            (true, _) => Role::Accent,
            (false, true) => Role::Target,
            (false, false) => Role::Text,
        });
        let pointer = if i == at { glyphs.pointer } else { " " };
        let mark = if *on { "[x]" } else { "[ ]" };
        let text = format!("{pointer} {mark} {}", scene.domain(i));
        put(buf, scene.look, area.x, y, area.width, &text, style);
    }
}

fn view_verdict(
    scene: &Scene<'_>,
    command: &Result<Command, CommandError>,
    area: Rect,
    buf: &mut Buffer,
) {
    if area.height == 0 {
        return;
    }
    let (text, role) = match command {
        Ok(_) => (String::new(), Role::Dim),
        Err(error) => (error.to_string(), Role::Error),
    };
    put(buf, scene.look, area.x, area.y, area.width, &text, scene.style(role));
}

fn preview_rows(shown: Option<&Preview>, run: &RunState) -> u16 {
    match shown {
        None => 0,
        Some(Preview::Weights(_)) => u16::try_from(run.domains.len()).unwrap_or(20) + 3,
        Some(Preview::LearningRate(_)) => 5,
        Some(Preview::Words(lines)) => u16::try_from(lines.len()).unwrap_or(1) + 1,
    }
}

fn view_preview(scene: &Scene<'_>, shown: &Preview, area: Rect, buf: &mut Buffer) {
    match shown {
        Preview::Weights(weights) => view_weights(scene, weights, area, buf),
        Preview::LearningRate(rates) => view_rates(scene, rates, area, buf),
        Preview::Words(lines) => {
            for (y, line) in (area.y..area.bottom()).zip(lines) {
                put(buf, scene.look, area.x, y, area.width, line, scene.style(Role::Text));
            }
        }
    }
}

/// Right edges of the three columns of weights, from the left edge of the dialog.
const COLUMNS: [u16; 3] = [28, 42, 56];

fn view_weights(scene: &Scene<'_>, weights: &WeightsPreview, area: Rect, buf: &mut Buffer) {
    let dim = scene.style(Role::Dim);
    let cell = |buf: &mut Buffer, column: u16, y: u16, text: &str, style| {
        if y < area.bottom() {
            let right = area.x + column.min(area.width);
            put_right(buf, scene.look, right, y, 12, text, style);
        }
    };
    for (column, head) in COLUMNS.into_iter().zip(["now", "unchanged", "changed"]) {
        cell(buf, column, area.y, head, dim);
    }
    let name = area.width.min(COLUMNS[0] - 10);
    for (i, domain) in scene.run.domains.iter().enumerate() {
        let y = area.y + 1 + i as u16;
        if y + 2 > area.bottom() {
            break;
        }
        let style = scene.style(if scene.is_target(i) { Role::Target } else { Role::Text });
        put(buf, scene.look, area.x, y, name, domain, style);
        let share = |of: &[f64]| of.get(i).copied().unwrap_or(f64::NAN);
        let (now, unchanged, changed) =
            (share(&weights.now), share(&weights.unchanged), share(&weights.changed));
        let role = match changed - unchanged {
            d if d > 5e-4 => Role::Rising,
            d if d < -5e-4 => Role::Falling,
            _ => Role::Text,
        };
        for (column, share, role) in [
            (COLUMNS[0], now, Role::Text),
            (COLUMNS[1], unchanged, Role::Dim),
            (COLUMNS[2], changed, role),
        ] {
            cell(buf, column, y, &format!("{} %", number::percent(share)), scene.style(role));
        }
    }
    let y = area.y + 1 + weights.now.len() as u16;
    if y < area.bottom() {
        put(buf, scene.look, area.x, y, area.width, &when(weights), dim);
    }
}

/// When the weights come, and what the threshold says.
fn when(weights: &WeightsPreview) -> String {
    let at = match weights.at {
        When::AtOnce => "between two steps, at once".into(),
        When::After(step) => format!("at the next update (step {step}), as the losses stand"),
        When::Never => "no update comes before the end".into(),
        When::Released => "held: only after `mixing release`, as the losses stand".into(),
    };
    let word = |outcome: Option<Outcome>| match outcome {
        Some(Outcome::Expanded) => "expanded",
        Some(Outcome::Held) => "held",
        Some(Outcome::Full) => "full",
        None => "no target",
    };
    match weights.outcomes {
        (None, None) => at,
        (one, other) if one == other => format!("{at}: {}", word(other)),
        (one, other) => format!("{at}: {} instead of {}", word(other), word(one)),
    }
}

fn view_rates(scene: &Scene<'_>, rates: &LearningRatePreview, area: Rect, buf: &mut Buffer) {
    let values = |curve: &[(f64, f64)]| curve.iter().map(|(_, rate)| *rate).collect::<Vec<_>>();
    let curves = [("unchanged", values(&rates.unchanged)), ("changed", values(&rates.changed))];
    let top = curves.iter().flat_map(|(_, v)| v).copied().fold(0.0, f64::max);
    for (i, (head, curve)) in curves.iter().enumerate() {
        let y = area.y + 2 * i as u16;
        if y >= area.bottom() {
            return;
        }
        let (first, last) = (curve.first().copied(), curve.last().copied());
        let style = scene.style(if i == 0 { Role::Dim } else { Role::Accent });
        let ends = [first, last].map(|v| number::short(v.unwrap_or(f64::NAN)));
        let arrow = scene.look.glyphs().arrow;
        let text = format!("{head:<10}{} {arrow} {}", ends[0], ends[1]);
        put(buf, scene.look, area.x, y, 34, &text, style);
        let x = area.x + 36.min(area.width);
        let width = area.right().saturating_sub(x);
        let points = resampled(curve, usize::from(width));
        sparkline(buf, scene.look, Rect { x, y, width, height: 1 }, &points, (0.0, top), style);
    }
    let y = area.y + 3;
    if y < area.bottom() {
        put(
            buf,
            scene.look,
            area.x,
            y,
            area.width,
            "from the next step to the last",
            scene.style(Role::Dim),
        );
    }
}

/// As many points as there are columns, spread evenly.
fn resampled(curve: &[f64], width: usize) -> Vec<f64> {
    let count = width.min(curve.len());
    (0..count).filter_map(|i| curve.get(i * curve.len() / count.max(1)).copied()).collect()
}
