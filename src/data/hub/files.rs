//! Which files of a data set are taken.
//!
//! A path names a file, a pattern those that it matches. Without one the files of a split are taken, as
//! Python's `datasets` finds them: those that the data set's README.md names, else of
//! `data/SPLIT-00000-of-00003.…` if there are such, else by their folders, else by their names, else all that
//! belong to no split.

use super::address::{folder_of, is_pattern};
use super::configs::{self, Config, README};
use super::paths::{MATCHING, is_data, is_hidden};
use super::splits::{Said, Split, by_folder, by_name, by_word, of_shard};
use super::taken::DataUse;
use crate::data::read::{KNOWN, family, is_data_file};
use crate::hub::{Scope, Want};
use glob::Pattern;
use std::collections::BTreeSet;
use std::path::Path;

/// Files that an error or a notice names.
const SHOWN: usize = 4;

/// The files that a run wants of a data set.
#[derive(Clone, Debug)]
pub(super) struct DataFiles {
    /// The file, folder or pattern that the address names.
    pub path: Option<String>,
    pub which: Which,
    /// What its README.md says, which counts where no path is named.
    pub configs: Vec<Config>,
}

/// README.md alone, out of the listing that [`DataFiles`] without a path chooses from.
#[derive(Clone, Debug)]
pub(super) struct Readme;

impl Want for Readme {
    fn scope(&self) -> Scope {
        Scope::Below(String::new())
    }

    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String> {
        Ok(names.iter().filter(|name| **name == README).map(|name| name.to_string()).collect())
    }

    fn is_whole(&self, _: &Path) -> Result<(), String> {
        Ok(())
    }
}

/// Which of the files that an address may mean.
#[derive(Clone, Debug)]
pub(super) enum Which {
    /// Those for this use.
    For(DataUse),
    /// Those that the run took before.
    These(Vec<String>),
}

/// The choice that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Sorted.
    pub files: Vec<String>,
    /// Data files among which they were chosen.
    pub among: usize,
    /// The config of the README.md whose files they are.
    pub config: Option<String>,
    /// Warnings, as parts of a sentence.
    pub remarks: Vec<String>,
}

impl Want for DataFiles {
    fn scope(&self) -> Scope {
        Scope::Below(self.path.as_deref().map_or("", folder_of).to_owned())
    }

    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String> {
        self.choice(names).map(|choice| choice.files)
    }

    fn is_whole(&self, _: &Path) -> Result<(), String> {
        Ok(())
    }
}

impl DataFiles {
    /// The files that are taken of those that there are, and what is to be said about it.
    ///
    /// # Errors
    /// There are none, or it is not clear which are meant.
    pub fn choice(&self, names: &[&str]) -> Result<Choice, String> {
        let of = match &self.which {
            Which::For(of) => *of,
            Which::These(files) => return these(files, names),
        };
        let Some(path) = &self.path else {
            return match &self.configs[..] {
                [] => split(names, "", of),
                configs => of_config(configs::the_default(configs)?, names, of),
            };
        };
        let inside = format!("{path}/");
        if names.binary_search(&path.as_str()).is_ok() {
            one(path)
        } else if is_pattern(path) {
            matching(path, names)
        } else if names.iter().any(|name| name.starts_with(&inside)) {
            split(names, &inside, of)
        } else {
            Err(format!("it has no file or folder {path}{}", instead(names)))
        }
    }
}

fn these(files: &[String], names: &[&str]) -> Result<Choice, String> {
    match files.iter().find(|file| names.binary_search(&file.as_str()).is_err()) {
        Some(gone) => Err(format!("the run began with its file {gone}, which is not there")),
        None => Ok(Choice { files: files.to_vec(), among: files.len(), ..Choice::default() }),
    }
}

fn one(path: &str) -> Result<Choice, String> {
    if !is_data_file(Path::new(path)) {
        return Err(format!("{path} is no data file by its name; known are {KNOWN}"));
    }
    Ok(Choice { files: vec![path.into()], among: 1, ..Choice::default() })
}

