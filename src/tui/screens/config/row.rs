use crate::telemetry::{ConfigOrigin, ConfigValue};
use crate::tui::look::Role;
use crate::tui::scene::{Scene, columns, put};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub field: String,
    pub value: String,
    pub origin: String,
    pub role_value: Role,
    pub role_origin: Role,
}

impl Row {
    /// A value that is as the config says.
    pub(super) fn of(value: &ConfigValue) -> Self {
        Row {
            field: value.field.clone(),
            value: value.value.clone(),
            origin: origin(value.origin),
            role_value: Role::Text,
            role_origin: match value.origin {
                ConfigOrigin::Override => Role::Title,
                ConfigOrigin::File(_) | ConfigOrigin::Default => Role::Dim,
            },
        }
    }
}

/// Where a value came from, in words.
pub(super) fn origin(origin: ConfigOrigin) -> String {
    match origin {
        ConfigOrigin::File(line) => format!("config line {line}"),
        ConfigOrigin::Override => "--set".into(),
        ConfigOrigin::Default => "default".into(),
    }
}

/// Columns that values take at most.
const LONGEST: u16 = 90;

/// Columns of the terminal that field, value and origin take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    field: u16,
    value: u16,
    origin: u16,
}

impl Widths {
    /// So that the longest field and origin have room as far as there is some. With `wide` origins,
    /// which tell of commands, values do without more than they need.
    pub(super) fn of(rows: &[Row], width: u16, wide: bool) -> Self {
        let longest = |text: fn(&Row) -> &str| {
            rows.iter().map(|row| columns(text(row))).max().unwrap_or(0).max(6)
        };
        let room = width.saturating_sub(4);
        let field = longest(|row| &row.field).min(if wide { 12 } else { room / 2 });
        let room = room.saturating_sub(field);
        let origin = match wide {
            true => room.saturating_sub(longest(|row| &row.value).min(room / 2)),
            false => longest(|row| &row.origin).min(room / 2),
        };
        // A long value does not push the origins of all others out of sight.
        let value = room.saturating_sub(origin).min(longest(|row| &row.value).min(LONGEST));
        let origin = room.saturating_sub(value);
        Widths { field, value, origin }
    }
}

/// Draws a row; whether its value had to be cut.
pub(super) fn draw(
    scene: &Scene<'_>,
    row: &Row,
    widths: Widths,
    area: Rect,
    buf: &mut Buffer,
) -> bool {
    let (look, x) = (scene.look, area.x + 1);
    let Widths { field, value, origin } = widths;
    put(buf, look, x, area.y, field, &row.field, scene.style(Role::Dim));
    let x = x + field + 1;
    put(buf, look, x, area.y, value, &row.value, scene.style(row.role_value));
    let x = x + value + 1;
    put(buf, look, x, area.y, origin, &row.origin, scene.style(row.role_origin));
    columns(&row.value) > value
}
