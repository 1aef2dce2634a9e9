//! Attacks: most rows of the table of threats in the README.

use ::holdings::Refused;
use circuits::{
    Cast, CastPrivate, CastPublic, Count, CountPrivate, CountPublic, Draw, DrawPrivate, DrawPublic,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::dividends::{self, Claiming, Dividend};
use dusk_sdk::finance::confidential::polls::{self, Poll, Voting};
use dusk_sdk::finance::confidential::pool::{self, Minting, Spending};
use dusk_sdk::finance::confidential::statements::{HeldNative, HeldSecretNative};
use dusk_sdk::finance::confidential::{
    AuditCipher, Ballot, Counted, NoteCipher, NotePath, NoteTree, TellerKey, notes, nullifiers, snapshots,
};
use dusk_sdk::finance::wallet::{ActError, ClaimWitness, TellerError, VoteWitness};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::{Logarithms, Scalar};
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, OTHER_TELLER, Proven, failing};

pub(crate) fn one<T, C>(proven: Vec<Proven<T, C>>) -> Proven<T, C> {
    let [one] = proven.try_into().ok().expect("there is one note");
    one
}

pub(crate) fn not_proven() -> Refused {
    Refused::Polls(polls::Refused::BallotNotProven)
}

fn acted(nullifier: Field) -> Refused {
    Refused::Snapshots(snapshots::Refused::AlreadyActed { nullifier })
}

/// The checker's report about a vote that is no right one.
fn fault(chain: &Chain, vote: VoteWitness, change: impl Fn(&mut VoteWitness)) -> String {
    let mut vote = vote;
    change(&mut vote);
    let private = CastPrivate { secret: vote.secret };
    let failure = chain.prove::<Cast>(&CastPublic { act: vote.act }, &private).err();
    failure.expect("there is no such proof").to_string()
}

/// The checker's report about a claim that is no right one.
fn refused_claim(chain: &Chain, claim: ClaimWitness) -> String {
    let bound = claim.claim.bound(Field::default());
    let (public, private) = (DrawPublic { act: claim.act, bound }, DrawPrivate { secret: claim.secret });
    chain.prove::<Draw>(&public, &private).expect_err("there is no such proof").to_string()
}

