//! A message in parts: the symbols that came, and who vouches for each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;

use super::{Object, ray_of};
use crate::limits::Source;
use crate::wire::{Chunk, RayId};

/// The most peers whose chunks of one message are taken. Some three send it when nobody lies.
pub const MAX_SENDERS: usize = 16;
/// The most of these peers that belong to one source. An address has 65,535 ports: without this bound, one false symbol
/// from each of 16 ports would exclude all other senders.
const MAX_SOURCE_SENDERS: usize = 4;
/// The most solutions that are tried for one message. It needs one when nobody lies, seldom two.
pub const MAX_ATTEMPTS: u32 = 16;
/// The charge for a message in parts beside its symbols.
pub const ASSEMBLY_OVERHEAD_BYTES: usize = 1024;
/// The charge for a symbol beside its bytes: its place in a map, the allocation.
pub const SYMBOL_OVERHEAD_BYTES: usize = 128;

/// The result for a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is kept and counts for these bytes.
    New {
        /// Of the symbol and its place.
        bytes: usize,
    },
    /// It was there already.
    Known,
    /// There is no room for its sender or its symbol, or its sender has lied about the message or the symbol.
    Refused,
}

/// A message in parts.
///
/// The same symbol of the same message is always the same; two contents under one number show that a peer lies. Where
/// all symbols together give another message than the ray id names, each sender's own symbols are tried alone. A sender
/// whose own symbols suffice for another message has lied: its symbols are dropped.
#[derive(Debug)]
pub struct Assembly {
    ray: RayId,
    object: Object,
    senders: Vec<Sender>,
    symbols: BTreeMap<u32, Vec<Symbol>>,
    /// How many symbols there must be for the next attempt with all of them.
    next_attempt: usize,
    attempts: u32,
}

#[derive(Debug)]
struct Sender {
    address: SocketAddr,
    symbols: usize,
    next_attempt: usize,
    has_lied: bool,
}

#[derive(Debug)]
struct Symbol {
    bytes: Box<[u8]>,
    /// A bit for each sender that sent it so.
    senders: u16,
}

const _: () = assert!(MAX_SENDERS == u16::BITS as usize, "there is a bit for each sender");

impl Assembly {
    /// An assembly without symbols.
    pub const fn new(ray: RayId, object: Object) -> Self {
        let next_attempt = object.symbols();
        Self { ray, object, senders: Vec::new(), symbols: BTreeMap::new(), next_attempt, attempts: 0 }
    }

    /// Adds a chunk that belongs to the object ([`Object::check`]) and comes from a peer.
    pub fn add(&mut self, from: SocketAddr, chunk: &Chunk<'_>) -> Added {
        let Some(sender) = self.sender(from) else { return Added::Refused };
        if self.senders[sender].has_lied {
            return Added::Refused;
        }
        let bit = 1 << sender;
        let is_full = self.symbols.len() >= self.max_symbols();
        let variants = match self.symbols.entry(chunk.number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_full => return Added::Refused,
            Entry::Vacant(entry) => entry.insert(Vec::with_capacity(1)),
        };
        if let Some(variant) = variants.iter_mut().find(|variant| *variant.bytes == *chunk.symbol) {
            if variant.senders & bit == 0 {
                variant.senders |= bit;
                self.senders[sender].symbols += 1;
            }
            return Added::Known;
        }
        // A sender adds at most one content of a symbol, so a symbol has at most as many contents as senders. With a
        // lower bound, the ports of one address could exclude the right content, with too few symbols to reveal the
        // lie.
        if variants.iter().any(|variant| variant.senders & bit != 0) {
            return Added::Refused;
        }
        variants.push(Symbol { bytes: chunk.symbol.into(), senders: bit });
        self.senders[sender].symbols += 1;
        Added::New { bytes: chunk.symbol.len() + SYMBOL_OVERHEAD_BYTES }
    }

    /// The most symbols that are kept: more than any sender has to send.
    const fn max_symbols(&self) -> usize {
        2 * self.object.symbols() + 64
    }

    fn sender(&mut self, address: SocketAddr) -> Option<usize> {
        let known = self.senders.iter().position(|sender| sender.address == address);
        let source = Source::of(address);
        let of_source = self.senders.iter().filter(|sender| Source::of(sender.address) == source).count();
        if known.is_none() && self.senders.len() < MAX_SENDERS && of_source < MAX_SOURCE_SENDERS {
            let next_attempt = self.object.symbols();
            self.senders.push(Sender { address, symbols: 0, next_attempt, has_lied: false });
            return Some(self.senders.len() - 1);
        }
        known
    }

