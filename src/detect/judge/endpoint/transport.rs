//! One request out, one reply in.
//!
//! The client is async-openai's, over a transport of our own. Its default transport retries by itself,
//! hides the retries and `Retry-After`, and logs responses that it cannot parse, an echo of the key
//! included. Ours sends once, classifies every error, and passes on complete replies only.

use super::backoff;
use super::key::Key;
use super::reply::{LIMIT_BYTES, Reply};
use super::request::endpoint_name;
use super::request_error::{ErrorResponse, RequestError};
use crate::config::EndpointPlan;
use crate::detect::judge::error::JudgeError;
use crate::net;
use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::CreateChatCompletionRequest;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tower::BoxError;

/// A connection that was idle for so long is not used again: servers close theirs after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// Longest wait for a connection; it is never more than half the time-out.
const CONNECT: Duration = Duration::from_secs(10);

/// The connections to one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: Client<Access>,
}

impl Transport {
    /// # Errors
    /// No client can be made, as without root certificates.
    pub fn new(plan: &EndpointPlan, key: Key) -> Result<Self, JudgeError> {
        let http = http_client(plan).map_err(|error| JudgeError::Client {
            endpoint: endpoint_name(plan),
            problem: error.to_string(),
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
    pub async fn send(&self, request: &CreateChatCompletionRequest) -> Result<Reply, RequestError> {
        let key = &self.client.config().key;
        self.client.chat().create_byot(request).await.map_err(|error| match error {
            OpenAIError::Boxed(cause) => match cause.downcast::<RequestError>() {
                Ok(error) => *error,
                Err(other) => RequestError::Lost(key.excerpt(&other.to_string())),
            },
            other => RequestError::Lost(key.excerpt(&other.to_string())),
        })
    }
}

/// A client that follows no redirect, for the key would go along, and sends nothing twice.
fn http_client(plan: &EndpointPlan) -> reqwest::Result<reqwest::Client> {
    let timeout = Duration::from_secs(u64::from(plan.timeout_secs));
    let builder = net::client()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .timeout(timeout)
        .connect_timeout(CONNECT.min(timeout / 2))
        .pool_idle_timeout(IDLE);
    match net::is_this_machine(&plan.base_url) {
        true => builder.no_proxy().build(),
        false => builder.build(),
    }
}

/// Address and key in the form that async-openai takes. Unlike its own `OpenAIConfig` it takes nothing
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

/// The layer between async-openai and the network.
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
            return Err(RequestError::Unusable(found).into());
        }
        Ok(http::Response::new(body).into())
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, RequestError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failed(&e))? {
            body.extend_from_slice(&chunk);
            if body.len() > LIMIT_BYTES {
                let found = format!("the response is longer than {LIMIT_BYTES} bytes");
                return Err(RequestError::Unusable(found));
            }
        }
        Ok(body)
    }

    fn failed(&self, error: &reqwest::Error) -> RequestError {
        RequestError::from_http(error, &self.plan, &self.key)
    }

    fn refused(&self, response: &Response, body: &[u8]) -> RequestError {
        let headers = response.headers();
        let response = ErrorResponse {
            status: response.status(),
            retry_after: backoff::retry_after(headers, SystemTime::now()),
            location: headers.get(LOCATION).and_then(|value| value.to_str().ok()),
            body,
        };
        response.classify(&self.plan, &self.key)
    }
}
