/// At most so many characters, the last one `…` if something is left out.
pub(super) fn cut(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.into();
    }
    let kept: String = name.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}
