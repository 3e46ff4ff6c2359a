//! Screen 7: what the model writes for the same prompts, the newest beside the first.
//!
//! ```text
//!  ─ prompts ────────┬─ law ────────────────────────────────────────────
//!  ▸ law   What is … │ prompt      What is a tort?
//!    code  Write a … │ its answer  A wrong that …
//!                    ├─ step 0 ────────────────┬─ step 400 ─────────────
//!                    │ A tort is a is a        │ A tort is a wrong
//! ```
//!
//! On a narrow terminal the list is one line, and the texts are below each other.

mod item;
mod texts;
#[cfg(test)]
mod tests;

use super::screen::Screen;
use crate::telemetry::{AskedMark, SampleText};
use crate::tui::clipboard::Copied;
use crate::tui::draw::{Canvas, List, Panel, below_title, dotted, split_columns, split_rows};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use item::Item;
use ratatui::layout::Rect;
use texts::TextPanel;

/// Columns from which on the prompts are beside the texts.
const WIDE: u16 = 100;
/// Columns of the list of prompts.
const LIST: u16 = 30;
/// Lines that a page key scrolls long texts.
const PAGE: isize = 8;
/// Lines that the wheel scrolls them.
const WHEEL: isize = 3;

/// The samples screen: which prompt, and which time is beside the first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    list: List,
    /// How many times before the newest the second text was written.
    back: usize,
    /// Lines that long texts are scrolled down.
    down: usize,
    /// The most that `down` can be.
    most_down: usize,
    /// Whether the texts have the screen to themselves.
    alone: bool,
}

/// The areas of the parts.
struct Parts {
    list: Option<Rect>,
    prompt: Option<Rect>,
    first: Rect,
    second: Rect,
}

impl Samples {
    fn parts(&self, area: Rect) -> Parts {
        let wide = area.width >= WIDE;
        let halves = |texts: Rect| match wide {
            true => split_columns(texts, texts.width / 2),
            false => split_rows(texts, texts.height / 2),
        };
        if self.alone {
            let (first, second) = halves(area);
            return Parts { list: None, prompt: None, first, second };
        }
        let (list, rest) = if wide { split_columns(area, LIST + 1) } else { split_rows(area, 1) };
        let (prompt, texts) = split_rows(rest, (rest.height / 3).max(3));
        let (first, second) = halves(texts);
        Parts { list: Some(list), prompt: Some(prompt), first, second }
    }

    /// The selected prompt.
    fn selected<'a>(&self, scene: &Scene<'a>) -> Option<Item<'a>> {
        let shown = Item::shown(scene);
        shown.get(self.list.selected().min(shown.len().checked_sub(1)?)).copied()
    }

    /// The panels of the selected prompt; `None` without one.
    fn panels<'a>(&self, scene: &Scene<'a>, area: Rect) -> Option<Vec<TextPanel<'a>>> {
        match self.selected(scene)? {
            Item::Row(like) => self.panels_of_row(scene, like, area),
            Item::Asked(asked) => Some(self.panels_of_asked(asked, area)),
        }
    }

    /// What the operator asked, and both answers.
    fn panels_of_asked<'a>(&self, asked: &'a AskedMark, area: Rect) -> Vec<TextPanel<'a>> {
        let Parts { prompt, first, second, .. } = self.parts(area);
        let is_divided = |part: &Rect| part.x > area.x;
        let (base, role) = match &asked.base {
            Ok(base) => texts::written(base),
            Err(why) => (why.as_str(), Role::Dim),
        };
        let (written, written_role) = texts::written(&asked.answer);
        let answer = format!("the model of step {}", asked.step);
        let asks = prompt.map(|area| {
            TextPanel::new("asked by hand", &asked.prompt, Role::Text, area, is_divided(&area))
        });
        let base = TextPanel::new("the base model", base, role, first, is_divided(&first));
        let now = TextPanel::new(&answer, written, written_role, second, is_divided(&second));
        asks.into_iter().chain([base, now]).collect()
    }

    fn panels_of_row<'a>(
        &self,
        scene: &Scene<'a>,
        like: &'a SampleText,
        area: Rect,
    ) -> Option<Vec<TextPanel<'a>>> {
        let samples = &scene.run.history.samples;
        let Parts { prompt, first, second, .. } = self.parts(area);
        let is_divided = |part: &Rect| part.x > area.x;
        let mut panels: Vec<TextPanel<'a>> = prompt
            .map(|area| TextPanel::prompt(like, area, is_divided(&area)))
            .into_iter()
            .collect();
        panels.push(TextPanel::written("first", samples.front()?, like, first, is_divided(&first)));
        let at = samples.len() - 1 - self.back.min(samples.len() - 1);
        panels.push(match samples.get(at).filter(|_| at > 0) {
            Some(mark) => {
                let word = if self.back == 0 { "newest" } else { "earlier" };
                TextPanel::written(word, mark, like, second, is_divided(&second))
            }
            None => TextPanel::nothing_newer(second, is_divided(&second)),
        });
        Some(panels)
    }

    /// Changes the selection; another prompt is shown from its beginning.
    fn choose<T>(&mut self, choose: impl FnOnce(&mut List) -> T) -> T {
        let before = self.list.selected();
        let done = choose(&mut self.list);
        self.down = if self.list.selected() == before { self.down } else { 0 };
        done
    }

    fn scroll_texts(&mut self, lines: isize) {
        self.down = self.down.saturating_add_signed(lines).min(self.most_down);
    }
}

