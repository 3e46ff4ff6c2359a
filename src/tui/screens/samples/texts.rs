//! Panels of texts, which scroll where they are longer than their area.

use crate::telemetry::{SampleMark, SampleText};
use crate::tui::draw::{Canvas, Panel, dotted, wrap};
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns of the words before a text.
const LABEL: u16 = 12;

/// A panel with its texts.
pub(super) struct TextPanel<'a> {
    area: Rect,
    /// Whether something is left of it.
    divided: bool,
    title: String,
    right: &'static str,
    texts: Vec<Text<'a>>,
}

/// A text and its area.
struct Text<'a> {
    label: &'static str,
    text: &'a str,
    role: Role,
    area: Rect,
}

impl<'a> TextPanel<'a> {
    /// A title with one text below it.
    pub fn new(title: &str, text: &'a str, role: Role, area: Rect, divided: bool) -> Self {
        let text = Text { label: "", text, role, area: inside(area, divided) };
        TextPanel { area, divided, title: title.into(), right: "", texts: vec![text] }
    }

    /// The prompt and the answer of its held-out row.
    pub fn prompt(text: &'a SampleText, area: Rect, divided: bool) -> Self {
        let inside = inside(area, divided);
        let x = (inside.x + LABEL).min(inside.right());
        let inside = Rect { x, width: inside.right() - x, ..inside };
        let mut prompt =
            Text { label: "prompt", text: text.prompt.trim(), role: Role::Text, area: inside };
        let lines = u16::try_from(prompt.lines().len()).unwrap_or(u16::MAX);
        prompt.area.height = lines.min(inside.height.div_ceil(2));
        let wanted = Rect {
            y: inside.y + prompt.area.height,
            height: inside.height - prompt.area.height,
            ..inside
        };
        let answer =
            Text { label: "its answer", text: text.wanted.trim(), role: Role::Dim, area: wanted };
        let (title, texts) = (text.domain.clone(), vec![prompt, answer]);
        TextPanel { area, divided, title, right: "of a held-out row", texts }
    }

    /// The text that was written at one time for the prompt of `like`.
    pub fn written(
        word: &str,
        mark: &'a SampleMark,
        like: &SampleText,
        area: Rect,
        divided: bool,
    ) -> Self {
        let title = format!("{word}: step {}", mark.step);
        let Some(text) = mark.texts.iter().find(|text| is_same(text, like)) else {
            return TextPanel::new(&title, "not written for this prompt", Role::Dim, area, divided);
        };
        let (shown, role) = written(&text.written);
        let right = if text.ended { "ended" } else { "cut" };
        TextPanel { right, ..TextPanel::new(&title, shown, role, area, divided) }
    }

    /// The panel beside the first texts while there are no newer ones.
    pub fn nothing_newer(area: Rect, divided: bool) -> Self {
        let text = "nothing newer yet: written again at intervals (samples.every) or on request";
        TextPanel::new("newest", text, Role::Dim, area, divided)
    }

    /// Lines that do not fit.
    pub fn beyond(&self) -> usize {
        self.texts.iter().map(Text::beyond).max().unwrap_or(0)
    }

    /// Draws it with its texts scrolled down, each no further than to its end.
    pub fn draw(&self, canvas: &mut Canvas<'_>, down: usize) {
        let mut panel_canvas = canvas.within(self.area);
        let more = match self.beyond().saturating_sub(down) {
            0 => String::new(),
            more => format!("{} {more}", panel_canvas.glyphs().down),
        };
        let right = dotted(panel_canvas.look(), [self.right.to_owned(), more]);
        let panel = Panel::new(self.title.as_str()).right(right);
        if self.divided {
            panel_canvas.wall().panel(panel);
        } else {
            panel_canvas.panel(panel);
        }
        for text in &self.texts {
            text.draw(canvas, down);
        }
    }
}

/// Whether two texts were written for the same prompt.
pub(super) fn is_same(one: &SampleText, other: &SampleText) -> bool {
    one.domain == other.domain && one.prompt == other.prompt
}

/// A text that the model wrote as it is shown.
pub(super) fn written(text: &str) -> (&str, Role) {
    match text.trim() {
        "" => ("it wrote nothing", Role::Dim),
        _ => (text.trim_end(), Role::Text),
    }
}

/// The area of a panel's text: below the title, a column from its sides.
fn inside(area: Rect, divided: bool) -> Rect {
    let left = 1 + u16::from(divided);
    Rect {
        x: area.x + left.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(left + 1),
        height: area.height.saturating_sub(1),
    }
}

impl Text<'_> {
    fn lines(&self) -> Vec<String> {
        wrap(self.text, usize::from(self.area.width))
    }

    fn beyond(&self) -> usize {
        self.lines().len().saturating_sub(usize::from(self.area.height))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, down: usize) {
        if !self.label.is_empty() && self.area.height > 0 {
            let before = self.area.x.saturating_sub(LABEL);
            canvas.line_at(before, self.area.y).put_most(LABEL - 1, self.label, Role::Dim);
        }
        let lines = self.lines().into_iter().skip(down.min(self.beyond()));
        let mut canvas = canvas.within(self.area);
        for (row, line) in (0..self.area.height).zip(lines) {
            canvas.line(row).put(line, self.role);
        }
    }
}
