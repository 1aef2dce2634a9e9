//! Identities: ids bound to addresses, their proof of work, and the distance between ids.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use blake2::{Blake2s256, Digest};

/// Bytes of an id.
pub const ID_BYTES: usize = 16;
/// Bytes of the nonce that proves an id's work.
pub const NONCE_BYTES: usize = 4;
/// Distances between different ids: a table has a bucket for each.
pub const HEIGHTS: u8 = 128;
/// The work that a node does for its own id, as in production (`K_DIFF_PRODUCED_BIT` of the crate `kadcast`).
pub const PRODUCED_WORK_BITS: u32 = 20;
/// The work that others must show, as in production (`K_DIFF_MIN_BIT`).
pub const ACCEPTED_WORK_BITS: u32 = 8;

/// A bucket, or how far a message still goes: the place of the highest bit in which two ids differ, 0 to 127.
///
/// On the wire it is a byte; larger values than 127 are refused.
pub type Height = u8;

/// The id of a node: the first 16 bytes of the Blake2s hash of its public port and IP.
///
/// Its number is read little-endian (`src/kbucket/key.rs` of the crate `kadcast`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; ID_BYTES]);

impl Id {
    /// Takes an id from the wire.
    pub const fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// The id of the node that is reached at an address.
    pub fn of(address: SocketAddr) -> Self {
        let mut hash = Blake2s256::new();
        hash.update(address.port().to_le_bytes());
        match address.ip() {
            IpAddr::V4(ip) => hash.update(ip.octets()),
            IpAddr::V6(ip) => hash.update(ip.octets()),
        }
        let hash = hash.finalize();
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&hash[..ID_BYTES]);
        Self(id)
    }

    /// The bytes on the wire.
    pub const fn to_bytes(self) -> [u8; ID_BYTES] {
        self.0
    }

    /// The XOR of two ids as a number.
    pub const fn distance(self, other: Self) -> u128 {
        u128::from_le_bytes(self.0) ^ u128::from_le_bytes(other.0)
    }

    /// The bucket of another id, `None` for the id itself.
    pub const fn height_of(self, other: Self) -> Option<Height> {
        match self.distance(other).checked_ilog2() {
            // At most 127, so the low byte is all of it.
            Some(height) => Some(height.to_le_bytes()[0]),
            None => None,
        }
    }

    /// An id in a bucket of this one. `random` chooses among those of the bucket.
    ///
    /// # Panics
    /// If the height is not below [`HEIGHTS`].
    #[must_use]
    pub const fn in_bucket(self, height: Height, random: u128) -> Self {
        assert!(height < HEIGHTS, "there is no such bucket");
        let bit = 1u128 << height;
        Self((u128::from_le_bytes(self.0) ^ bit ^ (random & (bit - 1))).to_le_bytes())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The number that proves the work of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; NONCE_BYTES]);

impl Nonce {
    /// Whether the nonce shows at least this work for an id.
    ///
    /// The hash of id and nonce is read from its last byte backwards: whole bytes must be zero, and of the byte after
    /// them as many of the lowest bits as are left.
    pub fn proves(self, id: Id, bits: u32) -> bool {
        let mut hash = Blake2s256::new();
        hash.update(id.0);
        hash.update(self.0);
        let mut left = bits;
        for byte in hash.finalize().iter().rev() {
            if left <= u8::BITS {
                return byte.trailing_zeros() >= left;
            }
            if *byte != 0 {
                return false;
            }
            left -= u8::BITS;
        }
        false
    }
}

/// The identity of a node: its public address, the id that follows from it, and the proof of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    address: SocketAddr,
    id: Id,
    nonce: Nonce,
}

impl Identity {
    /// Makes the identity of the node at a public address: about 2^`work_bits` hashes, a third of a second for
    /// [`PRODUCED_WORK_BITS`]. The same address always gives the same identity.
    ///
    /// # Panics
    /// If no nonce of 32 bits shows the work. For 20 bits the probability is below e^-4000.
    pub fn produce(address: SocketAddr, work_bits: u32) -> Self {
        let address = canonical(address);
        let id = Id::of(address);
        let mut nonces = (0..=u32::MAX).map(|nonce| Nonce(nonce.to_le_bytes()));
        let nonce = nonces.find(|nonce| nonce.proves(id, work_bits)).expect("one of 2^32 nonces shows the work");
        Self { address, id, nonce }
    }

