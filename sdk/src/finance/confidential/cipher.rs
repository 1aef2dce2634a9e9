//! Ciphertexts for the auditor and for the receiver. The circuit proves that those for the auditor are right; only the
//! sender vouches for those for the receiver.
//!
//! A ciphertext has an ephemeral point `R = r·G`. Its masks are derived from the shared point `S = r·K = k·R` with the
//! reader's key `K = k·G`, and each element is a message plus its mask. The ephemeral scalar `r` must be random or
//! [derived](super::SpendKey::ephemeral), and must not be used twice.
//!
//! If a circuit proves the ciphertext, the masks are Poseidon hashes. The masks of a receiver's ciphertext are BLAKE3
//! hashes, which are quicker, because a wallet computes them for every note of the asset.

use alloc::vec::Vec;
use core::fmt;

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::native::{self, NotAPoint, Point, Scalar};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::keys::{ReadingKey, ViewKeys};
use super::note::Note;
use super::{Address, domain};
use crate::field::Field;
use crate::prelude::contract_type;

/// The context of the derivation of a receiver's masks, which no other program uses.
const RECEIVER_CONTEXT: &str = "cargo-dusk 2026 confidential receiver masks";

/// The field of a receiver's ciphertext by which the receiver knows it: it is a mask alone.
const TAG: usize = 3;
/// The bytes of which a mask is made.
const MASK_BYTES: usize = 64;

/// The public key of the auditor, as coordinates: circuits and contracts need no square root.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct AuditorKey {
    /// The abscissa.
    pub u: Field,
    /// The ordinate.
    pub v: Field,
}

/// The auditor's ciphertext of an act with up to two outputs. The proof of the act shows that it is right.
///
/// It contains both values, packed into one element, and the owner of the first output. The `rho` of both outputs are
/// masks themselves, so the ciphertext does not contain them. The second output is change: it belongs to the owner of
/// the first input, whom the auditor knows by the nullifier.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct AuditCipher {
    /// The coordinates of the ephemeral point.
    pub ephemeral: [Field; 2],
    /// The masked values, the second above the 64 bits of the first; and the masked owner.
    pub fields: [Field; 2],
}

/// The keys of a holder, for the auditor; the proof of registration shows that they are right.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct ViewCipher {
    /// The coordinates of the ephemeral point.
    pub ephemeral: [Field; 2],
    /// The masked `ak` and `nk`.
    pub fields: [Field; 2],
}

/// The receiver's ciphertext of a note. A proof is bound to it, but does not show that it is right.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct NoteCipher {
    /// The bytes of the ephemeral point.
    pub ephemeral: [u8; 32],
    /// The masked value, `rho` and memo, and the tag by which the receiver recognises its own notes.
    pub fields: [Field; 4],
}

/// The content of an [`AuditCipher`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Audited {
    /// The values of both outputs.
    pub values: [u64; 2],
    /// The owner of the first output.
    pub owner: Field,
    /// The random elements of both outputs.
    pub rhos: [Field; 2],
}

/// The content of a [`NoteCipher`]. Only the commitment on the chain shows whether it is true.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The value.
    pub value: u64,
    /// The random element.
    pub rho: Field,
    /// The sender's memo for the receiver: 31 bytes or a hash.
    pub memo: Field,
}

/// The reason why a ciphertext cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// The ephemeral point is not a point of the curve.
    Point(NotAPoint),
    /// It is for another key.
    NotOurs,
    /// The value does not have 64 bits.
    Value,
}

impl AuditorKey {
    /// The key with this point.
    #[must_use]
    pub fn new(point: &Point) -> Self {
        Self { u: point.u(), v: point.v() }
    }

    /// The point.
    ///
    /// # Errors
    /// [`NotAPoint`] if there is none with these coordinates in the subgroup.
    pub fn point(&self) -> Result<Point, NotAPoint> {
        Point::from_coordinates(self.u, self.v)
    }
}

impl From<&ReadingKey> for AuditorKey {
    fn from(key: &ReadingKey) -> Self {
        Self::new(&key.public())
    }
}

impl AuditCipher {
    /// Encrypts, and returns the random elements of both outputs, which the notes must have.
    #[must_use]
    pub fn seal(key: &Point, ephemeral: &Scalar, values: [u64; 2], owner: Field) -> (Self, [Field; 2]) {
        let point = Point::GENERATOR * ephemeral;
        let [value, of, first, second] = masks(domain::AUDIT, &(*key * ephemeral), &point);
        let fields = [packed(values) + value, owner + of];
        (Self { ephemeral: [point.u(), point.v()], fields }, [first, second])
    }

