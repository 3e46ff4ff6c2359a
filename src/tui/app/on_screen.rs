use super::model::Model;
use crate::tui::scene::Scene;
use crate::tui::screens::Screen;

/// Calls the shown screen with its scene; the default where there is no screen.
pub(super) fn with_shown_screen<T: Default>(
    model: &mut Model,
    act: impl FnOnce(&mut dyn Screen, &Scene<'_>) -> T,
) -> T {
    // Taken out of the model meanwhile: the scene borrows the model.
    let mut screens = std::mem::take(&mut model.screens);
    let screen = screens.get_mut(model.shown);
    let done = screen.map(|screen| act(screen.as_mut(), &model.scene()));
    model.screens = screens;
    done.unwrap_or_default()
}
