//! Disclosure of a holding: each statement of the circuit has a bad witness that it alone refuses.

use circuits::Disclose;
use dusk_sdk::Field;
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::zk::layout;
use dusk_sdk::zk::native::Scalar;

use crate::alone::{Inputs, fault, refusal};
use crate::people::{ALICE, BOB, keys};
use crate::threats::{disclose, other};

type Case = Inputs<Disclose>;

/// The height of the snapshot.
const HEIGHT: u64 = 7;

#[test]
fn each_statement_about_a_holding_refuses_by_name() {
    let asset = Field::from(11);
    let (mut ledger, mut alice) = (Ledger::new(asset), Party::new(keys(ALICE), asset));
    let auditor = Auditor::new(Scalar::from(99)).key();
    for (amount, first) in [(30, 1_u64), (50, 3)] {
        let fresh = [first, first + 1].map(Scalar::from);
        let minted = ledger.mint(&auditor, &alice.address(), amount, fresh).expect("the keys are right");
        let position = ledger.add(minted.order.commitment);
        assert!(alice.found(position, minted.order.commitment, &minted.order.note));
    }
    for nullifier in [Field::from(4), -Field::from(5)] {
        ledger.spend(nullifier);
    }
    let [small, large] = [0, 1].map(|place| alice.notes()[place]);
    let act = disclose(&ledger, HEIGHT, &alice, &large, 40).expect("the note was not spent");
    let usual: Case = (act.public, act.private);
    let built = layout::<Disclose>();
    assert_eq!(fault::<Disclose>(&built, &usual), None);
    let refused = |change: &dyn Fn(&mut Case)| {
        let mut case = usual.clone();
        change(&mut case);
        refusal::<Disclose>(built.clone(), &case)
    };
    // 1: the note was in the tree, it is the prover's, and it was not spent.
    assert_eq!(refused(&|it| it.0.act.note_root = other(it.0.act.note_root)), "the note was in the tree");
    let of_the_act = "the nullifier of the act is the note's";
    assert_eq!(refused(&|it| it.0.act.act_nullifier = other(it.0.act.act_nullifier)), of_the_act);
    assert_eq!(refused(&|it| it.0.act.act = other(it.0.act.act)), of_the_act);
    let bob = Party::new(keys(BOB), asset);
    let theirs = disclose(&ledger, HEIGHT, &bob, &large, 40).expect("the note was not spent");
    let theirs = refusal::<Disclose>(built.clone(), &(theirs.public, theirs.private));
    assert_eq!(theirs, "the node is at its place");
    let mut later = ledger.clone();
    later.spend(large.note.nullifier(asset, alice.keys().spend.view().nk, large.position));
    let root = later.nullifier_root();
    assert_eq!(refused(&|it| it.0.act.nullifier_root = root), "the neighbours are in the tree");
    let gaps = [Field::from(1), -Field::from(2)];
    let gaps = gaps.map(|it| ledger.unspent(it).expect("it is not spent"));
    let gap = gaps.iter().find(|it| it.low != usual.1.secret.unspent.low).expect("there are two gaps");
    assert_eq!(refused(&|it| it.1.secret.unspent = gap.clone()), "the note was not spent");
    // 2: a smaller note, and a larger amount.
    let enough = "the note has at least this value";
    let fewer = disclose(&ledger, HEIGHT, &alice, &small, 40).expect("the note was not spent");
    assert_eq!(refusal::<Disclose>(built.clone(), &(fewer.public, fewer.private)), enough);
    assert_eq!(refused(&|it| it.0.least = 51), enough);
}
