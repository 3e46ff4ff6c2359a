use serde::{Deserialize, Serialize};

/// What a terminal can show besides letters, from the finest to the plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Marks {
    /// Braille dots, blocks of eighths, arrows.
    Braille,
    /// Blocks and lines, as the Linux console has them.
    Block,
    /// ASCII only.
    Ascii,
}

/// The marks of one kind of terminal. Each is one column wide, but for what is between words:
/// `arrow`, `at_most` and the Greek letters, which ASCII writes in two signs or as words.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Bars: an eighth to eight eighths.
    pub bar: [&'static str; 8],
    /// Columns: an eighth to eight eighths, from below.
    pub column: [&'static str; 8],
    /// A mark in a bar.
    pub ghost: &'static str,
    /// Rose.
    pub up: &'static str,
    /// Fell.
    pub down: &'static str,
    /// Stayed.
    pub level: &'static str,
    /// In front of the target domain, and of what is selected.
    pub pointer: &'static str,
    /// The lamp of a phase.
    pub lamp: &'static str,
    /// A command on an axis.
    pub diamond: &'static str,
    /// A measured point of a curve.
    pub point: &'static str,
    /// A horizontal rule.
    pub rule: &'static str,
    /// A vertical rule.
    pub wall: &'static str,
    /// Where rules meet a wall: right of it, left of it, on both sides below its top, on both sides
    /// at its top.
    pub joint: [&'static str; 4],
    /// Corners of a dialog: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// A dashed horizontal line: ceilings.
    pub dash: &'static str,
    /// A progress bar: done, its end, to do.
    pub progress: [&'static str; 3],
    /// Ticks on a vertical axis and on a horizontal one.
    pub tick: [&'static str; 2],
    /// Where axes meet.
    pub origin: &'static str,
    /// Where text was cut off.
    pub ellipsis: &'static str,
    /// Between old and new.
    pub arrow: &'static str,
    /// Minus sign.
    pub minus: &'static str,
    /// Between words.
    pub dot: &'static str,
    /// Not known.
    pub none: &'static str,
    /// λ.
    pub lambda: &'static str,
    /// δ.
    pub delta: &'static str,
    /// τ.
    pub tau: &'static str,
    /// γ.
    pub gamma: &'static str,
    /// φ.
    pub phi: &'static str,
    /// Mean φ.
    pub mean_phi: &'static str,
    /// ≤.
    pub at_most: &'static str,
    /// ×.
    pub times: &'static str,
    /// ±.
    pub plus_minus: &'static str,
    /// ∞.
    pub infinity: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    column: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    ghost: "┊",
    up: "▲",
    down: "▼",
    level: "·",
    pointer: "▸",
    lamp: "●",
    diamond: "◆",
    point: "•",
    rule: "─",
    wall: "│",
    joint: ["├", "┤", "┼", "┬"],
    corners: ["╭", "╮", "╰", "╯"],
    dash: "╌",
    progress: ["━", "╸", "─"],
    tick: ["┤", "┬"],
    origin: "└",
    ellipsis: "…",
    arrow: "→",
    minus: "−",
    dot: "·",
    none: "–",
    lambda: "λ",
    delta: "δ",
    tau: "τ",
    gamma: "γ",
    phi: "φ",
    mean_phi: "φ̄",
    at_most: "≤",
    times: "×",
    plus_minus: "±",
    infinity: "∞",
};

const BLOCK: Glyphs = Glyphs {
    bar: ["▌", "▌", "▌", "▌", "▌", "█", "█", "█"],
    column: ["▄", "▄", "▄", "▄", "▄", "█", "█", "█"],
    ghost: "|",
    up: "▲",
    down: "▼",
    pointer: "►",
    lamp: "■",
    point: "■",
    corners: ["┌", "┐", "└", "┘"],
    dash: "-",
    progress: ["█", "▌", "─"],
    ellipsis: "~",
    minus: "-",
    none: "-",
    // Fonts of the console have 256 or 512 signs; λ, γ and × are in few of them.
    lambda: ASCII.lambda,
    delta: ASCII.delta,
    tau: ASCII.tau,
    gamma: ASCII.gamma,
    phi: ASCII.phi,
    mean_phi: ASCII.mean_phi,
    at_most: ASCII.at_most,
    times: ASCII.times,
    plus_minus: ASCII.plus_minus,
    infinity: "▲",
    ..UNICODE
};

const ASCII: Glyphs = Glyphs {
    bar: [" ", " ", " ", "-", "=", "=", "#", "#"],
    column: [".", ".", ":", ":", "+", "*", "#", "#"],
    ghost: "|",
    up: "^",
    down: "v",
    level: ".",
    pointer: ">",
    lamp: "*",
    diamond: "*",
    point: "o",
    rule: "-",
    wall: "|",
    joint: ["+", "+", "+", "+"],
    corners: ["+", "+", "+", "+"],
    dash: "-",
    progress: ["=", ">", "-"],
    tick: ["+", "+"],
    origin: "+",
    ellipsis: "~",
    arrow: "->",
    minus: "-",
    dot: "-",
    none: "-",
    lambda: "lambda",
    delta: "delta",
    tau: "tau",
    gamma: "gamma",
    phi: "phi",
    mean_phi: "mean phi",
    at_most: "<=",
    times: "x",
    plus_minus: "+-",
    infinity: "^",
};

impl Marks {
    /// The marks of this kind.
    pub fn glyphs(self) -> &'static Glyphs {
        match self {
            Marks::Braille => &UNICODE,
            Marks::Block => &BLOCK,
            Marks::Ascii => &ASCII,
        }
    }
}

impl Glyphs {
    /// Those that texts have too, each at its place: the longest first where one begins another.
    pub(super) fn in_text(&self) -> [&'static str; 19] {
        [
            self.mean_phi,
            self.phi,
            self.dot,
            self.arrow,
            self.minus,
            self.none,
            self.ellipsis,
            self.rule,
            self.lambda,
            self.delta,
            self.tau,
            self.gamma,
            self.at_most,
            self.times,
            self.plus_minus,
            self.infinity,
            self.diamond,
            self.lamp,
            self.pointer,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    const ALL: [Marks; 3] = [Marks::Braille, Marks::Block, Marks::Ascii];

    #[test]
    fn every_mark_is_one_column_wide() {
        for marks in ALL {
            // Without `..`: a new mark has to say which kind it is of.
            let Glyphs {
                bar,
                column,
                ghost,
                up,
                down,
                level,
                pointer,
                lamp,
                diamond,
                point,
                rule,
                wall,
                joint,
                corners,
                dash,
                progress,
                tick,
                origin,
                ellipsis,
                arrow,
                minus,
                dot,
                none,
                lambda,
                delta,
                tau,
                gamma,
                phi,
                mean_phi,
                at_most,
                times,
                plus_minus,
                infinity,
            } = marks.glyphs();
            let mut narrow = vec![*ghost, up, down, level, pointer, lamp, diamond, point, rule];
            narrow.extend(joint);
            narrow.push(wall);
            narrow.extend([*dash, origin, ellipsis, minus, dot, none, times, infinity]);
            narrow.extend(bar.iter().chain(column).chain(corners).chain(progress).chain(tick));
            let wide = [lambda, delta, tau, gamma, phi, mean_phi, at_most, arrow, plus_minus];
            for glyph in narrow {
                assert_eq!(glyph.width(), 1, "{marks:?}: {glyph:?}");
            }
            for glyph in wide {
                let few = if marks == Marks::Braille { 1..=1 } else { 1..=8 };
                assert!(few.contains(&glyph.width()), "{marks:?}: {glyph:?}");
            }
        }
    }

    #[test]
    fn ascii_is_ascii() {
        assert!(format!("{:?}", Marks::Ascii.glyphs()).is_ascii());
    }
}
