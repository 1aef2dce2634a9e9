//! Foreign, made-up and unreadable input: proofs about another chain or for other keys, notes that are in no tree,
//! ciphertexts that the auditor cannot read. Then what wallets do with equal and small notes, and after a loss.

use ::holdings::Refused as Refusal;
use circuits::{
    Cast, CastPrivate, CastPublic, Draw, DrawPrivate, DrawPublic, Issue, IssuePrivate, IssuePublic,
    SendPrivate, SendPublic,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::dividends::Dividend;
use dusk_sdk::finance::confidential::polls::Poll;
use dusk_sdk::finance::confidential::pool::{self, Minting, Spending};
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::confidential::{AuditCipher, AuditorKey, Keys, Note, NoteCipher, notes};
use dusk_sdk::finance::wallet::{
    ActError, Event, Identity, MintWitness, Place, Seen, TransferWitness, Wallet,
};
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, HOLDERS, OTHER_TELLER, Proven, failing};
use crate::threats::{not_proven, one};

/// The refusal of a proof that shows something else.
pub(crate) fn invalid() -> Refusal {
    Refusal::Pool(pool::Refused::ProofInvalid)
}

fn other(field: Field) -> Field {
    field + Field::from(1)
}

/// The proof of an issue.
fn issue(chain: &Chain, made: MintWitness) -> Result<Proof<Issue>, ProveError> {
    let public = IssuePublic { act: made.act, bound: made.order.bound(Field::default()) };
    chain.prove_once::<Issue>(&public, &IssuePrivate { secret: made.secret })
}

/// The proof of a transfer.
fn send(chain: &Chain, made: TransferWitness) -> Result<Proof<circuits::Send>, ProveError> {
    let public = SendPublic { act: made.act, bound: made.order.bound(Field::default()) };
    chain.prove_once::<circuits::Send>(&public, &SendPrivate { secret: made.secret })
}

/// The asset of acts that no contract sees, because they have no proof.
const ASSET: u64 = 11;

/// Somebody who holds nothing. A party of tests makes acts that wallets refuse.
fn nobody() -> (Ledger, Party, AuditorKey) {
    let asset = Field::from(ASSET);
    let (ledger, auditor) = (Ledger::new(asset), Auditor::new(Scalar::from(98)).key());
    (ledger, Party::new(Keys::from_seed(&[5; 64], 0), asset), auditor)
}

/// Somebody who holds a note of 30.
fn somebody() -> Result<(Ledger, Party, AuditorKey), Failure> {
    let (mut ledger, mut party, auditor) = nobody();
    let order = ledger.mint(&auditor, &party.address(), 30, [1, 2].map(Scalar::from))?.order;
    assert!(party.found(ledger.add(order.commitment), order.commitment, &order.note));
    Ok((ledger, party, auditor))
}

/// Nobody sends an amount out of nothing.
#[dusk_sdk::test]
fn an_empty_note_is_no_fuel(chain: Chain) -> TestResult {
    // The first input has to be in the tree, also if nothing is sent.
    let (ledger, mut party, auditor) = nobody();
    let own = party.address();
    let made = party.transfer(&ledger, &auditor, &own, [0, 0], Field::default())?;
    let failure = send(&chain, made).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the first input is in the tree"));
    // The second one too, unless its value is zero: of these notes, only the one of 30 is there.
    let (ledger, mut party, auditor) = somebody()?;
    let asset = Field::from(ASSET);
    let made_up = Note { value: 7, owner: own.owner, rho: Field::from(5) };
    let cipher = NoteCipher::seal(&own, &Scalar::from(5), &made_up, Field::default())?;
    assert!(party.found(0, made_up.commitment(asset), &cipher));
    let made = party.transfer(&ledger, &auditor, &own, [37, 0], Field::default())?;
    let failure = send(&chain, made).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the second input is in the tree, or has no value"));
    Ok(())
}

/// More than there is, so that the change would be less than nothing.
#[dusk_sdk::test]
fn nothing_is_made_by_wrapping(chain: Chain) -> TestResult {
    let (ledger, mut party, auditor) = somebody()?;
    let own = party.address();
    for amount in [31, u64::MAX] {
        let made = party.transfer(&ledger, &auditor, &own, [amount, 0], Field::default())?;
        let failure = send(&chain, made).expect_err("there is no such proof");
        assert_eq!(failure.constraint(), Some("the sum is conserved"), "{amount}");
    }
    Ok(())
}

