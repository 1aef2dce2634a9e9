//! Votes, tallies, claims and sums.

use super::super::super::dividends::Dividend;
use super::super::super::tallies::{
    Ballot as NativeBallot, Coordinates as NativeCoordinates, Counted as NativeCounted, MAX_CHOICES, TellerKey,
};
use super::*;

type Voted = (VoteNative, VoteSecretNative);
type Claimed = (ClaimNative, ClaimSecretNative);

fn teller() -> TellerKey {
    TellerKey::from_seed(&[4; 64], 0)
}

fn marked(choice: usize) -> Array<bool, MAX_CHOICES> {
    Array(core::array::from_fn(|at| at == choice))
}

impl World {
    /// The sender's note at a place of three, 70 and 50, shown for the act 6.
    fn holding(&self, place: usize) -> (HeldNative, HeldSecretNative) {
        let input = self.input(place);
        let (nullifier, nk) = (self.nullifier(&input), self.sender.spend.view().nk);
        let act = HeldNative {
            asset: asset(),
            note_root: self.tree.root(),
            nullifier_root: self.spent.root(),
            act: 6.into(),
            act_nullifier: native::act_nullifier(nk, asset(), input.path.position(), 6.into()),
        };
        let unspent = self.spent.non_membership(nullifier).unwrap();
        (act, HeldSecretNative { spend: self.sender.spend.secret(), input, unspent })
    }

    /// A vote with 70 for one of three choices.
    fn vote(&self, choice: u8) -> Voted {
        let (held, holding) = self.holding(0);
        let (keys, ephemeral) = (teller().choices(), Scalar::from(4321));
        let ballot = NativeBallot::seal(&keys.map(|key| key.point().unwrap()), &ephemeral, choice, 70);
        let act = VoteNative { held, choices: 3, keys: Array(keys), ballot };
        (act, VoteSecretNative { holding, marks: marked(choice.into()), ephemeral })
    }

    /// A claim for the receiver: 70 · 3 / 40 is 5 and a rest.
    fn claim(&self, dividend: &Dividend, part: u64) -> Claimed {
        let (held, holding) = self.holding(0);
        let (receiver, ephemeral, counted) = (self.receiver.address().owner, Scalar::from(5), Scalar::from(6));
        let (cipher, [rho, _]) = NativeCipher::seal(&self.key(), &ephemeral, [part, 0], receiver);
        let act = ClaimNative {
            held,
            numerator: dividend.numerator,
            denominator: dividend.denominator,
            commitment: Note { value: part, owner: receiver, rho }.commitment(asset()),
            auditor: AuditorKey::new(&self.key()),
            cipher,
            key: dividend.key,
            part: NativeCounted::seal(&dividend.key.point().unwrap(), &counted, part),
        };
        (act, ClaimSecretNative { holding, receiver, ephemeral, counted })
    }
}

fn dividend(numerator: u32, denominator: u32) -> Dividend {
    Dividend { snapshot: 0, numerator, denominator, ends: 0, key: teller().sum() }
}

