//! The texts of the base model on disk: `samples.jsonl`, a header and then one text a line.

use super::error::DetectError;
use crate::disk;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One text of the base model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledText {
    /// Number of its iteration, from 1.
    pub iteration: u64,
    /// Its number in the iteration, from 0.
    pub sample: u64,
    /// Number of its random stream.
    pub seed: u64,
    /// Its tokens, without start and end.
    pub tokens: Vec<u32>,
    /// The tokens, decoded.
    pub text: String,
    /// The judge's result; left out until the detection has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<TextJudgement>,
}

/// A judge's result for a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TextJudgement {
    /// Probability of each domain, in the order of the run's domains.
    Judged {
        /// One for each domain; they sum to 1.
        probabilities: Vec<f64>,
    },
    /// There was no usable answer.
    Unjudged {
        /// Why not, in a sentence.
        unjudged: String,
    },
}

/// The first line: the fingerprint of everything that decides the texts.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    sampling: String,
}

/// The file, and the texts that it holds.
///
/// Texts are appended batch by batch. If a kill left part of a batch, the part is removed when the file
/// is opened again: the batch is drawn again as a whole, which gives the same texts.
#[derive(Debug)]
pub struct Samples {
    path: PathBuf,
    header: Header,
    file: File,
    texts: Vec<SampledText>,
    replaced: bool,
}

impl Samples {
    /// Opens `samples.jsonl` in `folder`, or makes it. `sampling` is the fingerprint of what decides the
    /// texts: a file of other texts is replaced. `is_whole` tells whether so many texts are whole
    /// batches.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(
        folder: &Path,
        sampling: &str,
        is_whole: impl Fn(usize) -> bool,
    ) -> Result<Self, DetectError> {
        std::fs::create_dir_all(folder).map_err(DetectError::io("create the folder", folder))?;
        let path = folder.join("samples.jsonl");
        let header = Header { sampling: sampling.into() };
        let found = read(&path, &header).map_err(DetectError::io("read", &path))?;
        let replaced = path.exists() && found.is_none();
        let mut texts = found.unwrap_or_default();
        while !is_whole(texts.len()) {
            texts.pop();
        }
        write(&path, &header, &texts).map_err(DetectError::io("write", &path))?;
        let file = OpenOptions::new()
            .append(true)
            .mode(disk::OWNER_ONLY)
            .open(&path)
            .map_err(DetectError::io("open", &path))?;
        Ok(Samples { path, header, file, texts, replaced })
    }

    /// The file, if it held texts of another model or of other sampling options, which were removed.
    pub fn replaced(&self) -> Option<&Path> {
        self.replaced.then_some(&self.path)
    }

    /// All texts so far.
    pub fn texts(&self) -> &[SampledText] {
        &self.texts
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, batch: Vec<SampledText>) -> Result<(), DetectError> {
        let mut add = || -> std::io::Result<()> {
            self.file.write_all(&lines(&batch)?)?;
            self.file.sync_data()
        };
        add().map_err(DetectError::io("write", &self.path))?;
        self.texts.extend(batch);
        Ok(())
    }

    /// Writes the file again, with a judgement for every text.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_judgements(mut self, judgements: Vec<TextJudgement>) -> Result<(), DetectError> {
        for (text, judgement) in self.texts.iter_mut().zip(judgements) {
            text.judgement = Some(judgement);
        }
        write(&self.path, &self.header, &self.texts).map_err(DetectError::io("write", &self.path))
    }
}

/// The complete lines of a file with the same header; `None` if there is no such file. A kill may tear
/// the last line anywhere, in a character too: what comes after the last line feed does not count.
fn read(path: &Path, header: &Header) -> std::io::Result<Option<Vec<SampledText>>> {
    let content = match std::fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut lines = content.split_inclusive(|b| *b == b'\n').filter(|line| line.ends_with(b"\n"));
    let first = lines.next().and_then(|line| serde_json::from_slice::<Header>(line).ok());
    if first.as_ref() != Some(header) {
        return Ok(None);
    }
    let texts = lines.map_while(|line| serde_json::from_slice::<SampledText>(line).ok());
    Ok(Some(texts.map(|text| SampledText { judgement: None, ..text }).collect()))
}

fn write(path: &Path, header: &Header, texts: &[SampledText]) -> std::io::Result<()> {
    let mut content = serde_json::to_vec(header)?;
    content.push(b'\n');
    content.extend(lines(texts)?);
    disk::write_atomic(path, &content, disk::OWNER_ONLY)
}

fn lines(texts: &[SampledText]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for text in texts {
        serde_json::to_writer(&mut bytes, text)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sample: u64) -> SampledText {
        SampledText {
            iteration: 1,
            sample,
            seed: 7 + sample,
            tokens: vec![5, 6],
            text: format!("text {sample}\nof two lines, the last one longer: é"),
            judgement: None,
        }
    }

    #[test]
    fn whole_batches_survive_a_torn_line_and_other_texts_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let even = |count: usize| count.is_multiple_of(2);
        let mut samples = Samples::open(dir.path(), "a", even).unwrap();
        samples.append(vec![text(0), text(1)]).unwrap();
        samples.append(vec![text(2), text(3)]).unwrap();
        drop(samples);
        // As a kill anywhere in the last line leaves it, within a character too.
        let path = dir.path().join("samples.jsonl");
        let whole = std::fs::read(&path).unwrap();
        let in_a_character = whole.iter().rposition(|byte| !byte.is_ascii()).unwrap();
        for end in [in_a_character, whole.len() - 1, whole.len() - 9] {
            std::fs::write(&path, &whole[..end]).unwrap();
            let mut samples = Samples::open(dir.path(), "a", even).unwrap();
            assert_eq!(samples.texts(), [text(0), text(1)]);
            samples.append(vec![text(2), text(3)]).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
        let samples = Samples::open(dir.path(), "a", even).unwrap();
        assert_eq!(samples.replaced(), None);
        let others = Samples::open(dir.path(), "b", even).unwrap();
        assert!(others.texts().is_empty());
        assert_eq!(others.replaced(), Some(&*path));
    }

    #[test]
    fn judgements_are_written_beside_the_texts_and_forgotten_when_the_file_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut samples = Samples::open(dir.path(), "a", |_| true).unwrap();
        samples.append(vec![text(0), text(1)]).unwrap();
        let judged = TextJudgement::Judged { probabilities: vec![0.25, 0.75] };
        let unjudged = TextJudgement::Unjudged { unjudged: "no answer".into() };
        samples.write_judgements(vec![judged, unjudged]).unwrap();
        let file = std::fs::read_to_string(dir.path().join("samples.jsonl")).unwrap();
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].ends_with(r#""judgement":{"probabilities":[0.25,0.75]}}"#), "{file}");
        assert!(lines[2].ends_with(r#""judgement":{"unjudged":"no answer"}}"#), "{file}");
        let again = Samples::open(dir.path(), "a", |_| true).unwrap();
        assert_eq!(again.texts(), [text(0), text(1)]);
    }
}
