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

#[cfg(test)]
mod tests;

use super::{Mouse, Screen};
use crate::telemetry::{SampleMark, SampleText};
use crate::tui::facts::{self, Fact, wrap};
use crate::tui::filter::Words;
use crate::tui::keys::Action;
use crate::tui::look::Role;
use crate::tui::scene::{Scene, panel, put, select, wall};
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which on the prompts stand beside the texts.
const WIDE: u16 = 100;
/// Columns of the list of prompts.
const LIST: u16 = 30;

/// The samples screen: which prompt, and which time stands beside the first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    scroll: Scroll,
    /// How many times before the newest the second text is of.
    back: usize,
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

    /// The second of the two times that are compared.
    fn second<'a>(&self, scene: &'a Scene<'_>) -> Option<&'a SampleMark> {
        let samples = &scene.run.history.samples;
        samples.get(samples.len().checked_sub(self.back + 1)?)
    }
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
        self.back = self.back.min(scene.run.history.samples.len().saturating_sub(1));
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Left => self.back += 1,
            Action::Right => self.back = self.back.saturating_sub(1),
            Action::Expand => self.alone = !self.alone,
            action => return self.scroll.go(action, shown(scene).len()),
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let list = self.parts(area).list;
        match mouse {
            Mouse::Click(at) => {
                let Some(list) = list.filter(|list| list.contains(at)) else { return false };
                if list.height > 1 && at.y > list.y {
                    let row = usize::from(at.y - list.y - 1);
                    let rows = usize::from(list.height - 1);
                    let line = self.scroll.line_at(row, shown(scene).len(), rows);
                    self.scroll.select(line.unwrap_or(self.scroll.selected()));
                } else if list.height == 1 {
                    self.scroll.step(1, shown(scene).len());
                }
            }
            Mouse::Wheel { up, .. } => {
                self.scroll.step(if up { -WHEEL } else { WHEEL }, shown(scene).len());
            }
            Mouse::Drag(..) => return false,
        }
        true
    }

    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(second) = self.second(scene) else { return awaited(scene, area, buf) };
        let shown = shown(scene);
        let Some(place) = shown.get(self.scroll.selected().min(shown.len().saturating_sub(1)))
        else {
            let text = "no prompt fits the filter; esc clears it";
            put(buf, scene.look, area.x + 1, area.y, area.width, text, scene.style(Role::Dim));
            return;
        };
        let parts = self.parts(area);
        if let Some(list) = parts.list {
            self.list(scene, &shown, list, buf);
        }
        let divided = |at: Rect, buf: &mut Buffer| match at.x > area.x {
            true => wall(buf, scene.look, at),
            false => at,
        };
        let newest = second.texts.get(*place);
        if let (Some(at), Some(text)) = (parts.asked, newest) {
            asked(scene, text, divided(at, buf), buf);
        }
        let first = scene.run.history.samples.front();
        if let Some(first) = first {
            written(scene, first, newest, "first", divided(parts.first, buf), buf);
        }
        let word = if self.back == 0 { "newest" } else { "earlier" };
        if first.is_some_and(|first| first.step != second.step) {
            written(scene, second, newest, word, divided(parts.second, buf), buf);
        } else {
            let at = divided(parts.second, buf);
            let inside = panel(buf, scene.look, at, "newest", "", false);
            let text =
                "nothing newer yet: written again at intervals (samples.every) or on request";
            prose(scene, text, Role::Dim, inside, buf);
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Sample, Action::Left, Action::Expand]
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
    let inside = panel(buf, scene.look, area, "samples", "", false);
    let text = "nothing is written yet. `sample` asks for texts; `samples: (every: 100)` in the \
                config has them written every 100 steps, from step 0 on.";
    prose(scene, text, Role::Dim, inside, buf);
}

fn asked(scene: &Scene<'_>, text: &SampleText, area: Rect, buf: &mut Buffer) {
    let inside = panel(buf, scene.look, area, &text.domain, "of a held-out row", false);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let prompt = Rect { height: inside.height.div_ceil(2), ..inside };
    let left = facts::draw(buf, scene.look, prompt, &[Fact::new("prompt", text.prompt.trim())]);
    let wanted = Rect { height: inside.bottom().saturating_sub(left.y), ..left };
    let fact = Fact::new("its answer", text.wanted.trim()).with(Role::Dim);
    facts::draw(buf, scene.look, wanted, &[fact]);
}

/// The text of one time for the prompt of `like`.
fn written(
    scene: &Scene<'_>,
    mark: &SampleMark,
    like: Option<&SampleText>,
    word: &str,
    area: Rect,
    buf: &mut Buffer,
) {
    let title = format!("{word}: step {}", mark.step);
    let same = |text: &&SampleText| {
        like.is_some_and(|like| text.domain == like.domain && text.prompt == like.prompt)
    };
    let Some(text) = mark.texts.iter().find(same) else {
        let inside = panel(buf, scene.look, area, &title, "", false);
        return prose(scene, "not written for this prompt", Role::Dim, inside, buf);
    };
    let end = if text.ended { "ended" } else { "cut" };
    let inside = panel(buf, scene.look, area, &title, end, false);
    let (shown, role) = match text.written.trim() {
        "" => ("it wrote nothing", Role::Dim),
        _ => (text.written.as_str(), Role::Text),
    };
    prose(scene, shown, role, inside, buf);
}

/// A text in lines.
fn prose(scene: &Scene<'_>, text: &str, role: Role, area: Rect, buf: &mut Buffer) {
    let width = area.width.saturating_sub(2);
    let lines = wrap(text, usize::from(width));
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        put(buf, scene.look, area.x + 1, y, width, line, scene.style(role));
    }
}
