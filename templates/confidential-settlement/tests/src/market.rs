//! A market: two assets, a settlement contract, three people who hold both, and the auditor of each asset. Wallets know
//! the chain by what was accepted, as they would by its events.

use std::collections::BTreeMap;

use ::asset::AssetClient;
use ::settlement::SettlementClient;
use circuits::{
    Agree, Answer, Instruction, IssuePrivate, IssuePublic, Reserve, ReservePrivate, ReservePublic,
    SendPrivate, SendPublic, Terms,
};
use dusk_sdk::finance::confidential::locks::LockId;
use dusk_sdk::finance::confidential::pool::{self, Locking, Minting, Spending};
use dusk_sdk::finance::confidential::statements::AffirmSecretNative;
use dusk_sdk::finance::confidential::{Address, Holder, Keys, NoteCipher};
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{Circuit, Proof};
use dusk_sdk::{ContractId, Field};
use play::{Act, Deal};

/// The first leg: the delivery.
pub(crate) const SHARES: usize = 0;
/// The second leg: the payment.
pub(crate) const MONEY: usize = 1;
/// Has all shares at first.
pub(crate) const ALICE: usize = 0;
/// Has all money at first.
pub(crate) const BOB: usize = 1;
/// Has nothing at first.
pub(crate) const CAROL: usize = 2;
/// How many people there are.
pub(crate) const PEOPLE: usize = 3;
/// The shares that there are.
pub(crate) const ISSUED: [u64; 2] = [100, 5_000];
/// How many blocks an instruction has from its first block on.
pub(crate) const DEADLINE_BLOCKS: u64 = 30;
/// The day on which the tests begin.
pub(crate) const TODAY: u32 = 739_000;
/// The level of all holders.
pub(crate) const LEVEL: u8 = 2;
/// Why officers act.
pub(crate) const REASON: &str = "court order 7";

/// A call that needs a proof, with the proof.
#[derive(Clone)]
pub(crate) struct Proven<Call, C> {
    pub(crate) call: Call,
    /// The registry that the proof is about.
    pub(crate) root: Field,
    pub(crate) proof: Proof<C>,
}

/// One of both assets, with everybody who follows it.
pub(crate) struct Side {
    pub(crate) asset: AssetClient<Deployed>,
    pub(crate) terms: Terms,
    pub(crate) ledger: Ledger,
    pub(crate) auditor: Auditor,
    pub(crate) parties: Vec<Party>,
    /// The locks, as events tell.
    pub(crate) locks: BTreeMap<LockId, Locking>,
}

/// Both assets and the settlement.
pub(crate) struct Market {
    pub(crate) chain: Chain,
    pub(crate) issuer: Signer,
    /// Submits what others have proved, and is nobody's account.
    pub(crate) relayer: Signer,
    pub(crate) settlement: SettlementClient<Deployed>,
    pub(crate) sides: [Side; 2],
    /// The issued amount of each asset.
    issued: [u64; 2],
    /// All secrets of the market follow from it.
    seed: Seed,
    /// How many random scalars were drawn.
    drawn: u64,
}

/// The seed of keys.
pub(crate) type Seed = [u8; 64];

/// The seed of the tests, except for observer tests.
const SEED: Seed = [7; 64];

/// An instruction as its parties know it.
#[derive(Clone)]
pub(crate) struct Trade {
    pub(crate) instruction: Instruction,
    pub(crate) name: Field,
    pub(crate) deals: [Deal; 2],
    /// The party that delivers, and the one that pays.
    pub(crate) payers: [usize; 2],
}

impl Trade {
    /// The receiver of a leg.
    pub(crate) fn receiver(&self, leg: usize) -> usize {
        self.payers[1 - leg]
    }
}

/// Somebody's keys, the same for all assets.
pub(crate) fn keys(person: usize) -> Keys {
    keys_of(&SEED, person)
}

/// Somebody's keys, from a seed.
pub(crate) fn keys_of(seed: &Seed, person: usize) -> Keys {
    Keys::from_seed(seed, u32::try_from(person).expect("there are few people"))
}

