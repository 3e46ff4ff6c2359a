//! A digest of everything that tokens are made of: the same inputs give the same tokens and the same
//! fingerprint, any other input gives another one.

use super::progress::Reporter;
use crate::data::encoder::{EncoderFacts, Recipe};
use crate::data::error::DataError;
use crate::data::plan::{DataPlan, DomainPlan, HeldOut, LossRule};
use crate::data::template::TemplateSource;
use crate::disk::{self, hex, sha256};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Changed whenever the same inputs give other tokens, or the files on disk another layout.
const VERSION: &str = "versatune/tokens/4";

/// Changed whenever the same tokenizer and template give other tokens.
const ENCODING_VERSION: &str = "versatune/encoding/1";

/// Changed whenever the same rows get other identities, or the same rule counts other messages.
const ROWS_VERSION: &str = "versatune/held-out/1";

/// Checksums of data files; a file that serves several domains is read once.
#[derive(Default)]
pub(super) struct FileSums(HashMap<PathBuf, String>);

impl FileSums {
    /// The checksum of a file, in hexadecimal digits.
    fn sum(&mut self, path: &Path, reporter: &mut Reporter) -> Result<String, DataError> {
        if let Some(known) = self.0.get(path) {
            return Ok(known.clone());
        }
        let file = disk::open(path).map_err(DataError::io("read", path))?;
        let total = file.metadata().map_err(DataError::io("read", path))?.len();
        let what = format!("checking {}", path.display());
        let (mut done, mut stopped) = (0, None);
        let sum = sha256(file, &mut |read| {
            done += read;
            reporter.report(&what, done, Some(total)).map_err(|stop| {
                stopped = Some(stop);
                io::ErrorKind::Interrupted.into()
            })
        });
        if let Some(stop) = stopped {
            return Err(stop);
        }
        let sum = sum.map_err(DataError::io("read", path))?;
        self.0.insert(path.to_owned(), sum.clone());
        Ok(sum)
    }
}

/// The fingerprint of one domain's tokens. What the files are called and where they are does not
/// matter.
pub(super) fn domain_fingerprint(
    plan: &DataPlan,
    domain: &DomainPlan,
    encoder: (&Recipe, &EncoderFacts),
    sums: &mut FileSums,
    reporter: &mut Reporter,
) -> Result<String, DataError> {
    let mut hash = Sha256::new_with_prefix(VERSION);
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    let (recipe, facts) = encoder;
    part(encoding_fingerprint(recipe).as_bytes());
    part(recipe.cut_by.as_deref().map(encoding_fingerprint).unwrap_or_default().as_bytes());
    part(facts.bos_token.as_bytes());
    let choices = (&plan.sequence_length, &plan.too_long, &plan.on_bad_row, &plan.held_out_limit);
    part(format!("{choices:?}").as_bytes());
    part(format!("{:?}", (&domain.format, &domain.only, &domain.limit)).as_bytes());
    part(format!("{:?}", (&plan.ignore_fields, &plan.loss, &plan.roles)).as_bytes());
    let tools = &recipe.choices.tools;
    part(tools.as_ref().map_or(String::new(), ToString::to_string).as_bytes());
    for path in &domain.train {
        part(sums.sum(path, reporter)?.as_bytes());
    }
    if let HeldOut::Share(share) = &domain.held_out {
        part(format!("share {share:?}").as_bytes());
    }
    // What any domain holds out in files, this one does not train on.
    for other in &plan.domains {
        if let HeldOut::Files(files) = &other.held_out {
            let own = std::ptr::eq(other, domain);
            part(format!("{own} {:?}", (&other.format, &other.only)).as_bytes());
            for path in files {
                part(sums.sum(path, reporter)?.as_bytes());
            }
        }
    }
    Ok(hex(hash))
}

/// The fingerprint of a tokenizer and a chat template: they make the same tokens of the same row.
pub(super) fn encoding_fingerprint(recipe: &Recipe) -> String {
    let Recipe { files, template, .. } = recipe;
    let (special, template) = (format!("{:?}", files.special), template.as_ref());
    let mut hash = Sha256::new_with_prefix(ENCODING_VERSION);
    for part in [
        files.definition.as_str(),
        &special,
        template.map_or("", TemplateSource::text),
        template.map_or("", TemplateSource::text_with_tools),
    ] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(hash)
}

/// The fingerprint of held-out rows, whatever the tokenizer and the order of the rows: the same for the same
/// rows under the same rule of what counts. `identities` are those of the rows.
pub(super) fn rows_fingerprint(mut identities: Vec<u64>, loss: &LossRule) -> String {
    identities.sort_unstable();
    let mut hash = Sha256::new_with_prefix(ROWS_VERSION);
    hash.update(format!("{loss:?}"));
    identities.iter().for_each(|identity| hash.update(identity.to_le_bytes()));
    hex(hash)
}

/// The fingerprint of all domains together, given by name and fingerprint: a resumed run recognizes its
/// data by it.
pub(super) fn corpus_fingerprint(domains: &[(&str, String)]) -> String {
    let mut hash = Sha256::new_with_prefix(VERSION);
    for (name, fingerprint) in domains {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update(fingerprint);
    }
    hex(hash)
}
