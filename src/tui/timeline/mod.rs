//! The x axis that curves and mixture share: steps, tokens or time, and the part of it that is
//! shown.

mod axis;
mod view;

pub use axis::{Axis, Timeline};
pub use view::View;
