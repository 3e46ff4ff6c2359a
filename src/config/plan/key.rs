//! Secrets that a config names without holding them.

use super::KeySource;
use secrecy::SecretString;
use std::fs::File;
use std::io::Read;

/// Most bytes of a secret. A file that is longer cannot hold one.
const LONGEST: u64 = 16 << 10;

impl KeySource {
    /// The secret itself; `None` where none is needed. Environment variables are looked up by `env`.
    ///
    /// # Errors
    /// It is not there, or it cannot be a secret; the message holds nothing of it.
    pub fn read(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<SecretString>, String> {
        let text = match self {
            KeySource::None => return Ok(None),
            KeySource::Env(name) => env(name)
                .ok_or("the variable is not set, or is no text; set it, or choose another key")?,
            KeySource::File(path) => {
                let mut text = String::new();
                let read = File::open(path)
                    .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
                read.map_err(|error| format!("cannot be read: {error}"))?;
                text
            }
        };
        let secret = text.trim();
        let fits = !secret.is_empty() && secret.len() as u64 <= LONGEST;
        if fits && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Some(SecretString::from(secret)));
        }
        let found = match secret.len() {
            0 => "is empty",
            _ => "holds white space, characters that no key has, or too many of them",
        };
        Err(format!("{found}; a key is one word of visible ASCII characters"))
    }

    /// Where the secret comes from, in words.
    pub fn origin(&self) -> String {
        match self {
            KeySource::Env(name) => format!("environment variable {name}"),
            KeySource::File(path) => format!("file {}", path.display()),
            KeySource::None => "none".into(),
        }
    }
}
