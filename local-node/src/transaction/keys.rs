//! Keys and signatures as points of the curve, read by `blst`, and the keys that were read last.
//!
//! Reading the compressed form of a point takes a root, and a check that the point is in the group. The chain's own
//! crates take longer for the two keys and the signature of a transfer than the node does for all else. Senders and
//! receivers come again, so their points are kept.
//!
//! Both libraries keep coordinates in the same form. A point that was read here is given to the chain's types through
//! their archived form, and compared afterwards, so that no check rests on how they are laid out.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use blst::min_sig::{PublicKey as KeyPoint, Signature as SignaturePoint};
use blst::{blst_fp, blst_fp2, blst_p1_affine, blst_p2_affine};
use dusk_bytes::Serializable as _;
use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey, Signature};

/// Bytes of a compressed key.
pub(super) const KEY_BYTES: usize = 96;
/// Bytes of a compressed signature.
pub(super) const SIGNATURE_BYTES: usize = 48;
/// Limbs of a coordinate's half.
const LIMBS: usize = 6;
/// Bytes of a limb.
const LIMB_BYTES: usize = 8;
/// The most keys that are kept, of some 500 bytes each. The oldest gives way.
const MAX_KEYS: usize = 16_384;

/// A key that is a point of the group, and not the one at infinity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadKey {
    pub(super) key: PublicKey,
    pub(super) point: KeyPoint,
}

/// A signature that is a point of the group, and not the one at infinity.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadSignature {
    pub(super) signature: Signature,
    pub(super) point: SignaturePoint,
}

/// Keys that were read, the last ones.
#[derive(Debug, Default)]
pub(crate) struct Keys(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_bytes: HashMap<[u8; KEY_BYTES], ReadKey>,
    order: VecDeque<[u8; KEY_BYTES]>,
}

impl Keys {
    /// Reads the compressed form of a key. `None` for what is no key; other reasons do not matter to a caller that lets
    /// the chain's crates decide then.
    pub(super) fn read(&self, bytes: &[u8; KEY_BYTES]) -> Option<ReadKey> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).by_bytes.get(bytes) {
            return Some(*known);
        }
        let read = read_key(bytes)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_bytes.insert(*bytes, read).is_none() {
            kept.order.push_back(*bytes);
        }
        while kept.order.len() > MAX_KEYS {
            if let Some(oldest) = kept.order.pop_front() {
                kept.by_bytes.remove(&oldest);
            }
        }
        Some(read)
    }
}

fn read_key(bytes: &[u8; KEY_BYTES]) -> Option<ReadKey> {
    let point = KeyPoint::uncompress(bytes).ok()?;
    point.validate().ok()?;
    let blst_p2_affine { x, y } = point.into();
    let key = archived(&TEMPLATES.key, [x.fp[0].l, x.fp[1].l, y.fp[0].l, y.fp[1].l].as_flattened());
    let key: PublicKey = rkyv::from_bytes(&key).ok()?;
    let is_same = key.to_bytes() == *bytes && unchecked_point(&key) == Some(point);
    is_same.then_some(ReadKey { key, point })
}

/// Reads the compressed form of a signature, as [`Keys::read`] does that of a key.
pub(super) fn read_signature(bytes: &[u8; SIGNATURE_BYTES]) -> Option<ReadSignature> {
    let point = SignaturePoint::uncompress(bytes).ok()?;
    point.validate(true).ok()?;
    let blst_p1_affine { x, y } = point.into();
    let signature = archived(&TEMPLATES.signature, [x.l, y.l].as_flattened());
    let signature: Signature = rkyv::from_bytes(&signature).ok()?;
    (signature.to_bytes() == *bytes).then_some(ReadSignature { signature, point })
}