    /// The message, as soon as the symbols suffice for it.
    pub fn solve(&mut self) -> Option<Vec<u8>> {
        while self.symbols.len() >= self.next_attempt && !self.is_hopeless() {
            let liars = self.liars().count();
            if let Some(message) = self.attempt_with_all() {
                return Some(message);
            }
            // With one sender, its symbols are all.
            let senders = if self.senders.len() == 1 { 0 } else { self.senders.len() };
            if let Some(message) = (0..senders).find_map(|sender| self.attempt_with_one(sender)) {
                return Some(message);
            }
            if self.liars().count() == liars {
                break;
            }
        }
        None
    }

    /// Whether too many attempts to decode the message failed.
    pub const fn is_hopeless(&self) -> bool {
        self.attempts >= MAX_ATTEMPTS
    }

    /// The peers that sent symbols, without those that lied.
    pub fn senders(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.senders.iter().filter(|sender| !sender.has_lied).map(|sender| sender.address)
    }

    /// The peers that sent symbols of another message under this one's id.
    pub fn liars(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.senders.iter().filter(|sender| sender.has_lied).map(|sender| sender.address)
    }

    /// Drops the symbols that only these peers vouch for, and what the peers vouch for otherwise. Gives the bytes that
    /// the dropped ones counted for.
    pub fn forget(&mut self, is_gone: impl Fn(SocketAddr) -> bool) -> usize {
        let places = self.senders.iter().enumerate().filter(|(_, sender)| is_gone(sender.address));
        let bits = places.fold(0, |bits, (place, _)| bits | 1 << place);
        let mut freed = 0;
        for variants in self.symbols.values_mut() {
            variants.retain_mut(|variant| {
                variant.senders &= !bits;
                let stays = variant.senders != 0;
                if !stays {
                    freed += variant.bytes.len() + SYMBOL_OVERHEAD_BYTES;
                }
                stays
            });
        }
        self.symbols.retain(|_, variants| !variants.is_empty());
        for sender in self.senders.iter_mut().filter(|sender| is_gone(sender.address)) {
            sender.symbols = 0;
        }
        freed
    }

    /// Whether no symbol is there.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    fn attempt_with_all(&mut self) -> Option<Vec<u8>> {
        self.attempts += 1;
        self.next_attempt = next_attempt(self.symbols.len());
        // Of contents that differ, the one that most senders vouch for.
        let symbols = self.symbols.iter().filter_map(|(number, variants)| {
            let variant = variants.iter().max_by_key(|variant| variant.senders.count_ones())?;
            Some((*number, &*variant.bytes))
        });
        let message = self.object.decode(symbols)?;
        if ray_of(&message) == self.ray {
            return Some(message);
        }
        if self.senders.len() == 1 {
            self.drop_symbols_of(0);
        }
        None
    }

    fn attempt_with_one(&mut self, sender: usize) -> Option<Vec<u8>> {
        let Sender { symbols, next_attempt: needed, has_lied, .. } = self.senders[sender];
        if has_lied || symbols < needed || self.attempts >= MAX_ATTEMPTS {
            return None;
        }
        self.attempts += 1;
        self.senders[sender].next_attempt = next_attempt(symbols);
        let bit = 1 << sender;
        let own = self.symbols.iter().filter_map(|(number, variants)| {
            let variant = variants.iter().find(|variant| variant.senders & bit != 0)?;
            Some((*number, &*variant.bytes))
        });
        let message = self.object.decode(own)?;
        if ray_of(&message) == self.ray {
            return Some(message);
        }
        self.drop_symbols_of(sender);
        None
    }

    /// Drops what only a liar vouches for.
    fn drop_symbols_of(&mut self, sender: usize) {
        self.senders[sender].has_lied = true;
        let bit = 1 << sender;
        for variants in self.symbols.values_mut() {
            variants.iter_mut().for_each(|variant| variant.senders &= !bit);
            variants.retain(|variant| variant.senders != 0);
        }
        self.symbols.retain(|_, variants| !variants.is_empty());
        self.next_attempt = self.object.symbols();
    }
}

