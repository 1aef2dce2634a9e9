//! Schnorr signatures.

use dusk_bytes::Serializable;
use dusk_jubjub::{JubJubAffine, JubJubExtended, JubJubScalar};
use dusk_poseidon::{Domain, Hash};
use dusk_sdk_circuit::{Assignment, BlsScalar, ConstraintSystem, Field, Layout, Point, Signature, native};
use jubjub_schnorr::{PublicKey, SecretKey};
use proptest::prelude::*;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

use crate::curve::{input, scalar};
use crate::support::{fault, field, holds, refused, run};

fn verify(cs: &mut ConstraintSystem, signature: &native::Signature, key: &native::Point, message: BlsScalar) {
    let (signature, key) = (input::<Signature>(cs, signature), input::<Point>(cs, key));
    let message = input::<Field>(cs, &message.into());
    signature.assert_signs(cs, "signed by the issuer", key, message);
}

fn production(signature: &native::Signature) -> jubjub_schnorr::Signature {
    jubjub_schnorr::Signature::from_bytes(&signature.to_bytes()).expect("production reads what we write")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn signatures_agree_with_production(secret in scalar(), message in field(), seed: u64) {
        prop_assume!(secret != 0.into());
        let secret_key = SecretKey::from(*secret.scalar());
        let public_key = PublicKey::from(&secret_key);
        let key = native::Point::GENERATOR * &secret;
        prop_assert_eq!(key.extended(), *public_key.as_ref());

        let theirs = secret_key.sign(&mut ChaCha12Rng::seed_from_u64(seed), message);
        let theirs = native::Signature::from_bytes(&theirs.to_bytes()).unwrap();
        let ours = native::Signature::sign(&secret, message.into());
        for signature in [&theirs, &ours] {
            prop_assert!(public_key.verify(&production(signature), message).is_ok());
            prop_assert!(signature.verifies(&key, message.into()));
            prop_assert!(holds(|cs| verify(cs, signature, &key, message)));
            let text = serde_json::to_string(signature).unwrap();
            prop_assert_eq!(&serde_json::from_str::<native::Signature>(&text).unwrap(), signature);
        }
        let other = message + BlsScalar::one();
        prop_assert!(!ours.verifies(&key, other.into()));
        prop_assert!(public_key.verify(&production(&ours), other).is_err());
        prop_assert_eq!(refused(|cs| verify(cs, &ours, &key, other)), "signed by the issuer");
    }

    #[test]
    fn bytes_never_panic(bytes: [[u8; 32]; 2]) {
        let bytes: [u8; 64] = bytes.concat().try_into().unwrap();
        let theirs = jubjub_schnorr::Signature::from_bytes(&bytes).is_ok();
        prop_assert_eq!(native::Signature::from_bytes(&bytes).is_ok(), theirs);
    }
}

fn signed() -> (native::Signature, native::Point, BlsScalar) {
    let (secret, message) = (native::Scalar::from(4711), BlsScalar::from(8));
    (native::Signature::sign(&secret, message.into()), native::Point::GENERATOR * &secret, message)
}

#[test]
fn each_statement_refuses_by_name() {
    let (signature, key, message) = signed();
    let forged = native::Signature { u: 5.into(), ..signature.clone() };
    assert_eq!(refused(|cs| verify(cs, &forged, &key, message)), "signed by the issuer");
    let forged = native::Signature { r: key, ..signature.clone() };
    assert_eq!(refused(|cs| verify(cs, &forged, &key, message)), "signed by the issuer");
    assert_eq!(refused(|cs| verify(cs, &signature, &(key + key), message)), "signed by the issuer");

    // For the neutral key anybody can sign.
    let neutral = native::Point::IDENTITY;
    let forged = native::Signature { u: 5.into(), r: native::Point::GENERATOR * &5.into() };
    assert!(!forged.verifies(&neutral, message.into()));
    assert_eq!(refused(|cs| verify(cs, &forged, &neutral, message)), "the key is not the neutral point");
    // The owner of a key can sign with the nonce zero, and production takes no such signature.
    let elements = [BlsScalar::zero(), BlsScalar::one(), key.u().scalar(), key.v().scalar(), message];
    let challenge = Hash::digest_truncated(Domain::Other, &elements)[0];
    let u = native::Scalar::from(-(challenge * JubJubScalar::from(4711_u64)));
    let forged = native::Signature { u, r: neutral };
    assert!(PublicKey::from(key.extended()).verify(&production(&forged), message).is_err());
    assert!(!forged.verifies(&key, message.into()));
    assert_eq!(refused(|cs| verify(cs, &forged, &key, message)), "the nonce is not zero");
}

