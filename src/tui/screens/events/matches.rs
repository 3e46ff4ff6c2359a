use super::wanted::Wanted;
use crate::telemetry::words::event_text;
use crate::telemetry::{Record, RunState};
use crate::tui::scene::{EventLog, RecordList};
use std::collections::VecDeque;
use std::ops::Range;

/// Events whose texts are made in one call: that takes a few milliseconds.
const AT_ONCE: u64 = 2_000;

/// The events that fit the filter, found step by step: the newest at once, older ones with each call,
/// so that no frame waits for a long list. Texts are made once and kept while the filter has words.
#[derive(Clone, Debug, Default)]
pub(super) struct Matches {
    wanted: Wanted,
    /// Indices that were searched.
    seen: Range<u64>,
    /// Number of the newest event that was searched.
    newest: Option<u64>,
    /// The indices that fit, oldest first.
    found: VecDeque<u64>,
    /// Texts in lower case, of the indices from `first_text` on.
    texts: VecDeque<Box<str>>,
    first_text: u64,
    /// Whether older events are still to be searched.
    unfinished: bool,
}

impl Matches {
    /// Searches the new events, and some of the old ones.
    pub(super) fn refresh(&mut self, run: &RunState, log: EventLog<'_>, wanted: Wanted) {
        let list = list(log, &wanted);
        let indices = list.indices();
        let other_list = wanted.is_about_samples() != self.wanted.is_about_samples();
        let seq_at = |end: u64| end.checked_sub(1).and_then(|index| list.get(index)).map(|r| r.seq);
        // A list without the newest event of this one is another, such as that of a frozen run.
        if other_list || indices.end < self.seen.end || seq_at(self.seen.end) != self.newest {
            *self = Matches { first_text: indices.end, ..Matches::default() };
        }
        if wanted != self.wanted || self.seen.is_empty() || indices.end - self.seen.end > AT_ONCE {
            self.found.clear();
            self.seen = indices.end..indices.end;
        }
        self.wanted = wanted;
        self.forget(indices.start);
        self.bring_up_texts(run, list, indices.end);
        for index in self.seen.end..indices.end {
            if self.fits(run, list, index) {
                self.found.push_back(index);
            }
        }
        self.seen.end = indices.end;
        self.newest = seq_at(indices.end);
        let made = self.texts.len() as u64;
        while self.seen.start > indices.start && (self.texts.len() as u64) < made + AT_ONCE {
            let index = self.seen.start - 1;
            if self.fits(run, list, index) {
                self.found.push_front(index);
            }
            self.seen.start = index;
        }
        self.unfinished = self.seen.start > indices.start;
    }

    /// How many fit.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether older events have not been searched yet.
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// How many of those that fit are before an index.
    pub(super) fn before(&self, index: u64) -> usize {
        self.found.partition_point(|found| *found < index)
    }

    /// The index of the event in a line.
    pub(super) fn index(&self, line: usize) -> Option<u64> {
        self.found.get(line).copied()
    }

    /// The event in a line.
    pub(super) fn record<'a>(&self, log: EventLog<'a>, line: usize) -> Option<&'a Record> {
        list(log, &self.wanted).get(self.index(line)?).map(|record| record.as_ref())
    }

    /// The index of the next event to come.
    pub(super) fn end(&self) -> u64 {
        self.seen.end
    }

    fn forget(&mut self, start: u64) {
        while self.found.front().is_some_and(|index| *index < start) {
            self.found.pop_front();
        }
        self.seen.start = self.seen.start.max(start).min(self.seen.end.max(start));
        self.seen.end = self.seen.end.max(self.seen.start);
        while self.first_text < start && self.texts.pop_front().is_some() {
            self.first_text += 1;
        }
    }

    /// Makes the texts of new events; they are needed only while the filter has words.
    fn bring_up_texts(&mut self, run: &RunState, list: RecordList<'_>, end: u64) {
        let after = self.first_text + self.texts.len() as u64;
        if self.wanted.words.is_empty() || self.texts.is_empty() || end - after.min(end) > AT_ONCE {
            self.texts.clear();
            self.first_text = end;
            return;
        }
        self.texts.extend((after..end).map(|index| text(run, list, index)));
    }

    fn fits(&mut self, run: &RunState, list: RecordList<'_>, index: u64) -> bool {
        if self.wanted.words.is_empty() {
            return list.get(index).is_some_and(|record| self.wanted.kind_fits(&record.event));
        }
        if index < self.first_text {
            self.texts.push_front(text(run, list, index));
            self.first_text = index;
        }
        let at = usize::try_from(index - self.first_text).unwrap_or(usize::MAX);
        self.texts.get(at).is_some_and(|text| self.wanted.words.fit_lowercase(text))
            && list.get(index).is_some_and(|record| self.wanted.kind_fits(&record.event))
    }
}

