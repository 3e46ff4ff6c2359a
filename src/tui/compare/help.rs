use crate::tui::draw::{Canvas, Frame, columns};
use crate::tui::input::Action;
use crate::tui::keys::KeyMap;
use crate::tui::look::Role;

/// Draws the keys over the screen.
pub(super) fn draw(keys: &KeyMap, canvas: &mut Canvas<'_>) {
    let lines = lines(keys, canvas.glyphs().diamond);
    let key = lines.iter().map(|(key, _)| columns(key)).max().unwrap_or(0) + 2;
    let width = key + lines.iter().map(|(_, help)| columns(help)).max().unwrap_or(0);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let frame = Frame::new(canvas.area(), (width, height));
    let mut inside = canvas.frame(frame, "keys · any key closes");
    for (row, (keys, help)) in (0..).zip(lines) {
        inside.line(row).cell(key, keys, Role::Key).put(help, Role::Text);
    }
}

/// The keys and what they do here, and what the signs mean.
fn lines(keys: &KeyMap, diamond: &str) -> Vec<(String, &'static str)> {
    let keys_of = |actions: &[Action]| {
        let keys = actions.iter().filter_map(|action| keys.key(*action));
        keys.collect::<Vec<_>>().join(" ")
    };
    vec![
        (keys_of(&[Action::Up, Action::Down]), "select a run"),
        ("space".into(), "hide the selected run, or show it"),
        ("b".into(), "compare with the selected run"),
        (keys_of(&[Action::NextScreen, Action::NextKind]), "the next metric"),
        (keys_of(&[Action::PreviousScreen, Action::PreviousKind]), "the metric before"),
        (keys_of(&[Action::Left, Action::Right]), "turn to losses, configs, interventions"),
        (keys_of(&[Action::PageUp, Action::PageDown]), "scroll these"),
        ("~".into(), "an error of independent rows, not paired"),
        (diamond.into(), "a command changed the run of this colour"),
        ("2".into(), "commands changed so many runs there"),
        (keys_of(&[Action::Help]), "these keys"),
        (keys_of(&[Action::Leave, Action::Back]), "leave"),
    ]
}
