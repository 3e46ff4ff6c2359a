//! `configs` at the head of a data set's README.md: which files belong to which split, as `datasets` reads
//! them (its `utils/metadata.py` and `data_files.py`).

use super::paths::{MATCHING, is_hidden};
use glob::Pattern;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The file.
pub(super) const README: &str = "README.md";
/// The name of a config that has none, and of the one that is taken where there are several.
const DEFAULT: &str = "default";
/// What a config may say that changes nothing of a row here.
const MEANS_NOTHING: [&str; 5] =
    ["description", "version", "features", "drop_labels", "drop_metadata"];

/// A config of a data set.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    #[serde(rename = "config_name", default = "default_name")]
    pub name: String,
    #[serde(default)]
    default: bool,
    data_files: Option<Splits>,
    data_dir: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

fn default_name() -> String {
    DEFAULT.into()
}

/// Patterns of files: without a split they are those of `train`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Splits {
    Listed(Vec<Split>),
    Named(BTreeMap<String, Patterns>),
    Train(Patterns),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    split: String,
    path: Patterns,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Several(Vec<String>),
}

impl Patterns {
    fn list(&self) -> &[String] {
        match self {
            Patterns::One(pattern) => std::slice::from_ref(pattern),
            Patterns::Several(patterns) => patterns,
        }
    }
}

#[derive(Default, Deserialize)]
struct Head {
    configs: Option<Vec<Config>>,
}

/// The configs that a README.md names; none where it has no head of YAML.
///
/// # Errors
/// Its head cannot be read.
pub(super) fn read(text: &str) -> Result<Vec<Config>, String> {
    let Some(head) = head(text) else { return Ok(Vec::new()) };
    // A head that says nothing of files is of no interest, right or wrong.
    if !head.lines().any(|line| line.trim_start().starts_with("configs")) {
        return Ok(Vec::new());
    }
    let head: Option<Head> = serde_saphyr::from_str(head).map_err(|error| {
        // The library shows the lines around the place, too.
        let error = error.to_string();
        format!(
            "`configs` of its {README}: {}; name the files in the address, such as \
             hf://datasets/owner/name/data/train-*.parquet",
            error.lines().next().unwrap_or_default()
        )
    })?;
    Ok(head.unwrap_or_default().configs.unwrap_or_default())
}

/// What lies between the two lines of dashes at the beginning.
fn head(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('\u{feff}').strip_prefix("---")?;
    let rest = rest.strip_prefix('\r').unwrap_or(rest).strip_prefix('\n')?;
    let ends = |line: &&str| line.trim_end() == "---";
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if ends(&line) {
            return Some(&rest[..at]);
        }
        at += line.len();
    }
    None
}

/// The config that is meant where an address names none.
///
/// # Errors
/// It is not clear which.
pub(super) fn the_default(configs: &[Config]) -> Result<&Config, String> {
    if let [only] = configs {
        return Ok(only);
    }
    let mut defaults = configs.iter().filter(|config| config.default || config.name == DEFAULT);
    match (defaults.next(), defaults.next()) {
        (Some(config), None) => Ok(config),
        _ => Err(format!(
            "its {README} names the configs {}, and no single default; name the files of one, such as {}",
            configs.iter().map(|config| &*config.name).collect::<Vec<_>>().join(", "),
            configs.iter().find_map(Config::example).unwrap_or_else(|| "a folder of it".into()),
        )),
    }
}

impl Config {
    /// The files of each split among `names`, as (file, split); `None` where it names no files.
    ///
    /// # Errors
    /// A pattern is none, names what is not of the data set, or matches nothing.
    pub fn files<'a>(
        &'a self,
        names: &[&'a str],
    ) -> Result<Option<Vec<(&'a str, &'a str)>>, String> {
        let mut files = Vec::new();
        let Some(splits) = self.splits() else { return Ok(None) };
        for (split, patterns) in splits {
            for pattern in patterns.list() {
                files.extend(self.matching(pattern, names)?.into_iter().map(|file| (file, split)));
            }
        }
        files.sort_unstable();
        files.dedup();
        Ok(Some(files))
    }

