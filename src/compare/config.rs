use super::run::ComparedRun;
use std::collections::BTreeMap;

/// Fields that say where a run is and how it is shown, and nothing of what it computes.
const PUT_ASIDE: [&str; 8] = [
    "name",
    "runs_dir",
    "screen",
    "notify",
    "alerts",
    "logging",
    "data.cache_dir",
    "data.trust_cache",
];

/// By what the configs of runs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigDifferences {
    /// The fields that differ, in the order of the config.
    pub fields: Vec<FieldDifference>,
    /// How many are the same in all runs.
    pub same: usize,
    /// Those that differ, and say only where a run is or how it is shown.
    pub put_aside: Vec<String>,
    /// Indices of runs whose records have no config: they ended before.
    pub unknown: Vec<usize>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// The field, as `--set` names it.
    pub field: String,
    /// Its value in each run, in RON; `None` where the run has no such field.
    pub values: Vec<Option<String>>,
}

/// Characters before the first that differs which a value keeps that is too long.
const BEFORE: usize = 8;

impl FieldDifference {
    /// The value of a run for so many columns: where it is longer, and is the same as those of the other runs for
    /// most of them, it begins shortly before what differs, with `…`. `None` where the run has no such field.
    pub fn shown(&self, run: usize, most: usize) -> Option<String> {
        let value = self.values.get(run)?.as_ref()?;
        let same = self.same_beginning();
        if value.chars().count() <= most || same + BEFORE <= most {
            return Some(value.clone());
        }
        Some("…".chars().chain(value.chars().skip(same.saturating_sub(BEFORE))).collect())
    }

    /// Characters with which all values begin alike.
    fn same_beginning(&self) -> usize {
        let mut values = self.values.iter().flatten();
        let Some(first) = values.next() else { return 0 };
        let same = |other: &String| {
            first.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
        };
        values.map(same).min().unwrap_or(0)
    }
}

impl ConfigDifferences {
    /// Compares the configs that the newest processes of the runs worked by.
    pub(super) fn of(runs: &[ComparedRun]) -> Self {
        let mut differences = ConfigDifferences::default();
        let mut order: Vec<&str> = Vec::new();
        let mut fields: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
        for (index, run) in runs.iter().enumerate() {
            let Some(config) = &run.state.config else {
                differences.unknown.push(index);
                continue;
            };
            for value in &config.values {
                let values = fields.entry(&value.field).or_insert_with(|| {
                    order.push(&value.field);
                    vec![None; runs.len()]
                });
                values[index] = Some(&value.value);
            }
        }
        for field in order {
            let values = fields.remove(field).unwrap_or_default();
            let known = values.iter().enumerate();
            let known = known.filter(|(index, _)| !differences.unknown.contains(index));
            let mut known = known.map(|(_, value)| *value);
            let first = known.next().flatten();
            if known.all(|value| value == first) {
                differences.same += 1;
            } else if is_put_aside(field) {
                differences.put_aside.push(field.to_owned());
            } else {
                let values = values.into_iter().map(|value| value.map(str::to_owned)).collect();
                differences.fields.push(FieldDifference { field: field.to_owned(), values });
            }
        }
        differences
    }
}

fn is_put_aside(field: &str) -> bool {
    let is_within = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    PUT_ASIDE.iter().any(|aside| field.strip_prefix(aside).is_some_and(is_within))
}
