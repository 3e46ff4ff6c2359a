//! Who may read what this process makes, and who could have made what it finds.

use super::{OWNER_ONLY, OWNER_ONLY_FOLDER};
use rustix::fs::{Mode, OFlags};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Permissions that the group of a shared folder has on what is made in it, and other users: they
/// never write.
const SHARED_FOLDER: u32 = 0o075;
const SHARED_FILE: u32 = 0o064;

const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// From now on the files and folders that this process makes are its user's only, whatever umask it was
/// started with. A umask, because the libraries that make log files and temporary files take no mode.
pub fn keep_to_owner() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// The user that this process acts as.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes a folder with its parents, each for its owner only; one that exists stays as it is.
///
/// # Errors
/// The system's.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(path)
}

/// Makes a file that does not exist yet, for its owner only.
///
/// # Errors
/// The system's; the name is taken, be it by a link.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)
}

/// Opens a file for reading and writing with what is in it, and makes it where there is none.
///
/// # Errors
/// The system's; a link, a pipe or a device of that name.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(OWNER_ONLY);
    let file = options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

/// Takes the permissions of group and others from a folder. The mode that it had, where it had any.
///
/// # Errors
/// The system's; a file system that ignores permissions.
pub fn narrow(folder: &Path) -> io::Result<Option<u32>> {
    let mode = mode(&fs::metadata(folder)?);
    if mode & GROUP_AND_OTHERS == 0 {
        return Ok(None);
    }
    fs::set_permissions(folder, Permissions::from_mode(OWNER_ONLY_FOLDER))?;
    match fs::metadata(folder)?.permissions().mode() & GROUP_AND_OTHERS {
        0 => Ok(Some(mode)),
        _ => Err(io::Error::other("the file system keeps no permissions")),
    }
}

/// Lets the users who share `folder` use what was made in it for its owner only: the group as it may
/// use the folder, others for reading at most.
///
/// # Errors
/// The system's.
pub fn share(made: &Path, folder: &Path) -> io::Result<()> {
    let shared = mode(&fs::metadata(folder)?);
    let found = fs::metadata(made)?;
    let given = shared & if found.is_dir() { SHARED_FOLDER } else { SHARED_FILE };
    // A folder keeps the bit that hands its group on.
    let wanted = found.permissions().mode() | given;
    if wanted == found.permissions().mode() {
        return Ok(());
    }
    fs::set_permissions(made, Permissions::from_mode(wanted))
}

/// The folder on the way to `path`, itself included, in which any user may rename and replace what is
/// another's: writable by others, without the sticky bit.
pub fn open_to_all(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let is_open = |folder: &&Path| {
        fs::metadata(folder).is_ok_and(|found| {
            found.is_dir() && found.mode() & OTHERS_WRITE != 0 && found.mode() & STICKY == 0
        })
    };
    path.ancestors().find(is_open).map(Path::to_owned)
}

fn mode(of: &fs::Metadata) -> u32 {
    of.permissions().mode() & 0o7777
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    fn mode_of(path: &Path) -> u32 {
        mode(&fs::metadata(path).unwrap()) & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_the_owners() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder).unwrap();
        create_new(&folder.join("file")).unwrap();
        open_or_create(&folder.join("lock")).unwrap();
        assert_eq!([mode_of(&dir.path().join("a")), mode_of(&folder)], [0o700; 2]);
        assert_eq!(["file", "lock"].map(|name| mode_of(&folder.join(name))), [0o600; 2]);
    }

    #[test]
    fn a_link_is_not_followed_and_a_file_not_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let [precious, lock, taken] =
            ["precious", "lock", "taken"].map(|name| dir.path().join(name));
        fs::write(&precious, "words").unwrap();
        symlink(&precious, &lock).unwrap();
        symlink(dir.path().join("nothing"), &taken).unwrap();
        assert!(open_or_create(&lock).is_err());
        assert!(create_new(&taken).is_err());
        let mut text = String::new();
        open_or_create(&precious).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "words");
    }

    #[test]
    fn a_folder_is_narrowed_once() {
        let dir = tempfile::tempdir().unwrap();
        set(dir.path(), 0o755);
        assert_eq!(narrow(dir.path()).unwrap(), Some(0o755));
        assert_eq!(narrow(dir.path()).unwrap(), None);
        assert_eq!(mode_of(dir.path()), 0o700);
    }

    #[test]
    fn what_is_shared_is_never_writable_by_all() {
        let dir = tempfile::tempdir().unwrap();
        let [folder, file] = ["folder", "file"].map(|name| dir.path().join(name));
        for (shared, modes) in
            [(0o700, [0o700, 0o600]), (0o755, [0o755, 0o644]), (0o777, [0o775, 0o664])]
        {
            let _ = (fs::remove_dir(&folder), fs::remove_file(&file));
            make_folder(&folder).unwrap();
            create_new(&file).unwrap();
            set(dir.path(), shared);
            share(&folder, dir.path()).unwrap();
            share(&file, dir.path()).unwrap();
            assert_eq!([mode_of(&folder), mode_of(&file)], modes, "{shared:o}");
        }
    }

    #[test]
    fn a_folder_that_all_may_change_is_found_above() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("runs/my");
        make_folder(&inner).unwrap();
        assert_eq!(open_to_all(&inner), None);
        set(dir.path(), 0o777);
        assert_eq!(open_to_all(&inner), Some(dir.path().canonicalize().unwrap()));
        set(dir.path(), 0o1777);
        assert_eq!(open_to_all(&inner), None);
    }
}
