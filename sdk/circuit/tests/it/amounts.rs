//! Commitments, balances, ciphertexts.

use dusk_jubjub::{GENERATOR_EXTENDED, GENERATOR_NUMS_EXTENDED, JubJubScalar};
use dusk_sdk_circuit::{
    BlsScalar, Ciphertext, ConstraintSystem, Point, Scalar, U64, assert_balanced, assert_commits, commit, native,
};
use jubjub_elgamal::{DecryptFrom, Encryption};
use proptest::prelude::*;

use crate::curve::{expect, input, scalar};
use crate::support::{fault, holds, refused, run};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn commitments_agree(value in scalar(), amount: u64, blinding in scalar()) {
        let of = |value: &JubJubScalar| {
            native::Point::try_from(GENERATOR_EXTENDED * value + GENERATOR_NUMS_EXTENDED * blinding.scalar()).unwrap()
        };
        prop_assert_eq!(native::commit(&value, &blinding), of(value.scalar()));
        let (layout, assignment) = run(|cs| {
            let (value_in, r) = (input::<Scalar>(cs, &value), input::<Scalar>(cs, &blinding));
            let amount_in = input::<U64>(cs, &amount);
            let it = commit(cs, value_in, r);
            expect(cs, it, of(value.scalar()));
            assert_commits(cs, "opens", it, value_in, r);
            let it = commit(cs, amount_in, r);
            expect(cs, it, of(&amount.into()));
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
    }

    #[test]
    fn balances_agree(inputs in proptest::collection::vec(any::<u64>(), 0..7), cut in 0_usize..6, change in 0_u64..2) {
        // The outputs are the inputs, cut in two at one place, perhaps with one more in the end.
        let mut outputs = inputs.clone();
        if let Some(amount) = inputs.get(cut) {
            outputs[cut] = amount / 3;
            outputs.push(amount - amount / 3);
        }
        outputs.push(change);
        let balanced = holds(|cs| balance(cs, &inputs, &outputs));
        prop_assert_eq!(balanced, change == 0);
    }

    #[test]
    fn ciphertexts_agree(secret in scalar(), amount: u64, randomness in scalar()) {
        prop_assume!(secret != 0.into() && randomness != 0.into());
        let key = native::Point::GENERATOR * &secret;
        let it = native::Ciphertext::encrypt(&key, amount, &randomness);
        let (production, _) = Encryption::encrypt_u64(&key.extended(), &amount, None, randomness.scalar());
        prop_assert_eq!(it.first.extended(), *production.c1());
        prop_assert_eq!(it.second.extended(), *production.c2());
        prop_assert_eq!(it.decrypt(&secret), amount);
        prop_assert_eq!(production.decrypt_u64(&DecryptFrom::SecretKey(*secret.scalar())), amount);
        let (layout, assignment) = run(|cs| {
            encrypts(cs, &it, &key, amount, &randomness);
            decrypts(cs, &it, &secret, amount);
        });
        prop_assert_eq!(fault(&layout, &assignment), None);
    }
}

fn balance(cs: &mut ConstraintSystem, inputs: &[u64], outputs: &[u64]) {
    let mut amounts = |amounts: &[u64]| amounts.iter().map(|amount| input::<U64>(cs, amount)).collect::<Vec<_>>();
    let (inputs, outputs) = (amounts(inputs), amounts(outputs));
    assert_balanced(cs, "no money is made", &inputs, &outputs);
}

fn encrypts(
    cs: &mut ConstraintSystem,
    it: &native::Ciphertext,
    key: &native::Point,
    amount: u64,
    randomness: &native::Scalar,
) {
    let (it, key) = (input::<Ciphertext>(cs, it), input::<Point>(cs, key));
    let (amount, randomness) = (input::<U64>(cs, &amount), input::<Scalar>(cs, randomness));
    it.assert_encrypts(cs, key, amount, randomness);
}

fn decrypts(cs: &mut ConstraintSystem, it: &native::Ciphertext, secret_key: &native::Scalar, amount: u64) {
    let it = input::<Ciphertext>(cs, it);
    let (secret_key, amount) = (input::<Scalar>(cs, secret_key), input::<U64>(cs, &amount));
    it.assert_decrypts(cs, secret_key, amount);
}

#[test]
fn another_opening_is_refused_by_name() {
    let commitment = native::commit(&7.into(), &99.into());
    let opens = |value: u64, blinding: u64| {
        move |cs: &mut ConstraintSystem| {
            let (it, value) = (input::<Point>(cs, &commitment), input::<U64>(cs, &value));
            let blinding = input::<Scalar>(cs, &blinding.into());
            assert_commits(cs, "opens", it, value, blinding);
        }
    };
    assert!(holds(opens(7, 99)));
    assert_eq!(refused(opens(8, 99)), "opens");
    assert_eq!(refused(opens(7, 98)), "opens");
}

#[test]
fn money_that_is_made_is_refused_by_name() {
    assert_eq!(refused(|cs| balance(cs, &[5, 5], &[11])), "no money is made");
    // As integers of 64 bits both sides would be the same.
    assert_eq!(refused(|cs| balance(cs, &[1], &[u64::MAX, 2])), "no money is made");
    // As field elements they would be: an amount of −1 is none.
    let (layout, mut assignment) = run(|cs| balance(cs, &[5], &[6, 0]));
    let amount = layout.inputs[2].wires[0];
    assignment.replace(amount, -BlsScalar::one());
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("fits into 64 bits"));
}

