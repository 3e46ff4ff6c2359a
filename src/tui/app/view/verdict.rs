//! The line below the tabs: how the run is, in words, as much of it as fits.
//!
//! ```text
//!  watch  finance forgot 5.2 ± 0.4 % · held-out loss falls · best mean loss 2.083 at step 40
//! ```

use crate::tui::app::model::Model;
use crate::tui::draw::{Canvas, columns};
use crate::tui::look::Role;
use crate::tui::scene::Scene;
use crate::verdict::{Mood, Verdict};

/// The row of the line.
pub(super) const ROW: u16 = 2;

/// Draws the line; it is empty before there is anything to say.
pub(super) fn view(model: &Model, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    // Of a run that is not seen any more nothing is known but that, which the first line says.
    if model.lost.is_some() {
        return;
    }
    let verdict = Verdict::of(scene.run);
    let Some((first, others)) = verdict.parts.split_first() else { return };
    let glyphs = canvas.glyphs();
    let mut line = canvas.line(ROW);
    let word = verdict.mood().word();
    line.skip(1).put(word, role(verdict.mood())).skip(2).skip_end(1);
    line.put(first.text.as_str(), text_role(first.mood));
    let separator = format!(" {} ", glyphs.dot);
    for part in others {
        let needs = columns(&separator) + columns(&part.text);
        // What is left out is marked, and the mark needs room too.
        if needs + columns(&separator) + 1 > line.space() {
            line.put(format!("{separator}{}", glyphs.ellipsis), Role::Dim);
            return;
        }
        line.put(separator.as_str(), Role::Faint).put(part.text.as_str(), text_role(part.mood));
    }
}

fn role(mood: Mood) -> Role {
    match mood {
        Mood::Good | Mood::Plain => Role::Good,
        Mood::Watch => Role::Warning,
        Mood::Trouble => Role::Error,
    }
}

fn text_role(mood: Mood) -> Role {
    match mood {
        Mood::Good | Mood::Plain => Role::Text,
        Mood::Watch | Mood::Trouble => role(mood),
    }
}
