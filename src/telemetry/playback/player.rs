use super::super::record::Indexed;
use super::super::remember::remember;
use super::super::{
    Arrival, Event, Moved, RECORD_FILE, Record, RecordReader, Snapshot, SourceError,
};
use super::Moment;
use super::frames::Frames;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Steps, readings and the like before a moment that are shown with it.
const SAMPLES: usize = 1_000;
/// Events that are played at once at most.
const MOST_PLAYED: usize = 5_000;
/// Events that are read at once while nothing else is to be done.
const MOST_SCANNED: usize = 2_000;

/// Goes to any moment of a record.
#[derive(Debug)]
pub(super) struct Player {
    run_dir: PathBuf,
    /// Number of the last event.
    last: u64,
    frames: Frames,
    /// The part that the record's index stands for, as long as it was not read through.
    scan: Option<Scan>,
    /// The run at the present moment.
    run: Snapshot,
    /// The newest records until then that the snapshot does not hold.
    samples: VecDeque<Arc<Record>>,
    /// Behind them.
    reader: RecordReader,
    /// Milliseconds that events were played too early.
    early_ms: u64,
}

/// A reading from the beginning on, up to the event of this number.
#[derive(Debug)]
struct Scan {
    reader: RecordReader,
    run: Snapshot,
    until: u64,
}

