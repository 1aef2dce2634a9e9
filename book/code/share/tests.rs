//! The share of the tutorial.

use dusk_sdk::Principal;
use dusk_sdk::finance::{admission, freezes, ledger};
use dusk_sdk::testing::*;
use share::{Class, Refused, ShareClient};

fn who(signer: &Signer) -> Principal {
    signer.account().into()
}

fn open(chain: &Chain) -> Result<(ShareClient<Deployed>, [Signer; 3]), Failure> {
    let people = chain.accounts(["issuer", "alice", "bob"]);
    let share = chain.deploy(&people[0], share::init(1_000, 200, 10))?;
    for holder in &people[1..] {
        share.by(&people[0]).list(who(holder)).succeeds();
    }
    Ok((share, people))
}

// ANCHOR: tests
#[dusk_sdk::test]
fn a_check_and_a_transfer_give_the_same_reason(chain: Chain) -> TestResult {
    let (share, [issuer, alice, bob]) = open(&chain)?;
    let mallory = chain.account("mallory");
    share.by(&issuer).transfer(Class::Ordinary, who(&alice), 100).succeeds();
    let cases: [(&Signer, u64, Refused); 4] = [
        (&bob, 5, Refused::SmallHolding { least: 10 }),
        (&bob, 95, Refused::SmallHolding { least: 10 }),
        (&bob, 101, ledger::Refused::Insufficient { shares: 100 }.into()),
        (&mallory, 50, admission::Refused::ReceiverNotAdmitted.into()),
    ];
    for (to, amount, refusal) in cases {
        let check = share.check_transfer(Class::Ordinary, who(&alice), who(to), amount);
        assert!(check.is_err_and(|failure| failure.is(&refusal)));
        share.by(&alice).transfer(Class::Ordinary, who(to), amount).refused(refusal);
    }
    share.by(&alice).transfer(Class::Ordinary, who(&bob), 100).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn the_classes_are_apart_and_a_recovery_moves_both(chain: Chain) -> TestResult {
    let (share, [issuer, alice, bob]) = open(&chain)?;
    let new = chain.account("new");
    share.by(&issuer).transfer(Class::Ordinary, who(&alice), 100).succeeds();
    share.by(&issuer).transfer(Class::Preferred, who(&alice), 20).succeeds();
    share.by(&issuer).freeze(who(&alice), "lost key".into()).succeeds();
    share.by(&issuer).recover(who(&alice), who(&new), "lost key".into()).succeeds();
    let held = |of: &Signer| -> Result<_, Failure> {
        Ok([share.holding(Class::Ordinary, who(of))?, share.holding(Class::Preferred, who(of))?])
    };
    assert_eq!((held(&alice)?, held(&new)?), ([0, 0], [100, 20]));
    let frozen = share.by(&new).transfer(Class::Preferred, who(&bob), 20);
    frozen.refused(freezes::Refused::SenderFrozen.into());
    Ok(())
}
// ANCHOR_END: tests
