//! The identity of a network address, and its proof of work on disk.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use local_node_kadcast::{ID_BYTES, Id, Identity, NONCE_BYTES, Nonce, PRODUCED_WORK_BITS};
use tracing::debug;

/// The most proofs in a folder. Beyond it, any of them give way to a new one.
const MAX_STORED: usize = 256;

/// The identity of the node that peers reach at an address.
///
/// Its proof of work takes about a third of a second on one core, and follows from the address alone. With a folder the
/// proof is stored there, and later calls read it. A stored proof counts only if it shows the full work for the
/// address. Without a usable folder the call searches for the proof each time.
pub fn identity(public: SocketAddr, folder: Option<&Path>) -> Identity {
    with_work(public, folder, PRODUCED_WORK_BITS)
}

fn with_work(public: SocketAddr, folder: Option<&Path>, work_bits: u32) -> Identity {
    let file = folder.map(|folder| file(folder, public));
    if let Some(nonce) = file.as_deref().and_then(read)
        && let Some(known) = Identity::with_nonce(public, nonce, work_bits)
    {
        return known;
    }
    let identity = Identity::produce(public, work_bits);
    if let Some(file) = file
        && let Err(error) = write(&file, identity.nonce())
    {
        debug!(file = %file.display(), %error, "a proof of work is not stored");
    }
    identity
}

/// The file of an address, named by its id, because addresses have characters that file names cannot have everywhere.
fn file(folder: &Path, public: SocketAddr) -> PathBuf {
    folder.join(hex::encode(Id::of(public).to_bytes()))
}

/// Reads no more than a nonce, whatever the file holds.
fn read(file: &Path) -> Option<Nonce> {
    let mut nonce = [0; NONCE_BYTES];
    File::open(file).ok()?.read_exact(&mut nonce).ok()?;
    Some(Nonce(nonce))
}

/// Writes a nonce. A part of it, which the end of the process may leave behind, proves nothing when it is read.
fn write(file: &Path, nonce: Nonce) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
        make_room(folder)?;
    }
    fs::write(file, nonce.0)
}

/// Removes proofs until the folder has room for one more.
fn make_room(folder: &Path) -> io::Result<()> {
    let mut stored = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_proof(&path) {
            stored.push(path);
        }
    }
    for proof in stored.iter().skip(MAX_STORED - 1) {
        // Another process may have removed it.
        let _ = fs::remove_file(proof);
    }
    Ok(())
}

/// Whether a file has the name of a proof.
fn is_proof(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 2 * ID_BYTES && name.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Little enough work for a test. A wrong nonce shows it in one of 65,536 cases.
    const BITS: u32 = 16;

    fn address() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9001))
    }

    /// A nonce that shows the work, and is not the first one.
    fn second_nonce(first: &Identity) -> Nonce {
        let after = u32::from_le_bytes(first.nonce().0) + 1;
        let mut nonces = (after..=u32::MAX).map(|nonce| Nonce(nonce.to_le_bytes()));
        nonces.find(|nonce| nonce.proves(first.id(), BITS)).unwrap()
    }

    #[test]
    fn a_proof_that_was_stored_is_not_searched_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("identities");
        let first = with_work(address(), Some(&place), BITS);
        assert_eq!(first, Identity::produce(address(), BITS));
        assert_eq!(fs::read(file(&place, address())).unwrap(), first.nonce().0);
        // The search always finds the first nonce, so another one comes from the file.
        let second = second_nonce(&first);
        fs::write(file(&place, address()), second.0).unwrap();
        assert_eq!(with_work(address(), Some(&place), BITS).nonce(), second);
    }

    #[test]
    fn a_stored_proof_that_proves_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let expected = Identity::produce(address(), BITS);
        let wrong = Nonce(expected.nonce().0.map(|byte| !byte));
        assert!(!wrong.proves(expected.id(), BITS));
        for stored in [&wrong.0[..], &expected.nonce().0[..3], &[]] {
            fs::write(file(folder.path(), address()), stored).unwrap();
            assert_eq!(with_work(address(), Some(folder.path()), BITS), expected);
            assert_eq!(fs::read(file(folder.path(), address())).unwrap(), expected.nonce().0);
        }
    }

    #[test]
    fn a_full_folder_gives_proofs_up_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes"), "somebody's").unwrap();
        for number in 0..MAX_STORED + 3 {
            fs::write(folder.path().join(format!("{number:032x}")), [0; NONCE_BYTES]).unwrap();
        }
        let identity = with_work(address(), Some(folder.path()), BITS);
        assert_eq!(fs::read(file(folder.path(), address())).unwrap(), identity.nonce().0);
        let paths = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let (proofs, others): (Vec<_>, Vec<_>) = paths.partition(|path| is_proof(path));
        assert_eq!((proofs.len(), others.len()), (MAX_STORED, 1));
    }

    #[test]
    fn without_a_usable_folder_the_identity_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("file");
        fs::write(&taken, "somebody's").unwrap();
        let expected = Identity::produce(address(), BITS);
        assert_eq!(with_work(address(), None, BITS), expected);
        assert_eq!(with_work(address(), Some(&taken), BITS), expected);
        assert_eq!(fs::read_to_string(&taken).unwrap(), "somebody's");
    }
}