/// Random scalars of those who hold nothing, and of what parties agree on elsewhere.
pub(crate) fn scalar(seed: &Seed, number: u64) -> Scalar {
    keys_of(seed, 1_000).spend.ephemeral(&[number.into()])
}

/// The entry of a holder, as an officer states it.
pub(crate) fn holder(owner: Field) -> Holder {
    Holder { owner, class: 1, country: 528, level: LEVEL, valid_until: TODAY + 365, active: true }
}

/// A refusal of an asset's parts as one of the asset.
pub(crate) fn refused(refused: impl Into<pool::Refused>) -> ::asset::Refused {
    ::asset::Refused::Pool(refused.into())
}

impl Market {
    /// A market in which alice has all shares, and bob all money.
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let mut market = Self::empty(chain, SEED)?;
        for side in [SHARES, MONEY] {
            market.issue(side, [ALICE, BOB][side], ISSUED[side])?;
        }
        Ok(market)
    }

    /// A market in which nobody has anything. All secrets follow from the seed.
    pub(crate) fn empty(chain: &Chain, seed: Seed) -> Result<Self, Failure> {
        let [issuer, relayer] = chain.accounts(["issuer", "relayer"]);
        let settlement = chain.deploy(&issuer, ::settlement::init())?;
        let sides = [
            Side::open(chain, &issuer, "Windmill", 98, &seed)?,
            Side::open(chain, &issuer, "Euro", 99, &seed)?,
        ];
        let issued = [0; 2];
        Ok(Self { chain: chain.clone(), issuer, relayer, settlement, sides, issued, seed, drawn: 0 })
    }

    /// A random scalar that nothing else uses.
    fn draw(&mut self) -> Scalar {
        self.drawn += 1;
        scalar(&self.seed, self.drawn)
    }

    /// The officer issues an amount.
    pub(crate) fn issue(&mut self, side: usize, to: usize, amount: u64) -> Result<(), Failure> {
        let fresh = [self.draw(), self.draw()];
        let it = &mut self.sides[side];
        let act = it.issuing(&it.parties[to].address(), amount, fresh)?;
        let proof = prove(&self.chain, &act)?;
        let (order, root) = (act.call, it.ledger.holder_root());
        it.asset.by(&self.issuer).issue(order, root, proof).into_result()?;
        let position = it.note(order.commitment, order.note);
        it.auditor.read(it.terms.asset, &[], &order.cipher, &[position])?;
        self.issued[side] += amount;
        Ok(())
    }

    /// A transfer with its proof, which is not sent.
    pub(crate) fn transfer(
        &mut self,
        side: usize,
        [from, to]: [usize; 2],
        amount: u64,
    ) -> Result<Proven<Spending, circuits::Send>, Failure> {
        let it = &mut self.sides[side];
        let act = it.sending([from, to], amount)?;
        Ok(Proven { call: act.call, root: it.ledger.holder_root(), proof: prove(&self.chain, &act)? })
    }

    /// A holder sends an amount.
    pub(crate) fn send(&mut self, side: usize, parties: [usize; 2], amount: u64) -> Result<(), Failure> {
        let Proven { call, root, proof } = self.transfer(side, parties, amount)?;
        let it = &mut self.sides[side];
        it.asset.by(&self.relayer).confidential_transfer(call, root, proof).into_result()?;
        it.spend(&call.nullifiers);
        let positions = [0, 1].map(|output| it.note(call.commitments[output], call.notes[output]));
        it.auditor.read(it.terms.asset, &call.nullifiers, &call.cipher, &positions)?;
        Ok(())
    }

    /// An instruction that both parties have agreed on elsewhere: `parties[0]` delivers `amounts[0]` shares, and
    /// `parties[1]` pays `amounts[1]`. Nobody has submitted it.
    pub(crate) fn trade(&mut self, parties: [usize; 2], amounts: [u64; 2]) -> Trade {
        // Both parties know it, and nobody else.
        let blindings = [self.draw(), self.draw()].map(|scalar| scalar.field());
        let deals = [SHARES, MONEY].map(|leg| Deal {
            contract: self.sides[leg].asset.id(),
            asset: self.sides[leg].terms.asset,
            amount: amounts[leg],
            receiver: self.sides[leg].parties[parties[1 - leg]].address(),
            blinding: blindings[leg],
        });
        let deadline = self.chain.height() + 1 + DEADLINE_BLOCKS;
        self.as_agreed(deals, parties, deadline)
    }

    /// The same with a deadline.
    pub(crate) fn as_agreed(&self, deals: [Deal; 2], payers: [usize; 2], deadline: u64) -> Trade {
        let instruction = Instruction { legs: deals.map(|deal| deal.leg()), deadline };
        let name = instruction.name(self.settlement.id(), self.chain.chain_id());
        Trade { instruction, name, deals, payers }
    }

    /// The same, after its instruction was changed.
    pub(crate) fn as_agreed_with(&self, trade: &Trade) -> Trade {
        let name = trade.instruction.name(self.settlement.id(), self.chain.chain_id());
        Trade { name, ..trade.clone() }
    }

    /// Somebody submits an instruction.
    pub(crate) fn instruct(&self, trade: &Trade) -> Result<(), Failure> {
        let name = self.settlement.by(&self.relayer).instruct(trade.instruction).into_result()?;
        assert_eq!(name, trade.name, "the parties know the name beforehand");
        Ok(())
    }

    /// The proof of the receiver of a leg, which is not sent.
    pub(crate) fn answer(&self, trade: &Trade, leg: usize, answer: Answer) -> Result<Proof<Agree>, Failure> {
        self.answer_of(trade, leg, answer, trade.receiver(leg))
    }

    /// The same by somebody.
    pub(crate) fn answer_of(
        &self,
        trade: &Trade,
        leg: usize,
        answer: Answer,
        by: usize,
    ) -> Result<Proof<Agree>, Failure> {
        let at = (self.settlement.id(), self.chain.chain_id());
        let Deal { amount: value, blinding, .. } = trade.deals[leg];
        let spend = self.sides[leg].parties[by].keys().spend.secret();
        let secret = AffirmSecretNative { spend, value, blinding };
        let act = play::agree(&trade.instruction, at, leg as u8, answer, secret);
        Ok(prove(&self.chain, &act.ok_or_else(|| Failure::new("there is no such leg"))?)?)
    }

    /// The receiver of a leg affirms.
    pub(crate) fn affirm(&self, trade: &Trade, leg: usize) -> Result<(), Failure> {
        let proof = self.answer(trade, leg, Answer::Affirm)?;
        self.settlement.by(&self.relayer).affirm(trade.name, leg as u8, proof).into_result()
    }

    /// The receiver of a leg rejects.
    pub(crate) fn reject(&mut self, trade: &Trade, leg: usize) -> Result<(), Failure> {
        let proof = self.answer(trade, leg, Answer::Reject)?;
        self.settlement.by(&self.relayer).reject(trade.name, leg as u8, proof).into_result()?;
        self.returned_to(trade);
        Ok(())
    }

    /// A lock with its proof, which is not sent.
    pub(crate) fn reservation(
        &mut self,
        trade: &Trade,
        leg: usize,
    ) -> Result<Proven<Locking, Reserve>, Failure> {
        let at = self.settlement.id();
        let it = &mut self.sides[leg];
        let act = it.reserving(at, trade, leg)?;
        Ok(Proven { call: act.call, root: it.ledger.holder_root(), proof: prove(&self.chain, &act)? })
    }

    /// The party that delivers, or pays, locks the amount of the leg.
    pub(crate) fn lock(&mut self, trade: &Trade, leg: usize) -> Result<(), Failure> {
        let locking = self.reservation(trade, leg)?;
        self.submit_lock(leg, &locking)
    }

    /// Anybody submits a lock.
    pub(crate) fn submit_lock(
        &mut self,
        leg: usize,
        locking: &Proven<Locking, Reserve>,
    ) -> Result<(), Failure> {
        let Proven { call, root, proof } = locking;
        let it = &mut self.sides[leg];
        it.asset.by(&self.relayer).lock(*call, *root, *proof).into_result()?;
        it.spend(&call.nullifiers);
        let change = it.note(call.change, call.notes[2]);
        it.auditor.lock(it.terms.asset, &call.nullifiers, &call.cipher, change)?;
        it.locks.insert(call.id, *call);
        Ok(())
    }

    /// Instructed, affirmed and locked by both.
    pub(crate) fn locked(&mut self, parties: [usize; 2], amounts: [u64; 2]) -> Result<Trade, Failure> {
        let trade = self.affirmed(parties, amounts)?;
        for leg in [SHARES, MONEY] {
            self.lock(&trade, leg)?;
        }
        Ok(trade)
    }

    /// Instructed and affirmed by both.
    pub(crate) fn affirmed(&mut self, parties: [usize; 2], amounts: [u64; 2]) -> Result<Trade, Failure> {
        let trade = self.trade(parties, amounts);
        self.instruct(&trade)?;
        for leg in [SHARES, MONEY] {
            self.affirm(&trade, leg)?;
        }
        Ok(trade)
    }

    /// Anybody settles.
    pub(crate) fn settle(&mut self, trade: &Trade) -> Result<(), Failure> {
        self.settlement.by(&self.relayer).settle(trade.name).into_result()?;
        for (leg, side) in self.sides.iter_mut().enumerate() {
            let lock = side.locks.remove(&self.settlement.lock_id(trade.name, leg as u8)?);
            let lock = lock.expect("what settles was locked");
            side.close(lock.released, lock.notes[0]);
        }
        Ok(())
    }

    /// Anybody has the locked legs given back.
    pub(crate) fn give_back(&mut self, trade: &Trade) -> Result<(), Failure> {
        self.settlement.by(&self.relayer).give_back(trade.name).into_result()?;
        self.returned_to(trade);
        Ok(())
    }

    /// Everybody notes what was given back.
    pub(crate) fn returned_to(&mut self, trade: &Trade) {
        for leg in [SHARES, MONEY] {
            if let Some(lock) = self.sides[leg].locks.remove(&self.id(trade, leg)) {
                self.sides[leg].close(lock.cancelled, lock.notes[1]);
            }
        }
    }

    /// Somebody cancels a lock in its asset.
    pub(crate) fn cancel(&mut self, trade: &Trade, leg: usize) -> Result<(), Failure> {
        let (id, relayer) = (self.id(trade, leg), self.relayer.clone());
        let it = &mut self.sides[leg];
        it.asset.by(&relayer).cancel(id).into_result()?;
        let lock = it.locks.remove(&id).expect("what is cancelled was locked");
        it.close(lock.cancelled, lock.notes[1]);
        Ok(())
    }

    /// Where a leg is locked.
    pub(crate) fn id(&self, trade: &Trade, leg: usize) -> LockId {
        let (agent, leg) = (self.settlement.id(), trade.instruction.legs[leg].commitment);
        LockId { agent, instruction: trade.name, leg }
    }

    /// The officer freezes a holder, or ends that.
    pub(crate) fn set_active(&mut self, side: usize, who: usize, active: bool) -> Result<(), Failure> {
        let it = &mut self.sides[side];
        let owner = it.parties[who].owner();
        it.asset.by(&self.issuer).set_active(owner, active, REASON.into()).into_result()?;
        it.ledger.set_holder(who as u64, Holder { active, ..holder(owner) });
        Ok(())
    }

    /// The balances of people in an asset, as their wallets know them. The auditor must know the same.
    pub(crate) fn balances(&self, side: usize) -> [u64; PEOPLE] {
        let it = &self.sides[side];
        core::array::from_fn(|person| {
            let balance = it.parties[person].balance();
            assert_eq!(it.auditor.balance(it.parties[person].owner()), balance, "what the auditor knows");
            balance
        })
    }

    /// The trees of wallets are those of the contracts.
    pub(crate) fn agree(&self) -> Result<(), Failure> {
        for (side, issued) in self.sides.iter().zip(self.issued) {
            let status = side.asset.status()?;
            assert_eq!(status.note_root, side.ledger.note_root(), "the tree of notes");
            assert_eq!(status.nullifier_root, side.ledger.nullifier_root(), "the tree of nullifiers");
            assert_eq!(status.registry_root, side.ledger.holder_root(), "the registry");
            assert_eq!((status.supply, status.locks), (issued, side.locks.len() as u64));
        }
        Ok(())
    }
}

