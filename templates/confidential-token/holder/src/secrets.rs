//! Passwords and words. Neither is ever an argument, which other users of the machine could see.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::{env, io};

use console::Term;
use dusk_sdk::finance::wallet::{Password, Words};
use zeroize::Zeroizing;

use play::Outcome;

use crate::NewFile;

/// The variable of the password.
const VARIABLE: &str = "WALLET_PASSWORD";
/// The most bytes of a file with a password or words.
const MAX_SECRET_BYTES: u64 = 4096;

/// The password, from a file, the variable, or a prompt. A new one is asked for twice.
///
/// # Errors
/// If it cannot be read, is too short or too long, or the second one differs.
pub fn password(file: Option<&Path>, new: bool) -> Outcome<Password> {
    let text = if let Some(file) = file {
        let text = read(file)?;
        Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
    } else if let Ok(text) = env::var(VARIABLE) {
        Zeroizing::new(text)
    } else {
        let text = prompt("password: ")?;
        if new && *text != *prompt("again: ")? {
            return Err("the second password differs".into());
        }
        text
    };
    Ok(Password::new(&text)?)
}

/// The words of a new file: drawn and shown, or those of a lost file.
///
/// # Errors
/// If they cannot be read or written, or are none.
pub fn new_words(options: &NewFile) -> Outcome<Words> {
    if options.restore || options.restore_from.is_some() {
        return known_words(options.restore_from.as_deref());
    }
    let words = Words::generate()?;
    let text = words.reveal();
    match &options.words_file {
        Some(file) => write_private(file, format!("{}\n", *text).as_bytes())?,
        None => {
            writeln!(io::stderr(), "write these words down; whoever has them has everything:\n\n{}\n", *text)?
        }
    }
    Ok(words)
}

/// Words that somebody has: from a file, or a prompt.
///
/// # Errors
/// If they cannot be read, or are none.
pub fn known_words(file: Option<&Path>) -> Outcome<Words> {
    let text = file.map_or_else(|| prompt("words: "), read)?;
    Ok(Words::parse(&text)?)
}

/// Asks at the terminal, which does not show what is typed.
fn prompt(question: &str) -> Outcome<Zeroizing<String>> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Err(format!(
            "there is no terminal to ask for a secret: use --password-file or {VARIABLE}, and files for words"
        )
        .into());
    }
    terminal.write_str(question)?;
    Ok(Zeroizing::new(terminal.read_secure_line()?))
}

fn read(file: &Path) -> Outcome<Zeroizing<String>> {
    // All of it at once: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_SECRET_BYTES as usize + 1));
    let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    opened.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SECRET_BYTES {
        return Err(format!("{} has more than {MAX_SECRET_BYTES} bytes", file.display()).into());
    }
    Ok(text)
}

/// Writes a new file that only its owner can read.
fn write_private(file: &Path, bytes: &[u8]) -> Outcome {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    opened.write_all(bytes)?;
    Ok(opened.sync_all()?)
}
