use super::RunReport;
use super::cells::{WIDTH, number, percent, with_error};
use super::cross::cross_text;
use super::names::cut;
use crate::telemetry::{AbandonedWay, BranchOrigin, DomainTable, MeasuringMark};
use crate::unit::{duration_text, grouped};
use crate::verdict::Verdict;
use std::borrow::Cow;

/// Columns after the name.
const COLUMNS: usize = 7;

/// What the numbers in brackets are.
const ERRORS: &str =
    " In brackets the standard error in the last digits: 0.0349(41) is 0.0349 ± 0.0041.\n";

/// One line of the table: a name and the columns after it.
struct TableRow {
    name: String,
    cells: [String; COLUMNS],
}

impl RunReport {
    /// The closing table, at most 100 columns wide: per domain the weight before and after, its share of
    /// the samples and of the target tokens since the start, the held-out loss before and
    /// after, ceiling, potential γ, what was forgotten since the start; then totals, and where shadows would have the weights. `shown` writes a text as the locale can show it.
    pub fn table_text(&self, shown: impl Fn(&str) -> Cow<'_, str>) -> String {
        let table = self.state.closing_table();
        let mut rows = vec![header()];
        rows.extend(table.iter().map(domain_row));
        rows.push(total_row(&table));
        for row in &mut rows {
            for cell in std::iter::once(&mut row.name).chain(&mut row.cells) {
                *cell = shown(cell).into_owned();
            }
        }
        let known = table.iter().any(|domain| domain.loss_error.is_some());
        let errors = if known { ERRORS } else { "" };
        let cross = cross_text(&self.state).unwrap_or_default();
        let shadows = self.shadows_text(&shown);
        let (title, rows, totals) = (self.title(), aligned(&rows), self.totals());
        shown(&format!("{title}\n\n{rows}{errors}\n{totals}{shadows}{cross}")).into_owned()
    }

    fn title(&self) -> String {
        let state = &self.state;
        let status = state.status_text(self.goes_on);
        format!(" {} · {} · {status}", state.run, state.strategy)
    }

    fn totals(&self) -> String {
        let (state, history) = (&self.state, &self.state.history);
        let steps = match state.steps {
            0 => history.step.to_string(), // it ended before it was planned
            // A resume may shorten the run to fewer steps than it has done.
            planned if history.step.0 > planned => {
                format!("{}, more than the {} planned", history.step, grouped(planned))
            }
            planned => format!("{} of {}", history.step, grouped(planned)),
        };
        let mut lines = vec![
            ("steps", steps),
            (
                "tokens",
                format!("{} trained on, of {} seen", grouped(self.tokens()), history.tokens),
            ),
            ("time", self.time()),
        ];
        let spent = self.spent();
        if !spent.is_empty() {
            lines.push(("spent", spent));
        }
        if history.expanded + history.held > 0 {
            let (expanded, held) = (grouped(history.expanded), grouped(history.held));
            lines.push(("threshold", format!("{expanded} expanded, {held} held")));
        }
        if let Some(measuring) = history.measuring {
            lines.push(("measuring", self.measuring(measuring)));
        }
        if let Some(BranchOrigin { run, step }) = &state.branched_from {
            lines.push(("branch", format!("of {run} from step {step} on")));
        }
        if let Some(left) = state.abandoned.back() {
            lines.push(("rollbacks", rollbacks(state.rollbacks, left)));
        }
        let verdict = Verdict::of(state).to_string();
        if !verdict.is_empty() {
            lines.push(("verdict", verdict));
        }
        lines.push(("run", self.dir.display().to_string()));
        lines.extend(self.models());
        lines.iter().map(|(word, text)| format!(" {word:<10} {text}\n")).collect()
    }

    /// Where the newest model is, and the best one.
    fn models(&self) -> Vec<(&'static str, String)> {
        let Some(newest) = &self.state.history.checkpoint else {
            return vec![("model", "no checkpoint was saved".into())];
        };
        let model = self.dir.join(&newest.path).display().to_string();
        let Some(best) = newest.best else { return vec![("model", model)] };
        let loss = format!("mean held-out loss {:.4}", best.loss);
        if best.step == newest.step {
            return vec![("model", format!("{model}, the best: {loss}"))];
        }
        let folder = self.state.checkpoint_path(best.step);
        let folder = folder.map_or_else(
            || format!("the checkpoint of step {}", best.step),
            |path| self.dir.join(path).display().to_string(),
        );
        vec![("model", model), ("best", format!("{folder}, {loss}"))]
    }

