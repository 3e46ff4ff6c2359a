//! The reference of the config in words, from the table of [fields](super::fields).

use super::fields::{self, Absent, Field, Read, Section};
use std::fmt::Write;

/// Every field of the config in Markdown, one heading per section: for each field its type, its
/// default, what is allowed, its unit, the word by which commands set it during a run, whether a
/// resumed run obeys a change of it, and what it means.
pub fn reference() -> String {
    let sections: Vec<String> = fields::sections().iter().map(section).collect();
    sections.join("\n")
}

fn section(section: &Section) -> String {
    let title = if section.path.is_empty() { "The run" } else { section.path };
    let mut text = format!("## {title}\n\n{}\n\n", section.help);
    section.fields.iter().for_each(|field| text += &line(field));
    text
}

fn line(field: &Field) -> String {
    let mut text = format!("- `{}`: {}", field.path, field.form);
    if let Read::Inside(variant) = field.read
        && !variant.is_empty()
    {
        // Writing to a String does not fail.
        let _ = write!(text, ", of `{variant}`");
    }
    text.push('.');
    let mut say = |label: &str, what: &str| {
        if !what.is_empty() {
            let _ = write!(text, " {label} {what}.");
        }
    };
    match &field.default {
        Absent::Value(value) => say("Default:", &format!("`{value}`")),
        Absent::Words(words) => say("Default:", words),
        Absent::Required => say("Has to be", "given"),
    }
    say("Allowed:", &field.allowed);
    say("Unit:", field.unit);
    if let Some(tunable) = field.live {
        say("Live:", &format!("`set {} …` changes it while the run goes on", tunable.name()));
    }
    if let Read::UsedFor(other) = field.read {
        say("Its value goes into", &format!("`{other}`"));
    }
    say("A resumed run", resume(field));
    let _ = writeln!(text, "\n  {}", field.help);
    text
}

/// What a resumed run does where the config was changed.
fn resume(field: &Field) -> &'static str {
    match (field.is_obeyed(), field.read) {
        (true, _) => "obeys a change",
        (false, Read::UsedFor(_)) => "",
        (false, _) => "keeps the value it began with",
    }
}
