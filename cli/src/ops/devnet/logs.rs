//! The logs of nodes: written with a bound, read from the end, followed.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The most bytes of a log. Then it becomes the old log, and the old one goes.
const MAX_LOG_BYTES: u64 = 8 << 20;
/// The most bytes of a line.
const MAX_LINE_BYTES: u64 = 16 << 10;
/// The most bytes that are read from the end of a log.
const MAX_TAIL_BYTES: u64 = 256 << 10;

/// Writes what a node tells to its log, until the node has ended.
pub(super) fn pump(from: impl Read, path: &Path) {
    let mut log = Log { path: path.to_owned(), file: None };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        // A node must not stop because its log cannot be written: its output is read on, and lost.
        let _ = log.write(&line);
    }
}

struct Log {
    path: PathBuf,
    file: Option<(File, u64)>,
}

impl Log {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_some_and(|(_, bytes)| bytes + line.len() as u64 > MAX_LOG_BYTES) {
            self.file = None;
            fs::rename(&self.path, old(&self.path))?;
        }
        if self.file.is_none() {
            let file = File::options().create(true).append(true).open(&self.path)?;
            let bytes = file.metadata()?.len();
            self.file = Some((file, bytes));
        }
        if let Some((file, bytes)) = &mut self.file {
            file.write_all(line)?;
            *bytes += line.len() as u64;
        }
        Ok(())
    }
}

fn old(path: &Path) -> PathBuf {
    path.with_extension("old")
}

/// The reader of a log.
#[derive(Debug)]
pub(crate) struct LogReader {
    path: PathBuf,
    /// Bytes that were read.
    position: u64,
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
}

impl LogReader {
    /// Reads the log at a path, whose last lines come first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn open(path: &Path, lines: usize) -> Result<(Self, Vec<String>)> {
        let mut reader = Self { path: path.to_owned(), position: 0, rest: Vec::new() };
        let length = match fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((reader, Vec::new())),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        reader.position = length.saturating_sub(MAX_TAIL_BYTES);
        let is_cut = reader.position > 0;
        let mut found = reader.next()?;
        if is_cut && !found.is_empty() {
            found.remove(0);
        }
        Ok((reader, found.split_off(found.len().saturating_sub(lines))))
    }

    /// The lines that have come since, of at most [`MAX_TAIL_BYTES`].
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn next(&mut self) -> Result<Vec<String>> {
        let failed = || format!("cannot read {}", self.path.display());
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(failed),
        };
        if file.metadata().with_context(failed)?.len() < self.position {
            // A new log has begun.
            (self.position, self.rest) = (0, Vec::new());
        }
        let mut bytes = std::mem::take(&mut self.rest);
        file.seek(SeekFrom::Start(self.position)).with_context(failed)?;
        self.position += file.take(MAX_TAIL_BYTES).read_to_end(&mut bytes).with_context(failed)? as u64;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.rest = bytes.split_off(whole);
        Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_a_bound_and_is_read_on_in_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        pump(&b"one\ntwo\nthree"[..], &path);
        let (mut reader, last) = LogReader::open(&path, 2).unwrap();
        assert_eq!(last, ["two", "three"]);
        assert!(reader.next().unwrap().is_empty());
        pump(&b"four\n"[..], &path);
        assert_eq!(reader.next().unwrap(), ["four"]);
        let line = "x".repeat(1023) + "\n";
        pump(line.repeat(9 << 10).as_bytes(), &path);
        assert!(fs::metadata(&path).unwrap().len() <= MAX_LOG_BYTES);
        assert!(fs::metadata(old(&path)).unwrap().len() <= MAX_LOG_BYTES);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(!reader.next().unwrap().is_empty());
    }

    #[test]
    fn lines_without_end_are_divided_and_unwritable_logs_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        pump(io::repeat(b'a').take(100 << 10), &path);
        let (_, lines) = LogReader::open(&path, 1_000).unwrap();
        assert_eq!(lines.len(), 7);
        assert!(lines.iter().all(|line| line.len() as u64 <= MAX_LINE_BYTES));
        pump(&b"lost\n"[..], &folder.path().join("no/such/folder/log"));
    }

    #[test]
    fn a_line_is_told_when_its_end_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (mut reader, none) = LogReader::open(&path, 10).unwrap();
        assert!(none.is_empty() && reader.next().unwrap().is_empty());
        fs::write(&path, "beg").unwrap();
        assert!(reader.next().unwrap().is_empty());
        fs::write(&path, "begun\n").unwrap();
        assert_eq!(reader.next().unwrap(), ["begun"]);
    }
}
