use super::super::cells::{WIDTH, wrapped};
use super::super::names::cut;
use super::grid::Grid;
use super::words::name;
use crate::compare::Comparison;

/// Columns of a field at most.
const FIELD: usize = 36;

/// A line for each field that differs, a column for each run: as many runs below each other as do not fit beside each
/// other, each time with the baseline.
pub(super) fn config_text(comparison: &Comparison, shown: &impl Fn(&str) -> String) -> String {
    let config = &comparison.config;
    let mut text = wrapped(&counts(comparison));
    for index in &config.unknown {
        let run = &comparison.runs[*index].label;
        text += &wrapped(&format!("The record of {run} has no config: it ended before."));
    }
    if config.fields.is_empty() {
        return text;
    }
    let longest = config.fields.iter().map(|field| field.field.chars().count()).max();
    let field_width = longest.unwrap_or(0).clamp("field".len(), FIELD);
    let room = WIDTH - 1 - field_width;
    // The baseline and another run always fit beside each other.
    let columns: Vec<Vec<String>> = (0..comparison.runs.len())
        .map(|run| column(comparison, run, room / 2 - 2, shown))
        .collect();
    for runs in blocks(&columns, comparison.baseline, room) {
        let mut titles = vec!["field"];
        titles.extend(runs.iter().map(|run| columns[*run][0].as_str()));
        let mut grid = Grid::new(&titles, &(0..titles.len()).collect::<Vec<_>>());
        for (index, field) in config.fields.iter().enumerate() {
            let mut cells = vec![cut(&field.field, field_width)];
            cells.extend(runs.iter().map(|run| columns[*run][index + 1].clone()));
            grid.row(cells);
        }
        text += &format!("\n{}", grid.text(shown));
    }
    text
}

/// The name of a run and its values of the fields that differ, each cut to so many columns.
fn column(
    comparison: &Comparison,
    run: usize,
    most: usize,
    shown: &impl Fn(&str) -> String,
) -> Vec<String> {
    let values = comparison
        .config
        .fields
        .iter()
        .map(|field| cut(&shown(&field.shown(run, most).unwrap_or_else(|| "–".into())), most));
    [name(&comparison.runs[run])].into_iter().chain(values).collect()
}

/// The runs that are beside each other, block for block; the baseline is in each.
fn blocks(columns: &[Vec<String>], baseline: usize, room: usize) -> Vec<Vec<usize>> {
    let width =
        |run: usize| 2 + columns[run].iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for run in (0..columns.len()).filter(|run| *run != baseline) {
        match blocks.last_mut().filter(|_| used + width(run) <= room) {
            Some(block) => block.push(run),
            None => {
                blocks.push(vec![baseline, run]);
                used = width(baseline);
            }
        }
        used += width(run);
    }
    blocks
}

/// `2 fields of the configs differ, 41 fields are the same; put aside: name`.
fn counts(comparison: &Comparison) -> String {
    let config = &comparison.config;
    let differ = match config.fields.len() {
        0 => "The configs do not differ".to_owned(),
        1 => "1 field of the configs differs".to_owned(),
        count => format!("{count} fields of the configs differ"),
    };
    let same = match config.same {
        1 => "1 field is the same".to_owned(),
        count => format!("{count} fields are the same"),
    };
    let aside = match config.put_aside.is_empty() {
        true => String::new(),
        false => format!("; put aside: {}", config.put_aside.join(", ")),
    };
    format!("{differ}, {same}{aside}.")
}