/// Good proofs about the same contract on another chain: an issue, a transfer and a vote.
#[dusk_sdk::test]
fn a_proof_is_for_one_chain(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let identity = Identity { contract: company.holdings.id(), chain: chain.chain_id() + 1, account: 0 };
    let mut alice = Wallet::for_tests(HOLDERS, identity);
    let (key, own) = (company.auditor.key(), alice.address());
    let made = failing(alice.mint(&key, &own, 60))?;
    let (order, proof) = (made.order, issue(&chain, made)?);
    company.holdings.by(&company.issuer).issue(order, proof).refused(invalid());
    // There, the issue was accepted.
    let place = Place { height: 1, transaction: [1; 32] };
    let event = Event::Note { position: 0, commitment: order.commitment, cipher: order.note };
    failing(alice.scan(&[Seen { place, event }]))?;
    let [note_root, nullifier_root, _] = alice.roots();
    let snapshot =
        Pinned { height: poll.snapshot, note_root, nullifier_root, notes: 1, nullifiers: 0, supply: 60 };
    let vote = failing(alice.votes(&snapshot, number, &poll, 0))?.remove(0);
    let (call, private) = (vote.vote, CastPrivate { secret: vote.secret });
    let proof = chain.prove_once::<Cast>(&CastPublic { act: vote.act }, &private)?;
    let by = company.holdings.by(&company.relayer);
    by.vote(call, proof).refused(not_proven());
    let made = failing(alice.transfer(&key, own, 5, Field::default()))?;
    let (order, proof) = (made.order, send(&chain, made)?);
    let unknown = Refusal::Pool(notes::Refused::UnknownNoteRoot.into());
    by.confidential_transfer(order, proof).refused(unknown);
    let moved = Spending { note_root: company.holdings.status()?.note_root, ..order };
    by.confidential_transfer(moved, proof).refused(invalid());
    Ok(())
}

/// Good proofs for the keys of others, such as a former auditor, or the teller of an earlier poll.
#[dusk_sdk::test]
fn proofs_for_other_keys_are_refused(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (key, own) = (Auditor::new(Scalar::from(98)).key(), company.wallets[ALICE].address());
    let made = failing(company.wallets[ALICE].mint(&key, &own, 5))?;
    let (order, proof) = (made.order, issue(&chain, made)?);
    company.holdings.by(&company.issuer).issue(order, proof).refused(invalid());
    let made = failing(company.wallets[ALICE].transfer(&key, own, 5, Field::default()))?;
    let (order, proof) = (made.order, send(&chain, made)?);
    company.holdings.by(&company.relayer).confidential_transfer(order, proof).refused(invalid());
    let (number, poll) = company.poll()?;
    let of_another = Poll { keys: OTHER_TELLER.key().choices(), ..poll };
    let Proven { call, proof } = one(company.ballots(BOB, number, &of_another, 0)?);
    company.holdings.by(&company.relayer).vote(call, proof).refused(not_proven());
    let (number, dividend) = company.declare()?;
    let of_another = Dividend { key: OTHER_TELLER.key().sum(), ..dividend };
    let Proven { call, proof } = one(company.claims(BOB, number, &of_another)?);
    company.holdings.by(&company.relayer).claim(call, proof).refused(invalid());
    Ok(())
}

#[dusk_sdk::test]
fn what_the_auditor_cannot_read_is_refused(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (key, own) = (company.auditor.key(), company.wallets[ALICE].address());
    let changes: [(fn(&mut AuditCipher), &str); 4] = [
        (|it| it.ephemeral[0] = other(it.ephemeral[0]), "the abscissa is that of the ephemeral point"),
        (|it| it.ephemeral[1] = other(it.ephemeral[1]), "the ordinate is that of the ephemeral point"),
        (|it| it.fields[0] = other(it.fields[0]), "the auditor reads the values"),
        (|it| it.fields[1] = other(it.fields[1]), "the auditor reads the owner"),
    ];
    for (change, constraint) in changes {
        let mut made = failing(company.wallets[ALICE].mint(&key, &own, 5))?;
        change(&mut made.act.cipher);
        let failure = issue(&chain, made).expect_err("there is no such proof");
        assert_eq!(failure.constraint(), Some(constraint));
    }
    let mut made = failing(company.wallets[ALICE].transfer(&key, own, 5, Field::default()))?;
    made.act.cipher.fields[0] = other(made.act.cipher.fields[0]);
    let failure = send(&chain, made).expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the auditor reads the values"));
    let (number, dividend) = company.declare()?;
    let snapshot = company.holdings.snapshot(dividend.snapshot)?;
    let mut made =
        failing(company.wallets[ALICE].claims(&key, &snapshot, number, &dividend, &own))?.remove(0);
    made.act.cipher.fields[1] = other(made.act.cipher.fields[1]);
    let public = DrawPublic { act: made.act, bound: made.claim.bound(Field::default()) };
    let failure = chain.prove::<Draw>(&public, &DrawPrivate { secret: made.secret });
    let failure = failure.expect_err("there is no such proof");
    assert_eq!(failure.constraint(), Some("the auditor reads the owner"));
    Ok(())
}

