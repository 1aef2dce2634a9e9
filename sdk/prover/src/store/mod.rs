//! A folder for parameters and keys, addressed by content.

mod entry;
mod files;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dusk_sdk_circuit::Layout;
use private_folder::{FolderError, PrivateFolder};

use crate::backend::Backend;
use crate::backend::CompileError;
use crate::keys::Keys;
use crate::parameters::{MAX_GATES, Parameters, ParametersError, ParametersId};
use crate::plonk::Plonk;
use crate::progress::{Progress, SILENT};

pub use entry::{Entry, EntryKind};

use entry::{key_name, parameters_name, read_keys, read_parameters, write_keys};
use files::{Lock, fault, is_temporary, replace};

/// A folder that stores parameters and keys, so that they are made only once.
///
/// The store names files by their content, writes them under a temporary name and then renames them. So a crash leaves
/// at most a temporary file. If two processes need the same result, the second one waits and then reads it. If the
/// store cannot write a result (the disk is full, the folder is not writable), it returns the result nevertheless, with
/// the [fault](Kept::fault).
///
/// A program that changes a key decides which proofs contracts accept. The folder is therefore private to the user, and
/// each file has a tag under a key of the folder. The store makes a file again if it is damaged or comes from
/// elsewhere, and does not use a folder that others can write to ([`StoreError::Unsafe`]).
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
}

/// A result of a [`KeyStore`], and its origin.
#[derive(Debug)]
pub struct Kept<T> {
    /// The result.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
    /// The reason why a new result could not be stored.
    pub fault: Option<StoreError>,
}

/// The origin of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was in the folder.
    Found,
    /// It was missing, and was made.
    Made,
    /// It was damaged, and was made again.
    Repaired,
}

