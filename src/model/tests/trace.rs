//! What a trace says of memory against what the same pass takes.

use super::*;
use crate::data::{Batch, Example, PackedSequence};
use crate::torch::{Trace, TracedDevice, measured_peak};
use crate::unit::DomainId;

const DOMAINS: usize = 2;
const ALL: [Recompute; 3] = [Recompute::None, Recompute::Selective, Recompute::Full];

/// Documents of these lengths behind one another; every third token does not count.
fn packed(lengths: &[usize], vocabulary: u32) -> PackedSequence {
    let example = |(i, length): (usize, &usize)| Example {
        domain: DomainId(i % DOMAINS),
        tokens: (0..*length as u32).map(|token| token * 31 % vocabulary).collect(),
        counted: (0..*length).map(|token| token > 0 && token % 3 > 0).collect(),
    };
    let examples: Vec<Example> = lengths.iter().enumerate().map(example).collect();
    Batch::assemble(&examples, usize::MAX, DOMAINS).sequences.remove(0)
}

fn options(recompute: Recompute) -> PassOptions {
    PassOptions { recompute, loss_chunk: 64 }
}

/// Weights, gradients, and the peak of a pass, as traced.
fn traced(name: &str, precision: Precision, lengths: &[usize], recompute: Recompute) -> u64 {
    let architecture = Architecture::read(&fixture(name)).unwrap();
    let packed = packed(lengths, architecture.vocabulary as u32);
    let trace = Trace::begin(TracedDevice::Cpu);
    let model = Model::traced(&architecture, precision, &trace).unwrap();
    model.grads().unwrap();
    let states = trace.memory().live;
    let pass = model.trace_sequence(&packed, DOMAINS, options(recompute), &trace).unwrap();
    states + pass.peak()
}

/// The same, as the CPU's allocator counts it.
fn measured(name: &str, precision: Precision, lengths: &[usize], recompute: Recompute) -> u64 {
    let (peak, ()) = measured_peak(|| {
        let model = Model::open(&fixture(name), Device::Cpu, precision).unwrap();
        let packed = packed(lengths, model.architecture().vocabulary as u32);
        let _ = model.train_sequence(&packed, 1.0, DOMAINS, options(recompute)).unwrap();
    });
    peak
}

#[test]
fn a_trace_counts_what_a_pass_takes() {
    for name in ["llama", "qwen2", "qwen3", "mistral"] {
        for precision in [Precision::F32, Precision::MixedBf16, Precision::PureBf16] {
            for recompute in ALL {
                let lengths = [60, 17, 64, 33].repeat(6);
                let [traced, measured] = [traced, measured]
                    .map(|peak| peak(name, precision, &lengths, recompute) as f64);
                let ratio = traced / measured;
                println!(
                    "{name} {precision:?} recompute {recompute:?}: {traced} of {measured}, {ratio:.3}"
                );
                assert!((0.9..1.1).contains(&ratio), "{name} {precision:?} {recompute:?}: {ratio}");
            }
        }
    }
}
