//! From a model's source to a folder on this machine: a local one, or the Hub's.

use super::save::{TEMPLATES, is_companion};
use super::weights::{INDEX, SINGLE, Weights};
use super::{Architecture, ModelError, ModelSource};
use crate::hub::{self, Fetching, Repo, RepoKind, Scope, Settings, Want};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a model in HF layout, fetched from the Hub if the source is there.
///
/// `progress` is called a few times a second during a download; when it breaks, the result is
/// [`ModelError::Stopped`]. If the Hub cannot be reached and the cache holds the model, the cached
/// one is taken, with a notice.
///
/// # Errors
/// No such folder; no such model; a gated one without a token that may read it; no safetensors; a
/// download that fails or stalls. No message holds the token.
pub fn resolve(
    source: &ModelSource,
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
) -> Result<PathBuf, ModelError> {
    match source {
        ModelSource::Folder(folder) | ModelSource::Random(folder) => {
            std::fs::metadata(folder.join("config.json"))
                .map_err(ModelError::read(&folder.join("config.json")))?;
            Ok(folder.clone())
        }
        ModelSource::Hub { .. } => fetch(source, Arc::new(ModelFiles), progress),
    }
}

/// What is wanted of a model on the Hub, in a folder of this machine.
fn fetch(
    source: &ModelSource,
    want: Arc<dyn Want>,
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
) -> Result<PathBuf, ModelError> {
    let ModelSource::Hub { id, revision } = source else { return resolve(source, progress) };
    let repo = Repo { kind: RepoKind::Model, id: id.clone(), revision: revision.clone() };
    let settings = Settings::of_this_process(&repo)?;
    Ok(hub::fetch(&settings, &repo, want, progress)?.folder)
}

/// The architecture of a source: only `config.json` is read, and fetched where the source is on the Hub.
///
/// # Errors
/// As [`resolve`]; the config is unreadable or unsupported.
pub fn resolve_architecture(
    source: &ModelSource,
    progress: &mut dyn FnMut(Fetching) -> ControlFlow<()>,
) -> Result<Architecture, ModelError> {
    let folder = match source {
        ModelSource::Folder(_) | ModelSource::Random(_) => resolve(source, progress)?,
        ModelSource::Hub { .. } => fetch(source, Arc::new(ConfigFile), progress)?,
    };
    Architecture::read(&folder)
}

/// `config.json` alone.
struct ConfigFile;

impl Want for ConfigFile {
    fn scope(&self) -> Scope {
        Scope::Top { and: &[] }
    }

    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String> {
        match names.contains(&CONFIG) {
            true => Ok(vec![CONFIG.into()]),
            false => Err(NO_CONFIG.into()),
        }
    }

    fn is_whole(&self, folder: &Path) -> Result<(), String> {
        Architecture::read(folder).map(drop).map_err(|error| error.to_string())
    }
}

const CONFIG: &str = "config.json";
const NO_CONFIG: &str = "it has no config.json: is it a model?";

/// The files that a model needs.
pub(crate) struct ModelFiles;

impl Want for ModelFiles {
    fn scope(&self) -> Scope {
        Scope::Top { and: &[TEMPLATES] }
    }

    fn choose(&self, names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<&str> = names.iter().copied().filter(|name| is_of_a_model(name)).collect();
        let has = |name: &str| names.contains(&name);
        if !has(CONFIG) {
            return Err(NO_CONFIG.into());
        }
        let single = has(SINGLE);
        if !single && !has(INDEX) {
            return Err("it has no safetensors (pickle files, *.bin, are not read); take another \
                        revision, or convert it with transformers' save_pretrained"
                .into());
        }
        let is_weights = |name: &str| match single {
            true => name == SINGLE,
            false => name == INDEX || name.starts_with("model-") && name.ends_with(".safetensors"),
        };
        let is_wanted = |name: &str| {
            name == "config.json" || is_companion(name) || is_template(name) || is_weights(name)
        };
        Ok(names.into_iter().filter(|name| is_wanted(name)).map(str::to_owned).collect())
    }

    fn is_whole(&self, folder: &Path) -> Result<(), String> {
        Weights::open(folder).map(drop).map_err(|error| error.to_string())
    }
}

/// Whether a name is that of a file in the top folder, as nearly every file that a model needs is, or of
/// a named chat template.
fn is_of_a_model(name: &str) -> bool {
    is_plain(name) || is_template(name)
}

/// Whether it is a chat template with a name of its own: `additional_chat_templates/NAME.jinja`.
fn is_template(name: &str) -> bool {
    let template = name.strip_prefix(TEMPLATES).and_then(|rest| rest.strip_prefix('/'));
    template.is_some_and(|template| is_plain(template) && template.ends_with(".jinja"))
}

fn is_plain(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 200 && !name.starts_with('.') && name.bytes().all(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> Vec<String> {
        ModelFiles.choose(paths).unwrap()
    }

    #[test]
    fn only_files_that_a_model_needs_are_wanted() {
        let hostile = [
            "tokenizer/../../../name",
            "tokenizer/x",
            "tokenizer\\..\\x",
            "/tokenizer.json",
            "tokenizer\n",
            "chat_template/../..",
            "additional_chat_templates/../x.jinja",
            "additional_chat_templates/a/b.jinja",
            "additional_chat_templates/.jinja",
            "additional_chat_templates/x.py",
            "additional_chat_templates",
            "",
            "..",
        ];
        let good = [
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "additional_chat_templates/tool_use.jinja",
        ];
        assert_eq!(names(&[&good[..], &hostile[..]].concat()), good);
    }

    #[test]
    fn shards_are_wanted_where_there_is_no_single_file() {
        let shards = [
            "config.json",
            "consolidated.safetensors",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
        ];
        let wanted = names(&shards);
        assert_eq!(wanted.len(), 4);
        assert!(!wanted.contains(&"consolidated.safetensors".to_owned()));
    }

    #[test]
    fn a_folder_needs_a_config() {
        let folder = tempfile::tempdir().unwrap();
        let source = ModelSource::Folder(folder.path().to_owned());
        let error = resolve(&source, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(error.contains("config.json"), "{error}");
    }
}
