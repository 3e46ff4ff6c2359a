//! Half of `make parity`: saves models with this program and stores the logits that it computes.
//! `compare.py`, the other half, loads them with transformers.
//!
//! `parity OUT FOLDER…` loads each folder in HF layout, saves it as `OUT/<n>/model` and its logits
//! as `OUT/<n>/logits.safetensors`.

use anyhow::{Context, Result};
use std::path::PathBuf;
use tch::{Device, Tensor};
use versatune::config::Precision;
use versatune::model::Model;

/// Two documents of different lengths, packed.
const BOUNDS: [i64; 3] = [0, 19, 51];

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().context("usage: parity OUT FOLDER…")?;
    for (index, folder) in arguments.enumerate() {
        let target = out.join(index.to_string());
        let model = Model::open(&folder, Device::Cpu, Precision::F32)?;
        model.save(&target.join("model"))?;

        let vocabulary = model.architecture().vocabulary;
        let tokens: Vec<i64> = (0..BOUNDS[2]).map(|i| (i * 7919 + 13) % vocabulary).collect();
        let logits = model.logits(&tokens, &BOUNDS)?;
        let stored = [
            ("tokens", Tensor::from_slice(&tokens)),
            ("bounds", Tensor::from_slice(&BOUNDS)),
            ("logits", logits),
        ];
        Tensor::write_safetensors(&stored, target.join("logits.safetensors"))?;
        println!("{}: saved {} parameters", folder.display(), model.parameter_count());
    }
    Ok(())
}
