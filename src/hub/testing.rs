//! A server on localhost that plays the Hub.

#[path = "../../tests/common/http.rs"]
pub mod http;
#[path = "../../tests/common/hub.rs"]
pub mod hub;

pub use http::{Answer, End, Request, Server as Hub};
pub use hub::{COMMIT, TOKEN, Trouble, data_files, model_files, route, route_at, tree};

use super::settings::Settings;
use secrecy::SecretString;
use std::path::Path;
use std::time::Duration;

impl Hub {
    /// Serves `files` of the model `owner/tiny` and of the data set `owner/rows`.
    pub fn serve(files: &[(&'static str, Vec<u8>)], trouble: Trouble) -> Hub {
        let files = files.to_vec();
        Hub::answering(move |request| route(request, &files, trouble))
    }

    pub fn settings(&self, cache: &Path) -> Settings {
        Settings {
            endpoint: self.url.clone(),
            token: Some(SecretString::from(TOKEN)),
            cache: cache.to_owned(),
            offline: false,
            user_agent: "test".into(),
            retries: 1,
            first_wait: Duration::from_millis(1),
        }
    }

    /// Likewise, for a machine that may not ask the Hub.
    pub fn offline(&self, cache: &Path) -> Settings {
        Settings { offline: true, ..self.settings(cache) }
    }
}