/// Archived points whose coordinates are to be replaced.
struct Templates {
    key: Box<[u8]>,
    signature: Box<[u8]>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    let secret = SecretKey::from(BlsScalar::from(1));
    let (key, signature) = (PublicKey::from(&secret), secret.sign(&[]));
    let key = rkyv::to_bytes::<_, 256>(&key).map(|bytes| bytes.as_slice().into()).unwrap_or_default();
    let signature = rkyv::to_bytes::<_, 256>(&signature).map(|bytes| bytes.as_slice().into()).unwrap_or_default();
    Templates { key, signature }
});

/// The archive of a point with other coordinates.
fn archived(template: &[u8], limbs: &[u64]) -> rkyv::AlignedVec {
    let mut bytes = rkyv::AlignedVec::with_capacity(template.len());
    bytes.extend_from_slice(template);
    for (place, limb) in bytes.chunks_exact_mut(LIMB_BYTES).zip(limbs) {
        place.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// The point of a key, on the curve or not. `None` for infinity.
pub(super) fn unchecked_point(key: &PublicKey) -> Option<KeyPoint> {
    let raw = key.to_raw_bytes();
    let (coordinates, infinity) = raw.split_at(raw.len() - 1);
    if infinity != [0] {
        return None;
    }
    let mut limbs = coordinates
        .chunks_exact(LIMB_BYTES)
        .map(|limb| limb.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    let mut half = || blst_fp { l: std::array::from_fn::<u64, LIMBS, _>(|_| limbs.next().unwrap_or_default()) };
    let mut coordinate = || blst_fp2 { fp: [half(), half()] };
    Some(KeyPoint::from(blst_p2_affine { x: coordinate(), y: coordinate() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_signatures_are_read_as_the_chain_reads_them() {
        let keys = Keys::default();
        for seed in 1..20_u64 {
            let secret = SecretKey::from(BlsScalar::from(seed));
            let (key, signature) = (PublicKey::from(&secret), secret.sign(&seed.to_le_bytes()));
            for _ in 0..2 {
                assert_eq!(keys.read(&key.to_bytes()).expect("a key").key, key);
            }
            assert_eq!(read_signature(&signature.to_bytes()).expect("a signature").signature, signature);
        }
        assert_eq!(keys.0.lock().unwrap().order.len(), 19);
    }

    #[test]
    fn infinity_and_bytes_beside_the_curve_are_not_read() {
        let keys = Keys::default();
        assert!(keys.read(&PublicKey::default().to_bytes()).is_none());
        assert!(read_signature(&Signature::default().to_bytes()).is_none());
        assert!(keys.read(&[0; KEY_BYTES]).is_none());
        assert!(read_signature(&[0xff; SIGNATURE_BYTES]).is_none());
        // On the curve, as some of these are, and outside of the group, as nearly all points are.
        for first in 0..=u8::MAX {
            let (mut key, mut signature) = ([0; KEY_BYTES], [0; SIGNATURE_BYTES]);
            (key[0], key[KEY_BYTES - 1]) = (0x80, first);
            (signature[0], signature[SIGNATURE_BYTES - 1]) = (0x80, first);
            assert_eq!(keys.read(&key).map(|it| it.key), PublicKey::from_bytes(&key).ok());
            assert_eq!(read_signature(&signature).map(|it| it.signature), Signature::from_bytes(&signature).ok());
        }
    }

    #[test]
    fn the_oldest_key_is_forgotten() {
        let keys = Keys::default();
        let first = PublicKey::from(&SecretKey::from(BlsScalar::from(1))).to_bytes();
        let read = keys.read(&first).expect("a key");
        {
            let mut kept = keys.0.lock().unwrap();
            for number in 0..MAX_KEYS as u64 - 1 {
                let mut bytes = [0; KEY_BYTES];
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                kept.by_bytes.insert(bytes, read);
                kept.order.push_back(bytes);
            }
        }
        keys.read(&PublicKey::from(&SecretKey::from(BlsScalar::from(2))).to_bytes()).expect("a key");
        let kept = keys.0.lock().unwrap();
        assert_eq!((kept.by_bytes.len(), kept.order.len()), (MAX_KEYS, MAX_KEYS));
        assert!(!kept.by_bytes.contains_key(&first));
    }
}
