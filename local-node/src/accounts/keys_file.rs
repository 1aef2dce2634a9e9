//! A keys file: the secret key of a provisioner, as JSON that only its owner can read.
//!
//! ```json
//! { "version": 1, "public_key": "base58 of 96 bytes", "secret_key": "hexadecimal digits of 32 bytes" }
//! ```
//!
//! The text and the key are wiped from memory after use. The public key is compared with the secret one, so that a
//! damaged file is told from another key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use dusk_bytes::Serializable;
use dusk_core::signatures::bls::SecretKey;
use local_node_types::keys::BlsKey;
use rand::rngs::OsRng;
use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::KeyPair;

/// The version of the form that this node reads and writes.
pub const KEYS_FILE_VERSION: u32 = 1;
/// The most bytes of a keys file.
pub const MAX_KEYS_FILE_BYTES: u64 = 4096;
/// Bytes of a secret key.
const SECRET_KEY_BYTES: usize = 32;
/// The permissions that others have.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Why a keys file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysFileError {
    /// The file cannot be read.
    #[error("cannot read the keys file {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the keys file {}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Other users can read or change the file.
    #[error("other users can read or change the keys file {}: its mode is {mode:o}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The path is not a regular file.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// The file is not the JSON of a keys file. The error repeats nothing of its content, which is secret.
    #[error("{} is not a keys file, or is damaged", .0.display())]
    Form(PathBuf),
    /// The file has another version of the format.
    #[error("the keys file has version {0}; this node reads version {KEYS_FILE_VERSION}")]
    Version(u32),
    /// The secret key belongs to another public key.
    #[error("the secret key of the keys file belongs to {found:?}, but the file says {said:?}")]
    OtherKey {
        /// The public key of the secret one.
        found: Box<BlsKey>,
        /// The public key that the file states.
        said: Box<BlsKey>,
    },
}

/// The file as it is written.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Document {
    #[zeroize(skip)]
    version: u32,
    #[zeroize(skip)]
    public_key: String,
    secret_key: String,
}

/// Only the version, which tells how to read the rest.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Makes a key from the system's randomness.
#[must_use]
pub fn new_keys() -> KeyPair {
    KeyPair::from(SecretKey::random(&mut OsRng))
}

/// Reads a keys file.
///
/// # Errors
/// When other users can read or change it, it cannot be read, or has another form.
pub fn read_keys(file: &Path) -> Result<KeyPair, KeysFileError> {
    let failed = |source| KeysFileError::Read { file: file.to_owned(), source };
    // Opening a pipe would wait for whoever writes to it.
    if !fs::metadata(file).map_err(failed)?.is_file() {
        return Err(KeysFileError::NotAFile(file.to_owned()));
    }
    let opened = File::open(file).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = opened.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(KeysFileError::Open { file: file.to_owned(), mode });
        }
    }
    // All of it at once: a buffer that grows would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_KEYS_FILE_BYTES).unwrap_or_default() + 1));
    opened.take(MAX_KEYS_FILE_BYTES + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_KEYS_FILE_BYTES {
        return Err(KeysFileError::Form(file.to_owned()));
    }
    parse_keys(file, &text)
}

/// Reads the text of a keys file. Errors name `file`.
///
/// The errors of the JSON parser may repeat what they found, so they go no further.
///
/// # Errors
/// When the text has another form, or its keys do not belong together.
pub fn parse_keys(file: &Path, text: &[u8]) -> Result<KeyPair, KeysFileError> {
    let damaged = || KeysFileError::Form(file.to_owned());
    let Versioned { version } = serde_json::from_slice(text).map_err(|_| damaged())?;
    if version != KEYS_FILE_VERSION {
        return Err(KeysFileError::Version(version));
    }
    let document: Document = serde_json::from_slice(text).map_err(|_| damaged())?;
    let mut bytes = Zeroizing::new([0; SECRET_KEY_BYTES]);
    hex::decode_to_slice(&document.secret_key, bytes.as_mut_slice()).map_err(|_| damaged())?;
    let keys = KeyPair::from(SecretKey::from_bytes(&bytes).map_err(|_| damaged())?);
    let said: BlsKey = document.public_key.parse().map_err(|_| damaged())?;
    let found = keys.id();
    if found == said { Ok(keys) } else { Err(KeysFileError::OtherKey { found: Box::new(found), said: Box::new(said) }) }
}