fn matching(pattern: &str, names: &[&str]) -> Result<Choice, String> {
    let compiled = Pattern::new(pattern).map_err(|error| error.to_string())?;
    let matched: Vec<&str> =
        names.iter().copied().filter(|name| compiled.matches_with(name, MATCHING)).collect();
    let files: Vec<String> = matched.iter().filter(is_data).map(|name| name.to_string()).collect();
    if files.is_empty() {
        let what = if matched.is_empty() { "no file" } else { "no data file" };
        return Err(format!("{what} of it matches {pattern}{}", instead(names)));
    }
    let mut remarks = Vec::new();
    let others = matched.len() - files.len();
    if others > 0 {
        remarks.push(format!("{others} more match {pattern} and are no data files by their names"));
    }
    Ok(Choice { among: files.len(), files, remarks, ..Choice::default() })
}

/// The files of the split for `of` of a config.
fn of_config(config: &Config, names: &[&str], of: DataUse) -> Result<Choice, String> {
    let mut choice = match config.files(names)? {
        None => split(names, &config.folder(), of)?,
        Some(named) => {
            let data: Vec<(&str, &str)> =
                named.into_iter().filter(|(file, _)| is_data(&file)).collect();
            let files = of_splits(&data, of)?;
            if files.is_empty() {
                return Err(nothing_of(of, &format!(" under the config {}", config.name), names));
            }
            let mut remarks = Vec::new();
            let files = of_one_family(files, &mut remarks);
            Choice { files, among: data.len(), remarks, ..Choice::default() }
        }
    };
    choice.config = Some(config.name.clone());
    choice.remarks.extend(config.remark());
    Ok(choice)
}

/// The files of the split for `of` among those whose paths begin with `inside`.
fn split(names: &[&str], inside: &str, of: DataUse) -> Result<Choice, String> {
    let data: Vec<&str> = names
        .iter()
        .filter(is_data)
        .filter_map(|name| name.strip_prefix(inside))
        .filter(|path| !is_hidden(path))
        .collect();
    let shards: Vec<(&str, &str)> =
        data.iter().filter_map(|path| Some((*path, of_shard(path)?))).collect();
    let chosen = match (shards.is_empty(), of) {
        (false, _) => of_splits(&shards, of)?,
        (true, DataUse::Train) => training(&data),
        (true, DataUse::HeldOut) => held_out(&data),
    };
    if chosen.is_empty() {
        return Err(nothing_of(of, " by their names", names));
    }
    let mut choice = Choice { among: data.len(), ..Choice::default() };
    let chosen = of_one_family(chosen, &mut choice.remarks);
    choice.remarks.extend(several_folders(&chosen));
    choice.files = chosen.into_iter().map(|path| format!("{inside}{path}")).collect();
    Ok(choice)
}

fn nothing_of(of: DataUse, how: &str, names: &[&str]) -> String {
    let what = match of {
        DataUse::Train => "training files",
        DataUse::HeldOut => "files of a validation or test split",
    };
    format!("no {what} are found in it{how}{}", instead(names))
}

