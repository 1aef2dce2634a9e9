//! Which feature of the chain is active at which height.
//!
//! A *profile* is a table of activation heights. The public networks have theirs (the book, "The virtual machine",
//! section "Forks and features"); every other chain starts with everything on at height 1. Height 0 is genesis.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Gas charged for each byte of a deployed module.
pub const GAS_PER_DEPLOY_BYTE: u64 = 100;
/// The least gas charged for a deployment.
pub const MIN_DEPLOY_GAS: u64 = 5_000_000;
/// The least gas price of a deployment, in LUX.
pub const MIN_DEPLOY_GAS_PRICE: u64 = 2_000;
/// Gas charged for each blob of a transaction.
pub const GAS_PER_BLOB: u64 = 1_000_000;
/// The most gas that the transactions of one block may spend.
pub const BLOCK_GAS_LIMIT: u64 = 3_000_000_000;
/// The least gas limit that a mempool accepts.
pub const MIN_GAS_LIMIT: u64 = 75_000;
/// Gas that one feeder query may spend.
pub const FEEDER_GAS_LIMIT: u64 = 3_000_000_000;
/// LUX in one DUSK.
pub const LUX_PER_DUSK: u64 = 1_000_000_000;

/// A named table of activation heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// All features are active from height 1, except those that forbid 32-bit memories, other contracts or Phoenix.
    #[default]
    Local,
    /// The public test network, chain 2.
    Testnet,
    /// The public network, chain 1.
    Mainnet,
}

impl Profile {
    /// All profiles, in the order in which help texts list them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Testnet, Self::Mainnet];

    /// The profile whose rules a chain with this id follows.
    #[must_use]
    pub const fn of_chain(chain_id: u8) -> Self {
        match chain_id {
            1 => Self::Mainnet,
            2 => Self::Testnet,
            _ => Self::Local,
        }
    }

    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        }
    }

    /// When `feature` is active under this profile.
    #[must_use]
    pub const fn activation(self, feature: Feature) -> Activation {
        use Activation::{Between, From, Never};
        use Feature as F;
        match (self, feature) {
            (Self::Local, F::DisableWasm32 | F::DisableThirdParty | F::DisablePhoenix) => Never,
            (Self::Local, _) => From(1),

            (Self::Testnet, F::DisableWasm32 | F::DisableThirdParty) => Never,
            (Self::Testnet, F::PublicSender) => From(1),
            (Self::Testnet, F::DisableWasm64 | F::Blob) => From(1_814_090),
            (Self::Testnet, F::Keccak256) => From(2_539_820),
            (Self::Testnet, F::PlonkV2 | F::ReferenceTypes) => From(2_653_175),
            (Self::Testnet, F::Aegis) => From(2_773_727),
            (Self::Testnet, F::Boreas | F::Sha256 | F::KzgProof | F::Secp256k1Recover) => From(3_378_000),
            (Self::Testnet, F::DisablePhoenix) => From(4_000_000),

            (Self::Mainnet, F::PublicSender) => From(355_000),
            (Self::Mainnet, F::DisableWasm64) => From(2_710_376),
            (Self::Mainnet, F::DisableWasm32 | F::DisableThirdParty) => Between(2_710_376, 2_873_420),
            (Self::Mainnet, F::Blob) => From(2_873_420),
            (Self::Mainnet, F::PlonkV2 | F::ReferenceTypes) => From(3_470_360),
            (Self::Mainnet, F::Aegis) => From(3_590_904),
            (
                Self::Mainnet,
                F::Boreas | F::Keccak256 | F::Sha256 | F::KzgProof | F::Secp256k1Recover | F::DisablePhoenix,
            ) => From(4_414_095),
        }
    }

    /// The rules in force at `height`.
    #[must_use]
    pub const fn at(self, height: u64) -> Rules {
        Rules { profile: self, height, latest: false }
    }

    /// The last rules that this profile knows, at `height` of a chain of its own: the rules that the profile's network
    /// enforces today, however low the chain is.
    #[must_use]
    pub const fn latest_at(self, height: u64) -> Rules {
        Rules { profile: self, height, latest: true }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A profile name that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule profile `{0}`: use local, testnet or mainnet")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.name() == name).ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

/// A change of the chain's rules that has an activation height of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Contracts may ask who signed a public transaction.
    PublicSender,
    /// Deployments with 64-bit memories are refused.
    DisableWasm64,
    /// Deployments with 32-bit memories are refused.
    DisableWasm32,
    /// Only the genesis contracts may be called.
    DisableThirdParty,
    /// Transactions may carry blobs.
    Blob,
    /// PLONK proofs are verified with the second transcript.
    PlonkV2,
    /// Deployed modules may use reference types.
    ReferenceTypes,
    /// Hard fork Aegis: BLS signatures V2, PLONK transcript V3, Phoenix refund check.
    Aegis,
    /// Hard fork Boreas: priced host queries, charged `init`, slashes before transactions.
    Boreas,
    /// Host query `keccak256`.
    Keccak256,
    /// Host query `sha256`.
    Sha256,
    /// Host query `verify_kzg_proof`.
    KzgProof,
    /// Host query `secp256k1_recover`.
    Secp256k1Recover,
    /// Shielded transactions are refused.
    DisablePhoenix,
}

