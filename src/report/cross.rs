//! Which domains help and hurt each other: what tuning the reference model on one did to the losses of all.

use super::names::cut;
use crate::mixing::{Change, skill_graph};
use crate::telemetry::{CrossTable, RunState};
use serde::Serialize;

/// Domains of which the table is printed in full; of more, it would be wider than a terminal.
const COLUMNS: usize = 8;

/// Width of a column.
const COLUMN: usize = 10;

/// Most effects that are listed.
const LISTED: usize = 12;

/// `cross_losses` of `report --json`: `domains`, `rows` measured of each, `untuned` losses, and three tables
/// \[j\]\[i\] of domain i under the model that was tuned on domain j: `tuned` losses in nats per token,
/// `errors` (standard errors of the relative changes) and the `graph` that is derived from them.
#[derive(Debug, Serialize)]
pub struct CrossJson {
    domains: Vec<String>,
    #[serde(flatten)]
    table: CrossTable,
    graph: Vec<Vec<f64>>,
}

impl CrossJson {
    /// Of a run that has measured them.
    pub(super) fn of(state: &RunState) -> Option<Self> {
        let table = whole(state)?.clone();
        let graph = skill_graph(&table.untuned, &table.tuned);
        Some(CrossJson { domains: state.domains.clone(), table, graph })
    }
}

/// The table, if it is one of every domain under every other.
fn whole(state: &RunState) -> Option<&CrossTable> {
    state.cross.as_ref().filter(|table| table.is_of(state.domains.len()))
}

/// The relative change of every domain's loss by tuning on each, as lines of at most 100 characters; of many
/// domains the largest changes alone.
pub(super) fn cross_text(state: &RunState) -> Option<String> {
    let table = whole(state)?;
    let (least, most) = (table.rows.iter().min()?, table.rows.iter().max()?);
    let rows = if least == most { most.to_string() } else { format!("{least} to {most}") };
    let mut text = format!(
        "\n change of held-out loss by tuning the reference model on one domain alone, in % ({rows} rows a \
         domain;\n in brackets what is within twice its standard error)\n\n"
    );
    text += &match state.domains.len() <= COLUMNS {
        true => square(&state.domains, table),
        false => largest(&state.domains, table),
    };
    Some(text)
}

fn square(domains: &[String], table: &CrossTable) -> String {
    let width = domains.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(8, 18);
    let line = |name: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>COLUMN$}")).collect();
        format!(" {:<width$}{cells}\n", cut(name, width))
    };
    let header = domains.iter().map(|name| cut(name, COLUMN - 1)).collect();
    let mut text = line("tuned on", header);
    for (j, name) in domains.iter().enumerate() {
        text += &line(name, (0..domains.len()).map(|i| percent(table.change(j, i))).collect());
    }
    text
}

/// The largest clear changes of others' losses, those that help before those that hurt.
fn largest(domains: &[String], table: &CrossTable) -> String {
    let pairs = (0..domains.len()).flat_map(|j| (0..domains.len()).map(move |i| (j, i)));
    let others = pairs.filter(|(j, i)| i != j).map(|(j, i)| (j, i, table.change(j, i)));
    let mut clear: Vec<_> = others.filter(|(_, _, change)| change.is_clear()).collect();
    clear.sort_by(|(_, _, a), (_, _, b)| b.relative.abs().total_cmp(&a.relative.abs()));
    clear.truncate(LISTED);
    clear.sort_by(|(_, _, a), (_, _, b)| a.relative.total_cmp(&b.relative));
    let line = |(j, i, change): &(usize, usize, Change)| {
        let (by, of) = (cut(&domains[*j], 30), cut(&domains[*i], 30));
        format!(" {:>COLUMN$}  {of} by {by}\n", percent(*change))
    };
    clear.iter().map(line).collect()
}

/// `-23.1`, or `(+0.4)` where the change may be chance; `–` where it is not known.
fn percent(change: Change) -> String {
    let value = 100.0 * change.relative;
    match (value.is_finite(), change.is_clear()) {
        (false, _) => "–".into(),
        (true, true) => format!("{value:+.1} "),
        (true, false) => format!("({value:+.1})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(domains: usize) -> RunState {
        let tuned = |j: usize| {
            let loss = |i: usize| if i == j { 2.0 } else { 4.0 + 0.2 * j as f64 - 0.1 * i as f64 };
            (0..domains).map(loss).collect()
        };
        let table = CrossTable {
            rows: vec![32; domains],
            untuned: vec![4.0; domains],
            tuned: (0..domains).map(tuned).collect(),
            errors: vec![vec![0.02; domains]; domains],
        };
        let mut state = RunState::default();
        state.domains = (0..domains).map(|i| format!("domain {i} of some length")).collect();
        state.cross = Some(table);
        state
    }

    #[test]
    fn few_domains_are_a_square_of_changes() {
        let text = cross_text(&state(2)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[4].starts_with(" tuned on ") && lines[1].contains("32 rows"), "{text}");
        let last = lines[6].split_whitespace().rev().take(2).collect::<Vec<_>>();
        // Tuned on the second, the first has 4.2 instead of 4.0.
        assert_eq!(last, ["-50.0", "+5.0"], "{text}");
        assert!(lines[5].ends_with("-50.0     (-2.5)"), "{text}");
    }

    #[test]
    fn many_domains_are_their_largest_changes() {
        let text = cross_text(&state(12)).unwrap();
        let lines: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(lines.len(), LISTED);
        assert!(
            lines[11].contains("+55.0") && lines[11].contains("domain 0 of some length by"),
            "{text}"
        );
        for k in [2, 8, 12] {
            let text = cross_text(&state(k)).unwrap();
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= 100, "{widest}: {text}");
        }
    }

    #[test]
    fn a_table_that_is_not_of_these_domains_is_not_shown() {
        let mut other = state(3);
        other.domains.pop();
        assert!(cross_text(&other).is_none() && CrossJson::of(&other).is_none());
        let json = serde_json::to_value(CrossJson::of(&state(2)).unwrap()).unwrap();
        // Both gain 2.0 by themselves; the second gains 0.1 of it by the first.
        assert_eq!(json["graph"][0][0], 1.0);
        assert!((json["graph"][0][1].as_f64().unwrap() - 0.05).abs() < 1e-9);
        assert_eq!(json["tuned"][0][0], 2.0);
    }
}
