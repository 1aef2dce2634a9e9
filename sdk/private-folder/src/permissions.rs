//! The users who can write to a folder or a file.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::FolderError;

/// The permissions of a folder that is made here.
#[cfg(unix)]
const FOLDER_MODE: u32 = 0o700;
/// The permissions of a file that is made here.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;

/// Makes a folder, and the folders above it that are missing, for the user alone; then checks it.
///
/// A folder of the user's own to which nobody else could write is closed for readers as well.
///
/// # Errors
/// As [`check`], and [`FolderError::System`] when it cannot be made.
pub fn make(folder: &Path) -> Result<(), FolderError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder.create(folder).map_err(FolderError::system(folder))?;
    check(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            // Where the system refuses, others can read, and nothing worse: keys are closed by themselves.
            let _ = fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER_MODE));
        }
    }
    Ok(())
}

/// Checks that nobody but the user and root can put anything into a folder, or another folder in its place.
///
/// # Errors
/// [`FolderError::Owner`] or [`FolderError::Writable`] for the folder or one above it, [`FolderError::System`] when it
/// does not exist.
pub fn check(folder: &Path) -> Result<(), FolderError> {
    let folder = absolute(folder)?;
    let found = metadata(&folder)?;
    if !found.is_dir() {
        return Err(FolderError::Kind { path: folder, expected: "a folder" });
    }
    own(&folder, &found, Place::Itself)?;
    for above in folder.ancestors().skip(1) {
        own(above, &metadata(above)?, Place::Above)?;
    }
    Ok(())
}

/// Checks that an open file is a plain one that nobody but the user and root can write to.
///
/// # Errors
/// [`FolderError::Kind`], [`FolderError::Owner`] or [`FolderError::Writable`]; `path` is only named in them.
pub fn check_file(file: &File, path: &Path) -> Result<(), FolderError> {
    let found = file.metadata().map_err(FolderError::system(path))?;
    if !found.is_file() {
        return Err(FolderError::Kind { path: path.to_owned(), expected: "a file" });
    }
    own(path, &found, Place::Itself)
}

/// Creates a file, or empties the one that is there, for the user alone.
///
/// Many systems let new files be written by the user's group (umask 002). [`check_file`] would refuse such a file, and
/// what is kept in it would never be found again.
///
/// # Errors
/// Those of the system.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options.open(path)
}

/// The checked path: the folder or file itself, or a folder above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Itself,
    Above,
}

#[cfg(unix)]
fn own(path: &Path, found: &Metadata, place: Place) -> Result<(), FolderError> {
    use std::os::unix::fs::MetadataExt;

    const GROUP_WRITES: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;

    let user = rustix::process::geteuid().as_raw();
    let (owner, group, mode) = (found.uid(), found.gid(), found.mode() & 0o7777);
    if owner != user && owner != 0 {
        return Err(FolderError::Owner { path: path.to_owned(), owner });
    }
    // In a folder with the sticky bit, entries of others can be neither renamed nor replaced.
    let guarded = place == Place::Above && mode & STICKY != 0;
    // Where each user has a group of one's own, the usual mask leaves folders writable for it.
    let private_group = place == Place::Above && group == user;
    let others = if private_group { OTHERS_WRITE } else { GROUP_WRITES | OTHERS_WRITE };
    if mode & others != 0 && !guarded {
        return Err(FolderError::Writable { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn own(_: &Path, _: &Metadata, _: Place) -> Result<(), FolderError> {
    Ok(())
}

/// Whether a number stands for all users that a user namespace does not know. Sandboxes without privileges map few
/// users; there even `/` belongs to one that is not known.
pub(crate) fn is_unmapped(user: u32) -> bool {
    let overflow = number("/proc/sys/kernel/overflowuid").unwrap_or(OVERFLOW_USER);
    user == overflow && fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !maps(&map, user))
}

/// The number that Linux shows for users that are not known, unless it was told another.
const OVERFLOW_USER: u32 = 65_534;

/// Whether lines of first inner number, first outer number and count, as `/proc/self/uid_map` has them, have an inner
/// number.
fn maps(map: &str, user: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) => {
                (first..first.saturating_add(count)).contains(&user.into())
            }
            _ => false,
        }
    })
}

