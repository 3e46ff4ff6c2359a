//! Screen 7: what the model writes for the same prompts, the newest beside the first.
//!
//! ```text
//!  ─ prompts ────────┬─ law ────────────────────────────────────────────
//!  ▸ law   What is … │ prompt   What is a tort?
//!    code  Write a … │ wanted   A wrong that …
//!                    ├─ step 0 ────────────────┬─ step 400 ─────────────
//!                    │ A tort is a is a        │ A tort is a wrong
//! ```
//!
//! On a narrow terminal the list is one line, and the texts stand below each other.

mod texts;
#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::telemetry::SampleText;
use crate::tui::filter::Words;
use crate::tui::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put, select};
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use texts::Panel;

/// Columns from which on the prompts stand beside the texts.
const WIDE: u16 = 100;
/// Columns of the list of prompts.
const LIST: u16 = 30;
/// Lines that a page moves long texts.
const PAGE: isize = 8;

/// The samples screen: which prompt, and which time stands beside the first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    scroll: Scroll,
    /// How many times before the newest the second text is of.
    back: usize,
    /// Lines that texts too long for their place are scrolled down, and how many there are at most.
    down: usize,
    most_down: usize,
    /// Whether the texts have the screen to themselves.
    alone: bool,
}

/// Where the parts are.
struct Parts {
    list: Option<Rect>,
    asked: Option<Rect>,
    first: Rect,
    second: Rect,
}

impl Samples {
    fn parts(&self, area: Rect) -> Parts {
        let wide = area.width >= WIDE;
        let (list, rest) = match (self.alone, wide) {
            (true, _) => (None, area),
            (false, true) => split(area, true, LIST + 1),
            (false, false) => split(area, false, 1),
        };
        let (asked, texts) = match self.alone {
            true => (None, rest),
            false => split(rest, false, (rest.height / 3).max(3)),
        };
        let (first, second) = split(texts, wide, if wide { texts.width } else { texts.height } / 2);
        Parts { list, asked, first: first.unwrap_or(texts), second }
    }

    /// The prompt that is selected, as it was written for the last time.
    fn selected<'a>(&self, scene: &Scene<'a>) -> Option<&'a SampleText> {
        let shown = shown(scene);
        let place = shown.get(self.scroll.selected().min(shown.len().checked_sub(1)?))?;
        scene.run.history.samples.back()?.texts.get(*place)
    }

    /// What is said of the selected prompt, and where.
    fn panels<'a>(&self, scene: &Scene<'a>, area: Rect) -> Option<Vec<Panel<'a>>> {
        let (samples, like) = (&scene.run.history.samples, self.selected(scene)?);
        let Parts { asked, first, second, .. } = self.parts(area);
        let is_divided = |place: &Rect| place.x > area.x;
        let mut panels: Vec<Panel<'a>> =
            asked.map(|place| Panel::asked(like, place, is_divided(&place))).into_iter().collect();
        panels.push(Panel::written("first", samples.front()?, like, first, is_divided(&first)));
        let at = samples.len() - 1 - self.back.min(samples.len() - 1);
        panels.push(match samples.get(at).filter(|_| at > 0) {
            Some(mark) => {
                let word = if self.back == 0 { "newest" } else { "earlier" };
                Panel::written(word, mark, like, second, is_divided(&second))
            }
            None => Panel::nothing_newer(second, is_divided(&second)),
        });
        Some(panels)
    }

    /// Another prompt is read from its beginning.
    fn choose<T>(&mut self, choose: impl FnOnce(&mut Scroll) -> T) -> T {
        let before = self.scroll.selected();
        let done = choose(&mut self.scroll);
        self.down = if self.scroll.selected() == before { self.down } else { 0 };
        done
    }

    fn scroll_texts(&mut self, lines: isize) {
        self.down = self.down.saturating_add_signed(lines).min(self.most_down);
    }
}

/// Selects the clicked line of the list, or the next one where the list is a line.
fn click(scroll: &mut Scroll, list: Rect, at: Position, len: usize) {
    if list.height == 1 {
        return scroll.step(1, len);
    }
    let row = usize::from(at.y.saturating_sub(list.y + 1));
    let line = scroll.line_at(row, len, usize::from(list.height - 1)).filter(|_| at.y > list.y);
    scroll.select(line.unwrap_or(scroll.selected()));
}

/// The beginning of an area and the rest of it, along its width or its height.
fn split(area: Rect, across: bool, first: u16) -> (Option<Rect>, Rect) {
    if across {
        let width = first.min(area.width);
        let rest = Rect { x: area.x + width, width: area.width - width, ..area };
        (Some(Rect { width, ..area }), rest)
    } else {
        let height = first.min(area.height);
        let rest = Rect { y: area.y + height, height: area.height - height, ..area };
        (Some(Rect { height, ..area }), rest)
    }
}

