use termimad::{Alignment, CompoundStyle, MadSkin, ansi};

/// ANSI colours: every theme of a terminal has them.
const CYAN: u8 = 6;
const YELLOW: u8 = 3;

/// How a page looks in the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Headings, code and emphasis in colour.
    Colour,
    /// No control characters at all, for files and pipes.
    Plain,
}

/// A page as lines of at most `columns` columns.
pub fn render(markdown: &str, style: Style, columns: usize) -> String {
    skin(style).text(markdown, Some(columns)).to_string()
}

fn skin(style: Style) -> MadSkin {
    if style == Style::Plain {
        return MadSkin::no_style();
    }
    let mut skin = MadSkin::default();
    for header in &mut skin.headers {
        header.align = Alignment::Left;
        header.set_fg(ansi(CYAN));
    }
    // No background of their own: it would be a dark box on a light terminal.
    skin.inline_code = CompoundStyle::with_fg(ansi(YELLOW));
    skin.code_block.compound_style = CompoundStyle::with_fg(ansi(YELLOW));
    skin
}