/// When a feature is active. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// At no height.
    Never,
    /// From this height on.
    From(u64),
    /// From the first height to the second.
    Between(u64, u64),
}

impl Activation {
    /// Whether the feature is active at `height`.
    #[must_use]
    pub const fn holds_at(self, height: u64) -> bool {
        match self {
            Self::Never => false,
            Self::From(first) => first <= height,
            Self::Between(first, last) => first <= height && height <= last,
        }
    }
}

/// The hard forks, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// Before Aegis.
    PreFork,
    /// From Aegis to Boreas.
    Aegis,
    /// From Boreas on.
    Boreas,
}

/// The rules in force at one height of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    profile: Profile,
    height: u64,
    latest: bool,
}

impl Rules {
    /// The profile these rules come from.
    #[must_use]
    pub const fn profile(self) -> Profile {
        self.profile
    }

    /// The height at which they hold.
    #[must_use]
    pub const fn height(self) -> u64 {
        self.height
    }

    /// Whether `feature` is active.
    #[must_use]
    pub const fn active(self, feature: Feature) -> bool {
        self.profile.activation(feature).holds_at(if self.latest { u64::MAX } else { self.height })
    }

    /// The last hard fork that has happened.
    #[must_use]
    pub const fn fork(self) -> Fork {
        if self.active(Feature::Boreas) {
            Fork::Boreas
        } else if self.active(Feature::Aegis) {
            Fork::Aegis
        } else {
            Fork::PreFork
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_chains_start_with_everything_on_after_genesis() {
        assert_eq!(Profile::Local.at(0).fork(), Fork::PreFork);
        assert_eq!(Profile::Local.at(1).fork(), Fork::Boreas);
        assert!(Profile::Local.at(1).active(Feature::DisableWasm64));
        assert!(!Profile::Local.at(u64::MAX).active(Feature::DisablePhoenix));
    }

    #[test]
    fn mainnet_forks_at_its_heights() {
        let fork = |height| Profile::Mainnet.at(height).fork();
        assert_eq!(fork(3_590_903), Fork::PreFork);
        assert_eq!(fork(3_590_904), Fork::Aegis);
        assert_eq!(fork(4_414_094), Fork::Aegis);
        assert_eq!(fork(4_414_095), Fork::Boreas);
    }

    #[test]
    fn ranges_include_both_ends() {
        let active = |height| Profile::Mainnet.at(height).active(Feature::DisableThirdParty);
        assert!(!active(2_710_375));
        assert!(active(2_710_376));
        assert!(active(2_873_420));
        assert!(!active(2_873_421));
    }

    #[test]
    fn the_latest_rules_hold_at_every_height() {
        for height in [0, 1, 4_414_095] {
            let rules = Profile::Mainnet.latest_at(height);
            assert_eq!((rules.height(), rules.fork()), (height, Fork::Boreas));
            assert!(rules.active(Feature::DisablePhoenix) && !rules.active(Feature::DisableThirdParty));
        }
    }

    #[test]
    fn profile_names_round_trip() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        assert!("devnet".parse::<Profile>().is_err());
    }
}
