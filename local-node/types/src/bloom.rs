//! The bloom filter over the events of a block.
//!
//! 2048 bits, shaped as Ethereum's, hashed with BLAKE3-256. Source: the book, "Consensus", section "Structures".

use std::fmt;

use crate::codec::{Decode, DecodeError, Encode, Reader};
use dusk_sdk_protocol::execution::Event;

/// Bytes of a bloom filter.
pub const BLOOM_BYTES: usize = 256;

/// Tells which events a block may hold: never wrong about "not here", sometimes wrong about "here".
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bloom(pub [u8; BLOOM_BYTES]);

impl Bloom {
    /// The filter over `events`.
    ///
    /// The caller chooses them: from the fork Boreas on, events of calls that were undone are left out.
    #[must_use]
    pub fn over<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut bloom = Self::default();
        for event in events {
            bloom.add_event(event);
        }
        bloom
    }

    /// Adds an event, as (contract, topic) and as (contract, topic, data).
    pub fn add_event(&mut self, event: &Event) {
        let contract: &[u8] = event.source.as_bytes();
        self.add(&[contract, event.topic.as_bytes()]);
        self.add(&[contract, event.topic.as_bytes(), &event.data]);
    }

    /// Whether an event of this contract with this topic may be in the filter.
    #[must_use]
    pub fn may_hold(&self, contract: &[u8; 32], topic: &str) -> bool {
        bits(&[contract, topic.as_bytes()]).iter().all(|&(byte, bit)| self.0[byte] & bit != 0)
    }

    /// Adds the concatenation of `parts`.
    fn add(&mut self, parts: &[&[u8]]) {
        for (byte, bit) in bits(parts) {
            self.0[byte] |= bit;
        }
    }
}

/// The three bits that stand for the concatenation of `parts`, as (byte, mask).
fn bits(parts: &[&[u8]]) -> [(usize, u8); 3] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let hash = hasher.finalize();
    [0, 2, 4].map(|at| {
        let [high, low] = [hash.as_bytes()[at], hash.as_bytes()[at + 1]];
        let index = usize::from(u16::from_be_bytes([high, low]) & 0x7ff);
        (BLOOM_BYTES - 1 - (index >> 3), 1 << (low & 7))
    })
}

impl Default for Bloom {
    fn default() -> Self {
        Self([0; BLOOM_BYTES])
    }
}

impl fmt::Debug for Bloom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: u32 = self.0.iter().map(|byte| byte.count_ones()).sum();
        write!(f, "Bloom({set} bits)")
    }
}

impl Encode for Bloom {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for Bloom {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::abi::ContractId;

    use super::*;

    #[test]
    fn holds_what_was_added() {
        let event = Event {
            source: ContractId::from_bytes([7; 32]),
            topic: "moved".to_owned(),
            data: vec![1, 2, 3],
            reverted: false,
        };
        let bloom = Bloom::over([&event]);
        assert!(bloom.may_hold(&[7; 32], "moved"));
        assert!(!bloom.may_hold(&[7; 32], "kept"));
        assert!(!bloom.may_hold(&[8; 32], "moved"));
        assert!(!Bloom::default().may_hold(&[7; 32], "moved"));
    }

    #[test]
    fn the_bits_of_a_known_input() {
        // BLAKE3 of nothing begins af 13 49 b9 f5 f9.
        let (expected, found) = ([0xaf13_u16, 0x49b9, 0xf5f9], bits(&[b""]));
        for (value, (byte, mask)) in expected.into_iter().zip(found) {
            let value = value & 0x7ff;
            assert_eq!(byte, 255 - usize::from(value / 8));
            assert_eq!(mask, 1 << (value % 8));
        }
    }
}