/// Commitments, nullifiers, and the ciphertexts for the auditor and for receivers, exchanged, damaged, or those of
/// another act.
#[dusk_sdk::test]
fn a_relayer_changes_no_transfer(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let Proven { call, proof } = company.transfer([ALICE, BOB], 5)?;
    let Proven { call: issued, proof: of_issue } = company.minting(CAROL, 5)?;
    let [first, second] = call.notes;
    let spoilt = NoteCipher { ephemeral: [1; 32], ..first };
    let AuditCipher { ephemeral: [u, v], fields: [values, owner] } = call.cipher;
    let changes = [
        Spending { commitments: [call.commitments[1], call.commitments[0]], ..call },
        Spending { commitments: [issued.commitment, call.commitments[1]], ..call },
        Spending { nullifiers: [call.nullifiers[1], call.nullifiers[0]], ..call },
        Spending { nullifiers: [call.nullifiers[0], Field::from(77)], ..call },
        Spending { notes: [second, first], ..call },
        Spending { notes: [spoilt, second], ..call },
        Spending { notes: [first, spoilt], ..call },
        Spending { notes: [issued.note, second], ..call },
        Spending { cipher: issued.cipher, ..call },
        Spending { cipher: AuditCipher { fields: [other(values), owner], ..call.cipher }, ..call },
        Spending { cipher: AuditCipher { fields: [values, other(owner)], ..call.cipher }, ..call },
        Spending { cipher: AuditCipher { ephemeral: [other(u), v], ..call.cipher }, ..call },
    ];
    let by = company.holdings.by(&company.relayer);
    for changed in changes {
        by.confidential_transfer(changed, proof).refused(invalid());
    }
    let mut bytes = *proof.as_bytes();
    bytes[500] ^= 1;
    by.confidential_transfer(call, Proof::from_bytes(bytes)).refused(invalid());
    // Half a proof, filled up with zeros: an argument of another length is no proof at all.
    let mut bytes = *proof.as_bytes();
    bytes[PROOF_BYTES / 2..].fill(0);
    by.confidential_transfer(call, Proof::from_bytes(bytes)).refused(invalid());
    by.confidential_transfer(call, proof).succeeds();
    let by = company.holdings.by(&company.issuer);
    for changed in [
        Minting { commitment: call.commitments[0], ..issued },
        Minting { cipher: call.cipher, ..issued },
        Minting { note: first, ..issued },
    ] {
        by.issue(changed, of_issue).refused(invalid());
    }
    by.issue(issued, of_issue).succeeds();
    Ok(())
}

/// A sender of two equal notes, with one random element and one ephemeral key, does not make the receiver lose one.
#[dusk_sdk::test]
fn equal_notes_have_different_nullifiers(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (ledger, key) = (Ledger::new(company.holdings.terms()?.asset), company.auditor.key());
    for _ in 0..2 {
        let made = ledger.mint(&key, &company.wallets[CAROL].address(), 20, [5, 6].map(Scalar::from))?;
        let (order, proof) = (made.order, issue(&chain, made)?);
        company.holdings.by(&company.issuer).issue(order, proof).succeeds();
        company.read(&[], &[(order.commitment, order.note)], Some(order.cipher))?;
    }
    assert_eq!(company.balances(), [60, 30, 50]);
    // Each of them has a vote, and both are spent in one transfer.
    let (number, poll) = company.poll()?;
    company.vote(CAROL, number, &poll, 1)?;
    assert_eq!(company.holdings.poll(number)?.votes, 3);
    company.send([CAROL, BOB], 40)?;
    assert_eq!(company.balances(), [60, 70, 10]);
    company.agree()
}

/// A transfer has two inputs. A holder who has got many small notes joins them by transfers to itself.
#[dusk_sdk::test]
fn small_notes_are_joined(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    for amount in [1, 2] {
        company.issue(CAROL, amount)?;
    }
    let (key, bob) = (company.auditor.key(), company.wallets[BOB].address());
    let refused = company.wallets[CAROL].transfer(&key, bob, 13, Field::default());
    let Err(ActError::MergeFirst { pairs, rounds: 1 }) = refused else { panic!("{refused:?}") };
    let made = failing(company.wallets[CAROL].merge(&key, pairs[0]))?;
    let (order, proof) = (made.order, send(&chain, made)?);
    company.holdings.by(&company.relayer).confidential_transfer(order, proof).succeeds();
    let notes = [0, 1].map(|output| (order.commitments[output], order.notes[output]));
    company.read(&order.nullifiers, &notes, Some(order.cipher))?;
    company.send([CAROL, BOB], 13)?;
    assert_eq!(company.balances(), [60, 43, 0]);
    company.agree()
}

/// The words are enough: a new wallet finds in the events also what it had at a snapshot, and votes with it.
#[dusk_sdk::test]
fn a_lost_wallet_is_rebuilt_and_votes(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    company.send([ALICE, BOB], 20)?;
    let mut restored = Wallet::for_tests(HOLDERS, company.wallets[ALICE].identity());
    failing(restored.scan(&company.seen))?;
    assert_eq!(restored.balance().total, 40);
    assert_eq!(restored.roots(), company.wallets[ALICE].roots());
    company.wallets[ALICE] = restored;
    company.vote(ALICE, number, &poll, 0)?;
    company.pass(poll.ends);
    assert_eq!(company.count(number)?.call[..2], [60, 0]);
    Ok(())
}