    /// The identity of the node at a public address, with a nonce that was found before. `None` if the nonce does not
    /// show this work for the address.
    pub fn with_nonce(address: SocketAddr, nonce: Nonce, work_bits: u32) -> Option<Self> {
        let address = canonical(address);
        let id = Id::of(address);
        nonce.proves(id, work_bits).then_some(Self { address, id, nonce })
    }

    /// The public address.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the address.
    pub const fn id(&self) -> Id {
        self.id
    }

    /// The proof of work.
    pub const fn nonce(&self) -> Nonce {
        self.nonce
    }
}

/// An address with an IPv4 address written as such, not as one of IPv6.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether a node can be reached at an address, and peers can be told of it.
///
/// The wire takes a first byte of 0 for an IPv6 address, so IPv4 addresses that begin with 0 cannot be told.
pub(crate) fn is_reachable(address: SocketAddr) -> bool {
    let ip_is_usable = match address.ip() {
        IpAddr::V4(ip) => ip.octets()[0] != 0 && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    };
    ip_is_usable && address.port() != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn heights_are_the_highest_bits_of_little_endian_numbers() {
        let zero = Id::from_bytes([0; 16]);
        for height in 0..HEIGHTS {
            let mut bytes = [0; 16];
            bytes[usize::from(height / 8)] = 1 << (height % 8);
            assert_eq!(zero.height_of(Id::from_bytes(bytes)), Some(height));
            let other = zero.in_bucket(height, u128::MAX);
            assert_eq!(zero.height_of(other), Some(height));
            assert_eq!(other.height_of(zero), Some(height));
        }
        assert_eq!(zero.height_of(zero), None);
    }

    #[test]
    fn work_is_counted_from_the_last_byte_of_the_hash() {
        let identity = Identity::produce(address("192.168.0.1:666"), 16);
        let mut hash = Blake2s256::new();
        hash.update(identity.id().to_bytes());
        hash.update(identity.nonce().0);
        let hash = hash.finalize();
        assert_eq!(hash[30..], [0, 0]);
        let third = hash[29].trailing_zeros();
        assert!(identity.nonce().proves(identity.id(), 16 + third));
        assert!(!identity.nonce().proves(identity.id(), 17 + third));
        assert!(identity.nonce().proves(identity.id(), 0));
        assert!(!identity.nonce().proves(identity.id(), 257));
    }

    #[test]
    fn a_nonce_makes_an_identity_only_for_the_address_that_it_was_found_for() {
        let (own, other) = (address("192.168.0.1:666"), address("192.168.0.1:667"));
        let identity = Identity::produce(own, 16);
        assert_eq!(Identity::with_nonce(own, identity.nonce(), 16), Some(identity));
        assert_eq!(Identity::with_nonce(address("[::ffff:192.168.0.1]:666"), identity.nonce(), 16), Some(identity));
        assert_eq!(Identity::with_nonce(own, identity.nonce(), 256), None);
        let [mine, theirs] = [own, other].map(|address| Identity::produce(address, 16).nonce());
        assert_ne!(mine, theirs);
        assert_eq!(Identity::with_nonce(other, mine, 16), None);
    }

    #[test]
    fn ids_are_bound_to_ip_and_port() {
        let id = Id::of(address("10.0.0.1:333"));
        assert_ne!(id, Id::of(address("10.0.0.1:334")));
        assert_ne!(id, Id::of(address("10.0.0.2:333")));
        assert_eq!(id, Id::of(canonical(address("[::ffff:10.0.0.1]:333"))));
    }

    #[test]
    fn unreachable_addresses_are_told_apart() {
        for text in ["0.1.2.3:1", "1.2.3.4:0", "224.0.0.1:9", "255.255.255.255:9", "[::]:9", "[ff02::1]:9"] {
            assert!(!is_reachable(address(text)), "{text}");
        }
        for text in ["127.0.0.1:1", "8.8.8.8:65535", "[2001:db8::1]:9"] {
            assert!(is_reachable(address(text)), "{text}");
        }
    }
}
