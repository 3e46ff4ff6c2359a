//! Colours as RGB values: what a terminal shows for them, how different two of them look.

use ratatui::style::Color;
use std::fmt;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rgb([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The sixteen colours that have names, in the order of their numbers, as xterm shows them.
pub(super) const ANSI: [(&str, Color, Rgb); 16] = [
    ("black", Color::Black, Rgb([0, 0, 0])),
    ("red", Color::Red, Rgb([205, 0, 0])),
    ("green", Color::Green, Rgb([0, 205, 0])),
    ("yellow", Color::Yellow, Rgb([205, 205, 0])),
    ("blue", Color::Blue, Rgb([0, 0, 238])),
    ("magenta", Color::Magenta, Rgb([205, 0, 205])),
    ("cyan", Color::Cyan, Rgb([0, 205, 205])),
    ("white", Color::Gray, Rgb([229, 229, 229])),
    ("bright-black", Color::DarkGray, Rgb([127, 127, 127])),
    ("bright-red", Color::LightRed, Rgb([255, 0, 0])),
    ("bright-green", Color::LightGreen, Rgb([0, 255, 0])),
    ("bright-yellow", Color::LightYellow, Rgb([255, 255, 0])),
    ("bright-blue", Color::LightBlue, Rgb([92, 92, 255])),
    ("bright-magenta", Color::LightMagenta, Rgb([255, 0, 255])),
    ("bright-cyan", Color::LightCyan, Rgb([0, 255, 255])),
    ("bright-white", Color::White, Rgb([255, 255, 255])),
];

impl Rgb {
    /// Parses `#1e2127`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|hex| is_hex(hex, 6))?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Rgb([red, green, blue]))
    }

    /// What a terminal shows for a colour; `None` for the default, which depends on the terminal.
    pub fn from_color(color: Color) -> Option<Self> {
        match color {
            Color::Reset => None,
            Color::Rgb(red, green, blue) => Some(Rgb([red, green, blue])),
            Color::Indexed(index) => Some(indexed(index)),
            named => ANSI.iter().find(|(_, color, _)| *color == named).map(|(_, _, rgb)| *rgb),
        }
    }

    /// Contrast ratio of the two, from 1 to 21 (WCAG 2).
    pub fn contrast(self, other: Rgb) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Red, green and blue as linear light, 0..=1.
    fn linear(self) -> [f64; 3] {
        self.0.map(|channel| match f64::from(channel) / 255.0 {
            small if small <= 0.04045 => small / 12.92,
            share => ((share + 0.055) / 1.055).powf(2.4),
        })
    }

    /// Oklab (Ottosson 2020): lightness 0..=1 and two axes of colour, in which equal distances look
    /// equal.
    fn oklab(self) -> [f64; 3] {
        let [red, green, blue] = self.linear();
        let l = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let m = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let s = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    /// The number of the nearest of the 240 fixed colours (a cube of 6×6×6, 24 greys). The first
    /// sixteen are left out: users change them.
    pub fn nearest_indexed(self) -> u8 {
        let distance = |index: u8| -> f64 {
            let (one, two) = (self.oklab(), indexed(index).oklab());
            one.iter().zip(two).map(|(one, two)| (one - two).powi(2)).sum()
        };
        (16..=u8::MAX).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(u8::MAX)
    }

    /// The nearest of the sixteen colours: hue first, then lightness. A plain distance would turn
    /// every soft colour into grey, and with the hue the meaning would be gone.
    pub fn nearest_ansi(self) -> Color {
        let [lightness, a, b] = self.oklab();
        // What is almost white or black needs more of a tint to be seen as a colour.
        let tint = if (0.35..0.8).contains(&lightness) { 0.041 } else { 0.058 };
        let among = match b.atan2(a).to_degrees().rem_euclid(360.0) {
            _ if a.hypot(b) < tint => &[0, 8, 7, 15][..],
            hue if (50.0..116.0).contains(&hue) => &[3, 11],
            hue if (116.0..168.0).contains(&hue) => &[2, 10],
            hue if (168.0..225.0).contains(&hue) => &[6, 14],
            hue if (225.0..290.0).contains(&hue) => &[4, 12],
            hue if (290.0..357.0).contains(&hue) => &[5, 13],
            _ => &[1, 9],
        };
        let away = |rgb: Rgb| (rgb.oklab()[0] - lightness).abs();
        let choice = among.iter().map(|index: &usize| ANSI[*index]);
        let nearest = choice.min_by(|one, two| away(one.2).total_cmp(&away(two.2)));
        nearest.map_or(Color::Reset, |(_, color, _)| color)
    }
}

/// Parses a colour as themes write it.
pub(super) fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    let named = ANSI.iter().find(|(name, ..)| *name == text).map(|(_, color, _)| *color);
    named.or_else(|| Rgb::parse(text).map(|Rgb([red, green, blue])| Color::Rgb(red, green, blue)))
}

pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The 256 colours: the sixteen, a cube, greys.
fn indexed(index: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..16 => ANSI[usize::from(index)].2,
        16..232 => {
            let cube = index - 16;
            Rgb([level(cube / 36), level(cube / 6 % 6), level(cube % 6)])
        }
        232.. => Rgb([8 + 10 * (index - 232); 3]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Rgb {
        Rgb::parse(text).unwrap()
    }

    #[test]
    fn colours_are_parsed_as_themes_write_them() {
        assert_eq!(parse("#1E2127"), Some(Color::Rgb(0x1e, 0x21, 0x27)));
        assert_eq!(parse("default"), Some(Color::Reset));
        assert_eq!(parse("bright-black"), Some(Color::DarkGray));
        for wrong in ["1e2127", "#1e21", "#1e212", "#gggggg", "#+12345", "#ééé", "Red", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(rgb("#0a0b0c").to_string(), "#0a0b0c");
    }

    #[test]
    fn every_fixed_colour_is_nearest_to_itself() {
        for index in 16..=u8::MAX {
            // Greys are in the cube too: what counts is the colour, not its number.
            assert_eq!(indexed(indexed(index).nearest_indexed()), indexed(index));
        }
        assert_eq!(Rgb::from_color(Color::Indexed(208)), Some(rgb("#ff8700")));
        assert_eq!(rgb("#ff8800").nearest_indexed(), 208);
        assert_eq!(rgb("#3a3a3b").nearest_indexed(), 237);
    }

    #[test]
    fn the_nearest_of_the_sixteen_colours_keeps_the_hue() {
        for (_, color, rgb) in ANSI {
            assert_eq!(rgb.nearest_ansi(), color, "{rgb}");
        }
        let soft = [
            ("#98c379", Color::Green),
            ("#e06c75", Color::LightRed),
            ("#e5c07b", Color::Yellow),
            ("#d19a66", Color::Yellow),
            ("#61afef", Color::LightBlue),
            ("#bd93f9", Color::LightMagenta),
            ("#8c94a0", Color::DarkGray),
            ("#dce0e4", Color::Gray),
            ("#ebdbb2", Color::Gray),
        ];
        for (text, color) in soft {
            assert_eq!(rgb(text).nearest_ansi(), color, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let (black, white) = (rgb("#000000"), rgb("#ffffff"));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(rgb("#767676")) - 4.54).abs() < 0.01);
    }
}
