/// Where to go in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Just after the event of this number, or the nearest that there is: 0 is the first, a number beyond the
    /// last one is the end.
    Event(u64),
    /// So many optimizer steps on, or back: to the end of that step, after which the next one comes.
    Steps(i64),
    /// So many marks on, or back: just after an event that [is one](super::super::Event::is_mark).
    Marks(i64),
    /// On by so much of the run's time, event by event.
    Later {
        /// Milliseconds.
        ms: u64,
        /// More than so many between two events count as so many.
        longest_gap_ms: u64,
    },
}

impl Moment {
    /// The first moment of a record.
    pub const START: Moment = Moment::Event(0);
    /// The last one.
    pub const END: Moment = Moment::Event(u64::MAX);

    /// This one and then `next` as one, where they can be: who goes back ten steps need not see each. What was to
    /// be played meanwhile is left out, so that a slow reader falls behind and does not leap.
    pub(super) fn merged(self, next: Moment) -> Option<Moment> {
        match (self, next) {
            (_, Moment::Event(_)) => Some(next),
            (Moment::Steps(first), Moment::Steps(more)) => {
                Some(Moment::Steps(first.saturating_add(more)))
            }
            (Moment::Marks(first), Moment::Marks(more)) => {
                Some(Moment::Marks(first.saturating_add(more)))
            }
            (Moment::Later { .. }, Moment::Later { .. }) => Some(next),
            (Moment::Event(_) | Moment::Steps(_) | Moment::Marks(_) | Moment::Later { .. }, _) => {
                None
            }
        }
    }
}
