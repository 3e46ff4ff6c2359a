use super::cells;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;

/// Turns pictures into the bytes that bring a terminal from one to the next: only the cells that
/// changed, and nothing at all where none did. One synchronized update (DEC 2026) a frame.
pub(super) struct Painter {
    shown: Buffer,
    /// Whether it is unknown what the terminal shows.
    fresh: bool,
}

impl Painter {
    pub fn new(area: Rect) -> Self {
        Painter { shown: Buffer::empty(area), fresh: true }
    }

    /// Forgets what the terminal shows: the next frame is a whole one.
    pub fn forget(&mut self) {
        self.fresh = true;
    }

    /// The bytes from the picture before to this one; empty where nothing changed.
    ///
    /// # Errors
    /// Never in practice: bytes are written to memory.
    pub fn frame(&mut self, next: Buffer) -> io::Result<Vec<u8>> {
        if self.shown.area != next.area {
            self.fresh = true;
        }
        let mut bytes = Vec::new();
        let blank = Buffer::empty(next.area);
        let before = if self.fresh { &blank } else { &self.shown };
        let changed = cells::changed(before, &next);
        if changed.is_empty() && !self.fresh {
            return Ok(bytes);
        }
        queue!(bytes, BeginSynchronizedUpdate)?;
        if self.fresh {
            queue!(bytes, Clear(ClearType::All))?;
        }
        bytes.extend(cells::bytes(&changed, &next)?);
        queue!(bytes, EndSynchronizedUpdate)?;
        self.fresh = false;
        self.shown = next;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::{Color, Modifier, Style};

    const AREA: Rect = Rect { x: 0, y: 0, width: 20, height: 4 };

    fn picture(words: &[(u16, u16, &str, Style)]) -> Buffer {
        let mut buffer = Buffer::empty(AREA);
        for (x, y, word, style) in words {
            buffer.set_stringn(*x, *y, word, usize::from(AREA.width - x), *style);
        }
        buffer
    }

    /// What a terminal shows after the bytes.
    fn seen(parser: &mut vt100::Parser, bytes: &[u8]) -> Vec<String> {
        parser.process(bytes);
        parser.screen().rows(0, AREA.width).collect()
    }

    #[test]
    fn nothing_is_written_where_nothing_changed() {
        let mut painter = Painter::new(AREA);
        let picture = picture(&[(2, 1, "law 31.4 %", Style::new().fg(Color::Green))]);
        assert!(!painter.frame(picture.clone()).unwrap().is_empty());
        assert_eq!(painter.frame(picture).unwrap(), Vec::<u8>::new());
    }

    #[test]
    fn a_changed_digit_is_a_few_bytes_in_one_synchronized_update() {
        let mut painter = Painter::new(AREA);
        painter.frame(picture(&[(0, 0, "step 1", Style::new())])).unwrap();
        let bytes = painter.frame(picture(&[(0, 0, "step 2", Style::new())])).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{1b}[?2026h\u{1b}[1;6H2\u{1b}[?2026l");
    }

    #[test]
    fn what_lies_between_two_changes_is_written_again_where_that_is_shorter() {
        let frames = |first: &str, second: &str| {
            let mut painter = Painter::new(AREA);
            painter.frame(picture(&[(0, 0, first, Style::new())])).unwrap();
            let bytes = painter.frame(picture(&[(0, 0, second, Style::new())])).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            text.replace("\u{1b}[?2026h", "").replace("\u{1b}[?2026l", "")
        };
        assert_eq!(frames("a1 b1", "a2 b2"), "\u{1b}[1;2H2 b2");
        assert_eq!(frames("1 of many 1", "2 of many 2"), "\u{1b}[1;1H2\u{1b}[9C2");
        // After what is not ASCII the place is named.
        assert_eq!(frames("λ1 b1", "φ1 b2"), "\u{1b}[1;1Hφ\u{1b}[1;5H2");
    }

    fn size(cells: u16) -> std::num::NonZero<u16> {
        std::num::NonZero::new(cells).unwrap()
    }

    #[test]
    fn a_terminal_shows_the_picture_with_its_colours() {
        let mut painter = Painter::new(AREA);
        let mut parser = vt100::Parser::new(size(4), size(20), 0);
        let bold = Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD);
        let frame = painter.frame(picture(&[(0, 0, "law", bold), (4, 2, "▸ λ", Style::new())]));
        let rows = seen(&mut parser, &frame.unwrap());
        assert_eq!(rows[0].trim_end(), "law");
        assert_eq!(rows[2].trim_end(), "    ▸ λ");
        let cell = parser.screen().cell(0, 1).unwrap();
        assert!(cell.bold() && cell.fgcolor() == vt100::Color::Rgb(1, 2, 3));
        assert!(!parser.screen().cell(2, 4).unwrap().bold());
    }

    proptest! {
        #[test]
        fn the_terminal_shows_the_last_of_any_frames(words in prop::collection::vec(
            (0u16..19, 0u16..4, "[a-z ▸█é法]{1,12}", 0u8..4), 1..12)
        ) {
            let mut painter = Painter::new(AREA);
            let mut parser = vt100::Parser::new(size(4), size(20), 0);
            let mut last = Buffer::empty(AREA);
            for (x, y, word, style) in &words {
                let style = match style {
                    0 => Style::new(),
                    1 => Style::new().fg(Color::Red),
                    2 => Style::new().add_modifier(Modifier::DIM),
                    _ => Style::new().bg(Color::Indexed(7)).add_modifier(Modifier::BOLD),
                };
                let plain = Style::new();
                last = picture(&[(*x, *y, word, style), (19 - *x, (*y + 1) % 4, word, plain)]);
                parser.process(&painter.frame(last.clone()).unwrap());
            }
            // Cell by cell, with their colours, what a terminal shows that is given the last picture alone.
            let mut whole = vt100::Parser::new(size(4), size(20), 0);
            whole.process(&Painter::new(AREA).frame(last.clone()).unwrap());
            let rows: Vec<String> = parser.screen().rows(0, AREA.width).collect();
            for at in 0..AREA.width * AREA.height {
                let cell = |parser: &vt100::Parser| {
                    let cell = parser.screen().cell(at / AREA.width, at % AREA.width).unwrap().clone();
                    let shows = cell.has_contents() && cell.contents() != " " || cell.underline();
                    let ink = shows.then(|| (cell.fgcolor(), cell.bold(), cell.dim()));
                    (cell.contents().trim().to_owned(), cell.bgcolor(), ink)
                };
                prop_assert_eq!(cell(&parser), cell(&whole), "cell {}", at);
            }
            for (y, row) in rows.iter().enumerate() {
                let (mut drawn, mut x) = (String::new(), 0);
                while let Some(cell) = last.cell((x, y as u16)) {
                    drawn.push_str(cell.symbol());
                    x += crate::tui::draw::columns(cell.symbol()).max(1);
                }
                prop_assert_eq!(row.trim_end(), drawn.trim_end());
            }
        }
    }
}
