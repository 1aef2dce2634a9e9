//! The SDK's own types of the chain have the bytes of those in `dusk-core`, in both directions.

use std::fmt::Debug;

use dusk_core::BlsScalar;
use dusk_core::abi::ContractId as TheirId;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::phoenix::{PublicKey as ShieldedKey, SecretKey as ShieldedSecret};
use dusk_core::transfer::withdraw as theirs;
use dusk_sdk::money::{
    ContractToAccount, ContractToContract, ReceiveFromContract, TRANSFER_CONTRACT, Withdraw, WithdrawReceiver,
    WithdrawReplayToken, WithdrawSignature,
};
use dusk_sdk::wire::Wire;
use dusk_sdk::{Account, ContractId, Field};
use rand::SeedableRng;
use rand::rngs::StdRng;

const ID: [u8; 32] = [9; 32];

fn secret() -> SecretKey {
    SecretKey::from(BlsScalar::from(5))
}

/// Both types encode to the same bytes, and each decodes the other's.
fn same<O: Wire + PartialEq + Debug, T: Wire + PartialEq + Debug>(ours: &O, theirs: &T) {
    let bytes = ours.encode().unwrap();
    assert_eq!(bytes, theirs.encode().unwrap());
    assert_eq!(O::decode(&bytes).as_ref(), Ok(ours));
    assert_eq!(T::decode(&bytes).as_ref(), Ok(theirs));
    for length in 0..bytes.len() {
        assert_eq!(O::decode(&bytes[..length]).is_ok(), T::decode(&bytes[..length]).is_ok(), "{length} bytes");
    }
}

#[test]
fn ids_and_payments_have_the_bytes_of_the_chain() {
    let (ours, theirs) = (ContractId::from_bytes(ID), TheirId::from_bytes(ID));
    same(&ours, &theirs);
    same(&Some(ours), &Some(theirs));
    same(&(1u8, ours), &(1u8, theirs));
    assert_eq!(format!("{ours} {ours:?}"), format!("{theirs} {theirs:?}"));
    assert_eq!(TRANSFER_CONTRACT.to_bytes(), dusk_core::transfer::TRANSFER_CONTRACT.to_bytes());

    let key = PublicKey::from(&secret());
    let (account, value) = (Account::from(key), 0x0102_0304_0506_0708);
    same(&ContractToAccount { account, value }, &dusk_core::transfer::ContractToAccount { account: key, value });
    for data in [vec![], vec![1, 2, 3]] {
        same(
            &ReceiveFromContract { contract: ours, value, data: data.clone() },
            &dusk_core::transfer::ReceiveFromContract { contract: theirs, value, data: data.clone() },
        );
        let fn_name = "receive".to_owned();
        same(
            &ContractToContract { contract: ours, value, fn_name: fn_name.clone(), data: data.clone() },
            &dusk_core::transfer::ContractToContract { contract: theirs, value, fn_name, data },
        );
    }
}

#[test]
fn withdrawals_have_the_bytes_of_the_chain() {
    let mut rng = StdRng::seed_from_u64(3);
    let value = 7;
    let secret = secret();
    let shielded = ShieldedSecret::random(&mut rng);
    let address = ShieldedKey::from(&shielded).gen_stealth_address(&11u64.into());
    let note = shielded.gen_note_sk(&address);
    let nullifiers = vec![BlsScalar::from(1), -BlsScalar::from(2)];
    let tokens = [
        theirs::WithdrawReplayToken::Moonlight(8),
        theirs::WithdrawReplayToken::Phoenix(nullifiers.clone()),
        theirs::WithdrawReplayToken::Phoenix(vec![]),
    ];
    for token in tokens {
        let key = PublicKey::from(&secret);
        let receiver = theirs::WithdrawReceiver::Moonlight(key);
        let public = theirs::Withdraw::new(&mut rng, &secret, TheirId::from_bytes(ID), value, receiver, token.clone());
        let receiver = theirs::WithdrawReceiver::Phoenix(address);
        let hidden = theirs::Withdraw::new(&mut rng, &note, TheirId::from_bytes(ID), value, receiver, token.clone());
        for theirs in [&public, &hidden] {
            let ours = Withdraw::decode(&theirs.encode().unwrap()).unwrap();
            same(&ours, theirs);
            assert_eq!((ours.contract.to_bytes(), ours.value), (ID, value));
            let expected = match &token {
                theirs::WithdrawReplayToken::Moonlight(nonce) => WithdrawReplayToken::Moonlight(*nonce),
                theirs::WithdrawReplayToken::Phoenix(nullifiers) => {
                    WithdrawReplayToken::Phoenix(nullifiers.iter().copied().map(Field::from).collect())
                }
            };
            assert_eq!(ours.token, expected);
        }
        let public = Withdraw::decode(&public.encode().unwrap()).unwrap();
        assert_eq!(public.receiver, WithdrawReceiver::Moonlight(key.into()));
        assert!(matches!(public.signature, WithdrawSignature::Moonlight(_)));
        let hidden = Withdraw::decode(&hidden.encode().unwrap()).unwrap();
        assert!(matches!(hidden.receiver, WithdrawReceiver::Phoenix(_)));
        assert!(matches!(hidden.signature, WithdrawSignature::Phoenix(_)));
    }
}
