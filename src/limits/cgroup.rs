//! Where the control groups of this process lie.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The two layouts of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// A hierarchy for each controller.
    V1,
    /// One hierarchy.
    V2,
}

/// The group of this process for one controller, and those around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Groups {
    pub version: Version,
    /// The innermost first, the one that is mounted last. A limit of any of them holds.
    pub folders: Vec<PathBuf>,
}

impl Groups {
    /// `None` where the system has no control groups, or none for this controller.
    pub fn of(root: &Path, controller: &str) -> Option<Self> {
        let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
        let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
        let (version, group) = group(&groups, controller)?;
        let mount = mounts.lines().find_map(|line| Mount::parse(line, version, controller))?;
        let folder = mount.folder(group);
        let top = below(root, mount.point);
        let innermost = below(root, &folder.to_string_lossy());
        let folders = innermost.ancestors().take_while(|folder| folder.starts_with(&top));
        Some(Groups { version, folders: folders.map(Path::to_owned).collect() })
    }
}

/// The path of the group in its hierarchy. A controller that has a hierarchy of its own is not in the
/// common one.
fn group<'a>(groups: &'a str, controller: &str) -> Option<(Version, &'a str)> {
    let lines = || groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let own = lines().find(|(names, _)| names.split(',').any(|name| name == controller));
    let common = || lines().find(|(names, _)| names.is_empty());
    own.map(|(_, path)| (Version::V1, path))
        .or_else(|| common().map(|(_, path)| (Version::V2, path)))
}

/// A hierarchy, or a part of it, in the file system.
struct Mount<'a> {
    /// The group that is mounted.
    group: &'a str,
    /// Where.
    point: &'a str,
}

impl<'a> Mount<'a> {
    /// A line of `mountinfo`, if it is the mount of this hierarchy.
    fn parse(line: &'a str, version: Version, controller: &str) -> Option<Self> {
        let (mount, kind) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let mut kind = kind.split(' ');
        let is_it = match (version, kind.next()?) {
            (Version::V2, "cgroup2") => true,
            (Version::V1, "cgroup") => kind.nth(1)?.split(',').any(|name| name == controller),
            _ => false,
        };
        is_it.then_some(Mount { group: mount.next()?, point: mount.next()? })
    }

    /// The folder of a group. One that lies outside of what is mounted, as in some containers, is seen
    /// as what is mounted.
    fn folder(&self, group: &str) -> PathBuf {
        let inside = Path::new(group).strip_prefix(self.group).unwrap_or(Path::new(""));
        let is_plain = inside.components().all(|part| matches!(part, Component::Normal(_)));
        Path::new(self.point).join(if is_plain { inside } else { Path::new("") })
    }
}

/// An absolute path below another root.
fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
