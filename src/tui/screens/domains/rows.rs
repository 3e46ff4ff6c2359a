//! Rows of a domain as the model gets them.

use crate::echo;
use crate::telemetry::ShownRow;
use crate::tui::draw::Canvas;
use crate::tui::look::Role;
use unicode_width::UnicodeWidthChar;

/// A line of the pane: parts of it with their roles.
type Line = Vec<(Role, String)>;

/// Draws the rows below each other, as far as they fit.
pub(super) fn view(rows: &[ShownRow], canvas: &mut Canvas<'_>) {
    if rows.is_empty() {
        canvas.note("no row is known yet");
        return;
    }
    // Where colours tell nothing, signs do.
    let look = canvas.look();
    let marks = look.style(Role::Good).fg == look.style(Role::Dim).fg;
    let width = usize::from(canvas.area().width);
    let lines = rows.iter().enumerate().flat_map(|(i, row)| lines(i + 1, row, marks, width));
    for (y, line) in (0..canvas.area().height).zip(lines) {
        let mut out = canvas.line(y);
        for (role, text) in line {
            out.put(text, role);
        }
    }
}

fn lines(number: usize, row: &ShownRow, marks: bool, width: usize) -> Vec<Line> {
    let ShownRow { tokens, whole, runs } = row;
    let part = if *whole { "" } else { ", its beginning" };
    let mut lines = vec![vec![(Role::Title, format!("row {number}: {tokens} tokens{part}"))]];
    let mut pen = Pen { lines: vec![Vec::new()], column: 0, width: width.max(1) };
    for (counted, text) in runs {
        let [start, end] = if marks && *counted { ["[[", "]]"] } else { ["", ""] };
        let role = if *counted { Role::Good } else { Role::Dim };
        pen.write(&format!("{start}{}{end}", echo::lines(text)), role);
    }
    lines.extend(pen.lines);
    lines.push(Vec::new());
    lines
}

/// Writes text in lines of a width.
struct Pen {
    lines: Vec<Line>,
    column: usize,
    width: usize,
}

impl Pen {
    fn write(&mut self, text: &str, role: Role) {
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.new_line();
            }
            let mut begun = String::new();
            for c in part.chars() {
                let columns = c.width().unwrap_or(0);
                if self.column + columns > self.width {
                    self.put(&mut begun, role);
                    self.new_line();
                }
                self.column += columns;
                begun.push(c);
            }
            self.put(&mut begun, role);
        }
    }

    fn put(&mut self, text: &mut String, role: Role) {
        if let Some(line) = self.lines.last_mut().filter(|_| !text.is_empty()) {
            line.push((role, std::mem::take(text)));
        }
    }

    fn new_line(&mut self) {
        self.lines.push(Vec::new());
        self.column = 0;
    }
}
