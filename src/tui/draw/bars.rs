use super::{Canvas, Ink, Line};
use crate::tui::look::Role;

/// A part of a whole, drawn as a bar.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// How much of it is full, 0..=1; NaN and infinities count as 0.
    pub share: f64,
    /// Where on it a mark is drawn, 0..=1.
    pub mark: Option<f64>,
}

impl Line<'_> {
    /// Draws a bar over the columns that are left.
    pub fn bar(&mut self, bar: Bar, ink: impl Ink) {
        let (rest, mut canvas) = (self.rest(), self.canvas());
        let (glyphs, width) = (canvas.glyphs(), rest.width);
        if width == 0 {
            return;
        }
        let share = if bar.share.is_finite() { bar.share.clamp(0.0, 1.0) } else { 0.0 };
        let eighths = (share * f64::from(width) * 8.0).round() as u16;
        let full = glyphs.bar[7].repeat(usize::from(eighths / 8));
        let mut line = canvas.line(0);
        line.put(&full, ink);
        if let Some(part) = (eighths % 8).checked_sub(1) {
            line.put(glyphs.bar[usize::from(part)], ink);
        }
        if let Some(mark) = bar.mark.filter(|mark| mark.is_finite()) {
            let at = (mark.clamp(0.0, 1.0) * f64::from(width)).floor() as u16;
            canvas.mark((rest.x + at.min(width - 1), rest.y), glyphs.ghost, Role::Ghost);
        }
    }

    /// Draws the newest of `values` as columns one row high over what is left, scaled between the
    /// ends of `range`.
    pub fn sparkline(&mut self, values: &[f64], range: (f64, f64), ink: impl Ink) {
        let (rest, mut canvas) = (self.rest(), self.canvas());
        for (x, share) in spread(rest.width, values, range) {
            let column = canvas.glyphs().column[((share * 7.0).round() as usize).min(7)];
            canvas.mark((rest.x + x, rest.y), column, ink);
        }
    }
}

impl Canvas<'_> {
    /// Draws the newest of `values` as columns over the whole height, scaled between the ends of
    /// `range`.
    pub fn hill(&mut self, values: &[f64], range: (f64, f64), ink: impl Ink) {
        let area = self.area();
        let eighths = f64::from(area.height) * 8.0;
        for (x, share) in spread(area.width, values, range) {
            let mut left = ((share * eighths).round() as usize).max(1);
            for y in (area.top()..area.bottom()).rev() {
                let column = self.glyphs().column[left.min(8) - 1];
                self.mark((area.x + x, y), column, ink);
                left = left.saturating_sub(8);
                if left == 0 {
                    break;
                }
            }
        }
    }
}

/// The newest of `values` in `width` columns, the last at the right end: the column of
/// each and how far up `range` it is, 0..=1. What is not finite leaves its column empty.
fn spread(
    width: u16,
    values: &[f64],
    (low, high): (f64, f64),
) -> impl Iterator<Item = (u16, f64)> + '_ {
    let newest = &values[values.len().saturating_sub(usize::from(width))..];
    let start = width.saturating_sub(newest.len() as u16);
    let share = move |value: f64| {
        if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    };
    let finite = (start..).zip(newest).filter(|(_, value)| value.is_finite());
    finite.map(move |(x, value)| (x, share(*value)))
}

/// `values` resampled to `width` columns: the highest of those that share a column, so that no spike
/// is lost; with fewer values than columns, each fills several.
pub fn highest(values: &[f64], width: usize) -> Vec<f64> {
    let count = values.len();
    let part = |column: usize| {
        let first = column * count / width;
        let end = ((column + 1) * count / width).max(first + 1);
        let part = values.get(first..end).unwrap_or_default();
        part.iter().copied().fold(f64::NAN, f64::max)
    };
    if count == 0 { Vec::new() } else { (0..width).map(part).collect() }
}

/// The lowest and the highest of the finite values.
pub fn range(values: &[f64]) -> Option<(f64, f64)> {
    let mut finite = values.iter().copied().filter(|value| value.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spread_over_the_columns_and_spikes_are_kept() {
        assert_eq!(highest(&[1.0, 2.0], 5), [1.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!(highest(&[1.0, 9.0, 2.0, 3.0, f64::NAN, 4.0], 3), [9.0, 3.0, 4.0]);
        assert!(highest(&[], 3).is_empty() && highest(&[1.0], 0).is_empty());
        assert_eq!(range(&[f64::NAN, 3.0, 1.0]), Some((1.0, 3.0)));
        assert_eq!(range(&[f64::INFINITY]), None);
    }
}
