//! What all pictures are made of.

pub mod canvas;
pub mod facts;
pub mod frame;
pub mod gauges;
pub mod list;
pub mod number;
