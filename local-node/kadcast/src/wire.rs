//! Datagrams: a type, a header, a payload. Integers are little-endian.
//!
//! | type | code | payload |
//! |---|---|---|
//! | ping, pong | 0, 1 | version |
//! | find nodes | 2 | version, target (16 bytes) |
//! | nodes | 3 | version, number (`u16`), peers |
//! | broadcast | 10 | height, length (`u32`), chunk |
//!
//! The header has 25 bytes: id 16, nonce 4, public port `u16`, network `u8`, 2 reserved. A version is `u8`, `u16`,
//! `u16`. A peer is 4 bytes of IPv4, or a zero and 16 bytes of IPv6, then its port and its id. A chunk is the ray id
//! (32 bytes), the object's parameters (12), the number of the source block, that of the symbol (3 bytes, big-endian),
//! and the symbol.
//!
//! As `src/encoding/` of the crate `kadcast` writes them. Bytes after the end, which that crate ignores, are refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::identity::{ID_BYTES, Id, NONCE_BYTES, Nonce};

/// Bytes of the type and the header.
pub const HEADER_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES + 2 + 1 + 2;
/// Bytes of a ray id.
pub const RAY_BYTES: usize = 32;
/// Bytes of an object's parameters.
pub const OBJECT_BYTES: usize = 12;
/// Bytes of a broadcast datagram before the symbol.
pub const BROADCAST_OVERHEAD_BYTES: usize = HEADER_BYTES + 1 + 4 + RAY_BYTES + OBJECT_BYTES + 4;
/// The largest symbol that production takes.
pub const MAX_SYMBOL_BYTES: usize = 8192;
/// The largest datagram that is looked at: a broadcast of the largest symbol.
pub const MAX_DATAGRAM_BYTES: usize = BROADCAST_OVERHEAD_BYTES + MAX_SYMBOL_BYTES;
/// The most peers that an answer may tell: production reads twice a bucket.
pub const MAX_TOLD_PEERS: usize = 40;

/// The place of the public port in a datagram.
const PORT_AT: usize = 1 + ID_BYTES + NONCE_BYTES;

const PING: u8 = 0;
const PONG: u8 = 1;
const FIND_NODES: u8 = 2;
const NODES: u8 = 3;
const BROADCAST: u8 = 10;

/// The Blake2s hash of a message and its length: the same on every hop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RayId(pub [u8; RAY_BYTES]);

impl fmt::Debug for RayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The sender of a datagram, as it states itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its id.
    pub id: Id,
    /// The work for the id.
    pub nonce: Nonce,
    /// Its public port. Answers go to this port and the IP that the datagram came from.
    pub port: u16,
    /// The network, on Dusk the chain id.
    pub network: u8,
}

/// A version of the protocol that the node speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Changes that are not compatible.
    pub major: u8,
    /// Compatible additions.
    pub minor: u16,
    /// Corrections.
    pub patch: u16,
}

impl From<Version> for semver::Version {
    fn from(it: Version) -> Self {
        Self::new(it.major.into(), it.minor.into(), it.patch.into())
    }
}

/// A peer of which another peer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerEntry {
    /// Its public address.
    pub address: SocketAddr,
    /// Its id.
    pub id: Id,
}

/// A part of a message: a symbol of its erasure code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The message.
    pub ray: RayId,
    /// The parameters of the code.
    pub object: [u8; OBJECT_BYTES],
    /// The source block.
    pub block: u8,
    /// The number of the symbol, of 24 bits.
    pub number: u32,
    /// The symbol.
    pub symbol: &'a [u8],
}

/// The content of a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// Asks for a pong.
    Ping(Version),
    /// Answers a ping.
    Pong(Version),
    /// Asks for the peers closest to an id.
    FindNodes {
        /// The sender's version.
        version: Version,
        /// The id.
        target: Id,
    },
    /// Answers [`Body::FindNodes`].
    Nodes {
        /// The sender's version.
        version: Version,
        /// At most [`MAX_TOLD_PEERS`] peers.
        peers: Vec<PeerEntry>,
    },
    /// Carries a part of a message.
    Broadcast {
        /// How far the receiver passes the message on: to its buckets below this height.
        height: u8,
        /// The part.
        chunk: Chunk<'a>,
    },
}

