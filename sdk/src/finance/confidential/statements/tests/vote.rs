//! Votes, tallies, claims and sums.

use super::super::super::dividends::Dividend;
use super::super::super::tallies::{
    Ballot as NativeBallot, Coordinates as NativeCoordinates, Counted as NativeCounted, MAX_CHOICES, TellerKey,
};
use super::*;

type Voted = (VoteNative, VoteSecretNative);
type Claimed = (ClaimNative, ClaimSecretNative);

/// The row of a division.
const DIVISION: &str = "quotient times divisor and remainder";

fn teller() -> TellerKey {
    TellerKey::from_seed(&[4; 64], 0)
}

fn marked(choice: usize) -> Array<bool, MAX_CHOICES> {
    Array(core::array::from_fn(|at| at == choice))
}

impl World {
    /// A vote with 70 for one of three choices.
    fn vote(&self, choice: u8) -> Voted {
        let (held, holding) = self.holding(0, &self.sender);
        let (keys, ephemeral) = (teller().choices(), Scalar::from(4321));
        let ballot = NativeBallot::seal(&keys.map(|key| key.point().unwrap()), &ephemeral, choice, 70);
        let act = VoteNative { held, choices: 3, keys: Array(keys), ballot };
        (act, VoteSecretNative { holding, marks: marked(choice.into()), ephemeral })
    }

    /// A claim for the receiver: 70 · 3 / 40 is 5 and a rest.
    fn claim(&self, dividend: &Dividend, part: u64) -> Claimed {
        let (held, holding) = self.holding(0, &self.sender);
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

/// A note that was spent before the snapshot, one of somebody else, and one with another value.
#[test]
fn only_a_holder_at_the_snapshot_votes() {
    let world = World::new();
    let usual = world.vote(1);
    let spoilt = |change: &dyn Fn(&mut Voted)| spoilt(&usual, |cs, case| vote(cs, Some(case)), change);
    // 3: under the root of after the note was spent, and with another gap between spent nullifiers.
    let mut later = world.spent.clone();
    later.insert(world.nullifier(&world.input(0))).unwrap();
    assert_eq!(spoilt(&|it| it.0.held.nullifier_root = later.root()), "the neighbours are in the tree");
    let gap = world.another_gap(&usual.1.holding.unspent);
    assert_eq!(spoilt(&|it| it.1.holding.unspent = gap.clone()), "the note was not spent");
    // 1: the spend secret of somebody else, with the nullifiers that follow from it: the note has another owner.
    let theirs = |it: &mut Voted| (it.0.held, it.1.holding) = world.holding(0, &world.receiver);
    assert_eq!(spoilt(&theirs), "the node is at its place");
    // 2: more value than the note has, with the nullifier and the ballot for it: the commitment is another one.
    let keys = teller().choices().map(|key| key.point().unwrap());
    let more = |it: &mut Voted| {
        let holding = &mut it.1.holding;
        holding.input.value = 71;
        holding.unspent = world.spent.non_membership(world.nullifier(&holding.input)).unwrap();
        it.0.ballot = NativeBallot::seal(&keys, &it.1.ephemeral, 1, 71);
    };
    assert_eq!(spoilt(&more), "the node is at its place");
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
    assert_eq!(spoilt(&|it| moved(&mut it.0.ballots.ephemeral)), opened);
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
    let spoilt = |change: &dyn Fn(&mut Claimed)| spoilt(&usual, |cs, case| claim(cs, Some(case)), change);
    // 1 to 4: the holding.
    assert_eq!(spoilt(&|it| other(&mut it.0.held.note_root)), "the note was in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.held.act_nullifier)), "the nullifier of the act is the note's");
    let theirs = |it: &mut Claimed| (it.0.held, it.1.holding) = world.holding(0, &world.receiver);
    assert_eq!(spoilt(&theirs), "the node is at its place");
    let gap = world.another_gap(&usual.1.holding.unspent);
    assert_eq!(spoilt(&|it| it.1.holding.unspent = gap.clone()), "the note was not spent");
    let mut later = world.spent.clone();
    later.insert(world.nullifier(&world.input(0))).unwrap();
    assert_eq!(spoilt(&|it| it.0.held.nullifier_root = later.root()), "the neighbours are in the tree");
    // 6, 7, 8, each by itself.
    assert_eq!(spoilt(&|it| other(&mut it.0.commitment)), "the note has the part");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[1])), "the ordinate is that of the ephemeral point");
    assert_eq!(spoilt(&|it| moved(&mut it.0.part.masked)), "the number is counted");
    assert_eq!(spoilt(&|it| moved(&mut it.0.part.ephemeral)), "the ephemeral point is the number's");
    assert_eq!(spoilt(&|it| moved(&mut it.0.key)), "the number is counted");
    // 5: the divisor is not zero.
    let whole = world.claim(&dividend(u32::MAX, 0), 0);
    let whole = refused_(|cs: &mut ConstraintSystem| claim(cs, Some(&whole)));
    assert_eq!(whole, "the remainder is below the divisor");
}

