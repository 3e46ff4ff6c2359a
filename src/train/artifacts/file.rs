//! The files that hold a measurement. Their first line is a comment with the checksum of the rest: a
//! changed number would move the mixture in silence.

use crate::disk::{self, hex};
use crate::train::error::TrainError;
use crate::train::folder::write_atomic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Begins the first line.
const CHECKSUM: &str = "// sha256 of the lines below: ";

/// What a file holds, and what is to be said about it.
pub type Read<T> = (T, Option<String>);

/// Writes either file, whole or not at all.
pub fn write(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let form = ron::ser::PrettyConfig::default().compact_arrays(true);
    let text = ron::ser::to_string_pretty(value, form)
        .map_err(|error| TrainError::stored(path, error.to_string()))?;
    let text = format!("{text}\n");
    let sum = hex(Sha256::new_with_prefix(&text));
    write_atomic(path, format!("{CHECKSUM}{sum}\n{text}").as_bytes())
}

/// Reads either file.
///
/// # Errors
/// It cannot be read, or is not as it was written.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Read<T>, TrainError> {
    let text = disk::read_text(path, disk::LARGEST_TEXT)
        .map_err(|error| TrainError::io("read", path, error))?;
    let summed = text.strip_prefix(CHECKSUM).and_then(|rest| rest.split_once('\n'));
    let notice = match summed {
        Some((sum, content)) if sum == hex(Sha256::new_with_prefix(content)) => None,
        Some(_) => return Err(TrainError::stored(path, CHANGED)),
        None => Some(format!(
            "{} has no checksum in its first line, as older and handwritten files have none: it is \
             used as it is",
            path.display()
        )),
    };
    let value = ron::from_str(&text)
        .map_err(|error| TrainError::stored(path, format!("{error}; {MEASURE_AGAIN}")))?;
    Ok((value, notice))
}

const MEASURE_AGAIN: &str = "restore it, or remove it to have it measured again";

const CHANGED: &str = "it does not have the checksum of its first line, so that a number in it may be \
                       wrong; restore it, remove it to have it measured again, or, if you changed it \
                       yourself, remove its first line";

/// The entry of each domain, in this order; `name` is the domain of an entry.
///
/// # Errors
/// There is one of another domain, or one is missing.
pub(super) fn in_order<'e, T>(
    path: &Path,
    domains: &[String],
    entries: &'e [T],
    name: impl Fn(&T) -> &str,
) -> Result<Vec<&'e T>, TrainError> {
    if let Some(surplus) = entries.iter().map(&name).find(|name| !domains.iter().any(|d| d == name))
    {
        let why = format!("it names domain {surplus}; this run has {}", domains.join(", "));
        return Err(TrainError::stored(path, why));
    }
    let missing = |domain: &String| {
        TrainError::stored(path, format!("it has no entry for domain {domain}; measure it again"))
    };
    let entry = |domain| entries.iter().find(|entry| name(entry) == domain);
    domains.iter().map(|domain| entry(domain).ok_or_else(|| missing(domain))).collect()
}