    /// Decrypts. A ciphertext that a contract accepted with its proof is always readable.
    ///
    /// # Errors
    /// [`Unreadable::Point`] and [`Unreadable::Value`].
    pub fn open(&self, key: &ReadingKey) -> Result<Audited, Unreadable> {
        let [u, v] = self.ephemeral;
        let point = Point::from_coordinates(u, v).map_err(Unreadable::Point)?;
        let [value, of, first, second] = masks(domain::AUDIT, &(point * key.secret()), &point);
        let values = unpacked(self.fields[0] - value).ok_or(Unreadable::Value)?;
        Ok(Audited { values, owner: self.fields[1] - of, rhos: [first, second] })
    }
}

impl Audited {
    /// The first output.
    #[must_use]
    pub fn first(&self) -> Note {
        Note { value: self.values[0], owner: self.owner, rho: self.rhos[0] }
    }

    /// The second output, which belongs to the sender.
    #[must_use]
    pub fn change(&self, sender: Field) -> Note {
        Note { value: self.values[1], owner: sender, rho: self.rhos[1] }
    }
}

impl ViewCipher {
    /// Encrypts the keys.
    #[must_use]
    pub fn seal(key: &Point, ephemeral: &Scalar, keys: &ViewKeys) -> Self {
        let point = Point::GENERATOR * ephemeral;
        let [ak, nk] = masks(domain::VIEW, &(*key * ephemeral), &point);
        Self { ephemeral: [point.u(), point.v()], fields: [keys.ak + ak, keys.nk + nk] }
    }

    /// Decrypts the keys.
    ///
    /// # Errors
    /// [`Unreadable::Point`].
    pub fn open(&self, key: &ReadingKey) -> Result<ViewKeys, Unreadable> {
        let [u, v] = self.ephemeral;
        let point = Point::from_coordinates(u, v).map_err(Unreadable::Point)?;
        let [ak, nk] = masks(domain::VIEW, &(point * key.secret()), &point);
        Ok(ViewKeys { ak: self.fields[0] - ak, nk: self.fields[1] - nk })
    }
}

impl NoteCipher {
    /// Encrypts a note for a receiver. Both sides multiply the shared point by eight, so a sender learns nothing about
    /// the receiver's key from points of small order.
    ///
    /// # Errors
    /// [`NotAPoint`] if the address has no reading key.
    pub fn seal(to: &Address, ephemeral: &Scalar, note: &Note, memo: Field) -> Result<Self, NotAPoint> {
        let point = Point::GENERATOR * ephemeral;
        let (shared, ephemeral) = (ephemeral.shared(&to.reading)?, point.to_bytes());
        let [value, rho, text, tag] = receiver_masks(&shared, &ephemeral);
        let fields = [Field::from(note.value) + value, note.rho + rho, memo + text, tag];
        Ok(Self { ephemeral, fields })
    }

    /// Decrypts. Compare the note's commitment with the one on the chain: the sender may have written anything.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, key: &ReadingKey) -> Result<Opened, Unreadable> {
        let shared = key.secret().shared(&self.ephemeral).map_err(Unreadable::Point)?;
        let [value, rho, text, tag] = receiver_masks(&shared, &self.ephemeral);
        if tag != self.fields[TAG] {
            return Err(Unreadable::NotOurs);
        }
        let value = (self.fields[0] - value).to_u64().ok_or(Unreadable::Value)?;
        Ok(Opened { value, rho: self.fields[1] - rho, memo: self.fields[2] - text })
    }

    /// Decrypts many ciphertexts. The result for each is that of [`open`](Self::open), or `None` for an error. If few
    /// ciphertexts are for the key, this takes half the time: for the others it computes only the ordinates of the
    /// shared points, and the masks of the tag.
    #[must_use]
    pub fn open_all(ciphers: &[&Self], key: &ReadingKey) -> Vec<Option<Opened>> {
        let points: Vec<[u8; 32]> = ciphers.iter().map(|cipher| cipher.ephemeral).collect();
        let ordinates = key.secret().shared_ordinates(&points);
        let hasher = blake3::Hasher::new_derive_key(RECEIVER_CONTEXT);
        let open = |(cipher, ordinate): (&&Self, &Option<[u8; 32]>)| {
            // The ordinate does not tell the sign of the abscissa, nor whether the point is on the curve.
            let is_tagged = ordinate.iter().any(|ordinate| {
                [0, 0x80].iter().any(|sign| {
                    let mut shared = Zeroizing::new(*ordinate);
                    shared[31] |= sign;
                    let mut masks = receiver_stream(&hasher, &shared, &cipher.ephemeral);
                    masks.set_position((TAG * MASK_BYTES) as u64);
                    mask(&mut masks) == cipher.fields[TAG]
                })
            });
            if is_tagged { cipher.open(key).ok() } else { None }
        };
        ciphers.iter().zip(ordinates.iter()).map(open).collect()
    }
}

