use super::chain::{Read, chain};
use super::colour::Rgb;
use super::depth::{Depth, Ground};
use super::error::ThemeError;
use super::role::Role;
use super::shipped::{ROOT, SHIPPED};
use super::written::{Background, Written};
use ratatui::style::{Color, Modifier, Style};
use std::io;
use std::path::Path;

/// Colours by meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: [Style; Role::ALL.len()],
    series: Vec<Style>,
    /// The background that it was made for; it may be left to the terminal.
    pub(super) ground: Ground,
    depth: Depth,
}

impl Theme {
    /// Reads a theme: a shipped one by its name, or a file, whose path ends in `.ron`. A file is a
    /// patch over the theme that it inherits from, which is `dark` if it names none.
    ///
    /// # Errors
    /// The first error, in this file or one that it inherits from.
    pub fn load(name_or_path: &str, read: Read<'_>) -> Result<Self, ThemeError> {
        let chain = chain(name_or_path, read)?;
        let mut theme = Theme { depth: Depth::True, ..Theme::plain() };
        chain.iter().rev().for_each(|layer| theme.patch(&layer.written));
        theme.name = chain.first().map(|layer| layer.name()).unwrap_or_default();
        Ok(theme)
    }

    /// The names of the shipped themes, the default first.
    pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// The default theme.
    pub fn dark() -> Self {
        Theme::shipped(ROOT)
    }

    /// The theme for light grounds, such as that of plots.
    pub fn light() -> Self {
        Theme::shipped("light")
    }

    fn shipped(name: &str) -> Self {
        let nowhere = |_: &Path| Err(io::ErrorKind::NotFound.into());
        // A test holds that the embedded files load.
        Theme::load(name, &nowhere).unwrap_or_else(|_| Theme::plain())
    }

    /// A theme without colours.
    fn plain() -> Self {
        Theme {
            name: "plain".into(),
            styles: Role::ALL.map(|role| Style::new().add_modifier(plain(role))),
            series: PLAIN_SERIES.map(|modifier| Style::new().add_modifier(modifier)).into(),
            ground: Ground { rgb: Rgb([0; 3]), painted: false },
            depth: Depth::None,
        }
    }

    fn patch(&mut self, written: &Written) {
        for role in Role::ALL {
            if let Some(patch) = written.roles.patch(role) {
                self.styles[role as usize] = patch.over(self.styles[role as usize]);
            }
        }
        if let Some(series) = &written.series {
            self.series = series.0.iter().map(|patch| patch.over(Style::new())).collect();
        }
        if let Some(Background(background)) = written.background {
            self.ground.rgb = background;
        }
        self.ground.painted = written.paint_background.unwrap_or(self.ground.painted);
    }

    /// The theme in the colours that a terminal can show. Where it shows none, roles differ by bold,
    /// dim, underlined and reversed text.
    pub fn at(&self, depth: Depth) -> Self {
        let mut theme = self.clone();
        theme.depth = depth;
        if depth == Depth::None && self.has_colours() {
            let Theme { styles, series, .. } = Theme::plain();
            return Theme { styles, series, ..theme };
        }
        for style in theme.styles.iter_mut().chain(&mut theme.series) {
            *style = depth.style(*style, self.ground);
        }
        if depth == Depth::Basic && !self.ground.painted {
            // With so few greys, text and labels would look the same. The default is always legible.
            theme.styles[Role::Text as usize].fg = Some(Color::Reset);
        }
        theme
    }

    fn has_colours(&self) -> bool {
        let coloured = |color: Option<Color>| color.is_some_and(|color| color != Color::Reset);
        self.styles.iter().chain(&self.series).any(|style| coloured(style.fg) || coloured(style.bg))
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The style of the `index`-th domain; they repeat when there are more domains than colours.
    pub fn series(&self, index: usize) -> Style {
        self.series.get(index % self.series.len().max(1)).copied().unwrap_or_default()
    }

    /// How many series with a lower index have the same colour as this one.
    pub fn series_before(&self, index: usize) -> usize {
        index / self.series.len().max(1)
    }

    /// The background that it was made for, whether it paints it or leaves it to the terminal.
    pub fn backdrop(&self) -> Rgb {
        self.ground.rgb
    }

    /// The style that screens are filled with before anything is drawn: without a colour, so that the
    /// terminal's own background shows, unless the theme paints its own.
    pub fn ground(&self) -> Style {
        let Ground { painted, .. } = self.ground;
        let bg = Some(self.ground.color()).filter(|_| painted);
        Style { bg: bg.and_then(|bg| self.depth.color(bg)), ..Style::new() }
    }
}

/// How a role looks without colours. Roles that always have a mark beside them stay plain.
fn plain(role: Role) -> Modifier {
    match role {
        Role::Text | Role::Good => Modifier::empty(),
        Role::Dim | Role::Faint | Role::Ghost | Role::Falling => Modifier::DIM,
        Role::Title | Role::Key | Role::Rising => Modifier::BOLD,
        Role::Accent => Modifier::UNDERLINED,
        Role::Target => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Warning => Modifier::BOLD.union(Modifier::ITALIC),
        Role::Error => Modifier::BOLD.union(Modifier::REVERSED),
        Role::Selection => Modifier::REVERSED,
    }
}

const PLAIN_SERIES: [Modifier; 6] = [
    Modifier::empty(),
    Modifier::BOLD,
    Modifier::DIM,
    Modifier::UNDERLINED,
    Modifier::BOLD.union(Modifier::UNDERLINED),
    Modifier::DIM.union(Modifier::UNDERLINED),
];
