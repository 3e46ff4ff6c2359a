use crate::telemetry::{ConfigOrigin, ConfigValue};
use crate::tui::draw::{Line, columns};
use crate::tui::look::Role;

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(super) struct ConfigRow {
    pub field: String,
    pub value: String,
    pub origin: String,
    pub role_value: Role,
    pub role_origin: Role,
}

impl ConfigRow {
    /// A value that is as the config says.
    pub(super) fn new(value: &ConfigValue) -> Self {
        ConfigRow {
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
    /// So that the longest field and origin fit as far as that can be. With `wide` origins,
    /// which tell of commands, values do without more than they need.
    pub(super) fn new(rows: &[ConfigRow], width: u16, wide: bool) -> Self {
        let longest = |text: fn(&ConfigRow) -> &str| {
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
pub(super) fn draw(row: &ConfigRow, widths: Widths, line: &mut Line<'_>) -> bool {
    let Widths { field, value, origin } = widths;
    line.skip(1).cell(field, &row.field, Role::Dim).skip(1);
    line.cell(value, &row.value, row.role_value).skip(1);
    line.put_most(origin, &row.origin, row.role_origin);
    columns(&row.value) > value
}
