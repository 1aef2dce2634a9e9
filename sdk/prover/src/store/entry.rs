//! The files of a store.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dusk_sdk_circuit::Digest;
use private_folder::{PrivateFolder, check_file};

use crate::backend::{Backend, Compiled};
use crate::keys::Keys;
use crate::native::Mapping;
use crate::parameters::{Parameters, ParametersId};

/// The magic of a key file. The limbs in it are little-endian.
const MAGIC: [u8; 16] = *b"dusk-key 2 le\r\n\0";
/// The header of a key file: the magic, the tag, the circuit, the parameters, the lengths of the name and the verifier
/// key.
const HEADER_BYTES: usize = 16 + 32 + 32 + 32 + 8 + 8;
/// The maximum length of a circuit's name that is read from a file, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its kind.
    pub kind: EntryKind,
    /// The id of the parameters, or of those that the keys belong to.
    pub parameters: ParametersId,
    /// Its size in bytes.
    pub bytes: u64,
    /// The time of its last use.
    pub last_used: SystemTime,
    /// The file.
    pub path: PathBuf,
}

/// The kind of a stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// Parameters.
    Parameters {
        /// The maximum number of gates of a circuit.
        gates: usize,
    },
    /// The keys of a circuit.
    Keys {
        /// The digest of the circuit.
        circuit: Digest,
        /// Its name; empty if the file is damaged.
        name: String,
    },
}

pub(super) fn parameters_name(id: ParametersId, gates: usize) -> String {
    format!("parameters-{id}-{}", gates.next_power_of_two())
}

pub(super) fn key_name<B: Backend>(circuit: Digest, parameters: ParametersId) -> String {
    format!("keys-{circuit}-{parameters}-{}", B::NAME)
}

impl Entry {
    /// The entry of this file; `None` for other files.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut parts = path.file_name()?.to_str()?.splitn(4, '-');
        let kind = parts.next()?;
        let hash = |text: &str| <[u8; 32]>::try_from(hex::decode(text).ok()?).ok();
        let first = hash(parts.next()?)?;
        let (kind, parameters) = match kind {
            "parameters" => (EntryKind::Parameters { gates: parts.next()?.parse().ok()? }, first),
            "keys" => {
                let name = name_in(path).unwrap_or_default();
                (EntryKind::Keys { circuit: Digest(first), name }, hash(parts.next()?)?)
            }
            _ => return None,
        };
        let metadata = path.metadata().ok()?;
        let last_used = metadata.modified().ok()?;
        let parameters = ParametersId::from_bytes(parameters);
        Some(Self { kind, parameters, bytes: metadata.len(), last_used, path: path.to_owned() })
    }

    /// Whether the file is unchanged since it was written in this folder.
    pub(super) fn is_sound(&self, folder: &PrivateFolder) -> bool {
        match &self.kind {
            EntryKind::Parameters { gates } => read(&self.path).is_some_and(|mapping| {
                Parameters::mapped(folder, mapping)
                    .is_some_and(|it| it.id() == self.parameters && it.max_gates() >= *gates)
            }),
            EntryKind::Keys { circuit, .. } => read(&self.path)
                .is_some_and(|mapping| parts(folder, mapping.bytes(), *circuit, self.parameters).is_some()),
        }
    }
}

/// The name of the circuit in a key file, without checking the rest.
fn name_in(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    File::open(path).ok()?.take((HEADER_BYTES + MAX_NAME_BYTES) as u64).read_to_end(&mut head).ok()?;
    let (header, rest) = head.split_at_checked(HEADER_BYTES)?;
    let length = usize::try_from(u64::from_le_bytes(header[112..120].try_into().ok()?)).ok()?;
    let name = rest.get(..length.min(MAX_NAME_BYTES))?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// Maps a file that only its owner can write to.
fn open(path: &Path) -> Option<(File, Mapping)> {
    let file = File::open(path).ok()?;
    check_file(&file, path).ok()?;
    let mapping = Mapping::new(&file).ok()?;
    Some((file, mapping))
}

fn read(path: &Path) -> Option<Mapping> {
    open(path).map(|(_, mapping)| mapping)
}

/// Records the use of a file, which `gc` reads. A file that is not authentic stays as it is.
fn was_used(file: &File) {
    // Only `gc` needs the time, so this may fail.
    let _ = file.set_modified(SystemTime::now());
}

pub(super) fn read_parameters(folder: &PrivateFolder, id: ParametersId, gates: usize) -> Option<Parameters> {
    let (file, mapping) = open(&folder.path().join(parameters_name(id, gates)))?;
    let parameters = Parameters::mapped(folder, mapping)?;
    (parameters.id() == id && parameters.max_gates() >= gates).then_some(())?;
    was_used(&file);
    Some(parameters)
}

pub(super) fn write_keys<B: Backend>(
    folder: &PrivateFolder,
    keys: &Keys<B>,
    name: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let key = B::encode(&keys.compiled().key);
    let mut header = Vec::with_capacity(HEADER_BYTES - 48);
    header.extend_from_slice(&keys.digest().0);
    header.extend_from_slice(&keys.parameters().to_bytes());
    for length in [name.len(), keys.verifier_key().len()] {
        header.extend_from_slice(&(length as u64).to_le_bytes());
    }
    let all = [&header, name.as_bytes(), keys.verifier_key(), &key];
    let mut sum = folder.hasher();
    sum.update(&MAGIC);
    all.iter().for_each(|part| _ = sum.update(part));
    out.write_all(&MAGIC)?;
    out.write_all(sum.finalize().as_bytes())?;
    all.iter().try_for_each(|part| out.write_all(part))
}

pub(super) fn read_keys<B: Backend>(
    folder: &PrivateFolder,
    circuit: Digest,
    parameters: &Parameters,
) -> Option<Keys<B>> {
    let (file, mapping) = open(&folder.path().join(key_name::<B>(circuit, parameters.id())))?;
    let (verifier_key, key) = parts(folder, mapping.bytes(), circuit, parameters.id())?;
    let compiled = Compiled { key: B::decode(key)?, verifier_key: verifier_key.to_vec() };
    (B::parameters_of(&compiled.verifier_key)? == parameters.id()).then_some(())?;
    was_used(&file);
    Some(Keys::from_parts(circuit, parameters.clone(), compiled))
}

/// The verifier key and the prover key in a file; `None` if it is damaged, has other keys, or was not written in this
/// folder.
fn parts<'a>(
    folder: &PrivateFolder,
    bytes: &'a [u8],
    circuit: Digest,
    parameters: ParametersId,
) -> Option<(&'a [u8], &'a [u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let sum = folder.hasher().update(&MAGIC).update(&bytes[48..]).finalize();
    let right = header[..16] == MAGIC
        && header[16..48] == *sum.as_bytes()
        && header[48..80] == circuit.0
        && header[80..112] == parameters.to_bytes();
    let length = |at: usize| usize::try_from(u64::from_le_bytes(header[at..at + 8].try_into().ok()?)).ok();
    let (_, rest) = rest.split_at_checked(length(112)?)?;
    let parts = rest.split_at_checked(length(120)?)?;
    right.then_some(parts)
}
