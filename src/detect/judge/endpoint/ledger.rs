//! Requests and tokens used so far, and what the budget still allows.

use super::reply::TokenCounts;
use crate::config::EndpointPlan;
use crate::detect::judge::usage::Usage;
use crate::unit::grouped;
use std::cell::Cell;
use tokio::sync::Notify;

/// Counts requests and tokens since the judge was made, and admits a request only if the budget has
/// space for it beside those in flight.
#[derive(Debug)]
pub(super) struct Ledger {
    max_requests: Option<u64>,
    max_tokens: Option<u64>,
    usage: Cell<Usage>,
    /// Estimated tokens of finished requests for which the server gave no count.
    uncounted: Cell<u64>,
    /// Estimated tokens of the requests in flight.
    reserved: Cell<u64>,
    /// Notified when a reservation ends.
    freed: Notify,
}

impl Ledger {
    pub fn new(plan: &EndpointPlan) -> Self {
        Ledger {
            max_requests: plan.max_requests,
            max_tokens: plan.max_tokens,
            usage: Cell::default(),
            uncounted: Cell::default(),
            reserved: Cell::default(),
            freed: Notify::new(),
        }
    }

    pub fn usage(&self) -> Usage {
        self.usage.get()
    }

    /// Waits until the requests in flight leave space for one of about `tokens` tokens.
    ///
    /// # Errors
    /// The limit, in words, where there would be no space even after them.
    pub async fn reserve(&self, tokens: u64) -> Result<Reservation<'_>, String> {
        loop {
            let freed = self.freed.notified();
            self.check(tokens)?;
            let with_those_in_flight = self.spent() + self.reserved.get() + tokens;
            if self.max_tokens.is_none_or(|most| with_those_in_flight <= most) {
                self.reserved.set(self.reserved.get() + tokens);
                return Ok(Reservation { ledger: self, tokens, charge: 0 });
            }
            freed.await;
        }
    }

    fn check(&self, tokens: u64) -> Result<(), String> {
        if let Some(most) = self.max_requests.filter(|most| self.usage().requests >= *most) {
            return Err(format!("max_requests: {}", grouped(most)));
        }
        if let Some(most) = self.max_tokens.filter(|most| self.spent() + tokens > *most) {
            let (most, tokens) = (grouped(most), grouped(tokens));
            return Err(format!("max_tokens: {most} (the request needs about {tokens})"));
        }
        Ok(())
    }

    fn spent(&self) -> u64 {
        let Usage { requests: _, retries: _, prompt_tokens, completion_tokens } = self.usage();
        prompt_tokens + completion_tokens + self.uncounted.get()
    }
}

/// Space in the budget for one request. A request that is dropped after it was sent is charged as
/// estimated, as the server may still work on it.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    ledger: &'a Ledger,
    tokens: u64,
    /// Estimated tokens to be charged at the end.
    charge: u64,
}

impl Reservation<'_> {
    /// The request is sent now.
    pub fn send(&mut self, retry: bool) {
        let mut usage = self.ledger.usage();
        usage.requests += 1;
        usage.retries += u64::from(retry);
        self.ledger.usage.set(usage);
        self.charge = self.tokens;
    }

    /// The server's count replaces the estimate.
    pub fn counted(&mut self, tokens: TokenCounts) {
        let mut usage = self.ledger.usage();
        usage.prompt_tokens += tokens.prompt_tokens;
        usage.completion_tokens += tokens.completion_tokens;
        self.ledger.usage.set(usage);
        self.charge = 0;
    }

    /// The server did no work for it, so that it costs nothing.
    pub fn free(&mut self) {
        self.charge = 0;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let ledger = self.ledger;
        ledger.reserved.set(ledger.reserved.get() - self.tokens);
        ledger.uncounted.set(ledger.uncounted.get() + self.charge);
        ledger.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn ledger(max_requests: Option<u64>, max_tokens: Option<u64>) -> Ledger {
        Ledger::new(&EndpointPlan { max_requests, max_tokens, ..EndpointPlan::default() })
    }

    #[test]
    fn the_last_request_of_the_budget_goes_and_no_more() {
        let ledger = ledger(Some(2), None);
        for retry in [false, true] {
            ledger.reserve(10).now_or_never().unwrap().unwrap().send(retry);
        }
        let why = ledger.reserve(10).now_or_never().unwrap().unwrap_err();
        assert_eq!(why, "max_requests: 2");
        assert_eq!((ledger.usage().requests, ledger.usage().retries), (2, 1));
    }

    #[test]
    fn requests_in_flight_hold_their_tokens_until_the_server_has_counted() {
        let ledger = ledger(None, Some(100));
        let mut first = ledger.reserve(60).now_or_never().unwrap().unwrap();
        first.send(false);
        let mut second = Box::pin(ledger.reserve(60));
        assert!(second.as_mut().now_or_never().is_none(), "60 + 60 is too much: it waits");
        first.counted(TokenCounts { prompt_tokens: 30, completion_tokens: 5 });
        drop(first);
        // 35 + 60 fits.
        let mut second = second.now_or_never().unwrap().unwrap();
        second.send(false);
        drop(second);
        // It brought no reply: 35 and its estimated 60 are spent.
        let why = ledger.reserve(6).now_or_never().unwrap().unwrap_err();
        assert_eq!(why, "max_tokens: 100 (the request needs about 6)");
        let mut last = ledger.reserve(5).now_or_never().unwrap().unwrap();
        last.send(false);
        last.free();
        drop(last);
        assert!(ledger.reserve(5).now_or_never().unwrap().is_ok(), "what cost nothing is free");
    }
}
