use super::scale::Scale;
use super::trace::Trace;
use crate::tui::draw::Canvas;
use crate::tui::look::Marks;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Signs of curves where a cell has one dot and colours may be missing.
const SIGNS: &[u8] = b"*+ox#@%=abcdefghijklmnpqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// Which of sixteen columns of dots are drawn, by the pattern of a curve.
const PATTERNS: [u16; 8] = [
    0b1111_1111_1111_1111,
    0b1111_1000_1111_1000, // dashes
    0b1100_1100_1100_1100, // dots
    0b1111_1100_1100_1100, // dash, dot, dot
    0b1111_1111_0000_0000, // long dashes
    0b1111_1111_1110_0110, // long dash, dot
    0b1100_0000_1100_0000, // sparse dots
    0b1110_1110_1110_0000, // three dots
];
/// Braille dots by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Cells of dots. What is drawn later is in front; a curve of a higher layer leaves nothing of a
/// lower one in its cells.
pub(super) struct Raster {
    area: Rect,
    marks: Marks,
    /// Dots of the whole picture.
    width: i32,
    height: i32,
    cells: Vec<Dots>,
}

#[derive(Clone, Copy, Default)]
struct Dots {
    bits: u8,
    curve: u16,
    layer: u8,
}

/// What a dot is drawn as: of which curve, in which layer.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub curve: u16,
    /// A higher one is in front.
    pub layer: u8,
    /// Which of the patterns of gaps it has; they come round again.
    pub pattern: usize,
}

impl Pen {
    /// Whether it draws in a column of dots.
    fn draws(self, column: i32) -> bool {
        PATTERNS[self.pattern % PATTERNS.len()] >> (15 - column.rem_euclid(16)) & 1 == 1
    }
}

/// Dots of a cell: columns, rows.
pub(super) fn dots(marks: Marks) -> (u16, u16) {
    match marks {
        Marks::Braille => (2, 4),
        Marks::Block => (1, 2),
        Marks::Ascii => (1, 1),
    }
}

impl Raster {
    pub fn new(area: Rect, marks: Marks) -> Self {
        let (columns, rows) = dots(marks);
        Raster {
            area,
            marks,
            width: i32::from(area.width) * i32::from(columns),
            height: i32::from(area.height) * i32::from(rows),
            cells: vec![Dots::default(); usize::from(area.width) * usize::from(area.height)],
        }
    }

    /// Draws a curve: in each column from its lowest to its highest value, lines between.
    pub fn curve(&mut self, trace: &Trace, scale: &Scale, pen: Pen) {
        let top = f64::from(self.height - 1);
        let row = |value: f64| (1.0 - scale.share(value)) * top;
        let mut before: Option<(i32, f64)> = None;
        for (i, column) in trace.columns.iter().enumerate() {
            let (first, last) = (row(column.first), row(column.last));
            if let Some(from) = before.filter(|_| column.joined) {
                self.line(from, (column.at, first), pen);
            }
            // Mostly the extremes are at the ends; a row costs a logarithm on a logarithmic axis.
            let row_of = |value: f64| match value {
                _ if value == column.first => first,
                _ if value == column.last => last,
                value => row(value),
            };
            let (high, low) = (self.within(row_of(column.high)), self.within(row_of(column.low)));
            self.column(column.at, high, low, pen);
            let joined = |at: usize| trace.columns.get(at).is_some_and(|column| column.joined);
            if !column.joined && !joined(i + 1) && high == low {
                // A single point: four dots can be seen.
                self.column(column.at, high, high + 1, pen);
                self.column(column.at + 1, high, high + 1, pen);
            }
            before = Some((column.at, last));
        }
    }

    /// The row of dots nearest to a height; what is outside is at the edge.
    fn within(&self, row: f64) -> i32 {
        rounded(row).clamp(0, self.height - 1)
    }

    /// A line between two points, without the points; outside the picture nothing is drawn.
    fn line(&mut self, (x0, y0): (i32, f64), (x1, y1): (i32, f64), pen: Pen) {
        let slope = (y1 - y0) / f64::from((x1 - x0).max(1));
        let row_at = |x: i32| rounded(y0 + slope * f64::from(x - x0));
        let first = (x0 + 1).max(0);
        let end = x1.min(self.width - 1);
        let mut row = row_at(first - 1);
        for x in first..=end {
            let next = row_at(x);
            // Each column continues one dot after the end of the one before.
            let begin = row + (next - row).signum();
            let (high, low) = (begin.min(next), begin.max(next));
            if low >= 0 && high < self.height {
                self.column(x, high.max(0), low.min(self.height - 1), pen);
            }
            row = next;
        }
    }

    /// Dots of a column from one row to another.
    fn column(&mut self, x: i32, high: i32, low: i32, pen: Pen) {
        if x < 0 || x >= self.width || !pen.draws(x) {
            return;
        }
        let (columns, rows) = dots(self.marks);
        let (columns, rows) = (i32::from(columns), i32::from(rows));
        let (cell_x, dot_x) = (x / columns, (x % columns) as usize);
        for cell_y in high / rows..=low.min(self.height - 1) / rows {
            let index = cell_y * i32::from(self.area.width) + cell_x;
            let Some(cell) = self.cells.get_mut(index as usize) else { continue };
            if cell.layer < pen.layer {
                *cell = Dots::default();
            }
            let from = (high - cell_y * rows).max(0) as usize;
            let to = (low - cell_y * rows).min(rows - 1) as usize;
            let lit = BRAILLE.iter().enumerate().filter(|(row, _)| (from..=to).contains(row));
            cell.bits |= lit.fold(0, |bits, (_, row)| bits | row[dot_x]);
            (cell.curve, cell.layer) = (pen.curve, pen.layer);
        }
    }

    /// Draws the dots. `signs` and `styles` are those of the curves by number.
    pub fn emit(&self, signs: &[char], styles: &[Style], canvas: &mut Canvas<'_>) {
        let width = usize::from(self.area.width.max(1));
        let mut letter = [0; 4];
        for (row, y) in self.cells.chunks(width).zip(self.area.top()..) {
            for (dots, x) in row.iter().zip(self.area.left()..).filter(|(dots, _)| dots.bits != 0) {
                let style = styles.get(usize::from(dots.curve)).copied().unwrap_or_default();
                canvas.mark((x, y), self.sign(*dots, signs).encode_utf8(&mut letter), style);
            }
        }
    }

    fn sign(&self, dots: Dots, signs: &[char]) -> char {
        match self.marks {
            Marks::Braille => char::from_u32(0x2800 + u32::from(dots.bits)).unwrap_or(' '),
            Marks::Block => match dots.bits & 3 {
                1 => '▀',
                2 => '▄',
                _ => '█',
            },
            Marks::Ascii => signs.get(usize::from(dots.curve)).copied().unwrap_or('*'),
        }
    }
}

/// The nearest whole number, clamped to a million. By a cast: `f64::round` is a function call where
/// the compiler may not assume SSE4.1, and this runs for every dot.
fn rounded(row: f64) -> i32 {
    (row.clamp(-1e6, 1e6) + (1e6 + 0.5)) as i32 - 1_000_000
}

/// The sign of a curve where a cell has one dot.
pub(super) fn sign(curve: usize) -> char {
    SIGNS.get(curve % SIGNS.len()).map_or('*', |sign| char::from(*sign))
}
