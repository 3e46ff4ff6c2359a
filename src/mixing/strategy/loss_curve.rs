//! Training losses of all domains over a run, in bounded space, for [`Ado`](super::ado).

/// Bins at most. When there are so many, each two become one.
const BINS: usize = 32;

/// Mean losses of the domains over updates that follow each other, in bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LossCurve {
    /// Number of the update before the first bin.
    pub(super) after: u64,
    /// Updates of a bin.
    pub(super) width: u64,
    /// Updates in `sums`.
    pub(super) filled: u64,
    /// Sums of the losses of the bin that is not full yet, one per domain.
    pub(super) sums: Vec<f64>,
    /// Mean losses of the full bins, oldest first, each with one per domain.
    pub(super) bins: Vec<Vec<f64>>,
}

impl LossCurve {
    /// A curve that begins after update `after`.
    pub(super) fn new(domains: usize, after: u64) -> Self {
        LossCurve { after, width: 1, filled: 0, sums: vec![0.0; domains], bins: Vec::new() }
    }

    /// Takes in the losses of the next update.
    pub(super) fn add(&mut self, losses: &[f64]) {
        self.sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        self.filled += 1;
        if self.filled < self.width {
            return;
        }
        self.bins.push(self.sums.iter().map(|sum| sum / self.width as f64).collect());
        self.sums.fill(0.0);
        self.filled = 0;
        if self.bins.len() >= BINS {
            let mean = |pair: &[Vec<f64>]| match pair {
                [one, other] => one.iter().zip(other).map(|(a, b)| (a + b) / 2.0).collect(),
                _ => pair.concat(),
            };
            self.bins = self.bins.chunks(2).map(mean).collect();
            self.width *= 2;
        }
    }

    /// The curve of a domain: for each bin the mean number of its updates, and the mean loss.
    pub(super) fn points(&self, domain: usize) -> Vec<(f64, f64)> {
        let middle = |bin: usize| self.after as f64 + (bin as f64 + 0.5) * self.width as f64 + 0.5;
        let loss = |losses: &Vec<f64>| losses.get(domain).copied().unwrap_or_default();
        self.bins.iter().enumerate().map(|(bin, losses)| (middle(bin), loss(losses))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the width, a point is the mean of the updates in it.
    #[test]
    fn a_long_run_is_kept_in_few_bins() {
        for updates in [1, 31, 32, 100, 1000] {
            let mut curve = LossCurve::new(2, 5);
            (6..6 + updates).for_each(|n| curve.add(&[n as f64, 1.0]));
            assert!(curve.bins.len() < BINS && (updates < 32 || curve.bins.len() >= BINS / 2));
            for (n, loss) in curve.points(0) {
                assert_eq!(n, loss);
            }
            assert!(curve.points(1).iter().all(|(_, loss)| *loss == 1.0));
            let seen = curve.bins.len() as u64 * curve.width + curve.filled;
            assert_eq!(seen, updates);
        }
    }
}
