//! What the file of a strategy provides: the rule itself ([`Strategy`]), its description
//! ([`StrategySpec`]) and its parameters ([`Parameter`]).

mod parameter;
mod rule;
mod spec;

pub(super) use parameter::Options;
pub use parameter::{DefaultDomain, Parameter, Slot, Value, Word};
pub use rule::{Strategy, StrategyState};
pub use spec::{Cadence, Source, StrategySpec};
