//! A run whose socket is fed with changed lines while it trains: it ends with the bits that it would have
//! had, since no command of these is allowed.

use crate::Kind;
use crate::common::{Dice, Sandbox, UNDISTURBED, steps};
use crate::mutate;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

pub const KIND: Kind = Kind { name: "socket", share: 1.0, trial };

const HELLO: &str = "{\"versatune\":1,\"client\":\"ada@pts/3\",\"want\":\"run\"}";
/// None of these changes a run, however it is damaged: values are out of range, names unknown.
const ORDERS: [&str; 4] = [
    "{\"request\":1,\"command\":\"set lambda -1\",\"reason\":\"why\",\"saw\":\"0.5\"}",
    "{\"request\":2,\"command\":\"target nowhere\"}",
    "{\"request\":3,\"command\":\"note a remark\"}",
    "{\"request\":4,\"command\":\"mixing sideways\"}",
];
/// Clients at one time.
const CLIENTS: u64 = 3;

fn trial(dice: &mut Dice) -> u64 {
    let sandbox = Sandbox::new();
    let mut run = sandbox.start("attacked", &[]);
    run.until_step(1);
    let socket = sandbox.run_dir("attacked").join("control.sock");
    let (sent, ends) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (socket, mut dice) = (socket.clone(), Dice(dice.below(u64::MAX)));
            let (sent, ends) = (sent.clone(), ends.clone());
            thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    sent.fetch_add(client(&socket, &mut dice), Ordering::Relaxed);
                }
            })
        })
        .collect();
    let done = run.finish().expect(0);
    ends.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().expect("no panic of a client"));
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    assert_eq!(steps(&sandbox.record("attacked")), UNDISTURBED.steps);
    assert!(sandbox.last_weights("attacked") == UNDISTURBED.weights, "other weights");
    sent.load(Ordering::Relaxed)
}

/// One connection: lines of which every second is changed. The number of lines.
fn client(socket: &Path, dice: &mut Dice) -> u64 {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        thread::sleep(Duration::from_millis(5));
        return 0;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
    let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
    let _ = BufReader::new(&stream).read_line(&mut String::new());
    let lines = 1 + dice.below(60);
    let hello = if dice.below(4) == 0 { changed(dice, HELLO) } else { HELLO.as_bytes().to_vec() };
    if stream.write_all(&[&hello[..], b"\n"].concat()).is_err() {
        return 1;
    }
    for _ in 1..lines {
        let order = ORDERS[dice.below(ORDERS.len() as u64) as usize];
        let mut line =
            if dice.below(2) == 0 { changed(dice, order) } else { order.as_bytes().to_vec() };
        // Clients die in the middle of a line, too.
        if dice.below(20) > 0 {
            line.push(b'\n');
        }
        if stream.write_all(&line).is_err() {
            break;
        }
    }
    lines
}

/// A changed line that still is no command which changes a run: words that would are taken out.
fn changed(dice: &mut Dice, line: &str) -> Vec<u8> {
    let line = match dice.below(2) {
        0 => mutate::draw(dice, mutate::text(line)).into_bytes(),
        _ => mutate::draw(dice, mutate::bytes(line.as_bytes().to_vec())),
    };
    let text = String::from_utf8_lossy(&line);
    // A sign less, and the value is one that is allowed; so is -0.
    let is_refused = text.contains("lambda -") && !text.contains("lambda -0");
    match text.contains("set lambda") && !is_refused {
        true => text.replace("set lambda", "set nothing").into_bytes(),
        false => line,
    }
}
