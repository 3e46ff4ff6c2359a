use super::{Canvas, Line};
use crate::tui::look::Role;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use tui_input::Input;
use unicode_width::UnicodeWidthChar;

/// The frame of a dialog in the middle of the screens, its border included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame(Rect);

impl Frame {
    /// A frame around `width` columns and `height` rows, or what fits into `area`.
    pub fn new(area: Rect, (width, height): (u16, u16)) -> Self {
        let width = width.saturating_add(4).min(area.width);
        let height = height.saturating_add(2).min(area.height);
        let x = area.x + (area.width - width) / 2;
        let y = area.y + (area.height - height) / 2;
        Frame(Rect { x, y, width, height })
    }

    /// The area within the border and a free column on each side.
    pub fn inside(self) -> Rect {
        let Frame(Rect { x, y, width, height }) = self;
        Rect {
            x: x + 2.min(width),
            y: y + 1.min(height),
            width: width.saturating_sub(4),
            height: height.saturating_sub(2),
        }
    }

    /// The rows inside, from the top.
    pub fn lines(self) -> impl Iterator<Item = Rect> {
        let inside = self.inside();
        (inside.top()..inside.bottom()).map(move |y| Rect { y, height: 1, ..inside })
    }

    /// Whether a position is on it.
    pub fn contains(self, at: Position) -> bool {
        self.0.contains(at)
    }
}

impl Canvas<'_> {
    /// Draws an empty frame with a title; returns its inside.
    pub fn frame(&mut self, frame: Frame, title: &str) -> Canvas<'_> {
        let ground = self.look().theme.ground();
        let mut canvas = self.within(frame.0);
        canvas.clear();
        canvas.paint(ground);
        canvas.border(title);
        self.within(frame.inside())
    }

    fn border(&mut self, title: &str) {
        let area = self.area();
        if area.width < 2 || area.height < 2 {
            return;
        }
        let glyphs = self.glyphs();
        let rule = glyphs.rule.repeat(usize::from(area.width - 2));
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        for row in 0..area.height {
            let (left, right) = match row {
                0 => (top_left, top_right),
                row if row + 1 == area.height => (bottom_left, bottom_right),
                _ => (glyphs.wall, glyphs.wall),
            };
            self.line(row).put(left, Role::Faint).end(right, Role::Faint);
        }
        for row in [0, area.height - 1] {
            self.line(row).skip(1).put(&rule, Role::Faint);
        }
        self.line(0).skip(1).skip_end(1).put(format!(" {title} "), Role::Title);
    }
}

impl Line<'_> {
    /// Writes a line that is being typed, with its cursor where `active`; it scrolls with the cursor.
    pub fn input(&mut self, input: &Input, active: bool) {
        let width = self.space();
        if width == 0 {
            return;
        }
        // The last column is for the cursor behind the text.
        let columns = usize::from(width - 1);
        let scroll = input.visual_scroll(columns);
        let (mut shown, mut at) = (String::new(), 0);
        for c in input.value().chars() {
            if at >= scroll {
                shown.push(c);
            }
            at += c.width().unwrap_or(0);
        }
        let cursor = input.visual_cursor().saturating_sub(scroll).min(columns);
        let cursor = u16::try_from(cursor).unwrap_or(0);
        let mut canvas = self.canvas();
        canvas.line(0).put(&shown, Role::Text);
        if active {
            let rest = canvas.line(0).skip(cursor).rest();
            let reversed = Style::new().add_modifier(Modifier::REVERSED);
            canvas.within(Rect { width: 1, ..rest }).paint(reversed);
        }
    }

    /// Writes a text that is selected: the first key takes its place.
    pub fn selected(&mut self, text: &str) {
        let width = super::columns(text).min(self.space());
        let mut canvas = self.canvas();
        canvas.line(0).put(text, Role::Text);
        let all = canvas.line(0).rest();
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        canvas.within(Rect { width, ..all }).paint(reversed);
    }
}
