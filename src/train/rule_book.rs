//! The rules of a run between two steps: which came true, and which of their commands wait to be given.

use crate::control::{NumberedRule, Rules, Values};
use crate::rules::{Observed, Watch};
use crate::unit::Step;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far each rule has come, by its number.
///
/// Up to the step that an earlier process reached, the record tells which rules gave their commands and when: there
/// no rule comes true by itself, so that one that looks at speed or at the card does as it did.
#[derive(Debug, Default)]
pub struct RuleBook {
    watches: BTreeMap<u64, RuleWatch>,
    /// The step that an earlier process reached.
    recorded_to: Step,
}

/// How far a rule has come; a checkpoint holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleWatch {
    watch: Watch,
    /// The step at which its condition was looked at last: one look a step, whatever is done between two.
    looked_at: Option<Step>,
    /// It came true, with these values, and its command was not given yet.
    waiting: Option<String>,
}

/// A rule whose command is to be given.
#[derive(Clone, Debug, PartialEq)]
pub struct DueRule {
    /// The rule.
    pub rule: NumberedRule,
    /// The values for which it is due, in words.
    pub found: String,
}

impl RuleBook {
    /// The book of a process that continues with these watches, in a run that an earlier process brought to step
    /// `recorded_to`.
    pub fn new(watches: BTreeMap<u64, RuleWatch>, recorded_to: Step) -> Self {
        RuleBook { watches, recorded_to }
    }

    /// The watches, for a checkpoint.
    pub fn watches(&self) -> BTreeMap<u64, RuleWatch> {
        self.watches.clone()
    }

    /// Looks at the conditions of `rules` after `step`, once; `updated` is whether a mixture update was due at it.
    pub fn look(&mut self, rules: &Rules, step: Step, updated: bool, values: &dyn Values) {
        self.watches.retain(|number, _| rules.iter().any(|rule| rule.number == *number));
        for NumberedRule { number, rule } in rules.iter() {
            let entry = self.watches.entry(*number).or_default();
            if entry.looked_at == Some(step) {
                continue;
            }
            entry.looked_at = Some(step);
            let seen = Observed { passes: rule.when.holds(values), stepped: true, updated };
            let comes_true = entry.watch.look(&rule.when, rule.repeat, seen);
            if comes_true && entry.waiting.is_none() && step >= self.recorded_to {
                entry.waiting = Some(rule.when.found(values));
            }
        }
    }

    /// The rules that came true and whose commands were not given yet, in the order of their numbers.
    pub fn due(&self, rules: &Rules) -> Vec<DueRule> {
        let waiting = |number| self.watches.get(&number).and_then(|entry| entry.waiting.clone());
        let due = rules.iter().filter_map(|rule| {
            let found = waiting(rule.number)?;
            Some(DueRule { rule: rule.clone(), found })
        });
        due.collect()
    }

    /// The command of a rule was given, now or in an earlier process.
    pub fn gave(&mut self, number: u64) {
        let entry = self.watches.entry(number).or_default();
        entry.waiting = None;
        entry.watch.came_true();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Command, LiveChange, Quantity, Situation};

    /// A run in which `step` is the only value.
    struct At(f64);

    impl Values for At {
        fn value(&self, _: &Quantity) -> Option<f64> {
            Some(self.0)
        }

        fn median(&self, _: &Quantity) -> Option<f64> {
            None
        }

        fn is(&self, _: Situation) -> bool {
            false
        }
    }

    fn rules(line: &str) -> Rules {
        let Ok(Command::Live(LiveChange::AddRule(rule))) = Command::parse(line) else {
            panic!("{line}")
        };
        Rules::of_config(&[*rule])
    }

    /// The steps after which a rule's command is due; each time it is given at once.
    fn due_at(book: &mut RuleBook, rules: &Rules, steps: std::ops::Range<u64>) -> Vec<u64> {
        let due = |step: &u64| {
            book.look(rules, Step(*step), false, &At(*step as f64));
            let due = book.due(rules);
            due.iter().for_each(|due| book.gave(due.rule.number));
            !due.is_empty()
        };
        steps.filter(due).collect()
    }

    #[test]
    fn a_command_waits_until_it_is_given_and_a_step_is_looked_at_once() {
        let rules = rules("whenever step > 1 for 2 steps do save");
        let mut book = RuleBook::default();
        for _ in 0..5 {
            book.look(&rules, Step(2), false, &At(2.0));
            assert_eq!(book.due(&rules), []);
        }
        book.look(&rules, Step(3), false, &At(3.0));
        // As a checkpoint of this moment has it.
        let stored = ron::to_string(&book.watches()).unwrap();
        let mut book = RuleBook::new(ron::from_str(&stored).unwrap(), Step(0));
        book.look(&rules, Step(3), false, &At(3.0));
        let [due] = &book.due(&rules)[..] else { panic!("one rule is due") };
        assert_eq!((due.rule.number, due.found.as_str()), (1, "step is 3"));
        book.gave(1);
        assert_eq!(book.due(&rules), []);
    }

    #[test]
    fn what_the_record_tells_is_not_found_again() {
        let rules = rules("when step > 3 do pause");
        assert_eq!(due_at(&mut RuleBook::default(), &rules, 0..9), [4]);
        // An earlier process came to step 7, and its record does not have the rule's command: the card was cooler
        // then, say. The rule comes true where nothing is recorded.
        let mut book = RuleBook::new(BTreeMap::new(), Step(7));
        assert_eq!(due_at(&mut book, &rules, 2..9), [7]);
        // The record has it, at step 5.
        let mut book = RuleBook::new(BTreeMap::new(), Step(7));
        assert_eq!(due_at(&mut book, &rules, 2..6), Vec::<u64>::new());
        book.gave(1);
        assert_eq!(due_at(&mut book, &rules, 6..9), Vec::<u64>::new());
    }
}