impl Body<'_> {
    /// The sender's version; chunks have none.
    pub const fn version(&self) -> Option<Version> {
        match self {
            Self::Ping(version) | Self::Pong(version) => Some(*version),
            Self::FindNodes { version, .. } | Self::Nodes { version, .. } => Some(*version),
            Self::Broadcast { .. } => None,
        }
    }
}

/// Bytes that are no datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// It ends within a field.
    #[error("the datagram ends early")]
    TooShort,
    /// It is larger than any that is known.
    #[error("the datagram has more than {MAX_DATAGRAM_BYTES} bytes")]
    TooLong,
    /// It goes on after its last field.
    #[error("the datagram has {0} bytes after its end")]
    Trailing(usize),
    /// It has an unknown type.
    #[error("unknown type {0}")]
    UnknownType(u8),
    /// It tells too many peers.
    #[error("{0} peers in one answer, more than {MAX_TOLD_PEERS}")]
    TooManyPeers(u16),
    /// A broadcast's length is not that of what follows.
    #[error("a chunk of {stated} bytes is stated, {found} follow")]
    Length {
        /// The length that it states.
        stated: u32,
        /// The bytes that follow.
        found: usize,
    },
}

/// Reads the header of a datagram.
///
/// # Errors
/// [`WireError::TooShort`], [`WireError::TooLong`].
pub fn decode_header(datagram: &[u8]) -> Result<Header, WireError> {
    if datagram.len() > MAX_DATAGRAM_BYTES {
        return Err(WireError::TooLong);
    }
    let mut rest = Reader(datagram);
    let _type = rest.u8()?;
    let header = Header { id: rest.id()?, nonce: Nonce(rest.take()?), port: rest.u16()?, network: rest.u8()? };
    let _reserved = rest.u16()?;
    Ok(header)
}

/// Reads what follows the header. Allocates for the peers of an answer only.
///
/// # Errors
/// [`WireError`] for everything that is not exactly one datagram.
pub fn decode_body(datagram: &[u8]) -> Result<Body<'_>, WireError> {
    if datagram.len() > MAX_DATAGRAM_BYTES {
        return Err(WireError::TooLong);
    }
    let (kind, _) = datagram.split_first().ok_or(WireError::TooShort)?;
    let mut rest = Reader(datagram.get(HEADER_BYTES..).ok_or(WireError::TooShort)?);
    let body = match *kind {
        PING => Body::Ping(rest.version()?),
        PONG => Body::Pong(rest.version()?),
        FIND_NODES => Body::FindNodes { version: rest.version()?, target: rest.id()? },
        NODES => {
            let version = rest.version()?;
            let number = rest.u16()?;
            if usize::from(number) > MAX_TOLD_PEERS {
                return Err(WireError::TooManyPeers(number));
            }
            Body::Nodes { version, peers: (0..number).map(|_| rest.peer()).collect::<Result<_, _>>()? }
        }
        BROADCAST => Body::Broadcast { height: rest.u8()?, chunk: rest.chunk()? },
        other => return Err(WireError::UnknownType(other)),
    };
    if rest.0.is_empty() { Ok(body) } else { Err(WireError::Trailing(rest.0.len())) }
}

