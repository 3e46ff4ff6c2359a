//! The model of the screens, what changes it and how it is drawn.

pub mod model;
pub mod pointing;
pub mod update;
pub mod view;
