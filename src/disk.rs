//! Durable writes of files and folders, and checksums. A file that a run reads again is never
//! overwritten: it is written under another name and renamed.

use sha2::{Digest, Sha256};
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// File mode of files that only the run's owner may read.
pub const OWNER_ONLY: u32 = 0o600;

/// File mode of files that anybody may read.
pub const READABLE: u32 = 0o644;

/// Writes a file so that a reader sees the old content or the new, never half of it: temporary
/// file, fsync, rename, fsync of the folder.
///
/// # Errors
/// The system's; the old content is then still there.
pub fn write_atomic(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let folder = parent(path);
    let mut file =
        tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_the_given_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        std::fs::write(&path, "old").unwrap();
        write_atomic(&path, b"new", OWNER_ONLY).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, OWNER_ONLY);
        assert!(write_atomic(&dir.path().join("no/folder"), b"", READABLE).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_checksum_is_sha256_and_a_bare_name_is_in_the_working_directory() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(io::empty(), &mut |_| Ok(())).unwrap(), empty);
        assert_eq!(parent(Path::new("reference.ron")), Path::new("."));
    }
}
