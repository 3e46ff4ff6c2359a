//! A theme's files: itself, its parent, the parent of that.

use super::error::ThemeError;
use super::shipped::{self, ROOT};
use super::written::{Parent, Written, options};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Reads a file for [`Theme::load`](super::Theme::load).
pub type Read<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// More ancestors are an error: the chain has no end, or is a mistake.
const MOST_PARENTS: usize = 16;

/// Where the text of a theme is from.
#[derive(Clone, Debug, PartialEq)]
enum ThemeSource {
    Shipped(String),
    File(PathBuf),
}

impl ThemeSource {
    /// What `name` means in a theme from `child`: paths start from the folder of the file.
    fn new(name: &str, child: Option<&ThemeSource>) -> Self {
        match (shipped::is_path(name), child) {
            (false, _) => ThemeSource::Shipped(name.into()),
            (true, Some(ThemeSource::File(file))) => {
                ThemeSource::File(file.parent().unwrap_or(Path::new("")).join(name))
            }
            (true, _) => ThemeSource::File(name.into()),
        }
    }

    fn text(&self, read: Read<'_>, child: Option<&Layer>) -> Result<String, ThemeError> {
        match self {
            ThemeSource::Shipped(name) => {
                shipped::text(name).map(str::to_owned).ok_or_else(|| ThemeError::unknown(name))
            }
            ThemeSource::File(path) => read(path).map_err(|error| {
                let child = child.map(|child| (child.source.file(), child.text.as_str()));
                let named_by = child.as_ref().map(|(file, text)| (file.as_str(), *text));
                ThemeError::unreadable(&path.display().to_string(), &error, named_by)
            }),
        }
    }

    /// How errors name it.
    fn file(&self) -> String {
        match self {
            ThemeSource::Shipped(name) => format!("themes/{name}.ron"),
            ThemeSource::File(path) => path.display().to_string(),
        }
    }

    /// The same value for two spellings of one path.
    fn key(&self) -> Self {
        let ThemeSource::File(path) = self else { return self.clone() };
        let mut key = PathBuf::new();
        for part in path.components() {
            let into_a_folder = matches!(key.components().next_back(), Some(Component::Normal(_)));
            match part {
                Component::CurDir => {}
                Component::ParentDir if into_a_folder => {
                    key.pop();
                }
                part => key.push(part),
            }
        }
        ThemeSource::File(key)
    }
}

/// One file of a theme.
pub(super) struct Layer {
    source: ThemeSource,
    text: String,
    pub written: Written,
}

impl Layer {
    fn read(
        source: ThemeSource,
        child: Option<&Layer>,
        read: Read<'_>,
    ) -> Result<Self, ThemeError> {
        let text = source.text(read, child)?;
        let written = options().from_str(&text);
        let written = written.map_err(|error| ThemeError::syntax(&source.file(), &text, &error))?;
        Ok(Layer { source, text, written })
    }

    /// The name of the theme, as it is shown to users.
    pub fn name(&self) -> String {
        match &self.source {
            ThemeSource::Shipped(name) => name.clone(),
            ThemeSource::File(path) => {
                path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
            }
        }
    }

    fn parent(&self) -> Option<ThemeSource> {
        match &self.written.inherits {
            Some(Parent(name)) => Some(ThemeSource::new(name, Some(&self.source))),
            None if self.source == ThemeSource::Shipped(ROOT.into()) => None,
            None => Some(ThemeSource::Shipped(ROOT.into())),
        }
    }
}

/// The theme and its ancestors up to the root theme.
///
/// # Errors
/// The first error in one of them.
pub(super) fn chain(name: &str, read: Read<'_>) -> Result<Vec<Layer>, ThemeError> {
    let mut chain = vec![Layer::read(ThemeSource::new(name, None), None, read)?];
    while let Some(child) = chain.last() {
        let Some(parent) = child.parent() else { break };
        if let Some(again) = chain.iter().position(|layer| layer.source.key() == parent.key()) {
            return Err(cycle(&chain[again..], child));
        }
        if chain.len() > MOST_PARENTS {
            let found = format!("a chain of more than {MOST_PARENTS} parents");
            let fix = "inherit from a shipped theme sooner".into();
            return Err(ThemeError::parent(&child.source.file(), &child.text, found, fix));
        }
        let layer = Layer::read(parent, Some(child), read)?;
        chain.push(layer);
    }
    Ok(chain)
}

/// The error for themes that inherit from each other in a circle.
fn cycle(round: &[Layer], last: &Layer) -> ThemeError {
    let mut files: Vec<String> = round.iter().map(|layer| layer.source.file()).collect();
    files.extend(files.first().cloned());
    let found = format!("a circle: {}", files.join(" → "));
    let fix = "let one of them inherit from a shipped theme".into();
    ThemeError::parent(&last.source.file(), &last.text, found, fix)
}
