//! Addresses of holders, to which senders send notes.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use dusk_sdk_circuit::native::{NotAPoint, Point};
use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::prelude::contract_type;
use crate::{base58, crypto};

/// The first byte of an address: the version of this format.
const VERSION: u8 = 1;
/// The bytes of the version, the owner and the reading key.
const BODY_BYTES: usize = 1 + 32 + 32;
/// The bytes that detect a typing error.
const CHECK_BYTES: usize = 4;

/// The data that a sender needs of a receiver.
///
/// Its text form is the base58 text of a version, both parts, and four bytes of a hash of them.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The owner of its notes.
    pub owner: Field,
    /// The bytes of its public reading key, to which [`NoteCipher`](super::NoteCipher)s are sealed.
    pub reading: [u8; 32],
}

/// The reason why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAnAddress {
    /// It is not base58 text of that length.
    Text,
    /// A character differs from the original: the last bytes are not the hash of the others.
    Checksum,
    /// It is of another version of the format.
    Version {
        /// The version.
        found: u8,
    },
    /// The owner is not a field element.
    Owner,
    /// The reading key is not a point.
    Reading(NotAPoint),
    /// The reading key is the neutral point, so anybody could read.
    Neutral,
}

impl Address {
    /// The reading key.
    ///
    /// # Errors
    /// [`NotAnAddress::Reading`] and [`NotAnAddress::Neutral`].
    pub fn reading_key(&self) -> Result<Point, NotAnAddress> {
        let point = Point::from_bytes(&self.reading).map_err(NotAnAddress::Reading)?;
        if point == Point::IDENTITY { Err(NotAnAddress::Neutral) } else { Ok(point) }
    }

    fn body(&self) -> [u8; BODY_BYTES] {
        let mut body = [VERSION; BODY_BYTES];
        body[1..33].copy_from_slice(&self.owner.to_bytes());
        body[33..].copy_from_slice(&self.reading);
        body
    }
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = crypto::hash(body).to_bytes();
    core::array::from_fn(|i| hash[i])
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut bytes, body) = ([0; BODY_BYTES + CHECK_BYTES], self.body());
        bytes[..BODY_BYTES].copy_from_slice(&body);
        bytes[BODY_BYTES..].copy_from_slice(&check(&body));
        let text: String = base58::encode(&bytes);
        f.write_str(&text)
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let bytes = base58::decode(text, BODY_BYTES + CHECK_BYTES).ok_or(NotAnAddress::Text)?;
        let (body, sum) = bytes.split_at(BODY_BYTES);
        if sum != check(body) {
            return Err(NotAnAddress::Checksum);
        }
        if body[0] != VERSION {
            return Err(NotAnAddress::Version { found: body[0] });
        }
        let half = |from: usize| core::array::from_fn(|i| body[from + i]);
        let owner = Field::from_bytes(&half(1)).map_err(|_| NotAnAddress::Owner)?;
        let address = Self { owner, reading: half(33) };
        address.reading_key()?;
        Ok(address)
    }
}

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("an address is base58 text of 69 bytes"),
            Self::Checksum => f.write_str("the address has a typing error: its check does not match"),
            Self::Version { found } => write!(f, "the address has version {found}, and this program knows {VERSION}"),
            Self::Owner => f.write_str("the address names an owner that is not a field element"),
            Self::Reading(error) => write!(f, "the reading key of the address: {error}"),
            Self::Neutral => f.write_str("the reading key of the address is the neutral point, which hides nothing"),
        }
    }
}

impl core::error::Error for NotAnAddress {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::super::Keys;
    use super::*;

    fn text(version: u8, owner: [u8; 32], reading: [u8; 32]) -> String {
        let mut bytes: Vec<u8> = [&[version][..], &owner, &reading].concat();
        bytes.extend(check(&bytes));
        base58::encode(&bytes)
    }

    #[test]
    fn an_address_survives_its_text() {
        let address = Keys::from_seed(&[3; 64], 0).address();
        let written = address.to_string();
        assert_eq!(written.parse(), Ok(address));
        assert_eq!(written[..written.len() - 1].parse::<Address>(), Err(NotAnAddress::Text));
        let last = if written.ends_with('2') { "3" } else { "2" };
        let changed = [&written[..written.len() - 1], last].concat();
        assert_eq!(changed.parse::<Address>(), Err(NotAnAddress::Checksum));
    }

    #[test]
    fn a_strange_address_is_refused_with_its_reason() {
        let (owner, reading) = ([0; 32], Point::GENERATOR.to_bytes());
        assert!(text(VERSION, owner, reading).parse::<Address>().is_ok());
        assert_eq!(text(9, owner, reading).parse::<Address>(), Err(NotAnAddress::Version { found: 9 }));
        assert_eq!(text(VERSION, [0xff; 32], reading).parse::<Address>(), Err(NotAnAddress::Owner));
        let neutral = Point::IDENTITY.to_bytes();
        assert_eq!(text(VERSION, owner, neutral).parse::<Address>(), Err(NotAnAddress::Neutral));
        // The point (0, -1) of order two.
        let small = (-Field::from(1)).to_bytes();
        let refused = text(VERSION, owner, small).parse::<Address>();
        assert_eq!(refused, Err(NotAnAddress::Reading(NotAPoint::OutsideSubgroup)));
    }
}
