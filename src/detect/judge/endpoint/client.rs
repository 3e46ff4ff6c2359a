//! One text, from the question to a judgement or the reason why there is none.

use super::answer::AnswerReader;
use super::backoff::{Backoff, Gate};
use super::key::Key;
use super::ledger::{Ledger, Reservation};
use super::reply::Reply;
use super::request::{Requests, endpoint_name};
use super::request_error::RequestError;
use super::transport::Transport;
use crate::config::{EndpointPlan, StructuredOutput};
use crate::detect::judge::error::JudgeError;
use crate::mixing::Mixture;
use std::cell::{Cell, RefCell};
use tokio::time::sleep;

/// What became of a text.
#[derive(Debug)]
pub(super) enum TextResult {
    Judged(Mixture),
    /// Every try failed, or the server refuses this text. Why, in a sentence.
    Unjudged(String),
    /// Not tried to the end: the budget does not allow another request. The limit, in words.
    OverBudget(String),
    /// The endpoint will judge no text.
    Fatal(JudgeError),
}

/// Whether the answer's JSON schema is sent to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// No.
    Off,
    /// Yes, and no response has come yet.
    Untried,
    /// Yes, and the server accepted it.
    Accepted,
}

/// Lets an endpoint judge texts, several at once on one thread.
#[derive(Debug)]
pub(super) struct EndpointClient {
    pub plan: EndpointPlan,
    pub ledger: Ledger,
    pub backoff: Backoff,
    /// Warnings that were not reported yet.
    pub notices: RefCell<Vec<String>>,
    key: Key,
    requests: Requests,
    reader: AnswerReader,
    transport: Transport,
    gate: Gate,
    schema: Cell<Schema>,
}

impl EndpointClient {
    /// # Errors
    /// No client can be made.
    pub fn new(plan: &EndpointPlan, domains: &[String], key: Key) -> Result<Self, JudgeError> {
        let requests = Requests::new(plan, domains);
        let schema = match plan.structured {
            StructuredOutput::Auto if requests.have_schema() => Schema::Untried,
            StructuredOutput::Auto | StructuredOutput::Off => Schema::Off,
        };
        Ok(EndpointClient {
            ledger: Ledger::new(plan),
            backoff: Backoff::default(),
            notices: RefCell::default(),
            reader: AnswerReader::new(plan.form, domains),
            transport: Transport::new(plan, key.clone())?,
            gate: Gate::default(),
            schema: Cell::new(schema),
            plan: plan.clone(),
            key,
            requests,
        })
    }

    /// Sends requests about a text until there is a usable answer, at most `max_tries` times.
    pub async fn judge(&self, text: &str) -> TextResult {
        let tries = self.plan.max_tries;
        let mut connected = false;
        let mut found = String::new();
        for errors in 0..tries {
            if errors > 0 {
                sleep(self.backoff.wait(text, errors - 1)).await;
            }
            let error = match self.attempt(text, errors > 0).await {
                Ok(probabilities) => return TextResult::Judged(probabilities),
                Err(error) => error,
            };
            found = error.to_string();
            match error {
                RequestError::NoConnection(_) => {}
                RequestError::Lost(_) | RequestError::Unusable(_) => connected = true,
                RequestError::Busy { retry_after, .. } => {
                    connected = true;
                    if let Some(wait) = retry_after {
                        self.gate.close_for(wait.min(self.backoff.retry_after_cap));
                    }
                }
                RequestError::Rejected(why) => return TextResult::Unjudged(why),
                RequestError::OverBudget(limit) => return TextResult::OverBudget(limit),
                RequestError::Hopeless { found, fix } => {
                    return TextResult::Fatal(JudgeError::Refused {
                        endpoint: self.endpoint(),
                        found,
                        fix,
                    });
                }
            }
        }
        if connected {
            let why = format!("no usable answer in {tries} tries; the last: {found}");
            return TextResult::Unjudged(why);
        }
        TextResult::Fatal(JudgeError::Unreachable { endpoint: self.endpoint(), tries, found })
    }

    /// The endpoint in words, for messages.
    pub fn endpoint(&self) -> String {
        endpoint_name(&self.plan)
    }

    /// One try: with the schema, unless it is off; and at once without it where the server refuses
    /// the first request that has it.
    async fn attempt(&self, text: &str, retry: bool) -> Result<Mixture, RequestError> {
        let schema = self.schema.get();
        let answer = self.send(text, schema != Schema::Off, retry).await;
        let Err(RequestError::Rejected(complaint)) = &answer else {
            if schema == Schema::Untried && was_accepted(&answer) {
                self.schema.set(Schema::Accepted);
            }
            return answer;
        };
        if schema != Schema::Untried {
            return answer;
        }
        let plain = self.send(text, false, true).await;
        if was_accepted(&plain) {
            self.schema.set(Schema::Off);
            self.notices.borrow_mut().push(format!(
                "judge {}: structured output is refused ({complaint}); going on without it",
                self.endpoint()
            ));
        }
        plain
    }

    async fn send(
        &self,
        text: &str,
        structured: bool,
        retry: bool,
    ) -> Result<Mixture, RequestError> {
        let (request, tokens) = self.requests.about(text, structured);
        let mut reservation = self.reserve(tokens).await?;
        reservation.send(retry);
        let reply = self.transport.send(&request).await;
        match &reply {
            Ok(Reply { usage: Some(tokens), .. }) => reservation.counted(*tokens),
            Err(error) if !error.may_have_cost() => reservation.free(),
            Ok(_) | Err(_) => {}
        }
        let unusable = |why: String| RequestError::Unusable(self.key.excerpt(&why));
        self.reader.read(&reply?).map_err(unusable)
    }

    /// Waits until the server's pause is over and the budget allows the request, which must be sent at
    /// once then.
    async fn reserve(&self, tokens: u64) -> Result<Reservation<'_>, RequestError> {
        loop {
            self.gate.opened().await;
            let reservation =
                self.ledger.reserve(tokens).await.map_err(RequestError::OverBudget)?;
            if self.gate.is_open() {
                return Ok(reservation);
            }
        }
    }
}

/// Whether the server accepted the request, even if its answer is unusable.
fn was_accepted(answer: &Result<Mixture, RequestError>) -> bool {
    match answer {
        Ok(_) | Err(RequestError::Unusable(_)) => true,
        Err(
            RequestError::Busy { .. }
            | RequestError::NoConnection(_)
            | RequestError::Lost(_)
            | RequestError::Rejected(_)
            | RequestError::Hopeless { .. }
            | RequestError::OverBudget(_),
        ) => false,
    }
}
