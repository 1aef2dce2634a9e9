//! A list of any length, read in pages by everybody and as a feed by those who want all of it.
#![no_std]

use dusk_sdk::prelude::*;

/// A ledger that grows.
#[contract]
pub mod ledger {
    use super::*;

    /// The most entries of one page. An answer has at most 64 KiB; a page of 100 is far below.
    pub const MAX_PAGE: u32 = 100;
    /// The most bytes of a note.
    pub const MAX_NOTE_BYTES: u32 = 64;

    /// The state.
    #[derive(Default)]
    pub struct Ledger {
        entries: Vec<Entry>,
    }

    /// One line.
    #[contract_type]
    #[derive(Eq)]
    pub struct Entry {
        /// Who wrote it.
        pub by: Account,
        /// The amount.
        pub amount: u64,
        /// A note.
        pub note: String,
    }

    /// Some entries, and where to go on.
    #[contract_type]
    #[derive(Eq)]
    pub struct Page {
        /// In the order of the ledger.
        pub entries: Vec<Entry>,
        /// The number of the next entry; absent on the last page.
        pub next: Option<u64>,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// A note has at most `limit` bytes.
        NoteLength { limit: u32 },
        /// A page has 1 to `limit` entries.
        PageLength { limit: u32 },
    }

    impl Ledger {
        /// Adds an entry, and returns its number.
        pub fn write(&mut self, amount: u64, note: String) -> Result<u64, Refused> {
            ensure!(note.len() <= MAX_NOTE_BYTES as usize, Refused::NoteLength { limit: MAX_NOTE_BYTES });
            self.entries.push(Entry { by: sender(), amount, note });
            Ok(self.count() - 1)
        }

        /// How many entries there are.
        pub fn count(&self) -> u64 {
            self.entries.len() as u64
        }

        /// A page: `limit` entries at most, beginning with the number `start`. Contracts can use it, too.
        pub fn page(&self, start: u64, limit: u32) -> Result<Page, Refused> {
            ensure!((1..=MAX_PAGE).contains(&limit), Refused::PageLength { limit: MAX_PAGE });
            let entries: Vec<Entry> = self.since(start).take(limit as usize).cloned().collect();
            let end = start.saturating_add(entries.len() as u64);
            Ok(Page { entries, next: (end < self.count()).then_some(end) })
        }

        /// All entries from the number `start` on, one by one. A node streams them to whoever asks: no answer is too
        /// long, but all must be fed within the gas that the node gives.
        #[contract(feeds = Entry)]
        pub fn all(&self, start: u64) {
            for entry in self.since(start) {
                feed(entry);
            }
        }

        fn since(&self, start: u64) -> impl Iterator<Item = &Entry> {
            self.entries.iter().skip(usize::try_from(start).unwrap_or(usize::MAX))
        }
    }
}
