use crate::control::{Condition, Lasting, LastingUnit, Repeat};
use serde::{Deserialize, Serialize};

/// How far a condition has come.
///
/// A condition comes true when its test has passed for as long as it wants. It comes true again only after the
/// test has failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Steps or updates in a row with a test that passed.
    passed: u64,
    /// Whether it came true, and the test has passed since.
    is_true: bool,
    /// How often it came true.
    times: u64,
}

/// What was seen of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Whether the test passes.
    pub passes: bool,
    /// Whether a step was taken since the last look.
    pub stepped: bool,
    /// Whether the mixture was updated since the last look.
    pub updated: bool,
}

impl Watch {
    /// A watch of a condition that may be true already: that is old news.
    pub fn beginning_with(condition: &Condition, passes: bool) -> Self {
        Watch { is_true: passes && condition.lasting().is_none(), ..Watch::default() }
    }

    /// Takes in what was seen. Whether the condition came true by it, which the caller may then
    /// [confirm](Watch::came_true); while it does not, later looks say the same.
    pub fn look(&mut self, condition: &Condition, repeat: Repeat, seen: Observed) -> bool {
        if !seen.passes {
            self.passed = 0;
            self.is_true = false;
            return false;
        }
        let is_long_enough = match condition.lasting() {
            None => true,
            Some(Lasting { times, unit }) => {
                let counts = match unit {
                    LastingUnit::Steps => seen.stepped,
                    LastingUnit::Updates => seen.updated,
                };
                self.passed = self.passed.saturating_add(u64::from(counts));
                self.passed >= times
            }
        };
        let may_again = repeat == Repeat::Each || self.times == 0;
        is_long_enough && !self.is_true && may_again
    }

    /// The condition came true.
    pub fn came_true(&mut self) {
        self.is_true = true;
        self.times += 1;
    }

    /// How often it came true.
    pub fn times(&self) -> u64 {
        self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each look says, by hand: `.` the test fails, `x` it passes after a step, `u` after an update too, `-`
    /// it passes with no step since.
    fn looks(condition: &str, repeat: Repeat, seen: &str) -> String {
        let condition = Condition::parse(condition).unwrap();
        let mut watch = Watch::default();
        let look = |what: char| {
            let (stepped, updated) = ("xu.".contains(what), what == 'u');
            let seen = Observed { passes: what != '.', stepped, updated };
            let comes_true = watch.look(&condition, repeat, seen);
            if comes_true {
                watch.came_true();
            }
            if comes_true { '!' } else { ' ' }
        };
        seen.chars().map(look).collect()
    }

    #[test]
    fn a_condition_comes_true_at_the_edge_once_or_each_time() {
        for (condition, repeat, seen, expected) in [
            ("loss > 2", Repeat::Once, "..xxx..xx", "  !      "),
            ("loss > 2", Repeat::Each, "..xxx..xx", "  !    ! "),
            ("loss > 2", Repeat::Each, "-", "!"),
            ("loss > 2 for 3 steps", Repeat::Once, "xx.xxxx", "     ! "),
            ("loss > 2 for 2 steps", Repeat::Each, "xxx.xx", " !   !"),
            ("loss > 2 for 2 steps", Repeat::Each, "x--x", "   !"),
            ("loss > 2 for 2 updates", Repeat::Each, "xuxxuxx", "    !  "),
            ("loss > 2 for 2 updates", Repeat::Each, "uxx.xuxu", "       !"),
        ] {
            assert_eq!(looks(condition, repeat, seen), expected, "{condition} {repeat:?} {seen}");
        }
    }

    #[test]
    fn what_was_true_before_is_old_news_until_it_was_false() {
        let condition = Condition::parse("limit reached").unwrap();
        let mut watch = Watch::beginning_with(&condition, true);
        let mut look = |passes| {
            watch.look(&condition, Repeat::Each, Observed { passes, stepped: true, updated: false })
        };
        assert_eq!([look(true), look(false), look(true)], [false, false, true]);
    }

    #[test]
    fn one_that_is_not_confirmed_comes_true_later() {
        let condition = Condition::parse("loss > 2").unwrap();
        let mut watch = Watch::default();
        let seen = Observed { passes: true, stepped: true, updated: false };
        assert!(watch.look(&condition, Repeat::Once, seen), "while a replay forbids it");
        assert!(watch.look(&condition, Repeat::Once, seen), "the first step after it");
        watch.came_true();
        assert!(!watch.look(&condition, Repeat::Once, seen));
    }
}