fn by_folders(data: &[&'_ str], split: Split) -> Vec<String> {
    chosen(data, |path| by_folder(path) == Said::Of(split))
}

fn by_names(data: &[&'_ str], split: Split) -> Vec<String> {
    chosen(data, |path| by_folder(path) == Said::Nothing && by_name(path) == Said::Of(split))
}

fn chosen(data: &[&str], is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    data.iter().filter(|path| is_wanted(path)).map(|path| path.to_string()).collect()
}

fn training(data: &[&str]) -> Vec<String> {
    let of_none = |path: &str| by_folder(path) == Said::Nothing && by_name(path) == Said::Nothing;
    first_of([by_folders(data, Split::Train), by_names(data, Split::Train), chosen(data, of_none)])
}

fn held_out(data: &[&str]) -> Vec<String> {
    first_of([
        by_folders(data, Split::Validation),
        by_names(data, Split::Validation),
        by_folders(data, Split::Test),
        by_names(data, Split::Test),
    ])
}

/// The first choice that is not empty.
fn first_of<const N: usize>(choices: [Vec<String>; N]) -> Vec<String> {
    choices.into_iter().find(|files| !files.is_empty()).unwrap_or_default()
}

/// Of files with their splits, which may be others than the usual ones, such as `train_sft`.
///
/// # Errors
/// Several splits will do.
fn of_splits(files: &[(&str, &str)], of: DataUse) -> Result<Vec<String>, String> {
    let splits: BTreeSet<&str> = files.iter().map(|(_, split)| *split).collect();
    let usual: &[&str] = match of {
        DataUse::Train => &["train"],
        DataUse::HeldOut => &["validation", "test"],
    };
    let said: &[Said] = match of {
        DataUse::Train => &[Said::Of(Split::Train), Said::Nothing],
        DataUse::HeldOut => &[Said::Of(Split::Validation), Said::Of(Split::Test)],
    };
    let named = usual.iter().copied().find(|split| splits.contains(split));
    let fitting = || {
        let of = |said: &Said| splits.iter().copied().filter(|s| by_word(s) == *said).collect();
        said.iter().map(of).find(|found: &Vec<&str>| !found.is_empty()).unwrap_or_default()
    };
    let split = match named.map_or_else(fitting, |split| vec![split])[..] {
        [] => return Ok(Vec::new()),
        [split] => split,
        [first, ..] => {
            let all: Vec<&str> = splits.iter().copied().collect();
            let example =
                files.iter().find(|(_, split)| *split == first).map_or("", |(file, _)| file);
            return Err(format!(
                "it has the splits {}; name the files of one, such as {example}",
                all.join(", ")
            ));
        }
    };
    let files = files.iter().filter(|(_, other)| *other == split);
    Ok(files.map(|(path, _)| path.to_string()).collect())
}

/// Files of one format: the rows may be there in several. The most common is taken, as `datasets` does;
/// of equals the one that comes first there.
fn of_one_family(files: Vec<String>, remarks: &mut Vec<String>) -> Vec<String> {
    const ORDER: [&str; 4] = ["parquet", "arrow", "json", "csv"];
    let family = |file: &String| family(Path::new(file)).unwrap_or_default();
    let families: BTreeSet<&str> = files.iter().map(family).collect();
    let rank = |name: &&str| {
        let count = files.iter().filter(|file| family(file) == *name).count();
        let order = ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len());
        (count, std::cmp::Reverse(order))
    };
    let Some(best) = families.iter().copied().max_by_key(rank) else { return files };
    let all = files.len();
    let kept: Vec<String> = files.into_iter().filter(|file| family(file) == best).collect();
    if kept.len() < all {
        let others = all - kept.len();
        remarks.push(format!("{others} of another format than {best} are left out"));
    }
    kept
}

/// What is to be said of files in several folders that are no splits.
fn several_folders(files: &[String]) -> Option<String> {
    let top = |file: &String| {
        let (folder, _) = file.split_once('/')?;
        (by_word(folder) == Said::Nothing).then(|| folder.to_owned())
    };
    let folders: BTreeSet<String> = files.iter().filter_map(top).collect();
    (folders.len() > 1).then(|| {
        format!(
            "they lie in the folders {}, which may be data sets of their own: name one of them if they are",
            shown(&folders.iter().map(String::as_str).collect::<Vec<_>>())
        )
    })
}

/// What is there in place of what was wanted.
fn instead(names: &[&str]) -> String {
    let data: Vec<&str> = names.iter().filter(is_data).copied().collect();
    if !data.is_empty() {
        return format!("; its data files are {}; name those that are meant", shown(&data));
    }
    let has = if names.is_empty() { "nothing".into() } else { shown(names) };
    format!(
        "; it has {has}, and data files are {KNOWN}; the Hub may have a copy in Parquet: \
         `@refs/convert/parquet` behind the name"
    )
}

/// The first few of a list.
pub(super) fn shown(names: &[&str]) -> String {
    let few = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => few,
        more => format!("{few} and {more} more"),
    }
}
