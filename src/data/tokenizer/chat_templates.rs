//! The chat templates that come with a tokenizer, looked up as transformers does.

use crate::data::error::{DataError, Unusable};
use crate::disk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Folder of the templates that have names of their own.
const NAMED: &str = "additional_chat_templates";
/// Name of the template that is taken where none is named.
const DEFAULT: &str = "default";
/// Name of the one that is taken for conversations with tools, where there is one.
const WITH_TOOLS: &str = "tool_use";

/// Chat templates that come with a tokenizer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::data) struct BroughtTemplates {
    /// The file or folder that holds them.
    pub path: PathBuf,
    /// Names of all, at least one, sorted.
    names: Vec<String>,
    /// Those of them that are ever taken, by their names.
    texts: BTreeMap<String, String>,
}

impl BroughtTemplates {
    /// Files come before the field `chat_template` of `config`, the content of tokenizer_config.json:
    /// `chat_template.jinja` is the default, `additional_chat_templates/NAME.jinja` has a name. The field
    /// is a template or a list of named ones.
    ///
    /// # Errors
    /// A file cannot be read, or the field is neither.
    pub fn read(folder: &Path, config: &Map<String, Value>) -> Result<Option<Self>, DataError> {
        let path = folder.join("chat_template.jinja");
        let mut files = BTreeMap::new();
        if path.exists() {
            files.insert(DEFAULT.to_owned(), path.clone());
        }
        for file in named_files(&folder.join(NAMED))? {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, file);
        }
        if files.is_empty() {
            let path = folder.join("tokenizer_config.json");
            let named = of_config(config).map_err(|why| Unusable::tokenizer(&path, why))?;
            let names = named.keys().cloned().collect();
            return Ok((!named.is_empty()).then_some(BroughtTemplates {
                path,
                names,
                texts: named,
            }));
        }
        let mut texts = BTreeMap::new();
        for name in [DEFAULT, WITH_TOOLS] {
            if let Some(file) = files.get(name) {
                let text = disk::read_text(file, disk::LARGEST_TEXT);
                texts.insert(name.to_owned(), text.map_err(DataError::io("read", file))?);
            }
        }
        let path = files.get(DEFAULT).cloned().unwrap_or_else(|| folder.join(NAMED));
        Ok(Some(BroughtTemplates { path, names: files.into_keys().collect(), texts }))
    }

    /// The template for conversations, and the one for those with tools where that is another one.
    ///
    /// # Errors
    /// None of several is the default: their names.
    pub fn chosen(&self) -> Result<(String, Option<String>), Unusable> {
        let Some(text) = self.texts.get(DEFAULT) else {
            let first = self.names.first().map_or("NAME", String::as_str);
            let problem = format!(
                "its chat templates are named {}, and none of them `{DEFAULT}`; name the file of one: \
                 data.template: File(\"…/{NAMED}/{first}.jinja\")",
                self.names.join(", ")
            );
            return Err(Unusable::tokenizer(&self.path, problem));
        };
        Ok((text.clone(), self.texts.get(WITH_TOOLS).cloned()))
    }
}

/// The files of named templates, sorted; none where there is no such folder.
fn named_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(DataError::io("read", folder))?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>();
    let mut files = paths.map_err(DataError::io("read", folder))?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jinja"));
    files.sort();
    Ok(files)
}

/// The templates of the field `chat_template`.
fn of_config(config: &Map<String, Value>) -> Result<BTreeMap<String, String>, &'static str> {
    match config.get("chat_template") {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::String(text)) => Ok(BTreeMap::from([(DEFAULT.to_owned(), text.clone())])),
        Some(Value::Array(entries)) => {
            let named = entries.iter().map(|entry| {
                let text = |field: &str| entry.get(field)?.as_str().map(str::to_owned);
                Some((text("name")?, text("template")?))
            });
            named
                .collect::<Option<_>>()
                .ok_or("chat_template is a list with an entry that has no name or no template")
        }
        Some(_) => Err("chat_template is neither a string nor a list"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(files: &[(&str, &str)], config: Value) -> Result<Option<BroughtTemplates>, DataError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        BroughtTemplates::read(folder.path(), config.as_object().unwrap())
    }

    fn chosen(files: &[(&str, &str)], config: Value) -> (String, Option<String>) {
        read(files, config).unwrap().unwrap().chosen().unwrap()
    }

    fn pair(text: &str, with_tools: Option<&str>) -> (String, Option<String>) {
        (text.into(), with_tools.map(str::to_owned))
    }

    /// As `PreTrainedTokenizerBase.from_pretrained` and `get_chat_template` of transformers do.
    #[test]
    fn templates_are_looked_up_as_transformers_does() {
        let list = json!({"chat_template": [
            {"name": "default", "template": "of the list"}, {"name": "tool_use", "template": "T"},
        ]});
        let one = ("chat_template.jinja", "of the file");
        let tools = ("additional_chat_templates/tool_use.jinja", "tools");
        let rag = ("additional_chat_templates/rag.jinja", "rag");
        let named = ("additional_chat_templates/default.jinja", "named");
        let other = ("additional_chat_templates/notes.txt", "no template");
        assert_eq!(chosen(&[other], list.clone()), pair("of the list", Some("T")));
        assert_eq!(chosen(&[], json!({"chat_template": "own"})), pair("own", None));
        assert_eq!(chosen(&[one], list.clone()), pair("of the file", None));
        assert_eq!(chosen(&[one, rag], list.clone()), pair("of the file", None));
        assert_eq!(chosen(&[one, rag, tools], list.clone()), pair("of the file", Some("tools")));
        assert_eq!(chosen(&[one, named], list.clone()), pair("named", None));
        assert_eq!(chosen(&[named, tools], json!({})), pair("named", Some("tools")));
        assert_eq!(read(&[], json!({"chat_template": null})).unwrap(), None);

        let none = read(&[rag, tools], list).unwrap().unwrap().chosen().unwrap_err().to_string();
        assert!(none.contains("are named rag, tool_use, and none of them `default`"), "{none}");
        assert!(none.contains("additional_chat_templates/rag.jinja"), "{none}");
        for (broken, words) in
            [(json!(1), "neither a string nor a list"), (json!([{"name": "x"}]), "no template")]
        {
            let error = read(&[], json!({ "chat_template": broken })).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
