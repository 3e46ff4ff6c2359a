use crate::tui::chart::{Places, places};
use crate::tui::draw::below_title;
use crate::tui::scene::Scene;
use crate::tui::timeline::View;
use ratatui::layout::Rect;

/// Columns beside a domain's name: a sign before it, a share behind it.
const BESIDE: u16 = 9;

/// Which part of the run is shown, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct MixtureStyle {
    pub view: View,
    /// Whether the ratio is on a linear axis.
    pub linear: bool,
    /// Whether outliers of the ratio are clipped.
    pub clipped: bool,
}

impl MixtureStyle {
    /// Where the picture of the mixture is; the other panels have the same columns.
    pub fn places(&self, scene: &Scene<'_>, area: Rect, axis: bool) -> Option<Places> {
        places(below_title(area), labels(scene, area.width), axis)
    }
}

/// Columns of the labels at the right of a picture that is so wide: long names are cut before they
/// are left out.
pub(super) fn labels(scene: &Scene<'_>, width: u16) -> u16 {
    (scene.name_width().max(5) + BESIDE).min((width / 3).saturating_sub(1))
}
