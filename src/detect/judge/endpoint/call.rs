//! One call of the judge: what was judged before is looked up, the rest is sent, several texts at once.

use super::cache::Cache;
use super::client::{EndpointClient, TextResult};
use crate::detect::judge::error::JudgeError;
use crate::detect::judge::interface::Finding;
use crate::mixing::Mixture;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest time between two reports to the caller.
const TICK: Duration = Duration::from_millis(100);
/// If so many first texts in a row get no judgement, the endpoint is the reason and not the texts.
const HOPELESS_TEXTS: usize = 3;

/// Continues, or ends: with `Ok` because the caller stopped the call, or with an error.
pub(super) type Flow = ControlFlow<Result<(), JudgeError>>;

/// Whether the endpoint has shown that it can judge. Until then texts are sent one by one: a wrong key
/// or a server without structured output costs one request and not as many as are sent at once, and
/// which answer comes first decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// So many texts in a row got no judgement.
    Failed(usize),
    /// One did.
    Passed,
}

/// A text to be judged, once however often it occurs in the list.
#[derive(Debug)]
struct Question<'t> {
    text: &'t str,
    checksum: String,
    /// Its indices in the list of texts.
    indices: Vec<usize>,
}

/// The state of one call of the judge.
pub(super) struct JudgeCall<'a> {
    pub client: &'a EndpointClient,
    pub cache: &'a mut Cache,
    pub trial: &'a mut Trial,
    pub report: &'a mut dyn FnMut(Finding) -> ControlFlow<()>,
    /// The budget's limit, in words, once it stopped a request. Then no further text is begun, and
    /// those in flight are finished.
    pub limit: Option<String>,
    /// Number of texts that the limit left neither judged nor given up.
    pub left: usize,
}

impl JudgeCall<'_> {
    /// Judges all texts.
    pub async fn judge_all(&mut self, texts: &[String]) -> Flow {
        self.report_notices()?;
        let mut unknown = Vec::new();
        for question in questions(texts) {
            match self.cache.find(&question.checksum).cloned() {
                Some(probabilities) => self.report_judged(&question, &probabilities)?,
                None => unknown.push(question),
            }
        }
        self.send(unknown).await
    }

    async fn send(&mut self, questions: Vec<Question<'_>>) -> Flow {
        let client = self.client;
        let mut queue = questions.into_iter();
        let mut flights = FuturesUnordered::new();
        let mut tick = Instant::now() + TICK;
        loop {
            while self.limit.is_none() && flights.len() < self.width() {
                let Some(question) = queue.next() else { break };
                flights.push(async move { (client.judge(question.text).await, question) });
            }
            match timeout_at(tick, flights.next()).await {
                Ok(None) => break,
                Ok(Some((result, question))) => self.take(result, &question)?,
                Err(_) => {}
            }
            self.report_notices()?;
            if Instant::now() >= tick {
                self.report(Finding::Working(client.ledger.usage()))?;
                tick = Instant::now() + TICK;
            }
        }
        self.left += queue.map(|question| question.indices.len()).sum::<usize>();
        match self.limit.take() {
            Some(limit) => Flow::Break(Err(self.over_budget(limit))),
            None => Flow::Continue(()),
        }
    }

    /// How many texts are in flight at once.
    fn width(&self) -> usize {
        match self.trial {
            Trial::Failed(_) => 1,
            Trial::Passed => self.client.plan.in_flight as usize,
        }
    }

    fn take(&mut self, result: TextResult, question: &Question<'_>) -> Flow {
        match result {
            TextResult::Judged(probabilities) => {
                *self.trial = Trial::Passed;
                // Kept first: the caller may break, and the answer is paid for.
                let kept = self.cache.keep(&question.checksum, &probabilities);
                self.report_judged(question, &probabilities)?;
                kept.map_or_else(|error| Flow::Break(Err(error)), Flow::Continue)
            }
            TextResult::Unjudged(why) => self.give_up(question, &why),
            TextResult::Fatal(error) => Flow::Break(Err(error)),
            TextResult::OverBudget(limit) => {
                self.limit = Some(limit);
                self.left += question.indices.len();
                Flow::Continue(())
            }
        }
    }

    fn report_judged(&mut self, question: &Question<'_>, probabilities: &Mixture) -> Flow {
        for &text in &question.indices {
            self.report(Finding::Judged { text, probabilities: probabilities.clone() })?;
        }
        Flow::Continue(())
    }

    /// Reports a text without a judgement; ends the call where none of the first texts got one.
    fn give_up(&mut self, question: &Question<'_>, why: &str) -> Flow {
        for &text in &question.indices {
            self.report(Finding::Unjudged { text, why: why.to_owned() })?;
        }
        let Trial::Failed(texts) = self.trial else { return Flow::Continue(()) };
        *texts += 1;
        if *texts < HOPELESS_TEXTS {
            return Flow::Continue(());
        }
        Flow::Break(Err(JudgeError::Useless {
            endpoint: self.client.endpoint(),
            texts: *texts,
            found: why.to_owned(),
            fix: "check that the model follows the prompt and that the server supports form, \
                  temperature and answer_tokens as they are set"
                .into(),
        }))
    }

    fn report_notices(&mut self) -> Flow {
        for notice in self.client.notices.take() {
            self.report(Finding::Notice(notice))?;
        }
        Flow::Continue(())
    }

    fn report(&mut self, finding: Finding) -> Flow {
        (self.report)(finding).map_break(Ok)
    }

    fn over_budget(&self, budget: String) -> JudgeError {
        JudgeError::Budget {
            endpoint: self.client.endpoint(),
            budget,
            usage: self.client.ledger.usage(),
            left: self.left,
            cache: self.cache.path().to_owned(),
        }
    }
}

/// The different texts, in the order in which each comes first.
fn questions(texts: &[String]) -> Vec<Question<'_>> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut questions: Vec<Question<'_>> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = *known.entry(text).or_insert(questions.len());
        match questions.get_mut(at) {
            Some(question) => question.indices.push(index),
            None => {
                let checksum = Cache::checksum(text);
                questions.push(Question { text, checksum, indices: vec![index] });
            }
        }
    }
    questions
}
