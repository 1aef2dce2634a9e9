//! Folders that only their owner can write to, with a key that authenticates what is kept in them.
//!
//! Caches hold files that later commands run or trust: compiled code, keys of circuits, sources that a build compiles.
//! A user with write access there decides what the next command does. Two checks prevent that:
//!
//! - **Permissions.** [`make`] creates a folder with mode 0700, and [`check`] refuses one that other users own or can
//!   write to. The folders above it count as well, because their owners can put another folder in its place.
//! - **Authentication.** A [`PrivateFolder`] has 32 random bytes in a file of mode 0600, and [`PrivateFolder::tag`] is
//!   a MAC (keyed BLAKE3) under them. A file from another machine, a backup or another program has no valid tag, even
//!   where the permissions are in order.
//!
//! The rules are those of OpenSSH's strict modes: owners are the user or root, and nobody else can write, except in
//! folders with the sticky bit, such as `/tmp`, and except for a private group, which has its user's number. Systems
//! without these permissions are not checked; there only the tags count.

mod folder;
mod permissions;

pub use folder::{KEY_FILE, PrivateFolder, TAG_BYTES};
pub use permissions::{check, check_file, create_file, make};

use std::io;
use std::path::PathBuf;

/// A reason not to use a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It, a folder above it, or a file in it belongs to another user.
    #[error("{} belongs to the user with the number {owner}, who can change its content", path.display())]
    Owner {
        /// The path that belongs to another user.
        path: PathBuf,
        /// The number of that user.
        owner: u32,
    },
    /// Other users can write to it, to a folder above it, or to a file in it.
    #[error("other users can write to {} (mode {mode:04o})", path.display())]
    Writable {
        /// The path that others can write to.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is something else in its place.
    #[error("{} is not {expected}", path.display())]
    Kind {
        /// The thing in its place.
        path: PathBuf,
        /// The expected kind.
        expected: &'static str,
    },
    /// The system refused to make, read or change it.
    #[error("{} cannot be used: {source}", path.display())]
    System {
        /// The path that was to be used.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl FolderError {
    /// The remedy, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Owner { path, owner } => owner_hint(path, permissions::is_unmapped(*owner)),
            Self::Writable { path, .. } => {
                format!("check its content, then run `chmod go-w {}`", path.display())
            }
            Self::Kind { path, .. } => format!("move {} away", path.display()),
            Self::System { path, .. } => format!("make {} readable and writable for yourself", path.display()),
        }
    }

    pub(crate) fn system(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::System { path, source }
    }
}

fn owner_hint(path: &std::path::Path, is_unmapped: bool) -> String {
    let path = path.display();
    if is_unmapped {
        return format!(
            "this sandbox does not know the owner of {path}: run it with that user in its map (`/proc/self/uid_map`), or \
             run the command outside of it"
        );
    }
    format!("remove {path} or give it to yourself with chown, or keep the folder elsewhere")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_hint_fits_the_owner() {
        assert!(owner_hint(Path::new("/"), true).contains("does not know the owner of /"));
        assert!(!owner_hint(Path::new("/"), true).contains("remove"));
        assert!(owner_hint(Path::new("/cache"), false).contains("remove /cache or give it"));
    }
}
