//! An error and its causes as one line.

/// The error and its causes, outermost first, joined by colons. Many messages repeat the cause
/// directly below them; such a cause is left out.
pub fn text(error: &anyhow::Error) -> String {
    let mut above = error.to_string();
    let mut text = above.clone();
    for cause in error.chain().skip(1).map(|cause| cause.to_string()) {
        if !cause.is_empty() && !repeats(&above, &cause) {
            text = format!("{text}: {cause}");
        }
        above = cause;
    }
    text
}

/// Whether a message holds its cause as a clause of its own, as in `cannot read x: {cause}; fix it`.
fn repeats(message: &str, cause: &str) -> bool {
    message.match_indices(cause).any(|(at, _)| {
        let (before, after) = (&message[..at], &message[at + cause.len()..]);
        let begins = before.is_empty() || before.ends_with(": ") || before.ends_with(" (");
        let ends = after.is_empty() || after.starts_with([';', ')', ',', ':', '\n']);
        let ends = ends || after.starts_with(". ");
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    /// An error with this message and cause.
    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Layer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.1.as_ref().map(|cause| cause as &(dyn std::error::Error + 'static))
        }
    }

    fn line(messages: &[&'static str]) -> String {
        let chain = messages
            .iter()
            .rev()
            .fold(None, |cause, message| Some(Box::new(Layer(message, cause))));
        text(&anyhow::Error::new(*chain.unwrap()))
    }

    #[test]
    fn a_cause_that_the_message_holds_is_not_repeated() {
        let full = "cannot write run/x: disk full; free some space";
        assert_eq!(line(&[full, "disk full"]), full);
        let sentence = "rows.jsonl: not JSON. Mend the row";
        assert_eq!(line(&[sentence, "not JSON"]), sentence);
        assert_eq!(line(&["a: b: c", "b: c", "c"]), "a: b: c");
        assert_eq!(line(&["the plan", "line 1: odd", "odd"]), "the plan: line 1: odd");
    }

    #[test]
    fn a_cause_whose_words_occur_by_chance_is_kept() {
        assert_eq!(line(&["cannot read notes.txt", "not"]), "cannot read notes.txt: not");
        assert_eq!(
            line(&["disk full of x", "cannot go on", "disk full"]),
            "disk full of x: cannot go on: disk full"
        );
        // The same words further up are not about this cause.
        assert_eq!(
            line(&["a: timed out", "the server", "timed out"]),
            "a: timed out: the server: timed out"
        );
    }
}
