//! Where `cargo dusk` keeps things on this machine, and how it writes them.

use std::env;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Context, Result};
use private_folder::FolderError;

use crate::error::Fault;
use crate::ops::report;

/// The variable that puts everything `cargo dusk` keeps into one folder.
pub(crate) const HOME_VARIABLE: &str = "CARGO_DUSK_HOME";

/// The folder for what must not get lost while projects use it: unpacked SDKs.
pub(crate) fn data() -> Result<PathBuf> {
    folder("data", "XDG_DATA_HOME", ".local/share", "Library/Application Support")
}

/// The folder for what can be made again: compiled modules.
pub(crate) fn cache() -> Result<PathBuf> {
    folder("cache", "XDG_CACHE_HOME", ".cache", "Library/Caches")
}

/// The folder for compiled modules, which are run as they are. Without one everything works, only slower: a folder that
/// others can write to is not used, with a warning.
pub(crate) fn modules() -> Option<PathBuf> {
    static WARNED: Once = Once::new();
    let folder = cache().ok()?.join("modules");
    match private_folder::make(&folder) {
        Ok(()) => Some(folder),
        Err(error) => {
            WARNED.call_once(|| {
                let hint = error.hint();
                if let Some(report) = report::of_process() {
                    report.warn(&format_args!(
                        "compiled modules are not stored, so commands take longer: {error}; {hint}"
                    ));
                }
            });
            None
        }
    }
}

/// The folder for the proofs of work of network addresses, which are checked when they are read. Without one, a node
/// searches for its proof at each start.
pub(crate) fn identities() -> Option<PathBuf> {
    let folder = cache().ok()?.join("identities");
    private_folder::make(&folder).ok().map(|()| folder)
}

/// Makes a folder of what is trusted later, or checks that only the user can write to it.
///
/// # Errors
/// An environment fault when others can write to it, or it cannot be made.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    private_folder::make(folder).map_err(|error| refused(&error))
}

/// Checks a folder that exists as [`make_private`] does, and changes nothing.
///
/// # Errors
/// An environment fault when others can write to it.
pub(crate) fn check_private(folder: &Path) -> Result<()> {
    private_folder::check(folder).map_err(|error| refused(&error))
}

fn refused(error: &FolderError) -> anyhow::Error {
    let hint = format!("{}, or name another folder with {HOME_VARIABLE}", error.hint());
    Fault::environment(format!("cannot use a folder of trusted files: {error}"), hint)
}

fn folder(kind: &str, xdg: &str, unix: &str, mac: &str) -> Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = absolute(HOME_VARIABLE) {
        return Ok(home.join(kind));
    }
    if let Some(folder) = absolute(xdg) {
        return Ok(folder.join("cargo-dusk"));
    }
    let home = absolute("HOME").ok_or_else(|| {
        Fault::environment(
            "there is no folder to keep the SDK in: HOME is not set",
            format!("set HOME, or {HOME_VARIABLE} to an absolute path"),
        )
    })?;
    Ok(home.join(if cfg!(target_os = "macos") { mac } else { unix }).join("cargo-dusk"))
}

/// Writes a file so that at any moment there is the old content or the new one, never a part.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file has a folder")?;
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        // Temporary files are private; the final file is as readable as any file of the project.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::environment(
            format!("cannot write {}: no space is left on the disk", path.display()),
            "free disk space and run the command again; the previous file is intact",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::environment(
            format!("cannot write {}: {error}", path.display()),
            "make the folder writable for yourself",
        ),
        _ => anyhow::Error::from(error).context(format!("cannot write {}", path.display())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn folders_that_others_can_write_to_are_refused() {
        use std::os::unix::fs::PermissionsExt;

        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sdk");
        make_private(&folder).unwrap();
        check_private(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        for refused in [make_private(&folder), check_private(&folder)] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("other users can write to"), "{refused}");
        }
    }

    #[test]
    fn files_are_replaced_and_folders_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        for content in ["one", "two"] {
            write_atomically(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left behind");
    }
}
