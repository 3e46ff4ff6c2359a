/// Why a line is not a command, or why a command does not fit the run: what was found, what is
/// allowed, and the nearest word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(pub String);

pub(super) fn error<T>(text: String) -> Result<T, CommandError> {
    Err(CommandError(text))
}

/// `no command 'pasue'; did you mean pause? There are: pause, …`
pub(super) fn unknown<'a, T>(
    what: &str,
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Result<T, CommandError> {
    let known: Vec<&str> = known.into_iter().collect();
    let hint = nearest(found, known.iter().copied());
    let hint = hint.map_or(String::new(), |name| format!("did you mean {name}? "));
    error(format!("no {what} '{found}'; {hint}There are: {}", known.join(", ")))
}

/// The one of `known` that is spelled most like `word`, if one is at least half alike.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&word, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
