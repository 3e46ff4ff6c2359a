//! The environment variables that Python's huggingface_hub obeys.

use super::error::HubError;
use super::repo::Repo;
use secrecy::SecretString;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const ENDPOINT: &str = "https://huggingface.co";
/// Tries after the first, of a request that failed for a reason that may pass.
const RETRIES: u32 = 5;
/// Wait before the first of them; each later wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Where the Hub and its cache are, and how requests are made.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) endpoint: String,
    pub(super) token: Option<SecretString>,
    /// Holds one folder per repository.
    pub(super) cache: PathBuf,
    pub(super) offline: bool,
    pub(super) user_agent: String,
    pub(super) retries: u32,
    pub(super) first_wait: Duration,
}

/// Looks up an environment variable.
type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Settings {
    /// Those of this process, by its environment.
    ///
    /// # Errors
    /// No folder for the cache is known; `repo` is what is to be fetched.
    pub fn of_this_process(repo: &Repo) -> Result<Self, HubError> {
        Self::from_env(&|name| std::env::var_os(name)).ok_or_else(|| {
            HubError::of(repo, "no folder for downloads is known; set HF_HOME or HOME")
        })
    }

    /// `None` if neither a cache nor a home folder is known.
    fn from_env(env: Env) -> Option<Self> {
        let home = hf_home(env);
        let cache = path(env, "HF_HUB_CACHE").or_else(|| path(env, "HUGGINGFACE_HUB_CACHE"));
        let program = concat!("versatune/", env!("CARGO_PKG_VERSION"));
        Some(Settings {
            endpoint: text(env, "HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.into()),
            token: token(env, home.as_ref()),
            cache: cache.or_else(|| Some(home?.join("hub")))?,
            offline: is_on(env, "HF_HUB_OFFLINE"),
            user_agent: match text(env, "HF_HUB_USER_AGENT_ORIGIN") {
                Some(origin) => format!("{program}; {origin}"),
                None => program.into(),
            },
            retries: RETRIES,
            first_wait: FIRST_WAIT,
        })
    }
}

fn hf_home(env: Env) -> Option<PathBuf> {
    let cache = || path(env, "XDG_CACHE_HOME").or_else(|| Some(path(env, "HOME")?.join(".cache")));
    path(env, "HF_HOME").or_else(|| Some(cache()?.join("huggingface")))
}

/// The token of the environment, else of the file that `hf auth login` writes.
fn token(env: Env, home: Option<&PathBuf>) -> Option<SecretString> {
    if is_on(env, "HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        return None;
    }
    let in_file = |path: PathBuf| non_empty(fs::read_to_string(path).ok()?.trim());
    text(env, "HF_TOKEN")
        .and_then(|token| non_empty(token.trim()))
        .or_else(|| in_file(path(env, "HF_TOKEN_PATH")?))
        .or_else(|| in_file(home?.join("token")))
        .map(SecretString::from)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A variable that is set to nothing counts as not set.
fn path(env: Env, name: &str) -> Option<PathBuf> {
    env(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Whether a switch is on, by the words that huggingface_hub takes for it.
fn is_on(env: Env, name: &str) -> bool {
    let value = text(env, name).unwrap_or_default().to_ascii_uppercase();
    ["1", "ON", "YES", "TRUE"].contains(&value.as_str())
}

fn text(env: Env, name: &str) -> Option<String> {
    env(name)?.into_string().ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let env = |name: &str| {
            let value = variables.iter().find(|(variable, _)| *variable == name);
            value.map(|(_, value)| OsString::from(value))
        };
        Settings::from_env(&env).unwrap()
    }

    #[test]
    fn the_cache_is_where_huggingface_hub_has_it() {
        let home = ("HOME", "/u");
        let xdg = ("XDG_CACHE_HOME", "/x");
        let hf = ("HF_HOME", "/h");
        let old = ("HUGGINGFACE_HUB_CACHE", "/old");
        let cache = ("HF_HUB_CACHE", "/c");
        let cases: [(&[(&str, &str)], &str); 6] = [
            (&[home], "/u/.cache/huggingface/hub"),
            (&[home, xdg], "/x/huggingface/hub"),
            (&[home, xdg, hf], "/h/hub"),
            (&[home, xdg, hf, old], "/old"),
            (&[home, xdg, hf, old, cache], "/c"),
            (&[home, ("HF_HOME", "")], "/u/.cache/huggingface/hub"),
        ];
        for (variables, expected) in cases {
            assert_eq!(settings(variables).cache, PathBuf::from(expected), "{variables:?}");
        }
        assert!(Settings::from_env(&|_| None).is_none());
    }

    #[test]
    fn the_token_is_the_environments_else_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        let token = |variables: &[(&str, &str)]| {
            let token = settings(&[variables, &[("HF_HOME", home)]].concat()).token;
            token.map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(token(&[]), None);
        fs::write(folder.path().join("token"), "of login\n").unwrap();
        assert_eq!(token(&[]).unwrap(), "of login");
        let other = folder.path().join("other");
        fs::write(&other, " of a file ").unwrap();
        let file = ("HF_TOKEN_PATH", other.to_str().unwrap());
        assert_eq!(token(&[file]).unwrap(), "of a file");
        assert_eq!(token(&[file, ("HF_TOKEN", "itself\n")]).unwrap(), "itself");
        let not_off = ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "0");
        assert_eq!(token(&[file, not_off]).unwrap(), "of a file");
        let off = ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        assert_eq!(token(&[file, ("HF_TOKEN", "itself"), off]), None);
    }

    #[test]
    fn the_rest_has_defaults() {
        let home = ("HOME", "/u");
        let plain = settings(&[home]);
        assert_eq!((plain.endpoint.as_str(), plain.offline), (ENDPOINT, false));
        let set = settings(&[home, ("HF_ENDPOINT", "https://m"), ("HF_HUB_OFFLINE", "1")]);
        assert_eq!((set.endpoint.as_str(), set.offline), ("https://m", true));
        for (value, expected) in [("0", false), ("false", false), ("no", false), ("True", true)] {
            assert_eq!(settings(&[home, ("HF_HUB_OFFLINE", value)]).offline, expected, "{value}");
        }
        let agent = settings(&[home, ("HF_HUB_USER_AGENT_ORIGIN", "lab")]).user_agent;
        assert!(agent.starts_with("versatune/") && agent.ends_with("; lab"), "{agent}");
    }
}
