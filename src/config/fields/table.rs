//! All sections, in the order in which `run.ron` has them.

use super::field::{Field, Read};
use super::section::Section;
use super::{data, detection, mixing, output, run, schedule, screen, strategy, training};
use crate::config::field_path::{FieldPath, Key};
use std::sync::LazyLock;

static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    vec![
        run::run(),
        run::model(),
        data::data(),
        data::domain(),
        detection::detection(),
        detection::judge_fields(),
        mixing::mixing(),
        strategy::section(),
        mixing::tuning(),
        training::training(),
        output::evaluation(),
        output::samples(),
        output::checkpoint(),
        output::logging(),
        screen::screen(),
        schedule::schedule(),
        schedule::alerts(),
        schedule::notify(),
    ]
});

/// All sections of a config.
pub(in crate::config) fn sections() -> &'static [Section] {
    &SECTIONS
}

/// Every field of a config, section by section.
pub(in crate::config) fn all() -> impl Iterator<Item = &'static Field> {
    SECTIONS.iter().flat_map(|section| &section.fields)
}

/// The fields directly in a group, with their names in it: `data.domains[]` has `name`, `train` and
/// so on.
pub(in crate::config) fn below(
    group: &str,
) -> impl Iterator<Item = (&'static str, &'static Field)> {
    let prefix = format!("{group}.");
    all().filter_map(move |field| {
        let name = field.path.strip_prefix(&prefix)?;
        (!name.contains('.')).then_some((name, field))
    })
}

/// The field that is just at a path, such as `data.domains[3].train`; `None` for what is inside a value.
pub(in crate::config) fn just_at(path: &FieldPath) -> Option<&'static Field> {
    let mut general = String::new();
    path.0.iter().for_each(|key| go_on(&mut general, key));
    all().find(|field| field.path == general)
}

/// One step on in a path of the table.
fn go_on(general: &mut String, key: &Key) {
    match key {
        Key::Index(_) => general.push_str("[]"),
        Key::Name(_) if general == "data.domains" => general.push_str("[]"),
        Key::Name(name) if general.is_empty() => general.push_str(name),
        Key::Name(name) => general.push_str(&format!(".{name}")),
    }
}

/// The field of the value at a path of a plan, such as `data.domains.law.limit`. What is inside a value
/// (`mixing.strategy.alpha`) belongs to the field of that value.
pub(in crate::config) fn at_path(path: &FieldPath) -> Option<&'static Field> {
    let mut general = String::new();
    let mut found = None;
    for key in &path.0 {
        go_on(&mut general, key);
        let holds =
            |field: &&Field| field.path == general && !matches!(field.read, Read::Inside(_));
        found = all().find(holds).or(found);
    }
    found
}
