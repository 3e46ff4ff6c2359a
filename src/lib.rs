//! VersaTune: fine-tune a language model on several domains, and watch and steer the mixture.

#![warn(missing_docs)]

pub mod config;
pub mod control;
pub mod data;
pub mod headless;
pub mod host;
pub mod mixing;
pub mod model;
pub mod report;
pub mod telemetry;
pub mod torch;
pub mod unit;