/// Writes a keys file that only its owner can read. A file that is there already stays.
///
/// # Errors
/// When there is a file already, or it cannot be written.
pub fn write_keys(file: &Path, keys: &KeyPair) -> Result<(), KeysFileError> {
    let failed = |source| KeysFileError::Write { file: file.to_owned(), source };
    let bytes = Zeroizing::new(keys.secret().to_bytes());
    let secret = Zeroizing::new(hex::encode(*bytes));
    let (version, public) = (KEYS_FILE_VERSION, keys.id());
    let text = Zeroizing::new(format!(
        "{{\n  \"version\": {version},\n  \"public_key\": \"{public}\",\n  \"secret_key\": \"{}\"\n}}\n",
        secret.as_str()
    ));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut opened = options.open(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::dev_accounts;

    /// A file with this text that only its owner can read.
    fn file(folder: &Path, text: &str) -> PathBuf {
        let path = folder.join("keys.json");
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    fn text() -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        write_keys(&path, dev_accounts()[0].keys()).unwrap();
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let keys = new_keys();
        write_keys(&path, &keys).unwrap();
        assert_eq!(read_keys(&path).unwrap().id(), keys.id());
        assert!(matches!(write_keys(&path, &new_keys()), Err(KeysFileError::Write { .. })));
        assert_eq!(read_keys(&path).unwrap().id(), keys.id());
        assert_ne!(new_keys().id(), keys.id());
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_can_read_are_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        write_keys(&path, &new_keys()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o620, 0o644, 0o666, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = read_keys(&path).unwrap_err();
            assert!(matches!(&refused, KeysFileError::Open { mode: told, .. } if *told == mode), "{refused}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read_keys(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn truncated_long_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = text();
        let form = |text: &str| matches!(read_keys(&file(folder.path(), text)), Err(KeysFileError::Form(_)));
        for length in 0..text.len() - 2 {
            assert!(form(&text[..length]), "{length} bytes");
        }
        assert!(form(&(text.clone() + &" ".repeat(8192))));
        assert!(form(&text.replace("\"version\"", "\"colour\": 1, \"version\"")));
        assert!(form("[]"));
        assert!(matches!(read_keys(folder.path()), Err(KeysFileError::NotAFile(_))));
        assert!(matches!(read_keys(&folder.path().join("none")), Err(KeysFileError::Read { .. })));
        let newer = file(folder.path(), r#"{"version": 2, "sealed": "…"}"#);
        assert!(matches!(read_keys(&newer), Err(KeysFileError::Version(2))));
    }

    #[test]
    fn wrong_keys_are_refused_and_no_error_tells_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = dev_accounts();
        let secret = hex::encode(accounts[0].secret_key().to_bytes());
        let other = text().replace(&accounts[0].id().to_string(), &accounts[1].id().to_string());
        let refused = read_keys(&file(folder.path(), &other)).unwrap_err();
        assert!(matches!(refused, KeysFileError::OtherKey { .. }), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains(&secret));
        for wrong in ["", "00", &"ff".repeat(32), &"zz".repeat(32), &"00".repeat(33)] {
            let refused = read_keys(&file(folder.path(), &text().replace(&secret, wrong))).unwrap_err();
            assert!(matches!(refused, KeysFileError::Form(_)), "{wrong}: {refused}");
        }
        // A secret that is a number: the parser would tell it.
        let number = text().replace(&format!("\"{secret}\""), "1234567890123456");
        let refused = read_keys(&file(folder.path(), &number)).unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("1234567890123456"));
    }
}
