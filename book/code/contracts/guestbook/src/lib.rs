//! The code that the book shows: a guest book.
#![no_std]

use dusk_sdk::prelude::*;

/// A guest book that everybody may sign, but not twice in a row too soon.
// ANCHOR: module
#[contract]
pub mod guestbook {
    use super::*;
    // ANCHOR_END: module

    /// The most bytes of an entry.
    pub const MAX_TEXT_BYTES: u32 = 280;
    /// The most entries of a page.
    pub const MAX_PAGE: u32 = 50;

    // ANCHOR: state
    /// The state. It stays in the contract's memory between calls.
    pub struct Guestbook {
        keeper: Account,
        pause: u64,
        entries: Vec<Entry>,
        last: BTreeMap<Account, u64>,
        closed: bool,
    }
    // ANCHOR_END: state

    // ANCHOR: types
    /// An entry of the book. A type that callers see needs `#[contract_type]`.
    #[contract_type]
    #[derive(Eq)]
    pub struct Entry {
        /// The account that wrote it.
        pub by: Account,
        /// The height of its block.
        pub height: u64,
        /// The text.
        pub text: String,
    }
    // ANCHOR_END: types

    // ANCHOR: event
    /// An account has signed the book.
    #[event]
    pub struct Signed {
        /// The account.
        pub by: Account,
        /// The number of the entry.
        pub number: u64,
    }
    // ANCHOR_END: event

    // ANCHOR: error
    /// The errors of the contract. Their codes are 1, 2, … in this order.
    #[error]
    pub enum Refused {
        /// The text is empty, or longer than `limit` bytes.
        TextLength { limit: u32 },
        /// The account may sign again from block `from` on.
        TooSoon { from: u64 },
        /// The book is closed.
        Closed,
        /// Only the keeper may do this.
        NotKeeper,
    }
    // ANCHOR_END: error

    impl Guestbook {
        // ANCHOR: init
        /// Opens the book. The deployer is its keeper. A guest may sign again after a pause of `pause` blocks.
        pub fn init(pause: u64) -> Self {
            Self { keeper: sender(), pause, entries: Vec::new(), last: BTreeMap::new(), closed: false }
        }
        // ANCHOR_END: init

        // ANCHOR: query
        /// The number of entries.
        pub fn count(&self) -> u64 {
            self.entries.len() as u64
        }
        // ANCHOR_END: query

        // ANCHOR: page
        /// At most `limit` entries, from the number `from` on.
        pub fn entries(&self, from: u64, limit: u32) -> Vec<Entry> {
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            self.entries.iter().skip(from).take(limit.min(MAX_PAGE) as usize).cloned().collect()
        }
        // ANCHOR_END: page

        // ANCHOR: transaction
        /// Signs the book, and returns the number of the entry.
        pub fn sign(&mut self, text: String) -> Result<u64, Refused> {
            let (by, height) = (sender(), block_height());
            ensure!(!self.closed, Refused::Closed);
            let fits = !text.is_empty() && text.len() <= MAX_TEXT_BYTES as usize;
            ensure!(fits, Refused::TextLength { limit: MAX_TEXT_BYTES });
            let from = self.last.get(&by).map_or(0, |last| last.saturating_add(self.pause).saturating_add(1));
            ensure!(height >= from, Refused::TooSoon { from });

            let number = self.count();
            self.entries.push(Entry { by, height, text });
            self.last.insert(by, height);
            emit(Signed { by, number });
            Ok(number)
        }
        // ANCHOR_END: transaction

        // ANCHOR: rights
        /// Closes the book permanently. Only the keeper may call it.
        pub fn close(&mut self) -> Result<(), Refused> {
            ensure!(sender() == self.keeper, Refused::NotKeeper);
            self.closed = true;
            Ok(())
        }
        // ANCHOR_END: rights
    }
}