impl Opened {
    /// The note, which belongs to the reader.
    #[must_use]
    pub fn note(&self, owner: Field) -> Note {
        Note { value: self.value, owner, rho: self.rho }
    }
}

/// The masks that both sides derive, as circuits do.
fn masks<const N: usize>(domain: BlsScalar, shared: &Point, ephemeral: &Point) -> [Field; N] {
    native::expand(&[domain.into(), shared.u(), shared.v(), ephemeral.u()])
}

/// The masks of what a receiver reads.
fn receiver_masks(shared: &Point, ephemeral: &[u8; 32]) -> [Field; 4] {
    let hasher = blake3::Hasher::new_derive_key(RECEIVER_CONTEXT);
    let mut masks = receiver_stream(&hasher, &Zeroizing::new(shared.to_bytes()), ephemeral);
    core::array::from_fn(|_| mask(&mut masks))
}

/// The bytes of which the masks are made. `hasher` has the context, and nothing else.
fn receiver_stream(hasher: &blake3::Hasher, shared: &[u8; 32], ephemeral: &[u8; 32]) -> blake3::OutputReader {
    hasher.clone().update(shared).update(ephemeral).finalize_xof()
}

fn mask(bytes_of_masks: &mut blake3::OutputReader) -> Field {
    let mut bytes = Zeroizing::new([0; MASK_BYTES]);
    bytes_of_masks.fill(&mut *bytes);
    BlsScalar::from_bytes_wide(&bytes).into()
}

/// Both values as one number.
fn packed([first, second]: [u64; 2]) -> Field {
    Field::from_limbs(&[first, second, 0, 0])
}

fn unpacked(number: Field) -> Option<[u64; 2]> {
    let bytes = number.to_bytes();
    let (values, rest) = bytes.split_at(16);
    let half = |from: usize| u64::from_le_bytes(core::array::from_fn(|i| values[from + i]));
    rest.iter().all(|byte| *byte == 0).then(|| [half(0), half(8)])
}

/// Values of circuits are wiped when dropped, although these are public.
macro_rules! wiped {
    ($($ty:ty: $($field:ident),+);+) => {$(
        impl Zeroize for $ty {
            fn zeroize(&mut self) {
                let Self { $($field),+ } = self;
                $($field.zeroize();)+
            }
        }
    )+};
}

wiped!(AuditorKey: u, v; AuditCipher: ephemeral, fields; ViewCipher: ephemeral, fields; Audited: values, owner, rhos;
    Opened: value, rho, memo);

impl fmt::Debug for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audited(..)")
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(..)")
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(error) => write!(f, "the ephemeral point of the ciphertext: {error}"),
            Self::NotOurs => f.write_str("the ciphertext is for another key"),
            Self::Value => f.write_str("the ciphertext has a value that does not fit into 64 bits"),
        }
    }
}