impl Side {
    /// An asset with three holders, who have nothing.
    fn open(chain: &Chain, issuer: &Signer, name: &str, secret: u64, seed: &Seed) -> Result<Self, Failure> {
        let mut auditor = Auditor::new(Scalar::from(secret));
        let asset = chain.deploy(issuer, ::asset::init(name.into(), auditor.key()))?;
        asset.by(issuer).set_policy(TODAY, 10, LEVEL).succeeds();
        let terms = asset.terms()?;
        let mut ledger = Ledger::new(terms.asset);
        let mut parties: Vec<_> =
            (0..PEOPLE).map(|person| Party::new(keys_of(seed, person), terms.asset)).collect();
        for (place, party) in (0..).zip(&mut parties) {
            let act = play::enrol(&terms, party.register(&terms.auditor)?);
            let (proof, holder) = (prove(chain, &act)?, holder(act.call.owner));
            asset.by(issuer).admit(act.call, holder, proof).into_result()?;
            assert_eq!(
                auditor.register(&act.call.view)?,
                act.call.owner,
                "the auditor reads whose keys they are"
            );
            ledger.set_holder(place, holder);
        }
        Ok(Self { asset, terms, ledger, auditor, parties, locks: BTreeMap::new() })
    }

    /// An issue that is not proved yet.
    pub(crate) fn issuing(
        &self,
        to: &Address,
        amount: u64,
        fresh: [Scalar; 2],
    ) -> Result<Act<Minting, IssuePublic, IssuePrivate>, Failure> {
        let minted = self.ledger.mint(&self.terms.auditor, to, amount, fresh)?;
        Ok(play::issue(&self.terms, minted)?)
    }

