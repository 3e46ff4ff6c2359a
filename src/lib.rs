//! VersaTune: fine-tune a language model on several domains, and watch and steer the mixture.

#![warn(missing_docs)]

pub mod unit;
pub mod mixing;
pub mod config;
pub mod control;
pub mod telemetry;
pub mod data;
pub mod torch;
pub mod model;
pub mod train;
pub mod host;
pub mod headless;
pub mod report;
pub mod bench;
pub mod app;
pub mod cli;
