//! One file of an interrupted run damaged, then resumed: the same results, or an error that names a
//! file.

use crate::Kind;
use crate::bounded;
use crate::common::{Dice, Sandbox, UNDISTURBED, strs, train_args};
use crate::mutate;
use crate::watch::contents;
use std::fs;

pub const KIND: Kind = Kind { name: "damage", share: 3.0, trial };

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("run", &[]);
    run.until_step(7 + dice.below(20));
    run.kill();

    let files = contents(&sandbox.run_dir("run"));
    let (path, content) =
        files.iter().nth(dice.below(files.len() as u64) as usize).expect("a file");
    let damaged = match dice.below(5) {
        0 => None,
        1 => Some(Vec::new()),
        2 => Some(content[..dice.below(content.len() as u64 + 1) as usize].to_vec()),
        3 => Some(b"\xff\xfe\x00garbage\n".to_vec()),
        _ => Some(mutate::draw(dice, mutate::bytes(content.clone()))),
    };
    match &damaged {
        None => fs::remove_file(path).expect("a file that can be removed"),
        Some(bytes) => fs::write(path, bytes).expect("a file that can be written"),
    }

    let mut args = train_args("run", &[]);
    args.push("--resume=runs/run".into());
    let done = bounded::run(&mut sandbox.versatune(&strs(&args)));
    let name = path.display();
    if done.code == 0 {
        let same = sandbox.last_weights("run") == UNDISTURBED.weights;
        assert!(same, "{name} was damaged, and the weights came out differently: {}", done.output);
    } else {
        assert!(done.output.contains("error: "), "{name} was damaged: {}", done.output);
        assert!(done.output.contains("runs/run"), "no file is named: {}", done.output);
    }
    1
}