/// The wires of the rows of a constraint.
fn wires(layout: &Layout, name: &str) -> Vec<Wire> {
    let rows = layout.rows.iter().filter(|row| layout.constraints[row.constraint as usize].name == name);
    rows.flat_map(|row| row.wires).collect()
}

/// 70 · 3 / 100 is 2 and a rest of 10. A prover takes a part of 3, or of 1, and has all other values follow from it:
/// those of an honest claim with another numerator, from the quotient on.
#[test]
fn a_part_is_not_rounded_otherwise() {
    let world = World::new();
    let claimed = |numerator: u32, denominator: u32, part: u64| {
        let case = world.claim(&dividend(numerator, denominator), part);
        run(|cs: &mut ConstraintSystem| claim(cs, Some(&case)))
    };
    let forged = |numerator: u32, part: u64| {
        let (_, honest) = claimed(numerator, 100, part);
        let (layout, mut forged) = claimed(3, 100, part);
        let [quotient, ..] = wires(&layout, DIVISION)[..] else { panic!("a division has wires") };
        for wire in layout.rows.iter().flat_map(|row| row.wires).filter(|wire| *wire >= quotient) {
            forged.replace(wire, honest.values()[wire.index()]);
        }
        (layout, forged)
    };
    // 70 · 5 / 100 is 3, and 70 · 2 / 100 is 1.
    for (numerator, part) in [(5, 3), (2, 1)] {
        let (layout, forged) = forged(numerator, part);
        assert_eq!(alone(layout, &forged), DIVISION, "{part}");
    }
    let (below, fits) = ("the remainder is below the divisor", "the remainder fits");
    // The remainder of the larger part is -90. Like 10 and 200, which 70 · 3 / 200 has, it is 190 below the divisor.
    let (layout, mut larger) = forged(5, 3);
    let (_, compared) = claimed(3, 200, 1);
    let [_, divisor, remainder, _] = wires(&layout, DIVISION)[..] else { panic!("the division is one row") };
    for wire in wires(&layout, below).into_iter().filter(|wire| ![divisor, remainder].contains(wire)) {
        larger.replace(wire, compared.values()[wire.index()]);
    }
    larger.replace(remainder, -BlsScalar::from(90));
    assert_eq!(alone(layout, &larger), fits);
    // The remainder of the smaller part is 110, which 70 · 5 / 240 has.
    let (layout, mut smaller) = forged(2, 1);
    let (_, ranged) = claimed(5, 240, 1);
    for wire in wires(&layout, fits) {
        smaller.replace(wire, ranged.values()[wire.index()]);
    }
    assert_eq!(alone(layout, &smaller), below);
}

/// The part of the largest value at a rate of two, with everything that follows from it. Two constraints refuse it: the
/// range of the part, and the multiple in the ciphertext for the sum, which has 64 digits.
#[test]
fn a_part_has_64_bits() {
    let world = World::with([u64::MAX, 50]);
    let usual = world.claim(&dividend(1, 1), u64::MAX);
    holds(|cs: &mut ConstraintSystem| claim(cs, Some(&usual)));
    // The part is 2^65 - 2.
    let [low, high] = [u64::MAX - 1, 1];
    let mut case = world.claim(&dividend(2, 1), low);
    let receiver = case.1.receiver;
    let (cipher, [rho, _]) = NativeCipher::seal(&world.key(), &case.1.ephemeral, [low, high], receiver);
    let part = F::from_limbs(&[low, high, 0, 0]) + native::domain::NOTE.into();
    case.0.cipher = cipher;
    case.0.commitment = native::hash(&[part, asset(), receiver, rho]);
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| claim(cs, Some(&case)));
    assert_eq!(refusals(layout, &assignment), ["fits into 64 bits", "multiple of a fixed point"]);
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
