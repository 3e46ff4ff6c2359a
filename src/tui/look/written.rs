//! A theme as its file writes it: a patch over its parent.

use super::colour::{self, Rgb};
use super::role::Role;
use super::shipped;
use ratatui::style::{Color, Modifier, Style};
use ron::extensions::Extensions;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

/// What a colour may be.
pub(super) const COLOURS: &str = "\"#rrggbb\", \"default\" or a name: black, red, green, yellow, blue, magenta, cyan, white, \
     each also with bright- before it";
/// What a background may be: it has to be known, not left to the terminal.
pub(super) const BACKGROUNDS: &str = "\"#rrggbb\"";
/// What a parent may be; the names of the shipped themes go in front.
pub(super) const PARENTS: &str = "a shipped theme, or a path ending in .ron";
/// What a list of series may be.
pub(super) const SERIES: &str = "at least one style: `[(fg: \"#56b4e9\"), …]`";

/// A file. What is absent is as the parent has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Theme")]
pub(super) struct Written {
    pub inherits: Option<Parent>,
    pub background: Option<Background>,
    pub paint_background: Option<bool>,
    pub roles: Roles,
    pub series: Option<Series>,
}

/// One field for each [`Role`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "roles")]
pub(super) struct Roles {
    text: Option<Patch>,
    dim: Option<Patch>,
    faint: Option<Patch>,
    title: Option<Patch>,
    accent: Option<Patch>,
    target: Option<Patch>,
    rising: Option<Patch>,
    falling: Option<Patch>,
    good: Option<Patch>,
    warning: Option<Patch>,
    error: Option<Patch>,
    ghost: Option<Patch>,
    selection: Option<Patch>,
    key: Option<Patch>,
}

impl Roles {
    /// What the file says of a meaning.
    pub fn patch(&self, role: Role) -> Option<&Patch> {
        match role {
            Role::Text => &self.text,
            Role::Dim => &self.dim,
            Role::Faint => &self.faint,
            Role::Title => &self.title,
            Role::Accent => &self.accent,
            Role::Target => &self.target,
            Role::Rising => &self.rising,
            Role::Falling => &self.falling,
            Role::Good => &self.good,
            Role::Warning => &self.warning,
            Role::Error => &self.error,
            Role::Ghost => &self.ghost,
            Role::Selection => &self.selection,
            Role::Key => &self.key,
        }
        .as_ref()
    }
}

/// A style, or the part of one that is changed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "style")]
pub(super) struct Patch {
    fg: Option<Ink>,
    bg: Option<Ink>,
    modifiers: Option<Vec<Mark>>,
}

impl Patch {
    /// The style with what is said here changed. A list of modifiers replaces the one before.
    pub fn over(&self, before: Style) -> Style {
        let mut style = before;
        if let Some(Ink(color)) = self.fg {
            style.fg = Some(color);
        }
        if let Some(Ink(color)) = self.bg {
            // The default background is none of its own: what is beneath goes on.
            style.bg = (color != Color::Reset).then_some(color);
        }
        if let Some(marks) = &self.modifiers {
            style.add_modifier = marks.iter().map(Mark::modifier).collect();
        }
        style
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", rename = "modifier")]
enum Mark {
    Bold,
    Dim,
    Underline,
    Reversed,
    Italic,
}

impl Mark {
    fn modifier(&self) -> Modifier {
        match self {
            Mark::Bold => Modifier::BOLD,
            Mark::Dim => Modifier::DIM,
            Mark::Underline => Modifier::UNDERLINED,
            Mark::Reversed => Modifier::REVERSED,
            Mark::Italic => Modifier::ITALIC,
        }
    }
}

// The types below check while they are read, so that `ron` still knows the place.

fn wrong<E: Error>(text: &str, allowed: &str) -> E {
    E::invalid_value(Unexpected::Other(text), &allowed)
}

/// A colour in its written form.
#[derive(Debug)]
struct Ink(Color);

impl<'de> Deserialize<'de> for Ink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        colour::parse(&text).map(Ink).ok_or_else(|| wrong(&text, COLOURS))
    }
}

/// The background that a theme is made for.
#[derive(Debug)]
pub(super) struct Background(pub Rgb);

impl<'de> Deserialize<'de> for Background {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Rgb::parse(&text).map(Background).ok_or_else(|| wrong(&text, BACKGROUNDS))
    }
}

/// The theme that is patched.
#[derive(Debug)]
pub(super) struct Parent(pub String);

impl<'de> Deserialize<'de> for Parent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match shipped::is_path(&text) || shipped::text(&text).is_some() {
            true => Ok(Parent(text)),
            false => Err(wrong(&text, PARENTS)),
        }
    }
}

/// The styles of the domains: never none.
#[derive(Debug)]
pub(super) struct Series(pub Vec<Patch>);

impl<'de> Deserialize<'de> for Series {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let styles = Vec::deserialize(deserializer)?;
        if styles.is_empty() { Err(wrong("[]", SERIES)) } else { Ok(Series(styles)) }
    }
}

/// How theme files are read.
pub(super) fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}