#[dusk_sdk::test]
fn a_note_votes_once(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let first = one(company.ballots(ALICE, number, &poll, 0)?);
    let second = one(company.ballots(ALICE, number, &poll, 1)?);
    let by = company.holdings.by(&company.relayer);
    by.vote(first.call, first.proof).succeeds();
    by.vote(first.call, first.proof).refused(acted(first.call.act_nullifier));
    // Another ballot of the same note has the same nullifier.
    by.vote(second.call, second.proof).refused(acted(first.call.act_nullifier));
    // In another poll the note votes again, and the chain cannot link both votes.
    let (other, poll) = company.poll_about(&company.holdings.snapshot(poll.snapshot)?)?;
    let third = one(company.ballots(ALICE, other, &poll, 1)?);
    assert_ne!(third.call.act_nullifier, first.call.act_nullifier);
    company.holdings.by(&company.relayer).vote(third.call, third.proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn parts_of_a_note_and_later_holders_do_not_vote(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    // Alice splits her note, and sells a part to bob.
    company.send([ALICE, BOB], 20)?;
    assert_eq!(company.ballots(ALICE, number, &poll, 0)?.len(), 1, "her note of the snapshot");
    assert_eq!(company.ballots(BOB, number, &poll, 0)?.len(), 1, "his own note, without what he bought");
    // Proofs for this poll about a later snapshot, in which the parts are.
    let later = Poll { snapshot: company.pin()?.height, ..poll };
    for (who, notes) in [(ALICE, 1), (BOB, 2)] {
        let parts = company.ballots(who, number, &later, 0)?;
        assert_eq!(parts.len(), notes);
        for Proven { call, proof } in parts {
            company.holdings.by(&company.relayer).vote(call, proof).refused(not_proven());
        }
    }
    company.vote(ALICE, number, &poll, 0)?;
    company.vote(BOB, number, &poll, 0)?;
    company.pass(poll.ends);
    assert_eq!(company.count(number)?.call[0], 90, "60 and 30, as at the snapshot");
    Ok(())
}

#[dusk_sdk::test]
fn a_note_that_was_spent_before_neither_votes_nor_claims(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let old = company.pin()?;
    company.send([CAROL, BOB], 10)?;
    let (number, poll) = company.poll()?;
    let now = company.holdings.snapshot(poll.snapshot)?;
    assert!(company.ballots(CAROL, number, &poll, 0)?.is_empty());
    // Carol shows her note in the older snapshot.
    let about_old = Poll { snapshot: old.height, ..poll };
    let Proven { call, proof } = one(company.ballots(CAROL, number, &about_old, 0)?);
    company.holdings.by(&company.relayer).vote(call, proof).refused(not_proven());
    // Or she shows it in the newer one, in which the note is still a leaf.
    let path = path_of(&company, CAROL as u64);
    let shows = |held: &mut HeldNative, holding: &mut HeldSecretNative| {
        (held.note_root, held.nullifier_root) = (now.note_root, now.nullifier_root);
        holding.input.path = path.clone();
    };
    let vote = failing(company.wallets[CAROL].votes(&old, number, &about_old, 0))?.remove(0);
    let spent = fault(&chain, vote, |vote| shows(&mut vote.act.held, &mut vote.secret.holding));
    assert!(spent.contains("the neighbours are in the tree"), "{spent}");

    // A dividend of a share for each one.
    let rich = Dividend { numerator: 1, denominator: 1, ..company.planned(&now) };
    let number = company.holdings.by(&company.issuer).declare_dividend(rich).into_result()?;
    assert!(company.claims(CAROL, number, &rich)?.is_empty());
    let of_old = Dividend { snapshot: old.height, ..rich };
    let Proven { call, proof } = one(company.claims(CAROL, number, &of_old)?);
    let by = company.holdings.by(&company.relayer);
    by.claim(call, proof).refused(Refused::Pool(pool::Refused::ProofInvalid));
    let (key, own) = (company.auditor.key(), company.wallets[CAROL].address());
    let mut claim = failing(company.wallets[CAROL].claims(&key, &old, number, &of_old, &own))?.remove(0);
    shows(&mut claim.act.held, &mut claim.secret.holding);
    let spent = refused_claim(&chain, claim);
    assert!(spent.contains("the neighbours are in the tree"), "{spent}");
    Ok(())
}

/// The path of a note in the tree of now.
fn path_of(company: &Company, position: u64) -> NotePath {
    let mut tree = NoteTree::default();
    for (position, commitment) in (0..).zip(&company.notes) {
        tree.insert(position, *commitment).expect("there are few notes");
    }
    tree.opening(position).expect("there is this note")
}

#[dusk_sdk::test]
fn nobody_votes_with_more_weight_or_for_two(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let snapshot = company.holdings.snapshot(poll.snapshot)?;
    let vote = || -> Result<VoteWitness, Failure> {
        Ok(failing(company.wallets[ALICE].votes(&snapshot, number, &poll, 0))?.remove(0))
    };
    let keys = poll.keys.map(|key| key.point().expect("they are points"));
    let seal =
        |vote: &VoteWitness, choice, weight| Ballot::seal(&keys, &vote.secret.ephemeral, choice, weight);
    let heavier = fault(&chain, vote()?, |vote| vote.act.ballot = seal(vote, 0, 61));
    assert!(heavier.contains("the ciphertext is the marked weight or zero"), "{heavier}");
    let twice = fault(&chain, vote()?, |vote| {
        vote.act.ballot.masked[1] = seal(vote, 1, 60).masked[1];
        vote.secret.marks.0[1] = true;
    });
    assert!(twice.contains("one choice is marked"), "{twice}");
    let beyond = fault(&chain, vote()?, |vote| {
        vote.act.ballot = seal(vote, 3, 60);
        vote.secret.marks.0 = core::array::from_fn(|at| at == 3);
    });
    assert!(beyond.contains("the choice is one of the poll's"), "{beyond}");
    let refused = company.wallets[ALICE].votes(&snapshot, number, &poll, 3).err();
    assert_eq!(refused, Some(ActError::UnknownChoice(3)));
    Ok(())
}

#[dusk_sdk::test]
fn nobody_votes_with_the_note_of_another(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let snapshot = company.holdings.snapshot(poll.snapshot)?;
    let vote = |who: usize| failing(company.wallets[who].votes(&snapshot, number, &poll, 0));
    let (of_alice, of_bob) = (vote(ALICE)?.remove(0), vote(BOB)?.remove(0));
    let spend = of_bob.secret.holding.spend;
    let stolen = fault(&chain, of_alice, |vote| vote.secret.holding.spend = spend);
    assert!(stolen.contains("the node is at its place"), "{stolen}");
    Ok(())
}

#[dusk_sdk::test]
fn a_relayer_changes_no_vote(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let snapshot = company.holdings.snapshot(poll.snapshot)?;
    let (other, _) = company.poll_about(&snapshot)?;
    let Proven { call, proof } = one(company.ballots(ALICE, number, &poll, 0)?);
    let theirs = one(company.ballots(BOB, number, &poll, 1)?);
    let mut exchanged = call.ballot;
    exchanged.masked.swap(0, 1);
    let changes = [
        Voting { poll: other, ..call },
        Voting { act_nullifier: Field::from(1), ..call },
        Voting { act_nullifier: theirs.call.act_nullifier, ..call },
        Voting { ballot: exchanged, ..call },
        // Somebody copies a ballot, without knowing what it says.
        Voting { ballot: theirs.call.ballot, ..call },
        Voting { ballot: Ballot { ephemeral: theirs.call.ballot.ephemeral, ..call.ballot }, ..call },
    ];
    let by = company.holdings.by(&company.relayer);
    for changed in changes {
        by.vote(changed, proof).refused(not_proven());
    }
    let unknown = Voting { poll: 7, ..call };
    by.vote(unknown, proof).refused(Refused::Polls(polls::Refused::UnknownPoll));
    // Nor does a flipped bit of the proof pass.
    let mut bytes = *proof.as_bytes();
    bytes[500] ^= 1;
    by.vote(call, Proof::from_bytes(bytes)).refused(not_proven());
    by.vote(call, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_contract(chain: Chain) -> TestResult {
    let (one_company, other) = (Company::open(&chain)?, Company::open(&chain)?);
    let (number, poll) = one_company.poll()?;
    let (same, _) = other.poll()?;
    assert_eq!(number, same);
    let Proven { call, proof } = one(one_company.ballots(ALICE, number, &poll, 0)?);
    other.holdings.by(&other.relayer).vote(call, proof).refused(not_proven());
    Ok(())
}

#[dusk_sdk::test]
fn the_teller_cannot_lie(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let snapshot = company.holdings.snapshot(poll.snapshot)?;
    let (empty, _) = company.poll_about(&snapshot)?;
    company.vote(BOB, number, &poll, 1)?;
    company.pass(poll.ends + 1);
    let standing = company.holdings.poll(number)?;
    let made = failing(company.teller.tally(&standing, snapshot.supply))?;
    let mut counts = made.counts;
    counts.swap(0, 1);
    let (public, private) =
        (CountPublic { act: standing.statement(counts) }, CountPrivate { secret: made.secret });
    let failure = chain.prove::<Count>(&public, &private).expect_err("there is no such proof").to_string();
    assert!(failure.contains("the number is what was encrypted"), "{failure}");
    let Proven { call, proof } = company.count(number)?;
    let by = company.holdings.by(&company.relayer);
    by.tally(number, counts, proof).refused(not_proven());
    by.tally(empty, call, proof).refused(not_proven());
    by.tally(number, call, Proof::from_bytes([0; PROOF_BYTES])).refused(not_proven());
    by.tally(number, call, proof).succeeds();
    // Another teller cannot open the ballots.
    assert_eq!(OTHER_TELLER.tally(&standing, snapshot.supply).err(), Some(TellerError::OtherKeys));
    Ok(())
}

/// The README's plain statement: the teller is able to decrypt every ballot, and nobody else is.
#[dusk_sdk::test]
fn the_teller_can_read_single_ballots(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let Proven { call, .. } = one(company.ballots(BOB, number, &poll, 2)?);
    let reach = Logarithms::up_to(100);
    assert_eq!(company.teller.key().count(&call.ballot, &reach), Some([0, 0, 30, 0, 0, 0, 0, 0]));
    let other = TellerKey::from_seed(&[7; 64], 0);
    assert_eq!(other.count(&call.ballot, &reach), None);
    Ok(())
}

/// A transfer that was proved before a snapshot, and comes after it: the old note votes, and the transfer holds.
#[dusk_sdk::test]
fn a_transfer_that_waits_at_a_snapshot(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let Proven { call, proof } = company.transfer([ALICE, BOB], 60)?;
    let (number, poll) = company.poll()?;
    company.holdings.by(&company.relayer).confidential_transfer(call, proof).succeeds();
    let notes = [0, 1].map(|output| (call.commitments[output], call.notes[output]));
    company.read(&call.nullifiers, &notes, Some(call.cipher))?;
    company.vote(ALICE, number, &poll, 0)?;
    company.vote(BOB, number, &poll, 1)?;
    company.pass(poll.ends);
    assert_eq!(company.count(number)?.call[..2], [60, 30]);
    assert_eq!(company.balances(), [0, 90, 10]);
    company.agree()
}

#[dusk_sdk::test]
fn two_snapshots_of_a_block_are_one(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let pinned = company.pin()?;
    assert_eq!(company.holdings.snapshot(pinned.height)?, pinned);
    let missing = company.holdings.snapshot(pinned.height + 1);
    let refusal = Refused::Snapshots(snapshots::Refused::NothingPinned);
    assert!(missing.is_err_and(|failure| failure.is(&refusal)));
    let officer = company.holdings.by(company.issuer.later());
    let (first, second) = chain.in_one_block((officer.take_snapshot(), officer.take_snapshot()));
    first.succeeds();
    second.refused(Refused::Snapshots(snapshots::Refused::AlreadyPinned));
    Ok(())
}

#[dusk_sdk::test]
fn a_note_claims_once(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    let first = one(company.claims(ALICE, number, &dividend)?);
    let second = one(company.claims(ALICE, number, &dividend)?);
    let by = company.holdings.by(&company.relayer);
    by.claim(first.call, first.proof).succeeds();
    by.claim(first.call, first.proof).refused(acted(first.call.act_nullifier));
    by.claim(second.call, second.proof).refused(acted(first.call.act_nullifier));
    assert_eq!(company.holdings.dividend(number)?.claims, 1);
    Ok(())
}

#[dusk_sdk::test]
fn rounding_makes_nothing(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    let snapshot = company.holdings.snapshot(dividend.snapshot)?;
    let (key, wallet) = (company.auditor.key(), &company.wallets[ALICE]);
    let auditor = key.point().expect("it is a point");
    // 4.5 rounded up, in all three places where the part is.
    for part in [5, u64::MAX] {
        let mut made =
            failing(wallet.claims(&key, &snapshot, number, &dividend, &wallet.address()))?.remove(0);
        assert_eq!(made.part, 4);
        let (cipher, [rho, _]) =
            AuditCipher::seal(&auditor, &made.secret.ephemeral, [part, 0], made.secret.receiver);
        let note = dusk_sdk::finance::confidential::Note { value: part, owner: made.secret.receiver, rho };
        made.act.cipher = cipher;
        made.act.commitment = note.commitment(snapshot_asset(&company)?);
        made.act.part = Counted::seal(&dividend.key.point().expect("it is one"), &made.secret.counted, part);
        let minted = refused_claim(&chain, made);
        assert!(minted.contains("the auditor reads the values"), "{part}: {minted}");
    }
    let dividend = Dividend { denominator: 1, numerator: 1, ..dividend };
    assert_eq!(dividend.part(60), Some(60));
    Ok(())
}

fn snapshot_asset(company: &Company) -> Result<Field, Failure> {
    Ok(company.holdings.terms()?.asset)
}

#[dusk_sdk::test]
fn a_relayer_changes_no_claim(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    let (other, _) = company.declare()?;
    let Proven { call, proof } = one(company.claims(ALICE, number, &dividend)?);
    let theirs = one(company.claims(BOB, number, &dividend)?).call;
    let changes = [
        Claiming { dividend: other, ..call },
        Claiming { act_nullifier: Field::from(1), ..call },
        Claiming { commitment: theirs.commitment, ..call },
        Claiming { cipher: theirs.cipher, ..call },
        Claiming { note: theirs.note, ..call },
        Claiming { note: NoteCipher { ephemeral: [1; 32], ..call.note }, ..call },
        Claiming { part: theirs.part, ..call },
    ];
    let by = company.holdings.by(&company.relayer);
    for changed in changes {
        by.claim(changed, proof).refused(Refused::Pool(pool::Refused::ProofInvalid));
    }
    by.claim(Claiming { dividend: 7, ..call }, proof)
        .refused(Refused::Dividends(dividends::Refused::UnknownDividend));
    by.claim(call, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn the_sum_of_a_dividend_cannot_be_a_lie(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    company.claim(ALICE, number, &dividend)?;
    company.pass(dividend.ends);
    let Proven { call: paid, proof } = company.sum(number)?;
    let by = company.holdings.by(&company.relayer);
    for lie in [0, paid - 1, paid + 1, 7, u64::MAX] {
        by.close(number, lie, proof).refused(Refused::Pool(pool::Refused::ProofInvalid));
    }
    by.close(number, paid, proof).succeeds();
    let payout = company.holdings.dividend(number)?;
    assert_eq!(OTHER_TELLER.total(&payout).err(), Some(TellerError::OtherKeys));
    Ok(())
}

#[dusk_sdk::test]
fn transfers_are_checked(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let Proven { call, proof } = company.transfer([ALICE, BOB], 5)?;
    let by = company.holdings.by(&company.relayer);
    let refused = |changed: Spending, refusal: pool::Refused| {
        by.confidential_transfer(changed, proof).refused(Refused::Pool(refusal));
    };
    let status = company.holdings.status()?;
    for note_root in [status.nullifier_root, Field::from(1), Field::default()] {
        refused(Spending { note_root, ..call }, notes::Refused::UnknownNoteRoot.into());
    }
    let twice = [call.nullifiers[0]; 2];
    refused(Spending { nullifiers: twice, ..call }, nullifiers::Refused::SpentTwice.into());
    let reserved = [call.nullifiers[0], Field::default()];
    refused(Spending { nullifiers: reserved, ..call }, nullifiers::Refused::ReservedNullifier.into());
    refused(Spending { commitments: [1.into(), 2.into()], ..call }, pool::Refused::ProofInvalid);
    by.confidential_transfer(call, proof).succeeds();
    let nullifier = call.nullifiers[0];
    refused(call, nullifiers::Refused::AlreadySpent { nullifier }.into());
    let Proven { call, proof } = company.minting(BOB, 5)?;
    let more = Minting { value: 6, ..call };
    company
        .holdings
        .by(&company.issuer)
        .issue(more, proof)
        .refused(Refused::Pool(pool::Refused::ProofInvalid));
    Ok(())
}

/// The root of a block that the chain has taken back is none. A proof about an earlier block is accepted.
#[dusk_sdk::test]
fn a_root_of_a_block_that_was_taken_back_is_refused(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let earlier = company.transfer([BOB, CAROL], 5)?;
    let before = chain.snapshot();
    company.issue(CAROL, 1)?;
    let later = company.transfer([ALICE, BOB], 5)?;
    chain.revert(&before);
    let by = company.holdings.by(&company.relayer);
    let stale = by.confidential_transfer(later.call, later.proof);
    stale.refused(Refused::Pool(notes::Refused::UnknownNoteRoot.into()));
    by.confidential_transfer(earlier.call, earlier.proof).succeeds();
    Ok(())
}

/// A wallet never uses an ephemeral scalar twice, also for the same vote.
#[dusk_sdk::test]
fn ballots_of_one_vote_differ(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let snapshot = company.holdings.snapshot(poll.snapshot)?;
    let mut seen: Vec<Scalar> = Vec::new();
    for choice in [0, 0, 1] {
        let made = failing(company.wallets[ALICE].votes(&snapshot, number, &poll, choice))?.remove(0);
        assert!(!seen.contains(&made.secret.ephemeral));
        seen.push(made.secret.ephemeral.clone());
    }
    Ok(())
}
