use super::error::OfflineError;

/// With fewer different rows of a domain, its line of the confusion matrix would mean nothing.
pub(super) const LEAST_ROWS: usize = 20;

/// How the classifier is fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineSettings {
    /// At most this many rows of each domain are learned from, drawn by the seed. Domains with
    /// fewer rows have the same weight as the others.
    pub rows_per_domain: usize,
    /// Parts of the cross-validation, 2..=20.
    pub folds: usize,
    /// Most characters of a text that are used.
    pub characters: usize,
}

impl Default for OfflineSettings {
    fn default() -> Self {
        OfflineSettings { rows_per_domain: 1_200, folds: 5, characters: 4_000 }
    }
}

impl OfflineSettings {
    /// # Errors
    /// A field outside its range.
    pub(super) fn check(&self) -> Result<(), OfflineError> {
        let out_of_range = |setting, found, allowed: String| {
            Err(OfflineError::OutOfRange { setting, found, allowed })
        };
        if self.rows_per_domain < LEAST_ROWS {
            let allowed = format!("at least {}", LEAST_ROWS);
            return out_of_range("rows_per_domain", self.rows_per_domain, allowed);
        }
        if !(2..=20).contains(&self.folds) {
            return out_of_range("folds", self.folds, "from 2 to 20".into());
        }
        if self.characters == 0 {
            return out_of_range("characters", self.characters, "at least 1".into());
        }
        Ok(())
    }

    /// The part of a text that is used.
    pub(super) fn cut<'a>(&self, text: &'a str) -> &'a str {
        let text = text.trim();
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => text[..end].trim_end(),
            None => text,
        }
    }
}
