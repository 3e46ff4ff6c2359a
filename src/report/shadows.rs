//! Where strategies that ran beside the one in force would have the weights.

use super::RunReport;
use super::names::cut;
use crate::mixing::Mixture;
use std::borrow::Cow;

/// Widest line, in columns.
const WIDTH: usize = 100;
/// Columns of a domain's name at most.
const NAME: usize = 24;
/// Columns of a weight: `0.125`.
const WEIGHT: usize = 5;

impl RunReport {
    /// A table with the weights in force and those of each shadow, a column each; empty where there
    /// are no shadows. `shown` writes a text as the locale can show it.
    pub(super) fn shadows_text(&self, shown: impl Fn(&str) -> Cow<'_, str>) -> String {
        let history = &self.state.history;
        let Some(in_force) = history.weights.as_ref().filter(|_| !history.shadows.is_empty())
        else {
            return String::new();
        };
        let shadows = history.shadows.iter().map(|shadow| (&*shadow.strategy, &shadow.weights));
        let columns: Vec<(&str, &Mixture)> =
            std::iter::once(("in force", in_force)).chain(shadows).collect();
        let names: Vec<String> =
            self.state.domains.iter().map(|name| cut(&shown(name), NAME)).collect();
        let longest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max();
        let name_width = longest(&names).unwrap_or(0).max("shadow".len());
        let most = ((WIDTH - 1 - name_width) / columns.len()).saturating_sub(2);
        let heads: Vec<String> =
            columns.iter().map(|(head, _)| cut(&shown(head), most.max(WEIGHT))).collect();
        let row = |name: &str, cells: &[String]| {
            let cells = cells.iter().zip(&heads).map(|(cell, head)| {
                format!("  {cell:>width$}", width = head.chars().count().max(WEIGHT))
            });
            format!(" {name:<name_width$}{}\n", cells.collect::<String>())
        };
        let weight = |weights: &Mixture, domain: usize| {
            let weight = weights.as_slice().get(domain);
            weight.map_or_else(String::new, |weight| format!("{weight:.3}"))
        };
        let mut text = format!("\n{}", row("shadow", &heads));
        for (domain, name) in names.iter().enumerate() {
            let cells: Vec<String> = columns.iter().map(|(_, w)| weight(w, domain)).collect();
            text += &row(name, &cells);
        }
        text
    }
}