fn list<'a>(log: EventLog<'a>, wanted: &Wanted) -> RecordList<'a> {
    if wanted.is_about_samples() { log.samples } else { log.events }
}

fn text(run: &RunState, list: RecordList<'_>, index: u64) -> Box<str> {
    let text = list.get(index).map(|record| event_text(run, record));
    text.map_or_else(String::new, |text| format!("{} {}", text.kind, text.text))
        .to_lowercase()
        .into()
}

#[cfg(test)]
mod tests {
    use super::super::wanted::Group;
    use super::*;
    use crate::telemetry::Event;
    use crate::telemetry::fixture::notice;
    use crate::tui::scene::ShownRun;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn apply(run: &mut ShownRun, number: u64) {
        let event = match number % 3 {
            0 => notice(&format!("remark {number}")),
            1 => notice("nothing"),
            _ => Event::CheckpointRemoved { path: format!("checkpoint {number}") },
        };
        run.apply(&Arc::new(Record { seq: number + 1, unix_ms: number, event }));
    }

    fn all(matches: &mut Matches, run: &ShownRun, wanted: &Wanted) -> Vec<u64> {
        matches.refresh(run.state(), run.log(), wanted.clone());
        while matches.is_unfinished() {
            matches.refresh(run.state(), run.log(), wanted.clone());
        }
        (0..matches.len()).filter_map(|line| matches.index(line)).collect()
    }

    #[test]
    fn the_newest_events_are_found_first_and_the_rest_later() {
        let mut run = ShownRun::default();
        (0..20_000).for_each(|n| apply(&mut run, n));
        let wanted = Wanted::new(Group::All, "REMARK");
        let mut matches = Matches::default();
        matches.refresh(run.state(), run.log(), wanted.clone());
        assert!(matches.is_unfinished() && matches.len() == 667, "{}", matches.len());
        assert_eq!(all(&mut matches, &run, &wanted).len(), 6667);
        // A longer filter uses the texts that exist already.
        let longer = Wanted::new(Group::All, "remark 19998");
        matches.refresh(run.state(), run.log(), longer);
        assert!(!matches.is_unfinished());
        assert_eq!(matches.record(run.log(), 0).map(|record| record.seq), Some(19_999));
    }

    proptest! {
        #[test]
        fn a_search_in_steps_finds_what_one_search_finds(
            turns in prop::collection::vec((0usize..4, 0u64..3000), 1..12)
        ) {
            let (mut run, mut number) = (ShownRun::default(), 0);
            let mut matches = Matches::default();
            for (filter, more) in turns {
                for _ in 0..more {
                    apply(&mut run, number);
                    number += 1;
                }
                let filter = ["", "remark", "kind:removed", "note remark 1"][filter];
                let wanted = Wanted::new(Group::All, filter);
                let once = all(&mut Matches::default(), &run, &wanted);
                prop_assert_eq!(all(&mut matches, &run, &wanted), once.clone());
                let indices = run.log().events.indices();
                let fits = |index: &u64| match filter {
                    "" => true,
                    "remark" => index.is_multiple_of(3),
                    "kind:removed" => index % 3 == 2,
                    _ => index.is_multiple_of(3) && index.to_string().contains('1'),
                };
                prop_assert_eq!(once, indices.filter(fits).collect::<Vec<_>>());
            }
        }
    }
}
