//! Values outside of circuits: in contracts, in tests, in witness files. Each is the native counterpart of a type or a
//! gadget: the same function in plain Rust.

#[cfg(feature = "zk")]
mod array;
#[cfg(feature = "zk")]
mod credential;
#[cfg(feature = "zk")]
mod curve;
#[cfg(feature = "zk")]
mod date;
#[cfg(feature = "zk")]
mod elgamal;
mod field;
#[cfg(feature = "zk")]
mod field_serde;
#[cfg(feature = "zk")]
mod hash;
pub(crate) mod hex;
#[cfg(feature = "zk")]
mod indexed;
#[cfg(feature = "zk")]
mod ladder;
#[cfg(feature = "zk")]
pub mod merkle;
#[cfg(feature = "zk")]
mod places;
#[cfg(feature = "zk")]
mod schnorr;
#[cfg(feature = "zk")]
mod set;
#[cfg(feature = "zk")]
mod subgroup;
#[cfg(feature = "zk")]
mod sums;
#[cfg(feature = "zk")]
mod unsigned;

#[cfg(feature = "zk")]
pub use array::Array;
#[cfg(feature = "zk")]
pub use credential::Credential;
#[cfg(feature = "zk")]
pub use curve::{NotAPoint, NotAScalar, Point, Scalar};
#[cfg(feature = "zk")]
pub use date::Date;
#[cfg(feature = "zk")]
pub use elgamal::{Ciphertext, commit};
pub use field::{ArchivedField, Field, NotAField};
#[cfg(feature = "zk")]
pub use hash::{NULLIFIER_DOMAIN, expand, hash, nullifier};
#[cfg(feature = "zk")]
pub use indexed::{IndexedError, IndexedTree, Insertion, NonMembership};
#[cfg(feature = "zk")]
pub use merkle::MerklePath;
#[cfg(feature = "zk")]
pub use places::Places;
#[cfg(feature = "zk")]
pub use schnorr::{NotASignature, Signature};
#[cfg(feature = "zk")]
pub use set::{Set, TooMany};
#[cfg(feature = "zk")]
pub use sums::{Logarithms, PointSum};
#[cfg(feature = "zk")]
pub use unsigned::{TooWide, Unsigned};