impl Player {
    /// At the end of the record in this folder.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(run_dir: &Path) -> Result<Self, SourceError> {
        let Indexed { reader, run, .. } = RecordReader::open_indexed(run_dir)?;
        let bytes = fs::metadata(run_dir.join(RECORD_FILE)).map_or(0, |file| file.len());
        let scan = match run.state.seq {
            0 => None,
            until => {
                let reader = RecordReader::open(run_dir)?;
                Some(Scan { reader, run: Snapshot::default(), until })
            }
        };
        let mut player = Player {
            run_dir: run_dir.into(),
            last: u64::MAX,
            frames: Frames::of(bytes),
            scan,
            run,
            samples: VecDeque::new(),
            reader,
            early_ms: 0,
        };
        player.frames.keep(&player.reader, &player.run);
        while let Some(record) = player.next()? {
            player.take(record);
            player.frames.keep(&player.reader, &player.run);
        }
        player.last = player.run.state.seq;
        Ok(player)
    }

    /// The run at the present moment.
    pub fn run(&self) -> &Snapshot {
        &self.run
    }

    /// Goes to a moment; what a viewer has to be told.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn go(&mut self, to: Moment) -> Result<Vec<Arrival>, SourceError> {
        let here = self.run.state.seq;
        let target = match to {
            Moment::Later { ms, longest_gap_ms } => return self.play(ms, longest_gap_ms),
            Moment::Event(seq) => seq,
            Moment::Steps(steps @ 0..) => {
                // Up to where the step behind it comes.
                let wanted = count(steps).saturating_add(1);
                let found = self.following(here, wanted, is_step)?;
                found.get(wanted - 1).map_or(u64::MAX, |seq| seq - 1)
            }
            Moment::Steps(steps) => {
                let found = self.preceding(here + 1, count(steps), is_step)?;
                found.get(count(steps) - 1).map_or(0, |seq| seq - 1)
            }
            Moment::Marks(marks @ 0..) => {
                let found = self.following(here, count(marks), Event::is_mark)?;
                found.get(count(marks).saturating_sub(1)).copied().unwrap_or(u64::MAX)
            }
            Moment::Marks(marks) => {
                let found = self.preceding(here, count(marks), Event::is_mark)?;
                found.get(count(marks) - 1).copied().unwrap_or(0)
            }
        };
        self.go_to(target.clamp(1, self.last.max(1)))?;
        let samples = self.samples.iter().cloned().collect();
        Ok(vec![Arrival::Moved(Box::new(Moved { run: self.run.clone(), samples }))])
    }

    /// Reads what came behind the record's end since it was read, where that is what is shown.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn grow(&mut self) -> Result<Vec<Arrival>, SourceError> {
        let mut grown = Vec::new();
        if self.run.state.seq < self.last {
            return Ok(grown);
        }
        self.reader.read_on()?;
        while grown.len() < MOST_PLAYED {
            let Some(record) = self.next()? else { break };
            self.last = record.seq;
            self.take(record.clone());
            grown.push(Arrival::Record(record));
        }
        Ok(grown)
    }

    /// Reads on in the part that was not read through yet; `false` where there is none.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn scan_on(&mut self) -> Result<bool, SourceError> {
        let Some(scan) = &mut self.scan else { return Ok(false) };
        for _ in 0..MOST_SCANNED {
            let next = scan.reader.next().transpose()?;
            let Some(record) = next.filter(|record| record.seq < scan.until) else {
                self.scan = None;
                return Ok(false);
            };
            scan.run.apply(&Arc::new(record));
            self.frames.keep(&scan.reader, &scan.run);
        }
        Ok(true)
    }

    /// Folds from here, or from the nearest place before, until this event.
    fn go_to(&mut self, seq: u64) -> Result<(), SourceError> {
        self.early_ms = 0;
        let is_before = |scan: &Scan| seq < scan.until && scan.run.state.seq < seq;
        while self.scan.as_ref().is_some_and(is_before) {
            if !self.scan_on()? {
                break;
            }
        }
        self.begin_before(seq)?;
        while self.run.state.seq < seq {
            let Some(record) = self.next()? else { break };
            self.take(record);
            self.frames.keep_near(&self.reader, &self.run);
        }
        Ok(())
    }

    /// Goes to the place from which the least is to be folded until this event, the samples before it included.
    fn begin_before(&mut self, seq: u64) -> Result<(), SourceError> {
        let frame = self.frames.before_by(seq, SAMPLES as u64);
        let from = frame.map_or(0, |(frame, _)| frame.place.seq());
        let here = self.run.state.seq;
        if (from..=seq).contains(&here) {
            return Ok(());
        }
        let is_near = match frame {
            Some((frame, is_near)) => {
                self.reader = RecordReader::open_at(&self.run_dir, &frame.place)?;
                self.run.clone_from(&frame.run);
                is_near
            }
            None => {
                self.reader = RecordReader::open(&self.run_dir)?;
                self.run = Snapshot::default();
                false
            }
        };
        self.samples.clear();
        if !is_near {
            self.frames.begin_near(from, seq);
        }
        Ok(())
    }

    /// The events of the next `ms` of the run's time.
    fn play(&mut self, ms: u64, longest_gap_ms: u64) -> Result<Vec<Arrival>, SourceError> {
        let mut played = Vec::new();
        let Some(mut left) = ms.checked_sub(self.early_ms).filter(|left| *left > 0) else {
            self.early_ms -= ms;
            return Ok(played);
        };
        self.early_ms = 0;
        while left > 0 && played.len() < MOST_PLAYED && self.run.state.seq < self.last {
            let Some(record) = self.next()? else { break };
            let gap = record.unix_ms.saturating_sub(self.run.state.unix_ms).min(longest_gap_ms);
            self.early_ms = gap.saturating_sub(left);
            left = left.saturating_sub(gap);
            self.take(record.clone());
            played.push(Arrival::Record(record));
        }
        Ok(played)
    }

    fn next(&mut self) -> Result<Option<Arc<Record>>, SourceError> {
        Ok(self.reader.next().transpose()?.map(Arc::new))
    }

    fn take(&mut self, record: Arc<Record>) {
        self.run.apply(&record);
        if record.event.is_droppable() {
            remember(&mut self.samples, record, SAMPLES);
        }
    }

    /// Numbers of the first events after event `from` that fit, `wanted` of them where there are so many.
    fn following(
        &self,
        from: u64,
        wanted: usize,
        fits: fn(&Event) -> bool,
    ) -> Result<Vec<u64>, SourceError> {
        let reader = match self.reader.place() {
            Some(here) => RecordReader::open_at(&self.run_dir, &here)?,
            None => self.reader_before(from)?,
        };
        let mut found = Vec::new();
        for record in reader {
            let record = record?;
            if found.len() >= wanted || record.seq > self.last {
                break;
            }
            if record.seq > from && fits(&record.event) {
                found.push(record.seq);
            }
        }
        Ok(found)
    }

    /// Numbers of the events before event `before` that fit, the last one first, at least `wanted` of them where
    /// there are so many.
    fn preceding(
        &self,
        before: u64,
        wanted: usize,
        fits: fn(&Event) -> bool,
    ) -> Result<Vec<u64>, SourceError> {
        let (mut found, mut before) = (Vec::new(), before);
        while before > 1 && found.len() < wanted {
            let from = before - 2;
            let mut part = Vec::new();
            for record in self.reader_before(from)? {
                let record = record?;
                if record.seq >= before {
                    break;
                }
                if fits(&record.event) {
                    part.push(record.seq);
                }
            }
            found.extend(part.into_iter().rev());
            before = self.frames.before(from).map_or(0, |(frame, _)| frame.place.seq() + 1);
        }
        Ok(found)
    }

    /// A reader of the events behind the last place at or before an event.
    fn reader_before(&self, seq: u64) -> Result<RecordReader, SourceError> {
        Ok(match self.frames.before(seq) {
            Some((frame, _)) => RecordReader::open_at(&self.run_dir, &frame.place)?,
            None => RecordReader::open(&self.run_dir)?,
        })
    }
}

fn is_step(event: &Event) -> bool {
    matches!(event, Event::Step(_))
}

/// How many, in either direction.
fn count(signed: i64) -> usize {
    usize::try_from(signed.unsigned_abs()).unwrap_or(usize::MAX)
}