fn vote(cs: &mut ConstraintSystem, case: Option<&Voted>) {
    statement::<Vote, VoteSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

fn claim(cs: &mut ConstraintSystem, case: Option<&Claimed>) {
    statement::<Claim, ClaimSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

fn tally(cs: &mut ConstraintSystem, case: Option<&(TallyNative, TallySecretNative)>) {
    statement::<Tally, TallySecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

fn total(cs: &mut ConstraintSystem, case: Option<&(TotalNative, TotalSecretNative)>) {
    statement::<Total, TotalSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

/// Another point of the subgroup.
fn moved(point: &mut NativeCoordinates) {
    *point = NativeCoordinates::new(&(point.point().unwrap() + Point::GENERATOR));
}

#[test]
fn a_vote_refuses_by_name() {
    let world = World::new();
    let usual = world.vote(1);
    for choice in 0..3 {
        holds(|cs: &mut ConstraintSystem| vote(cs, Some(&world.vote(choice))));
    }
    let spoilt = |change: &dyn Fn(&mut Voted)| spoilt(&usual, |cs, case| vote(cs, Some(case)), change);
    // 1 to 4: the holding.
    assert_eq!(spoilt(&|it| other(&mut it.0.held.note_root)), "the note was in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.held.act)), "the nullifier of the act is the note's");
    assert_eq!(spoilt(&|it| other(&mut it.0.held.act_nullifier)), "the nullifier of the act is the note's");
    // 5: a mark more, with the weight for it, and none.
    let keys = teller().choices().map(|key| key.point().unwrap());
    let both = |it: &mut Voted| {
        it.1.marks.0[2] = true;
        it.0.choices = 8;
        it.0.ballot.masked[2] = NativeBallot::seal(&keys, &it.1.ephemeral, 2, 70).masked[2];
    };
    assert_eq!(spoilt(&both), "one choice is marked");
    let none = |it: &mut Voted| {
        it.1.marks = marked(9);
        it.0.ballot = NativeBallot::seal(&keys, &it.1.ephemeral, 9, 70);
    };
    assert_eq!(spoilt(&none), "one choice is marked");
    // 6: a choice that the poll does not have.
    let beyond = world.vote(3);
    assert_eq!(refused_(|cs: &mut ConstraintSystem| vote(cs, Some(&beyond))), "the choice is one of the poll's");
    // 7: more weight than the note has, less, for another choice; another ephemeral point, another key.
    let sealed = "the ciphertext is the marked weight or zero";
    for weight in [0, 69, 71, u64::MAX] {
        let change = |it: &mut Voted| it.0.ballot = NativeBallot::seal(&keys, &it.1.ephemeral, 1, weight);
        assert_eq!(spoilt(&change), sealed, "{weight}");
    }
    let for_another = |it: &mut Voted| it.0.ballot = NativeBallot::seal(&keys, &it.1.ephemeral, 0, 70);
    assert_eq!(spoilt(&for_another), sealed);
    for place in 0..MAX_CHOICES {
        assert_eq!(spoilt(&|it| moved(&mut it.0.ballot.masked[place])), sealed, "{place}");
        assert_eq!(spoilt(&|it| moved(&mut it.0.keys[place])), sealed, "{place}");
    }
    assert_eq!(spoilt(&|it| moved(&mut it.0.ballot.ephemeral)), "the ephemeral point is the ballot's");
}

/// A note that was spent before the snapshot, and one of somebody else.
#[test]
fn only_a_holder_at_the_snapshot_votes() {
    let world = World::new();
    let mut usual = world.vote(1);
    let nullifier = world.nullifier(&world.input(0));
    let mut later = world.spent.clone();
    later.insert(nullifier).unwrap();
    usual.0.held.nullifier_root = later.root();
    assert_eq!(refused_(|cs: &mut ConstraintSystem| vote(cs, Some(&usual))), "the neighbours are in the tree");
    let mut usual = world.vote(1);
    usual.1.holding.spend = world.receiver.spend.secret();
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| vote(cs, Some(&usual)));
    assert!(fault(&layout, &assignment).is_some());
    // With more value than the note has, the commitment is another one.
    let mut usual = world.vote(1);
    usual.1.holding.input.value = 71;
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| vote(cs, Some(&usual)));
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("the node is at its place"));
}

#[test]
fn a_tally_refuses_by_name() {
    let teller = teller();
    let keys = teller.choices();
    let ballots = NativeBallot::seal(&keys.map(|key| key.point().unwrap()), &Scalar::from(9), 2, 55);
    let act = TallyNative { keys: Array(keys), ballots, counts: Array([0, 0, 55, 0, 0, 0, 0, 0]) };
    let usual = (act, TallySecretNative { secrets: Array(teller.choice_secrets().clone()) });
    holds(|cs: &mut ConstraintSystem| tally(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (TallyNative, TallySecretNative))| {
        spoilt(&usual, |cs, case| tally(cs, Some(case)), change)
    };
    let opened = "the number is what was encrypted";
    for place in 0..MAX_CHOICES {
        assert_eq!(spoilt(&|it| it.0.counts[place] += 1), opened, "{place}");
        assert_eq!(spoilt(&|it| moved(&mut it.0.ballots.masked[place])), opened, "{place}");
        assert_eq!(spoilt(&|it| moved(&mut it.0.keys[place])), "the secret is the key's", "{place}");
    }
    // The counts of two choices, exchanged.
    assert_eq!(spoilt(&|it| it.0.counts.swap(1, 2)), opened);
    // Nobody has voted: the sums are neutral points.
    let neutral = NativeCoordinates::new(&Point::IDENTITY);
    let mut empty = usual.clone();
    empty.0.ballots = NativeBallot { ephemeral: neutral, masked: [neutral; 8] };
    empty.0.counts = Array([0; 8]);
    holds(|cs: &mut ConstraintSystem| tally(cs, Some(&empty)));
}

#[test]
fn a_claim_refuses_by_name() {
    let world = World::new();
    let rate = dividend(3, 40);
    let usual = world.claim(&rate, 5);
    holds(|cs: &mut ConstraintSystem| claim(cs, Some(&usual)));
    let refused = |case: &Claimed| refused_(|cs: &mut ConstraintSystem| claim(cs, Some(case)));
    let spoilt = |change: &dyn Fn(&mut Claimed)| spoilt(&usual, |cs, case| claim(cs, Some(case)), change);
    // 1 to 4: the holding.
    assert_eq!(spoilt(&|it| other(&mut it.0.held.note_root)), "the note was in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.held.act_nullifier)), "the nullifier of the act is the note's");
    // 6, 7, 8, each by itself.
    assert_eq!(spoilt(&|it| other(&mut it.0.commitment)), "the note has the part");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    assert_eq!(spoilt(&|it| moved(&mut it.0.part.masked)), "the number is counted");
    assert_eq!(spoilt(&|it| moved(&mut it.0.part.ephemeral)), "the ephemeral point is the number's");
    assert_eq!(spoilt(&|it| moved(&mut it.0.key)), "the number is counted");
    // 5: a part that is rounded up, at every place where it is used.
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| claim(cs, Some(&world.claim(&rate, 6))));
    assert!(fault(&layout, &assignment).is_some());
    let whole = refused(&world.claim(&dividend(u32::MAX, 0), 0));
    assert_eq!(whole, "the remainder is below the divisor");
    // Forged wires of quotient and remainder: one more, and a remainder below zero.
    let (layout, mut forged) = run(|cs: &mut ConstraintSystem| claim(cs, Some(&world.claim(&rate, 5))));
    let rows = layout
        .rows
        .iter()
        .filter(|row| layout.constraints[row.constraint as usize].name == "quotient times divisor and remainder");
    let [row] = rows.collect::<Vec<_>>()[..] else { panic!("the division is one row") };
    let [quotient, _, remainder, _] = row.wires;
    forged.replace(quotient, BlsScalar::from(6));
    forged.replace(remainder, -BlsScalar::from(30));
    assert!(fault(&layout, &forged).is_some());
}

/// Parts are rounded down as the contract and wallets do it.
#[test]
fn parts_agree_with_the_native_ones() {
    let world = World::new();
    for (numerator, denominator) in [(1, 70), (1, 71), (u32::MAX, 1), (1, u32::MAX), (2, 3), (40, 40), (69, 70)] {
        let rate = dividend(numerator, denominator);
        let part = rate.part(70).unwrap();
        holds(|cs: &mut ConstraintSystem| claim(cs, Some(&world.claim(&rate, part))));
        for wrong in [part + 1, part.wrapping_sub(1)] {
            let case = world.claim(&rate, wrong);
            let (layout, assignment) = run(|cs: &mut ConstraintSystem| claim(cs, Some(&case)));
            assert!(fault(&layout, &assignment).is_some(), "{numerator}/{denominator} {wrong}");
        }
    }
}

#[test]
fn a_sum_refuses_by_name() {
    let teller = teller();
    let sum = NativeCounted::seal(&teller.sum().point().unwrap(), &Scalar::from(9), 55);
    let act = TotalNative { key: teller.sum(), sum, total: 55 };
    let usual = (act, TotalSecretNative { secret: teller.sum_secret().clone() });
    holds(|cs: &mut ConstraintSystem| total(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (TotalNative, TotalSecretNative))| {
        spoilt(&usual, |cs, case| total(cs, Some(case)), change)
    };
    assert_eq!(spoilt(&|it| it.0.total = 54), "the number is what was encrypted");
    assert_eq!(spoilt(&|it| moved(&mut it.0.sum.masked)), "the number is what was encrypted");
    assert_eq!(spoilt(&|it| moved(&mut it.0.sum.ephemeral)), "the number is what was encrypted");
    assert_eq!(spoilt(&|it| moved(&mut it.0.key)), "the secret is the key's");
}

/// The rows of each statement; the table in the documentation has these.
#[test]
fn nothing_is_left_to_choose_in_votes_and_claims() {
    let rows = [
        audited(|cs: &mut ConstraintSystem| vote(cs, None)),
        audited(|cs: &mut ConstraintSystem| tally(cs, None)),
        audited(|cs: &mut ConstraintSystem| claim(cs, None)),
        audited(|cs: &mut ConstraintSystem| total(cs, None)),
    ];
    std::println!("vote, tally, claim, total: {rows:?}");
    assert_eq!(rows, [30_736, 14_755, 23_529, 1_854]);
}
