//! Texts that may be longer than their place.

use crate::telemetry::{SampleMark, SampleText};
use crate::tui::draw::{Canvas, Panel, dotted, wrap};
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns of the words before a text.
const LABEL: u16 = 12;

/// A titled part of the screen with its texts.
pub(super) struct TextPanel<'a> {
    place: Rect,
    /// Whether something is left of it.
    divided: bool,
    title: String,
    right: &'static str,
    texts: Vec<Text<'a>>,
}

/// A text and where it is.
struct Text<'a> {
    label: &'static str,
    text: &'a str,
    role: Role,
    place: Rect,
}

impl<'a> TextPanel<'a> {
    /// A title with one text below it.
    pub fn new(title: &str, text: &'a str, role: Role, place: Rect, divided: bool) -> Self {
        let text = Text { label: "", text, role, place: inside(place, divided) };
        TextPanel { place, divided, title: title.into(), right: "", texts: vec![text] }
    }

    /// The prompt and what the row has for an answer.
    pub fn asked(text: &'a SampleText, place: Rect, divided: bool) -> Self {
        let inside = inside(place, divided);
        let x = (inside.x + LABEL).min(inside.right());
        let inside = Rect { x, width: inside.right() - x, ..inside };
        let mut prompt =
            Text { label: "prompt", text: text.prompt.trim(), role: Role::Text, place: inside };
        let lines = u16::try_from(prompt.lines().len()).unwrap_or(u16::MAX);
        prompt.place.height = lines.min(inside.height.div_ceil(2));
        let wanted = Rect {
            y: inside.y + prompt.place.height,
            height: inside.height - prompt.place.height,
            ..inside
        };
        let answer =
            Text { label: "its answer", text: text.wanted.trim(), role: Role::Dim, place: wanted };
        let (title, texts) = (text.domain.clone(), vec![prompt, answer]);
        TextPanel { place, divided, title, right: "of a held-out row", texts }
    }

    /// What was written at one time for the prompt of `like`.
    pub fn written(
        word: &str,
        mark: &'a SampleMark,
        like: &SampleText,
        place: Rect,
        divided: bool,
    ) -> Self {
        let title = format!("{word}: step {}", mark.step);
        let same = |text: &&SampleText| text.domain == like.domain && text.prompt == like.prompt;
        let Some(text) = mark.texts.iter().find(same) else {
            return TextPanel::new(
                &title,
                "not written for this prompt",
                Role::Dim,
                place,
                divided,
            );
        };
        let (shown, role) = match text.written.trim() {
            "" => ("it wrote nothing", Role::Dim),
            _ => (text.written.trim_end(), Role::Text),
        };
        let right = if text.ended { "ended" } else { "cut" };
        TextPanel { right, ..TextPanel::new(&title, shown, role, place, divided) }
    }

    /// Where only the first texts are written.
    pub fn nothing_newer(place: Rect, divided: bool) -> Self {
        let text = "nothing newer yet: written again at intervals (samples.every) or on request";
        TextPanel::new("newest", text, Role::Dim, place, divided)
    }

    /// Lines that do not fit.
    pub fn beyond(&self) -> usize {
        self.texts.iter().map(Text::beyond).max().unwrap_or(0)
    }

    /// Draws it, its texts scrolled down as far as each is too long.
    pub fn draw(&self, canvas: &mut Canvas<'_>, down: usize) {
        let mut place = canvas.within(self.place);
        let more = match self.beyond().saturating_sub(down) {
            0 => String::new(),
            more => format!("{} {more}", place.glyphs().down),
        };
        let right = dotted(place.look(), [self.right.to_owned(), more]);
        let panel = Panel::new(self.title.as_str()).right(right);
        if self.divided {
            place.wall().panel(panel);
        } else {
            place.panel(panel);
        }
        for text in &self.texts {
            text.draw(canvas, down);
        }
    }
}

/// Where the text of a panel is: below the title, a column from its sides.
fn inside(place: Rect, divided: bool) -> Rect {
    let left = 1 + u16::from(divided);
    Rect {
        x: place.x + left.min(place.width),
        y: place.y + 1.min(place.height),
        width: place.width.saturating_sub(left + 1),
        height: place.height.saturating_sub(1),
    }
}

impl Text<'_> {
    fn lines(&self) -> Vec<String> {
        wrap(self.text, usize::from(self.place.width))
    }

    fn beyond(&self) -> usize {
        self.lines().len().saturating_sub(usize::from(self.place.height))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, down: usize) {
        if !self.label.is_empty() && self.place.height > 0 {
            let before = self.place.x.saturating_sub(LABEL);
            canvas.line_at(before, self.place.y).put_most(LABEL - 1, self.label, Role::Dim);
        }
        let lines = self.lines().into_iter().skip(down.min(self.beyond()));
        let mut canvas = canvas.within(self.place);
        for (row, line) in (0..self.place.height).zip(lines) {
            canvas.line(row).put(line, self.role);
        }
    }
}
