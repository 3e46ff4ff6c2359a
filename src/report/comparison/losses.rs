use super::super::cells::{number, with_error, wrapped};
use super::super::names::cut;
use super::grid::Grid;
use super::words::{NAME, difference, name};
use crate::compare::{Comparison, Pairing};

/// What the numbers in brackets are.
const ERRORS: &str = "In brackets the standard error in the last digits: 0.0349(41) is 0.0349 ± 0.0041. That of a \
     difference over the same rows is paired: of the rows' own differences. A star: more than twice that.";

/// A line for each domain and run, and why differences are not paired.
pub(super) fn losses_text(comparison: &Comparison, shown: &impl Fn(&str) -> String) -> String {
    let titles = ["domain", "run", "held-out loss", "difference ", "over"];
    let mut grid = Grid::new(&titles, &[0, 1, 4]);
    for domain in &comparison.domains {
        grid.rule();
        for (index, (run, loss)) in comparison.runs.iter().zip(&domain.runs).enumerate() {
            let over = loss.difference.as_ref().map(|one| one.pairing.to_string());
            grid.row(vec![
                if index == 0 { cut(&domain.name, NAME) } else { String::new() },
                name(run),
                match run.domain(&domain.name) {
                    Some(_) => with_error(loss.loss.value, loss.loss.error),
                    None => number(f64::NAN, 4),
                },
                difference(loss, comparison.is_baseline(index)),
                over.unwrap_or_default(),
            ]);
        }
    }
    let notes = [ERRORS.to_owned()].into_iter().chain(notes(comparison));
    grid.text(shown) + &notes.map(|note| wrapped(&note)).collect::<String>()
}

/// Domains that are not compared row by row for a reason, and the runs of which that is so.
struct Note {
    why: String,
    domains: Vec<usize>,
    runs: Vec<usize>,
}

/// The notes, each in a sentence.
fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes: Vec<Note> = Vec::new();
    for run in 0..comparison.runs.len() {
        for note in of_run(comparison, run) {
            let is_same =
                |known: &&mut Note| known.why == note.why && known.domains == note.domains;
            match notes.iter_mut().find(is_same) {
                Some(known) => known.runs.push(run),
                None => notes.push(note),
            }
        }
    }
    let listed = |names: Vec<&str>| names.join(", ");
    let sentence = |note: &Note| {
        let runs = note.runs.iter().map(|run| comparison.runs[*run].label.as_str()).collect();
        let domains = note.domains.iter().map(|domain| comparison.domains[*domain].name.as_str());
        let of = match note.domains.len() == comparison.domains.len() {
            true => String::new(),
            false => format!(" of {}", listed(domains.collect())),
        };
        format!("Not paired: {}{of}: {}", listed(runs), note.why)
    };
    notes.iter().map(sentence).collect()
}

fn of_run(comparison: &Comparison, run: usize) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (index, domain) in comparison.domains.iter().enumerate() {
        let difference = domain.runs.get(run).and_then(|loss| loss.difference.as_ref());
        let Some(Pairing::Unpaired(why)) = difference.map(|one| &one.pairing) else { continue };
        let why = why.to_string();
        match notes.iter_mut().find(|note| note.why == why) {
            Some(note) => note.domains.push(index),
            None => notes.push(Note { why, domains: vec![index], runs: vec![run] }),
        }
    }
    notes
}
