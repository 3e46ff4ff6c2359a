use super::note;
use crate::telemetry::DataSummary;
use crate::tui::draw::{
    Align, Canvas, Column, Line, Table, columns, dotted, lines_shown, number, split_rows,
};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::unit::grouped;

/// Columns of a count.
const COUNT: u16 = 9;
/// Lines above the domains: device, model, a free one.
const HEAD: u16 = 3;

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Domain,
    Rows,
    Tokens,
    HeldOut,
    /// Rows that were cut or left out.
    Lost,
}

/// Device, model, and the domains' data as they become ready.
pub(super) fn view(scene: &Scene<'_>, inside: &mut Canvas<'_>) {
    let run = scene.run;
    let device = run.device.as_ref().map(|device| {
        dotted(scene.look, [device.name.clone(), format!("{} ({})", device.model, device.why)])
    });
    note(inside, 0, device.as_deref().unwrap_or("choosing the device"));
    let model = run.model.as_ref();
    let model =
        model.map(|model| dotted(scene.look, [model.source.clone(), model.precision.clone()]));
    note(inside, 1, model.as_deref().unwrap_or("the weights are loaded after the data"));
    if run.data.is_empty() {
        let text = match &run.progress {
            Some(progress) => format!("{}: {}", progress.what, grouped(progress.done)),
            None => "reading the data".into(),
        };
        return note(inside, HEAD, &text);
    }
    let below = split_rows(inside.area(), HEAD).1;
    table(scene, &mut inside.within(below));
}

/// A line for each domain: those whose data are not ready have no numbers yet.
fn table(scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let names = scene.run.domains.iter().map(|name| columns(name)).max().unwrap_or(0);
    let column = |key, title: &str, width, align| Column { key, title: title.into(), width, align };
    let mut fields = vec![
        column(Field::Domain, "", names.clamp(6, scene.name_width().max(6)) + 1, Align::Left(1)),
        column(Field::Rows, "rows", COUNT, Align::Right),
        column(Field::Tokens, "tokens", COUNT, Align::Right),
        column(Field::HeldOut, "held out", COUNT + 1, Align::Right),
        column(Field::Lost, "cut, left out", COUNT + 6, Align::Right),
    ];
    while fields.iter().map(|field| field.width).sum::<u16>() > canvas.area().width {
        fields.pop();
    }
    let (all, rows) = (scene.run.domains.len(), Table::<Field>::body(canvas.area()).height);
    let len = lines_shown(all, usize::from(rows));
    if len < all {
        note(canvas, rows, &format!("{} more", all - len));
    }
    let table = Table { columns: fields, len, list: None, sort: None };
    table.draw(canvas, |field, domain, cell| {
        let name = scene.domain(domain);
        let data = scene.run.data.iter().find(|data| data.domain == name);
        match (field, data) {
            (Field::Domain, _) => {
                cell.put(name, scene.look.series(domain));
            }
            (field, Some(data)) => count(field, data, cell),
            (_, None) => {
                cell.end(scene.look.glyphs().none, Role::Dim);
            }
        }
    });
}

fn count(field: Field, data: &DataSummary, cell: &mut Line<'_>) {
    let lost = data.cut_rows + data.dropped_rows + data.skipped_rows;
    let (text, role) = match field {
        Field::Domain => return,
        Field::Rows => (grouped(data.train_rows), Role::Text),
        Field::Tokens => (number::count(data.train_tokens.0 as f64), Role::Text),
        Field::HeldOut => (grouped(data.held_out_rows), Role::Text),
        Field::Lost => (grouped(lost), if lost > 0 { Role::Warning } else { Role::Dim }),
    };
    cell.end(text, role);
}
