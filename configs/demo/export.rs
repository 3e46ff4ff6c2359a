//! Rounds a checkpoint's f32 weights to bf16, in HF layout: how configs/demo/model came out of the
//! run of base.ron.
//!
//!     cargo run --example demo-export -- runs/demo-base/checkpoints/step-004600 exported

use std::path::Path;
use versatune::config::Precision;
use versatune::model::Model;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [checkpoint, target] = arguments.as_slice() else {
        return Err("usage: demo-export <checkpoint folder> <new folder>".into());
    };
    let model = Model::open(Path::new(checkpoint), tch::Device::Cpu, Precision::PureBf16)?;
    model.save(Path::new(target))?;
    Ok(())
}
