//! The legend.

use super::frame::{Canvas, Chart, INK, PlotError, RIGHT, colour, text};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// A line of the legend beside the right edge, at the height of the curve that it names.
pub(super) struct Label {
    /// Height of the curve at the right edge, in SVG units.
    pub y: i32,
    /// Number of the curve, for its colour: the index of the domain, or of the run.
    pub index: usize,
    /// What the curve is of, with its first and last value.
    pub words: String,
}

/// Draws the labels, moved apart where they would cover each other, with a line to what they name.
pub(super) fn labels(
    canvas: &Canvas<'_>,
    chart: &Chart<'_, '_>,
    labels: Vec<Label>,
) -> Result<(), PlotError> {
    let (_, plot_y) = chart.plotting_area().get_pixel_range();
    let wanted: Vec<i32> = labels.iter().map(|label| label.y).collect();
    let places = spread(&wanted, 32, plot_y.start + 12, plot_y.end - 12);
    for (label, y) in labels.iter().zip(places) {
        let colour = colour(label.index);
        let lead = vec![(RIGHT + 4, label.y), (RIGHT + 26, y), (RIGHT + 32, y)];
        canvas.draw(&PathElement::new(lead, colour.stroke_width(2)))?;
        canvas
            .draw(&Rectangle::new([(RIGHT + 34, y - 9), (RIGHT + 52, y + 9)], colour.filled()))?;
        let words = label.words.clone();
        canvas.draw(&Text::new(words, (RIGHT + 62, y), text(22.0, INK, HPos::Left)))?;
    }
    Ok(())
}

/// Positions as near to the wanted ones as possible, in the same order, at least `gap` apart and within
/// `low..=high` (as long as there is space).
fn spread(wanted: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|i| wanted[*i]);
    let mut places = vec![0; wanted.len()];
    let mut least = low;
    for &i in &order {
        places[i] = wanted[i].max(least);
        least = places[i] + gap;
    }
    let mut most = high;
    for &i in order.iter().rev() {
        places[i] = places[i].min(most);
        most = places[i] - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        assert_eq!(spread(&[100, 300, 200], 30, 0, 400), [100, 300, 200]);
        assert_eq!(spread(&[200, 201, 202], 30, 0, 400), [200, 230, 260]);
        assert_eq!(spread(&[390, 395, 400], 30, 0, 400), [340, 370, 400]);
        assert!(spread(&[], 30, 0, 400).is_empty());
    }
}
