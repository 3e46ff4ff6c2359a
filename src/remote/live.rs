//! Which runs go on on this machine: a small file for each, in a folder of the owner's.

use crate::disk;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of such a file.
const LARGEST: u64 = 64 << 10;

/// A run that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRun {
    /// Its name.
    pub name: String,
    /// Its folder, from the root.
    pub folder: PathBuf,
    /// The host that it runs on: the cache may be shared by several.
    pub host: String,
    /// The process that runs it.
    pub pid: u32,
    /// Since which start of the host, and in which of its spaces of process numbers.
    boot: String,
    /// When that process began, in the kernel's clock ticks: another process may get its number.
    began: u64,
}

/// A run's file, removed when this value is dropped.
#[derive(Debug)]
pub struct Registration {
    path: PathBuf,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Names a run of this process among those that go on. `env` gives environment variables.
///
/// # Errors
/// There is no folder for it, or it is not the owner's alone.
pub fn register(
    name: &str,
    folder: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> io::Result<Registration> {
    let live = registry(env)?;
    disk::make_folder(&live)?;
    require_own(&live)?;
    let pid = std::process::id();
    let began = began(pid).ok_or_else(|| io::Error::other("there is no /proc"))?;
    let (name, folder) = (name.into(), fs::canonicalize(folder)?);
    let run = LiveRun { name, folder, host: host(), pid, boot: boot(), began };
    let space = space().replace(|c: char| !c.is_ascii_digit(), "");
    let path = live.join(format!("{}-{space}-{pid}.json", run.host));
    let text = serde_json::to_string(&run).map_err(io::Error::other)?;
    disk::write_atomic(&path, text.as_bytes(), disk::OWNER_ONLY)?;
    Ok(Registration { path })
}

/// The runs of this user that go on on this host, in the order of their processes' numbers. Files of processes
/// that are gone are removed; those of other hosts are left alone.
pub fn live_runs(env: &dyn Fn(&str) -> Option<String>) -> Vec<LiveRun> {
    let Ok(folder) = registry(env) else { return Vec::new() };
    let (Ok(entries), Ok(())) = (fs::read_dir(&folder), require_own(&folder)) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut runs: Vec<LiveRun> = files.filter_map(|path| read(&path)).collect();
    runs.sort_by_key(|run| run.pid);
    runs
}

fn read(path: &Path) -> Option<LiveRun> {
    let text = disk::read_text(path, LARGEST).ok()?;
    let run: LiveRun = serde_json::from_str(&text).ok()?;
    let is_of_this_space = run.boot.rsplit_once(' ').is_some_and(|(_, other)| other == space());
    if run.host != host() || !is_of_this_space {
        return None;
    }
    if run.boot == boot() && began(run.pid) == Some(run.began) {
        return Some(run);
    }
    let _ = fs::remove_file(path);
    None
}

/// The folder of those files. In the cache, as the runtime folder of a session ends with the session, which
/// runs outlive.
fn registry(env: &dyn Fn(&str) -> Option<String>) -> io::Result<PathBuf> {
    let set = |name: &str| env(name).filter(|value| value.starts_with('/')).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let none = || io::Error::other("neither XDG_CACHE_HOME nor HOME names a folder");
    Ok(cache.ok_or_else(none)?.join("versatune/live"))
}

fn host() -> String {
    disk::host_name().replace('/', "-")
}

/// Differs with each start of the machine.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    format!("{} {}", id.trim(), space())
}

/// The space of process numbers, which containers of one host have each of their own.
fn space() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().replace(' ', "-")
}

fn require_own(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    match found.is_dir() && found.uid() == disk::own_uid() && found.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(io::Error::new(
            ErrorKind::PermissionDenied,
            format!("{} is not a folder of the owner's alone", folder.display()),
        )),
    }
}

/// When a process began, in clock ticks since the machine did; `None` where there is none of that number.
fn began(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; the 22nd field is the 20th behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_processes_that_are_gone_are_left_out_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().to_str().unwrap().to_owned();
        let env = move |name: &str| (name == "XDG_CACHE_HOME").then(|| cache.clone());
        assert_eq!(live_runs(&env), []);
        let kept = register("demo", dir.path(), &env).unwrap();
        let found = live_runs(&env);
        assert_eq!((found[0].name.as_str(), found[0].pid), ("demo", std::process::id()));
        // This process's number with the beginning of another.
        let other = LiveRun { began: found[0].began + 1, ..found[0].clone() };
        let elsewhere = LiveRun { host: "another host".into(), ..other.clone() };
        let live = dir.path().join("versatune/live");
        let write = |name: &str, run: &LiveRun| {
            fs::write(live.join(name), serde_json::to_string(run).unwrap()).unwrap();
        };
        write("7.json", &other);
        write("8.json", &elsewhere);
        fs::write(live.join("9.json"), "no JSON").unwrap();
        assert_eq!(live_runs(&env), found);
        assert!(!live.join("7.json").exists() && live.join("8.json").exists());
        drop(kept);
        assert_eq!(live_runs(&env), []);
    }

    #[test]
    fn without_a_folder_of_the_owners_alone_there_is_no_list() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        assert!(register("demo", dir.path(), &|_| None).is_err());
        let cache = dir.path().to_str().unwrap().to_owned();
        let env = move |name: &str| (name == "XDG_CACHE_HOME").then(|| cache.clone());
        let live = dir.path().join("versatune/live");
        fs::create_dir_all(&live).unwrap();
        fs::set_permissions(&live, fs::Permissions::from_mode(0o777)).unwrap();
        let error = register("demo", dir.path(), &env).unwrap_err().to_string();
        assert!(error.contains("owner's alone"), "{error}");
    }
}
