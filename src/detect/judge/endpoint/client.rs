//! One text, from the question to a judgement or the reason why there is none.

use super::answer::Reader;
use super::backoff::{Backoff, Gate};
use super::failure::Failure;
use super::key::Key;
use super::ledger::{Ledger, Reservation};
use super::reply::Reply;
use super::request::Requests;
use super::transport::Transport;
use crate::config::{EndpointPlan, StructuredOutput};
use crate::detect::judge::JudgeError;
use crate::mixing::Mixture;
use std::cell::{Cell, RefCell};
use tokio::time::sleep;

/// What became of a text.
#[derive(Debug)]
pub(super) enum Settled {
    Judged(Mixture),
    /// Every try failed, or the server refuses this text. Why, in a sentence.
    Unjudged(String),
    /// Neither: the budget does not allow another request. The limit, in words.
    OverBudget(String),
    /// The endpoint answers no text.
    Fatal(JudgeError),
}

/// Whether a server obeys the answer's JSON schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// It is not sent.
    Off,
    /// It is sent, and no response has come yet.
    Untried,
    /// It is sent, and was accepted.
    Accepted,
}

/// Asks about texts, several at once on one thread.
#[derive(Debug)]
pub(super) struct Asker {
    pub plan: EndpointPlan,
    pub ledger: Ledger,
    pub backoff: Backoff,
    /// What the operator should know and was not told yet.
    pub notices: RefCell<Vec<String>>,
    key: Key,
    requests: Requests,
    reader: Reader,
    transport: Transport,
    gate: Gate,
    schema: Cell<Schema>,
}

impl Asker {
    /// # Errors
    /// No client can be made.
    pub fn new(plan: &EndpointPlan, domains: &[String], key: Key) -> Result<Self, JudgeError> {
        let requests = Requests::new(plan, domains);
        let schema = match plan.structured {
            StructuredOutput::Auto if requests.have_schema() => Schema::Untried,
            StructuredOutput::Auto | StructuredOutput::Off => Schema::Off,
        };
        Ok(Asker {
            ledger: Ledger::new(plan),
            backoff: Backoff::default(),
            notices: RefCell::default(),
            reader: Reader::new(plan.form, domains),
            transport: Transport::new(plan, key.clone())?,
            gate: Gate::default(),
            schema: Cell::new(schema),
            plan: plan.clone(),
            key,
            requests,
        })
    }

    /// Asks until there is a usable answer, at most `max_tries` times.
    pub async fn settle(&self, text: &str) -> Settled {
        let tries = self.plan.max_tries;
        let mut connected = false;
        let mut found = String::new();
        for failures in 0..tries {
            if failures > 0 {
                sleep(self.backoff.wait(text, failures - 1)).await;
            }
            let failure = match self.ask(text, failures > 0).await {
                Ok(probabilities) => return Settled::Judged(probabilities),
                Err(failure) => failure,
            };
            found = failure.to_string();
            match failure {
                Failure::NoConnection(_) => {}
                Failure::Lost(_) | Failure::Unusable(_) => connected = true,
                Failure::Busy { retry_after, .. } => {
                    connected = true;
                    if let Some(wait) = retry_after {
                        self.gate.close_for(wait.min(self.backoff.retry_after_cap));
                    }
                }
                Failure::Rejected(why) => return Settled::Unjudged(why),
                Failure::OverBudget(limit) => return Settled::OverBudget(limit),
                Failure::Hopeless { found, fix } => {
                    return Settled::Fatal(JudgeError::Refused {
                        endpoint: self.endpoint(),
                        found,
                        fix,
                    });
                }
            }
        }
        match connected {
            true => {
                Settled::Unjudged(format!("no usable answer in {tries} tries; the last: {found}"))
            }
            false => {
                Settled::Fatal(JudgeError::Unreachable { endpoint: self.endpoint(), tries, found })
            }
        }
    }

    pub fn endpoint(&self) -> String {
        super::address(&self.plan)
    }

    /// One try: with the schema, unless it is off; and at once without it where the server refuses
    /// the first request that has it.
    async fn ask(&self, text: &str, retry: bool) -> Result<Mixture, Failure> {
        let schema = self.schema.get();
        let answer = self.send(text, schema != Schema::Off, retry).await;
        let Err(Failure::Rejected(complaint)) = &answer else {
            if schema == Schema::Untried && came_back(&answer) {
                self.schema.set(Schema::Accepted);
            }
            return answer;
        };
        if schema != Schema::Untried {
            return answer;
        }
        let plain = self.send(text, false, true).await;
        if came_back(&plain) {
            self.schema.set(Schema::Off);
            self.notices.borrow_mut().push(format!(
                "judge {}: structured output is refused ({complaint}); going on without it",
                self.endpoint()
            ));
        }
        plain
    }

    async fn send(&self, text: &str, structured: bool, retry: bool) -> Result<Mixture, Failure> {
        let (request, tokens) = self.requests.about(text, structured);
        let mut room = self.room(tokens).await?;
        room.send(retry);
        let reply = self.transport.ask(&request).await;
        match &reply {
            Ok(Reply { usage: Some(tokens), .. }) => room.counted(*tokens),
            Err(failure) if !failure.may_have_cost() => room.free(),
            Ok(_) | Err(_) => {}
        }
        let unusable = |why: String| Failure::Unusable(self.key.excerpt(&why));
        self.reader.read(&reply?).map_err(unusable)
    }

    /// Waits until the server's pause is over and the budget has room; nothing may come between
    /// this and the request.
    async fn room(&self, tokens: u64) -> Result<Reservation<'_>, Failure> {
        loop {
            self.gate.opened().await;
            let room = self.ledger.reserve(tokens).await.map_err(Failure::OverBudget)?;
            if self.gate.is_open() {
                return Ok(room);
            }
        }
    }
}

/// Whether the server took the request, whatever its answer is worth.
fn came_back(answer: &Result<Mixture, Failure>) -> bool {
    match answer {
        Ok(_) | Err(Failure::Unusable(_)) => true,
        Err(
            Failure::Busy { .. }
            | Failure::NoConnection(_)
            | Failure::Lost(_)
            | Failure::Rejected(_)
            | Failure::Hopeless { .. }
            | Failure::OverBudget(_),
        ) => false,
    }
}
