//! DUSK in and out.

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use dusk_core::transfer::withdraw::{Withdraw, WithdrawReceiver, WithdrawReplayToken};
use dusk_sdk::money::ReceiveFromContract;
use dusk_sdk::testing::*;
use dusk_sdk::wire::Wire;
use dusk_sdk::{Account, Dusk, Principal, money};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::open;

#[dusk_sdk::test]
fn a_deposit_moves_and_is_paid_back(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    let before = chain.balance(&alice);
    let five = Dusk::new(5);
    let paid = bank.by(alice.depositing(five)).pay_in(five).succeeds();
    assert_eq!(chain.balance(&alice), before - five - paid.fee());
    assert_eq!((chain.balance(bank.id()), bank.balance()?, bank.held((&alice).into())?), (five, five, five));

    let part = Dusk::from_lux(1_500_000_000);
    let returned = bank.by(&alice).pay_out(part).succeeds();
    assert_eq!(chain.balance(&alice), before - five - paid.fee() + part - returned.fee());
    assert_eq!(chain.balance(bank.id()), five - part);
    bank.by(&alice).pay_out(five).refused(bank::Refused::Insufficient { held: five - part });
    Ok(())
}

#[dusk_sdk::test]
fn what_nobody_takes_comes_back(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    let (before, five) = (chain.balance(&alice), Dusk::new(5));
    let ignored = bank.by(alice.depositing(five)).ignore().succeeds();
    assert_eq!(chain.balance(&alice), before - ignored.fee());
    let refused = bank.by(alice.depositing(five)).pay_out(five).refused(bank::Refused::Insufficient { held: Dusk::ZERO });
    assert_eq!(chain.balance(&alice), before - ignored.fee() - refused.fee());
    assert_eq!(chain.balance(bank.id()), Dusk::ZERO);
    Ok(())
}

#[dusk_sdk::test]
fn exactly_what_is_attached_is_taken_and_once(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    let five = Dusk::new(5);
    for claimed in [Dusk::new(4), Dusk::new(6)] {
        bank.by(alice.depositing(five)).pay_in(claimed).panics("doesn't match the value");
    }
    bank.by(&alice).pay_in(five).panics("no deposit");
    bank.by(alice.depositing(five)).pay_in_twice(five).panics("already been taken");
    bank.by(&alice).pay_in(Dusk::ZERO).succeeds();
    assert_eq!((chain.balance(bank.id()), bank.held((&alice).into())?), (Dusk::ZERO, Dusk::ZERO));
    Ok(())
}

#[dusk_sdk::test]
fn a_contract_pays_a_contract(chain: Chain) -> TestResult {
    let (bank, alice, mallory) = open(&chain)?;
    let thief = chain.deploy(&mallory, thief::init(bank.id()))?;
    let five = Dusk::new(5);
    thief.by(mallory.depositing(five)).pay_in(five).succeeds();
    assert_eq!((bank.held(thief.id().into())?, chain.balance(bank.id())), (five, five));
    assert_eq!(chain.balance(thief.id()), Dusk::ZERO);

    // Nobody gets anything by claiming that something was paid: neither an account nor a contract.
    let payment = |contract| ReceiveFromContract { contract, value: five.lux(), data: vec![] };
    let liar = "this is not a payment";
    bank.by(&alice).receive(payment(thief.id())).panics(liar);
    bank.by(&alice).receive(payment(dusk_sdk::money::TRANSFER_CONTRACT)).panics(liar);
    assert!(thief.lie(payment(thief.id())).is_err_and(|failure| failure.to_string().contains(liar)));
    Ok(())
}

#[dusk_sdk::test]
fn a_contract_that_calls_back_is_not_paid_twice(chain: Chain) -> TestResult {
    let (bank, alice, mallory) = open(&chain)?;
    let thief = chain.deploy(&mallory, thief::init(bank.id()))?;
    let five = Dusk::new(5);
    bank.by(alice.depositing(five)).pay_in(five).succeeds();
    thief.by(mallory.depositing(five)).pay_in(five).succeeds();

    // The machine lets the thief in while its own `rob` is running; the bank, which is changing, is not entered at all.
    let refused = "re-entered: the contract is running";
    let tried = thief::Tried {
        paying: refused.into(),
        asking: "re-entered: the contract is running a method that changes it".into(),
    };
    let starter = chain.deploy(&mallory, thief::init(bank.id()))?;
    starter.by(&mallory).start(thief.id(), five).succeeds().emits_from(thief.id(), tried);
    assert_eq!((chain.balance(thief.id()), bank.held(thief.id().into())?), (five, Dusk::ZERO));
    assert_eq!((chain.balance(bank.id()), bank.held((&alice).into())?), (five, five));
    Ok(())
}

#[dusk_sdk::test]
fn what_was_signed_for_is_paid_to_the_signer(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    let two = Dusk::new(2);
    bank.by(alice.depositing(two)).pay_in(two).succeeds();
    let secret = SecretKey::from(BlsScalar::from(77u64));
    let receiver = PublicKey::from(&secret);
    let signed = |nonce| {
        let (receiver, token) = (WithdrawReceiver::Moonlight(receiver), WithdrawReplayToken::Moonlight(nonce));
        let (seed, bank) = (&mut StdRng::seed_from_u64(1), bank.id().to_bytes().into());
        // The wallet's type; the SDK's has the same bytes.
        let signed = Withdraw::new(seed, &secret, bank, two.lux(), receiver, token);
        money::Withdraw::decode(&signed.encode().unwrap()).unwrap()
    };
    // The token is the nonce of the transaction: alice has deployed, paid in, and failed once.
    assert!(bank.by(&alice).withdraw(signed(9)).into_result().is_err());
    bank.by(&alice).withdraw(signed(4)).succeeds();
    assert_eq!(chain.balance(Principal::from(Account::from(receiver))), two);
    assert_eq!(chain.balance(bank.id()), Dusk::ZERO);
    Ok(())
}

#[dusk_sdk::test]
fn a_contract_without_types_is_called_by_bytes(chain: Chain) -> TestResult {
    let (bank, alice, _) = open(&chain)?;
    let thief = chain.deploy(&alice, thief::init(bank.id()))?;
    let five = Dusk::new(5);
    bank.by(alice.depositing(five)).pay_in(five).succeeds();
    assert_eq!(thief.by_hand("balance".into(), vec![])?, (five.lux().to_le_bytes().to_vec(), true));
    Ok(())
}
