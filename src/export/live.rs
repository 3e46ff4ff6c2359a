use super::points::Points;
use super::sink::Sink;
use super::tensorboard::{EventWriter, file_name, is_event_file, secs_of};
use super::way::WayBack;
use crate::disk;
use crate::telemetry::{
    Arrival, Event, Hub, Level, Record, RecordReader, RunState, RunView, Snapshot, Viewer,
    ViewerStopper,
};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Folder of the events in a run's folder.
const FOLDER: &str = "tensorboard";
/// Records that may wait for the disk before steps are left out.
const BACKLOG: usize = 65_536;
/// How long one wait for a record lasts.
const PATIENCE: Duration = Duration::from_secs(60);

/// The thread that writes TensorBoard's events of a run that goes on. Dropping this ends it, once it has written
/// those that are there.
#[must_use = "the events end when this is dropped"]
pub struct Following {
    stopper: ViewerStopper,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes TensorBoard's events panicked");
        }
    }
}

/// Writes TensorBoard's events of the run in this folder from now on, into its folder `tensorboard`; where that has
/// none yet, as in a branch, first those of all steps before. Where they cannot be written, that is a warning of the
/// run.
///
/// # Errors
/// The thread cannot be started.
pub fn follow(run_dir: &Path, hub: &Hub) -> io::Result<Following> {
    let (folder, for_thread) = (run_dir.join(FOLDER), hub.clone());
    let viewer = hub.subscribe(BACKLOG);
    let stopper = viewer.stopper();
    let earlier = (!has_events(&folder)).then(|| run_dir.to_owned());
    let create = move |now_secs| create(&folder, now_secs);
    let work = move || follow_to_the_end(create, earlier.as_deref(), viewer, &for_thread);
    let thread = thread::Builder::new().name("tensorboard".into()).spawn(work)?;
    Ok(Following { stopper, thread: Some(thread) })
}

/// `create` makes the file, given the time in seconds since 1970 UTC; `earlier` is the folder of the run where what
/// its record has already is written too.
fn follow_to_the_end(
    create: impl FnOnce(u64) -> io::Result<File>,
    earlier: Option<&Path>,
    viewer: Viewer,
    hub: &Hub,
) {
    let Ok(mut view) = RunView::open(viewer) else { return };
    // Nothing is said before the first event of the process, which is the engine's.
    let Ok(Some(first)) = view.wait() else { return };
    let file = create(first.unix_ms / 1000);
    if let Err(error) = file.and_then(|file| write(file, earlier, &first, view, hub)) {
        let text = format!(
            "no more events are written for TensorBoard: {error}; the run goes on, and `versatune export` makes \
             them of its record"
        );
        warn(hub, text);
    }
}

/// Writes the first record and those that come until there will be no more.
fn write(
    file: File,
    earlier: Option<&Path>,
    first: &Record,
    mut view: RunView<Viewer>,
    hub: &Hub,
) -> io::Result<()> {
    let mut events = EventWriter::begin(BufWriter::new(file), first.unix_ms)?;
    if let Some(run_dir) = earlier.filter(|_| first.seq > 1) {
        put_earlier(&mut events, run_dir, first.seq)?;
    }
    put(&mut events, view.state(), first)?;
    let (mut is_flushed, mut is_whole) = (false, true);
    loop {
        // What is written can be seen at once, unless more is there to be written.
        let patience = if is_flushed { PATIENCE } else { Duration::ZERO };
        match view.advance(patience) {
            Ok(Arrival::Record(record)) => {
                put(&mut events, view.state(), &record)?;
                is_flushed = false;
            }
            // A run that goes on goes to no other moment.
            Ok(Arrival::Nothing | Arrival::Refused { .. } | Arrival::Moved(_)) => {
                events.flush()?;
                is_flushed = true;
            }
            Ok(Arrival::End) | Err(_) => return events.flush(),
        }
        if is_whole && view.missed() > 0 {
            is_whole = false;
            let text = "TensorBoard's events have gaps, as the disk is slow; those of `versatune export` have none";
            warn(hub, text.into());
        }
    }
}

/// The records of a run before this number.
fn put_earlier(
    events: &mut EventWriter<impl Write>,
    run_dir: &Path,
    end_seq: u64,
) -> io::Result<()> {
    let mut run = Snapshot::default();
    for record in RecordReader::open(run_dir).map_err(io::Error::other)? {
        let record = Arc::new(record.map_err(io::Error::other)?);
        if record.seq >= end_seq {
            break;
        }
        run.apply(&record);
        put(events, &run.state, &record)?;
    }
    Ok(())
}

fn put(events: &mut EventWriter<impl Write>, state: &RunState, record: &Record) -> io::Result<()> {
    if let Some(back) = WayBack::of(&record.event) {
        events.restart(record.unix_ms, back.first)?;
    }
    match Points::of(state, record) {
        Some(points) => events.put(&points),
        None => Ok(()),
    }
}

/// The file of this process in the folder.
fn create(folder: &Path, now_secs: u64) -> io::Result<File> {
    let path = next_file(folder, now_secs);
    path.and_then(|path| disk::create_new(&path))
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))
}

/// Whether there is an event file in a folder.
fn has_events(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| is_event_file(&entry.file_name().to_string_lossy()))
}

/// A new file behind those of earlier processes, also where the clock was put back since.
fn next_file(folder: &Path, now_secs: u64) -> io::Result<PathBuf> {
    disk::make_folder(folder)?;
    let mut secs = now_secs;
    for entry in fs::read_dir(folder)? {
        let earlier = entry?.file_name().to_str().and_then(secs_of);
        secs = earlier.map_or(secs, |earlier| secs.max(earlier.saturating_add(1)));
    }
    Ok(folder.join(file_name(secs, &disk::host_name(), std::process::id())))
}

