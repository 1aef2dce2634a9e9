//! Atomically written files, and locks.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use private_folder::create_file;

use super::StoreError;
use crate::progress::{Progress, Stage};

/// The number of locks of a folder. Results that share a lock are made one after the other.
const LOCKS: u8 = 16;
/// The prefix of the temporary name of a file while it is written; its final name follows.
const TEMPORARY: &str = "new-";
/// The prefix of a lock's name.
const LOCK: &str = "lock-";

/// The exclusive right to make one result. It ends when it is dropped, or with the process.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "the lock is held as long as the file is open")] File);

impl Lock {
    /// Waits for the lock.
    pub(super) fn take(folder: &Path, name: &str, progress: Progress<'_>) -> Result<Self, StoreError> {
        let name = name.strip_prefix(TEMPORARY).unwrap_or(name);
        let number = blake3::hash(name.as_bytes()).as_bytes()[0] % LOCKS;
        let path = folder.join(format!("{LOCK}{number:02}"));
        let open = || {
            fs::create_dir_all(folder)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    progress(Stage::Wait, 0.0);
                    file.lock()?;
                    progress(Stage::Wait, 1.0);
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(file)
        };
        open().map(Self).map_err(|source| fault(&path, source))
    }
}

/// Whether it is the temporary name of a file, possibly left by a process that ended.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
}

/// Writes a file under a temporary name, and renames it when all of it is on the disk. The caller holds its lock.
pub(super) fn replace(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), StoreError> {
    let name = path.file_name().unwrap_or_default();
    let mut temporary_name = std::ffi::OsString::from(TEMPORARY);
    temporary_name.push(name);
    let temporary = path.with_file_name(temporary_name);
    let mut run = || {
        let mut out = BufWriter::new(create_file(&temporary)?);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&temporary, path)?;
        // The rename must reach the disk too.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    run().map_err(|source| {
        let _ = fs::remove_file(&temporary);
        fault(path, source)
    })
}

pub(super) fn fault(path: &Path, source: io::Error) -> StoreError {
    let path = PathBuf::from(path);
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path, source },
        _ => StoreError::Write { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_finished_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, &mut |out| out.write_all(b"before")).unwrap();
        let full = replace(&path, &mut |out| {
            out.write_all(b"after")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(matches!(full, Err(StoreError::Full { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
