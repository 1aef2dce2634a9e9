//! Settings of an endpoint.

use std::net::SocketAddr;
use std::time::Duration;

use semver::VersionReq;

use crate::identity::{ACCEPTED_WORK_BITS, Identity};
use crate::limits::Rates;
use crate::outgoing::OutgoingBounds;
use crate::rays::RayBounds;
use crate::wire::Version;

/// The protocol version of the production node.
pub const PROTOCOL_VERSION: Version = Version { major: 1, minor: 0, patch: 0 };

/// Settings of an endpoint. The defaults are production's, where production has the setting.
#[derive(Debug, Clone)]
pub struct Config {
    /// This node's identity.
    pub identity: Identity,
    /// The network: datagrams of others are refused. On Dusk it is the chain id.
    pub network: u8,
    /// The version that this node states.
    pub version: Version,
    /// The versions that others may state. Production's requirement `1.0.0` means `^1.0.0`.
    pub accepts: VersionReq,
    /// Where to ask for peers first.
    pub bootstrap: Vec<SocketAddr>,
    /// With fewer peers alive, the bootstrap nodes are asked again.
    pub min_peers: usize,
    /// A peer that was silent for so long is pinged, and gives its place up for another if it does not answer.
    pub node_ttl: Duration,
    /// How long an answer to a ping may take.
    pub ping_timeout: Duration,
    /// How long an answer to a question for peers may take before another peer is asked.
    pub answer_timeout: Duration,
    /// How often buckets that are not full are refreshed. The first times after the start follow sooner.
    pub bucket_ttl: Duration,
    /// Rates for what comes in.
    pub rates: Rates,
    /// Bounds of messages that come in.
    pub rays: RayBounds,
    /// Bounds of messages whose verdict is awaited.
    pub unjudged: UnjudgedBounds,
    /// Bounds of messages that leave.
    pub outgoing: OutgoingBounds,
}

impl Config {
    /// The settings of a node of production's version on a network.
    pub fn new(identity: Identity, network: u8) -> Self {
        let version = PROTOCOL_VERSION;
        let comparator = semver::Comparator {
            op: semver::Op::Caret,
            major: version.major.into(),
            minor: Some(version.minor.into()),
            patch: Some(version.patch.into()),
            pre: semver::Prerelease::EMPTY,
        };
        Self {
            identity,
            network,
            version,
            accepts: VersionReq { comparators: vec![comparator] },
            bootstrap: Vec::new(),
            min_peers: 3,
            node_ttl: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(1),
            bucket_ttl: Duration::from_secs(60 * 60),
            rates: Rates::default(),
            rays: RayBounds::default(),
            unjudged: UnjudgedBounds::default(),
            outgoing: OutgoingBounds::default(),
        }
    }

    /// Checks the settings.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !crate::identity::is_reachable(self.identity.address()) {
            return Err(ConfigError::Address(self.identity.address()));
        }
        if !self.identity.nonce().proves(self.identity.id(), ACCEPTED_WORK_BITS) {
            return Err(ConfigError::Work);
        }
        Ok(())
    }
}

/// Bounds of messages that wait for the node's verdict, and of those that the node has not taken yet. Further ones are
/// dropped, and can come again from other peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnjudgedBounds {
    /// The most messages.
    pub messages: usize,
    /// The most bytes. One message always finds room.
    pub bytes: usize,
    /// How long the node may take. Then the message counts as ignored.
    pub ttl: Duration,
}

impl Default for UnjudgedBounds {
    fn default() -> Self {
        Self { messages: 4096, bytes: 64 << 20, ttl: Duration::from_secs(60) }
    }
}

/// Settings that no endpoint can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Peers cannot reach the public address.
    #[error("peers cannot reach the public address {0}")]
    Address(SocketAddr),
    /// Peers refuse an identity with so little work.
    #[error("the identity shows less than {ACCEPTED_WORK_BITS} bits of work")]
    Work,
}
