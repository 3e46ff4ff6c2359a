//! All texts, several at once: what was judged before is recalled, the rest is asked.

use super::asker::{Asker, Settled};
use super::cache::Cache;
use crate::detect::judge::{Finding, JudgeError};
use crate::mixing::Mixture;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How often the caller hears of us at least while we wait.
const TICK: Duration = Duration::from_millis(100);
/// So many first texts in a row without a judgement are the endpoint's fault, not theirs.
const HOPELESS_TEXTS: usize = 3;

/// The way goes on, or ends: well because the caller wishes so, or with an error.
pub(super) type Flow = ControlFlow<Result<(), JudgeError>>;

/// Whether the endpoint has shown that it can judge. Until then texts go one by one: a wrong key or
/// a server without structured output costs one request and not as many as fly, and which of them
/// comes back first decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// So many texts in a row got no judgement.
    Failed(usize),
    /// One did.
    Over,
}

/// Equal texts are one question.
#[derive(Debug)]
struct Question<'t> {
    text: &'t str,
    checksum: String,
    /// Where it stands in the list of texts.
    places: Vec<usize>,
}

/// One call of the judge.
pub(super) struct Course<'a> {
    pub asker: &'a Asker,
    pub cache: &'a mut Cache,
    pub opening: &'a mut Opening,
    pub say: &'a mut dyn FnMut(Finding) -> ControlFlow<()>,
    /// The budget's limit, in words, once it stopped a request. Then no further text is begun, and
    /// those in flight come to their end.
    pub limit: Option<String>,
    /// Texts that it left neither judged nor given up.
    pub left: usize,
}

impl Course<'_> {
    /// Judges all texts.
    pub async fn run(&mut self, texts: &[String]) -> Flow {
        self.notices()?;
        let mut unknown = Vec::new();
        for question in questions(texts) {
            match self.cache.find(&question.checksum).cloned() {
                Some(probabilities) => self.judged(&question, &probabilities)?,
                None => unknown.push(question),
            }
        }
        self.ask(unknown).await
    }

    async fn ask(&mut self, questions: Vec<Question<'_>>) -> Flow {
        let asker = self.asker;
        let mut queue = questions.into_iter();
        let mut flights = FuturesUnordered::new();
        let mut tick = Instant::now() + TICK;
        loop {
            while self.limit.is_none() && flights.len() < self.width() {
                let Some(question) = queue.next() else { break };
                flights.push(async move { (asker.settle(question.text).await, question) });
            }
            match timeout_at(tick, flights.next()).await {
                Ok(None) => break,
                Ok(Some((settled, question))) => self.hear(settled, &question)?,
                Err(_) => {}
            }
            self.notices()?;
            if Instant::now() >= tick {
                self.tell(Finding::Working(asker.ledger.usage()))?;
                tick = Instant::now() + TICK;
            }
        }
        self.left += queue.map(|question| question.places.len()).sum::<usize>();
        match self.limit.take() {
            Some(limit) => Flow::Break(Err(self.over_budget(limit))),
            None => Flow::Continue(()),
        }
    }

    fn width(&self) -> usize {
        match self.opening {
            Opening::Failed(_) => 1,
            Opening::Over => self.asker.plan.in_flight as usize,
        }
    }

    fn hear(&mut self, settled: Settled, question: &Question<'_>) -> Flow {
        match settled {
            Settled::Judged(probabilities) => {
                *self.opening = Opening::Over;
                // Kept first: the caller may break, and it is paid for.
                let kept = self.cache.keep(&question.checksum, &probabilities);
                self.judged(question, &probabilities)?;
                kept.map_or_else(|error| Flow::Break(Err(error)), Flow::Continue)
            }
            Settled::Unjudged(why) => self.unjudged(question, &why),
            Settled::Fatal(error) => Flow::Break(Err(error)),
            Settled::OverBudget(limit) => {
                self.limit = Some(limit);
                self.left += question.places.len();
                Flow::Continue(())
            }
        }
    }

    fn judged(&mut self, question: &Question<'_>, probabilities: &Mixture) -> Flow {
        for &text in &question.places {
            self.tell(Finding::Judged { text, probabilities: probabilities.clone() })?;
        }
        Flow::Continue(())
    }

    fn unjudged(&mut self, question: &Question<'_>, why: &str) -> Flow {
        for &text in &question.places {
            self.tell(Finding::Unjudged { text, why: why.to_owned() })?;
        }
        let Opening::Failed(texts) = self.opening else { return Flow::Continue(()) };
        *texts += 1;
        if *texts < HOPELESS_TEXTS {
            return Flow::Continue(());
        }
        Flow::Break(Err(JudgeError::Useless {
            endpoint: self.asker.endpoint(),
            texts: *texts,
            found: why.to_owned(),
            fix: "check that the model follows the prompt and that the server knows form, \
                  temperature and answer_tokens as they are set"
                .into(),
        }))
    }

    fn notices(&mut self) -> Flow {
        for notice in self.asker.notices.take() {
            self.tell(Finding::Notice(notice))?;
        }
        Flow::Continue(())
    }

    fn tell(&mut self, finding: Finding) -> Flow {
        (self.say)(finding).map_break(Ok)
    }

    fn over_budget(&self, budget: String) -> JudgeError {
        JudgeError::Budget {
            endpoint: self.asker.endpoint(),
            budget,
            usage: self.asker.ledger.usage(),
            left: self.left,
            cache: self.cache.path().to_owned(),
        }
    }
}

/// In the order in which the texts come first.
fn questions(texts: &[String]) -> Vec<Question<'_>> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut questions: Vec<Question<'_>> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let at = *known.entry(text).or_insert(questions.len());
        match questions.get_mut(at) {
            Some(question) => question.places.push(place),
            None => {
                let checksum = Cache::checksum(text);
                questions.push(Question { text, checksum, places: vec![place] });
            }
        }
    }
    questions
}
