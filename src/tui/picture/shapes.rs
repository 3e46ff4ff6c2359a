//! Signs that are drawn as shapes, because fonts do not join them: blocks, dots, lines.

use std::fmt::Write;

/// Width and height of a cell.
pub(super) const CELL: (f64, f64) = (8.0, 17.0);
/// Thickness of a line, of a heavy one.
const THIN: f64 = 1.2;
const HEAVY: f64 = 3.0;
/// Side of a dot.
const DOT: f64 = 2.0;

/// Appends the shape of a sign to a path, with the cell's upper left corner at `(x, y)`; `false` where
/// the sign has no shape.
pub(super) fn shape(sign: char, (x, y): (f64, f64), path: &mut String) -> bool {
    let (width, height) = CELL;
    let mut rect = |left: f64, top: f64, width: f64, height: f64| {
        let number = |value: f64| (value * 100.0).round() / 100.0;
        let (x, y) = (number(x + left), number(y + top));
        let (w, h) = (number(width), number(height));
        let _ = write!(path, "M{x} {y}h{w}v{h}h-{w}z");
    };
    let (middle_x, middle_y) = ((width - THIN) / 2.0, (height - THIN) / 2.0);
    match sign {
        '\u{2581}'..='\u{2588}' => {
            let part = f64::from(sign as u32 - 0x2580) / 8.0 * height;
            rect(0.0, height - part, width, part);
        }
        '\u{2589}'..='\u{258f}' => {
            rect(0.0, 0.0, f64::from(0x2590 - sign as u32) / 8.0 * width, height);
        }
        '\u{2580}' => rect(0.0, 0.0, width, height / 2.0),
        '\u{2801}'..='\u{28ff}' => braille(sign as u32 - 0x2800, &mut rect),
        '━' => rect(0.0, (height - HEAVY) / 2.0, width, HEAVY),
        '╸' => rect(0.0, (height - HEAVY) / 2.0, width / 2.0, HEAVY),
        '╌' => {
            rect(width / 8.0, middle_y, width / 4.0, THIN);
            rect(width * 5.0 / 8.0, middle_y, width / 4.0, THIN);
        }
        '┊' => (0..4).for_each(|i| {
            rect(middle_x, height * (f64::from(i) + 0.25) / 4.0, THIN, height / 8.0);
        }),
        sign => {
            let Some([up, right, down, left]) = arms(sign) else { return false };
            let (half_x, half_y) = (middle_x + THIN, middle_y + THIN);
            if up {
                rect(middle_x, 0.0, THIN, half_y);
            }
            if right {
                rect(middle_x, middle_y, width - middle_x, THIN);
            }
            if down {
                rect(middle_x, middle_y, THIN, height - middle_y);
            }
            if left {
                rect(0.0, middle_y, half_x, THIN);
            }
        }
    }
    true
}

/// Whether a thin line goes up, right, down and left from the middle of the cell.
fn arms(sign: char) -> Option<[bool; 4]> {
    let (up, right, down, left) = match sign {
        '─' => (0, 1, 0, 1),
        '│' => (1, 0, 1, 0),
        '┌' | '╭' => (0, 1, 1, 0),
        '┐' | '╮' => (0, 0, 1, 1),
        '└' | '╰' => (1, 1, 0, 0),
        '┘' | '╯' => (1, 0, 0, 1),
        '├' => (1, 1, 1, 0),
        '┤' => (1, 0, 1, 1),
        '┬' => (0, 1, 1, 1),
        '┴' => (1, 1, 0, 1),
        '┼' => (1, 1, 1, 1),
        _ => return None,
    };
    Some([up, right, down, left].map(|arm| arm == 1))
}

/// Bits of a Braille sign: by column and row of its dots.
fn braille(bits: u32, rect: &mut impl FnMut(f64, f64, f64, f64)) {
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let (width, height) = (CELL.0 / 2.0, CELL.1 / 4.0);
    for (row, pair) in (0..).zip(BITS) {
        for (column, bit) in (0..).zip(pair) {
            if bits & bit != 0 {
                let left = f64::from(column) * width + (width - DOT) / 2.0;
                let top = f64::from(row) * height + (height - DOT) / 2.0;
                rect(left, top, DOT, DOT);
            }
        }
    }
}
