//! What fills the height of the picture of the mixture: a band for each domain, or where they are too many to be named,
//! for the largest, and one for all others.

use crate::tui::draw::lines_shown;
use crate::tui::look::{Look, Marks, Role};
use crate::tui::scene::Scene;
use ratatui::style::{Color, Style};

/// Fillings of bands without colours.
const SHADES: [&str; 4] = ["█", "░", "▓", "▒"];
/// Fillings of bands that have the same colour, one after the other.
const AGAIN: [&str; 4] = ["█", "▓", "▒", "░"];
const SIGNS: [&str; 8] = ["#", ".", "+", "o", "=", "x", ":", "%"];
/// The filling of the band of all others.
const OTHERS: [&str; 2] = ["░", "~"];

/// Which domains have a band.
pub(super) struct Bands {
    /// Those with one of their own, in the order of the run.
    own: Vec<usize>,
    /// Those that share the last one.
    joined: Vec<usize>,
    /// Whether every domain has a colour.
    painted: bool,
}

/// A band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Band {
    Domain(usize),
    Others,
}

/// The heights at which each band begins and ends at one moment, in shares from below; the first is at the top.
pub(super) struct Heights(pub Vec<(f64, f64)>);

impl Bands {
    /// For these weights, where so many bands can be named.
    pub fn new(look: &Look, weights: &[f64], rows: usize) -> Self {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        if weights.len() > rows {
            // The largest first; of equal ones the first of the run.
            order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
        }
        let own = lines_shown(weights.len(), rows);
        let mut joined = order.split_off(own);
        order.sort_unstable();
        joined.sort_unstable();
        Bands { own: order, joined, painted: is_painted(look, weights.len()) }
    }

    /// The bands from the top.
    pub fn all(&self) -> impl Iterator<Item = Band> + '_ {
        let others = (!self.joined.is_empty()).then_some(Band::Others);
        self.own.iter().map(|domain| Band::Domain(*domain)).chain(others)
    }

    /// The share of each band, where these are the weights of the domains.
    pub fn shares(&self, weights: &[f64]) -> Vec<f64> {
        let weight = |domain: &usize| weights.get(*domain).copied().unwrap_or(f64::NAN);
        let others = (!self.joined.is_empty()).then(|| self.joined.iter().map(weight).sum());
        self.own.iter().map(weight).chain(others).collect()
    }

    /// Whether bands differ by their colours.
    pub fn are_painted(&self) -> bool {
        self.painted
    }

    /// The name of a band.
    pub fn name(&self, band: Band, scene: &Scene<'_>) -> String {
        match band {
            Band::Domain(domain) => scene.domain(domain).to_owned(),
            Band::Others => format!("{} others", self.joined.len()),
        }
    }

    /// The sign that fills a band.
    pub fn fill(&self, band: Band, look: &Look) -> &'static str {
        let sign =
            |all: &[&'static str], at: usize| all.get(at % all.len()).copied().unwrap_or(" ");
        match (band, look.marks, self.painted) {
            (Band::Others, Marks::Ascii, _) => OTHERS[1],
            (Band::Others, _, _) => OTHERS[0],
            (Band::Domain(domain), Marks::Ascii, _) => sign(&SIGNS, domain),
            (Band::Domain(domain), _, true) => sign(&AGAIN, look.series_before(domain)),
            (Band::Domain(domain), _, false) => sign(&SHADES, domain),
        }
    }

    /// The style of a band.
    pub fn style(&self, band: Band, look: &Look) -> Style {
        match band {
            Band::Domain(domain) => look.series(domain),
            Band::Others => look.style(Role::Dim),
        }
    }
}

/// Whether every domain has a colour.
fn is_painted(look: &Look, domains: usize) -> bool {
    let coloured = |i| look.series(i).fg.is_some_and(|color| color != Color::Reset);
    look.marks != Marks::Ascii && (0..domains).all(coloured)
}

impl Heights {
    pub fn new(shares: &[f64]) -> Self {
        let mut top = 1.0;
        let band = |share: &f64| {
            let height = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
            let high: f64 = top;
            top = (high - height).max(0.0);
            (top, high)
        };
        Heights(shares.iter().map(band).collect())
    }

    /// The number of the band at a height.
    pub fn at(&self, height: f64) -> Option<usize> {
        self.0.iter().position(|(low, high)| (*low..*high).contains(&height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::Theme;

    #[test]
    fn the_largest_have_bands_of_their_own_and_the_others_one_together() {
        let look = Look { theme: Theme::dark(), marks: Marks::Braille };
        let weights = [0.1, 0.4, 0.05, 0.25, 0.2];
        let bands = Bands::new(&look, &weights, 3);
        let all: Vec<Band> = bands.all().collect();
        assert_eq!(all, [Band::Domain(1), Band::Domain(3), Band::Others]);
        assert_eq!(bands.shares(&weights)[..2], [0.4, 0.25]);
        assert!((bands.shares(&weights)[2] - 0.35).abs() < 1e-12);
        let whole = Bands::new(&look, &weights, 5);
        assert_eq!(whole.shares(&weights), weights);
        assert_eq!(whole.all().last(), Some(Band::Domain(4)));
    }

    #[test]
    fn bands_of_the_same_colour_are_filled_otherwise() {
        let look = Look { theme: Theme::dark(), marks: Marks::Braille };
        let bands = Bands::new(&look, &[0.05; 20], 20);
        let fills = [0, 8, 16].map(|i| bands.fill(Band::Domain(i), &look));
        assert_eq!(fills, ["█", "▓", "▒"]);
    }
}