/// The reason why a result is not stored, or the folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: {path} cannot be written")]
    Full {
        /// The path that was written.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{path} cannot be written")]
    Write {
        /// The path that was written.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Others can write to the folder, so nothing in it can be trusted.
    #[error("the folder of parameters and keys is not used: {source}; {}", source.hint())]
    Unsafe {
        /// The other users with write access.
        source: FolderError,
    },
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The path that was read.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl KeyStore {
    /// The store in this folder, which is created when the first result is stored.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The development parameters for circuits of up to `gates` gates; see [`Parameters::development`].
    ///
    /// # Errors
    /// [`ParametersError::TooLarge`].
    pub fn development(&self, gates: usize, progress: Progress<'_>) -> Result<Kept<Parameters>, ParametersError> {
        let id = ParametersId::development();
        self.get(
            &parameters_name(id, gates),
            progress,
            |folder| find_parameters(folder, id, gates),
            || Parameters::development(gates, progress),
            |folder, parameters, out| parameters.write(folder, out),
        )
    }

    /// The stored parameters for circuits of up to `gates` gates.
    #[must_use]
    pub fn parameters(&self, id: ParametersId, gates: usize) -> Option<Parameters> {
        find_parameters(&PrivateFolder::existing(&self.folder).ok()??, id, gates)
    }

    /// Stores parameters from another source.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep(&self, parameters: &Parameters) -> Result<(), StoreError> {
        let name = parameters_name(parameters.id(), parameters.max_gates());
        let folder = self.private()?;
        let _lock = Lock::take(&self.folder, &name, SILENT)?;
        replace(&self.folder.join(name), &mut |out| parameters.write(&folder, out))
    }

    /// The keys of a circuit under these parameters, from the folder or newly made.
    ///
    /// # Errors
    /// [`CompileError`], if they cannot be made.
    pub fn keys(
        &self,
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Kept<Keys>, CompileError> {
        self.keys_of::<Plonk>(layout, parameters, progress)
    }

    /// Like [`KeyStore::keys`], for any backend.
    ///
    /// # Errors
    /// As [`KeyStore::keys`].
    pub fn keys_of<B: Backend>(
        &self,
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Kept<Keys<B>>, CompileError> {
        let name = key_name::<B>(layout.digest(), parameters.id());
        // Keys that were made under longer parameters do not work with these.
        let fits = layout.gates().next_power_of_two() <= parameters.max_gates();
        self.get(
            &name,
            progress,
            |folder| if fits { read_keys(folder, layout.digest(), parameters) } else { None },
            || Keys::compile(layout, parameters, progress),
            |folder, keys, out| write_keys(folder, keys, &layout.name, out),
        )
    }

    /// Reads a result, or makes and stores it.
    fn get<T, E>(
        &self,
        name: &str,
        progress: Progress<'_>,
        find: impl Fn(&PrivateFolder) -> Option<T>,
        make: impl FnOnce() -> Result<T, E>,
        write: impl Fn(&PrivateFolder, &T, &mut dyn io::Write) -> io::Result<()>,
    ) -> Result<Kept<T>, E> {
        let found = |value| Kept { value, origin: Origin::Found, fault: None };
        let folder = match self.private() {
            Ok(folder) => folder,
            Err(fault) => return Ok(Kept { value: make()?, origin: Origin::Made, fault: Some(fault) }),
        };
        if let Some(value) = find(&folder) {
            return Ok(found(value));
        }
        let lock = match Lock::take(&self.folder, name, progress) {
            Ok(lock) => lock,
            Err(fault) => return Ok(Kept { value: make()?, origin: Origin::Made, fault: Some(fault) }),
        };
        // Another process may have made it in the meantime.
        if let Some(value) = find(&folder) {
            return Ok(found(value));
        }
        let path = self.folder.join(name);
        let origin = if path.exists() { Origin::Repaired } else { Origin::Made };
        let value = make()?;
        let fault = replace(&path, &mut |out| write(&folder, &value, out)).err();
        drop(lock);
        Ok(Kept { value, origin, fault })
    }

    /// Creates the folder if necessary, and returns it if nobody else can write to it.
    fn private(&self) -> Result<PrivateFolder, StoreError> {
        PrivateFolder::open(&self.folder).map_err(|error| match error {
            FolderError::System { path, source } => fault(&path, source),
            source => StoreError::Unsafe { source },
        })
    }

    /// The stored files, sorted by name.
    ///
    /// # Errors
    /// If the folder cannot be read. A folder that does not exist is empty.
    pub fn ls(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = self.files()?.iter().filter_map(|path| Entry::read(path)).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Checks all stored files, and returns the damaged ones. They are made again when they are needed.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn verify(&self) -> Result<Vec<Entry>, StoreError> {
        let folder = self.existing()?;
        Ok(self.ls()?.into_iter().filter(|entry| !is_sound(entry, folder.as_ref())).collect())
    }

    /// Removes files that were not used for this time, damaged files, and temporary files from a crash; returns the
    /// removed entries.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file cannot be removed.
    pub fn gc(&self, unused_for: Duration) -> Result<Vec<Entry>, StoreError> {
        let now = SystemTime::now();
        let folder = self.existing()?;
        let mut gone = Vec::new();
        for path in self.files()? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_temporary(name) {
                // While this process holds the lock of its final name, no process writes it.
                let _lock = Lock::take(&self.folder, name, SILENT)?;
                remove(&path)?;
                continue;
            }
            let Some(entry) = Entry::read(&path) else { continue };
            let _lock = Lock::take(&self.folder, name, SILENT)?;
            let idle = now.duration_since(entry.last_used).unwrap_or_default();
            if idle >= unused_for || !is_sound(&entry, folder.as_ref()) {
                remove(&path)?;
                gone.push(entry);
            }
        }
        gone.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(gone)
    }

    /// The folder, if it exists and has a key.
    fn existing(&self) -> Result<Option<PrivateFolder>, StoreError> {
        PrivateFolder::existing(&self.folder).map_err(|source| StoreError::Unsafe { source })
    }

    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let fault = |source| StoreError::Read { path: self.folder.clone(), source };
        let folder = match std::fs::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(error)),
        };
        folder.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(fault)
    }
}

fn find_parameters(folder: &PrivateFolder, id: ParametersId, gates: usize) -> Option<Parameters> {
    let mut gates = gates.checked_next_power_of_two()?;
    while gates <= MAX_GATES {
        if let Some(found) = read_parameters(folder, id, gates) {
            return Some(found);
        }
        gates *= 2;
    }
    None
}

/// Without a key, no file was written in the folder.
fn is_sound(entry: &Entry, folder: Option<&PrivateFolder>) -> bool {
    folder.is_some_and(|folder| entry.is_sound(folder))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
