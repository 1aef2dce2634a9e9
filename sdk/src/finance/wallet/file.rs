//! A wallet file: read whole, replaced whole, used by one program at a time.

use alloc::vec::Vec;
use core::fmt;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::codec::Strange;
use super::sealed::{self, Hardness, MAX_FILE_BYTES, Password, SealError};

/// A file that holds an encrypted wallet, locked against other programs as long as this value lives.
#[derive(Debug)]
pub struct WalletFile {
    path: PathBuf,
    hardness: Hardness,
    /// Its lock ends with it.
    _lock: File,
}

/// The reason why a wallet file cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file.
    Missing(PathBuf),
    /// There is such a file already.
    Exists(PathBuf),
    /// Another program uses the wallet now.
    InUse(PathBuf),
    /// The path is not that of a regular file.
    NotAFile(PathBuf),
    /// The system refused.
    System {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The content of the file cannot be decrypted or read.
    Sealed {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: SealError,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "there is no wallet {}", path.display()),
            Self::Exists(path) => write!(f, "there is a wallet {} already", path.display()),
            Self::InUse(path) => write!(f, "another program uses the wallet {}", path.display()),
            Self::NotAFile(path) => write!(f, "{} is not a file", path.display()),
            Self::System { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Sealed { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl core::error::Error for FileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            Self::Sealed { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl FileError {
    fn system(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        |source| Self::System { path, source }
    }
}

impl WalletFile {
    /// Takes a path for a new wallet. The file appears when a wallet is [saved](super::Wallet::save).
    ///
    /// # Errors
    /// [`FileError::Exists`], [`FileError::InUse`], [`FileError::System`].
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let file = Self::lock(path)?;
        // Asked under the lock, so that no other program creates it in between.
        if path.symlink_metadata().is_ok() {
            return Err(FileError::Exists(path.to_path_buf()));
        }
        Ok(file)
    }

    /// Opens an existing file whose content begins with one of these kinds, and reads it.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn read<T>(
        path: &Path,
        password: &Password,
        kinds: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<T, Strange>,
    ) -> Result<(T, Self), FileError> {
        let (file, content) = Self::open(path, password)?;
        let sealed = |source| FileError::Sealed { path: path.to_path_buf(), source };
        if content.first().is_none_or(|kind| !kinds.contains(kind)) {
            return Err(sealed(SealError::OtherKind));
        }
        let read = decode(&content).map_err(|Strange| sealed(SealError::Content))?;
        Ok((read, file))
    }

    /// Opens an existing file, and returns its content.
    ///
    /// # Errors
    /// [`FileError`].
    fn open(path: &Path, password: &Password) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        if !path.try_exists().map_err(FileError::system(path))? {
            return Err(FileError::Missing(path.to_path_buf()));
        }
        let file = Self::lock(path)?;
        let bytes = read(path)?;
        let sealed = |source| FileError::Sealed { path: path.to_path_buf(), source };
        let content = sealed::open(&bytes, password).map_err(sealed)?;
        Ok((file, content))
    }

    /// Replaces the content. After a crash at any moment the file has the old content or the new one.
    ///
    /// The new file is written beside the old one, synchronised, and renamed; then the folder is synchronised.
    ///
    /// # Errors
    /// [`FileError::System`], and [`FileError::Sealed`] if the content is too large.
    pub(super) fn write(&self, content: &[u8], password: &Password) -> Result<(), FileError> {
        let sealed = |source| FileError::Sealed { path: self.path.clone(), source };
        let bytes = sealed::seal(content, password, self.hardness).map_err(sealed)?;
        let beside = with_suffix(&self.path, ".new");
        let written = write_new(&beside, &bytes).and_then(|()| fs::rename(&beside, &self.path));
        if let Err(source) = written {
            // It may not exist, and the first error tells more than a second.
            let _ = fs::remove_file(&beside);
            return Err(FileError::System { path: self.path.clone(), source });
        }
        synchronise_folder(&self.path).map_err(FileError::system(&self.path))
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes passwords quick to try, for tests alone.
    #[cfg(test)]
    pub(super) fn weakened(mut self) -> Self {
        self.hardness = Hardness::LEAST;
        self
    }

    fn lock(path: &Path) -> Result<Self, FileError> {
        let beside = with_suffix(path, ".lock");
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false)).open(&beside);
        let lock = lock.map_err(FileError::system(&beside))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_path_buf(), hardness: Hardness::DEFAULT, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FileError::InUse(path.to_path_buf())),
            Err(TryLockError::Error(source)) => Err(FileError::System { path: beside, source }),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let failed = || FileError::system(path);
    // Opening a pipe would wait for whoever writes to it.
    if !fs::metadata(path).map_err(failed())?.is_file() {
        return Err(FileError::NotAFile(path.to_path_buf()));
    }
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(failed())?;
    opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed())?;
    Ok(bytes)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Nobody uses files that a crash has left behind: the lock is ours.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Files that only their owner can read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn synchronise_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Password {
        Password::new("long enough").unwrap()
    }

    fn written(path: &Path, content: &[u8]) -> WalletFile {
        let file = WalletFile::create(path).unwrap().weakened();
        file.write(content, &password()).unwrap();
        file
    }

    #[test]
    fn a_file_is_replaced_whole_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        let file = written(&path, b"one");
        file.write(b"two", &password()).unwrap();
        drop(file);
        let (_file, content) = WalletFile::open(&path, &password()).unwrap();
        assert_eq!(content.as_slice(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!with_suffix(&path, ".new").exists());
    }

    #[test]
    fn what_a_crash_leaves_behind_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        drop(written(&path, b"one"));
        fs::write(with_suffix(&path, ".new"), b"half a wal").unwrap();
        let (file, content) = WalletFile::open(&path, &password()).unwrap();
        assert_eq!(content.as_slice(), b"one");
        file.weakened().write(b"two", &password()).unwrap();
        let (_file, content) = WalletFile::open(&path, &password()).unwrap();
        assert_eq!(content.as_slice(), b"two");
    }

    #[test]
    fn two_programs_do_not_share_a_wallet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        let file = written(&path, b"one");
        assert!(matches!(WalletFile::open(&path, &password()), Err(FileError::InUse(_))));
        drop(file);
        assert!(WalletFile::open(&path, &password()).is_ok());
        assert!(matches!(WalletFile::create(&path), Err(FileError::Exists(_))));
    }

    #[test]
    fn other_things_in_its_place_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet");
        assert!(matches!(WalletFile::open(&path, &password()), Err(FileError::Missing(_))));
        fs::create_dir(&path).unwrap();
        assert!(matches!(WalletFile::open(&path, &password()), Err(FileError::NotAFile(_))));
        let nowhere = folder.path().join("nowhere").join("wallet");
        assert!(matches!(WalletFile::create(&nowhere), Err(FileError::System { .. })));
    }
}