    /// A transfer that is not proved yet.
    pub(crate) fn sending(
        &mut self,
        [from, to]: [usize; 2],
        amount: u64,
    ) -> Result<Act<Spending, SendPublic, SendPrivate>, Failure> {
        let address = self.parties[to].address();
        let (ledger, from) = (&self.ledger, &mut self.parties[from]);
        let sent = from.transfer(ledger, &self.terms.auditor, &address, [amount, 0], Field::default())?;
        Ok(play::send(&self.terms, sent)?)
    }

    /// A lock of a leg that is not proved yet.
    pub(crate) fn reserving(
        &mut self,
        settlement: ContractId,
        trade: &Trade,
        leg: usize,
    ) -> Result<Act<Locking, ReservePublic, ReservePrivate>, Failure> {
        let (deal, auditor) = (&trade.deals[leg], &self.terms.auditor);
        let lock = deal.lock((settlement, trade.name), trade.instruction.deadline);
        let from = &mut self.parties[trade.payers[leg]];
        let locked = from.lock(&self.ledger, auditor, &deal.receiver, deal.amount, &lock)?;
        Ok(play::reserve(&self.terms, locked)?)
    }

    /// Everybody notes that notes were spent.
    pub(crate) fn spend(&mut self, nullifiers: &[Field]) {
        for nullifier in nullifiers {
            self.ledger.spend(*nullifier);
            self.parties.iter_mut().for_each(|party| party.spent(*nullifier));
        }
    }

    /// Everybody notes a new note.
    pub(crate) fn note(&mut self, commitment: Field, cipher: NoteCipher) -> u64 {
        let position = self.ledger.add(commitment);
        for party in &mut self.parties {
            party.found(position, commitment, &cipher);
        }
        position
    }

    /// Everybody notes the end of a lock.
    pub(crate) fn close(&mut self, commitment: Field, cipher: NoteCipher) {
        let position = self.note(commitment, cipher);
        self.auditor.settled(self.terms.asset, commitment, position);
    }
}

/// Makes a proof, or takes one that another test has made of the same inputs: markets open alike.
pub(crate) fn prove<Call, C>(
    chain: &Chain,
    act: &Act<Call, C::Public, C::Private>,
) -> Result<Proof<C>, ProveError>
where
    C: Circuit + 'static,
{
    chain.prove_once(&act.public, &act.private)
}
