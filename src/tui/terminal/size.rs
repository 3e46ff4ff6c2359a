use crossterm::terminal;

/// Columns and rows of the terminal, where it can tell them.
pub(super) fn size() -> Option<(u16, u16)> {
    terminal::size().ok().filter(|(width, height)| *width > 0 && *height > 0)
}
