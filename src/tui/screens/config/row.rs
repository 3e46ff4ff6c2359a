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
    /// The row of a value that was not changed since the config was read.
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
    /// Widths for these rows in `width` columns: the longest field and origin fit as far as possible.
    /// `wide` origins, which describe commands, get all columns that the values leave.
    pub(super) fn new(rows: &[ConfigRow], width: u16, wide: bool) -> Self {
        let longest = |text: fn(&ConfigRow) -> &str| {
            rows.iter().map(|row| columns(text(row))).max().unwrap_or(0).max(6)
        };
        let free = width.saturating_sub(4);
        let field = longest(|row| &row.field).min(if wide { 17 } else { free / 2 });
        let free = free.saturating_sub(field);
        let origin = match wide {
            true => free.saturating_sub(longest(|row| &row.value).min(free / 2)),
            false => longest(|row| &row.origin).min(free / 2),
        };
        // One long value must not hide the origins of all others.
        let value = free.saturating_sub(origin).min(longest(|row| &row.value).min(LONGEST));
        let origin = free.saturating_sub(value);
        Widths { field, value, origin }
    }
}

/// Draws a row; returns whether its value was cut.
pub(super) fn draw(row: &ConfigRow, widths: Widths, line: &mut Line<'_>) -> bool {
    let Widths { field, value, origin } = widths;
    line.skip(1).cell(field, &row.field, Role::Dim).skip(1);
    line.cell(value, &row.value, row.role_value).skip(1);
    line.put_most(origin, &row.origin, row.role_origin);
    columns(&row.value) > value
}
