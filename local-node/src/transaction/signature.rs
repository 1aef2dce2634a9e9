//! The check of senders' signatures, one by one and many together.
//!
//! Of version 2 it is made with `blst`, in less than half the time that the chain's own arithmetic takes, and with the
//! same verdict on every key and signature (there are tests). Version 1, of the time before the fork Aegis, is left to
//! the chain's crate.
//!
//! A signature σ of a message m holds for a key K if e(σ, G) = e(H(m), K). Many of them hold together if
//! e(Σ rᵢ·σᵢ, G) = Π e(Σ rᵢ·H(mᵢ), K), the product over the keys and the inner sum over the messages of a key, with
//! random coefficients rᵢ. So there is one Miller loop for each sender instead of two for each signature, and one final
//! exponentiation. Wrong signatures pass with a probability of 2⁻⁶⁴, and nobody knows the coefficients before.

use std::collections::BTreeMap;

use blst::min_sig::{PublicKey as Key, Signature as Point};
use blst::{BLST_ERROR, Pairing, blst_fp12, blst_p1, blst_p1_affine, blst_p2_affine};
use dusk_bytes::Serializable as _;
use dusk_core::signatures::bls::{self, BlsVersion, PublicKey, Signature};
use rand::Rng as _;

use super::curve::{self, COEFFICIENT_BYTES, Coefficient};
use super::keys::{ReadKey, ReadSignature, unchecked_point};

/// Domain of the hash of a message to the curve in version 2 (the book, "Keys and wallets", section "Signatures").
pub(super) const MESSAGE_DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_DUSK_V2";

/// A statement that a key has signed a message, in version 2. Key and signature are points of the group.
#[derive(Debug)]
pub(super) struct Claim {
    key: Key,
    signature: Point,
    message: Vec<u8>,
}

impl Claim {
    pub(super) const fn new(key: &ReadKey, signature: &ReadSignature, message: Vec<u8>) -> Self {
        Self { key: key.point, signature: signature.point, message }
    }

    fn holds(&self) -> bool {
        let verified = self.signature.verify(false, &self.message, MESSAGE_DOMAIN, &[], &self.key, false);
        verified == BLST_ERROR::BLST_SUCCESS
    }
}

/// Says of each claim whether it holds. They are checked together, and by halves where they do not hold together.
pub(super) fn check_all(claims: &[Claim]) -> Vec<bool> {
    match claims {
        [] => Vec::new(),
        [claim] => vec![claim.holds()],
        claims if hold_together(claims) => vec![true; claims.len()],
        claims => {
            let (first, second) = claims.split_at(claims.len() / 2);
            [check_all(first), check_all(second)].concat()
        }
    }
}

fn hold_together(claims: &[Claim]) -> bool {
    let coefficients: Vec<Coefficient> = claims.iter().map(|_| coefficient()).collect();
    let signatures: Vec<blst_p1_affine> = claims.iter().map(|claim| claim.signature.into()).collect();
    // Equal keys have equal bytes.
    let mut by_key: BTreeMap<[u8; 192], (blst_p2_affine, blst_p1)> = BTreeMap::new();
    for (claim, coefficient) in claims.iter().zip(&coefficients) {
        let hash = curve::hash_to_curve(&claim.message, MESSAGE_DOMAIN);
        let product = curve::multiplied(&hash, coefficient);
        let (_, total) = by_key.entry(claim.key.serialize()).or_insert_with(|| (claim.key.into(), blst_p1::default()));
        *total = curve::sum(total, &product);
    }
    let mut pairing = Pairing::new(true, MESSAGE_DOMAIN);
    for (key, total) in by_key.values() {
        pairing.raw_aggregate(key, &curve::affine(total));
    }
    pairing.commit();
    let mut expected = blst_fp12::default();
    Pairing::aggregated(&mut expected, &curve::affine(&curve::linear_combination(&signatures, &coefficients)));
    pairing.finalverify(Some(&expected))
}

/// A coefficient that nobody could foresee, and not 0.
fn coefficient() -> Coefficient {
    let drawn: u64 = rand::thread_rng().gen_range(1..=u64::MAX);
    let bytes: [u8; COEFFICIENT_BYTES] = drawn.to_le_bytes();
    bytes
}

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
    // Reading a point checks that it is on the curve; making it from coordinates does not.
    Key::deserialize(&unchecked_point(key)?.serialize()).ok()
}

#[cfg(test)]
mod tests {
    use blst::blst_p1_affine;
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::SecretKey;
    use proptest::prelude::*;

    use super::super::keys::{Keys, read_signature};
    use super::*;

    const LIMBS: usize = 6;

    /// The claim that a key has signed a message.
    fn claim(key: &PublicKey, signature: &Signature, message: &[u8]) -> Claim {
        let key = Keys::default().read(&key.to_bytes()).expect("a key");
        Claim::new(&key, &read_signature(&signature.to_bytes()).expect("a signature"), message.to_vec())
    }

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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

        #[test]
        fn together_and_one_by_one_are_the_same(claims in prop::collection::vec((1..6_u64, 0..3_u8), 0..40)) {
            // A key, and what is wrong: nothing, the message, the key.
            let claims: Vec<(PublicKey, Signature, Vec<u8>)> = claims
                .into_iter()
                .enumerate()
                .map(|(place, (seed, wrong))| {
                    let (secret, key) = keys(seed);
                    let message = vec![u8::try_from(place).unwrap(); 40];
                    let signature = secret.sign(&message);
                    match wrong {
                        1 => (key, signature, vec![0xff; 40]),
                        2 => (keys(seed + 1).1, signature, message),
                        _ => (key, signature, message),
                    }
                })
                .collect();
            let together: Vec<Claim> = claims.iter().map(|(key, it, message)| claim(key, it, message)).collect();
            let alone = claims.iter().map(|(key, it, message)| is_valid(key, it, message, BlsVersion::V2));
            prop_assert_eq!(check_all(&together), alone.collect::<Vec<_>>());
        }
    }

    #[test]
    fn wrong_signatures_do_not_cancel_each_other_out() {
        let (secret, key) = keys(7);
        let (first, second) = (secret.sign(b"first"), secret.sign(b"second"));
        // Their sum is right, and so is each with the other's message.
        let claims = [claim(&key, &second, b"first"), claim(&key, &first, b"second")];
        assert_eq!(check_all(&claims), [false, false]);
    }
}
