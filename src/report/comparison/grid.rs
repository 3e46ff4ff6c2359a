use super::super::cells::WIDTH;
use super::super::names::cut;

/// A table whose columns are as wide as their widest cell. The first row has the titles.
#[derive(Default)]
pub(super) struct Grid {
    rows: Vec<Vec<String>>,
    /// Columns whose cells begin below each other; those of others end below each other.
    left: Vec<usize>,
    /// Rows with a rule above them.
    rules: Vec<usize>,
}

impl Grid {
    /// A table with these titles; the columns of the numbers in `left` are flush left.
    pub fn new(titles: &[&str], left: &[usize]) -> Self {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Grid { rows: vec![titles], left: left.into(), rules: vec![1] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a rule below the rows until now.
    pub fn rule(&mut self) {
        if self.rules.last() != Some(&self.rows.len()) {
            self.rules.push(self.rows.len());
        }
    }

    /// Its lines, at most 100 columns wide: a longer one ends in `…`. `shown` writes a text as the locale can show it.
    pub fn text(&self, shown: &impl Fn(&str) -> String) -> String {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let width = |column: usize| {
            rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let whole = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
        let rule = format!(" {}\n", "─".repeat(whole.min(WIDTH - 1)));
        let mut text = String::new();
        for (number, row) in rows.iter().enumerate() {
            if self.rules.contains(&number) {
                text += &rule;
            }
            let cells = widths.iter().enumerate().map(|(column, width)| {
                let cell = cell(row, column);
                match self.left.contains(&column) {
                    true => format!("{cell:<width$}"),
                    false => format!("{cell:>width$}"),
                }
            });
            let line = format!(" {}", cells.collect::<Vec<_>>().join("  "));
            text += &(cut(line.trim_end(), WIDTH) + "\n");
        }
        text
    }
}
