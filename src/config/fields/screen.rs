//! How the screens look. Nothing of a run depends on it.

use super::super::plan::{Colours, ScreenMarks};
use super::field::{Field, Read, adopt, at};
use super::section::Section;
use super::spec::Spec;
use crate::unit::allowed::Allowed;
use std::collections::BTreeMap;

const REFRESH: Allowed<f64> =
    Allowed { holds: |x| (0.05..=60.0).contains(x), text: "seconds, 0.05 to 60" };
const PATIENCE: Allowed<f64> =
    Allowed { holds: |x| (1.0..=86_400.0).contains(x), text: "seconds, 1 to 86400" };

pub(in crate::config) const THEME: Spec<String> = Spec::new("screen.theme", || "dark".into());
pub(in crate::config) const COLOURS: Spec<Colours> = Spec::new("screen.colours", || Colours::Auto);
pub(in crate::config) const MARKS: Spec<ScreenMarks> =
    Spec::new("screen.marks", || ScreenMarks::Auto);
pub(in crate::config) const REFRESH_SECS: Spec<f64> =
    Spec::within("screen.refresh_secs", || 0.5, REFRESH);
pub(in crate::config) const LOW_BANDWIDTH: Spec<bool> = Spec::new("screen.low_bandwidth", || false);
pub(in crate::config) const MOUSE: Spec<bool> = Spec::new("screen.mouse", || true);
pub(in crate::config) const CLOSE_AT_END: Spec<bool> = Spec::new("screen.close_at_end", || false);
pub(in crate::config) const PATIENCE_SECS: Spec<f64> =
    Spec::within("screen.patience_secs", || 60.0, PATIENCE);
pub(in crate::config) const KEYS: Spec<BTreeMap<String, Vec<String>>> =
    Spec::new("screen.keys", BTreeMap::new);

pub(super) fn screen() -> Section {
    Section {
        path: "screen",
        help: "How the screens look. Nothing of the run depends on it.",
        fields: vec![
            Field::of(
                &THEME,
                at!(screen.theme),
                "A shipped theme, or a file of your own whose name ends in `.ron`, named from the \
                 working directory.",
            )
            .obeyed(adopt!(screen.theme)),
            Field::of(
                &COLOURS,
                at!(screen.colours),
                "Which colours are used: what the terminal says that it can show, 24 bits, the \
                 palette of 256, the terminal's 16, or none.",
            )
            .obeyed(adopt!(screen.colours)),
            Field::of(
                &MARKS,
                at!(screen.marks),
                "Which marks plots are drawn with. `Auto` is what the terminal can show.",
            )
            .obeyed(adopt!(screen.marks)),
            Field::of(&REFRESH_SECS, at!(screen.refresh_secs), "Time between two frames.")
                .unit("seconds")
                .obeyed(adopt!(screen.refresh_secs)),
            Field::of(
                &LOW_BANDWIDTH,
                Read::UsedFor("screen.refresh_secs"),
                "For slow lines: a frame every 2 seconds, unless `refresh_secs` is given.",
            ),
            Field::of(&MOUSE, at!(screen.mouse), "Whether the mouse is taken.")
                .obeyed(adopt!(screen.mouse)),
            Field::of(
                &CLOSE_AT_END,
                at!(screen.close_at_end),
                "Whether the screens end with the run, or stay until they are left.",
            )
            .obeyed(adopt!(screen.close_at_end)),
            Field::of(
                &PATIENCE_SECS,
                at!(screen.patience_secs),
                "Time after which a terminal that does not read is given up.",
            )
            .unit("seconds")
            .obeyed(adopt!(screen.patience_secs)),
            Field::of(&KEYS, at!(screen.keys), "Other keys for actions: `{\"pause\": [\"p\"]}`.")
                .obeyed(adopt!(screen.keys)),
        ],
    }
}