    /// The folder that the files are sought in, with its slash; empty for the whole data set.
    pub fn folder(&self) -> String {
        let folder = self.data_dir.as_deref().unwrap_or_default();
        match folder.trim_start_matches("./").trim_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        }
    }

    /// What it says of how files are to be read, which is not done.
    pub fn remark(&self) -> Option<String> {
        let said =
            self.others.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| &**name);
        let said: Vec<&str> = said.filter(|name| !MEANS_NOTHING.contains(name)).collect();
        (!said.is_empty()).then(|| {
            format!("its {README} says how to read them ({}), which is not used", said.join(", "))
        })
    }

    fn splits(&self) -> Option<Vec<(&str, &Patterns)>> {
        Some(match self.data_files.as_ref()? {
            Splits::Train(patterns) => vec![("train", patterns)],
            Splits::Listed(splits) => splits.iter().map(|of| (&*of.split, &of.path)).collect(),
            Splits::Named(splits) => splits.iter().map(|(split, path)| (&**split, path)).collect(),
        })
    }

    fn example(&self) -> Option<String> {
        let pattern = match self.splits()?.first()?.1.list().first()? {
            pattern if pattern.contains("://") => return None,
            pattern => pattern,
        };
        Some(format!("{}{pattern}", self.folder()))
    }

    fn matching<'a>(&self, pattern: &str, names: &[&'a str]) -> Result<Vec<&'a str>, String> {
        let of = format!("the pattern '{pattern}' of the config {} in its {README}", self.name);
        if pattern.contains("://") {
            return Err(format!("{of} is an address; download those files, and name them"));
        }
        let whole = format!("{}{}", self.folder(), pattern.trim_start_matches("./"));
        let compiled = Pattern::new(&whole).map_err(|error| format!("{of} is none: {error}"))?;
        let matches = |name: &&&str| compiled.matches_with(name, MATCHING) && !is_hidden(name);
        let found: Vec<&str> = names.iter().filter(matches).copied().collect();
        if found.is_empty() {
            return Err(format!("{of} matches no file of it"));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configs(yaml: &str) -> Vec<Config> {
        read(&format!("---\nlicense: mit\n{yaml}---\n# A data set\n")).unwrap()
    }

    /// Every form that the documentation of `datasets` has ("Manual configuration").
    #[test]
    fn files_are_those_of_each_form() {
        let names = ["README.md", "data/a.csv", "data/b.csv", "holdout/c.csv", "holdout/x/d.csv"];
        for (yaml, expected) in [
            ("data_files: \"data/a.csv\"", &[("data/a.csv", "train")][..]),
            (
                "data_files: [data/a.csv, data/b.csv]",
                &[("data/a.csv", "train"), ("data/b.csv", "train")],
            ),
            (
                "data_files:\n  - split: train\n    path: data/*.csv\n  - {split: test, path: [holdout/c.csv]}",
                &[("data/a.csv", "train"), ("data/b.csv", "train"), ("holdout/c.csv", "test")],
            ),
            ("data_files: {en: data/a.csv}", &[("data/a.csv", "en")]),
            (
                "data_dir: holdout\n  data_files: \"**\"",
                &[("holdout/c.csv", "train"), ("holdout/x/d.csv", "train")],
            ),
        ] {
            let config = &configs(&format!("configs:\n- config_name: default\n  {yaml}\n"))[0];
            assert_eq!(config.files(&names).unwrap().unwrap(), expected, "{yaml}");
        }
        let config = &configs("configs:\n- config_name: x\n  data_dir: ./holdout/\n")[0];
        assert_eq!((config.files(&names).unwrap(), &*config.folder()), (None, "holdout/"));
    }

    #[test]
    fn one_config_is_the_default_or_none() {
        let names = |yaml: &str| the_default(&configs(yaml)).map(|config| config.name.clone());
        let two = "configs:\n- config_name: all\n  data_files: data/all/*\n- config_name: part\n";
        assert_eq!(
            names(two).unwrap_err(),
            "its README.md names the configs all, part, and no single default; name the files of one, such as \
             data/all/*"
        );
        assert_eq!(names(&format!("{two}  default: true\n")).unwrap(), "part");
        assert_eq!(names("configs:\n- config_name: all\n- data_files: x\n").unwrap(), "default");
        assert_eq!(names("configs:\n- config_name: all\n").unwrap(), "all");
    }

    #[test]
    fn what_a_readme_cannot_give_is_said() {
        assert!(
            read("# words").unwrap().is_empty() && read("---\nconfigs: 3\n").unwrap().is_empty()
        );
        assert!(configs("configs:\n").is_empty() && configs("").is_empty());
        let error = read("---\nconfigs: 3\n---\n").unwrap_err();
        assert!(error.starts_with("`configs` of its README.md: "), "{error}");
        assert!(!error.contains('\n'), "{error}");
        let config =
            |yaml: &str| configs(&format!("configs:\n- config_name: c\n  {yaml}\n")).remove(0);
        let error = |yaml: &str| config(yaml).files(&["a.csv"]).unwrap_err();
        assert!(
            error("data_files: b.csv")
                .contains("'b.csv' of the config c in its README.md matches no file")
        );
        assert!(error("data_files: https://x.org/a.csv").contains("is an address"));
        assert!(error("data_files: a**b").contains("is none"));
        let remark = config("sep: \"\\t\"\n  features: []").remark().unwrap();
        assert_eq!(remark, "its README.md says how to read them (sep), which is not used");
        // A small text that would be a large value.
        let bomb: String = (1..20)
            .map(|i| format!("a{i}: &a{i} [{}]\n", format!("*a{}, ", i - 1).repeat(9)))
            .collect();
        assert!(read(&format!("---\na0: &a0 [x]\n{bomb}configs: *a19\n---\n")).is_err());
    }
}
