//! Which metrics are drawn, and for which domains: two lists of check boxes with one selected line.

use super::metric::Metric;
use crate::tui::draw::List;
use crate::tui::input::Words;
use crate::tui::scene::Scene;
use std::collections::BTreeSet;

/// A line of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// An index of [`Metric::ALL`].
    Metric(usize),
    Domain(usize),
}

/// The legend: metrics, and below them the domains.
#[derive(Clone, Debug)]
pub(super) struct Legend {
    pub metrics: List,
    pub domains: List,
    /// Whether the selected line is that of a domain.
    in_domains: bool,
    /// Which of [`Metric::ALL`] are drawn.
    on: [bool; Metric::ALL.len()],
    /// Domains whose curves are not drawn.
    hidden: BTreeSet<usize>,
}

impl Default for Legend {
    /// The held-out loss of all domains.
    fn default() -> Self {
        let mut on = [false; Metric::ALL.len()];
        on[0] = true;
        let (metrics, domains) = (List::default(), List::default());
        Legend { metrics, domains, in_domains: false, on, hidden: BTreeSet::new() }
    }
}

impl Legend {
    /// The selected line.
    pub fn selected(&self) -> Entry {
        match self.in_domains {
            true => Entry::Domain(self.domains.selected()),
            false => Entry::Metric(self.metrics.selected()),
        }
    }

    /// Selects a line.
    pub fn select(&mut self, entry: Entry) {
        self.in_domains = matches!(entry, Entry::Domain(_));
        match entry {
            Entry::Metric(index) => self.metrics.select(index),
            Entry::Domain(index) => self.domains.select(index),
        }
    }

    /// Moves the selection through the metrics and so many domains; the first line follows the last.
    pub fn go(&mut self, lines: isize, domains: usize) {
        let (metrics, all) = (Metric::ALL.len(), Metric::ALL.len() + domains);
        let at = match self.selected() {
            Entry::Metric(index) => index,
            Entry::Domain(index) => metrics + index.min(domains.saturating_sub(1)),
        };
        let next = (at + lines.rem_euclid(all as isize) as usize) % all;
        self.select(match next.checked_sub(metrics) {
            Some(domain) => Entry::Domain(domain),
            None => Entry::Metric(next),
        });
    }

    /// Adds the selected metric or domain to what is drawn, or removes it.
    pub fn toggle(&mut self) {
        match self.selected() {
            Entry::Metric(index) => {
                if let Some(on) = self.on.get_mut(index) {
                    *on = !*on;
                }
            }
            Entry::Domain(index) => {
                if !self.hidden.remove(&index) {
                    self.hidden.insert(index);
                }
            }
        }
    }

    /// Selects another metric and draws it alone.
    pub fn only(&mut self, lines: isize) {
        let count = Metric::ALL.len();
        let is_drawn = self.on.get(self.metrics.selected()) == Some(&true);
        if !is_drawn && self.on.contains(&true) {
            // Starts from what is drawn, not from what is selected.
            self.metrics.select(self.on.iter().position(|on| *on).unwrap_or(0));
        }
        let next = (self.metrics.selected() + lines.rem_euclid(count as isize) as usize) % count;
        self.select(Entry::Metric(next));
        self.on = std::array::from_fn(|index| index == next);
    }

    /// The metrics that are drawn.
    pub fn drawn(&self) -> Vec<Metric> {
        let on = Metric::ALL.into_iter().zip(self.on).filter(|(_, on)| *on);
        on.map(|(metric, _)| metric).collect()
    }

    /// Whose curves are drawn.
    pub fn shown(&self, scene: &Scene<'_>) -> Shown {
        let words = Words::new(scene.filter);
        let domains = 0..scene.run.domains.len();
        let is_on = |i: &usize| !self.hidden.contains(i) && words.fit(scene.domain(*i));
        let chosen = self.in_domains.then(|| self.domains.selected());
        Shown { domains: domains.filter(is_on).collect(), chosen }
    }
}

/// Domains whose curves are drawn.
pub(super) struct Shown {
    domains: BTreeSet<usize>,
    /// The one whose curves are in front.
    chosen: Option<usize>,
}

impl Shown {
    /// Whether the curves of a domain are drawn.
    pub fn has(&self, domain: usize) -> bool {
        self.domains.contains(&domain)
    }

    /// The domain whose curves are in front, if one is selected.
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// Whether a domain's curves are in front.
    pub fn is_chosen(&self, domain: usize) -> bool {
        self.chosen == Some(domain)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.domains.len()
    }
}
