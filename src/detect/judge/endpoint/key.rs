use crate::config::KeySource;
use crate::detect::judge::error::JudgeError;
use crate::echo;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Replaces the key in texts.
const HIDDEN: &str = "[key]";
/// Characters of a server's text that are shown.
const SHOWN: usize = 300;

/// The secret, or none. It is read once; `Debug` does not show it.
#[derive(Clone, Debug, Default)]
pub(super) struct Key(SecretString);

impl Key {
    /// # Errors
    /// It is not there, or it cannot be a key; the message names the place and holds nothing of it.
    pub fn load(
        source: &KeySource,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, JudgeError> {
        let read = source
            .read(env)
            .map_err(|problem| JudgeError::Key { origin: source.origin(), problem })?;
        Ok(read.map_or_else(Key::default, Key))
    }

    /// Value of the `Authorization` header, marked so that nothing prints it.
    pub fn bearer(&self) -> Option<HeaderValue> {
        let key = self.0.expose_secret();
        if key.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// For async-openai's interface.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The text without the key, which servers echo in their error messages.
    pub fn scrub(&self, text: &str) -> String {
        match self.0.expose_secret() {
            "" => text.to_owned(),
            key => text.replace(key, HIDDEN),
        }
    }

    /// A server's text made fit for a message of ours: no key, one line, no control characters, short.
    pub fn excerpt(&self, text: &str) -> String {
        let scrubbed = self.scrub(text);
        let words = echo::line(&scrubbed).split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(SHOWN) {
            None => words,
            Some((end, _)) => format!("{}…", &words[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(value: &str) -> Result<Key, JudgeError> {
        Key::load(&KeySource::Env("JUDGE_KEY".into()), &|_| Some(value.into()))
    }

    #[test]
    fn a_key_comes_from_the_environment_or_a_file_without_its_line_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "sk-secret-1\n").unwrap();
        let from_file = Key::load(&KeySource::File(path.clone()), &|_| None).unwrap();
        assert_eq!(from_file.bearer().unwrap(), "Bearer sk-secret-1");
        assert_eq!(load(" sk-secret-1 ").unwrap().bearer().unwrap(), "Bearer sk-secret-1");
        assert!(Key::load(&KeySource::None, &|_| Some("x".into())).unwrap().bearer().is_none());

        let missing = Key::load(&KeySource::Env("JUDGE_KEY".into()), &|_| None).unwrap_err();
        assert!(missing.to_string().contains("JUDGE_KEY: the variable is not set"), "{missing}");
        std::fs::remove_file(&path).unwrap();
        let missing = Key::load(&KeySource::File(path.clone()), &|_| None).unwrap_err();
        assert!(missing.to_string().contains(&path.display().to_string()), "{missing}");
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_without_being_shown() {
        for bad in ["sk-two words", "sk-line\nbreak", "sk-ü", &"k".repeat(20_000)] {
            let text = load(bad).unwrap_err().to_string();
            assert!(text.contains("one word of visible ASCII"), "{text}");
            assert!(!text.contains("sk-") && !text.contains("kkkk"), "{text}");
        }
        assert!(load(" \n").unwrap_err().to_string().contains("is empty"));
    }

    #[test]
    fn neither_debug_nor_an_echo_shows_it() {
        let key = load("sk-secret-1").unwrap();
        let shown = format!("{key:?} {:?}", key.bearer());
        assert!(!shown.contains("secret-1"), "{shown}");
        assert_eq!(
            key.excerpt("no such key:\n sk-secret-1\x1b[2J"),
            "no such key: [key]\\u{1b}[2J"
        );
        // Cut after the key is gone, not before: half a key is too much.
        let long = format!("{}sk-secret-1", "x".repeat(SHOWN - 4));
        assert_eq!(key.excerpt(&long), format!("{}[key…", "x".repeat(SHOWN - 4)));
    }
}
