//! The themes that come with the program.

/// Name and text, in the order in which the key for the next theme shows them.
pub(super) const SHIPPED: [(&str, &str); 10] = [
    (ROOT, include_str!("../../../themes/dark.ron")),
    ("light", include_str!("../../../themes/light.ron")),
    ("high-contrast", include_str!("../../../themes/high-contrast.ron")),
    ("colour-blind", include_str!("../../../themes/colour-blind.ron")),
    ("monochrome", include_str!("../../../themes/monochrome.ron")),
    ("gruvbox-dark", include_str!("../../../themes/gruvbox-dark.ron")),
    ("nord", include_str!("../../../themes/nord.ron")),
    ("solarized-light", include_str!("../../../themes/solarized-light.ron")),
    ("catppuccin-mocha", include_str!("../../../themes/catppuccin-mocha.ron")),
    ("dracula", include_str!("../../../themes/dracula.ron")),
];

/// The theme that all others patch, themselves or by their parents. It sets everything.
pub(super) const ROOT: &str = "dark";

/// The text of a shipped theme.
pub(super) fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
}

/// Whether this names a file and not a shipped theme.
pub(super) fn is_path(name: &str) -> bool {
    name.ends_with(".ron")
}