impl Screen for Samples {
    fn refresh(&mut self, scene: &Scene<'_>, area: Rect) {
        let rows = self.parts(area).list.map_or(1, |list| list.height.saturating_sub(1).max(1));
        self.list.fit(Item::shown(scene).len(), usize::from(rows));
        self.back = self.back.min(scene.run.history.samples.len().saturating_sub(2));
        let panels = self.panels(scene, area).unwrap_or_default();
        self.most_down = panels.iter().map(TextPanel::beyond).max().unwrap_or(0);
        self.down = self.down.min(self.most_down);
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            // Not to the first text: it is always shown.
            Action::Left => {
                let earliest = scene.run.history.samples.len().saturating_sub(2);
                self.back = (self.back + 1).min(earliest);
            }
            Action::Right => self.back = self.back.saturating_sub(1),
            Action::Enlarge => self.alone = !self.alone,
            Action::Back if self.alone => self.alone = false,
            Action::PageDown => self.scroll_texts(PAGE),
            Action::PageUp => self.scroll_texts(-PAGE),
            action => {
                return self.choose(|list| list.go(action, Item::shown(scene).len()));
            }
        }
        true
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool {
        let len = Item::shown(scene).len();
        let list = self.parts(area).list.filter(|list| list.contains(mouse.at()));
        match (mouse, list) {
            // Where the list is one line, a click goes to the next.
            (Mouse::Click(_), Some(list)) if list.height == 1 => {
                self.choose(|list| list.step(1, len));
            }
            (Mouse::Click(_) | Mouse::Wheel { .. }, Some(area)) => {
                self.choose(|list| list.mouse(mouse, len, below_title(area)));
            }
            (Mouse::Wheel { up, .. }, None) => self.scroll_texts(if up { -WHEEL } else { WHEEL }),
            (Mouse::Click(_), None) | (Mouse::Drag(..), _) => return false,
        }
        true
    }

    fn view(&self, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let area = canvas.area();
        if scene.run.history.samples.is_empty() && scene.run.history.asked.is_empty() {
            let text = "nothing is written yet. `generate` requests texts, `ask` an answer; `samples: (every: 100)` \
                        in the config has them written every 100 steps, from step 0 on.";
            return TextPanel::new("samples", text, Role::Dim, area, false).draw(canvas, 0);
        }
        let Some(panels) = self.panels(scene, area) else {
            return canvas.note("no prompt fits the filter; esc clears it");
        };
        if let Some(list) = self.parts(area).list {
            self.view_list(scene, &Item::shown(scene), &mut canvas.within(list));
        }
        for panel in panels {
            panel.draw(canvas, self.down);
        }
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<Copied> {
        match self.selected(scene)? {
            Item::Asked(asked) => {
                Some(Copied::new(format!("the answer of step {}", asked.step), &asked.answer))
            }
            Item::Row(like) => {
                let samples = &scene.run.history.samples;
                let mark = samples.get(samples.len().checked_sub(1 + self.back)?)?;
                let what = format!("the text of step {} for {}", mark.step, like.domain);
                let text = mark.texts.iter().find(|text| texts::is_same(text, like))?;
                Some(Copied::new(what, &text.written))
            }
        }
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Generate, Action::Left, Action::Enlarge]
    }
}

impl Samples {
    fn view_list(&self, scene: &Scene<'_>, shown: &[Item<'_>], canvas: &mut Canvas<'_>) {
        let area = canvas.area();
        if area.height == 1 {
            let at = self.list.selected().min(shown.len().saturating_sub(1));
            let text = shown.get(at).map_or_else(String::new, |item| {
                format!("{} of {}  {}", at + 1, shown.len(), item.whose())
            });
            canvas.line(0).skip(1).put(text, Role::Text);
            return;
        }
        let more = self.list.more(shown.len(), below_title(area), scene.look.glyphs());
        let right = dotted(scene.look, [shown.len().to_string(), more]);
        let mut inside = canvas.panel(Panel::new("prompts").right(right));
        // The last column is free, for the wall beside it.
        let rows = Rect { width: area.width.saturating_sub(1), ..inside.area() };
        let width = usize::from(scene.name_width());
        self.list.draw(&mut inside.within(rows), shown.len(), |at, line| {
            let Some(item) = shown.get(at) else { return };
            let domain = scene.run.domains.iter().position(|name| *name == item.whose());
            let style = domain.map_or(scene.style(Role::Text), |i| scene.look.series(i));
            line.skip(1).put(format!("{:width$} {}", item.whose(), item.prompt()), style);
        });
    }
}