    /// `9 times, at most 32 rows of a domain: 2.9 % of the work, 4.1 % of the time`.
    fn measuring(&self, measuring: MeasuringMark) -> String {
        let history = &self.state.history;
        let all = history.step_secs + history.measuring_secs;
        let (work, time) = (100.0 * measuring.share, 100.0 * history.measuring_secs / all);
        let (times, rows) = (grouped(history.evaluations), grouped(measuring.rows));
        format!(
            "{times} times, at most {rows} rows of a domain: {work:.1} % of the work, {time:.1} % of the time"
        )
    }

    /// `training 92.1 %, measuring 6.0 %, saving 0.3 %, waiting for data 0.1 %, other 1.5 %`.
    fn spent(&self) -> String {
        let shares = self.state.history.time_spent().shares().into_iter();
        let parts: Vec<String> =
            shares.map(|(part, share)| format!("{part} {:.1} %", 100.0 * share)).collect();
        parts.join(", ")
    }

    fn time(&self) -> String {
        let (state, history) = (&self.state, &self.state.history);
        let secs = state.unix_ms.saturating_sub(state.began_ms) as f64 / 1000.0;
        let rate = history.tokens.0 as f64 / history.step_secs;
        let resumes = match state.resumes {
            0 => String::new(),
            1 => ", resumed once".into(),
            n => format!(", resumed {n} times"),
        };
        if rate.is_finite() {
            format!("{}{resumes}; {rate:.0} tokens/s in training", duration_text(secs))
        } else {
            format!("{}{resumes}", duration_text(secs))
        }
    }
}

/// `2, the last from step 33 to 20; what they left does not count`.
fn rollbacks(count: u64, newest: &AbandonedWay) -> String {
    let AbandonedWay { begin, end, .. } = newest;
    format!(
        "{}, the last from step {end} to {begin}; what they left does not count",
        grouped(count)
    )
}

fn header() -> TableRow {
    let words = ["weight", "samples", "targets", "held-out loss", "ceiling", "γ", "forgotten"];
    TableRow { name: "domain".into(), cells: words.map(String::from) }
}

fn domain_row(domain: &DomainTable) -> TableRow {
    let DomainTable { name, weight_first, weight_last, loss_first, loss_last, .. } = domain;
    let cells = [
        format!("{} → {}", number(*weight_first, 3), number(*weight_last, 3)),
        percent(domain.sample_share),
        percent(domain.token_share),
        format!("{} → {}", number(*loss_first, 4), number(*loss_last, 4)),
        number(domain.reference_loss.unwrap_or(f64::NAN), 4),
        with_error(domain.potential, domain.potential_error),
        with_error(domain.forgotten, domain.forgotten_error),
    ];
    TableRow { name: name.clone(), cells }
}

fn total_row(table: &[DomainTable]) -> TableRow {
    let mean = |of: fn(&DomainTable) -> f64| {
        number(table.iter().map(of).sum::<f64>() / table.len() as f64, 4)
    };
    let sum = |of: fn(&DomainTable) -> u64| grouped(table.iter().map(of).sum());
    let losses = format!("{} → {}", mean(|d| d.loss_first), mean(|d| d.loss_last));
    let none = String::new;
    let (samples, tokens) = (sum(|d| d.samples), sum(|d| d.tokens));
    let cells = [none(), samples, tokens, losses, none(), none(), none()];
    TableRow { name: "mean, sum".into(), cells }
}

fn aligned(rows: &[TableRow]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        rows.iter().map(|row| row.cells[column].chars().count()).max().unwrap_or(0)
    });
    let used: usize = widths.iter().map(|width| width + 2).sum();
    let longest = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let name_width = longest.min(WIDTH.saturating_sub(used + 1)).max(6);
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        if i == 1 || i + 1 == rows.len() {
            text += &format!(" {}\n", "─".repeat(name_width + used));
        }
        let cells = row.cells.iter().zip(widths).map(|(cell, width)| format!("  {cell:>width$}"));
        let name = cut(&row.name, name_width);
        let line = format!(" {name:<name_width$}{}", cells.collect::<String>());
        text += line.trim_end();
        text.push('\n');
    }
    text
}
