use super::{Canvas, Line};
use crate::tui::input::{Action, Mouse};
use crate::tui::look::{Glyphs, Role};
use ratatui::layout::{Position, Rect};
use std::ops::Range;

/// Lines that the wheel moves.
const WHEEL: isize = 3;
/// Lines of a page before anything was drawn.
const PAGE: usize = 10;

/// Selection and scrolling of a list: the selected line, the visible part, and whether it follows
/// lines that are appended. It does not hold the lines: their number and the area are given with each
/// call, the same for drawing and for clicks.
///
/// After [`fit`](List::fit) the selected line is one of the list (0 in an empty one) and visible, and
/// no row of the area stays empty while the list has a line for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    selected: usize,
    offset: usize,
    rows: usize,
    follows: bool,
}

impl List {
    /// At the end of a list, where it stays when the list grows.
    pub fn following() -> Self {
        List { follows: true, ..List::default() }
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Whether it stays at the end when the list grows.
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Carries out an action that moves the selection in a list of `len` lines; `false` for any other
    /// action. Only [`Action::Last`] makes the list follow its end.
    pub fn go(&mut self, action: Action, len: usize) -> bool {
        let page = if self.rows == 0 { PAGE } else { self.rows.saturating_sub(1).max(1) };
        let page = isize::try_from(page).unwrap_or(isize::MAX);
        match action {
            Action::Up => self.step(-1, len),
            Action::Down => self.step(1, len),
            Action::PageUp => self.step(-page, len),
            Action::PageDown => self.step(page, len),
            Action::First => self.select(0),
            Action::Last => {
                self.select(len.saturating_sub(1));
                self.follows = true;
            }
            _ => return false,
        }
        true
    }

    /// Moves the selection by some lines; no further than the ends.
    pub fn step(&mut self, lines: isize, len: usize) {
        let last = len.saturating_sub(1);
        self.select(self.selected.min(last).saturating_add_signed(lines).min(last));
    }

    /// Selects a line; the list follows no more.
    pub fn select(&mut self, line: usize) {
        self.selected = line;
        self.follows = false;
    }

    /// Gives the selected line its new number after lines were added or removed before it: the
    /// visible part moves along.
    pub fn carry(&mut self, line: usize) {
        let lines_above = self.selected.saturating_sub(self.offset);
        self.selected = line;
        self.offset = line.saturating_sub(lines_above);
    }

    /// Adapts selection and scrolling to a list of `len` lines of which `rows` fit.
    pub fn fit(&mut self, len: usize, rows: usize) {
        let last = len.saturating_sub(1);
        self.selected = if self.follows { last } else { self.selected.min(last) };
        self.rows = rows;
        let least = (self.selected + 1).saturating_sub(rows);
        let most = self.selected.min(len.saturating_sub(rows));
        self.offset = self.offset.max(least).min(most.max(least));
    }

    /// The visible lines of `len`, where `rows` fit.
    pub fn window(&self, len: usize, rows: usize) -> Range<usize> {
        let mut fitted = *self;
        fitted.fit(len, rows);
        fitted.offset..(fitted.offset + rows).min(len).max(fitted.offset)
    }

    /// The visible lines, each with its row of the area.
    pub fn seen(&self, len: usize, area: Rect) -> impl Iterator<Item = (usize, Rect)> {
        let rows = (area.top()..area.bottom()).map(move |y| Rect { y, height: 1, ..area });
        self.window(len, usize::from(area.height)).zip(rows)
    }

    /// The line at a position.
    pub fn line_at(&self, len: usize, area: Rect, at: Position) -> Option<usize> {
        self.seen(len, area).find(|(_, row)| row.contains(at)).map(|(line, _)| line)
    }

    /// How many lines there are below the visible ones.
    pub fn below(&self, len: usize, area: Rect) -> usize {
        len - self.window(len, usize::from(area.height)).end.min(len)
    }

    /// [`below`](List::below) for the title of a panel: `▼ 12`, or nothing.
    pub fn more(&self, len: usize, area: Rect, glyphs: &Glyphs) -> String {
        match self.below(len, area) {
            0 => String::new(),
            more => format!("{} {more}", glyphs.down),
        }
    }

    /// The wheel moves the selection, a click selects the line under it. `false` where the mouse did
    /// neither.
    pub fn mouse(&mut self, mouse: Mouse, len: usize, area: Rect) -> bool {
        match mouse {
            Mouse::Wheel { up, .. } => self.step(if up { -WHEEL } else { WHEEL }, len),
            Mouse::Click(at) => match self.line_at(len, area, at) {
                Some(line) => self.select(line),
                None => return false,
            },
            Mouse::Drag(..) => return false,
        }
        true
    }

    /// Calls `draw` for each visible line with its number and row, and highlights the selected one.
    pub fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        len: usize,
        mut draw: impl FnMut(usize, &mut Line<'_>),
    ) {
        for (line, row) in self.seen(len, canvas.area()) {
            let mut row = canvas.within(row);
            draw(line, &mut row.line(0));
            if line == self.selected {
                row.paint(Role::Selection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_visible_part_moves_no_more_than_it_must() {
        let mut list = List::default();
        list.fit(100, 10);
        (0..12).for_each(|_| assert!(list.go(Action::Down, 100)));
        list.fit(100, 10);
        assert_eq!((list.selected(), list.window(100, 10)), (12, 3..13));
        list.go(Action::Up, 100);
        list.fit(100, 10);
        assert_eq!((list.selected(), list.window(100, 10)), (11, 3..13));
        list.go(Action::PageDown, 100);
        list.fit(100, 10);
        assert_eq!((list.selected(), list.window(100, 10)), (20, 11..21));
        let area = Rect { x: 5, y: 3, width: 20, height: 10 };
        assert_eq!(list.line_at(100, area, Position { x: 5, y: 5 }), Some(13));
        assert_eq!(list.line_at(100, area, Position { x: 4, y: 5 }), None);
        assert_eq!(list.below(100, area), 79);
        assert!(!list.go(Action::Pause, 100));
    }

    #[test]
    fn a_list_follows_its_end_until_the_selection_moves() {
        let mut list = List::following();
        list.fit(5, 3);
        list.fit(9, 3);
        assert_eq!((list.selected(), list.window(9, 3)), (8, 6..9));
        list.go(Action::Up, 9);
        list.fit(20, 3);
        assert_eq!((list.selected(), list.window(20, 3)), (7, 6..9));
        list.go(Action::Last, 20);
        list.fit(21, 3);
        assert_eq!(list.window(21, 3), 18..21);
    }

    #[test]
    fn the_visible_lines_stay_when_lines_before_them_go() {
        let mut list = List::default();
        list.select(50);
        list.fit(100, 10);
        list.step(-4, 100);
        list.fit(100, 10);
        assert_eq!(list.window(100, 10), 41..51);
        list.carry(43);
        assert_eq!(list.window(97, 10), 38..48);
    }

    fn moves() -> impl Strategy<Value = (Action, usize, usize)> {
        let actions = [
            Action::Up,
            Action::Down,
            Action::PageUp,
            Action::PageDown,
            Action::First,
            Action::Last,
            Action::Choose,
        ];
        (prop::sample::select(actions.to_vec()), 0usize..40, 0usize..12)
    }

    proptest! {
        #[test]
        fn the_selected_line_is_visible_and_no_row_is_wasted(
            moves in prop::collection::vec(moves(), 1..40),
            carried in any::<usize>(),
        ) {
            let mut list = List::default();
            for (action, len, rows) in moves {
                list.go(action, len);
                if action == Action::Choose {
                    list.carry(carried);
                }
                let window = list.window(len, rows);
                list.fit(len, rows);
                prop_assert_eq!(list.window(len, rows), window.clone());
                prop_assert_eq!(window.len(), len.min(rows));
                prop_assert!(len == 0 || list.selected() < len);
                prop_assert!(len == 0 || rows == 0 || window.contains(&list.selected()));
            }
        }
    }
}
