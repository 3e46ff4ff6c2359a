//! `reference.ron`: reference losses, with what they were measured on. They hold for the same held-out rows
//! only; with another tokenizer they are converted by their nats per byte of text.

use super::file::{Read, in_order, read};
use crate::data::TextSize;
use crate::mixing::{CrossLosses, one_line};
use crate::train::error::TrainError;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

/// Reference losses (mastery ceilings), by domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredReference {
    /// What they were measured with: model, data and tuning in words.
    pub source: String,
    /// Of everything that decides them: other data or another tuning gives another one.
    pub fingerprint: String,
    /// Where and with which tokenizer; `None` in a file that does not say it.
    #[serde(default)]
    pub measured_with: Option<MeasuredWith>,
    /// One entry per domain measured so far.
    #[serde(rename = "ceilings")]
    pub reference_losses: Vec<StoredLoss>,
    /// Losses of some rows of every domain under the model that was tuned on each, for as many domains as
    /// were measured so far; `None` where they were not asked for.
    #[serde(default, rename = "cross_losses")]
    pub cross: Option<CrossLosses>,
}

/// Where reference losses come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredWith {
    /// The reference model in words.
    pub model: String,
    /// Digest of the tokenizer and the chat template of the model to tune, in whose tokens they are.
    pub tokenizer: String,
    /// Name of the run that measured them.
    pub run: String,
    /// When it did, in words.
    pub when: String,
}

/// One domain's reference loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredLoss {
    /// Name of the domain.
    pub domain: String,
    /// r: the lowest of the epochs' losses, nats per token of the target's tokenizer.
    pub loss: f64,
    /// Held-out loss of the untuned reference model and after each epoch.
    pub epochs: Vec<f64>,
    /// Steps of the tuning that were not taken because a number was not finite.
    #[serde(default)]
    pub skipped_steps: u64,
    /// The text that it was measured on; `None` in a file that does not say it.
    #[serde(default)]
    pub text: Option<MeasuredText>,
    /// Its rows one by one, for runs that measure some of them; `None` in a file that does not have them.
    #[serde(default)]
    pub rows: Option<StoredRows>,
}

/// The rows behind a reference loss, at the epoch that gave it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredRows {
    /// Identities of the rows: hashes of what they say.
    #[serde(with = "one_line")]
    pub identities: Vec<u64>,
    /// Sum of the losses of each row's target tokens, nats.
    #[serde(with = "one_line")]
    pub nats: Vec<f64>,
}

/// The held-out text that a reference loss was measured on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredText {
    /// Digest of the domain's held-out rows, whatever their tokenizer.
    pub held_out: String,
    /// Rows that were measured.
    pub rows: u64,
    /// Their counted text, in UTF-8 bytes.
    pub bytes: u64,
    /// The same in tokens of the target's tokenizer.
    pub tokens: u64,
    /// r in nats per byte of that text, which does not depend on the target's tokenizer.
    pub nats_per_byte: f64,
    /// Counted text of all held-out rows of the run that measured it.
    pub of: TextSize,
}

/// The held-out text of a domain of the run that reference losses are to serve.
#[derive(Clone, Copy, Debug)]
pub struct RunText<'a> {
    /// Name of the domain.
    pub domain: &'a str,
    /// Digest of its held-out rows.
    pub held_out: &'a str,
    /// Number of them.
    pub rows: u64,
    /// Their counted text.
    pub text: TextSize,
}

impl StoredReference {
    /// Reads a stored file.
    ///
    /// # Errors
    /// The file cannot be read, or is not as it was written.
    pub fn read(path: &Path) -> Result<Read<Self>, TrainError> {
        read(path)
    }

