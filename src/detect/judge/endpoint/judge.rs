use super::backoff::Backoff;
use super::cache::Cache;
use super::call::{JudgeCall, Trial};
use super::client::EndpointClient;
use super::key::Key;
use super::prompt::{DEFAULT_PROMPT, TEXT_LIMIT};
use crate::config::EndpointPlan;
use crate::detect::judge::error::JudgeError;
use crate::detect::judge::interface::{Finding, Judge};
use crate::detect::judge::usage::Usage;
use crate::disk::hex;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// Increased when prompts are written or answers are read differently, so that earlier judgements no
/// longer count.
const VERSION: u32 = 1;

/// A language model that judges over HTTP.
#[derive(Debug)]
pub struct EndpointJudge {
    client: EndpointClient,
    cache: Cache,
    fingerprint: String,
    trial: Trial,
}

impl EndpointJudge {
    /// A judge of these domains, with the judgements that are in the file `cache`; the file is made
    /// where there is none. Sends nothing yet.
    ///
    /// # Errors
    /// No key where one is planned, a cache that cannot be used,
    /// or no HTTP client on this machine.
    pub fn new(plan: &EndpointPlan, domains: &[String], cache: &Path) -> Result<Self, JudgeError> {
        let key = Key::load(&plan.key, &|name| std::env::var(name).ok())?;
        let fingerprint = fingerprint(plan, domains);
        let cache = Cache::open(cache, &fingerprint, domains.len())?;
        let client = EndpointClient::new(plan, domains, key)?;
        if cache.damaged() > 0 {
            client.notices.borrow_mut().push(format!(
                "{} lines of {} are no judgements; their texts are judged again",
                cache.damaged(),
                cache.path().display()
            ));
        }
        Ok(EndpointJudge { client, cache, fingerprint, trial: Trial::Failed(0) })
    }

    /// The same judge with other waits.
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.client.backoff = backoff;
        self
    }

    /// What was used since the judge was made.
    pub fn usage(&self) -> Usage {
        self.client.ledger.usage()
    }

    /// A runtime for one call, so that no idle connection is kept until the next.
    fn runtime(&self) -> Result<Runtime, JudgeError> {
        Builder::new_current_thread().enable_all().build().map_err(|error| JudgeError::Client {
            endpoint: self.client.endpoint(),
            problem: error.to_string(),
        })
    }
}

impl Judge for EndpointJudge {
    fn name(&self) -> String {
        self.client.endpoint()
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn judge(
        &mut self,
        texts: &[String],
        report: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), JudgeError> {
        let runtime = self.runtime()?;
        let EndpointJudge { client, cache, trial, fingerprint: _ } = self;
        let flow = {
            let mut call = JudgeCall { client, cache, trial, report, limit: None, left: 0 };
            runtime.block_on(call.judge_all(texts))
        };
        // Does not wait, since the look-up of a host's name may hang.
        runtime.shutdown_background();
        let end = match flow {
            ControlFlow::Break(Ok(())) => return Ok(()), // the caller stopped it
            ControlFlow::Break(Err(error)) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        };
        // The last finding: what was used in the end.
        let _ = report(Finding::Working(client.ledger.usage()));
        end
    }
}

/// What decides an answer, and nothing else: not how fast or how often requests are sent.
pub(super) fn fingerprint(plan: &EndpointPlan, domains: &[String]) -> String {
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
