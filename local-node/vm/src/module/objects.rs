//! Object code on disk, so that a module is compiled once and then only mapped.
//!
//! Object code is run as it is, so the folder is a [`PrivateFolder`]: nobody else can write to it, and each file holds,
//! behind a tag that names this form, a MAC under the folder's key over the form, the module's hash and the object
//! code. A file that does not fit is compiled anew and written over. A folder that others can write to is not used.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use private_folder::{PrivateFolder, TAG_BYTES, check_file, create_file};
use wasmtime::{Engine, Module};

/// Changes with every change of what the object code depends on in this crate. The engine checks its own version.
const FORMAT: &[u8; 8] = b"lnvm0002";
/// The most bytes of object code that a folder keeps. The least recently used code goes first.
const MAX_FOLDER_BYTES: u64 = 2 << 30;
/// The end of the names of files with object code.
const EXTENSION: &str = "object";
/// The end of the names of files that are being written.
const DRAFT: &str = "draft";

/// A folder of object code, or none where it cannot be trusted.
#[derive(Debug, Clone)]
pub(crate) struct Objects(Option<PrivateFolder>);

impl Objects {
    /// The object code in a folder, which is made if need be. Where others can write to it, everything works without
    /// it, only slower; the log says what to do.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let opened = PrivateFolder::open(folder);
        if let Err(error) = &opened {
            tracing::warn!(
                folder = %folder.display(), %error, hint = error.hint(),
                "compiled modules are not stored, because the content of this folder is not trusted"
            );
        }
        Self(opened.ok())
    }

    /// The module with these bytes: from the folder, or compiled and then kept there under `hash`.
    ///
    /// # Errors
    /// When the bytes do not compile.
    pub(crate) fn module(&self, engine: &Engine, hash: &[u8; 32], bytecode: &[u8]) -> wasmtime::Result<Module> {
        let Some(folder) = &self.0 else { return Module::new(engine, bytecode) };
        let path = folder.path().join(format!("{}.{EXTENSION}", hex::encode(hash)));
        if let Some(module) = read(engine, folder, hash, &path) {
            return Ok(module);
        }
        let module = Module::new(engine, bytecode)?;
        if let Err(error) = write(&module, folder, hash, &path) {
            tracing::warn!(file = %path.display(), %error, "a compiled module could not be stored");
        }
        Ok(module)
    }
}

fn read(engine: &Engine, folder: &PrivateFolder, hash: &[u8; 32], path: &Path) -> Option<Module> {
    let mut file = File::open(path).ok()?;
    check_file(&file, path).ok()?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).ok()?;
    let (tag, object) = content.strip_prefix(FORMAT)?.split_at_checked(TAG_BYTES)?;
    if !folder.is_tag(tag, &[FORMAT, hash, object]) {
        return None;
    }
    // SAFETY: the tag shows that the object code was written by `write`, with this folder's key, from the module with
    // this hash; the key and the folder are closed to all but the user. The engine refuses object code of other
    // versions, settings or processors.
    #[expect(unsafe_code, reason = "the engine cannot check object code")]
    let module = unsafe { Module::deserialize(engine, object) }.ok()?;
    // Only for `trim`, so it may fail.
    let _ = file.set_modified(SystemTime::now());
    Some(module)
}

fn write(module: &Module, folder: &PrivateFolder, hash: &[u8; 32], path: &Path) -> io::Result<()> {
    let object = module.serialize().map_err(io::Error::other)?;
    let content = [FORMAT.as_slice(), &folder.tag(&[FORMAT, hash, &object]), &object].concat();
    // Another process may do the same: each writes a file of its own, and the last rename counts.
    let draft = path.with_extension(format!("{}.{DRAFT}", std::process::id()));
    let written =
        create_file(&draft).and_then(|mut file| file.write_all(&content)).and_then(|()| fs::rename(&draft, path));
    if let Err(error) = written {
        // Otherwise each process would leave another draft on a full disk.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    trim(folder.path(), MAX_FOLDER_BYTES)
}

/// Removes what was used longest ago, until no more than so many bytes are left.
fn trim(folder: &Path, most: u64) -> io::Result<()> {
    let mut kept: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Drafts are what processes left that ended while they wrote.
        if path.extension().is_some_and(|extension| extension == EXTENSION || extension == DRAFT) {
            let found = entry.metadata()?;
            kept.push((found.modified()?, found.len(), path));
        }
    }
    let mut bytes: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
    kept.sort();
    for (_, length, path) in kept {
        if bytes <= most {
            break;
        }
        // A mapping stays readable for its holder.
        fs::remove_file(path)?;
        bytes -= length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_kept_is_the_users_alone_and_found_again() {
        use std::os::unix::fs::PermissionsExt as _;

        let root = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::open(root.path()).unwrap();
        let path = root.path().join("a.object");
        let engine = Engine::default();
        write(&Module::new(&engine, wat::parse_str("(module)").unwrap()).unwrap(), &folder, &[7; 32], &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(read(&engine, &folder, &[7; 32], &path).is_some());
        assert!(read(&engine, &folder, &[8; 32], &path).is_none());
    }

    #[test]
    fn an_object_that_cannot_be_stored_leaves_no_draft() {
        let root = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::open(root.path()).unwrap();
        let path = root.path().join("a.object");
        fs::create_dir(&path).unwrap();
        let module = Module::new(&Engine::default(), wat::parse_str("(module)").unwrap()).unwrap();
        assert!(write(&module, &folder, &[7; 32], &path).is_err(), "a folder has its name");
        let paths = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(paths.filter(|path| path.extension().is_some_and(|it| it == DRAFT)).count(), 0);
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (seconds, name) in [(3, "c.object"), (1, "a.object"), (2, "b.object")] {
            fs::write(path(name), [0; 10]).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            File::options().write(true).open(path(name)).unwrap().set_modified(time).unwrap();
        }
        fs::write(path("notes.txt"), [0; 100]).unwrap();
        trim(folder.path(), 30).unwrap();
        assert!(path("a.object").exists());
        trim(folder.path(), 20).unwrap();
        assert!(!path("a.object").exists() && path("b.object").exists());
        trim(folder.path(), 0).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "other files are left alone");
    }
}
