//! What the help says: the symbols of the screen, its keys, then the keys that work everywhere.

use super::symbols::symbols;
use crate::tui::input::Action;
use crate::tui::keys::KeyMap;
use crate::tui::look::{Glyphs, Role};
use crate::tui::screens::ScreenId;

/// What the help explains.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The screen that it was opened on.
    pub screen: ScreenId,
    /// Whether a record is shown, which keys go through.
    pub is_record: bool,
    pub keys: &'a KeyMap,
    pub glyphs: &'static Glyphs,
}

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HelpLine {
    Title(&'static str),
    /// A symbol or keys, and what they mean.
    Entry(String, &'static str, Role),
    Blank,
}

/// What works on some screens only, in the order of the help.
const OF_SCREENS: [Action; 24] = [
    Action::Choose,
    Action::NextKind,
    Action::PreviousKind,
    Action::Up,
    Action::Down,
    Action::Left,
    Action::Right,
    Action::PageUp,
    Action::PageDown,
    Action::First,
    Action::Last,
    Action::MarkAfter,
    Action::MarkBefore,
    Action::ZoomIn,
    Action::ZoomOut,
    Action::ZoomReset,
    Action::PanLeft,
    Action::PanRight,
    Action::XAxis,
    Action::LogAxis,
    Action::Smoothing,
    Action::Outliers,
    Action::Enlarge,
    Action::Filter,
];

/// What goes through a record.
const OF_RECORDS: [Action; 6] = [
    Action::StepBack,
    Action::StepOn,
    Action::RecordStart,
    Action::RecordEnd,
    Action::Slower,
    Action::Faster,
];

/// What is said about the terminal: no key of this program's.
const TERMINAL: [(&str, &str); 2] = [
    ("shift", "with the mouse: the terminal selects text"),
    ("OSC 52", "how text is copied; terminals may ignore it"),
];

/// Whether an action means something on a screen.
fn works_on(screen: ScreenId, action: Action) -> bool {
    use Action::{
        Choose, Down, Enlarge, Filter, First, Last, Left, LogAxis, MarkAfter, MarkBefore, NextKind,
        Outliers, PageDown, PageUp, PanLeft, PanRight, PreviousKind, Right, Smoothing, Up, XAxis,
        ZoomIn, ZoomOut, ZoomReset,
    };
    let is_of_a_list = matches!(action, Up | Down | PageUp | PageDown | First | Last | Filter);
    let is_along = matches!(
        action,
        Left | Right
            | First
            | Last
            | MarkAfter
            | MarkBefore
            | ZoomIn
            | ZoomOut
            | ZoomReset
            | PanLeft
            | PanRight
            | XAxis
            | LogAxis
            | Outliers
    );
    action == Enlarge
        || match screen {
            ScreenId::Overview => matches!(action, Up | Down | Choose | LogAxis),
            ScreenId::Domains => {
                is_of_a_list || matches!(action, Choose | NextKind | PreviousKind | Left | Right)
            }
            ScreenId::Curves => {
                let is_metric =
                    matches!(action, Up | Down | Choose | NextKind | PreviousKind | Smoothing);
                is_along || is_metric || action == Filter
            }
            ScreenId::Mixture => is_along,
            ScreenId::Hardware => action == Choose,
            ScreenId::Events => is_of_a_list || matches!(action, Choose | NextKind | PreviousKind),
            ScreenId::Samples => is_of_a_list || matches!(action, Left | Right),
            ScreenId::Config => is_of_a_list,
        }
}

/// The lines of the help.
pub(super) fn page(subject: Subject<'_>) -> Vec<HelpLine> {
    let Subject { screen, is_record, keys, glyphs } = subject;
    let signs = symbols(screen, glyphs).into_iter();
    let signs = signs.map(|(sign, text)| HelpLine::Entry(sign.into(), text, Role::Accent));
    let all = keys.help();
    let of = |wanted: &dyn Fn(Action) -> bool| -> Vec<HelpLine> {
        let chosen = all.iter().filter(|(action, ..)| wanted(*action));
        chosen.map(|(_, keys, text)| HelpLine::Entry(keys.clone(), text, Role::Key)).collect()
    };
    let own = of(&|action| OF_SCREENS.contains(&action) && works_on(screen, action));
    let record = of(&|action| is_record && OF_RECORDS.contains(&action));
    let everywhere = of(&|action| !OF_SCREENS.contains(&action) && !OF_RECORDS.contains(&action));
    let terminal = TERMINAL.map(|(sign, text)| HelpLine::Entry(sign.into(), text, Role::Key));
    let parts = [
        ("symbols of this screen", signs.collect()),
        ("keys of this screen", own),
        ("keys of a record", record),
        ("keys everywhere", everywhere),
        ("the terminal", terminal.into()),
    ];
    let mut lines: Vec<HelpLine> = Vec::new();
    for (title, entries) in parts.into_iter().filter(|(_, entries)| !entries.is_empty()) {
        if !lines.is_empty() {
            lines.push(HelpLine::Blank);
        }
        lines.push(HelpLine::Title(title));
        lines.extend(entries);
    }
    lines
}