/// Places of the texts whose domain or prompt fits the filter, among those of the newest time.
fn shown(scene: &Scene<'_>) -> Vec<usize> {
    let words = Words::of(scene.filter);
    let newest = scene.run.history.samples.back().map_or(&[][..], |mark| &mark.texts);
    let fits = |text: &SampleText| words.fit(&format!("{} {}", text.domain, text.prompt));
    newest.iter().enumerate().filter(|(_, text)| fits(text)).map(|(place, _)| place).collect()
}

impl Screen for Samples {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let rows = self.parts(area).list.map_or(1, |list| list.height.saturating_sub(1).max(1));
        self.scroll.fit(shown(scene).len(), usize::from(rows));
        self.back = self.back.min(scene.run.history.samples.len().saturating_sub(2));
        let panels = self.panels(scene, area).unwrap_or_default();
        self.most_down = panels.iter().map(Panel::beyond).max().unwrap_or(0);
        self.down = self.down.min(self.most_down);
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            // The first of all stands there already.
            Action::Left => {
                let earliest = scene.run.history.samples.len().saturating_sub(2);
                self.back = (self.back + 1).min(earliest);
            }
            Action::Right => self.back = self.back.saturating_sub(1),
            Action::Expand => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            Action::PageDown => self.scroll_texts(PAGE),
            Action::PageUp => self.scroll_texts(-PAGE),
            action => {
                return self.choose(|scroll| scroll.go(action, shown(scene).len()));
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let (list, len) = (self.parts(area).list, shown(scene).len());
        match mouse {
            Mouse::Click(at) => {
                let Some(list) = list.filter(|list| list.contains(at)) else { return false };
                self.choose(|scroll| click(scroll, list, at, len));
            }
            Mouse::Wheel { at, up } => {
                let lines = if up { -WHEEL } else { WHEEL };
                match list.is_some_and(|list| list.contains(at)) {
                    true => self.choose(|scroll| scroll.step(lines, len)),
                    false => self.scroll_texts(lines),
                }
            }
            Mouse::Drag(..) => return false,
        }
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        if scene.run.history.samples.is_empty() {
            return awaited(scene, area, buf);
        }
        let Some(panels) = self.panels(scene, area) else {
            let text = "no prompt fits the filter; esc clears it";
            put(buf, scene.look, area.x + 1, area.y, area.width, text, scene.style(Role::Dim));
            return;
        };
        if let Some(list) = self.parts(area).list {
            self.list(scene, &shown(scene), list, buf);
        }
        for panel in panels {
            panel.draw(scene, self.down, buf);
        }
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Generate, Action::Left, Action::Expand]
    }
}

impl Samples {
    fn list(&self, scene: &Scene<'_>, shown: &[usize], area: Rect, buf: &mut Buffer) {
        let texts = scene.run.history.samples.back().map_or(&[][..], |mark| &mark.texts);
        let width = usize::from(scene.name_width());
        let line = |text: &SampleText| format!("{:width$} {}", text.domain, text.prompt);
        if area.height == 1 {
            let at = self.scroll.selected().min(shown.len().saturating_sub(1));
            let text = shown.get(at).and_then(|place| texts.get(*place));
            let text = text.map_or_else(String::new, |text| {
                format!("{} of {}  {}", at + 1, shown.len(), text.domain)
            });
            put(buf, scene.look, area.x + 1, area.y, area.width, &text, scene.style(Role::Text));
            return;
        }
        let count = format!("{}", shown.len());
        let inside = panel(buf, scene.look, area, "prompts", &count, false);
        let seen = self.scroll.window(shown.len(), usize::from(inside.height));
        for (at, y) in seen.zip(inside.top()..inside.bottom()) {
            let Some(text) = shown.get(at).and_then(|place| texts.get(*place)) else { continue };
            let domain = scene.run.domains.iter().position(|name| *name == text.domain);
            let style = domain.map_or(scene.style(Role::Text), |i| scene.look.series(i));
            let row = Rect { y, height: 1, width: inside.width.saturating_sub(1), ..inside };
            let room = row.width.saturating_sub(1);
            put(buf, scene.look, row.x + 1, y, room, &line(text), style);
            if at == self.scroll.selected() {
                select(buf, scene.look, row);
            }
        }
    }
}

/// What is said before there is any text.
fn awaited(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let text = "nothing is written yet. `generate` asks for texts; `samples: (every: 100)` in the \
                config has them written every 100 steps, from step 0 on.";
    Panel::of("samples", text, Role::Dim, area, false).draw(scene, 0, buf);
}
