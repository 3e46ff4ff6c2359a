//! A config file → [`Loaded`], or all that is wrong with it.

use super::check::check;
use super::decode::decode;
use super::fault::{ConfigError, Fault};
use super::locate::Node;
use super::options::LoadOptions;
use super::origins::Origins;
use super::overrides;
use super::plan::RunPlan;
use super::shorthand::expand;
use super::source::{Place, Source};
use std::path::Path;

/// A config, checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub plan: RunPlan,
    /// Where each of its values came from.
    pub origins: Origins,
}

/// Loads the config at `path`, with `overrides` of the form `key=value` worked in.
///
/// # Errors
/// Everything that is wrong with it, each with its place and the fix.
pub fn load(path: &Path, overrides: &[String]) -> Result<Loaded, ConfigError> {
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
) -> Result<Loaded, ConfigError> {
    let file = options.cwd.join(path);
    let bytes = std::fs::read(&file).map_err(|error| {
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

/// Loads the text of a config; `file` is the name that faults show and whose folder relative
/// paths start from.
///
/// # Errors
/// As [`load`].
pub fn load_str(
    text: &str,
    file: &Path,
    overrides: &[String],
    options: &LoadOptions,
) -> Result<Loaded, ConfigError> {
    let failed = |faults| ConfigError { file: file.display().to_string(), faults };
    // Some editors put a byte order mark first; `ron` does not know it.
    let mut source = Source::new(text.strip_prefix('\u{feff}').unwrap_or(text), file);
    let mut faults = Vec::new();
    syntax(&mut source).map_err(|fault| failed(vec![fault]))?;
    for text in overrides {
        faults.extend(overrides::apply(&mut source, text).err());
    }
    let tree = syntax(&mut source).map_err(|fault| failed(vec![fault]))?;
    let decoded = decode(&source, &tree);
    let mut wrong: Vec<(usize, Fault)> =
        decoded.spans.iter().map(|span| span.start).zip(decoded.faults).collect();
    let mut plan = None;
    if let Some(run) = decoded.run {
        match check(run, &source, &tree, &decoded.broken, options) {
            Ok(checked) => plan = Some(checked),
            Err(more) => wrong.extend(more),
        }
    }
    wrong.sort_by_key(|(offset, _)| *offset);
    faults.extend(wrong.into_iter().map(|(_, fault)| fault));
    match plan {
        Some(plan) if faults.is_empty() => {
            let origins = Origins::new(&plan, &source, &tree);
            Ok(Loaded { plan, origins })
        }
        _ => Err(failed(faults)),
    }
}

fn syntax(source: &mut Source) -> Result<Node, Fault> {
    expand(source).map_err(|error| Fault {
        path: String::new(),
        place: source.place(error.offset),
        found: error.found,
        allowed: error.allowed,
        fix: String::new(),
    })
}

fn whole(path: &Path, found: String, allowed: &str, fix: &str) -> ConfigError {
    let fault = Fault {
        path: String::new(),
        place: Place::Whole(path.to_owned()),
        found,
        allowed: allowed.into(),
        fix: fix.into(),
    };
    ConfigError { file: path.display().to_string(), faults: vec![fault] }
}
