//! Durable writes of files and folders, checksums, and reading of files that a user or a model names. A file
//! that a run reads again is never overwritten: it is written under another name and renamed. What is made
//! is for its owner only.

mod private;

pub use private::{
    create_new, keep_to_owner, make_folder, narrow, open_or_create, open_to_all, own_uid, share,
};

mod holder;

pub use holder::{Holder, LOCK_FILE, host_name, is_held};

mod summed;

pub use summed::{FileSum, SummedFile};

mod temporary;

pub use temporary::{Swept, sweep, temporary_folder};

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// File mode of files that only the run's owner may read.
pub const OWNER_ONLY: u32 = 0o600;

/// Mode of folders that only the run's owner may enter.
pub const OWNER_ONLY_FOLDER: u32 = 0o700;

/// The largest text file that is read whole where nothing else is said, bytes.
pub const LARGEST_TEXT: u64 = 64 << 20;

/// Writes a file so that a reader sees the old content or the new, never half of it: temporary
/// file, fsync, rename, fsync of the folder.
///
/// # Errors
/// The system's; the old content is then still there.
pub fn write_atomic(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    write_atomic_with(path, mode, |file| file.write_all(content))
}

/// As [`write_atomic`], with the content that `fill` writes.
///
/// # Errors
/// The system's or `fill`'s; the old content is then still there.
pub fn write_atomic_with(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = temporary::file_beside(path, mode)?;
    fill(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(parent(path))
}

/// Finds out whether [`write_atomic`] can write `path`, before work is done for it. Nothing stays.
///
/// # Errors
/// It cannot; the message names the path.
pub fn try_to_write(path: &Path) -> io::Result<()> {
    let tried = match path.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => tempfile::Builder::new().tempfile_in(parent(path)).map(drop),
    };
    tried.map_err(|error| {
        let fix = "name a file in a folder that exists and can be written";
        io::Error::new(error.kind(), format!("cannot write {}: {error}; {fix}", path.display()))
    })
}

/// Gives a file a second name, under which it stays when the first is removed; where the file system does
/// not, its content is copied. Only for files that are never written in place.
///
/// # Errors
/// The system's; it is no regular file; there is a file of that name.
pub fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    if !std::fs::symlink_metadata(from)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    match std::fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) => Ok(()),
        Err(_) => {
            io::copy(&mut File::open(from)?, &mut create_new(to)?)?;
            Ok(())
        }
    }
}

/// Makes renames into or out of a folder durable.
///
/// # Errors
/// The system's.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder that holds `path`; `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// SHA-256, in hexadecimal digits, of everything left to read from `source`. `on_read` is called with
/// the number of bytes of every block; its error ends the reading.
///
/// # Errors
/// The system's or `on_read`'s.
pub fn sha256(
    mut source: impl Read,
    on_read: &mut dyn FnMut(u64) -> io::Result<()>,
) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let read = source.read(&mut block)?;
        if read == 0 {
            return Ok(hex(hash));
        }
        hash.update(&block[..read]);
        on_read(read as u64)?;
    }
}

/// The digest of what was hashed, in lower-case hexadecimal digits.
pub fn hex(hash: impl Digest) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a file that a user or a model names. What is no file, such as a FIFO or a device, could be without
/// an end or never begin, and is refused before it is opened.
///
/// # Errors
/// The system's, or that it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = path.metadata()?.file_type();
    let found = [
        (kind.is_fifo(), "a FIFO"),
        (kind.is_char_device(), "a character device"),
        (kind.is_block_device(), "a block device"),
        (kind.is_socket(), "a socket"),
    ];
    match found.iter().find(|(is, _)| *is) {
        Some((_, what)) => Err(invalid(format!(
            "it is {what}; only regular files are read, so copy what it holds into one"
        ))),
        None => File::open(path),
    }
}

/// The content of a file that [`open`] opens, of at most `limit` bytes.
///
/// # Errors
/// Those of [`open`], the system's, or that the file is larger.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(invalid(format!("it is larger than the {limit} bytes that are read of it")));
    }
    Ok(content)
}

/// The text of a file that [`open`] opens, of at most `limit` bytes.
///
/// # Errors
/// Those of [`read`], or that it is no UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|error| {
        invalid(format!("byte {} is not UTF-8", error.utf8_error().valid_up_to() + 1))
    })
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        let told = |path: &Path| read(path, 3).unwrap_err().to_string();
        assert!(told(&path).contains("larger than the 3 bytes"), "{}", told(&path));
        assert!(told(Path::new("/dev/zero")).starts_with("it is a character device;"));
        assert!(told(dir.path()).starts_with("Is a directory"));
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(told(&fifo).starts_with("it is a FIFO;"));
        std::fs::write(&path, b"\xff").unwrap();
        assert!(read_text(&path, 3).unwrap_err().to_string().contains("byte 1 is not UTF-8"));
    }

    #[test]
    fn a_file_is_replaced_whole_with_the_given_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        std::fs::write(&path, "old").unwrap();
        write_atomic(&path, b"new", OWNER_ONLY).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, OWNER_ONLY);
        assert!(write_atomic(&dir.path().join("no/folder"), b"", OWNER_ONLY).is_err());
        try_to_write(&path).unwrap();
        for wrong in [dir.path().join("no/folder"), dir.path().to_owned()] {
            let error = try_to_write(&wrong).unwrap_err().to_string();
            assert!(error.contains(&wrong.display().to_string()), "{error}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_checksum_is_sha256_and_a_bare_name_is_in_the_working_directory() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(io::empty(), &mut |_| Ok(())).unwrap(), empty);
        assert_eq!(parent(Path::new("reference.ron")), Path::new("."));
    }
}
