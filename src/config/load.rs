//! A config file → [`Loaded`], or everything that is wrong with it.

use super::check::check;
use super::decode::decode;
use super::error::{ConfigError, ConfigErrors};
use super::locate::Node;
use super::options::LoadOptions;
use super::origins;
use super::overrides;
use super::plan::RunPlan;
use super::secret;
use super::shorthand::expand;
use super::source::{Place, Source};
use crate::disk;
use crate::telemetry::ConfigValue;
use std::path::Path;

/// A config, checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plan of the run, with every value decided.
    pub plan: RunPlan,
    /// Every single value of it, and where it came from.
    pub values: Vec<ConfigValue>,
}

/// Loads the config at `path`, with `overrides` of the form `key=value` worked in.
///
/// # Errors
/// Everything that is wrong with it, each with its line and the fix.
pub fn load(path: &Path, overrides: &[String]) -> Result<Loaded, ConfigErrors> {
    let options = LoadOptions::from_env().map_err(|error| {
        let found = format!("the working directory: {error}");
        whole(path, found, "a directory that exists", "change into another directory")
    })?;
    load_with(path, overrides, &options)
}

/// Like [`load`], with its surroundings given.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    path: &Path,
    overrides: &[String],
    options: &LoadOptions,
) -> Result<Loaded, ConfigErrors> {
    let file = options.cwd.join(path);
    let bytes = disk::read(&file, disk::LARGEST_TEXT).map_err(|error| {
        let fix = "name a config file, such as configs/paper.ron";
        whole(path, error.to_string(), "a file that can be read", fix)
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let found =
            format!("a byte that is no text after {} bytes", error.utf8_error().valid_up_to());
        whole(path, found, "RON, in UTF-8", "save it as UTF-8 text")
    })?;
    load_str(&text, path, overrides, options)
}

/// Loads the text of a config; `file` is the name that errors show and whose folder relative
/// paths start from.
///
/// # Errors
/// As [`load`].
pub fn load_str(
    text: &str,
    file: &Path,
    overrides: &[String],
    options: &LoadOptions,
) -> Result<Loaded, ConfigErrors> {
    let failed = |errors| ConfigErrors::new(file, errors);
    // Some editors put a byte order mark first; `ron` does not know it.
    let mut source = Source::new(text.strip_prefix('\u{feff}').unwrap_or(text), file);
    let mut errors = Vec::new();
    syntax(&mut source).map_err(|error| failed(vec![error]))?;
    for text in overrides {
        errors.extend(overrides::apply(&mut source, text).err());
    }
    let tree = syntax(&mut source).map_err(|error| failed(vec![error]))?;
    let mut decoded = decode(&source, &tree);
    let mut wrong: Vec<(usize, ConfigError)> =
        decoded.spans.iter().map(|span| span.start).zip(decoded.errors).collect();
    if !options.is_stored {
        for pasted in secret::pasted_keys(&source, &tree) {
            wrong.retain(|(offset, _)| *offset != pasted.offset);
            wrong.push((pasted.offset, pasted.error));
            decoded.broken.push(pasted.path);
        }
    }
    let mut plan = None;
    if let Some(run) = decoded.run {
        match check(run, &source, &tree, &decoded.broken, options) {
            Ok(checked) => plan = Some(checked),
            Err(more) => wrong.extend(more),
        }
    }
    wrong.sort_by_key(|(offset, _)| *offset);
    errors.extend(wrong.into_iter().map(|(_, error)| error));
    match plan {
        Some(plan) if errors.is_empty() => {
            let values = origins::values(&plan, &source, &tree);
            Ok(Loaded { plan, values })
        }
        _ => Err(failed(errors)),
    }
}

/// Expands the short forms, and gives the tree of the text, or its first syntax error.
fn syntax(source: &mut Source) -> Result<Node, ConfigError> {
    expand(source).map_err(|error| ConfigError {
        path: String::new(),
        place: source.place(error.offset),
        found: error.found,
        allowed: error.allowed,
        fix: String::new(),
    })
}

/// An error about the file as a whole.
fn whole(path: &Path, found: String, allowed: &str, fix: &str) -> ConfigErrors {
    let error = ConfigError {
        path: String::new(),
        place: Place::Whole(path.to_owned()),
        found,
        allowed: allowed.into(),
        fix: fix.into(),
    };
    ConfigErrors::new(path, vec![error])
}
