//! Requests to the Hub. Its answers are bounded, and the token goes to its own address only,
//! wherever a redirect leads.

use super::error::FetchError;
use super::repo::RepoKind;
use super::settings::Settings;
use crate::net;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LINK, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 10;

/// A client of one Hub, for a repository of one kind.
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Url,
    kind: RepoKind,
    /// `Bearer …`, marked as secret.
    bearer: Option<HeaderValue>,
    retries: u32,
    first_wait: Duration,
}

/// One page of a listing.
pub(super) struct Page<T> {
    pub content: T,
    /// Where the next one is.
    pub next: Option<Url>,
}

impl Client {
    /// A read that gets no byte for `patience` is an error.
    ///
    /// # Errors
    /// An endpoint or a token that cannot be used; no root certificates.
    pub fn new(
        settings: &Settings,
        kind: RepoKind,
        patience: Duration,
    ) -> Result<Self, FetchError> {
        let unusable = |why: &dyn std::fmt::Display| {
            FetchError::Known(format!(
                "no client for the Hub can be made ({why}); check HF_ENDPOINT"
            ))
        };
        let endpoint = Url::parse(&settings.endpoint).map_err(|error| unusable(&error))?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(unusable(&"neither http nor https"));
        }
        let http = net::client()
            .user_agent(&settings.user_agent)
            // Followed by hand: see `follow`.
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(patience)
            .build()
            .map_err(|error| unusable(&error))?;
        let bearer = settings.token.as_ref().map(bearer).transpose()?;
        Ok(Client {
            http,
            endpoint,
            kind,
            bearer,
            retries: settings.retries,
            first_wait: settings.first_wait,
        })
    }

    /// The address of `segments` below the endpoint; a `/` in one of them is encoded.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Reads an answer as JSON, taking its length from `budget_bytes`.
    pub async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        budget_bytes: &mut usize,
    ) -> Result<Page<T>, FetchError> {
        let mut response = self.get(url, 0).await?;
        let next = next_page(response.headers(), url);
        if next.as_ref().is_some_and(|next| !self.is_own(next)) {
            return Err(FetchError::known(
                "the Hub's listing continues at another address; check HF_ENDPOINT",
            ));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            let rest = budget_bytes.checked_sub(chunk.len());
            *budget_bytes = rest.ok_or_else(|| {
                FetchError::known("the Hub's listing has no end; is HF_ENDPOINT a Hub?")
            })?;
            body.extend_from_slice(&chunk);
        }
        let content = serde_json::from_slice(&body).map_err(|_| {
            FetchError::known("the Hub's answer is not what a Hub answers; check HF_ENDPOINT")
        })?;
        Ok(Page { content, next })
    }

    /// The successful answer to a GET of what lies from byte `from` on. Errors that may pass by
    /// themselves lead to another try.
    pub async fn get(&self, url: &Url, from: u64) -> Result<Response, FetchError> {
        let mut wait = self.first_wait;
        for _ in 0..self.retries {
            match self.follow(url, from).await {
                Ok(response) if may_pass(response.status()) => {}
                Err(FetchError::Unreachable(_)) => {}
                answer => return self.accept(answer?),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        self.accept(self.follow(url, from).await?)
    }

    /// Sends a GET once and follows redirects. The token is sent while they stay at the endpoint.
    async fn follow(&self, start: &Url, from: u64) -> Result<Response, FetchError> {
        let mut url = start.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.http.get(url.clone());
            if let Some(bearer) = self.bearer.as_ref().filter(|_| self.is_own(&url)) {
                request = request.header(AUTHORIZATION, bearer);
            }
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            let response = request.send().await?;
            let Some(next) = redirect(&response, &url)? else { return Ok(response) };
            url = next;
        }
        Err(FetchError::known("the Hub redirects without end; check HF_ENDPOINT"))
    }

    fn accept(&self, response: Response) -> Result<Response, FetchError> {
        if response.status().is_success() {
            return Ok(response);
        }
        let code = response.headers().get("x-error-code").and_then(|code| code.to_str().ok());
        Err(FetchError::from_status(response.status(), code.unwrap_or_default(), self.kind))
    }

    /// Whether an address is of the endpoint's scheme, host and port.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.endpoint.origin()
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, FetchError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| FetchError::known("HF_TOKEN holds characters that no token has"))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// Where an answer leads, if it leads on.
fn redirect(response: &Response, from: &Url) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let next = location.to_str().ok().and_then(|location| from.join(location).ok());
    match next {
        Some(next) if next.scheme() == "https" || next.scheme() == from.scheme() => Ok(Some(next)),
        Some(_) => Err(FetchError::known("the Hub redirects to an unprotected address")),
        None => Err(FetchError::known("the Hub redirects to what is no address")),
    }
}

fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// The address in a header such as `Link: <https://…?cursor=…>; rel="next"`. It may be relative to
/// that of the `page` itself.
fn next_page(headers: &HeaderMap, page: &Url) -> Option<Url> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    page.join(rest.split_once('>')?.0).ok()
}