/// The public port that a datagram states, if it is long enough for one.
///
/// Tells peers apart that share an IP before anything else of a datagram is read.
pub fn stated_port(datagram: &[u8]) -> Option<u16> {
    let bytes = datagram.get(PORT_AT..PORT_AT + 2)?;
    Some(u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// Writes a datagram.
pub fn encode(header: &Header, body: &Body<'_>) -> Vec<u8> {
    let kind = match body {
        Body::Ping(_) => PING,
        Body::Pong(_) => PONG,
        Body::FindNodes { .. } => FIND_NODES,
        Body::Nodes { .. } => NODES,
        Body::Broadcast { .. } => BROADCAST,
    };
    let mut out = Vec::with_capacity(encoded_bytes(body));
    out.push(kind);
    out.extend(header.id.to_bytes());
    out.extend(header.nonce.0);
    out.extend(header.port.to_le_bytes());
    out.push(header.network);
    out.extend([0; 2]);
    if let Some(version) = body.version() {
        out.push(version.major);
        out.extend(version.minor.to_le_bytes());
        out.extend(version.patch.to_le_bytes());
    }
    match body {
        Body::Ping(_) | Body::Pong(_) => {}
        Body::FindNodes { target, .. } => out.extend(target.to_bytes()),
        Body::Nodes { peers, .. } => {
            let peers = &peers[..peers.len().min(MAX_TOLD_PEERS)];
            out.extend(u16::try_from(peers.len()).unwrap_or_default().to_le_bytes());
            peers.iter().for_each(|peer| write_peer(peer, &mut out));
        }
        Body::Broadcast { height, chunk } => {
            let length = RAY_BYTES + OBJECT_BYTES + 4 + chunk.symbol.len();
            out.push(*height);
            out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(chunk.ray.0);
            out.extend(chunk.object);
            out.push(chunk.block);
            out.extend(&chunk.number.to_be_bytes()[1..]);
            out.extend(chunk.symbol);
        }
    }
    out
}

/// Room for a datagram, exact for all but answers with IPv6 peers.
fn encoded_bytes(body: &Body<'_>) -> usize {
    match body {
        Body::Broadcast { chunk, .. } => BROADCAST_OVERHEAD_BYTES + chunk.symbol.len(),
        Body::Nodes { peers, .. } => HEADER_BYTES + 7 + peers.len() * 22,
        _ => HEADER_BYTES + 5 + ID_BYTES,
    }
}

fn write_peer(peer: &PeerEntry, out: &mut Vec<u8>) {
    match peer.address.ip() {
        IpAddr::V4(ip) => out.extend(ip.octets()),
        IpAddr::V6(ip) => {
            out.push(0);
            out.extend(ip.octets());
        }
    }
    out.extend(peer.address.port().to_le_bytes());
    out.extend(peer.id.to_bytes());
}

/// The unread rest of a datagram.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(WireError::TooShort)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, WireError> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, WireError> {
        self.take().map(u16::from_le_bytes)
    }

    fn id(&mut self) -> Result<Id, WireError> {
        self.take().map(Id::from_bytes)
    }

    fn version(&mut self) -> Result<Version, WireError> {
        Ok(Version { major: self.u8()?, minor: self.u16()?, patch: self.u16()? })
    }

    fn peer(&mut self) -> Result<PeerEntry, WireError> {
        let first: [u8; 4] = self.take()?;
        let ip = if first[0] == 0 {
            let mut octets = [0; 16];
            octets[..3].copy_from_slice(&first[1..]);
            octets[3..].copy_from_slice(&self.take::<13>()?);
            IpAddr::V6(Ipv6Addr::from(octets))
        } else {
            IpAddr::V4(Ipv4Addr::from(first))
        };
        let port = self.u16()?;
        Ok(PeerEntry { address: SocketAddr::new(ip, port), id: self.id()? })
    }

    fn chunk(&mut self) -> Result<Chunk<'a>, WireError> {
        let stated = self.take().map(u32::from_le_bytes)?;
        if usize::try_from(stated) != Ok(self.0.len()) {
            return Err(WireError::Length { stated, found: self.0.len() });
        }
        let (ray, object) = (RayId(self.take()?), self.take()?);
        let block = self.u8()?;
        let [high, middle, low] = self.take()?;
        let symbol = std::mem::take(&mut self.0);
        if symbol.is_empty() {
            return Err(WireError::TooShort);
        }
        Ok(Chunk { ray, object, block, number: u32::from_be_bytes([0, high, middle, low]), symbol })
    }
}
