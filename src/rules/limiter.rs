/// Lets one pass a minute, and counts those that it held back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limiter {
    /// When the last passed, milliseconds since 1970 UTC.
    passed_ms: Option<u64>,
    held_back: u64,
}

/// Milliseconds between two that pass.
const BETWEEN_MS: u64 = 60_000;

impl Limiter {
    /// Asks for one more at this time: how many were held back since the last that passed, or `None` where this one
    /// is held back too.
    pub fn take(&mut self, now_ms: u64) -> Option<u64> {
        if self.passed_ms.is_some_and(|passed| now_ms.saturating_sub(passed) < BETWEEN_MS) {
            self.held_back += 1;
            return None;
        }
        self.passed_ms = Some(now_ms);
        Some(std::mem::take(&mut self.held_back))
    }

    /// How many were held back since the last that passed.
    pub fn held_back(&self) -> u64 {
        self.held_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_passes_and_tells_how_many_did_not() {
        let mut limiter = Limiter::default();
        let taken = [0, 1, 59_999, 60_000, 60_001, 200_000].map(|ms| limiter.take(5_000 + ms));
        assert_eq!(taken, [Some(0), None, None, Some(2), None, Some(1)]);
        assert_eq!(limiter.held_back(), 0);
    }
}
