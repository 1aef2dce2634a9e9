//! The check of a sender's signature.
//!
//! Of version 2 it is made with `blst`, in less than half the time that the chain's own arithmetic takes, and with the
//! same verdict on every key and signature (there are tests). Version 1, of the time before the fork Aegis, is left to
//! the chain's crate.

use blst::min_sig::{PublicKey as Key, Signature as Point};
use blst::{BLST_ERROR, blst_fp, blst_fp2, blst_p2_affine};
use dusk_bytes::Serializable as _;
use dusk_core::signatures::bls::{self, BlsVersion, PublicKey, Signature};

/// Domain of the hash of a message to the curve in version 2 (the book, "Keys and wallets", section "Signatures").
const MESSAGE_DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_DUSK_V2";
/// Limbs of a coordinate's half.
const LIMBS: usize = 6;

/// Whether it is the key's signature of the message.
pub(crate) fn is_valid(key: &PublicKey, signature: &Signature, message: &[u8], version: BlsVersion) -> bool {
    match version {
        BlsVersion::V1 => bls::verify(key, signature, message, version).is_ok(),
        BlsVersion::V2 => is_valid_v2(key, signature, message).unwrap_or(false),
    }
}

fn is_valid_v2(key: &PublicKey, signature: &Signature, message: &[u8]) -> Option<bool> {
    let key = point_of(key)?;
    let signature = Point::from_bytes(&signature.to_bytes()).ok()?;
    // Neither may be the point at infinity, and both must lie in the group.
    key.validate().ok()?;
    signature.validate(true).ok()?;
    Some(signature.verify(false, message, MESSAGE_DOMAIN, &[], &key, false) == BLST_ERROR::BLST_SUCCESS)
}

