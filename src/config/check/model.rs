//! The model to tune: its source, precision and recomputation.

use super::super::fields::run as fields;
use super::super::given::Given;
use super::super::plan::{ModelPlan, ModelSource, Recompute};
use super::super::written::{self, Model, Source};
use super::checker::Checker;
use std::path::Path;

impl Checker<'_> {
    pub(super) fn model(&mut self, given: Given<Model>) -> Option<ModelPlan> {
        let Some(model) = given.0 else {
            self.missing_model("model");
            return None;
        };
        let Some(source) = model.source.0 else {
            self.missing_model("model.source");
            return None;
        };
        Some(ModelPlan {
            source: self.model_source("model.source", source)?,
            precision: model.precision.0.flatten(),
            recompute: model.recompute.0.map_or(Recompute::None, recompute),
        })
    }

    fn missing_model(&mut self, path: &str) {
        self.error(path, "the model to tune", "add `model: \"folder\"` or `model: \"owner/name\"`");
    }

    /// A folder or a Hub model; a bare string is the folder of that name if there is one, or
    /// could be one (`models/base` beside a folder `models`), and else a Hub id if it has the form
    /// of one.
    pub(super) fn model_source(&mut self, path: &str, source: Source) -> Option<ModelSource> {
        match source {
            Source::Folder(folder) => Some(ModelSource::Folder(self.folder(path, &folder))),
            Source::Random(folder) => Some(ModelSource::Random(self.folder(path, &folder))),
            Source::Hub { id, revision } => {
                if !is_hub_id(&id) {
                    let path = format!("{path}.id");
                    self.error(&path, "owner/name, as on the Hub", "");
                }
                Some(ModelSource::Hub { id, revision: self.value(&fields::REVISION, revision) })
            }
            Source::Named(name) => {
                let folder = self.path(path, &name);
                let beside = name.contains('/') && folder.parent().is_some_and(Path::is_dir);
                if is_hub_id(&name) && !folder.is_dir() && !beside {
                    Some(ModelSource::Hub { id: name, revision: None })
                } else {
                    Some(ModelSource::Folder(self.folder(path, &name)))
                }
            }
        }
    }
}

fn recompute(written: written::Recompute) -> Recompute {
    match written {
        written::Recompute::Flag(true) | written::Recompute::Full => Recompute::Full,
        written::Recompute::Flag(false) | written::Recompute::None => Recompute::None,
        written::Recompute::Selective => Recompute::Selective,
        written::Recompute::Layers { full, selective } => Recompute::Layers { full, selective },
    }
}

/// `owner/name` of letters, digits, `-`, `_` and `.`, neither beginning with a dot.
pub(super) fn is_hub_id(text: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    text.split_once('/').is_some_and(|(owner, name)| good(owner) && good(name))
}

#[cfg(test)]
mod tests {
    use super::is_hub_id;

    #[test]
    fn hub_ids_are_owner_and_name() {
        for id in ["meta-llama/Meta-Llama-3-8B", "Qwen/Qwen2.5-7B", "a/b"] {
            assert!(is_hub_id(id), "{id}");
        }
        for other in ["gpt2", "../model", "./model", "a/b/c", "/a", "a/", "~/model", "a b/c"] {
            assert!(!is_hub_id(other), "{other}");
        }
    }
}
