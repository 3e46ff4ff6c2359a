use crate::tui::chart::PlotLayout;
use crate::tui::draw::below_title;
use crate::tui::scene::Scene;
use crate::tui::timeline::View;
use ratatui::layout::Rect;

/// Columns beside a domain's name: a sign before it, a share behind it.
const BESIDE: u16 = 9;

/// The shown part of the run, and how it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct MixtureStyle {
    pub view: View,
    /// Whether the ratio is on a linear axis.
    pub linear: bool,
    /// Whether outliers of the ratio are clipped.
    pub clipped: bool,
}

impl MixtureStyle {
    /// The layout of the plot of the mixture; the other panels have the same columns.
    pub fn plot_layout(&self, scene: &Scene<'_>, area: Rect, axis: bool) -> Option<PlotLayout> {
        PlotLayout::fit(below_title(area), labels(scene, area.width), axis)
    }
}

/// Columns of the labels at the right of a plot of `width` columns: long names are cut before they are
/// left out.
pub(super) fn labels(scene: &Scene<'_>, width: u16) -> u16 {
    (scene.name_width().max(5) + BESIDE).min((width / 3).saturating_sub(1))
}