fn number(path: &str) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn metadata(path: &Path) -> Result<Metadata, FolderError> {
    fs::metadata(path).map_err(FolderError::system(path))
}

/// Without links, because the folders count that the system goes through.
fn absolute(path: &Path) -> Result<PathBuf, FolderError> {
    fs::canonicalize(path).map_err(FolderError::system(path))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn folders_are_made_for_the_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        make(&folder).unwrap();
        assert_eq!([mode(&root.path().join("a")), mode(&folder)], [0o700; 2]);
        set(&folder, 0o755);
        make(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700, "what an earlier version left open is closed");
    }

    #[test]
    fn files_are_made_for_the_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        let file = create_file(&path).unwrap();
        assert_eq!(mode(&path), 0o600, "whatever the mask leaves open");
        check_file(&file, &path).unwrap();
    }

    #[test]
    fn folders_that_others_can_write_to_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let (above, folder) = (root.path().join("above"), root.path().join("above/folder"));
        make(&folder).unwrap();
        for open in [0o720, 0o702, 0o777, 0o1777] {
            set(&folder, open);
            let refused = make(&folder);
            let expected = folder.canonicalize().unwrap();
            assert!(
                matches!(&refused, Err(FolderError::Writable { path, mode }) if *path == expected && *mode == open),
                "{refused:?}"
            );
        }
        set(&folder, 0o700);
        set(&above, 0o757);
        assert!(matches!(check(&folder), Err(FolderError::Writable { mode: 0o757, .. })));
        // Entries of a folder with the sticky bit belong to who made them.
        set(&above, 0o1777);
        check(&folder).unwrap();
    }

    #[test]
    fn links_do_not_hide_the_folders_behind_them() {
        let root = tempfile::tempdir().unwrap();
        let (open, link) = (root.path().join("open"), root.path().join("link"));
        make(&open.join("folder")).unwrap();
        set(&open, 0o777);
        std::os::unix::fs::symlink(open.join("folder"), &link).unwrap();
        assert!(matches!(check(&link), Err(FolderError::Writable { mode: 0o777, .. })));
    }

    #[test]
    fn only_root_can_give_a_folder_away() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("folder");
        make(&folder).unwrap();
        // Only root can make a folder of another user; others cannot try this.
        if std::os::unix::fs::chown(&folder, Some(12_345), None).is_ok() {
            assert!(matches!(check(&folder), Err(FolderError::Owner { owner: 12_345, .. })));
            let file = File::create_new(root.path().join("file")).unwrap();
            std::os::unix::fs::fchown(&file, Some(12_345), None).unwrap();
            assert!(matches!(check_file(&file, Path::new("file")), Err(FolderError::Owner { .. })));
        }
    }

    #[test]
    fn the_users_of_a_sandbox_are_known_by_its_map() {
        let everybody = "         0          0 4294967295\n";
        let rootless = "         0       1000          1\n         1     100000      65536\n";
        assert!(maps(everybody, 0) && maps(everybody, OVERFLOW_USER));
        assert!(maps(rootless, 0) && maps(rootless, 65_536) && !maps(rootless, 65_537));
        assert!(!maps("0 1000 1\n", OVERFLOW_USER) && !maps("", 0) && !maps("a b c\n0 1\n", 0));
        assert!(!is_unmapped(12_345));
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(check(&file), Err(FolderError::Kind { .. })));
        assert!(matches!(check(&root.path().join("nowhere")), Err(FolderError::System { .. })));
        assert!(matches!(
            check_file(&File::open(root.path()).unwrap(), root.path()),
            Err(FolderError::Kind { expected: "a file", .. })
        ));
    }
}