/// With how many symbols to try again: one more is nearly always enough, so that what fails twice is not honest.
fn next_attempt(symbols: usize) -> usize {
    symbols + 1 + symbols / 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::Encoded;

    fn sender(number: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, number], 9000))
    }

    fn assembly(encoded: &Encoded) -> Assembly {
        let object = Object::parse(&encoded.chunk(0).unwrap().object, usize::MAX).unwrap();
        Assembly::new(encoded.ray(), object)
    }

    #[test]
    fn symbols_of_several_senders_make_one_message() {
        let message = vec![5; 20 * 1296];
        let encoded = Encoded::new(&message);
        let mut assembly = assembly(&encoded);
        for place in 0..19 {
            assembly.add(sender(place % 3), &encoded.chunk(place.into()).unwrap());
            assert_eq!(assembly.solve(), None);
        }
        assert_eq!(assembly.add(sender(4), &encoded.chunk(3).unwrap()), Added::Known);
        assert_eq!(assembly.solve(), None);
        assembly.add(sender(4), &encoded.chunk(22).unwrap());
        // A repair symbol in place of a source symbol suffices nearly always; one more always here.
        let solved = assembly.solve().or_else(|| {
            assembly.add(sender(4), &encoded.chunk(23).unwrap());
            assembly.solve()
        });
        assert_eq!(solved, Some(message));
        assert_eq!(assembly.senders().count(), 4);
        assert_eq!(assembly.liars().count(), 0);
    }

    #[test]
    fn a_sender_of_another_message_under_the_same_id_is_named() {
        let message = vec![5; 10 * 1296];
        let (encoded, other) = (Encoded::new(&message), Encoded::new(&vec![6; 10 * 1296]));
        let mut assembly = assembly(&encoded);
        for place in 0..10 {
            let chunk = Chunk { ray: encoded.ray(), ..other.chunk(place).unwrap() };
            assembly.add(sender(1), &chunk);
            assert_eq!(assembly.solve(), None);
        }
        assert_eq!(assembly.liars().collect::<Vec<_>>(), [sender(1)]);
        assert!(assembly.is_empty());
        assert_eq!(assembly.add(sender(1), &encoded.chunk(0).unwrap()), Added::Refused);
        let solved = (0..10).find_map(|place| {
            assembly.add(sender(2), &encoded.chunk(place).unwrap());
            assembly.solve()
        });
        assert_eq!(solved, Some(message));
        assert_eq!(assembly.senders().collect::<Vec<_>>(), [sender(2)]);
    }

    #[test]
    fn liars_in_company_do_not_outvote_an_honest_sender() {
        let message = vec![5; 10 * 1296];
        let (encoded, other) = (Encoded::new(&message), Encoded::new(&vec![6; 10 * 1296]));
        let mut assembly = assembly(&encoded);
        let mut solved = None;
        for place in 0..encoded.len() {
            let lie = Chunk { ray: encoded.ray(), ..other.chunk(place).unwrap() };
            for liar in 1..=5 {
                assembly.add(sender(liar), &lie);
            }
            assembly.add(sender(9), &encoded.chunk(place).unwrap());
            solved = solved.or_else(|| assembly.solve());
        }
        assert_eq!(solved, Some(message));
        assert_eq!(assembly.liars().count(), 5);
    }

    #[test]
    fn the_ports_of_one_address_do_not_keep_others_out() {
        let message = vec![5; 3 * 1296];
        let encoded = Encoded::new(&message);
        let mut assembly = assembly(&encoded);
        let wrong = vec![1; 1296];
        for port in 9000..9100 {
            let from = SocketAddr::from(([10, 0, 0, 1], port));
            assembly.add(from, &Chunk { symbol: &wrong, ..encoded.chunk(0).unwrap() });
        }
        let solved = (0..encoded.len()).find_map(|place| {
            assembly.add(sender(2), &encoded.chunk(place).unwrap());
            assembly.solve()
        });
        assert_eq!(solved, Some(message));
    }

    #[test]
    fn the_contents_of_one_address_do_not_keep_others_out() {
        let message = vec![5; 20 * 1296];
        let encoded = Encoded::new(&message);
        let mut assembly = assembly(&encoded);
        for port in 9000..9004_u16 {
            let (from, wrong) = (SocketAddr::from(([10, 0, 0, 1], port)), vec![port.to_le_bytes()[0]; 1296]);
            // One too few to decode another message, which would show the lie.
            for place in 0..19 {
                let chunk = Chunk { symbol: &wrong, ..encoded.chunk(place).unwrap() };
                assert!(matches!(assembly.add(from, &chunk), Added::New { .. }));
                assert_eq!(assembly.solve(), None);
            }
        }
        let solved = (0..encoded.len()).find_map(|place| {
            assembly.add(sender(2), &encoded.chunk(place).unwrap());
            assembly.solve()
        });
        assert_eq!(solved, Some(message));
    }

    #[test]
    fn senders_symbols_and_attempts_are_bounded() {
        let encoded = Encoded::new(&vec![5; 3 * 1296]);
        let mut assembly = assembly(&encoded);
        let symbol = vec![1; 1296];
        let mut kept = 0;
        for number in 0..1000 {
            let chunk = Chunk { number, symbol: &symbol, ..encoded.chunk(0).unwrap() };
            for from in 0..40 {
                kept += usize::from(matches!(assembly.add(sender(from), &chunk), Added::New { .. }));
            }
            assert_eq!(assembly.solve(), None);
        }
        assert!(kept <= assembly.max_symbols(), "{kept}");
        assert!(assembly.attempts <= MAX_ATTEMPTS);
        assert!(assembly.senders.len() <= MAX_SENDERS);
    }
}
