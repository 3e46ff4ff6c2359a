use super::readout::{Reading, nearest};
use crate::tui::look::{Look, Role};
use ratatui::style::{Modifier, Style};

/// A curve over x. Points are ordered by x.
#[derive(Clone, Debug, Default)]
pub struct Curve<'a> {
    /// For the legend and the crosshair.
    pub name: &'a str,
    /// What is written at its right end.
    pub label: String,
    /// Of the curve and its labels.
    pub style: Style,
    /// The points; NaN is a gap, an infinity is marked at the edge.
    pub points: Vec<(f64, f64)>,
    /// The same smoothed: then this is the curve, and `points` lie dim behind it.
    pub smoothed: Option<Vec<(f64, f64)>>,
    /// Whether a value holds until the next one: the points are corners of stairs.
    pub holds: bool,
    /// Where a value may as well be: x with the lower and the upper end, ordered by x.
    pub band: Vec<(f64, (f64, f64))>,
    /// Whether points that are apart are marked.
    pub dotted: bool,
    /// Tells it from the curves of the same colour: 0 is drawn through, others have gaps.
    pub pattern: usize,
    /// Whether it is in front of all others.
    pub chosen: bool,
    /// Whose it is, of a curve that lies dim behind the others, without a label.
    pub ghost: Option<&'a str>,
}

/// A dashed horizontal line.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub value: f64,
    /// The part of the x axis that it spans.
    pub from_to: (f64, f64),
    /// May be empty.
    pub label: String,
    pub style: Style,
}

/// Something that happened, on the x axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub glyph: &'static str,
    pub style: Style,
}

/// A vertical line at which the values of all curves are read.
pub struct Crosshair<'a> {
    pub x: f64,
    /// What is written above the values: x in words, and what happened there.
    pub lines: Vec<String>,
    /// An x in words. A value that was measured at an x with other words than the crosshair's has them beside it.
    pub words: &'a dyn Fn(f64) -> String,
}

impl Crosshair<'_> {
    /// Its lines as readings.
    pub fn readings(&self, look: &Look) -> impl Iterator<Item = Reading> {
        let styles = [look.style(Role::Accent), look.style(Role::Text)];
        self.lines.iter().enumerate().map(move |(i, text)| Reading {
            name: text.clone(),
            value: String::new(),
            style: styles[i.min(1)],
        })
    }
}

impl Curve<'_> {
    /// How what is in front is drawn.
    pub(super) fn front_style(&self) -> Style {
        if self.chosen { self.style.add_modifier(Modifier::BOLD) } else { self.style }
    }

    /// What is in front: the smoothed points, if there are any.
    pub(super) fn front(&self) -> &[(f64, f64)] {
        self.smoothed.as_deref().unwrap_or(&self.points)
    }

    /// What is in front until `x`, the newest first.
    pub(super) fn until(&self, x: f64) -> impl Iterator<Item = f64> + '_ {
        let front = self.front();
        let end = front.partition_point(|point| point.0 <= x);
        front.get(..end).unwrap_or_default().iter().rev().map(|point| point.1)
    }

    /// Its last value until `x`, or NaN.
    pub fn last(&self, x: f64) -> f64 {
        self.until(x).find(|value| !value.is_nan()).unwrap_or(f64::NAN)
    }

    /// Its value at `x`, with the x at which it has it: that of the nearest point.
    pub(super) fn read(&self, x: f64) -> (f64, f64) {
        match nearest(self.front(), x, self.holds) {
            Some((_, value)) if self.holds => (x, value),
            found => found.unwrap_or((x, f64::NAN)),
        }
    }

    /// Its band as vertical lines, one apart from the other.
    pub(super) fn band_lines(&self) -> Vec<(f64, f64)> {
        let known = self.band.iter().filter(|(_, (low, high))| low.is_finite() && high.is_finite());
        known.flat_map(|(x, (low, high))| [(*x, *low), (*x, *high), (*x, f64::NAN)]).collect()
    }
}
