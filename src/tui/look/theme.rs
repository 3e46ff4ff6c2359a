use super::Role;
use ratatui::style::{Color, Modifier, Style};

/// Colours by meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: [Style; Role::ALL.len()],
    series: Vec<Style>,
}

impl Theme {
    /// The style of a meaning.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The style of the `index`-th domain; they repeat when there are more domains than colours.
    pub fn series(&self, index: usize) -> Style {
        self.series.get(index % self.series.len().max(1)).copied().unwrap_or_default()
    }

    /// What is there without any file.
    pub fn dark() -> Self {
        let fg = |r, g, b| Style::new().fg(Color::Rgb(r, g, b));
        Theme {
            name: "dark".into(),
            styles: [
                fg(220, 223, 228),
                fg(140, 148, 160),
                fg(80, 86, 96),
                fg(170, 180, 195).add_modifier(Modifier::BOLD),
                fg(97, 175, 239).add_modifier(Modifier::BOLD),
                fg(229, 192, 123).add_modifier(Modifier::BOLD),
                fg(152, 195, 121),
                fg(198, 120, 121),
                fg(152, 195, 121),
                fg(229, 192, 123),
                fg(224, 108, 117).add_modifier(Modifier::BOLD),
                fg(120, 130, 145),
                Style::new().bg(Color::Rgb(50, 56, 66)),
                fg(97, 175, 239),
            ],
            series: [
                (97, 175, 239),
                (152, 195, 121),
                (229, 192, 123),
                (198, 120, 221),
                (86, 182, 194),
                (224, 108, 117),
                (209, 154, 102),
                (171, 178, 191),
            ]
            .map(|(r, g, b)| fg(r, g, b))
            .into(),
        }
    }
}