/// A warning of the run; in the log of the process where the record takes no more. Behind the end of a run there
/// is nothing in its record: another process may go on with it.
fn warn(hub: &Hub, text: String) {
    let has_ended = hub.with_state(|state| state.ended.is_some());
    let notice = Event::Notice { level: Level::Warning, text: text.clone() };
    if has_ended || hub.emit(notice).is_err() {
        tracing::warn!("{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::RecordWriter;
    use crate::telemetry::fixture::{evaluated, notice, small_run, started, step_sample};
    use crate::unit::Step;
    use std::fs::OpenOptions;

    fn hub(run_dir: &Path) -> Hub {
        let mut now = 1_772_373_751_000;
        let clock = Box::new(move || {
            now += 250;
            now
        });
        Hub::new(RecordWriter::create(run_dir).unwrap(), Snapshot::default(), clock)
    }

    fn emit(hub: &Hub, events: impl IntoIterator<Item = Event>) {
        for event in events {
            hub.emit(event).unwrap();
        }
    }

    fn is_end(event: &Event) -> bool {
        matches!(event, Event::Finished { .. })
    }

    /// The event files of a run, oldest first.
    fn written(run_dir: &Path) -> Vec<Vec<u8>> {
        let files = fs::read_dir(run_dir.join(FOLDER)).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// What the records of a run from this number on give.
    fn expected(run_dir: &Path, from_seq: u64) -> Vec<u8> {
        expected_at(run_dir, from_seq, None)
    }

    /// The same with the time of the process that wrote it, where it is not that of the first record.
    fn expected_at(run_dir: &Path, from_seq: u64, began_ms: Option<u64>) -> Vec<u8> {
        let (mut bytes, mut run) = (Vec::new(), Snapshot::default());
        let records = RecordReader::open(run_dir).unwrap();
        let records: Vec<Arc<Record>> = records.map(|record| Arc::new(record.unwrap())).collect();
        let (before, after) = records.split_at(from_seq as usize - 1);
        before.iter().for_each(|record| run.apply(record));
        let mut events =
            EventWriter::begin(&mut bytes, began_ms.unwrap_or(after[0].unix_ms)).unwrap();
        for record in after {
            run.apply(record);
            put(&mut events, &run.state, record).unwrap();
        }
        bytes
    }

    #[test]
    fn each_process_writes_a_file_with_what_its_record_gives() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(dir.path());
        let first = follow(dir.path(), &hub).unwrap();
        emit(&hub, small_run());
        drop(first);
        assert_eq!(written(dir.path()), [expected(dir.path(), 1)]);

        let resumes = hub.last_seq() + 1;
        let second = follow(dir.path(), &hub).unwrap();
        let path = String::new();
        let resumed = Event::Resumed { step: Step(20), path, replayed_from_seq: 30 };
        emit(&hub, [started(Some(20)), resumed, step_sample(21), evaluated(21, [1.0; 3])]);
        drop(second);
        assert_eq!(written(dir.path())[1], expected(dir.path(), resumes));
    }

    #[test]
    fn what_came_before_the_first_file_is_in_it_too() {
        let dir = tempfile::tempdir().unwrap();
        let hub = hub(dir.path());
        emit(&hub, small_run().into_iter().filter(|event| !is_end(event)));
        let following = follow(dir.path(), &hub).unwrap();
        let branched = Event::Branched { from: "demo".into(), step: Step(20), to_seq: 30 };
        let began_ms = hub.with_state(|state| state.unix_ms) + 250;
        emit(&hub, [started(Some(20)), branched, step_sample(21), evaluated(21, [1.0; 3])]);
        drop(following);
        assert!(written(dir.path()) == [expected_at(dir.path(), 1, Some(began_ms))]);
    }

    #[test]
    fn a_disk_that_takes_nothing_is_one_warning_and_the_run_goes_on() {
        let before_its_end = || small_run().into_iter().filter(|event| !is_end(event));
        let full = || OpenOptions::new().write(true).open("/dev/full");
        let in_the_way = || Err(io::Error::other("a file is in the way"));
        for (file, why) in
            [(full(), "No space left on device"), (in_the_way(), "a file is in the way")]
        {
            let dir = tempfile::tempdir().unwrap();
            let hub = hub(dir.path());
            let viewer = hub.subscribe(BACKLOG);
            emit(&hub, before_its_end());
            follow_to_the_end(|_| file, None, viewer, &hub);
            emit(&hub, [notice("the run goes on")]);
            let said = hub.with_state(|state| state.notices.clone());
            let said: Vec<&str> = said.iter().map(|notice| notice.text.as_str()).collect();
            assert!(matches!(said[..], [warning, _] if warning.contains(why)), "{said:?}");
            emit(&hub, small_run().into_iter().filter(is_end));
            let last = hub.last_seq();
            warn(&hub, "too late".into());
            assert_eq!(hub.last_seq(), last);
        }
    }

    #[test]
    fn a_new_file_comes_behind_those_that_are_there() {
        let dir = tempfile::tempdir().unwrap();
        let name = |secs| next_file(dir.path(), secs).unwrap();
        let first = name(1_772_373_751);
        fs::write(&first, "").unwrap();
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        // In the same second, and after the clock was put back.
        for secs in [1_772_373_751, 1_000_000_000] {
            assert!(name(secs) > first, "{:?}", name(secs));
        }
        let path = first.file_name().unwrap().to_str().unwrap();
        assert!(path.starts_with("events.out.tfevents.1772373751."), "{path}");
    }
}
