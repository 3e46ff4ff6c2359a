//! Changed lines of a run's record, read in this process: events or an error that names the line.

use crate::Kind;
use crate::common::{Dice, Sandbox};
use crate::mutate;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use versatune::telemetry::{RECORD_FILE, RecordReader, RecordedRun, RunView};

pub const KIND: Kind = Kind { name: "record", share: 1.0, trial };

/// Inputs of a trial.
const INPUTS: u32 = 200;

/// The record of a whole run.
static RECORD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    sandbox.train("run", &[]).expect(0);
    fs::read(sandbox.run_dir("run").join(RECORD_FILE)).expect("the record")
});

fn trial(dice: &mut Dice) -> u64 {
    let dir = tempfile::tempdir().expect("a temporary folder");
    mutate::every(dice, INPUTS, mutate::bytes(RECORD.clone()), |record| {
        fs::write(dir.path().join(RECORD_FILE), record).expect("the record");
        read(dir.path());
    });
    u64::from(INPUTS)
}

/// Reads a record by itself, and folds it.
fn read(run: &Path) {
    for record in RecordReader::open(run).expect("a file").take(1_000_000) {
        if let Err(error) = record {
            assert!(error.to_string().contains(RECORD_FILE), "{error}");
        }
    }
    let folded = RecordedRun::open(run).map_err(|error| error.to_string()).and_then(|run| {
        let view = RunView::open(run).and_then(RunView::finish);
        view.map(drop).map_err(|error| error.to_string())
    });
    if let Err(error) = folded {
        assert!(error.contains(RECORD_FILE), "{error}");
    }
}