    /// What an interrupted measurement left behind, if it measured the same thing.
    ///
    /// # Errors
    /// The file cannot be read, or is not as it was written.
    pub fn begun(path: &Path, fingerprint: &str) -> Result<Option<Read<Self>>, TrainError> {
        match read::<Self>(path) {
            Ok((stored, notice)) => {
                let is_same = stored.fingerprint == fingerprint;
                Ok(is_same.then_some((stored, notice)))
            }
            Err(TrainError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The loss of one domain, if it was measured.
    pub fn loss(&self, domain: &str) -> Option<&StoredLoss> {
        self.reference_losses.iter().find(|reference_loss| reference_loss.domain == domain)
    }

    /// The losses of these domains, in their order, as they are in the file.
    ///
    /// # Errors
    /// It has other domains.
    pub fn unchecked(&self, path: &Path, domains: &[String]) -> Result<Vec<f64>, TrainError> {
        let stored = in_order(path, domains, &self.reference_losses, |stored| &stored.domain)?;
        Ok(stored.iter().map(|stored| stored.loss).collect())
    }

    /// The losses for a run whose tokenizer has this digest and which holds out this text, in nats per token
    /// of it. Those that were measured with another tokenizer are converted, and it is said how.
    ///
    /// # Errors
    /// The file has other domains, or its losses were measured on other rows, or it does not say on which.
    pub fn checked(
        &self,
        path: &Path,
        tokenizer: &str,
        texts: &[RunText<'_>],
    ) -> Result<(Vec<f64>, Option<String>), TrainError> {
        let domains: Vec<String> = texts.iter().map(|text| text.domain.to_owned()).collect();
        let stored = in_order(path, &domains, &self.reference_losses, |stored| &stored.domain)?;
        let refused = |why: String| Err(TrainError::stored(path, format!("{why}; {OTHERWISE}")));
        let Some(with) = &self.measured_with else { return refused(UNKNOWN.into()) };
        let (mut losses, mut converted) = (Vec::new(), Vec::new());
        for (stored, run) in stored.into_iter().zip(texts) {
            let Some(text) = &stored.text else { return refused(UNKNOWN.into()) };
            if text.held_out != run.held_out {
                return refused(other_rows(stored, text, run));
            }
            if with.tokenizer == tokenizer && text.of == run.text {
                losses.push(stored.loss);
                continue;
            }
            let loss = text.nats_per_byte * run.text.bytes as f64 / run.text.tokens as f64;
            if !loss.is_finite() {
                return refused(format!("its loss of {} is not known per byte", run.domain));
            }
            losses.push(loss);
            converted.push(conversion(stored, text, run, loss));
        }
        let notice = (!converted.is_empty()).then(|| {
            let why = match with.tokenizer == tokenizer {
                true => "another data.sequence_length",
                false => "another tokenizer or chat template",
            };
            format!(
                "the mastery ceilings of {} were measured with {why} on the same held-out rows; they are \
                 converted by their nats per byte of text: {}",
                path.display(),
                converted.join(", ")
            )
        });
        Ok((losses, notice))
    }
}

const UNKNOWN: &str = "it does not say with which tokenizer and on which held-out rows its losses were \
                       measured, as older and handwritten files do not";

const OTHERWISE: &str = "measure them again with `versatune reference`, or take them as they are with \
                         mixing.reference: Unchecked(\"…\")";

fn other_rows(stored: &StoredLoss, text: &MeasuredText, run: &RunText<'_>) -> String {
    format!(
        "its loss of {} was measured on other held-out rows ({} rows, {} bytes of counted text) than this \
         run holds out ({} rows, {} bytes), or another data.loss counted in them",
        stored.domain, text.rows, text.of.bytes, run.rows, run.text.bytes
    )
}

fn conversion(stored: &StoredLoss, text: &MeasuredText, run: &RunText<'_>, loss: f64) -> String {
    let cut = match text.of.bytes == run.text.bytes {
        true => String::new(),
        false => format!(" (of {} bytes of text; this run has {})", text.of.bytes, run.text.bytes),
    };
    format!("{} {:.4} -> {loss:.4}{cut}", stored.domain, stored.loss)
}

#[cfg(test)]
mod tests {
    use super::super::file::write;
    use super::*;
    use std::fs;

    const HELD_OUT: TextSize = TextSize { bytes: 1200, tokens: 300 };

    fn loss(domain: &str, loss: f64) -> StoredLoss {
        let text = MeasuredText {
            held_out: format!("rows of {domain}"),
            rows: 10,
            bytes: 1200,
            tokens: 300,
            nats_per_byte: loss * 300.0 / 1200.0,
            of: HELD_OUT,
        };
        StoredLoss { domain: domain.into(), loss, text: Some(text), ..StoredLoss::default() }
    }

    fn stored() -> StoredReference {
        let tokenizer = "of A".into();
        StoredReference {
            source: "a small model".into(),
            fingerprint: "f".into(),
            measured_with: Some(MeasuredWith { tokenizer, ..MeasuredWith::default() }),
            reference_losses: vec![loss("law", 3.74), loss("code", 2.5)],
            cross: None,
        }
    }

    fn run<'a>(domain: &'a str, held_out: &'a str, text: TextSize) -> RunText<'a> {
        RunText { domain, held_out, rows: 10, text }
    }

    fn checked(
        stored: &StoredReference,
        tokenizer: &str,
        text: TextSize,
    ) -> Result<(Vec<f64>, Option<String>), String> {
        let texts = [run("code", "rows of code", text), run("law", "rows of law", text)];
        let found = stored.checked(Path::new("reference.ron"), tokenizer, &texts);
        found.map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_rows_and_tokenizer_take_the_losses_as_they_are() {
        assert_eq!(checked(&stored(), "of A", HELD_OUT), Ok((vec![2.5, 3.74], None)));
    }

    /// 2.5 nats over 300 tokens are 750 nats of 1,200 bytes, which another tokenizer has in 400 tokens:
    /// 1.875 nats each.
    #[test]
    fn another_tokenizer_converts_them_by_the_bytes_of_the_same_text() {
        let (losses, notice) =
            checked(&stored(), "of B", TextSize { tokens: 400, ..HELD_OUT }).unwrap();
        assert_eq!(losses, [1.875, 2.805]);
        let notice = notice.unwrap();
        assert!(notice.contains("another tokenizer") && notice.contains("code 2.5000 -> 1.8750"));
        // Of longer rows that are cut elsewhere the loss per byte is the best guess.
        let longer = TextSize { bytes: 2400, tokens: 600 };
        let (losses, notice) = checked(&stored(), "of A", longer).unwrap();
        assert_eq!(losses, [2.5, 3.74]);
        let notice = notice.unwrap();
        assert!(notice.contains("data.sequence_length") && notice.contains("this run has 2400"));
    }

    #[test]
    fn losses_of_other_or_unknown_rows_are_refused_with_what_to_do() {
        let texts = [run("code", "others", HELD_OUT), run("law", "rows of law", HELD_OUT)];
        let path = Path::new("reference.ron");
        let error = stored().checked(path, "of A", &texts).unwrap_err().to_string();
        for needle in
            ["its loss of code", "10 rows, 1200 bytes", "versatune reference", "Unchecked("]
        {
            assert!(error.contains(needle), "no {needle} in {error}");
        }
        let mut old = stored();
        old.measured_with = None;
        let error = checked(&old, "of A", HELD_OUT).unwrap_err();
        assert!(error.contains("does not say") && error.contains("Unchecked("), "{error}");
        let mut without_text = stored();
        without_text.reference_losses[0].text = None;
        assert!(checked(&without_text, "of A", HELD_OUT).is_err());
        let domains = ["law".to_owned(), "code".to_owned()];
        assert_eq!(old.unchecked(path, &domains).unwrap(), [3.74, 2.5]);
        let error = old.unchecked(path, &domains[..1]).unwrap_err().to_string();
        assert!(error.contains("it names domain code"), "{error}");
    }

    /// 3.74 that became 1.74 would move the mixture in silence.
    #[test]
    fn a_changed_number_is_an_error_that_names_file_and_fix() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reference.ron");
        write(&path, &stored()).unwrap();
        assert_eq!(StoredReference::read(&path).unwrap(), (stored(), None));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("3.74", "1.74")).unwrap();
        let errors = [StoredReference::read(&path).err(), StoredReference::begun(&path, "f").err()];
        for error in errors {
            let error = error.unwrap().to_string();
            assert!(error.contains("reference.ron cannot be used"), "{error}");
            assert!(
                error.contains("checksum") && error.contains("remove its first line"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_without_a_checksum_is_read_with_a_notice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reference.ron");
        write(&path, &stored()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.split_once('\n').unwrap().1.replace("3.74", "1.74")).unwrap();
        let (found, notice) = StoredReference::read(&path).unwrap();
        assert_eq!(found.loss("law").unwrap().loss, 1.74);
        assert!(notice.unwrap().contains("reference.ron has no checksum"));
        let begun = |fingerprint| StoredReference::begun(&path, fingerprint).unwrap();
        assert!(begun("f").is_some() && begun("of other data").is_none());
        fs::remove_file(&path).unwrap();
        assert_eq!(StoredReference::begun(&path, "f").unwrap(), None);
    }

    /// As versions before this one wrote it.
    #[test]
    fn a_file_of_an_older_version_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reference.ron");
        let text = r#"(source: "a model", fingerprint: "f",
            ceilings: [(domain: "law", loss: 3.74, epochs: [3.9, 3.74])])"#;
        fs::write(&path, text).unwrap();
        let (found, _) = StoredReference::read(&path).unwrap();
        assert_eq!((found.reference_losses[0].loss, found.measured_with), (3.74, None));
    }
}
