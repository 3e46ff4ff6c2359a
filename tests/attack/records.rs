//! Changed lines of a run's record, read in this process: events or an error that names the line.

use crate::Kind;
use crate::common::{Dice, Sandbox};
use crate::mutate;
use std::fs;
use std::sync::LazyLock;
use versatune::telemetry::{RECORD_FILE, RecordReader, RecordedRun, RunView};

pub const KIND: Kind = Kind { name: "record", share: 1.0, trial };

/// Inputs of a trial.
const INPUTS: u64 = 200;

/// The record of a whole run.
static RECORD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    sandbox.train("run", &[]).expect(0);
    fs::read(sandbox.run_dir("run").join(RECORD_FILE)).expect("the record")
});

fn trial(dice: &mut Dice) -> u64 {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for _ in 0..INPUTS {
        fs::write(dir.path().join(RECORD_FILE), mutate::bytes(dice, &RECORD)).expect("the record");
        for record in RecordReader::open(dir.path()).expect("a file").take(1_000_000) {
            if let Err(error) = record {
                assert!(error.to_string().contains(RECORD_FILE), "{error}");
            }
        }
        let folded =
            RecordedRun::open(dir.path()).map_err(|error| error.to_string()).and_then(|run| {
                RunView::open(run)
                    .and_then(RunView::finish)
                    .map(drop)
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = folded {
            assert!(error.contains(RECORD_FILE), "{error}");
        }
    }
    INPUTS
}
