//! A theme file as it is written: a patch over its parent.

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
/// What a background may be: contrasts are computed with it, so that it cannot be the terminal's.
pub(super) const BACKGROUNDS: &str = "\"#rrggbb\"";
/// What a parent may be; the names of the shipped themes go in front.
pub(super) const PARENTS: &str = "a shipped theme, or a path ending in .ron";
/// What a list of series may be.
pub(super) const SERIES: &str = "at least one style: `[(fg: \"#56b4e9\"), …]`";

/// A theme file. What is absent is as in the parent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Theme")]
pub(super) struct Written {
    pub inherits: Option<Parent>,
    pub background: Option<Background>,
    pub paint_background: Option<bool>,
    pub roles: Roles,
    pub series: Option<SeriesStyles>,
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
    /// The patch for a role.
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
    fg: Option<WrittenColour>,
    bg: Option<WrittenColour>,
    modifiers: Option<Vec<WrittenModifier>>,
}

impl Patch {
    /// The patched style. A list of modifiers replaces the one before.
    pub fn over(&self, before: Style) -> Style {
        let mut style = before;
        if let Some(WrittenColour(color)) = self.fg {
            style.fg = Some(color);
        }
        if let Some(WrittenColour(color)) = self.bg {
            // `default` is no background: the one beneath shows.
            style.bg = (color != Color::Reset).then_some(color);
        }
        if let Some(marks) = &self.modifiers {
            style.add_modifier = marks.iter().map(WrittenModifier::modifier).collect();
        }
        style
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", rename = "modifier")]
enum WrittenModifier {
    Bold,
    Dim,
    Underline,
    Reversed,
    Italic,
}

impl WrittenModifier {
    fn modifier(&self) -> Modifier {
        match self {
            WrittenModifier::Bold => Modifier::BOLD,
            WrittenModifier::Dim => Modifier::DIM,
            WrittenModifier::Underline => Modifier::UNDERLINED,
            WrittenModifier::Reversed => Modifier::REVERSED,
            WrittenModifier::Italic => Modifier::ITALIC,
        }
    }
}

// The types below check while they are read, so that `ron` still knows the position.

fn wrong<E: Error>(text: &str, allowed: &str) -> E {
    E::invalid_value(Unexpected::Other(text), &allowed)
}

/// A colour in its written form.
#[derive(Debug)]
struct WrittenColour(Color);

impl<'de> Deserialize<'de> for WrittenColour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        colour::parse(&text).map(WrittenColour).ok_or_else(|| wrong(&text, COLOURS))
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
pub(super) struct SeriesStyles(pub Vec<Patch>);

impl<'de> Deserialize<'de> for SeriesStyles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let styles = Vec::deserialize(deserializer)?;
        if styles.is_empty() { Err(wrong("[]", SERIES)) } else { Ok(SeriesStyles(styles)) }
    }
}

/// How theme files are read.
pub(super) fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}
