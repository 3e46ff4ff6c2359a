//! One request out, one reply in.
//!
//! The client is async-openai's, over a transport of our own. Its usual one sends a request again
//! by itself, and hides that and `Retry-After` from us; and it writes what it cannot read into the
//! log, where a server's echo of the key would stand. Ours sends once, sorts every failure, and
//! hands on only whole replies.

use super::backoff;
use super::failure::{Failure, Refusal};
use super::key::Key;
use super::reply::{LIMIT_BYTES, Reply};
use crate::config::EndpointPlan;
use crate::detect::judge::JudgeError;
use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::CreateChatCompletionRequest;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use secrecy::SecretString;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tower::BoxError;

/// A connection that was idle for so long is not used again: servers close theirs after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// Longest wait for a connection; it is never more than half the time-out.
const CONNECT: Duration = Duration::from_secs(10);

/// The way to one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: Client<Access>,
}

impl Transport {
    /// # Errors
    /// No client can be made, as without root certificates.
    pub fn new(plan: &EndpointPlan, key: Key) -> Result<Self, JudgeError> {
        let http = http_client(plan).map_err(|error| JudgeError::Client {
            endpoint: super::address(plan),
            fault: error.to_string(),
        })?;
        let base_url = plan.base_url.trim_end_matches('/').to_owned();
        let access = Access { base_url, key: key.clone() };
        let wire = Arc::new(Wire { http: http.clone(), plan: plan.clone(), key });
        let service = tower::service_fn(move |request| {
            let wire = wire.clone();
            async move { wire.send(request).await }
        });
        Ok(Transport { client: Client::build(http, access).with_http_service(service) })
    }

    /// Sends a request once.
    pub async fn ask(&self, request: &CreateChatCompletionRequest) -> Result<Reply, Failure> {
        let key = &self.client.config().key;
        self.client.chat().create_byot(request).await.map_err(|error| match error {
            OpenAIError::Boxed(cause) => match cause.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(other) => Failure::Lost(key.excerpt(&other.to_string())),
            },
            other => Failure::Lost(key.excerpt(&other.to_string())),
        })
    }
}

/// A client that follows no redirect, for the key would go along, and sends nothing twice.
fn http_client(plan: &EndpointPlan) -> reqwest::Result<reqwest::Client> {
    let timeout = Duration::from_secs(u64::from(plan.timeout_secs));
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .timeout(timeout)
        .connect_timeout(CONNECT.min(timeout / 2))
        .pool_idle_timeout(IDLE);
    match is_this_machine(&plan.base_url) {
        true => builder.no_proxy().build(),
        false => builder.build(),
    }
}

fn is_this_machine(base_url: &str) -> bool {
    let url = reqwest::Url::parse(base_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Address and key, as async-openai asks for them. Unlike its own `OpenAIConfig` it takes nothing
/// from the environment.
#[derive(Clone, Debug)]
struct Access {
    base_url: String,
    key: Key,
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.key.bearer().into_iter().map(|bearer| (AUTHORIZATION, bearer)).collect()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base_url
    }

    fn api_key(&self) -> &SecretString {
        self.key.secret()
    }
}

/// What stands between async-openai and the network.
struct Wire {
    http: reqwest::Client,
    plan: EndpointPlan,
    key: Key,
}

impl Wire {
    async fn send(&self, request: HttpRequestFactory) -> Result<Response, BoxError> {
        let request = request.build().await?;
        let mut response = self.http.execute(request).await.map_err(|e| self.failed(&e))?;
        let body = self.body(&mut response).await;
        if !response.status().is_success() {
            return Err(self.refused(&response, &body.unwrap_or_default()).into());
        }
        let body = body?;
        if let Err(error) = serde_json::from_slice::<Reply>(&body) {
            let start = self.key.excerpt(&String::from_utf8_lossy(&body));
            let found = format!("the response is no chat completion ({error}): {start}");
            return Err(Failure::Unusable(found).into());
        }
        Ok(http::Response::new(body).into())
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failed(&e))? {
            body.extend_from_slice(&chunk);
            if body.len() > LIMIT_BYTES {
                let found = format!("the response is longer than {LIMIT_BYTES} bytes");
                return Err(Failure::Unusable(found));
            }
        }
        Ok(body)
    }

    fn failed(&self, error: &reqwest::Error) -> Failure {
        Failure::of_transport(error, &self.plan, &self.key)
    }

    fn refused(&self, response: &Response, body: &[u8]) -> Failure {
        let headers = response.headers();
        let refusal = Refusal {
            status: response.status(),
            retry_after: backoff::retry_after(headers, SystemTime::now()),
            location: headers.get(LOCATION).and_then(|value| value.to_str().ok()),
            body,
        };
        refusal.sort(&self.plan, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        for url in ["http://localhost:11434/v1", "http://127.0.0.1:1", "https://[::1]:8000/v1"] {
            assert!(is_this_machine(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "http://localhost.example/v1", "http://10.0.0.1"] {
            assert!(!is_this_machine(url), "{url}");
        }
    }
}
