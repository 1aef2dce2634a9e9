//! A folder with a key of its own.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore};

use super::{FolderError, check, check_file, make};

/// The file with the key of a folder.
pub const KEY_FILE: &str = "authentication.key";
/// Bytes of a tag.
pub const TAG_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// A folder that only the user can write to, and a key that authenticates what is kept in it.
#[derive(Clone)]
pub struct PrivateFolder {
    path: PathBuf,
    key: [u8; KEY_BYTES],
}

impl fmt::Debug for PrivateFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateFolder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl PrivateFolder {
    /// The folder at this path, made if need be, with its key, likewise. Any number of processes may do this at once.
    ///
    /// # Errors
    /// As [`make`], and [`FolderError::System`] when the key can be neither read nor written.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        if let Some(key) = read_key(path) {
            return Ok(Self { path: path.to_owned(), key });
        }
        write_key(path).map_err(FolderError::system(&path.join(KEY_FILE)))?;
        let key = read_key(path).ok_or_else(|| FolderError::System {
            path: path.join(KEY_FILE),
            source: io::Error::other("the key that was just written cannot be read back"),
        })?;
        Ok(Self { path: path.to_owned(), key })
    }

    /// The folder at this path if it exists and has a key; nothing is made or changed.
    ///
    /// # Errors
    /// As [`check`].
    pub fn existing(path: &Path) -> Result<Option<Self>, FolderError> {
        match check(path) {
            Err(FolderError::System { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        }
        Ok(read_key(path).map(|key| Self { path: path.to_owned(), key }))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// BLAKE3 keyed with the folder's key, for content that comes in pieces.
    #[must_use]
    pub fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.key)
    }

    /// The MAC of these parts, in this order and with these boundaries, under the folder's key.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; TAG_BYTES] {
        let mut hasher = self.hasher();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    /// Whether a tag is the one of these parts. The comparison takes the same time for every tag.
    #[must_use]
    pub fn is_tag(&self, tag: &[u8], parts: &[&[u8]]) -> bool {
        <[u8; TAG_BYTES]>::try_from(tag).is_ok_and(|tag| blake3::Hash::from(tag) == blake3::Hash::from(self.tag(parts)))
    }
}

/// The key; none where the file is missing, has another length, or could be read or written by others.
fn read_key(folder: &Path) -> Option<[u8; KEY_BYTES]> {
    let path = folder.join(KEY_FILE);
    let mut file = File::open(&path).ok()?;
    check_file(&file, &path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (file.metadata().ok()?.mode() & 0o077 == 0).then_some(())?;
    }
    let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
    Read::by_ref(&mut file).take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    bytes.try_into().ok()
}

/// Writes a fresh key, unless another process was quicker. A file that is no key is replaced.
fn write_key(folder: &Path) -> io::Result<()> {
    let mut key = [0; KEY_BYTES];
    OsRng.try_fill_bytes(&mut key).map_err(io::Error::other)?;
    let target = folder.join(KEY_FILE);
    let draft = folder.join(format!("{KEY_FILE}.{}-{:08x}", std::process::id(), OsRng.next_u32()));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let place = || {
        let mut file = options.open(&draft)?;
        file.write_all(&key)?;
        file.sync_all()?;
        // A link does not replace what is there, so that all processes end up with one key.
        match fs::hard_link(&draft, &target) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && read_key(folder).is_some() => Ok(()),
            Err(_) => fs::rename(&draft, &target),
        }
    };
    let placed = place();
    let _ = fs::remove_file(&draft);
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_holds_for_one_folder_and_one_content() {
        let root = tempfile::tempdir().unwrap();
        let (one, other) = (root.path().join("one"), root.path().join("other"));
        let folder = PrivateFolder::open(&one).unwrap();
        let tag = folder.tag(&[b"name", b"content"]);
        assert!(PrivateFolder::open(&one).unwrap().is_tag(&tag, &[b"name", b"content"]));
        assert!(PrivateFolder::existing(&one).unwrap().unwrap().is_tag(&tag, &[b"name", b"content"]));
        assert!(!folder.is_tag(&tag, &[b"namec", b"ontent"]), "boundaries count");
        assert!(!folder.is_tag(&tag[1..], &[b"name", b"content"]));
        assert!(!PrivateFolder::open(&other).unwrap().is_tag(&tag, &[b"name", b"content"]), "keys differ");
        assert_eq!(fs::read_dir(&one).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_key_that_is_damaged_or_open_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let tag = || PrivateFolder::open(root.path()).unwrap().tag(&[]);
        let first = tag();
        fs::write(root.path().join(KEY_FILE), [7; 31]).unwrap();
        let second = tag();
        assert_ne!(first, second);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let readable = fs::Permissions::from_mode(0o640);
            fs::set_permissions(root.path().join(KEY_FILE), readable).unwrap();
            assert!(PrivateFolder::existing(root.path()).unwrap().is_none());
            assert_ne!(second, tag(), "others may have read it");
        }
    }

    #[test]
    fn processes_that_begin_at_once_share_a_key() {
        let root = tempfile::tempdir().unwrap();
        let tags: Vec<_> = std::thread::scope(|scope| {
            let begun: Vec<_> =
                (0..8).map(|_| scope.spawn(|| PrivateFolder::open(root.path()).unwrap().tag(&[]))).collect();
            begun.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(tags.iter().all(|tag| *tag == tags[0]));
    }

    #[test]
    fn nothing_is_made_by_looking() {
        let root = tempfile::tempdir().unwrap();
        assert!(PrivateFolder::existing(&root.path().join("nowhere")).unwrap().is_none());
        assert!(PrivateFolder::existing(root.path()).unwrap().is_none());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}
