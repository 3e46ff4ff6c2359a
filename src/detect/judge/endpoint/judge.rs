//! The judge behind an OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, or any other base URL.
//!
//! ```text
//!  texts ─▶ course ─┬─ cache (what was judged before)
//!                   └─▶ asker, in_flight of them ─▶ request ─▶ transport ─▶ server
//!                         ledger: budget  gate, backoff: waits      │
//!                         answer ◀────────────────────────────── reply or failure
//! ```
//!
//! All of it runs on the thread that calls [`Judge::judge`]. What a text is judged to be depends on
//! the server's answers to it alone, not on which come first. The key is read once and stands in no
//! message: a server's own words are searched for it before they are shown.

mod answer;
mod asker;
mod backoff;
mod cache;
mod course;
mod failure;
mod key;
mod ledger;
mod prompt;
mod reply;
mod request;
mod transport;

pub use backoff::Backoff;
pub use prompt::{DEFAULT_PROMPT, TEXT_LIMIT};

use super::{Finding, Judge, JudgeError, Usage};
use crate::config::EndpointPlan;
use crate::disk::hex;
use asker::Asker;
use cache::Cache;
use course::{Course, Opening};
use key::Key;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// Changes when the prompt's or the answer's reading changes, so that earlier judgements do not
/// count any more.
const VERSION: u32 = 1;

/// A language model that is asked over HTTP.
#[derive(Debug)]
pub struct EndpointJudge {
    asker: Asker,
    cache: Cache,
    fingerprint: String,
    opening: Opening,
}

impl EndpointJudge {
    /// A judge of these domains, with the judgements that lie in the file `cache`; the file is made
    /// where there is none. Sends nothing yet.
    ///
    /// # Errors
    /// No key where one is planned, a cache that cannot be used,
    /// or no HTTP client on this machine.
    pub fn new(plan: &EndpointPlan, domains: &[String], cache: &Path) -> Result<Self, JudgeError> {
        let key = Key::load(&plan.key, &|name| std::env::var(name).ok())?;
        let fingerprint = fingerprint(plan, domains);
        let cache = Cache::open(cache, &fingerprint, domains.len())?;
        let asker = Asker::new(plan, domains, key)?;
        if cache.damaged() > 0 {
            asker.notices.borrow_mut().push(format!(
                "{} lines of {} are no judgements; their texts are asked again",
                cache.damaged(),
                cache.path().display()
            ));
        }
        Ok(EndpointJudge { asker, cache, fingerprint, opening: Opening::Failed(0) })
    }

    /// The same judge with other waits.
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.asker.backoff = backoff;
        self
    }

    /// What judging has cost since the judge was made.
    pub fn usage(&self) -> Usage {
        self.asker.ledger.usage()
    }

    /// One for each call: no connection outlives it, to be found dead at the next.
    fn runtime(&self) -> Result<Runtime, JudgeError> {
        Builder::new_current_thread().enable_all().build().map_err(|error| JudgeError::Client {
            endpoint: self.asker.endpoint(),
            fault: error.to_string(),
        })
    }
}

impl Judge for EndpointJudge {
    fn name(&self) -> String {
        self.asker.endpoint()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn judge(
        &mut self,
        texts: &[String],
        say: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), JudgeError> {
        let runtime = self.runtime()?;
        let EndpointJudge { asker, cache, opening, fingerprint: _ } = self;
        let flow = {
            let mut course = Course { asker, cache, opening, say, limit: None, left: 0 };
            runtime.block_on(course.run(texts))
        };
        // Does not wait for a look-up of the host's name that hangs.
        runtime.shutdown_background();
        let end = match flow {
            ControlFlow::Break(Ok(())) => return Ok(()), // nobody listens any more
            ControlFlow::Break(Err(error)) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        };
        // The last word: the counts as they are in the end.
        let _ = say(Finding::Working(asker.ledger.usage()));
        end
    }
}

/// Who is asked, for people.
fn address(plan: &EndpointPlan) -> String {
    format!("{} at {}", plan.model, plan.base_url)
}

/// What decides an answer, and nothing else: not how fast or how often it is asked.
fn fingerprint(plan: &EndpointPlan, domains: &[String]) -> String {
    let prompt = plan.prompt.as_deref().unwrap_or(DEFAULT_PROMPT);
    let decisive = serde_json::json!([
        VERSION,
        plan.base_url.trim_end_matches('/'),
        plan.model,
        prompt,
        domains,
        plan.descriptions,
        plan.form,
        plan.temperature,
        TEXT_LIMIT,
    ]);
    format!("endpoint {}", hex(Sha256::new_with_prefix(decisive.to_string())))
}

#[cfg(test)]
mod tests;
