//! The pages of a committed contract, which may still lie outside the machine.

use std::io;
use std::sync::{Arc, OnceLock};

use super::Hash;
use super::stored::StoredPages;
use crate::memory::{Backing, Pages};

/// Pages in the machine's own keeping, or the promise of them.
#[derive(Debug, Default)]
pub(super) struct KeptPages {
    loaded: OnceLock<Arc<Pages>>,
    stored: Option<Stored>,
}

#[derive(Debug)]
struct Stored {
    /// Page indices in ascending order, with the hashes that their contents must have.
    hashes: Vec<(u32, Hash)>,
    source: Arc<dyn StoredPages>,
}

impl KeptPages {
    /// Pages that are there.
    pub(super) fn loaded(pages: Pages) -> Self {
        Self { loaded: OnceLock::from(Arc::new(pages)), stored: None }
    }

    /// Pages that a source has.
    pub(super) fn stored(hashes: Vec<(u32, Hash)>, source: Arc<dyn StoredPages>) -> Self {
        Self { loaded: OnceLock::new(), stored: Some(Stored { hashes, source }) }
    }

    /// The pages, read and checked if need be. Two sessions that ask at the same time may both read them.
    pub(super) fn get(&self, backing: &dyn Backing) -> io::Result<Arc<Pages>> {
        if let Some(pages) = self.loaded.get() {
            return Ok(Arc::clone(pages));
        }
        let pages = match &self.stored {
            Some(stored) => Arc::new(stored.read(backing)?),
            None => Arc::default(),
        };
        Ok(Arc::clone(self.loaded.get_or_init(|| pages)))
    }
}

impl KeptPages {
    /// Mappings that the pages need at most: one for each page, and one for each gap before a page.
    pub(super) fn mappings(&self) -> usize {
        match (self.loaded.get(), &self.stored) {
            (Some(pages), _) => mappings(pages.keys().copied()),
            (None, Some(stored)) => mappings(stored.hashes.iter().map(|(page, _)| *page)),
            (None, None) => 0,
        }
    }

    /// Pages that the machine keeps.
    pub(super) fn loaded_count(&self) -> usize {
        self.loaded.get().map_or(0, |pages| pages.len())
    }

    /// Pages that the machine keeps for these, and not for the others.
    pub(super) fn own(&self, others: &Self) -> usize {
        let (Some(pages), Some(others)) = (self.loaded.get(), others.loaded.get()) else { return self.loaded_count() };
        pages.iter().filter(|(index, page)| !others.get(index).is_some_and(|other| page.is(other))).count()
    }
}

fn mappings(pages: impl Iterator<Item = u32>) -> usize {
    let mut next = 0;
    let counted = pages.map(|page| if std::mem::replace(&mut next, page + 1) == page { 1 } else { 2 });
    counted.sum()
}

impl Stored {
    fn read(&self, backing: &dyn Backing) -> io::Result<Pages> {
        let mut pages = Pages::new();
        let mut failure = None;
        let mut expected = self.hashes.iter();
        self.source.read(&mut |index, bytes| {
            let known = expected.next().is_some_and(|(at, hash)| *at == index && blake3::hash(bytes) == *hash);
            let kept = if known { backing.keep(bytes) } else { Err(damaged(index)) };
            match kept {
                Ok(page) => {
                    pages.insert(index, page);
                }
                Err(error) => failure = failure.take().or(Some(error)),
            }
        })?;
        match (failure, expected.next()) {
            (Some(error), _) => Err(error),
            (None, Some((missing, _))) => Err(damaged(*missing)),
            (None, None) => Ok(pages),
        }
    }
}

fn damaged(page: u32) -> io::Error {
    let text = format!("page {page} of a contract is not the one that was stored");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_the_gaps_before_them_are_mappings() {
        for (pages, expected) in [(vec![], 0), (vec![0, 1, 2], 3), (vec![1], 2), (vec![0, 2, 3, 65_535], 6)] {
            assert_eq!(mappings(pages.into_iter()), expected);
        }
    }
}
