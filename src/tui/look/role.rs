/// The meaning of a style: code names roles, themes give them colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Numbers and names.
    Text,
    /// Labels and units.
    Dim,
    /// Rules, axes, empty parts of bars.
    Faint,
    /// Titles of panels.
    Title,
    /// What is chosen or being edited.
    Accent,
    /// What the operator steers: the target domain.
    Target,
    /// A weight that rose.
    Rising,
    /// A weight that fell.
    Falling,
    /// As wanted: training, expanded, applied.
    Good,
    /// Needs attention: held, forgotten, throttled.
    Warning,
    /// Something failed.
    Error,
    /// An earlier value: the detected weight, the first loss.
    Ghost,
    /// The selected row.
    Selection,
    /// A key in a hint.
    Key,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 14] = [
        Role::Text,
        Role::Dim,
        Role::Faint,
        Role::Title,
        Role::Accent,
        Role::Target,
        Role::Rising,
        Role::Falling,
        Role::Good,
        Role::Warning,
        Role::Error,
        Role::Ghost,
        Role::Selection,
        Role::Key,
    ];
}
