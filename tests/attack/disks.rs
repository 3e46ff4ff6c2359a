//! Files can grow to a size of which a checkpoint may need more; then there is room again.

use crate::Kind;
use crate::common::{Dice, RunningProcess, Sandbox, strs, train_args};
use crate::kills;

pub const KIND: Kind = Kind { name: "disk-full", share: 1.5, trial };

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    // In blocks of 512 bytes; the weights take 1,050.
    let limit = format!("-f {}", 1 + dice.below(2400));
    let done =
        RunningProcess::start(sandbox.limited(&limit, &strs(&train_args("run", &[])))).finish();
    let code = done.status.code();
    assert!(matches!(code, Some(0 | 1)), "{limit}: {done:?}");
    assert!(!done.stderr.contains("panicked"), "{limit}: {done:?}");
    kills::finish(&sandbox);
    1
}
