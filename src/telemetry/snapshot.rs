use super::{Record, RunState};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Lifecycle events that a snapshot holds at most; the record on disk holds them all.
pub const RECENT_EVENTS: usize = 20_000;

/// A run at one moment: everything that a viewer needs to go on with the records that follow.
///
/// [`Snapshot::apply`] is the only fold over a stream of records. As JSON it is what a client in
/// another process begins with. Its size is bounded: at most some 0.3 MB for each of the
/// 7 + 4 K curves, as much again for each of the newest checkpoints, and the recent events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What the records up to now add up to.
    pub state: RunState,
    /// The newest lifecycle events (those that are not [droppable](super::Event::is_droppable)),
    /// oldest first, at most [`RECENT_EVENTS`].
    #[serde(with = "shared")]
    pub recent: VecDeque<Arc<Record>>,
    /// Lifecycle events older than those of `recent`: an event keeps its index in the run when older
    /// ones are dropped from the list.
    #[serde(default)]
    pub forgotten: u64,
}

impl Snapshot {
    /// Goes on by the next record.
    pub fn apply(&mut self, record: &Arc<Record>) {
        self.state.apply(record);
        if !record.event.is_droppable() {
            if self.recent.len() == RECENT_EVENTS {
                self.recent.pop_front();
                self.forgotten += 1;
            }
            self.recent.push_back(record.clone());
        }
    }
}

/// Records as a list of plain records.
mod shared {
    use super::{Arc, Record, VecDeque};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        records: &VecDeque<Arc<Record>>,
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        writer.collect_seq(records.iter().map(|record| &**record))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<VecDeque<Arc<Record>>, D::Error> {
        let records = Vec::<Record>::deserialize(reader)?;
        Ok(records.into_iter().map(Arc::new).collect())
    }
}
