//! The picture of the comparison.

use super::help;
use super::layout::{Pane, Parts};
use super::rows::{self, Page};
use super::state::RunComparison;
use crate::compare::{Metric, RunLoss};
use crate::tui::draw::{Align, Canvas, Column, Line, Panel, Table, below_title, columns, dotted};
use crate::tui::input::Action;
use crate::tui::look::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns that the name of a run takes at most.
const NAME: u16 = 20;

/// A column of the list of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Sign,
    Name,
    Value,
    Difference,
    Steps,
}

pub(super) fn frame(compared: &RunComparison) -> Buffer {
    let mut picture = Buffer::empty(compared.area());
    let mut canvas = Canvas::new(&mut picture, &compared.look);
    canvas.paint(compared.look.theme.ground());
    let Parts { chart, runs, panes } = compared.parts();
    let left = canvas.area().x;
    compared.draw_chart(&mut canvas.within(chart));
    draw_runs(compared, &mut canvas.within(runs).divided(left));
    let alone = panes.len() == 1;
    for (pane, part) in panes {
        let mut part = canvas.within(part);
        let mut part = part.divided(left);
        let page = page(compared, pane, part.area().width);
        draw_page(compared, &page, alone, &mut part);
    }
    last_line(compared, &mut canvas);
    if compared.help {
        help::draw(&compared.keys, &mut canvas);
    }
    picture
}

/// What a pane shows in so many columns.
pub(super) fn page(compared: &RunComparison, pane: Pane, width: u16) -> Page {
    let width = width.saturating_sub(1);
    match pane {
        Pane::Losses => compared.losses_page(width),
        Pane::Config => compared.config_page(width),
        Pane::Interventions => compared.interventions_page(width),
    }
}

/// Where the runs are listed.
pub(super) fn list_area(compared: &RunComparison) -> Rect {
    Table::<Field>::body(below_title(compared.parts().runs))
}

fn draw_runs(compared: &RunComparison, canvas: &mut Canvas<'_>) {
    let runs = &compared.comparison.runs;
    let status = runs.get(compared.selected()).map(|run| run.status_text()).unwrap_or_default();
    let more = compared.runs.more(runs.len(), list_area(compared), compared.look.glyphs());
    let right = dotted(&compared.look, [status, more]);
    let mut inside = canvas.panel(Panel::new("runs").right(right));
    let width = inside.area().width;
    let table = Table {
        columns: fields(compared, width),
        len: runs.len(),
        list: Some(&compared.runs),
        sort: None,
    };
    table.draw(&mut inside, |field, row, cell| draw_cell(compared, row, field, cell));
}

fn fields(compared: &RunComparison, width: u16) -> Vec<Column<Field>> {
    let names = compared.comparison.runs.iter().map(|run| columns(&run.label)).max();
    let name = names.unwrap_or(0).clamp(4, NAME) + 1;
    let column = |key, title: &str, width, align| Column { key, title: title.into(), width, align };
    let mut fields = vec![
        column(Field::Sign, "", 3, Align::Left(1)),
        column(Field::Name, "run", name.min(width / 3), Align::Left(0)),
        column(Field::Value, "newest", 9, Align::Right),
        column(Field::Difference, "difference", 19, Align::Left(1)),
    ];
    let taken: u16 = fields.iter().map(|field| field.width).sum();
    let steps = compared.comparison.runs.iter().map(|run| columns(&run.steps_text())).max();
    let steps = steps.unwrap_or(0).max(5) + 1;
    if taken + steps <= width {
        fields.push(column(Field::Steps, "steps", steps, Align::Right));
    }
    fields
}

/// The loss of a run that belongs to what is drawn; none of a weight.
fn loss(compared: &RunComparison, run: usize) -> Option<&RunLoss> {
    let comparison = &compared.comparison;
    match compared.drawn() {
        Metric::MeanLoss => comparison.means.get(run),
        Metric::Loss(name) => {
            comparison.domains.iter().find(|domain| domain.name == *name)?.runs.get(run)
        }
        Metric::Weight(_) => None,
    }
}

fn draw_cell(compared: &RunComparison, run: usize, field: Field, cell: &mut Line<'_>) {
    let is_baseline = compared.comparison.is_baseline(run);
    match field {
        Field::Sign => {
            let (sign, style) = compared.sign(run);
            cell.put(sign, style);
        }
        Field::Name => {
            cell.put(compared.label(run), if is_baseline { Role::Accent } else { Role::Text });
        }
        Field::Value => {
            cell.end(compared.newest(run), Role::Text);
        }
        Field::Difference => match loss(compared, run) {
            Some(loss) => {
                for part in compared.difference(loss, is_baseline) {
                    cell.part(part.width).skip_end(1).end(&part.text, part.style);
                }
            }
            None if is_baseline => {
                cell.put("baseline", Role::Dim);
            }
            None => {}
        },
        Field::Steps => {
            let steps = compared.comparison.runs.get(run).map(|run| run.steps_text());
            cell.end(steps.unwrap_or_default(), Role::Dim);
        }
    }
}

/// A pane with its title. One that is `alone` says in the title which others there are.
fn draw_page(compared: &RunComparison, page: &Page, alone: bool, canvas: &mut Canvas<'_>) {
    let glyphs = compared.look.glyphs();
    let scrolled = compared.scrolled[page.pane as usize];
    let room = usize::from(canvas.area().height.saturating_sub(2));
    let more = match page.rows.len().saturating_sub(scrolled + room) {
        0 => String::new(),
        more => format!("{} {more}", glyphs.down),
    };
    let others = if alone { others(compared, page.pane) } else { String::new() };
    let right = dotted(&compared.look, [page.right.clone(), others, more]);
    let chosen = !alone && compared.pane == page.pane;
    let panel = Panel::new(page.title.clone()).right(right).chosen(chosen);
    let mut inside = canvas.panel(panel);
    rows::draw(&page.heads, 0, &mut inside);
    for (row, cells) in (1..).zip(page.rows.iter().skip(scrolled).take(room)) {
        rows::draw(cells, row, &mut inside);
    }
}

/// What ← and → turn to from a pane: `→ 3 configs, 2 interventions`.
fn others(compared: &RunComparison, pane: Pane) -> String {
    let comparison = &compared.comparison;
    let words = Pane::ALL.into_iter().filter(|other| *other != pane).map(|other| match other {
        Pane::Losses => "losses".to_owned(),
        Pane::Config => format!("{} fields", comparison.config.fields.len()),
        Pane::Interventions => format!("{} interventions", comparison.interventions.len()),
    });
    let words: Vec<String> = words.collect();
    format!("{} {}", compared.look.glyphs().arrow, words.join(", "))
}

fn last_line(compared: &RunComparison, canvas: &mut Canvas<'_>) {
    let last = canvas.area().height.saturating_sub(1);
    let mut line = canvas.line(last);
    line.skip(1).skip_end(1);
    if let Some(fault) = &compared.fault {
        line.put(fault, Role::Error);
        return;
    }
    let key = |action| compared.keys.key(action).unwrap_or_default();
    let hints = [
        (key(Action::NextScreen), "metric"),
        ("space".into(), "show"),
        ("b".into(), "baseline"),
        (key(Action::Help), "keys"),
        (key(Action::Leave), "leave"),
        (key(Action::Right), "turn"),
    ];
    for (key, word) in hints {
        // The keys are in the help, whatever fits here.
        if line.space() < columns(&key) + 1 + columns(word) {
            break;
        }
        line.put(key, Role::Key).skip(1).put(word, Role::Dim).skip(3);
    }
}