impl core::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Keys;
    use super::*;

    fn scalar(number: u64) -> Scalar {
        Scalar::from(number)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_auditor_reads_what_was_sealed(values: [u64; 2], owner: u64, ephemeral in 1_u64..) {
            let auditor = ReadingKey::new(scalar(77));
            let (cipher, rhos) = AuditCipher::seal(&auditor.public(), &scalar(ephemeral), values, owner.into());
            let audited = Audited { values, owner: owner.into(), rhos };
            prop_assert_eq!(cipher.open(&auditor), Ok(audited));
            prop_assert!(cipher.open(&ReadingKey::new(scalar(78))) != Ok(audited));
            prop_assert!(rhos[0] != rhos[1]);
        }
    }

    #[test]
    fn the_auditor_reads_keys() {
        let (auditor, holder) = (ReadingKey::new(scalar(77)), Keys::from_seed(&[1; 64], 0).spend.view());
        let cipher = ViewCipher::seal(&auditor.public(), &scalar(5), &holder);
        assert!(cipher.open(&auditor) == Ok(holder.clone()));
        assert!(cipher.open(&ReadingKey::new(scalar(78))) != Ok(holder));
    }

    #[test]
    fn a_receiver_reads_its_own_notes_only() {
        let (keys, other) = (Keys::from_seed(&[1; 64], 0), Keys::from_seed(&[1; 64], 1));
        let note = Note { value: u64::MAX, owner: keys.address().owner, rho: 9.into() };
        let cipher = NoteCipher::seal(&keys.address(), &scalar(5), &note, 3.into()).unwrap();
        let opened = cipher.open(&keys.reading).unwrap();
        assert_eq!((opened.note(note.owner), opened.memo), (note, 3.into()));
        assert_eq!(cipher.open(&other.reading), Err(Unreadable::NotOurs));

        let mut spoilt = cipher;
        spoilt.fields[0] = spoilt.fields[0] + Field::from(1);
        assert_eq!(spoilt.open(&keys.reading), Err(Unreadable::Value));
        spoilt = NoteCipher { ephemeral: [0xff; 32], ..cipher };
        assert_eq!(spoilt.open(&keys.reading), Err(Unreadable::Point(NotAPoint::Encoding)));
        for place in 0..4 {
            let mut spoilt = cipher;
            spoilt.fields[place] = -spoilt.fields[place];
            assert!(spoilt.open(&keys.reading) != Ok(opened), "field {place}");
        }
    }

    #[test]
    fn many_are_opened_as_one_by_one() {
        let (keys, other) = (Keys::from_seed(&[1; 64], 0), Keys::from_seed(&[1; 64], 1));
        let mut ciphers = Vec::new();
        for number in 1..40_u64 {
            let to = if number % 3 == 0 { keys.address() } else { other.address() };
            let note = Note { value: number, owner: to.owner, rho: number.into() };
            let mut cipher = NoteCipher::seal(&to, &scalar(number), &note, 3.into()).unwrap();
            match number {
                // Another sign of the point, the twist, no ordinate, a value that is none, another tag.
                6 => cipher.ephemeral[31] ^= 0x80,
                9 => cipher.ephemeral = BlsScalar::from(2).to_bytes(),
                12 => cipher.ephemeral = [0xff; 32],
                15 => cipher.fields[0] = -cipher.fields[0],
                18 => cipher.fields[TAG] = -cipher.fields[TAG],
                _ => {}
            }
            ciphers.push(cipher);
        }
        // With the masks that the opposite point has, and with those of the twist, as a sender can choose them.
        let forged = |ephemeral: [u8; 32]| {
            let shared = keys.reading.secret().shared_ordinates(&[ephemeral])[0].unwrap();
            [0, 0x80].map(|sign| {
                let mut shared = shared;
                shared[31] |= sign;
                let hasher = blake3::Hasher::new_derive_key(RECEIVER_CONTEXT);
                let mut masks = receiver_stream(&hasher, &shared, &ephemeral);
                NoteCipher { ephemeral, fields: core::array::from_fn(|_| mask(&mut masks)) }
            })
        };
        ciphers.extend(forged(Point::GENERATOR.to_bytes()));
        ciphers.extend(forged(BlsScalar::from(2).to_bytes()));
        let all = NoteCipher::open_all(&ciphers.iter().collect::<Vec<_>>(), &keys.reading);
        let single = ciphers.iter().map(|cipher| cipher.open(&keys.reading).ok());
        assert_eq!(all, single.collect::<Vec<_>>());
        assert_eq!(all.iter().flatten().count(), 13 - 5 + 1);
        assert_eq!(ciphers[43 - 1].open(&keys.reading), Err(Unreadable::Point(NotAPoint::OffCurve)));
    }

    /// A sender that takes a point of small order as the ephemeral point, or an address with one as the reading key.
    #[test]
    fn points_of_small_order_tell_nothing() {
        let minus = (-Field::from(1)).to_bytes();
        let (one, two) = (scalar(3).shared(&minus).unwrap(), scalar(4).shared(&minus).unwrap());
        assert!(one == Point::IDENTITY && two == Point::IDENTITY, "the secret's lowest bits do not show");
        let strange = AuditCipher { ephemeral: [0.into(), -Field::from(1)], fields: [0.into(); 2] };
        let refused = strange.open(&ReadingKey::new(scalar(3)));
        assert_eq!(refused, Err(Unreadable::Point(NotAPoint::OutsideSubgroup)));
        let strange = AuditCipher { ephemeral: [1.into(), 1.into()], ..strange };
        assert_eq!(strange.open(&ReadingKey::new(scalar(3))), Err(Unreadable::Point(NotAPoint::OffCurve)));
    }

    #[test]
    fn a_value_of_more_than_64_bits_is_not_read_as_another() {
        assert_eq!(unpacked(packed([u64::MAX, u64::MAX])), Some([u64::MAX, u64::MAX]));
        assert_eq!(unpacked(packed([u64::MAX, u64::MAX]) + Field::from(1)), None);
        assert_eq!(unpacked(-Field::from(1)), None);
    }
}
