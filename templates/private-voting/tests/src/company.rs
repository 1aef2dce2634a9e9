//! A company with hidden shareholders: the contract, three wallets, the auditor and the teller. Wallets know the chain
//! by what was accepted, as they would by its events.

use std::sync::LazyLock;

use ::holdings::HoldingsClient;
use circuits::{
    Cast, CastPrivate, CastPublic, Count, CountPrivate, CountPublic, Draw, DrawPrivate, DrawPublic, Issue,
    IssuePrivate, IssuePublic, Send, SendPrivate, SendPublic, SumUp, SumUpPrivate, SumUpPublic,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::dividends::{Claiming, Dividend};
use dusk_sdk::finance::confidential::polls::{Poll, Voting};
use dusk_sdk::finance::confidential::pool::{Minting, Spending};
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::confidential::{AuditCipher, AuditorKey, NoteCipher};
use dusk_sdk::finance::wallet::{Auditor, Event, Identity, Place, Seen, Teller, TotalWitness, Wallet, Words};
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;

/// Has 60 shares at first.
pub(crate) const ALICE: usize = 0;
/// Has 30.
pub(crate) const BOB: usize = 1;
/// Has 10.
pub(crate) const CAROL: usize = 2;
/// How many people there are.
pub(crate) const PEOPLE: usize = 3;
/// The shares that they have at first, in one note each.
pub(crate) const SHARES: [u64; PEOPLE] = [60, 30, 10];
/// How many blocks a poll has, from its first on: enough for real proofs on a network with a block a second.
pub(crate) const POLL_BLOCKS: u64 = 1_000;
/// The hash of what is asked: may the board buy the windmill? Yes, no, abstain.
pub(crate) const QUESTION: u64 = 4_711;

/// A call that needs a proof, with the proof.
#[derive(Clone)]
pub(crate) struct Proven<Call, C> {
    pub(crate) call: Call,
    pub(crate) proof: Proof<C>,
}

/// The contract with everybody who follows it.
pub(crate) struct Company {
    pub(crate) chain: Chain,
    pub(crate) issuer: Signer,
    /// Submits what others have proved, and is nobody's account.
    pub(crate) relayer: Signer,
    pub(crate) holdings: HoldingsClient<Deployed>,
    pub(crate) wallets: Vec<Wallet>,
    pub(crate) auditor: Auditor,
    pub(crate) teller: &'static Teller,
    /// The commitments of all notes.
    pub(crate) notes: Vec<Field>,
    /// All events.
    pub(crate) seen: Vec<Seen>,
    nullifiers: u64,
}

/// The seeds of words: of the holders, except in observer tests; of the auditor; of the teller and of another one.
pub(crate) const HOLDERS: [u8; 32] = [7; 32];
const AUDITOR: [u8; 32] = [8; 32];
const TELLERS: [[u8; 32]; 2] = [[9; 32], [10; 32]];

// Keys follow from words by thousands of hashes, so a test does not derive them anew.
static AUDITOR_KEY: LazyLock<AuditorKey> = LazyLock::new(|| Auditor::key_of(&Words::for_tests(AUDITOR), 0));
static TELLER: LazyLock<Teller> = LazyLock::new(|| teller(TELLERS[0]));
/// A teller of other polls.
pub(crate) static OTHER_TELLER: LazyLock<Teller> = LazyLock::new(|| teller(TELLERS[1]));

fn teller(seed: [u8; 32]) -> Teller {
    Teller::new(&Words::for_tests(seed), 0)
}

impl Company {
    /// A company without shareholders. The random values of its wallets follow from a seed.
    pub(crate) fn new(chain: &Chain, seed: [u8; 32]) -> Result<Self, Failure> {
        let [issuer, relayer] = chain.accounts(["issuer", "relayer"]);
        let holdings = chain.deploy(&issuer, ::holdings::init("Windmill".into(), *AUDITOR_KEY))?;
        let identity = Identity { contract: holdings.id(), chain: chain.chain_id(), account: 0 };
        let people = 0..PEOPLE as u32;
        Ok(Self {
            chain: chain.clone(),
            issuer,
            relayer,
            holdings,
            wallets: people
                .map(|account| Wallet::for_tests(seed, Identity { account, ..identity }))
                .collect(),
            auditor: Auditor::new(Words::for_tests(AUDITOR), identity),
            teller: &TELLER,
            notes: Vec::new(),
            seen: Vec::new(),
            nullifiers: 0,
        })
    }

    /// A company in which people have their first shares. Tests that begin alike make the same proofs, each once.
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let mut company = Self::new(chain, HOLDERS)?;
        for (person, shares) in SHARES.into_iter().enumerate() {
            company.issue(person, shares)?;
        }
        Ok(company)
    }

    /// An issue with its proof, which is not sent.
    pub(crate) fn minting(&mut self, to: usize, amount: u64) -> Result<Proven<Minting, Issue>, Failure> {
        let (key, address) = (self.auditor.key(), self.wallets[to].address());
        let made = failing(self.wallets[to].mint(&key, &address, amount))?;
        let bound = made.order.bound(Field::default());
        let (public, private) = (IssuePublic { act: made.act, bound }, IssuePrivate { secret: made.secret });
        Ok(Proven { call: made.order, proof: self.chain.prove_once::<Issue>(&public, &private)? })
    }

    /// The officer issues an amount.
    pub(crate) fn issue(&mut self, to: usize, amount: u64) -> Result<(), Failure> {
        let Proven { call, proof } = self.minting(to, amount)?;
        self.holdings.by(&self.issuer).issue(call, proof).into_result()?;
        self.read(&[], &[(call.commitment, call.note)], Some(call.cipher))
    }

    /// A transfer with its proof, which is not sent.
    pub(crate) fn transfer(
        &mut self,
        [from, to]: [usize; 2],
        amount: u64,
    ) -> Result<Proven<Spending, Send>, Failure> {
        let (key, address) = (self.auditor.key(), self.wallets[to].address());
        let made = failing(self.wallets[from].transfer(&key, address, amount, Field::default()))?;
        let bound = made.order.bound(Field::default());
        let private = SendPrivate { secret: made.secret };
        let proof = self.chain.prove_once::<Send>(&SendPublic { act: made.act, bound }, &private)?;
        Ok(Proven { call: made.order, proof })
    }

    /// A holder sends an amount. Returns what was sent to the contract.
    pub(crate) fn send(&mut self, parties: [usize; 2], amount: u64) -> Result<Spending, Failure> {
        let Proven { call, proof } = self.transfer(parties, amount)?;
        self.holdings.by(&self.relayer).confidential_transfer(call, proof).into_result()?;
        let notes = [0, 1].map(|output| (call.commitments[output], call.notes[output]));
        self.read(&call.nullifiers, &notes, Some(call.cipher))?;
        Ok(call)
    }

    /// The officer takes a snapshot.
    pub(crate) fn pin(&self) -> Result<Pinned, Failure> {
        self.holdings.by(&self.issuer).take_snapshot().into_result()
    }

    /// A poll with three choices, about a snapshot of now.
    pub(crate) fn poll(&self) -> Result<(u32, Poll), Failure> {
        let snapshot = self.pin()?;
        self.poll_about(&snapshot)
    }

    /// The same about a snapshot.
    pub(crate) fn poll_about(&self, snapshot: &Pinned) -> Result<(u32, Poll), Failure> {
        let poll = self.asked(snapshot);
        Ok((self.holdings.by(&self.issuer).open_poll(poll).into_result()?, poll))
    }

    /// A poll that is not opened.
    pub(crate) fn asked(&self, snapshot: &Pinned) -> Poll {
        Poll {
            question: QUESTION.into(),
            choices: 3,
            snapshot: snapshot.height,
            ends: self.chain.height() + POLL_BLOCKS,
            quorum: 50,
            keys: self.teller.key().choices(),
        }
    }

    /// The votes of all notes that somebody had at the snapshot, with their proofs, which are not sent.
    pub(crate) fn ballots(
        &self,
        who: usize,
        number: u32,
        poll: &Poll,
        choice: u8,
    ) -> Result<Vec<Proven<Voting, Cast>>, Failure> {
        let snapshot = self.holdings.snapshot(poll.snapshot)?;
        let made = failing(self.wallets[who].votes(&snapshot, number, poll, choice))?;
        let proven = made.into_iter().map(|vote| {
            let private = CastPrivate { secret: vote.secret };
            Ok(Proven {
                call: vote.vote,
                proof: self.chain.prove_once::<Cast>(&CastPublic { act: vote.act }, &private)?,
            })
        });
        proven.collect()
    }

    /// Somebody votes with all that it had.
    pub(crate) fn vote(&self, who: usize, number: u32, poll: &Poll, choice: u8) -> Result<(), Failure> {
        for Proven { call, proof } in self.ballots(who, number, poll, choice)? {
            self.holdings.by(&self.relayer).vote(call, proof).into_result()?;
        }
        Ok(())
    }

    /// The teller's tally with its proof, which is not sent.
    pub(crate) fn count(&self, number: u32) -> Result<Proven<[u64; 8], Count>, Failure> {
        let standing = self.holdings.poll(number)?;
        let supply = self.holdings.snapshot(standing.poll.snapshot)?.supply;
        let made = failing(self.teller.tally(&standing, supply))?;
        let (public, private) = (CountPublic { act: made.act }, CountPrivate { secret: made.secret });
        Ok(Proven { call: made.counts, proof: self.chain.prove_once::<Count>(&public, &private)? })
    }

    /// A dividend of three shares for forty, about a snapshot; not declared.
    pub(crate) fn planned(&self, snapshot: &Pinned) -> Dividend {
        Dividend {
            snapshot: snapshot.height,
            numerator: 3,
            denominator: 40,
            ends: self.chain.height() + POLL_BLOCKS,
            key: self.teller.key().sum(),
        }
    }

    /// The officer declares a dividend about a snapshot of now.
    pub(crate) fn declare(&self) -> Result<(u32, Dividend), Failure> {
        let dividend = self.planned(&self.pin()?);
        Ok((self.holdings.by(&self.issuer).declare_dividend(dividend).into_result()?, dividend))
    }

    /// The claims of all notes that somebody had at the snapshot, with their proofs, which are not sent.
    pub(crate) fn claims(
        &self,
        who: usize,
        number: u32,
        dividend: &Dividend,
    ) -> Result<Vec<Proven<Claiming, Draw>>, Failure> {
        let (snapshot, wallet) = (self.holdings.snapshot(dividend.snapshot)?, &self.wallets[who]);
        let (key, own) = (self.auditor.key(), wallet.address());
        let made = failing(wallet.claims(&key, &snapshot, number, dividend, &own))?;
        let proven = made.into_iter().map(|made| {
            let bound = made.claim.bound(Field::default());
            let (public, private) =
                (DrawPublic { act: made.act, bound }, DrawPrivate { secret: made.secret });
            Ok(Proven { call: made.claim, proof: self.chain.prove_once::<Draw>(&public, &private)? })
        });
        proven.collect()
    }

    /// Somebody claims for all that it had.
    pub(crate) fn claim(&mut self, who: usize, number: u32, dividend: &Dividend) -> Result<(), Failure> {
        for Proven { call, proof } in self.claims(who, number, dividend)? {
            self.holdings.by(&self.relayer).claim(call, proof).into_result()?;
            self.read(&[], &[(call.commitment, call.note)], Some(call.cipher))?;
        }
        Ok(())
    }

    /// The teller's sum with its proof, which is not sent.
    pub(crate) fn sum(&self, number: u32) -> Result<Proven<u64, SumUp>, Failure> {
        let TotalWitness { paid, act, secret } =
            failing(self.teller.total(&self.holdings.dividend(number)?))?;
        let proof = self.chain.prove_once::<SumUp>(&SumUpPublic { act }, &SumUpPrivate { secret })?;
        Ok(Proven { call: paid, proof })
    }

    /// Blocks pass until after a height.
    pub(crate) fn pass(&self, height: u64) {
        self.chain.mine((height + 1).saturating_sub(self.chain.height()));
    }

    /// Everybody reads the events of a call.
    pub(crate) fn read(
        &mut self,
        nullifiers: &[Field],
        notes: &[(Field, NoteCipher)],
        cipher: Option<AuditCipher>,
    ) -> Result<(), Failure> {
        let mut transaction = [0; 32];
        let number = self.notes.len() as u64 + self.nullifiers + 1;
        transaction[..8].copy_from_slice(&number.to_le_bytes());
        let place = Place { height: self.chain.height(), transaction };
        let mut events = Vec::new();
        for nullifier in nullifiers {
            events.push(Event::Nullifier { index: self.nullifiers, nullifier: *nullifier });
            self.nullifiers += 1;
        }
        for (commitment, cipher) in notes {
            let position = self.notes.len() as u64;
            events.push(Event::Note { position, commitment: *commitment, cipher: *cipher });
            self.notes.push(*commitment);
        }
        events.extend(cipher.map(|cipher| Event::Act { cipher }));
        let seen: Vec<Seen> = events.into_iter().map(|event| Seen { place, event }).collect();
        for wallet in &mut self.wallets {
            failing(wallet.scan(&seen))?;
        }
        failing(self.auditor.scan(&seen))?;
        self.seen.extend(seen);
        Ok(())
    }

    /// The balances of people, as their wallets know them.
    pub(crate) fn balances(&self) -> [u64; PEOPLE] {
        core::array::from_fn(|person| self.wallets[person].balance().total)
    }

    /// The trees of wallets are those of the contract.
    pub(crate) fn agree(&mut self) -> Result<(), Failure> {
        let status = self.holdings.status()?;
        let [notes, nullifiers, _] = self.wallets[ALICE].roots();
        assert_eq!((status.note_root, status.nullifier_root), (notes, nullifiers), "the trees");
        assert_eq!((status.notes, status.nullifiers), (self.notes.len() as u64, self.nullifiers));
        Ok(())
    }
}

/// An error of a wallet as a failure of the test.
pub(crate) fn failing<T, E: core::fmt::Display>(result: Result<T, E>) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(error.to_string()))
}
