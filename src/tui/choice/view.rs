//! The picture of the list.

use super::line::RunLine;
use super::state::RunChoice;
use crate::tui::draw::{
    Align, Canvas, Column, Line, Panel, Table, below_title, columns, dotted, split_rows,
};
use crate::tui::input::Action;
use crate::tui::look::{Glyphs, Role};
use crate::unit::{ago_text, grouped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns that a name takes at most.
const NAME: u16 = 24;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Lamp,
    Name,
    State,
    Step,
    Loss,
    Best,
    Age,
    Who,
    Folder,
}

/// Where the runs are listed on a terminal of this area.
pub(super) fn list_area(area: Rect) -> Rect {
    Table::<Field>::body(below_title(panel_area(area)))
}

/// All but the last line.
fn panel_area(area: Rect) -> Rect {
    split_rows(area, area.height.saturating_sub(1)).0
}

pub(super) fn frame(choice: &RunChoice) -> Buffer {
    let mut picture = Buffer::empty(choice.area());
    let mut canvas = Canvas::new(&mut picture, &choice.look);
    canvas.paint(choice.look.theme.ground());
    let area = canvas.area();
    let runs = choice.shown();
    let mut part = canvas.within(panel_area(area));
    let mut inside = part.panel(Panel::new("runs").right(counts(choice)));
    let table = Table {
        columns: fields(&runs, area.width),
        len: runs.len(),
        list: Some(&choice.list),
        sort: None,
    };
    table.draw(&mut inside, |field, row, cell| {
        if let Some(run) = runs.get(row) {
            draw(choice, run, field, cell);
        }
    });
    if runs.is_empty() {
        let text = match (choice.runs.is_empty(), choice.is_complete) {
            (false, _) => "no run fits the filter; esc clears it",
            (true, true) => "there are no runs here; q leaves",
            (true, false) => "looking for runs",
        };
        canvas.within(list_area(area)).note(text);
    }
    last_line(choice, &mut canvas);
    picture
}

fn counts(choice: &RunChoice) -> String {
    let live = choice.runs.iter().filter(|run| run.is_live).count();
    let ended = choice.runs.len() - live;
    let goes_on = if live == 1 { "goes on" } else { "go on" };
    let has_ended = if ended == 1 { "has ended" } else { "have ended" };
    let more = if choice.is_complete { "" } else { "looking for more" };
    dotted(&choice.look, [format!("{live} {goes_on}"), format!("{ended} {has_ended}"), more.into()])
}

/// The columns that fit, the most important first.
fn fields(runs: &[&RunLine], width: u16) -> Vec<Column<Field>> {
    let widest = |text: fn(&RunLine) -> String, least: u16| {
        runs.iter().map(|run| columns(&text(run))).max().unwrap_or(0).max(least)
    };
    let name = widest(|run| run.name.clone(), 4).min(NAME);
    let step = widest(steps, 4);
    let column = |key, title: &str, width, align| Column { key, title: title.into(), width, align };
    let mut fields = vec![
        column(Field::Lamp, "", 3, Align::Left(1)),
        column(Field::Name, "run", name + 1, Align::Left(0)),
        column(Field::State, "state", 0, Align::Left(0)),
        column(Field::Step, "step", step + 1, Align::Right),
        column(Field::Loss, "loss", 8, Align::Right),
        column(Field::Best, "best", 8, Align::Right),
        column(Field::Age, "began", 12, Align::Right),
    ];
    // As much of the state as there is, and at least so much that it can be told from others.
    let state = widest(|run| run.state.clone(), 5) + 1;
    let taken = |fields: &[Column<Field>]| fields.iter().map(|field| field.width).sum::<u16>();
    while taken(&fields) + state.min(16) > width && fields.len() > 4 {
        fields.pop();
    }
    let free = width.saturating_sub(taken(&fields));
    fields[2].width = state.min(free).min(36);
    let mut free = free - fields[2].width;
    let who = widest(|run| run.who.clone(), 3) + 2;
    let folder = widest(|run| run.folder.display().to_string(), 6) + 2;
    for (key, title, wanted) in [(Field::Who, "who", who), (Field::Folder, "folder", folder)] {
        if free >= wanted.min(16) {
            fields.push(column(key, title, wanted.min(free), Align::Left(2)));
            free -= wanted.min(free);
        }
    }
    fields
}

fn steps(run: &RunLine) -> String {
    match run.steps {
        0 => String::new(),
        steps => format!("{}/{}", grouped(run.step), grouped(steps)),
    }
}

fn draw(choice: &RunChoice, run: &RunLine, field: Field, cell: &mut Line<'_>) {
    let glyphs = choice.look.glyphs();
    let loss = |loss: Option<f64>| {
        loss.map_or_else(|| glyphs.none.to_owned(), |loss| format!("{loss:.4}"))
    };
    match field {
        Field::Lamp => match choice.number(&run.folder) {
            Some(number) => cell.put(number.to_string(), Role::Accent),
            None => cell.put(lamp(glyphs, run), lamp_role(run)),
        },
        Field::Name => cell.put(&run.name, if run.is_live { Role::Accent } else { Role::Text }),
        Field::State => cell.put(&run.state, lamp_role(run)),
        Field::Step => cell.end(steps(run), Role::Text),
        Field::Loss => cell.end(loss(run.loss), Role::Text),
        Field::Best => cell.end(loss(run.best), Role::Dim),
        Field::Age => {
            let secs = choice.now_ms.saturating_sub(run.began_ms) / 1000;
            cell.end(ago_text(secs), Role::Dim)
        }
        Field::Who => cell.put(&run.who, Role::Dim),
        Field::Folder => cell.put(run.folder.display().to_string(), Role::Dim),
    };
}

fn lamp(glyphs: &Glyphs, run: &RunLine) -> &'static str {
    match (run.is_live, run.is_faulty) {
        (true, _) => glyphs.lamp,
        (false, true) => "!",
        (false, false) => glyphs.level,
    }
}

fn lamp_role(run: &RunLine) -> Role {
    match (run.is_live, run.is_faulty) {
        (true, _) => Role::Good,
        (false, true) => Role::Error,
        (false, false) => Role::Dim,
    }
}

fn last_line(choice: &RunChoice, canvas: &mut Canvas<'_>) {
    let last = canvas.area().height.saturating_sub(1);
    let mut line = canvas.line(last);
    line.skip(1).skip_end(1);
    if choice.filtering || choice.fault.is_none() && !choice.filter.value().is_empty() {
        line.put("filter / ", Role::Key).input(&choice.filter, choice.filtering);
        return;
    }
    if let Some(fault) = &choice.fault {
        line.put(fault, Role::Error);
        return;
    }
    let key = |action| choice.keys.key(action).unwrap_or_default();
    let marked = choice.marked.len();
    let compare = if marked > 1 { format!("compare {marked}") } else { "compare".into() };
    for (key, word) in [
        (key(Action::Choose), "open"),
        (key(Action::Filter), "filter"),
        ("space".into(), "mark"),
        ("c".into(), &compare),
        (key(Action::Leave), "leave"),
    ] {
        line.put(key, Role::Key).skip(1).put(word, Role::Dim).skip(3);
    }
}
