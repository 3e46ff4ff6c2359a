//! Changed cells as the fewest bytes: what a slow line carries is what an operator waits for.

use crate::tui::draw::columns;
use crate::tui::look::pen::Pen;
use crossterm::cursor::MoveTo;
use crossterm::queue;
use ratatui::buffer::{Buffer, Cell};
use std::io;

/// A cell that changed, with its column and row.
pub(super) type Changed<'a> = (u16, u16, &'a Cell);

/// Beyond so many cells only one order is tried: a picture that is new as a whole has few gaps.
const MOST_TRIED: usize = 2_000;

/// The cells in which a picture differs from the one before, in the order of their places.
///
/// Where a wide character is overwritten in part, terminals differ in the background that they give to what is left
/// of it: both its cells are among them.
pub(super) fn changed<'a>(before: &Buffer, next: &'a Buffer) -> Vec<Changed<'a>> {
    let mut changed = before.diff(next);
    let width = |picture: &Buffer, x: u16, y: u16| match picture.cell((x, y)) {
        Some(cell) if !cell.symbol().is_ascii() => columns(cell.symbol()),
        _ => 1,
    };
    let is_hidden = |x: u16, y: u16| x > 0 && width(next, x - 1, y) > 1;
    let mut halves = Vec::new();
    for (x, y, _) in &changed {
        if width(before, *x, *y) > 1 && width(next, *x, *y) == 1 {
            halves.push((*x + 1, *y));
        }
        if *x > 0 && width(before, *x - 1, *y) > 1 {
            halves.push((*x - 1, *y));
        }
        if width(next, *x, *y) > 1 && width(before, *x + 1, *y) > 1 {
            halves.push((*x + 2, *y));
        }
    }
    if halves.is_empty() {
        return changed;
    }
    let shown = halves.into_iter().filter(|(x, y)| !is_hidden(*x, *y));
    changed.extend(shown.filter_map(|(x, y)| Some((x, y, next.cell((x, y))?))));
    changed.sort_by_key(|(x, y, _)| (*y, *x));
    changed.dedup_by_key(|(x, y, _)| (*y, *x));
    changed
}

/// The bytes that bring the terminal's cells to those of `picture` where they changed. Of two orders, by place and
/// by pen, the shorter one: going back to a place is often less than a colour.
///
/// # Errors
/// Never in practice: bytes are written to memory.
pub(super) fn bytes(changed: &[Changed<'_>], picture: &Buffer) -> io::Result<Vec<u8>> {
    let by_place = write(changed, picture)?;
    if changed.len() > MOST_TRIED {
        return Ok(by_place);
    }
    let by_pen = write(&grouped_by_pen(changed), picture)?;
    Ok(if by_pen.len() < by_place.len() { by_pen } else { by_place })
}

/// The cells of the pen that comes first, then those of the next: each in the order of their places.
fn grouped_by_pen<'a>(changed: &[Changed<'a>]) -> Vec<Changed<'a>> {
    let mut pens: Vec<Pen> = Vec::new();
    let mut keyed: Vec<(usize, Changed<'a>)> = Vec::with_capacity(changed.len());
    for one in changed {
        let pen = Pen::from_cell(one.2);
        let rank = pens.iter().position(|known| *known == pen).unwrap_or_else(|| {
            pens.push(pen);
            pens.len() - 1
        });
        keyed.push((rank, *one));
    }
    keyed.sort_by_key(|(rank, _)| *rank);
    keyed.into_iter().map(|(_, one)| one).collect()
}

fn write(cells: &[Changed<'_>], picture: &Buffer) -> io::Result<Vec<u8>> {
    let mut hand = Hand { out: Vec::new(), pen: Pen::PLAIN, at: None, is_certain: false, picture };
    for (x, y, cell) in cells {
        hand.go(*x, *y)?;
        hand.put(cell);
    }
    let end = hand.pen.change(Pen::PLAIN);
    hand.out.extend(end.as_bytes());
    Ok(hand.out)
}

/// Writes cells, and knows where the cursor is and with which pen it writes.
struct Hand<'a> {
    out: Vec<u8>,
    pen: Pen,
    at: Option<(u16, u16)>,
    /// Whether the column of the cursor is certain: terminals differ in the widths of what is not ASCII.
    is_certain: bool,
    picture: &'a Buffer,
}

impl Hand<'_> {
    fn go(&mut self, x: u16, y: u16) -> io::Result<()> {
        if self.at == Some((x, y)) {
            return Ok(());
        }
        match self.at {
            Some((here, row)) if row == y && here < x && self.is_certain => {
                self.go_right(here, x, y)
            }
            _ => {
                queue!(self.out, MoveTo(x, y))?;
                self.is_certain = true;
            }
        }
        self.at = Some((x, y));
        Ok(())
    }

    /// Over what did not change: by writing it again where that is shorter than to say how far.
    fn go_right(&mut self, from: u16, to: u16, y: u16) {
        let forward = match to - from {
            1 => "\u{1b}[C".to_owned(),
            gap => format!("\u{1b}[{gap}C"),
        };
        let between: Option<String> = (from..to).map(|x| self.as_it_is(x, y)).collect();
        match between.filter(|text| text.len() <= forward.len()) {
            Some(text) => self.out.extend(text.as_bytes()),
            None => self.out.extend(forward.as_bytes()),
        }
    }

    /// A cell that the present pen writes as it is, if it is of ASCII.
    fn as_it_is(&self, x: u16, y: u16) -> Option<char> {
        let cell = self.picture.cell((x, y))?;
        let mut chars = cell.symbol().chars();
        let only = chars.next().filter(|c| c.is_ascii_graphic() || *c == ' ')?;
        (chars.next().is_none() && self.writes_as(cell)).then_some(only)
    }

    /// Whether the present pen leaves what the cell's own would.
    fn writes_as(&self, cell: &Cell) -> bool {
        let wanted = Pen::from_cell(cell);
        let is_blank = cell.symbol() == " " && wanted.leaves_blank() && self.pen.leaves_blank();
        is_blank || wanted == self.pen
    }

    fn put(&mut self, cell: &Cell) {
        if !self.writes_as(cell) {
            let wanted = Pen::from_cell(cell);
            self.out.extend(self.pen.change(wanted).as_bytes());
            self.pen = wanted;
        }
        self.out.extend(cell.symbol().as_bytes());
        self.is_certain &= cell.symbol().is_ascii();
        let width = columns(cell.symbol()).max(1);
        self.at = self.at.map(|(x, y)| (x.saturating_add(width), y));
    }
}
