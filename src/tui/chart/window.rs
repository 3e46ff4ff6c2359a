/// The whole of an x axis. `first` ≤ `last`, both finite; `least` > 0 is the smallest part
/// that can be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    first: f64,
    last: f64,
    least: f64,
}

/// Ends are clamped to this: steps, tokens and seconds stay far below.
const FAR: f64 = 1e18;

impl Extent {
    /// From `first` to `last`; at least `least` wide, so that there is something to show.
    pub fn new(first: f64, last: f64, least: f64) -> Self {
        let first = if first.is_finite() { within(first, -FAR, FAR) } else { 0.0 };
        let last = if last.is_finite() { within(last, first, FAR) } else { first };
        // Below this two neighbouring numbers are the same.
        let finest = (first.abs().max(last.abs()) * 1e-9).max(1e-9);
        let least = if least.is_finite() { within(least, finest, FAR) } else { finest };
        let last = last.max(first + least);
        Extent { first, last, least: least.min(last - first) }
    }

    fn whole(&self) -> f64 {
        self.last - self.first
    }
}

/// Like `clamp`, but for bounds that rounding has brought past each other.
fn within(value: f64, low: f64, high: f64) -> f64 {
    value.min(high).max(low)
}

/// The part of an x axis that is shown: all of it, or a width that ends at the newest value and
/// follows it, or one that ends somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    width: Option<f64>,
    end: Option<f64>,
}

impl Window {
    /// The first and the last value that are shown; always some part of the extent.
    pub fn range(&self, extent: Extent) -> (f64, f64) {
        let Extent { first, last, least } = extent;
        let width = within(self.width.unwrap_or(extent.whole()), least, extent.whole());
        let end = within(self.end.unwrap_or(last), first + width, last).min(last);
        ((end - width).max(first), end)
    }

    /// Whether the whole axis is shown.
    pub fn is_whole(&self) -> bool {
        self.width.is_none()
    }

    /// Whether it moves on with what comes.
    pub fn follows(&self) -> bool {
        self.end.is_none()
    }

    /// Shows the part `from..=to`, as far as the extent reaches. A part that ends at the newest value
    /// follows it from then on.
    pub fn show(&mut self, (from, to): (f64, f64), extent: Extent) {
        let Extent { first, last, least } = extent;
        let width = within(to - from, least, extent.whole());
        let end = within(to, first + width, last);
        let is_whole = width >= extent.whole() * (1.0 - 1e-9);
        self.width = (!is_whole).then_some(width);
        let at_the_end = is_whole || end >= last - width * 1e-6;
        self.end = (!at_the_end).then_some(end);
    }

    /// Shows `factor` times as much; what is at `focus` stays where it is.
    pub fn zoom(&mut self, factor: f64, focus: f64, extent: Extent) {
        let (from, to) = self.range(extent);
        let width = to - from;
        let focus = within(focus, from, to);
        let new = within(width * factor, extent.least, extent.whole());
        let start = focus - (focus - from) / width * new;
        let start = within(start, extent.first, extent.last - new);
        self.show((start, start + new), extent);
    }

    /// Moves on by a share of the width; a negative one moves back.
    pub fn pan(&mut self, share: f64, extent: Extent) {
        let (from, to) = self.range(extent);
        let width = to - from;
        let start = within(from + share * width, extent.first, extent.last - width);
        self.show((start, start + width), extent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extent(last: f64) -> Extent {
        Extent::new(0.0, last, 8.0)
    }

    #[test]
    fn a_part_at_the_end_follows_the_run_and_another_stays() {
        let mut window = Window::default();
        window.zoom(0.5, 1000.0, extent(1000.0));
        assert_eq!(window.range(extent(1000.0)), (500.0, 1000.0));
        assert_eq!(window.range(extent(1200.0)), (700.0, 1200.0));
        window.pan(-0.5, extent(1200.0));
        assert_eq!(window.range(extent(1500.0)), (450.0, 950.0));
        assert!(!window.follows());
        window.pan(9.0, extent(1500.0));
        assert!(window.follows() && !window.is_whole());
        window.zoom(100.0, 1300.0, extent(1500.0));
        assert_eq!(window, Window::default());
    }

    #[test]
    fn a_zoom_keeps_what_is_under_the_pointer() {
        let mut window = Window::default();
        window.zoom(0.5, 250.0, extent(1000.0));
        // A quarter from the left, before and after.
        assert_eq!(window.range(extent(1000.0)), (125.0, 625.0));
        (0..99).for_each(|_| window.zoom(0.5, 250.0, extent(1000.0)));
        assert_eq!(window.range(extent(1000.0)), (248.0, 256.0));
    }

    proptest! {
        #[test]
        fn a_window_is_always_within_the_axis(
            first in any::<f64>(),
            last in any::<f64>(),
            least in any::<f64>(),
            moves in prop::collection::vec((any::<bool>(), any::<f64>(), any::<f64>()), 0..20),
        ) {
            let extent = Extent::new(first, last, least);
            let mut window = Window::default();
            for (zooms, a, b) in moves {
                match zooms {
                    true => window.zoom(a.abs().clamp(1e-3, 1e3), b, extent),
                    false => window.pan(a.clamp(-10.0, 10.0), extent),
                }
                let (from, to) = window.range(extent);
                prop_assert!(from < to, "{from} {to} of {extent:?}");
                prop_assert!(extent.first <= from && to <= extent.last);
            }
        }
    }
}
