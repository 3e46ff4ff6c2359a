//! How the screens look. Nothing of a run depends on it.

use super::super::plan::{Colours, ScreenMarks, ScreenPlan};
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
pub(in crate::config) const PLAIN: Spec<bool> = Spec::new("screen.plain", || false);
pub(in crate::config) const CLOSE_AT_END: Spec<bool> = Spec::new("screen.close_at_end", || false);
pub(in crate::config) const PATIENCE_SECS: Spec<f64> =
    Spec::within("screen.patience_secs", || 60.0, PATIENCE);
pub(in crate::config) const KEYS: Spec<BTreeMap<String, Vec<String>>> =
    Spec::new("screen.keys", BTreeMap::new);

impl Default for ScreenPlan {
    /// As a config without a section `screen` has it.
    fn default() -> Self {
        ScreenPlan {
            theme: (THEME.default)(),
            colours: (COLOURS.default)(),
            marks: (MARKS.default)(),
            refresh_secs: (REFRESH_SECS.default)(),
            mouse: (MOUSE.default)(),
            plain: (PLAIN.default)(),
            close_at_end: (CLOSE_AT_END.default)(),
            patience_secs: (PATIENCE_SECS.default)(),
            keys: (KEYS.default)(),
        }
    }
}

pub(super) fn screen() -> Section {
    Section {
        path: "screen",
        help: "How the screens look; see `versatune help screens`. It changes nothing of the run.",
        fields: vec![
            Field::new(
                &THEME,
                at!(screen.theme),
                "Name of a theme, or a theme file of your own that ends in `.ron`; its path is \
                 relative to the working directory.",
            )
            .obeyed(adopt!(screen.theme)),
            Field::new(
                &COLOURS,
                at!(screen.colours),
                "Which colours are used. `Auto`: those that the environment says the terminal shows; \
                 `True`: 24 bits; `Indexed`: the palette of 256; `Basic`: the terminal's own 16.",
            )
            .obeyed(adopt!(screen.colours)),
            Field::new(
                &MARKS,
                at!(screen.marks),
                "Which characters plots are drawn with. `Auto` goes by the locale and the terminal.",
            )
            .obeyed(adopt!(screen.marks)),
            Field::new(&REFRESH_SECS, at!(screen.refresh_secs), "Time between two frames; keys are answered at once.")
                .unit("seconds")
                .obeyed(adopt!(screen.refresh_secs)),
            Field::new(
                &LOW_BANDWIDTH,
                Read::UsedFor("screen.refresh_secs"),
                "For slow connections: a frame every 2 seconds, unless `refresh_secs` is given.",
            ),
            Field::new(&MOUSE, at!(screen.mouse), "Whether the mouse works; then the terminal's own selection usually needs shift.")
                .obeyed(adopt!(screen.mouse)),
            Field::new(
                &PLAIN,
                at!(screen.plain),
                "Lines instead of screens, for screen readers: what changes is said once, commands are typed; \
                 `help` lists them.",
            )
            .obeyed(adopt!(screen.plain)),
            Field::new(
                &CLOSE_AT_END,
                at!(screen.close_at_end),
                "Whether the screens end with the run instead of waiting for `q`.",
            )
            .obeyed(adopt!(screen.close_at_end)),
            Field::new(
                &PATIENCE_SECS,
                at!(screen.patience_secs),
                "Time after which a terminal that does not read is given up: the screens end, the \
                 run goes on and logs into its folder.",
            )
            .unit("seconds")
            .obeyed(adopt!(screen.patience_secs)),
            Field::new(&KEYS, at!(screen.keys), "Other keys for actions: `{\"pause\": [\"p\"]}`; see `versatune help keys`.")
                .obeyed(adopt!(screen.keys)),
        ],
    }
}
