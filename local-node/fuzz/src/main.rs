//! Writes the corpus anew: the inputs of every target, each named by what becomes of it.

use std::path::Path;
use std::{fs, io};

use local_node_fuzz::{TARGETS, corpus, file_name};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in &TARGETS {
        let folder = folder.join(target.name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        for input in corpus(target) {
            fs::write(folder.join(file_name(target, &input)), &input.1)?;
        }
    }
    Ok(())
}
