use super::shapes::{CELL, shape};
use super::text::rows;
use crate::echo;
use crate::tui::draw::columns;
use crate::tui::look::{Rgb, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Space around the cells.
const MARGIN: f64 = 12.0;
/// Font size at which letters are about as wide as a cell.
const FONT: f64 = 13.3;
/// The baseline of letters in a cell, from its top.
const BASELINE: f64 = 13.0;
/// Opacity of dim text.
const DIM: &str = "0.6";

/// An SVG image without scripts or fonts of its own. Blocks, dots and lines are drawn as shapes, so
/// that they join in any font. The background is that of the theme, also where the theme leaves it to
/// the terminal.
pub fn svg(buf: &Buffer, theme: &Theme, title: &str) -> String {
    let mut picture = Picture::new(theme);
    for (row, y) in rows(buf).zip(0u16..) {
        picture.row(&row, y, buf.area.width);
    }
    picture.finish(buf, title)
}

/// How a run of cells looks.
#[derive(Clone, Copy, PartialEq)]
struct CellInk {
    fill: Rgb,
    modifier: Modifier,
}

struct Picture {
    backdrop: Rgb,
    plain: Rgb,
    grounds: String,
    /// A path for each ink that shapes have.
    shapes: Vec<(CellInk, String)>,
    texts: String,
}

impl Picture {
    fn new(theme: &Theme) -> Self {
        let backdrop = theme.backdrop();
        let (black, white) = (Rgb([0x1b; 3]), Rgb([0xe6; 3]));
        let dark = backdrop.contrast(white) > backdrop.contrast(black);
        Picture {
            backdrop,
            plain: if dark { white } else { black },
            grounds: String::new(),
            shapes: Vec::new(),
            texts: String::new(),
        }
    }

    fn row(&mut self, row: &[(u16, &Cell)], y: u16, end: u16) {
        let mut written: Option<(u16, CellInk, String)> = None;
        let mut ground: Option<(u16, Rgb)> = None;
        for &(x, cell) in row {
            let (ink, behind) = self.looks(cell);
            if ground.map(|(_, rgb)| rgb) != behind {
                self.ground(ground.take(), x, y);
                ground = behind.map(|rgb| (x, rgb));
            }
            let sign = cell.symbol();
            if sign.trim().is_empty() || self.drawn(sign, ink, x, y) {
                self.text(written.take(), y);
                continue;
            }
            match &mut written {
                Some((start, same, text)) if *same == ink && *start + columns(text) == x => {
                    text.push_str(sign);
                }
                _ => {
                    self.text(written.take(), y);
                    written = Some((x, ink, sign.to_owned()));
                }
            }
        }
        self.text(written, y);
        self.ground(ground, end, y);
    }

    /// The ink of a cell, and its background where that is not the picture's.
    fn looks(&self, cell: &Cell) -> (CellInk, Option<Rgb>) {
        let rgb = |color: Color, else_: Rgb| Rgb::from_color(color).unwrap_or(else_);
        let (mut fill, mut behind) = (rgb(cell.fg, self.plain), rgb(cell.bg, self.backdrop));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut fill, &mut behind);
        }
        let modifier = cell.modifier.difference(Modifier::REVERSED);
        (CellInk { fill, modifier }, (behind != self.backdrop).then_some(behind))
    }

    /// Draws a sign as a shape; `false` where it has none.
    fn drawn(&mut self, sign: &str, ink: CellInk, x: u16, y: u16) -> bool {
        let mut signs = sign.chars();
        let (Some(sign), None) = (signs.next(), signs.next()) else { return false };
        let ink = CellInk { modifier: ink.modifier.intersection(Modifier::DIM), ..ink };
        let known = self.shapes.iter().position(|(known, _)| *known == ink);
        let mut path = String::new();
        if !shape(sign, at(x, y), &mut path) {
            return false;
        }
        match known.and_then(|index| self.shapes.get_mut(index)) {
            Some((_, all)) => all.push_str(&path),
            None => self.shapes.push((ink, path)),
        }
        true
    }

    fn ground(&mut self, from: Option<(u16, Rgb)>, end: u16, y: u16) {
        let Some((start, rgb)) = from else { return };
        let ((left, top), (right, _)) = (at(start, y), at(end, y));
        let (width, height) = (right - left, CELL.1);
        let _ = writeln!(
            self.grounds,
            r#"<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{rgb}"/>"#
        );
    }

    fn text(&mut self, run: Option<(u16, CellInk, String)>, y: u16) {
        let Some((start, ink, text)) = run else { return };
        let (x, top) = at(start, y);
        let length = f64::from(columns(&text)) * CELL.0;
        let has = |modifier, attribute| match ink.modifier.contains(modifier) {
            true => attribute,
            false => "",
        };
        let _ = writeln!(
            self.texts,
            r#"<text x="{x}" y="{}" fill="{}" textLength="{length}"{}{}{}{}>{}</text>"#,
            top + BASELINE,
            ink.fill,
            has(Modifier::BOLD, r#" font-weight="bold""#),
            has(Modifier::ITALIC, r#" font-style="italic""#),
            has(Modifier::UNDERLINED, r#" text-decoration="underline""#),
            opacity(ink.modifier),
            escaped(&text),
        );
    }

    fn finish(self, buf: &Buffer, title: &str) -> String {
        let (right, bottom) = at(buf.area.width, buf.area.height);
        let (width, height) = (right + MARGIN, bottom + MARGIN);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n{}",
            escaped(title),
            self.backdrop,
            self.grounds,
        );
        for (ink, path) in &self.shapes {
            let (fill, opacity) = (ink.fill, opacity(ink.modifier));
            let _ = writeln!(out, "<path fill=\"{fill}\"{opacity} d=\"{path}\"/>");
        }
        let _ = write!(
            out,
            "<g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
             font-size=\"{FONT}\" xml:space=\"preserve\">\n{}</g>\n\
             </svg>\n",
            self.texts,
        );
        out
    }
}

/// The upper left corner of a cell.
fn at(x: u16, y: u16) -> (f64, f64) {
    (MARGIN + f64::from(x) * CELL.0, MARGIN + f64::from(y) * CELL.1)
}

fn opacity(modifier: Modifier) -> String {
    match modifier.contains(Modifier::DIM) {
        true => format!(" opacity=\"{DIM}\""),
        false => String::new(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in echo::line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
