//! The comparison of the state that a transaction changed, in four runs.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use dusk_sdk_protocol::observation::{Changed, FindingKind, Observation, Page};

use super::compare::{At, Comparison, Doubt, Verdict, count, two, verdict};
use super::contracts::is_genesis;
use super::private::Declaration;
use super::values::fits;

/// The unit in which contents are compared, in bytes: a shorter one is equal by chance too often.
const WORD_BYTES: usize = 4;
/// Whole blocks are compared first, because most of a page is the same in all runs.
const BLOCK_BYTES: usize = 64 * WORD_BYTES;

impl Comparison<'_> {
    /// Compares which contracts and pages changed, the lengths of memories, and the contents. Gives the number of
    /// pages.
    pub(super) fn pages(&mut self, at: &At, seen: [&Observation; 4]) -> u32 {
        let contracts = self.contracts;
        let changed = seen
            .map(|it| it.changes.iter().map(|change| contracts.name(&change.contract)).collect::<Vec<_>>().join(", "));
        if verdict(changed.each_ref()) != Verdict::Same {
            self.found(FindingKind::Pages, at, "contracts whose state changed", two(changed.each_ref()));
        }
        for change in &seen[0].changes {
            let other = |run: usize| seen[run].changes.iter().find(|other| other.contract == change.contract);
            let (Some(b), Some(c), Some(d)) = (other(1), other(2), other(3)) else { continue };
            self.contract(at, [change, b, c, d]);
        }
        count(seen[0].changes.iter().map(|change| change.pages.len()).sum())
    }

    fn contract(&mut self, at: &At, changes: [&Changed; 4]) {
        let name = self.contracts.name(&changes[0].contract);
        let lengths = changes.map(|change| change.length);
        if verdict(lengths.each_ref()) != Verdict::Same {
            let what = format!("length of the memory of {name} in bytes");
            self.found(FindingKind::Size, at, &what, two(lengths.each_ref()));
        }
        let lists = changes.map(|change| {
            let pages = change.pages.iter().map(|page| page.index.to_string());
            format!("{} ({})", change.pages.len(), pages.collect::<Vec<_>>().join(", "))
        });
        if verdict(lists.each_ref()) != Verdict::Same {
            self.found(FindingKind::Pages, at, &format!("changed pages of {name}"), two(lists.each_ref()));
        }
        // The chain's own contracts hold balances, which follow from the gas.
        let follows_from_gas = self.gas_varies && is_genesis(&changes[0].contract);
        if follows_from_gas || self.is_public(&name) {
            return;
        }
        let id = changes[0].contract.to_bytes();
        for page in &changes[0].pages {
            let other = |run: usize| changes[run].pages.iter().find(|other| other.index == page.index);
            let (Some(b), Some(c), Some(d)) = (other(1), other(2), other(3)) else { continue };
            self.content(at, &name, id, [page, b, c, d]);
        }
    }

    /// Whether the content of a contract's state is declared public.
    fn is_public(&mut self, name: &str) -> bool {
        let declared = self.declared;
        let place = declared.iter().position(|it| {
            matches!(it, Declaration::Public(place, _) if place.last().is_some_and(|last| last == "state")
                && fits(place, &[name, "state"], &[]))
        });
        place.is_some_and(|index| {
            self.used.insert(index);
            true
        })
    }

    /// Looks for words that depend on private values alone. A word that random values change as well counts as random:
    /// the state comes from the arguments of calls, and these were compared.
    fn content(&mut self, at: &At, name: &str, id: [u8; 32], pages: [&Page; 4]) {
        let mut places = Vec::new();
        for part in &pages[0].parts {
            let other = |run: usize| pages[run].parts.iter().find(|other| other.offset == part.offset);
            let (Some(b), Some(c), Some(d)) = (other(1), other(2), other(3)) else { continue };
            let parts = [part, b, c, d].map(|part| part.bytes.bytes.as_slice());
            let length = parts.iter().map(|bytes| bytes.len()).min().unwrap_or_default();
            for from in (0..length).step_by(BLOCK_BYTES) {
                let blocks = parts.map(|bytes| &bytes[from..length.min(from + BLOCK_BYTES)]);
                if verdict(blocks.each_ref()) == Verdict::Same {
                    continue;
                }
                for at_word in (0..blocks[0].len()).step_by(WORD_BYTES) {
                    let word = blocks.map(|block| &block[at_word..block.len().min(at_word + WORD_BYTES)]);
                    let offset = part.offset + (from + at_word) as u64;
                    if verdict(word.each_ref()) == Verdict::Fixed
                        && self.seems_fixed(Doubt::Word(at.call, id, offset))
                        && self.reported.insert((id, offset))
                    {
                        places.push((offset, (word[0].to_vec(), word[1].to_vec())));
                    }
                }
            }
        }
        let Some((offset, (one, other))) = places.first() else { return };
        let hex = |bytes: &[u8]| {
            let mut text = alloc::string::String::new();
            crate::text::push_hex(&mut text, bytes);
            text
        };
        let more = if places.len() > 1 {
            format!(", and {} more words of the page", places.len() - 1)
        } else {
            "".to_string()
        };
        let text = format!("{} with one set of private values, {} with the other{more}", hex(one), hex(other));
        let what = format!("state of {name}, page {}, offset {offset:#x}", pages[0].index);
        self.found(FindingKind::Content, at, &what, text);
    }
}
