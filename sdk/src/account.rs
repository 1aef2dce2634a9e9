//! Public accounts.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use bytecheck::CheckBytes;
use dusk_bls12_381::G2Affine;
use dusk_bytes::Serializable;
use rkyv::{Archive, Deserialize, Fallible, Serialize};

use crate::base58;
#[cfg(feature = "signatures")]
use crate::signatures::BlsPublicKey;
use crate::text::push_quoted;
use crate::value::Value;
use crate::wire::Malformed;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

/// The order of the coordinates' field, least significant limb first.
const MODULUS: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];

/// A public (Moonlight) account: a BLS public key.
///
/// Its encoding is that of the key in `dusk-core`, so contracts not written with this SDK can read it. In memory it is
/// stored such that comparing two accounts costs a few instructions, which makes it a good key for maps. Its text form
/// is the base58 text of its 96 compressed bytes.
///
/// An account that was decoded from an argument has one representation only, and is not the point at infinity. The
/// decoder does **not** check that it is a point of the curve, because the check costs millions of gas. So, as with any
/// address, a caller may name an account for which nobody can sign.
///
/// ```
/// # use dusk_sdk::Account;
/// # fn show(account: Account, other: Account) {
/// assert_eq!(account == other, account.to_bytes() == other.to_bytes());
/// # }
/// ```
#[allow(clippy::derived_hash_with_manual_eq, reason = "equal are the same limbs, in both")]
#[derive(Clone, Copy, Eq, Hash)]
pub struct Account {
    limbs: [u64; 24],
}

impl Account {
    /// The length of the result of [`Account::to_bytes`].
    pub const BYTES: usize = 96;

    /// Creates the account with these compressed bytes.
    ///
    /// In a contract this costs millions of gas: it computes a square root, and checks the point.
    ///
    /// # Errors
    /// [`Malformed`] if they are not a point of the group, or if they are the point at infinity.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, Malformed> {
        // `from_bytes` of the point has checked that it is in the group, which includes the point at infinity.
        let point = G2Affine::from_bytes(bytes).map_err(|_| Malformed)?;
        if bool::from(point.is_identity()) { Err(Malformed) } else { Ok(Self::of_raw(&point.to_raw_bytes())) }
    }

    /// The compressed bytes of the account.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let raw = self.raw();
        // SAFETY: the function is marked unsafe because it does not check that the point is on the curve. It reads any
        // bytes of this length.
        unsafe { G2Affine::from_slice_unchecked(&raw) }.to_bytes()
    }

    /// The account's public key.
    #[cfg(feature = "signatures")]
    #[must_use]
    pub fn public_key(&self) -> BlsPublicKey {
        let raw = self.raw();
        // SAFETY: as in `to_bytes`; every verification of a signature rejects keys that are not on the curve.
        unsafe { BlsPublicKey::from_slice_unchecked(&raw) }
    }

    /// The coordinates, and the flag for the point at infinity.
    fn raw(&self) -> [u8; G2Affine::RAW_SIZE] {
        let mut raw = [0; G2Affine::RAW_SIZE];
        for (bytes, limb) in raw.chunks_exact_mut(8).zip(self.limbs) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
        raw
    }

    fn of_raw(raw: &[u8; G2Affine::RAW_SIZE]) -> Self {
        let mut limbs = [0; 24];
        for (limb, bytes) in limbs.iter_mut().zip(raw.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            *limb = u64::from_le_bytes(word);
        }
        Self { limbs }
    }
}

/// Comparisons are functions of their own. The compiler would copy them into every search of a map. They end at the
/// first limb that differs.
impl PartialEq for Account {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        self.limbs.iter().zip(&other.limbs).all(|(own, other)| own == other)
    }
}

impl PartialOrd for Account {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Account {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        let unequal = self.limbs.iter().zip(&other.limbs).find(|(own, other)| own != other);
        unequal.map_or(Ordering::Equal, |(own, other)| own.cmp(other))
    }
}

#[cfg(feature = "signatures")]
impl From<BlsPublicKey> for Account {
    fn from(key: BlsPublicKey) -> Self {
        Self::of_raw(&key.to_raw_bytes())
    }
}

#[cfg(feature = "signatures")]
impl From<Account> for BlsPublicKey {
    fn from(account: Account) -> Self {
        account.public_key()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base58::encode(&self.to_bytes()))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An encoded [`Account`]: the same bytes as an archived BLS public key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct ArchivedAccount {
    limbs: [u64; 24],
    infinity: u8,
}

impl ArchivedAccount {
    /// Whether these bytes are the one representation of an account. A function of its own, because every decoder of a
    /// value with an account calls it.
    #[inline(never)]
    pub(crate) fn is_canonical(&self) -> bool {
        let reduced = |coordinate: &[u64]| coordinate.iter().rev().lt(MODULUS.iter().rev());
        self.infinity == 0 && self.limbs.chunks_exact(6).all(reduced)
    }

    /// The account that these bytes are, if they are checked.
    pub(crate) fn read(&self) -> Account {
        Account { limbs: self.limbs }
    }
}

impl Archive for Account {
    type Archived = ArchivedAccount;
    type Resolver = ();

