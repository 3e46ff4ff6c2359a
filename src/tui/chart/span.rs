//! From what is seen to the ends of the y axis.

use super::scale::{Scale, is_drawable};
use super::trace::Trace;

/// Values that are seen: the lowest and highest of each column of each curve, and where lines enter
/// and leave.
pub(super) struct Seen {
    lows: Vec<f64>,
    highs: Vec<f64>,
    /// Whether there are infinities.
    infinite: bool,
}

impl Seen {
    pub fn new(traces: &[Trace], width: u16, log: bool) -> Self {
        let seen = || traces.iter().flat_map(|trace| trace.seen(width));
        let edges = || traces.iter().flat_map(|trace| trace.crossings(width, log));
        Seen {
            lows: seen().map(|column| column.low).chain(edges()).collect(),
            highs: seen().map(|column| column.high).chain(edges()).collect(),
            infinite: traces.iter().any(|trace| !trace.infinite.is_empty()),
        }
    }

    /// The y axis for them and for values that are to be on it; `None` where nothing is seen. Where outliers are
    /// `clipped`, it ends near the 1st and the 99th hundredth.
    pub fn scale(
        mut self,
        levels: impl Iterator<Item = f64> + Clone,
        log: bool,
        clipped: bool,
    ) -> Option<Scale> {
        let values = self.values(log, clipped);
        let levels = levels.filter(|value| is_drawable(*value, log));
        // Infinities are drawn at the edges: a level is enough for an axis between them.
        let first =
            values.or_else(|| levels.clone().next().map(|v| (v, v)).filter(|_| self.infinite));
        let (low, high) = levels.fold(first?, |(l, h), value| (l.min(value), h.max(value)));
        Some(Scale::new(low, high, log))
    }

    fn values(&mut self, log: bool, clipped: bool) -> Option<(f64, f64)> {
        let lowest = self.lows.iter().copied().reduce(f64::min)?;
        let highest = self.highs.iter().copied().reduce(f64::max)?;
        if !clipped {
            return Some((lowest, highest));
        }
        let (low, high) = (quantile(&mut self.lows, 0.01), quantile(&mut self.highs, 0.99));
        Some(widened((low, high), log, (lowest, highest)))
    }
}

/// The value at a share of the way from the least to the greatest.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    let at = (share * (values.len().max(1) - 1) as f64).round() as usize;
    if at >= values.len() {
        return f64::NAN;
    }
    *values.select_nth_unstable_by(at, f64::total_cmp).1
}

/// A quarter more on both ends, but no further than there are values.
fn widened((low, high): (f64, f64), log: bool, (lowest, highest): (f64, f64)) -> (f64, f64) {
    let (low, high) = match log {
        true => {
            let margin = (high / low).powf(0.25);
            (low / margin, high * margin)
        }
        false => {
            let margin = (high - low) * 0.25;
            (low - margin, high + margin)
        }
    };
    (low.max(lowest), high.min(highest))
}
