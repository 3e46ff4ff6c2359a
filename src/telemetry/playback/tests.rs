use super::super::fixture::*;
use super::super::{
    Arrival, Event, EventSource, Moved, RECORD_FILE, Record, RecordWriter, Snapshot,
};
use super::player::Player;
use super::{Moment, Recording};
use crate::control::Verdict;
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// A run of 40 steps in which everything happens, then `more` steps with a note in every tenth.
fn run(more: u64) -> Vec<Record> {
    let mut events = small_run();
    let end = events.pop();
    for step in 41..=40 + more {
        events.push(step_sample(step));
        if step.is_multiple_of(10) {
            events.push(notice(&format!("after step {step}")));
        }
    }
    records(events.into_iter().chain(end))
}

fn write(dir: &Path, records: &[Record]) {
    let mut writer = RecordWriter::create(dir).unwrap();
    records.iter().for_each(|record| writer.write(record).unwrap());
}

fn fold_to(records: &[Record], seq: u64) -> Snapshot {
    let mut run = Snapshot::default();
    let until = records.iter().take_while(|record| record.seq <= seq);
    until.for_each(|record| run.apply(&Arc::new(record.clone())));
    run
}

/// For runs that hold NaN, which equals nothing.
fn shown(run: &Snapshot) -> String {
    format!("{run:?}")
}

fn moved(player: &mut Player, to: Moment) -> Moved {
    match player.go(to).unwrap().pop() {
        Some(Arrival::Moved(moved)) => *moved,
        other => panic!("{other:?}"),
    }
}

/// The number of the event there, and the optimizer steps done.
fn at(player: &mut Player, to: Moment) -> (u64, u64) {
    let moved = moved(player, to);
    (moved.run.state.seq, moved.run.state.history.step.0)
}

#[test]
fn steps_and_marks_are_gone_to_in_both_directions() {
    let dir = tempfile::tempdir().unwrap();
    let records = run(0);
    write(dir.path(), &records);
    let mut player = Player::open(dir.path()).unwrap();
    assert_eq!(player.run(), &fold_to(&records, u64::MAX));
    let last = records.len() as u64;
    let seq_of = |step: u64| {
        let is_it = |record: &&Record| matches!(&record.event, Event::Step(sample) if sample.step.0 == step);
        records.iter().find(is_it).unwrap().seq
    };
    // The end of step 39 is where step 40 comes.
    assert_eq!(at(&mut player, Moment::Steps(-1)), (seq_of(40) - 1, 39));
    assert_eq!(at(&mut player, Moment::Steps(-19)), (seq_of(21) - 1, 20));
    assert_eq!(at(&mut player, Moment::Steps(1)), (seq_of(22) - 1, 21));
    assert_eq!(at(&mut player, Moment::Steps(-21)), (seq_of(1) - 1, 0));
    assert_eq!(at(&mut player, Moment::Steps(-1)), (1, 0), "before the first step is the start");
    assert_eq!(at(&mut player, Moment::Steps(40)), (last, 40));
    assert_eq!(at(&mut player, Moment::Steps(1)), (last, 40));

    let marks: Vec<u64> =
        records.iter().filter(|record| record.event.is_mark()).map(|record| record.seq).collect();
    assert!(marks.len() > 2, "{marks:?}");
    assert_eq!(at(&mut player, Moment::START), (1, 0));
    for mark in &marks {
        assert_eq!(at(&mut player, Moment::Marks(1)).0, *mark);
    }
    assert_eq!(at(&mut player, Moment::Marks(1)).0, last, "behind the last is the end");
    assert_eq!(at(&mut player, Moment::Marks(-2)).0, marks[marks.len() - 2]);
    assert_eq!(at(&mut player, Moment::Marks(-99)).0, 1);
}

