use super::wanted::Wanted;
use crate::telemetry::words::event_text;
use crate::telemetry::{Record, RunState};
use crate::tui::scene::{EventLog, Kept};
use std::collections::VecDeque;
use std::ops::Range;

/// Events of which the text is made in one go: a few milliseconds.
const AT_ONCE: u64 = 2_000;

/// The events that are wanted, found bit by bit: the newest at once, older ones with each call,
/// so that no frame waits for a long list. Texts are made once and kept while words are looked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Matches {
    wanted: Wanted,
    /// Indices that were looked at.
    seen: Range<u64>,
    /// Those of them that fit, oldest first.
    found: VecDeque<u64>,
    /// Texts in lower case, of the indices from `first_text` on.
    texts: VecDeque<Box<str>>,
    first_text: u64,
    /// Whether older events wait to be looked at.
    unfinished: bool,
}

impl Matches {
    /// Looks at what is new, and at some of what is old.
    pub(super) fn refresh(&mut self, run: &RunState, log: &EventLog, wanted: Wanted) {
        let list = list(log, &wanted);
        let indices = list.indices();
        let other_list = wanted.of_samples() != self.wanted.of_samples();
        // A list that ends earlier is another one: that of a picture which was kept, say.
        if other_list || indices.end < self.seen.end {
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

    /// Whether older events have not been looked at yet.
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// How many of those that fit are before an index.
    pub(super) fn before(&self, index: u64) -> usize {
        self.found.partition_point(|found| *found < index)
    }

    /// The index of the one in this line.
    pub(super) fn index(&self, line: usize) -> Option<u64> {
        self.found.get(line).copied()
    }

    /// The one in this line.
    pub(super) fn record<'a>(&self, log: &'a EventLog, line: usize) -> Option<&'a Record> {
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

    /// Texts are needed while words are looked for, and only then.
    fn bring_up_texts(&mut self, run: &RunState, list: &Kept, end: u64) {
        let after = self.first_text + self.texts.len() as u64;
        if self.wanted.words.is_empty() || self.texts.is_empty() || end - after.min(end) > AT_ONCE {
            self.texts.clear();
            self.first_text = end;
            return;
        }
        self.texts.extend((after..end).map(|index| text(run, list, index)));
    }

    fn fits(&mut self, run: &RunState, list: &Kept, index: u64) -> bool {
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

fn list<'a>(log: &'a EventLog, wanted: &Wanted) -> &'a Kept {
    if wanted.of_samples() { log.sample_list() } else { log.event_list() }
}

fn text(run: &RunState, list: &Kept, index: u64) -> Box<str> {
    let said = list.get(index).map(|record| event_text(run, record));
    said.map_or_else(String::new, |said| format!("{} {}", said.kind, said.text))
        .to_lowercase()
        .into()
}

#[cfg(test)]
mod tests {
    use super::super::wanted::Group;
    use super::*;
    use crate::telemetry::fixture::{notice, saved};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn push(log: &mut EventLog, number: u64) {
        let event = match number % 3 {
            0 => notice(&format!("remark {number}")),
            1 => notice("nothing"),
            _ => saved(number),
        };
        log.push(Arc::new(Record { seq: number + 1, unix_ms: number, event }));
    }

    fn all(matches: &mut Matches, log: &EventLog, wanted: &Wanted) -> Vec<u64> {
        let run = RunState::default();
        matches.refresh(&run, log, wanted.clone());
        while matches.is_unfinished() {
            matches.refresh(&run, log, wanted.clone());
        }
        (0..matches.len()).filter_map(|line| matches.index(line)).collect()
    }

    #[test]
    fn the_newest_are_found_first_and_the_rest_soon() {
        let (mut log, run) = (EventLog::default(), RunState::default());
        (0..20_000).for_each(|n| push(&mut log, n));
        let wanted = Wanted::new(Group::All, "REMARK");
        let mut matches = Matches::default();
        matches.refresh(&run, &log, wanted.clone());
        assert!(matches.is_unfinished() && matches.len() == 667, "{}", matches.len());
        assert_eq!(all(&mut matches, &log, &wanted).len(), 6667);
        // Typing on looks at the texts that are there.
        let longer = Wanted::new(Group::All, "remark 19998");
        matches.refresh(&run, &log, longer);
        assert!(!matches.is_unfinished());
        assert_eq!(matches.record(&log, 0).map(|record| record.seq), Some(19_999));
    }

    proptest! {
        /// However events and filters come, the same is found as by one look at all of them.
        #[test]
        fn bit_by_bit_finds_what_one_look_finds(
            turns in prop::collection::vec((0usize..4, 0u64..3000), 1..12)
        ) {
            let (mut log, mut number) = (EventLog::default(), 0);
            let mut matches = Matches::default();
            for (filter, more) in turns {
                for _ in 0..more {
                    push(&mut log, number);
                    number += 1;
                }
                let filter = ["", "remark", "kind:saved", "note remark 1"][filter];
                let wanted = Wanted::new(Group::All, filter);
                let once = all(&mut Matches::default(), &log, &wanted);
                prop_assert_eq!(all(&mut matches, &log, &wanted), once.clone());
                let indices = log.event_list().indices();
                let fits = |index: &u64| match filter {
                    "" => true,
                    "remark" => index.is_multiple_of(3),
                    "kind:saved" => index % 3 == 2,
                    _ => index.is_multiple_of(3) && index.to_string().contains('1'),
                };
                prop_assert_eq!(once, indices.filter(fits).collect::<Vec<_>>());
            }
        }
    }
}
