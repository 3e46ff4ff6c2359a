use super::Canvas;
use super::layout::below_title;
use crate::tui::look::Role;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// A title with a rule, `─ mixture ── target law ─`, above a part of the screen.
pub struct Panel<'t> {
    title: Cow<'t, str>,
    right: Cow<'t, str>,
    right_role: Role,
    chosen: bool,
}

impl<'t> Panel<'t> {
    /// A panel with its title on the left.
    pub fn new(title: impl Into<Cow<'t, str>>) -> Self {
        Panel { title: title.into(), right: "".into(), right_role: Role::Dim, chosen: false }
    }

    /// Adds text at the right of the title; it is left out where it does not fit.
    pub fn right(self, right: impl Into<Cow<'t, str>>) -> Self {
        Panel { right: right.into(), ..self }
    }

    /// As [`right`](Panel::right), in the colour of a warning.
    pub fn warning(self, right: impl Into<Cow<'t, str>>) -> Self {
        Panel { right_role: Role::Warning, ..self.right(right) }
    }

    /// Marks the panel that keys act on.
    pub fn chosen(self, chosen: bool) -> Self {
        Panel { chosen, ..self }
    }
}

impl<'t> From<&'t str> for Panel<'t> {
    fn from(title: &'t str) -> Self {
        Panel::new(title)
    }
}

impl Canvas<'_> {
    /// Draws a panel's title in the first row; returns the part below it.
    pub fn panel<'t>(&mut self, panel: impl Into<Panel<'t>>) -> Canvas<'_> {
        let Panel { title, right, right_role, chosen } = panel.into();
        let area = self.area();
        if area.height == 0 || area.width == 0 {
            return self.within(area);
        }
        let rule = self.glyphs().rule.repeat(usize::from(area.width));
        self.line(0).put(&rule, Role::Faint);
        let title_role = if chosen { Role::Accent } else { Role::Title };
        let mut line = self.line(0);
        line.skip(1).skip_end(3).put(format!(" {title} "), title_role);
        if !right.is_empty() && line.space() > 4 {
            let behind = line.rest().x + 3;
            self.line(0).to(behind).skip_end(1).end(format!(" {right} "), right_role);
        }
        // The walls beside it may be there already.
        if area.x > self.left_edge() {
            self.join(area.x - 1, area.y);
        }
        self.join(area.right(), area.y);
        self.within(below_title(area))
    }

    /// Draws a vertical rule along the left edge; returns the part right of it.
    pub fn wall(&mut self) -> Canvas<'_> {
        let (area, wall) = (self.area(), self.glyphs().wall);
        if area.width > 0 {
            for y in area.top()..area.bottom() {
                self.mark((area.x, y), wall, Role::Faint);
                self.join(area.x, y);
            }
        }
        let left = 1.min(area.width);
        self.within(Rect { x: area.x + left, width: area.width - left, ..area })
    }

    /// As [`wall`](Canvas::wall), unless this part is at the left edge of a screen that begins at
    /// `left`.
    pub fn divided(&mut self, left: u16) -> Canvas<'_> {
        let area = self.area();
        if area.x > left { self.wall() } else { self.within(area) }
    }

    /// Joins a wall's cell with the rules that end at it.
    fn join(&mut self, x: u16, y: u16) {
        let glyphs = self.glyphs();
        let is = |x: Option<u16>, y: Option<u16>, signs: &[&str]| {
            let sign = x.zip(y).and_then(|at| self.sign_at(at));
            sign.is_some_and(|sign| signs.contains(&sign))
        };
        let [right, left, both, top] = glyphs.joint;
        let walls = [glyphs.wall, right, left, both];
        if !is(Some(x), Some(y), &walls) {
            return;
        }
        let from_left = is(x.checked_sub(1), Some(y), &[glyphs.rule]);
        let from_right = is(x.checked_add(1), Some(y), &[glyphs.rule]);
        let goes_up = is(Some(x), y.checked_sub(1), &walls);
        let joint = match (from_left, from_right) {
            (true, true) if goes_up => both,
            (true, true) => top,
            (true, false) => left,
            (false, true) => right,
            (false, false) => glyphs.wall,
        };
        self.mark((x, y), joint, Role::Faint);
    }
}