#[test]
fn a_record_is_played_by_its_own_time_with_long_gaps_made_short() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = run(0);
    // A night between two processes.
    records.iter_mut().skip(10).for_each(|record| record.unix_ms += 36_000_000);
    write(dir.path(), &records);
    let mut player = Player::open(dir.path()).unwrap();
    player.go(Moment::START).unwrap();
    let mut later = |ms| {
        let played = player.go(Moment::Later { ms, longest_gap_ms: 2_000 }).unwrap();
        played
            .into_iter()
            .map(|arrival| match arrival {
                Arrival::Record(record) => record.seq,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    // Events are a second apart. One that comes early is waited for afterwards.
    assert_eq!(later(3_000), [2, 3, 4]);
    assert_eq!([later(500), later(400), later(200)], [vec![5], vec![], vec![6]]);
    assert_eq!(later(5_900), [7, 8, 9, 10, 11]);
    assert_eq!(later(1_000_000).last(), Some(&(records.len() as u64)));
    assert!(later(1_000_000).is_empty());
}

#[test]
fn a_recording_begins_at_the_end_and_goes_where_it_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let records = run(0);
    write(dir.path(), &records);
    let (mut recording, seeker) = Recording::open(dir.path(), false).unwrap();
    assert_eq!(recording.snapshot().unwrap(), fold_to(&records, u64::MAX));
    assert_eq!(recording.receive(Duration::ZERO).unwrap(), Arrival::Nothing);
    seeker.go(Moment::Event(20));
    let Arrival::Moved(moved) = recording.receive(LONG).unwrap() else { panic!("not moved") };
    assert_eq!(shown(&moved.run), shown(&fold_to(&records, 20)));
    seeker.go(Moment::Later { ms: 1, longest_gap_ms: 1 });
    assert!(
        matches!(recording.receive(LONG).unwrap(), Arrival::Record(record) if record.seq == 21)
    );
    drop(seeker);
    assert_eq!(recording.receive(LONG).unwrap(), Arrival::End);
    assert!(Recording::open(Path::new("/nowhere"), false).is_err());
}

#[test]
fn a_record_that_grows_is_followed_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let records = run(0);
    write(dir.path(), &records);
    let path = dir.path().join(RECORD_FILE);
    let whole = std::fs::read(&path).unwrap();
    let (early, late) = whole.split_at(whole.len() / 2);
    std::fs::write(&path, early).unwrap();
    let mut player = Player::open(dir.path()).unwrap();
    assert_eq!(player.grow().unwrap(), []);
    let here = player.run().state.seq;
    player.go(Moment::Event(here - 1)).unwrap();
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(late).unwrap();
    assert_eq!(player.grow().unwrap(), [], "it is not shown at its end");
    player.go(Moment::END).unwrap();
    let grown = player.grow().unwrap();
    assert_eq!(grown.len() as u64, records.len() as u64 - here);
    assert_eq!(shown(player.run()), shown(&fold_to(&records, u64::MAX)));
    assert_eq!(player.grow().unwrap(), []);
}

#[test]
fn a_command_that_took_effect_is_a_mark_and_a_rejected_one_is_none() {
    let applied = Verdict::Applied { old: None, new: None };
    let rejected = Verdict::Rejected { why: "no".into() };
    assert!(commanded(1, applied).is_mark() && !commanded(1, rejected).is_mark());
    assert!(saved(3).is_mark() && !notice("x").is_mark());
}

#[test]
fn wishes_that_came_meanwhile_are_one_where_they_can_be() {
    let later = |ms| Moment::Later { ms, longest_gap_ms: 9 };
    for (first, next, both) in [
        (Moment::Steps(-1), Moment::Steps(-1), Some(Moment::Steps(-2))),
        (Moment::Marks(1), Moment::Marks(-1), Some(Moment::Marks(0))),
        (Moment::Steps(5), Moment::Event(7), Some(Moment::Event(7))),
        (later(5), later(7), Some(later(7))),
        (Moment::Event(7), Moment::Steps(1), None),
        (Moment::Steps(1), Moment::Marks(1), None),
    ] {
        assert_eq!(first.merged(next), both, "{first:?} {next:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Whichever way a moment is reached, the run there is the fold of the events until it, and the samples are
    /// the newest ones.
    #[test]
    fn the_run_at_a_moment_is_the_fold_until_it(
        moments in prop::collection::vec((0u8..4, -40i64..40, 1u64..2500), 1..6)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let records = run(2_000);
        write(dir.path(), &records);
        let mut player = Player::open(dir.path()).unwrap();
        for (kind, count, seq) in moments {
            let to = match kind {
                0 => Moment::Event(seq),
                1 => Moment::Steps(count),
                2 => Moment::Marks(count),
                _ => Moment::Later { ms: seq, longest_gap_ms: 500 },
            };
            player.go(to).unwrap();
            let here = player.run().state.seq;
            let Moved { run, samples } = moved(&mut player, Moment::Event(here));
            prop_assert_eq!(shown(&run), shown(&fold_to(&records, run.state.seq)));
            let seen = records.iter().filter(|record| record.seq <= run.state.seq);
            let droppable: Vec<&Record> =
                seen.filter(|record| record.event.is_droppable()).collect();
            let newest: Vec<&Record> = samples.iter().map(|record| &**record).collect();
            let least = droppable.len().min(900);
            prop_assert!(newest.len() >= least, "{} of {}", newest.len(), droppable.len());
            prop_assert!(droppable.ends_with(&newest));
        }
    }
}
