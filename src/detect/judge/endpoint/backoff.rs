//! How long to wait before a request is sent again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until};

/// Waits between the tries for one text: b·2^k after the k-th error (from 0), at most `cap`, of which a
/// random part of one half is left out ("equal jitter"), so that texts that failed together are not
/// retried together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait, before jitter.
    pub base: Duration,
    /// The longest wait, before jitter.
    pub cap: Duration,
    /// The longest wait that a server's `Retry-After` can cause; what is longer counts as this.
    pub retry_after_cap: Duration,
}

impl Default for Backoff {
    /// 0.5 s, at most 60 s; up to five minutes if the server demands it by `Retry-After`.
    fn default() -> Self {
        Backoff {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(60),
            retry_after_cap: Duration::from_secs(300),
        }
    }
}

impl Backoff {
    /// The wait after error number `number`, from 0. The jitter is drawn from a stream of its own for
    /// each text and error: it needs no state and depends on no order.
    pub(super) fn wait(&self, text: &str, number: u32) -> Duration {
        let seed: [u8; 32] = Sha256::digest(text).into();
        let mut stream = ChaCha8Rng::from_seed(seed);
        stream.set_stream(u64::from(number));
        let whole = self.base.saturating_mul(2_u32.saturating_pow(number)).min(self.cap);
        whole.mul_f64(0.5 + 0.5 * stream.random::<f64>())
    }
}

/// Closed while the server's `Retry-After` runs: it holds for every text.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed_until: Cell<Option<Instant>>,
}

impl Gate {
    pub fn close_for(&self, wait: Duration) {
        self.closed_until.set(self.closed_until.get().max(Some(Instant::now() + wait)));
    }

    pub fn is_open(&self) -> bool {
        self.closed_until.get().is_none_or(|until| until <= Instant::now())
    }

    pub async fn opened(&self) {
        // It may be closed again while we sleep.
        while let Some(until) = self.closed_until.get().filter(|until| *until > Instant::now()) {
            sleep_until(until).await;
        }
    }
}

/// The wait of a `Retry-After` header: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(secs).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn waits_double_up_to_the_cap_and_keep_at_least_half() {
        let backoff = Backoff { base: Duration::from_millis(100), ..Backoff::default() };
        for (number, whole) in [(0, 0.1), (1, 0.2), (4, 1.6), (9, 51.2), (10, 60.0), (99, 60.0)] {
            let wait = backoff.wait("text", number).as_secs_f64();
            assert!((0.5 * whole..=whole).contains(&wait), "{number}: {wait}");
            assert_eq!(wait, backoff.wait("text", number).as_secs_f64(), "the same again");
        }
        assert_ne!(backoff.wait("text", 3), backoff.wait("another", 3));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait_of = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            // RFC 9110 has this date as its example; in seconds it is 784,111,777.
            retry_after(&headers, UNIX_EPOCH + Duration::from_secs(784_111_747))
        };
        assert_eq!(wait_of("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait_of("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait_of("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO), "it is past");
        assert_eq!(wait_of("soon"), None);
        assert_eq!(wait_of("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new(), UNIX_EPOCH), None);
    }
}
