//! Recorded answers of the production machine: for each script a file with one answer a line.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::protocol::Answer;

fn file(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("records").join(format!("{script}.jsonl"))
}

/// Reads the answers to a script.
///
/// # Errors
/// When there is no such record, or it is damaged.
pub fn read(script: &str) -> Result<Vec<Answer>> {
    let file = file(script);
    let content = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    content.lines().map(|line| serde_json::from_str(line).with_context(|| format!("no answer: {line}"))).collect()
}

/// Writes the answers to a script.
///
/// # Errors
/// When the file cannot be written.
pub fn write(script: &str, answers: &[Answer]) -> Result<()> {
    let lines: Result<Vec<String>, _> = answers.iter().map(serde_json::to_string).collect();
    let file = file(script);
    fs::write(&file, lines?.join("\n") + "\n").with_context(|| format!("cannot write {}", file.display()))
}
