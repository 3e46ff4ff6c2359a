//! What conditions can look at, in Markdown.

use super::quantity::{NAMES, Name};
use super::situation::{NO_STEP, NO_STEP_HELP, SITUATIONS};

/// The values and situations: what `versatune help rules` ends with.
pub fn conditions_reference() -> String {
    let values = NAMES.iter().map(|(word, name, help)| {
        let written = match name {
            Name::Plain(_) => format!("`{word}`"),
            Name::OfDomain(_) => format!("`{word}(law)`"),
            Name::Either(_) => format!("`{word}`, `{word}(law)`"),
        };
        format!("| {written} | {help} |\n")
    });
    let situations = SITUATIONS.iter().map(|(words, _, help)| format!("| `{words}` | {help} |\n"));
    format!(
        "| value | what it is |\n|---|---|\n{}\n| situation | what it is |\n|---|---|\n{}\
         | `{NO_STEP} 10 min` | {NO_STEP_HELP} |\n",
        values.collect::<String>(),
        situations.collect::<String>(),
    )
}

/// The words that a condition may begin with in a run with these domains, and what each is.
pub fn condition_words(domains: &[String]) -> Vec<(String, &'static str)> {
    let mut words = Vec::new();
    for (word, name, help) in &NAMES {
        if !matches!(name, Name::OfDomain(_)) {
            words.push(((*word).to_owned(), *help));
        }
        if !matches!(name, Name::Plain(_)) {
            words.extend(domains.iter().map(|domain| (format!("{word}({domain})"), *help)));
        }
    }
    words.extend(SITUATIONS.iter().map(|(words, _, help)| ((*words).to_owned(), *help)));
    words
}