/// The known forgery of verification in circuits: the challenge is not bound to the hash. A forger chooses its value
/// and signs without a key: `r = u·GENERATOR + c·key`.
#[test]
fn a_chosen_challenge_is_refused() {
    let (_, key, message) = signed();
    let u = native::Scalar::from(99);
    for chosen in [0_u64, 1, 123_456_789] {
        let r = native::Point::GENERATOR * &u + key * &chosen.into();
        let forged = native::Signature { u: u.clone(), r };
        let (layout, honest) = run(|cs| verify(cs, &forged, &key, message));
        assert_eq!(fault(&layout, &honest).as_deref(), Some("signed by the issuer"));

        // The values that follow from the challenge could be made right. Its source, the hash, cannot.
        let name = "the lowest bits of the hash";
        let mut assignment = honest.clone();
        let split = split_row(&layout, name);
        assignment.replace(split[1], BlsScalar::from(chosen));
        let hash = assignment.values()[split[0].index()];
        // The number that would make the sum right again has more than six bits.
        let rest = (hash - BlsScalar::from(chosen)) * BlsScalar::pow_of_2(250).invert().unwrap();
        assignment.replace(split[3], rest);
        assert_eq!(fault(&layout, &assignment).as_deref(), Some(name));
    }
}

/// The row `hash = low + 2^250·high`: its wires are the hash, `low`, nothing, `high`.
fn split_row(layout: &Layout, name: &str) -> [dusk_sdk_circuit::Wire; 4] {
    let factor = BlsScalar::pow_of_2(250);
    let row = layout.rows.iter().find(|row| {
        let constraint = &layout.constraints[row.constraint as usize];
        constraint.name == name && layout.selectors[row.selectors as usize].fourth == factor
    });
    row.expect("the row is there").wires
}

/// A hash that is small enough has a second way to be written: itself plus the order of the field. It would give a
/// second challenge.
#[test]
fn the_second_way_to_write_a_hash_is_refused() {
    let (signature, key, message) = signed();
    let (layout, assignment): (Layout, Assignment) = run(|cs| verify(cs, &signature, &key, message));
    assert_eq!(fault(&layout, &assignment), None);
    let name = "the lowest bits of the hash";
    let [hash, low, _, high] = split_row(&layout, name);
    // hash + p = (low + p mod 2^250) + 2^250·(high + p / 2^250), with a carry.
    let largest = -BlsScalar::one();
    let order_high = BlsScalar::from(28);
    let order_low = largest + BlsScalar::one() - order_high * BlsScalar::pow_of_2(250);
    let (hash, low_value, high_value) =
        (assignment.values()[hash.index()], assignment.values()[low.index()], assignment.values()[high.index()]);
    for carry in [BlsScalar::zero(), BlsScalar::one()] {
        let mut forged = assignment.clone();
        let (second_low, second_high) =
            (low_value + order_low - carry * BlsScalar::pow_of_2(250), high_value + order_high + carry);
        assert_eq!(second_low + second_high * BlsScalar::pow_of_2(250), hash);
        forged.replace(low, second_low);
        forged.replace(high, second_high);
        assert_eq!(fault(&layout, &forged).as_deref(), Some(name));
    }
}

/// A nonce point off the curve, or outside the subgroup, is none that the sum could be.
#[test]
fn strange_nonce_points_are_refused() {
    let (signature, key, message) = signed();
    let (layout, assignment) = run(|cs| verify(cs, &signature, &key, message));
    let [_, u, v] = layout.inputs[0].wires[..] else { panic!("a signature has three wires") };
    let order_two: JubJubExtended = JubJubAffine::from_raw_unchecked(BlsScalar::zero(), -BlsScalar::one()).into();
    let outside = JubJubAffine::from(signature.r.extended() + order_two);
    for (x, y) in [(outside.get_u(), outside.get_v()), (BlsScalar::from(3), BlsScalar::from(4))] {
        let mut forged = assignment.clone();
        forged.replace(u, x);
        forged.replace(v, y);
        assert!(fault(&layout, &forged).is_some());
    }
}
