//! The keys of a holder: to spend, to be audited, and to read.

use core::fmt;

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::native::{self, Point, Scalar};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::address::Address;
use super::domain;
use crate::field::Field;

/// Contexts of the derivations, which no other program uses.
const SPEND_CONTEXT: &str = "cargo-dusk 2026 confidential spend key";
const READING_CONTEXT: &str = "cargo-dusk 2026 confidential reading key";
const EPHEMERAL_CONTEXT: &str = "cargo-dusk 2026 confidential ephemeral key";

/// The secret with which a holder spends. It is wiped when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SpendKey(Field);

/// The auditor's keys of a holder: they suffice to follow the holder and to seize its notes, but not to spend as the
/// holder.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewKeys {
    /// One half of the owner's preimage.
    pub ak: Field,
    /// The key of nullifiers, and the other half of the preimage.
    pub nk: Field,
}

/// The secret with which a holder reads received notes. It is wiped when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadingKey(Scalar);

/// The keys of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The key that spends.
    pub spend: SpendKey,
    /// The key that reads.
    pub reading: ReadingKey,
}

impl Keys {
    /// The keys of the account with this number, from the seed of a mnemonic.
    #[must_use]
    pub fn from_seed(seed: &[u8; 64], account: u32) -> Self {
        let spend = wide(SPEND_CONTEXT, &[seed, &account.to_le_bytes()]);
        let reading = wide(READING_CONTEXT, &[seed, &account.to_le_bytes()]);
        Self {
            spend: SpendKey(BlsScalar::from_bytes_wide(&spend).into()),
            reading: ReadingKey(Scalar::from_bytes_wide(&reading)),
        }
    }

    /// The address to which others send notes.
    #[must_use]
    pub fn address(&self) -> Address {
        Address { owner: self.spend.view().owner(), reading: self.reading.public().to_bytes() }
    }
}

impl SpendKey {
    /// The key with this secret, which must be random.
    #[must_use]
    pub fn new(secret: Field) -> Self {
        Self(secret)
    }

    /// The secret, for the witness of a proof.
    #[must_use]
    pub fn secret(&self) -> Field {
        self.0
    }

    /// The keys that the auditor gets at registration.
    #[must_use]
    pub fn view(&self) -> ViewKeys {
        let [ak, nk] = native::expand(&[domain::KEYS.into(), self.0]);
        ViewKeys { ak, nk }
    }

    /// An ephemeral key for one act, derived from the secret and the whole content of the act. So two acts have the
    /// same key only if they are equal. The context may contain random elements.
    #[must_use]
    pub fn ephemeral(&self, context: &[Field]) -> Scalar {
        let mut hasher = blake3::Hasher::new_derive_key(EPHEMERAL_CONTEXT);
        hasher.update(&*Zeroizing::new(self.0.to_bytes()));
        for element in context {
            hasher.update(&*Zeroizing::new(element.to_bytes()));
        }
        let mut bytes = Zeroizing::new([0; 64]);
        hasher.finalize_xof().fill(&mut *bytes);
        Scalar::from_bytes_wide(&bytes)
    }
}

impl ViewKeys {
    /// The owner of the holder's notes, as in the registry.
    #[must_use]
    pub fn owner(&self) -> Field {
        native::hash(&[domain::OWNER.into(), self.ak, self.nk])
    }
}

impl ReadingKey {
    /// The key with this secret, which must be random.
    #[must_use]
    pub fn new(secret: Scalar) -> Self {
        Self(secret)
    }

    /// The secret scalar.
    #[must_use]
    pub fn secret(&self) -> &Scalar {
        &self.0
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> Point {
        Point::GENERATOR * &self.0
    }
}

pub(super) fn wide(context: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    let mut bytes = Zeroizing::new([0; 64]);
    hasher.finalize_xof().fill(&mut *bytes);
    bytes
}

impl Zeroize for SpendKey {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for SpendKey {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SpendKey {}

impl Zeroize for ViewKeys {
    fn zeroize(&mut self) {
        self.ak.zeroize();
        self.nk.zeroize();
    }
}

impl Drop for ViewKeys {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for ViewKeys {}

impl fmt::Debug for SpendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpendKey(..)")
    }
}

impl fmt::Debug for ViewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewKeys(..)")
    }
}

impl fmt::Debug for ReadingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadingKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn every_account_has_other_keys_and_none_is_printed() {
        let seed = [7; 64];
        let (first, second) = (Keys::from_seed(&seed, 0), Keys::from_seed(&seed, 1));
        assert_eq!(first, Keys::from_seed(&seed, 0));
        assert_ne!(first.spend, second.spend);
        assert_ne!(first.reading, second.reading);
        assert_ne!(first.address(), second.address());
        assert_eq!(format!("{first:?}"), "Keys { spend: SpendKey(..), reading: ReadingKey(..) }");
        assert_eq!(format!("{:?}", first.spend.view()), "ViewKeys(..)");
    }

    #[test]
    fn the_view_keys_do_not_tell_the_secret_and_tell_the_owner() {
        let keys = Keys::from_seed(&[7; 64], 0);
        let view = keys.spend.view();
        assert!(![view.ak, view.nk].contains(&keys.spend.secret()));
        assert_ne!(view.ak, view.nk);
        assert_eq!(view.owner(), keys.address().owner);
        let swapped = ViewKeys { ak: view.nk, nk: view.ak };
        assert_ne!(swapped.owner(), view.owner());
    }

    #[test]
    fn an_ephemeral_key_belongs_to_one_act() {
        let key = SpendKey::new(5.into());
        let context = [1.into(), 2.into()];
        assert_eq!(key.ephemeral(&context), key.ephemeral(&context));
        assert_ne!(key.ephemeral(&context), key.ephemeral(&[2.into(), 1.into()]));
        assert_ne!(key.ephemeral(&context), SpendKey::new(6.into()).ephemeral(&context));
    }
}
