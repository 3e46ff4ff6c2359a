use super::super::record::Place;
use super::super::{RecordReader, Snapshot};

/// Places that are kept along a whole record, each with some MB.
const ALONG: u64 = 16;
/// Bytes that two of them are apart at least: so much is folded in some ms.
const LEAST_APART: u64 = 1 << 20;
/// Places that are kept before the moment that was gone to last, so that the next one before it is near.
const NEAR: u64 = 8;
/// Events that two of these are apart at least.
const LEAST_EVENTS: u64 = 256;

/// The run at a place of its record.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub place: Place,
    pub run: Snapshot,
}

/// The run at some places of its record, bounded in number.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes between two places along the record.
    apart: u64,
    /// In the order of the record.
    along: Vec<Frame>,
    /// In the order of the record.
    near: Vec<Frame>,
    /// Events between two of those.
    near_apart: u64,
    /// The event from which on the next one is due.
    near_due: u64,
}

impl Frames {
    /// None yet, of a record with so many bytes.
    pub fn of(bytes: u64) -> Self {
        let apart = (bytes / ALONG).max(LEAST_APART);
        Frames { apart, along: Vec::new(), near: Vec::new(), near_apart: 0, near_due: u64::MAX }
    }

    /// Keeps the run, which is where this reader is, unless a place is kept near it.
    pub fn keep(&mut self, reader: &RecordReader, run: &Snapshot) {
        let bytes = reader.bytes();
        let at = self.along.partition_point(|frame| frame.place.bytes() < bytes);
        let is_apart = |frame: &Frame| frame.place.bytes().abs_diff(bytes) >= self.apart;
        if !self.along.iter().skip(at.saturating_sub(1)).take(2).all(is_apart) {
            return;
        }
        if let Some(place) = reader.place() {
            self.along.insert(at, Frame { place, run: run.clone() });
        }
    }

    /// Forgets the near places: others will be kept on the way from event `from` to event `to`.
    pub fn begin_near(&mut self, from: u64, to: u64) {
        self.near.clear();
        self.near_apart = (to.saturating_sub(from) / NEAR).max(LEAST_EVENTS);
        self.near_due = from + self.near_apart;
    }

    /// Keeps the run as one of the near places where that is due.
    pub fn keep_near(&mut self, reader: &RecordReader, run: &Snapshot) {
        if run.state.seq < self.near_due || self.near.len() as u64 == NEAR {
            return;
        }
        if let Some(place) = reader.place() {
            self.near_due = place.seq() + self.near_apart;
            self.near.push(Frame { place, run: run.clone() });
        }
    }

    /// As [`before`](Frames::before), of places that are so many events before it, where one is not far.
    pub fn before_by(&self, seq: u64, events: u64) -> Option<(&Frame, bool)> {
        let last = self.before(seq)?;
        let early = self.before(seq.saturating_sub(events));
        let is_near = |(early, _): &(&Frame, bool)| {
            last.0.place.bytes() - early.place.bytes() <= 2 * self.apart
        };
        early.filter(is_near).or(Some(last))
    }

    /// The last place at or before an event, and whether it is a near one. `None` where only the beginning of
    /// the record is.
    pub fn before(&self, seq: u64) -> Option<(&Frame, bool)> {
        let last = |frames: &'_ [Frame]| frames.partition_point(|frame| frame.place.seq() <= seq);
        let along = last(&self.along).checked_sub(1).and_then(|at| self.along.get(at));
        let near = last(&self.near).checked_sub(1).and_then(|at| self.near.get(at));
        let seq_of = |frame: Option<&Frame>| frame.map(|frame| frame.place.seq());
        match seq_of(near) > seq_of(along) {
            true => near.map(|frame| (frame, true)),
            false => along.map(|frame| (frame, false)),
        }
    }
}
