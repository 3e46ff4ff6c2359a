//! The judge behind an OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, or any other base URL.
//!
//! ```text
//!  texts ─▶ call ─┬─ cache (what was judged before)
//!                 └─▶ client, in_flight texts at once ─▶ request ─▶ transport ─▶ server
//!                       ledger: budget  gate, backoff: waits      │
//!                       answer ◀───────────────────────── reply or request_error
//! ```
//!
//! All of it runs on the thread that calls [`Judge::judge`](super::Judge::judge). What a text is judged
//! to be depends on the server's answers to it alone, not on their order. The key is read once and is in
//! no message: text from a server is searched for it before it is shown.

mod answer;
mod backoff;
mod cache;
mod call;
mod client;
mod judge;
mod key;
mod ledger;
mod plain_http;
mod prompt;
mod reply;
mod request;
mod request_error;
mod transport;

pub use judge::EndpointJudge;
pub use plain_http::plain_http_warning;

#[cfg(test)]
mod tests;
