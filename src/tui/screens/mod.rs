//! The screens: one file or folder each, behind one small interface.
//!
//! A new screen is its own file and, here, a variant of [`ScreenId`] with its line in [`SCREENS`].

mod config;
mod curves;
mod domains;
mod events;
mod hardware;
mod mixture;
mod over_time;
mod overview;
mod samples;
mod screen;

pub use screen::Screen;

/// The screens, in the order of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenId {
    /// The run at a glance.
    #[default]
    Overview,
    /// A row for each domain.
    Domains,
    /// Metrics over the run.
    Curves,
    /// The mixture over the run.
    Mixture,
    /// Load of the machine.
    Hardware,
    /// The events of the run.
    Events,
    /// Texts that the model writes.
    Samples,
    /// The values that the run works by.
    Config,
}

/// A screen's line in the table.
struct ScreenEntry {
    id: ScreenId,
    key: &'static [&'static str],
    name: &'static str,
    title: &'static str,
    help: &'static str,
    open: fn() -> Box<dyn Screen>,
}

/// Every screen, in the order of [`ScreenId`].
static SCREENS: [ScreenEntry; 8] = [
    entry(ScreenId::Overview, &["1"], ["overview", "Overview", "overview"], || {
        Box::<overview::Overview>::default()
    }),
    entry(ScreenId::Domains, &["2"], ["domains", "Domains", "domains"], || {
        Box::<domains::Domains>::default()
    }),
    entry(ScreenId::Curves, &["3"], ["curves", "Curves", "curves"], || {
        Box::<curves::Curves>::default()
    }),
    entry(ScreenId::Mixture, &["4"], ["mixture", "Mixture", "mixture over time"], || {
        Box::<mixture::Mixture>::default()
    }),
    entry(ScreenId::Hardware, &["5"], ["hardware", "Hardware", "hardware"], || {
        Box::<hardware::Hardware>::default()
    }),
    entry(ScreenId::Events, &["6"], ["events", "Events", "events"], || {
        Box::<events::Events>::default()
    }),
    entry(ScreenId::Samples, &["7"], ["samples", "Samples", "samples"], || {
        Box::<samples::Samples>::default()
    }),
    entry(ScreenId::Config, &["8"], ["config", "Config", "config"], || {
        Box::<config::Config>::default()
    }),
];

const fn entry(
    id: ScreenId,
    key: &'static [&'static str],
    [name, title, help]: [&'static str; 3],
    open: fn() -> Box<dyn Screen>,
) -> ScreenEntry {
    ScreenEntry { id, key, name, title, help, open }
}

impl ScreenId {
    /// All screens.
    pub fn all() -> impl ExactSizeIterator<Item = ScreenId> {
        SCREENS.iter().map(|entry| entry.id)
    }

    /// The screen of a number, from 1.
    pub fn from_number(number: u8) -> Option<ScreenId> {
        ScreenId::all().find(|id| id.number() == number)
    }

    /// Its number, from 1.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The keys that show it, unless a config gives it others.
    pub fn keys(self) -> &'static [&'static str] {
        self.entry().key
    }

    /// Its name in a config and on the command line.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The title on its tab.
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// Its line in the help.
    pub fn help(self) -> &'static str {
        self.entry().help
    }

    /// The screen `count` after this one; the first follows the last.
    pub fn step(self, count: usize) -> ScreenId {
        SCREENS[(self as usize + count) % SCREENS.len()].id
    }

    fn entry(self) -> &'static ScreenEntry {
        &SCREENS[self as usize]
    }
}

/// The screens with their state; none by default.
#[derive(Default)]
pub struct Screens(Vec<Box<dyn Screen>>);

impl Screens {
    /// All of them in their first state.
    pub fn new() -> Self {
        Screens(SCREENS.iter().map(|entry| (entry.open)()).collect())
    }

    pub fn get(&self, id: ScreenId) -> Option<&dyn Screen> {
        self.0.get(id as usize).map(|screen| screen.as_ref())
    }

    pub fn get_mut(&mut self, id: ScreenId) -> Option<&mut Box<dyn Screen>> {
        self.0.get_mut(id as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_its_own_line_number_and_key() {
        for (id, number) in ScreenId::all().zip(1..) {
            assert_eq!((id.number(), id.keys()), (number, &[number.to_string().as_str()][..]));
            assert_eq!(ScreenId::from_number(number), Some(id));
        }
        assert_eq!(ScreenId::from_number(0), None);
        assert_eq!(ScreenId::Config.step(1), ScreenId::Overview);
        assert_eq!(Screens::new().0.len(), ScreenId::all().len());
    }
}
