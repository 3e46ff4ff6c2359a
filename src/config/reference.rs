//! The reference of the config in words, from the table of [fields](super::fields).

use super::fields::{self, Absent, Field, Read, Section};
use std::fmt::Write;

/// Every field of the config in Markdown, one heading per section. Each field has two lines: what it
/// means; and its type, default, range and unit, the word by which commands set it during a run, and
/// whether a resumed run obeys a change of it.
pub fn reference() -> String {
    let sections: Vec<String> = fields::sections().iter().map(section).collect();
    sections.join("\n")
}

fn section(section: &Section) -> String {
    let title = if section.path.is_empty() { "The run" } else { section.path };
    let mut text = format!("## {title}\n\n{}\n\n", section.help);
    for field in &section.fields {
        // Writing to a String does not fail.
        let _ = writeln!(text, "- `{}`: {}\n  {}", field.path, field.help, facts(field).join(" "));
    }
    text
}

/// What can be said of a field besides its meaning, in short sentences.
fn facts(field: &Field) -> Vec<String> {
    let mut facts = Vec::new();
    if let Read::Inside(variant) = field.read
        && !variant.is_empty()
    {
        facts.push(format!("Of `{variant}`."));
    }
    facts.push(format!("Type: {}.", field.form));
    facts.push(match &field.default {
        Absent::Value(value) => format!("Default: `{value}`."),
        Absent::Words(words) => format!("Default: {words}."),
        Absent::Required => "Required.".into(),
    });
    if !field.allowed.is_empty() {
        facts.push(format!("Allowed: {}.", field.allowed));
    }
    if !field.unit.is_empty() {
        facts.push(format!("Unit: {}.", field.unit));
    }
    if let Some(live) = field.live {
        facts.push(format!("Live: `{}` changes it during the run.", live.command()));
    }
    if let Read::UsedFor(other) = field.read {
        facts.push(format!("In `run.ron` it is part of `{other}`."));
    }
    if field.is_obeyed() {
        facts.push("A resume obeys a change.".into());
    }
    facts
}
