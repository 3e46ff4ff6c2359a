use crate::telemetry::{AskedMark, SampleText};
use crate::tui::input::Words;
use crate::tui::scene::Scene;

/// A prompt that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item<'a> {
    /// Of a held-out row, with the newest text that was written for it.
    Row(&'a SampleText),
    /// Of an operator.
    Asked(&'a AskedMark),
}

impl<'a> Item<'a> {
    /// Those that fit the filter: what was asked, the newest first, then the rows of the newest time.
    pub fn shown(scene: &Scene<'a>) -> Vec<Self> {
        let (history, words) = (&scene.run.history, Words::new(scene.filter));
        let newest = history.samples.back().map_or(&[][..], |mark| &mark.texts);
        let asked = history.asked.iter().rev().map(Item::Asked);
        let fits = |item: &Item<'_>| words.fit(&format!("{} {}", item.whose(), item.prompt()));
        asked.chain(newest.iter().map(Item::Row)).filter(fits).collect()
    }

    /// The domain of the row, or that it was asked.
    pub fn whose(self) -> &'a str {
        match self {
            Item::Row(text) => &text.domain,
            Item::Asked(_) => "asked",
        }
    }

    pub fn prompt(self) -> &'a str {
        match self {
            Item::Row(text) => &text.prompt,
            Item::Asked(asked) => &asked.prompt,
        }
    }
}