/// The key's point, if it is on the curve. Both libraries keep coordinates in the same form, so that no root is to be
/// taken.
fn point_of(key: &PublicKey) -> Option<Key> {
    let raw = key.to_raw_bytes();
    let (coordinates, infinity) = raw.split_at(raw.len() - 1);
    if infinity != [0] {
        return None;
    }
    let mut limbs =
        coordinates.chunks_exact(8).map(|limb| limb.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    let mut half = || blst_fp { l: std::array::from_fn::<u64, LIMBS, _>(|_| limbs.next().unwrap_or_default()) };
    let mut coordinate = || blst_fp2 { fp: [half(), half()] };
    let point = Key::from(blst_p2_affine { x: coordinate(), y: coordinate() });
    // Reading a point checks that it is on the curve; making it from coordinates does not.
    Key::deserialize(&point.serialize()).ok()
}

#[cfg(test)]
mod tests {
    use blst::blst_p1_affine;
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::SecretKey;
    use proptest::prelude::*;

    use super::*;

    /// The chain's own verdict, which must be ours.
    fn verdict(key: &PublicKey, signature: &Signature, message: &[u8]) -> bool {
        for version in [BlsVersion::V1, BlsVersion::V2] {
            let expected = bls::verify(key, signature, message, version).is_ok();
            assert_eq!(is_valid(key, signature, message, version), expected, "{key:?} {signature:?} {version:?}");
        }
        is_valid(key, signature, message, BlsVersion::V2)
    }

    fn keys(seed: u64) -> (SecretKey, PublicKey) {
        let secret = SecretKey::from(BlsScalar::from(seed));
        (secret.clone(), PublicKey::from(&secret))
    }

    /// The first coordinates, in compressed form, whose point is on the curve but not in the group.
    fn outside_of_the_group<const N: usize>(is_outside: impl Fn(&[u8; N]) -> bool) -> [u8; N] {
        let candidate = |x: u8| {
            let mut bytes = [0; N];
            (bytes[0], bytes[N - 1]) = (0x80, x);
            bytes
        };
        let found = (0..=u8::MAX).map(candidate).find(is_outside);
        found.expect("most points of the curve are not in the group")
    }

    /// A signature whose coordinates are these, unchecked: as it could come in an archive.
    fn unchecked_signature(limbs: [u64; 2 * LIMBS]) -> Signature {
        let mut archived = rkyv::to_bytes::<_, 256>(&keys(7).0.sign(b"any")).expect("it is archived");
        for (bytes, limb) in archived.chunks_exact_mut(8).zip(limbs) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
        rkyv::from_bytes(&archived).expect("the archive has its form")
    }

    fn limbs_of(signature: &Point) -> [u64; 2 * LIMBS] {
        let point = blst_p1_affine::from(*signature);
        std::array::from_fn(|at| if at < LIMBS { point.x.l[at] } else { point.y.l[at - LIMBS] })
    }

    /// A key whose coordinates are these, unchecked.
    #[allow(unsafe_code, reason = "the chain's crate makes no unchecked points in another way")]
    fn unchecked_key(raw: &[u8]) -> PublicKey {
        // SAFETY: the function only copies the limbs; that the point is none is what is tested.
        unsafe { PublicKey::from_slice_unchecked(raw) }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn the_chain_and_we_agree(seed in 1_u64.., message: Vec<u8>, other: Vec<u8>) {
            let (secret, key) = keys(seed);
            let signature = secret.sign(&message);
            prop_assert!(verdict(&key, &signature, &message));
            prop_assert_eq!(verdict(&key, &signature, &other), message == other);
            prop_assert!(!verdict(&keys(seed.wrapping_add(1).max(1)).1, &signature, &message));
        }

        #[test]
        fn the_chain_and_we_agree_on_any_point(seed in 1_u64.., bytes in proptest::array::uniform32(any::<u8>())) {
            let mut compressed = [0; 48];
            compressed[16..].copy_from_slice(&bytes);
            compressed[0] = 0x80;
            // Not every coordinate is one of the curve, and few points are in the group.
            if let Ok(signature) = Signature::from_bytes(&compressed) {
                prop_assert!(!verdict(&keys(seed).1, &signature, b"message"));
            }
        }
    }

    #[test]
    fn no_signature_of_version_1_passes_for_one_of_version_2() {
        let (secret, key) = keys(7);
        let signature = secret.sign(b"message");
        assert!(is_valid(&key, &signature, b"message", BlsVersion::V2));
        assert!(!is_valid(&key, &signature, b"message", BlsVersion::V1));
    }

    #[test]
    fn infinity_is_no_signature_and_no_key() {
        let (secret, key) = keys(7);
        assert!(!verdict(&key, &Signature::default(), b"message"));
        assert!(!verdict(&PublicKey::default(), &secret.sign(b"message"), b"message"));
        assert!(!verdict(&PublicKey::default(), &Signature::default(), b"message"));
    }

    #[test]
    fn points_outside_of_the_group_are_refused() {
        let (secret, key) = keys(7);
        let signature = secret.sign(b"message");
        let good = Point::from_bytes(&signature.to_bytes()).expect("a point");
        assert_eq!(unchecked_signature(limbs_of(&good)), signature, "the archive is taken apart rightly");

        let outside = outside_of_the_group(|bytes| Point::from_bytes(bytes).is_ok_and(|it| it.validate(true).is_err()));
        assert!(Signature::from_bytes(&outside).is_err());
        let outside = unchecked_signature(limbs_of(&Point::from_bytes(&outside).expect("a point")));
        assert!(!verdict(&key, &outside, b"message"));

        let outside = outside_of_the_group(|bytes| Key::from_bytes(bytes).is_ok_and(|it| it.validate().is_err()));
        assert!(PublicKey::from_bytes(&outside).is_err());
        let blst_p2_affine { x, y } = Key::from_bytes(&outside).expect("a point").into();
        let limbs = [x.fp[0].l, x.fp[1].l, y.fp[0].l, y.fp[1].l].concat();
        let raw: Vec<u8> = limbs.into_iter().flat_map(u64::to_le_bytes).chain([0]).collect();
        assert!(!verdict(&unchecked_key(&raw), &signature, b"message"));
    }

    #[test]
    fn points_beside_the_curve_are_refused() {
        let (secret, key) = keys(7);
        let signature = secret.sign(b"message");
        for at in [0, 50, 100, 191] {
            let mut raw = key.to_raw_bytes();
            raw[at] ^= 1;
            assert!(!verdict(&unchecked_key(&raw), &signature, b"message"));
        }
    }
}
