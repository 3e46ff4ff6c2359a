//! The builder that every HTTP client of this program is made from: the only place that sets up TLS.

use reqwest::{Client, ClientBuilder, Url};
use std::net::IpAddr;

/// A builder whose TLS is rustls with ring, and whose root certificates are the system's, or those
/// that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
pub(crate) fn client() -> ClientBuilder {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

/// Whether an address is on this machine, so that nobody in between can read what is sent.
pub(crate) fn is_this_machine(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_count_as_such() {
        for url in ["http://localhost:11434/v1", "http://127.0.0.1:1", "https://[::1]:8000/v1"] {
            assert!(is_this_machine(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "http://localhost.example/v1", "http://10.0.0.1"] {
            assert!(!is_this_machine(url), "{url}");
        }
    }

    #[test]
    fn clients_can_be_made_again_and_again() {
        for _ in 0..2 {
            client().build().unwrap();
        }
    }
}