#[test]
#[should_panic(expected = "could overflow")]
fn sums_that_could_overflow_are_no_circuit() {
    let wide = dusk_sdk_circuit::Unsigned::<250>::ZERO;
    assert_balanced(&mut ConstraintSystem::new("too many"), "balance", &[wide; 17], &[]);
}

#[test]
fn other_ciphertexts_are_refused_by_name() {
    let (secret, randomness): (native::Scalar, native::Scalar) = (41.into(), 4242.into());
    let key = native::Point::GENERATOR * &secret;
    let it = native::Ciphertext::encrypt(&key, 1000, &randomness);
    let wrong = "the amount is what is encrypted";
    assert!(holds(|cs| encrypts(cs, &it, &key, 1000, &randomness)));
    assert_eq!(refused(|cs| encrypts(cs, &it, &key, 1000, &4243.into())), "the randomness is that of the ciphertext");
    // Of another amount, for another key: the difference is no number of 16 bits.
    for (key, amount) in [(key, 1001), (key + key, 1000)] {
        let name = refused(|cs| encrypts(cs, &it, &key, amount, &randomness));
        assert!(name == wrong || name == "fits into 16 bits", "{name}");
    }
    let name = refused(|cs| decrypts(cs, &it, &42.into(), 1000));
    assert!(name == wrong || name == "fits into 16 bits", "{name}");
    assert_eq!(refused(|cs| decrypts(cs, &it, &secret, 999)), wrong);
    // A point whose ordinate has the amount in its lowest bits, but which no encryption makes: refused, because the
    // rest is too large.
    let mut other = native::Point::GENERATOR;
    let ordinate = loop {
        other = other + native::Point::GENERATOR;
        let bytes = other.v().to_bytes();
        if bytes[10..].iter().any(|byte| *byte != 0) {
            break u64::from_le_bytes(core::array::from_fn(|i| bytes[i]));
        }
    };
    let strange = native::Ciphertext { second: other + key * &randomness, ..it };
    assert_eq!(refused(|cs| encrypts(cs, &strange, &key, ordinate, &randomness)), "fits into 16 bits");
}

/// Ordinates are not cut: with a number of tries beyond 16 bits any amount would do.
#[test]
fn tries_cannot_be_chosen() {
    let (secret, randomness): (native::Scalar, native::Scalar) = (41.into(), 4242.into());
    let key = native::Point::GENERATOR * &secret;
    let it = native::Ciphertext::encrypt(&key, 1000, &randomness);
    let (layout, mut assignment) = run(|cs| encrypts(cs, &it, &key, 1001, &randomness));
    let sum = crate::support::rows(&layout, "the amount is what is encrypted")[0];
    // (1000 − 1001) / 2^64 more makes the sum right.
    let tries = assignment.values()[sum[2].index()] - BlsScalar::pow_of_2(64).invert().unwrap();
    assignment.replace(sum[2], tries);
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("fits into 16 bits"));
}
