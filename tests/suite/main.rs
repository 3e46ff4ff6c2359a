//! The tests that use the crate or its binary as a user does, in one binary: it is linked once, and its
//! tests run side by side. `cargo test --test suite screens::` runs those of a file.

#[path = "../common/mod.rs"]
mod common;

mod architecture;
mod attach;
mod back;
mod batch;
mod benches;
mod check;
mod checkpoint;
mod commands;
mod compare;
mod cuda;
mod demo_data;
mod detection;
mod end_to_end;
mod errors;
mod export;
mod generation;
mod gpu_kernels;
mod golden;
mod help;
mod hub;
mod libtorch;
mod limits;
mod memory;
mod locale;
mod method;
mod nvrtc;
mod outputs;
mod private;
mod rows;
mod rules;
mod run_config;
mod screens;
mod steering;
mod terminals;
mod untrusted;
