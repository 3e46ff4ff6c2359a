//! The symbols of each screen, and what they mean.

use crate::tui::look::Glyphs;
use crate::tui::screens::ScreenId;

/// A symbol and its meaning, in a line of the smallest terminal.
pub(super) type Symbol = (&'static str, &'static str);

/// The symbols that a screen shows, the most puzzling first.
pub(super) fn symbols(screen: ScreenId, glyphs: &Glyphs) -> Vec<Symbol> {
    let gamma = (glyphs.gamma, "learnable potential: share of its loss to gain");
    let phi = (glyphs.phi, "forgetting: rise of its loss since the update");
    let mean_phi = (glyphs.mean_phi, "mean forgetting of all but the target");
    let ratio = ("ratio", "potential of the target by mean forgetting");
    let tau = (glyphs.tau, "threshold: the target grows by a ratio above");
    let lambda = (glyphs.lambda, "how fast weights follow the potential");
    let delta = (glyphs.delta, "by how much the target grows at an expansion");
    let target = (glyphs.pointer, "a target domain");
    let selected = (glyphs.pointer, "what is selected");
    let up = (glyphs.up, "its weight rose at the update, in points");
    let down = (glyphs.down, "its weight fell at the update, in points");
    let level = (glyphs.level, "its weight stayed as it was");
    let about = ("≈", "decided within the noise of the measurement");
    let error = (glyphs.plus_minus, "standard error; less than twice it is noise");
    let unknown = (glyphs.none, "not known yet, or nothing was forgotten");
    let command = (glyphs.diamond, "a command took effect");
    let ceiling = (glyphs.dash, "mastery ceiling: loss of a model tuned on it");
    let marks = [
        command,
        ("s", "below the axis: a checkpoint was saved"),
        ("r", "below the axis: the run was resumed"),
        ("!", "below the axis: a step or a loss was not used"),
    ];
    match screen {
        ScreenId::Overview => vec![
            gamma,
            phi,
            mean_phi,
            ratio,
            tau,
            about,
            lambda,
            delta,
            (glyphs.ghost, "in a bar: the weight detected at the start"),
            target,
            up,
            down,
            level,
            error,
            command,
            ceiling,
        ],
        ScreenId::Domains => vec![
            gamma,
            phi,
            target,
            up,
            down,
            level,
            error,
            ratio,
            tau,
            unknown,
            ("ceiling", "mastery: loss of a model tuned on it alone"),
        ],
        ScreenId::Curves => [
            &[
                gamma,
                phi,
                (glyphs.lamp, "a metric or a domain that is drawn"),
                selected,
                (glyphs.point, "a measurement; lines between only join them"),
                ("bars", "one standard error around the selected"),
                ceiling,
            ][..],
            &marks,
            &[(glyphs.up, "at the edge: a value beyond it")],
        ]
        .concat(),
        ScreenId::Mixture => [
            &[
                gamma,
                mean_phi,
                tau,
                (glyphs.infinity, "in the ratio: nothing was forgotten"),
                (glyphs.up, "in the strip: the target grew"),
                (glyphs.times, "in the strip: held, or limited"),
                (glyphs.level, "in the strip: the target has all it may have"),
                target,
            ][..],
            &marks,
        ]
        .concat(),
        ScreenId::Hardware => {
            vec![(glyphs.ghost, "in a bar of memory: what this run has of it"), unknown]
        }
        ScreenId::Events => {
            vec![
                gamma,
                phi,
                mean_phi,
                ratio,
                tau,
                selected,
                (glyphs.arrow, "from the old value to the new"),
            ]
        }
        ScreenId::Samples => vec![
            selected,
            (glyphs.down, "so many lines more, below"),
            ("ended", "the model ended the text itself"),
            ("cut", "the text was as long as allowed"),
        ],
        ScreenId::Config => vec![
            lambda,
            delta,
            tau,
            selected,
            (glyphs.arrow, "from the value of the start to the present"),
            ("--set", "given on the command line"),
            ("default", "nowhere given"),
        ],
    }
}
