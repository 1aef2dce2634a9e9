//! Object code on disk, so that a module is compiled once and then only mapped.
//!
//! A file holds the engine's object code behind a header: a tag that names this form, and the BLAKE3 hash of all that
//! follows. A file that does not fit is compiled anew and written over.

use std::fs;
use std::path::{Path, PathBuf};

use wasmtime::{Engine, Module};

/// Changes with every change of what the object code depends on in this crate. The engine checks its own version.
const FORMAT: &[u8; 8] = b"lnvm0001";
const HASH_BYTES: usize = 32;

/// A folder of object code. It must not be writable for others.
#[derive(Debug, Clone)]
pub(crate) struct Objects(PathBuf);

impl Objects {
    /// The object code in a folder, which is made when there is something to keep.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The module with these bytes: from the folder, or compiled and then kept there under `hash`.
    ///
    /// # Errors
    /// When the bytes do not compile.
    pub(crate) fn module(&self, engine: &Engine, hash: &[u8; 32], bytecode: &[u8]) -> wasmtime::Result<Module> {
        let file = self.0.join(format!("{}.object", hex(hash)));
        if let Some(module) = read(engine, &file) {
            return Ok(module);
        }
        let module = Module::new(engine, bytecode)?;
        if let Err(error) = write(&module, &file) {
            tracing::warn!(file = %file.display(), %error, "a compiled module could not be kept; it will be compiled again");
        }
        Ok(module)
    }
}

fn read(engine: &Engine, file: &Path) -> Option<Module> {
    let content = fs::read(file).ok()?;
    let (hash, object) = content.strip_prefix(FORMAT)?.split_at_checked(HASH_BYTES)?;
    if blake3::hash(object).as_bytes() != hash {
        return None;
    }
    // SAFETY: the object code was written by `write` from a module that this crate compiled, and the hash shows that
    // it is unchanged; `Objects` demands that nobody else can write to the folder. The engine refuses object code of
    // other versions, settings or processors.
    #[expect(unsafe_code, reason = "the engine cannot check object code")]
    unsafe { Module::deserialize(engine, object) }.ok()
}

fn write(module: &Module, file: &Path) -> std::io::Result<()> {
    let object = module.serialize().map_err(std::io::Error::other)?;
    let content = [FORMAT.as_slice(), blake3::hash(&object).as_bytes(), &object].concat();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Another process may do the same: each writes a file of its own, and the last rename counts.
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, content)?;
    fs::rename(&draft, file)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
