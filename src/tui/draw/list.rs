//! Where one is in a list: the selected line, the part that is seen, and whether it follows what
//! comes. Pure; screens say how long the list is and how many lines they have for it.

use crate::tui::input::keys::Action;
use std::ops::Range;

/// Lines that the wheel moves.
pub const WHEEL: isize = 3;
/// Lines of a page before anything was drawn.
const PAGE: usize = 10;

/// A place in a list.
///
/// After [`fit`](Scroll::fit) the selected line is one of the list (0 in an empty one) and is among
/// those that are seen, and no line of the area stays empty while the list has one for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    selected: usize,
    offset: usize,
    rows: usize,
    follows: bool,
}

impl Scroll {
    /// At the end of a list, and stays there when it grows.
    pub fn following() -> Self {
        Scroll { follows: true, ..Scroll::default() }
    }

    /// The selected line.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Whether it stays at the end when the list grows.
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Carries out what moves in a list of `len` lines; whether `action` is such a thing. The last
    /// line is followed by [`Action::Last`] alone.
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

    /// The selected line is another one from now on, because lines came or went before it: what is
    /// seen moves along.
    pub fn carry(&mut self, line: usize) {
        let lines_above = self.selected.saturating_sub(self.offset);
        self.selected = line;
        self.offset = line.saturating_sub(lines_above);
    }

    /// Brings it in line with a list of `len` lines of which `rows` can be seen.
    pub fn fit(&mut self, len: usize, rows: usize) {
        let last = len.saturating_sub(1);
        self.selected = if self.follows { last } else { self.selected.min(last) };
        self.rows = rows;
        let least = (self.selected + 1).saturating_sub(rows);
        let most = self.selected.min(len.saturating_sub(rows));
        self.offset = self.offset.max(least).min(most.max(least));
    }

    /// The lines that are seen of `len`, where there are `rows` for them.
    pub fn window(&self, len: usize, rows: usize) -> Range<usize> {
        let mut fitted = *self;
        fitted.fit(len, rows);
        fitted.offset..(fitted.offset + rows).min(len).max(fitted.offset)
    }

    /// The line that is seen in a row of the area.
    pub fn line_at(&self, row: usize, len: usize, rows: usize) -> Option<usize> {
        self.window(len, rows).nth(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_seen_moves_no_more_than_it_must() {
        let mut scroll = Scroll::default();
        scroll.fit(100, 10);
        (0..12).for_each(|_| assert!(scroll.go(Action::Down, 100)));
        scroll.fit(100, 10);
        assert_eq!((scroll.selected(), scroll.window(100, 10)), (12, 3..13));
        scroll.go(Action::Up, 100);
        scroll.fit(100, 10);
        assert_eq!((scroll.selected(), scroll.window(100, 10)), (11, 3..13));
        scroll.go(Action::PageDown, 100);
        scroll.fit(100, 10);
        assert_eq!((scroll.selected(), scroll.window(100, 10)), (20, 11..21));
        assert_eq!(scroll.line_at(2, 100, 10), Some(13));
        assert!(!scroll.go(Action::Pause, 100));
    }

    #[test]
    fn it_follows_until_one_goes_up() {
        let mut scroll = Scroll::following();
        scroll.fit(5, 3);
        scroll.fit(9, 3);
        assert_eq!((scroll.selected(), scroll.window(9, 3)), (8, 6..9));
        scroll.go(Action::Up, 9);
        scroll.fit(20, 3);
        assert_eq!((scroll.selected(), scroll.window(20, 3)), (7, 6..9));
        scroll.go(Action::Last, 20);
        scroll.fit(21, 3);
        assert_eq!(scroll.window(21, 3), 18..21);
    }

    #[test]
    fn lines_that_go_before_it_leave_the_picture_as_it_is() {
        let mut scroll = Scroll::default();
        scroll.select(50);
        scroll.fit(100, 10);
        scroll.step(-4, 100);
        scroll.fit(100, 10);
        assert_eq!(scroll.window(100, 10), 41..51);
        scroll.carry(43);
        assert_eq!(scroll.window(97, 10), 38..48);
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
        fn the_selected_line_is_seen_and_no_row_is_wasted(
            moves in prop::collection::vec(moves(), 1..40),
            carried in any::<usize>(),
        ) {
            let mut scroll = Scroll::default();
            for (action, len, rows) in moves {
                scroll.go(action, len);
                if action == Action::Choose {
                    scroll.carry(carried);
                }
                let window = scroll.window(len, rows);
                scroll.fit(len, rows);
                prop_assert_eq!(scroll.window(len, rows), window.clone());
                prop_assert_eq!(window.len(), len.min(rows));
                prop_assert!(len == 0 || scroll.selected() < len);
                prop_assert!(len == 0 || rows == 0 || window.contains(&scroll.selected()));
            }
        }
    }
}
