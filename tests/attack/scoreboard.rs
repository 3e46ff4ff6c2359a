//! How many trials of each kind there were, and how many found a fault.

#[derive(Clone, Copy, Default)]
struct Count {
    trials: u64,
    inputs: u64,
    faults: u64,
}

pub struct Scoreboard {
    lines: Vec<(&'static str, Count)>,
}

impl Scoreboard {
    pub fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Scoreboard { lines: names.into_iter().map(|name| (name, Count::default())).collect() }
    }

    /// Counts a trial: its number of inputs, or its fault.
    pub fn count(&mut self, line: usize, outcome: &Result<u64, String>) {
        let count = &mut self.lines[line].1;
        count.trials += 1;
        match outcome {
            Ok(inputs) => count.inputs += inputs,
            Err(_) => count.faults += 1,
        }
    }

    pub fn faults(&self) -> u64 {
        self.lines.iter().map(|(_, count)| count.faults).sum()
    }

    pub fn table(&self, seed: u64) -> String {
        let mut text = format!(
            "seed {seed}\n{:<18} {:>8} {:>10} {:>7}\n",
            "kind", "trials", "inputs", "faults"
        );
        for (name, count) in &self.lines {
            text += &format!(
                "{name:<18} {:>8} {:>10} {:>7}\n",
                count.trials, count.inputs, count.faults
            );
        }
        text
    }
}