    unsafe fn resolve(&self, _: usize, (): (), out: *mut ArchivedAccount) {
        // SAFETY: the caller passes a place for an archived account.
        unsafe {
            (&raw mut (*out).limbs).write(self.limbs);
            (&raw mut (*out).infinity).write(0);
        }
    }
}

impl<S: Fallible + ?Sized> Serialize<S> for Account {
    fn serialize(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<D: Fallible + ?Sized> Deserialize<Account, D> for ArchivedAccount {
    fn deserialize(&self, _: &mut D) -> Result<Account, D::Error> {
        Ok(self.read())
    }
}

impl<C: ?Sized> CheckBytes<C> for ArchivedAccount {
    type Error = Malformed;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut C) -> Result<&'a Self, Malformed> {
        // SAFETY: the caller passes an aligned address with enough bytes, and any bytes are valid limbs and flags.
        let account = unsafe { &*value };
        if account.is_canonical() { Ok(account) } else { Err(Malformed) }
    }
}

impl Value for Account {
    fn write_json(&self, out: &mut String) {
        push_quoted(out, &base58::encode(&self.to_bytes()));
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let read = || {
            let bytes = base58::decode(json.as_str()?, Self::BYTES)?;
            Self::from_bytes(&bytes.try_into().ok()?).ok()
        };
        read().ok_or_else(|| JsonError::expected("an account (base58 of 96 bytes)", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Account
    }
}

/// A BLS public key has the same form as an account.
#[cfg(feature = "signatures")]
impl Value for BlsPublicKey {
    fn write_json(&self, out: &mut String) {
        Account::from(*self).write_json(out);
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        Account::read_json(json).map(Into::into)
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Account
    }
}

/// The owner that a deployment states: arbitrary bytes that the deployer chooses, usually the 96 compressed bytes of an
/// account. It is a claim and proves nothing; see [`env::owner`](crate::env::owner).
///
/// Compare it with an [`Account`] to find the signer of a contract's data driver; do not authorise by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner(pub(crate) Vec<u8>);

impl Owner {
    /// The bytes that the deployment states.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<Account> for Owner {
    fn eq(&self, account: &Account) -> bool {
        self.0 == account.to_bytes()
    }
}

impl PartialEq<Owner> for Account {
    fn eq(&self, owner: &Owner) -> bool {
        owner == self
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::{PublicKey, SecretKey};

    use super::*;
    use crate::wire::Wire;

    fn account(seed: u64) -> (PublicKey, Account) {
        let key = PublicKey::from(&SecretKey::from(dusk_core::BlsScalar::from(seed)));
        (key, key.into())
    }

    #[test]
    fn an_account_is_a_public_key_on_the_wire_and_in_text() {
        for seed in 1..8 {
            let (key, account) = account(seed);
            assert_eq!(account.encode().unwrap(), key.encode().unwrap());
            assert_eq!((account, 7u8).encode().unwrap(), (key, 7u8).encode().unwrap());
            assert_eq!(Account::decode(&key.encode().unwrap()), Ok(account));
            assert_eq!(account.to_bytes(), key.to_bytes());
            assert_eq!(account.public_key(), key);
            assert_eq!(Account::from_bytes(&key.to_bytes()), Ok(account));
            assert_eq!(base58::encode(&key.to_bytes()), bs58::encode(key.to_bytes()).into_string());
        }
        assert_eq!(account(1).1.encode().unwrap().len(), 200);
        assert_eq!(Account::from_bytes(&PublicKey::default().to_bytes()), Err(Malformed));
        assert_eq!(Account::from_bytes(&[0; 96]), Err(Malformed));
    }

    #[test]
    fn accounts_are_ordered_by_their_limbs() {
        let accounts: Vec<_> = (1..8).map(|seed| account(seed).1).collect();
        for one in &accounts {
            for other in &accounts {
                assert_eq!(one.cmp(other), one.limbs.cmp(&other.limbs));
                assert_eq!(one == other, one.limbs == other.limbs);
            }
        }
    }

    #[test]
    fn an_optional_account_is_read_from_the_metadata_form() {
        let (key, account) = account(3);
        assert_eq!(Option::<Account>::decode(&Some(key).encode().unwrap()), Ok(Some(account)));
    }

    #[test]
    fn other_representations_of_a_point_are_refused() {
        let (_, account) = account(5);
        let bytes = account.encode().unwrap();
        let mut infinity = bytes.clone();
        infinity[192] = 1;
        assert_eq!(Account::decode(&infinity), Err(Malformed));
        // The same coordinate plus the modulus: another representation of the same point.
        let mut unreduced = bytes;
        let mut carry = 0u128;
        for (index, limb) in MODULUS.iter().enumerate() {
            let place = index * 8..index * 8 + 8;
            let word = u64::from_le_bytes(unreduced[place.clone()].try_into().unwrap());
            carry += u128::from(word) + u128::from(*limb);
            unreduced[place].copy_from_slice(&carry.to_le_bytes()[..8]);
            carry >>= 64;
        }
        assert_eq!(Account::decode(&unreduced), Err(Malformed));
    }

    #[test]
    fn an_owner_compares_with_accounts() {
        let ((key, alice), (_, bob)) = (account(1), account(2));
        let owner = Owner(key.to_bytes().to_vec());
        assert!(alice == owner && owner != bob);
        assert!(Owner(Vec::new()) != alice);
    }
}
