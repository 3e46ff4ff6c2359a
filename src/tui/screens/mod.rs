//! The screens: one file or folder each, behind one small interface.

mod config;
mod curves;
mod domains;
mod events;
mod hardware;
mod mixture;
mod over_time;
mod overview;
mod samples;

pub use config::Config;
pub use curves::Curves;
pub use domains::Domains;
pub use events::Events;
pub use hardware::Hardware;
pub use mixture::Mixture;
pub use overview::Overview;
pub use samples::Samples;

use super::input::keys::Action;
use super::scene::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the left button.
    Click(Position),
    /// The left button is held and moved, from there to here.
    Drag(Position, Position),
    /// The wheel, away from the person or towards.
    Wheel {
        /// Where.
        at: Position,
        /// Away from the person.
        up: bool,
    },
}

/// One screen: its own small state, folded from actions, and its picture. No I/O and no clock.
pub trait Screen {
    /// Brings what it remembers up to date with the run and with the area that it has; before it is
    /// drawn.
    fn refresh(&mut self, _scene: &Scene<'_>, _area: Rect) {}

    /// Carries out an action if it means something here; whether it does.
    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool;

    /// The same for the mouse; `area` is where the screen is drawn.
    fn mouse(&mut self, mouse: Mouse, area: Rect, scene: &Scene<'_>) -> bool;

    /// Draws it. The area may be of any size, also empty.
    fn view(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer);

    /// Whether a filter changes what it shows.
    fn is_filtered(&self) -> bool {
        false
    }

    /// Actions for the line of hints, the most useful first.
    fn hints(&self) -> &'static [Action];
}

/// All screens, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Screens {
    overview: Overview,
    domains: Domains,
    curves: Curves,
    mixture: Mixture,
    hardware: Hardware,
    events: Events,
    samples: Samples,
    config: Config,
}

impl Screens {
    /// How many there are.
    pub const COUNT: usize = Self::NAMES.len();
    /// The place of the events.
    pub const EVENTS: usize = 5;
    /// Their names; the key of the first is 1.
    pub const NAMES: [&str; 8] =
        ["Overview", "Domains", "Curves", "Mixture", "Hardware", "Events", "Samples", "Config"];

    /// The screen at a place, from 0.
    pub fn get(&self, place: usize) -> &dyn Screen {
        match place {
            1 => &self.domains,
            2 => &self.curves,
            3 => &self.mixture,
            4 => &self.hardware,
            5 => &self.events,
            6 => &self.samples,
            7 => &self.config,
            _ => &self.overview,
        }
    }

    /// The same to be changed.
    pub fn at(&mut self, place: usize) -> &mut dyn Screen {
        match place {
            1 => &mut self.domains,
            2 => &mut self.curves,
            3 => &mut self.mixture,
            4 => &mut self.hardware,
            5 => &mut self.events,
            6 => &mut self.samples,
            7 => &mut self.config,
            _ => &mut self.overview,
        }
    }
}
