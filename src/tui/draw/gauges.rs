use super::{Bar, Canvas, Line, highest};
use crate::tui::look::Role;
use ratatui::layout::Rect;

/// Columns of a label, the gap behind it included.
const LABEL: u16 = 9;

/// Writes the rows of a panel about a machine, from its top: a label, a value, and in the rest of the
/// row a bar or the newest values as a curve.
pub struct Gauges<'a> {
    canvas: Canvas<'a>,
    /// Columns of a value with the gap behind it, so that bars and curves begin below each other.
    value: u16,
}

/// A row of [`Gauges`].
#[derive(Clone, Copy, Debug)]
pub struct Gauge<'t> {
    pub label: &'t str,
    pub value: &'t str,
}

impl<'a> Gauges<'a> {
    /// In the inside of a panel.
    pub fn new(mut canvas: Canvas<'a>) -> Self {
        canvas.trim(1);
        let value = if canvas.area().width >= 80 { 38 } else { 22 };
        Gauges { canvas, value }
    }

    /// Rows that are left.
    pub fn rows(&self) -> u16 {
        self.canvas.area().height
    }

    /// The next row, for any other text.
    pub fn line(&mut self) -> Line<'_> {
        let row = self.take(1);
        Line::new(self.canvas.within(row))
    }

    /// A line of text.
    pub fn text(&mut self, text: &str, role: Role) {
        self.line().put(text, role);
    }

    /// A label and a value.
    pub fn value(&mut self, label: &str, value: &str, role: Role) {
        self.begin(1, Gauge { label, value }, role);
    }

    /// A label, a value and its newest readings as a curve of `rows` rows between the ends of `range`.
    pub fn curve(&mut self, rows: u16, gauge: Gauge<'_>, values: &[f64], range: (f64, f64)) {
        let rest = self.begin(rows, gauge, Role::Text);
        self.canvas.within(rest).hill(values, range, Role::Good);
    }

    /// A label, a value and values that belong side by side over the whole row, however many they are.
    pub fn columns(&mut self, gauge: Gauge<'_>, values: &[f64], range: (f64, f64)) {
        let rest = self.begin(1, gauge, Role::Text);
        let values = highest(values, usize::from(rest.width));
        self.canvas.within(rest).hill(&values, range, Role::Good);
    }

    /// A label, a value and how full it is.
    pub fn bar(&mut self, gauge: Gauge<'_>, bar: Bar) {
        let role = if bar.share >= 0.95 { Role::Warning } else { Role::Good };
        let rest = self.begin(1, gauge, Role::Text);
        let rest = Rect { width: rest.width.min(60), ..rest };
        self.canvas.within(rest).line(0).bar(bar, role);
    }

    /// Writes label and value; returns the area right of them.
    fn begin(&mut self, rows: u16, gauge: Gauge<'_>, role: Role) -> Rect {
        let area = self.take(rows);
        let mut canvas = self.canvas.within(area);
        let mut line = canvas.line(0);
        line.cell(LABEL, gauge.label, Role::Dim);
        let values = line.rest().x.saturating_add(self.value);
        line.put(gauge.value, role).skip(2).to(values);
        Rect { height: area.height, ..line.rest() }
    }

    /// Takes rows off the top, or as many as there are.
    fn take(&mut self, rows: u16) -> Rect {
        let area = self.canvas.area();
        let height = rows.min(area.height);
        self.canvas.trim_top(height);
        Rect { height, ..area }
    }
}
