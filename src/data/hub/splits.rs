//! Which split a file belongs to by its name and folders, as Python's `datasets` tells it (its
//! `data_files.py`): a keyword counts where it is a whole word between `-`, `.`, `_`, spaces and digits.

/// A split of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Validation,
    Test,
}

/// The keywords of `datasets`.
const KEYWORDS: [(Split, &[&str]); 3] = [
    (Split::Train, &["train", "training"]),
    (Split::Validation, &["validation", "valid", "dev", "val"]),
    (Split::Test, &["test", "testing", "eval", "evaluation"]),
];

/// What a name says of the split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Of(Split),
    /// It has the words of several.
    Several,
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | ' ' | '0'..='9')
}

/// Whether a keyword is in a name: at its begin or behind a separator, and before one. The name of a
/// folder may also end with it.
fn holds(name: &str, keyword: &str, may_end: bool) -> bool {
    name.match_indices(keyword).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + keyword.len()..]);
        let begins = before.is_empty() || before.ends_with(is_separator);
        begins && (after.starts_with(is_separator) || may_end && after.is_empty())
    })
}

fn said(name: &str, may_end: bool) -> Said {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| holds(name, keyword, may_end));
    let mut splits = KEYWORDS.iter().filter(|(_, keywords)| has(keywords)).map(|(split, _)| *split);
    match (splits.next(), splits.next()) {
        (None, _) => Said::Nothing,
        (Some(split), None) => Said::Of(split),
        (Some(_), Some(_)) => Said::Several,
    }
}

/// What the name of a file says, without its folders.
pub(super) fn by_name(path: &str) -> Said {
    said(path.rsplit('/').next().unwrap_or(path), false)
}

/// What its folders say: the one nearest to it that says anything.
pub(super) fn by_folder(path: &str) -> Said {
    let folders = path.rsplit('/').skip(1).map(|folder| said(folder, true));
    folders.into_iter().find(|said| *said != Said::Nothing).unwrap_or(Said::Nothing)
}

/// What a bare word, such as the name of a split, says.
pub(super) fn by_word(word: &str) -> Said {
    said(word, true)
}

/// The split that the name of a shard gives: `train` of `data/train-00000-of-00003.parquet`.
pub(super) fn of_shard(path: &str) -> Option<&str> {
    let name = path.strip_prefix("data/").filter(|name| !name.contains('/'))?;
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    name.match_indices("-of-").find_map(|(at, _)| {
        let count = name.get(at + 4..at + 9).filter(|count| is_number(count));
        let number = at.checked_sub(5).and_then(|from| name.get(from..at)).filter(|n| is_number(n));
        count.and(number)?;
        let has_ending = name.get(at + 9..)?.contains('.');
        let split = name.get(..at - 5)?.strip_suffix('-').filter(|split| !split.is_empty())?;
        has_ending.then_some(split)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_counts_where_it_is_a_whole_word() {
        use Said::{Nothing, Of, Several};
        use Split::{Test, Train, Validation};
        for (name, expected) in [
            ("train.csv", Of(Train)),
            ("my_train_1.csv", Of(Train)),
            ("x-training.jsonl.gz", Of(Train)),
            ("a/train0.csv", Of(Train)),
            ("dev.json", Of(Validation)),
            ("wiki.valid.txt", Of(Validation)),
            ("evaluation-01.json", Of(Test)),
            ("trainset.csv", Nothing),
            ("mytrain.csv", Nothing),
            ("Train.csv", Nothing),
            ("contest.csv", Nothing),
            ("train", Nothing),
            ("train-test.csv", Several),
        ] {
            assert_eq!(by_name(name), expected, "{name}");
        }
        for (path, expected) in [
            ("train/a.csv", Of(Train)),
            ("x/my-train/a.csv", Of(Train)),
            ("x/train_2/y/a.csv", Of(Train)),
            ("eval/train/a.csv", Of(Train)),
            ("train/test/a.csv", Of(Test)),
            ("x/a-train.csv", Nothing),
            ("train.csv", Nothing),
        ] {
            assert_eq!(by_folder(path), expected, "{path}");
        }
    }

    #[test]
    fn a_shard_names_its_split() {
        for (path, split) in [
            ("data/train-00000-of-00003.parquet", Some("train")),
            ("data/train_sft-00002-of-00003-3f1b.parquet", Some("train_sft")),
            ("train-00000-of-00003.parquet", None),
            ("data/x/train-00000-of-00003.parquet", None),
            ("data/train-0-of-3.parquet", None),
            ("data/-00000-of-00003.parquet", None),
            ("data/train-00000-of-00003", None),
            ("data/länge-of-00003.parquet", None),
        ] {
            assert_eq!(of_shard(path), split, "{path}");
        }
    }
}
