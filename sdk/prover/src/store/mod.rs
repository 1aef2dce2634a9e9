//! Parameters and keys, kept in a folder by content.

mod entry;
mod files;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dusk_sdk_circuit::Layout;

use crate::backend::Backend;
use crate::keys::{CompileError, Keys};
use crate::parameters::{MAX_GATES, Parameters, ParametersError, ParametersId};
use crate::plonk::Plonk;
use crate::progress::{Progress, SILENT};

pub use entry::{Entry, EntryKind};

use entry::{key_name, parameters_name, read_keys, read_parameters, write_keys};
use files::{Lock, is_temporary, replace};

/// A folder in which parameters and keys are kept, so that they are made once.
///
/// Files are named by what they hold, written under another name and then moved, and carry a checksum. So a crash leaves at
/// most a temporary file, a damaged file is noticed and made anew, and of two processes that want the same, the second waits
/// and finds it. Where nothing can be kept (a full disk, a folder that cannot be written), what was made is given all the same,
/// with the [fault](Kept::fault).
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
}

/// What a [`KeyStore`] gives, and how it came by it.
#[derive(Debug)]
pub struct Kept<T> {
    /// What was asked for.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
    /// Why it is not kept, where it was made and is not.
    pub fault: Option<StoreError>,
}

/// Where something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was in the folder.
    Found,
    /// It was not, and was made.
    Made,
    /// It was in the folder but damaged, and was made anew.
    Repaired,
}

/// Why something is not kept, or the folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: {path} cannot be written")]
    Full {
        /// What was written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{path} cannot be written")]
    Write {
        /// What was written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// What was read.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl KeyStore {
    /// The store in this folder, which is made when something is kept.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The development parameters for circuits of up to `gates` gates: see [`Parameters::development`].
    ///
    /// # Errors
    /// [`ParametersError::TooLarge`].
    pub fn development(&self, gates: usize, progress: Progress<'_>) -> Result<Kept<Parameters>, ParametersError> {
        let id = ParametersId::development();
        self.get(
            &parameters_name(id, gates),
            progress,
            || self.parameters(id, gates),
            || Parameters::development(gates, progress),
            |parameters, out| parameters.write(out),
        )
    }

    /// Parameters that were kept before, for circuits of up to `gates` gates.
    #[must_use]
    pub fn parameters(&self, id: ParametersId, gates: usize) -> Option<Parameters> {
        let mut gates = gates.checked_next_power_of_two()?;
        while gates <= MAX_GATES {
            if let Some(found) = read_parameters(&self.folder, id, gates) {
                return Some(found);
            }
            gates *= 2;
        }
        None
    }

    /// Keeps parameters that came from elsewhere.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, parameters: &Parameters) -> Result<(), StoreError> {
        let name = parameters_name(parameters.id(), parameters.max_gates());
        let _lock = Lock::take(&self.folder, &name, SILENT)?;
        replace(&self.folder.join(name), &mut |out| parameters.write(out))
    }

    /// The keys of a circuit under these parameters.
    ///
    /// # Errors
    /// [`CompileError`], when they have to be made and cannot.
    pub fn keys(
        &self,
        layout: &Layout,
        parameters: &Parameters,
        progress: Progress<'_>,
    ) -> Result<Kept<Keys>, CompileError> {
        self.keys_of::<Plonk>(layout, parameters, progress)
    }

    /// As [`KeyStore::keys`], for any backend.
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
        // Keys that were made under longer parameters are of no use with these.
        let fits = layout.gates().next_power_of_two() <= parameters.max_gates();
        self.get(
            &name,
            progress,
            || if fits { read_keys(&self.folder.join(&name), layout.digest(), parameters) } else { None },
            || Keys::compile(layout, parameters, progress),
            |keys, out| write_keys(keys, &layout.name, out),
        )
    }

    /// Finds something, or makes and keeps it.
    fn get<T, E>(
        &self,
        name: &str,
        progress: Progress<'_>,
        find: impl Fn() -> Option<T>,
        make: impl FnOnce() -> Result<T, E>,
        write: impl Fn(&T, &mut dyn io::Write) -> io::Result<()>,
    ) -> Result<Kept<T>, E> {
        let found = |value| Kept { value, origin: Origin::Found, fault: None };
        if let Some(value) = find() {
            return Ok(found(value));
        }
        let lock = match Lock::take(&self.folder, name, progress) {
            Ok(lock) => lock,
            Err(fault) => return Ok(Kept { value: make()?, origin: Origin::Made, fault: Some(fault) }),
        };
        // Another process may have made it while this one waited.
        if let Some(value) = find() {
            return Ok(found(value));
        }
        let path = self.folder.join(name);
        let origin = if path.exists() { Origin::Repaired } else { Origin::Made };
        let value = make()?;
        let fault = replace(&path, &mut |out| write(&value, out)).err();
        drop(lock);
        Ok(Kept { value, origin, fault })
    }

    /// What is kept, by name.
    ///
    /// # Errors
    /// When the folder cannot be read. One that does not exist is empty.
    pub fn ls(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = self.files()?.iter().filter_map(|path| Entry::read(path)).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Checks everything that is kept, and gives what is damaged. It will be made anew when it is needed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn verify(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self.ls()?.into_iter().filter(|entry| !entry.is_sound()).collect())
    }

    /// Removes what was not used for so long, what is damaged, and what a crash has left; gives the entries that are gone.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not removed.
    pub fn gc(&self, unused_for: Duration) -> Result<Vec<Entry>, StoreError> {
        let now = SystemTime::now();
        let mut gone = Vec::new();
        for path in self.files()? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_temporary(name) {
                // Under the lock of what it was to become, nobody writes it any more.
                let _lock = Lock::take(&self.folder, name, SILENT)?;
                remove(&path)?;
                continue;
            }
            let Some(entry) = Entry::read(&path) else { continue };
            let _lock = Lock::take(&self.folder, name, SILENT)?;
            let idle = now.duration_since(entry.last_used).unwrap_or_default();
            if idle >= unused_for || !entry.is_sound() {
                remove(&path)?;
                gone.push(entry);
            }
        }
        gone.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(gone)
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

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
