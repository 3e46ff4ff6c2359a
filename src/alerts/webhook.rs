//! A web address as an outlet.

use super::deadline::Deadline;
use super::message::Message;
use crate::config::WebhookForm;
use crate::net;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;
use tokio::runtime::Builder;

/// Seconds to wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Waits before the second try and the later ones.
const WAITS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];
/// Whose addresses take Slack's form.
const SLACK: &str = "hooks.slack.com";

/// An address, and what is sent to it.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    address: SecretString,
    token: Option<SecretString>,
    is_slack: bool,
}

/// Why one try failed.
struct Failed {
    why: String,
    /// Whether another try may do better.
    may_pass: bool,
}

impl Webhook {
    /// # Errors
    /// The address is none, or a token would be sent to it that others can read on the way.
    pub fn new(
        address: SecretString,
        token: Option<SecretString>,
        form: WebhookForm,
    ) -> Result<Self, String> {
        let text = address.expose_secret();
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(host) = url.as_ref().and_then(Url::host_str) else {
            return Err("no address that begins with https:// (not shown)".into());
        };
        let is_readable = text.starts_with("http:") && !net::is_this_machine(text);
        if is_readable && token.is_some() {
            return Err("with http:// whoever is between can read the token; use https://".into());
        }
        let is_slack = match form {
            WebhookForm::Auto => host == SLACK,
            WebhookForm::Slack => true,
            WebhookForm::Ntfy => false,
        };
        Ok(Webhook { address, token, is_slack })
    }

    /// Sends a message; tries again where that may help.
    ///
    /// # Errors
    /// Why the last try failed, without the address.
    pub fn send(&self, message: &Message, deadline: &Deadline) -> Result<(), String> {
        let mut tries = 0;
        loop {
            let Failed { why, may_pass } = match self.attempt(message) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            let wait = WAITS.get(tries).filter(|_| may_pass);
            tries += 1;
            let words = if tries == 1 { "1 try".into() } else { format!("{tries} tries") };
            let Some(wait) = wait else { return Err(format!("{words}; the last: {why}")) };
            deadline.poll(*wait, || None::<()>);
            if deadline.is_over() {
                return Err(format!("{words} until the run's end; the last: {why}"));
            }
        }
    }

    fn attempt(&self, message: &Message) -> Result<(), Failed> {
        let failed = |why: String| Failed { why, may_pass: false };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(error.to_string()))?;
        let client = net::client().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|error| failed(error.without_url().to_string()))?;
        runtime.block_on(self.post(&client, message))
    }

    async fn post(&self, client: &Client, message: &Message) -> Result<(), Failed> {
        let request = client.post(self.address.expose_secret());
        let mut request = match self.is_slack {
            true => request
                .header(CONTENT_TYPE, "application/json")
                .body(json!({ "text": slack_text(message) }).to_string()),
            false => {
                // Servers of ntfy take UTF-8 in this head.
                let title = HeaderValue::from_bytes(message.title().as_bytes());
                let request = request.body(message.text());
                match title {
                    Ok(title) => request.header("Title", title),
                    Err(_) => request,
                }
            }
        };
        if let Some(token) = &self.token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
            let Ok(mut bearer) = bearer else {
                return Err(Failed { why: "the token fits no head".into(), may_pass: false });
            };
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(refused(answer.status(), answer.headers().contains_key(LOCATION))),
            Err(error) => Err(Failed { why: cause(&error), may_pass: true }),
        }
    }
}

fn refused(status: StatusCode, is_elsewhere: bool) -> Failed {
    let may_pass = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = if is_elsewhere { " (it points elsewhere, which is not followed)" } else { "" };
    Failed { why: format!("the server answers {}{elsewhere}", status.as_u16()), may_pass }
}

/// What went wrong, without the address.
fn cause(error: &reqwest::Error) -> String {
    match error {
        _ if error.is_timeout() => format!("no answer within {} s", TIMEOUT.as_secs()),
        _ if error.is_connect() => "no connection".into(),
        _ => "the connection was lost".into(),
    }
}

/// `&`, `<` and `>` have a meaning in Slack's texts.
fn slack_text(message: &Message) -> String {
    let text = format!("{}: {}", message.title(), message.text());
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
