//! Alice delivers ten shares to bob, who pays 400. Both have wallets, and no accounts.

use ::asset::AssetClient;
use ::settlement::SettlementClient;
use circuits::{
    Agree, AgreePrivate, Answer, Enrol, EnrolPrivate, Enrolment, Instruction, Issue, IssuePrivate, Leg,
    Reserve, ReservePrivate,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{Address, Holder, leg};
use dusk_sdk::finance::wallet::{self, Auditor, Identity, Wallet, Words};
use dusk_sdk::testing::*;

// ANCHOR: side
/// An asset, and the wallets of both parties for it.
struct Side {
    chain: Chain,
    asset: AssetClient<Deployed>,
    alice: Wallet,
    bob: Wallet,
}

impl Side {
    /// Deploys an asset, and admits both parties.
    fn open(chain: &Chain, name: &str, [alice, bob]: &[Words; 2]) -> Result<Self, Failure> {
        let issuer = chain.account("issuer");
        let key = Auditor::key_of(&Words::generate()?, 0);
        let asset = chain.deploy(&issuer, ::asset::init(name.into(), key))?;
        let identity = Identity { contract: asset.id(), chain: chain.chain_id(), account: 0 };
        let [alice, bob] = [alice, bob].map(|words| Wallet::new(words.clone(), identity));
        let mut side = Self { chain: chain.clone(), asset, alice, bob };
        side.admit(&side.alice)?;
        side.admit(&side.bob)?;
        side.scan()?;
        Ok(side)
    }

    fn scan(&mut self) -> Result<(), Failure> {
        let events = self.chain.seen(self.asset.id());
        self.alice.scan(&events)?;
        self.bob.scan(&events)?;
        Ok(())
    }

    fn balances(&self) -> [u64; 2] {
        [self.alice.balance().total, self.bob.balance().total]
    }
    // ANCHOR_END: side

    fn admit(&self, wallet: &Wallet) -> Result<(), Failure> {
        let terms = self.asset.terms()?;
        let witness = wallet.register(&terms.auditor)?;
        let Address { owner, reading } = witness.address;
        let call = Enrolment { owner, reading, view: witness.act.cipher };
        let private = EnrolPrivate { secret: witness.secret };
        let proof = self.chain.prove::<Enrol>(&call.public(&terms), &private)?;
        let valid_until = terms.today + 365;
        let holder = Holder { owner, class: 1, country: 528, level: 0, valid_until, active: true };
        self.asset.by(&self.chain.account("issuer")).admit(call, holder, proof).succeeds();
        Ok(())
    }

    /// The issuer issues an amount. Any wallet that has scanned the registry can make the witness.
    fn issue(&mut self, to: Address, amount: u64) -> Result<(), Failure> {
        let terms = self.asset.terms()?;
        let witness = self.alice.mint(&terms.auditor, &to, amount)?;
        let (root, receiver) = (witness.registry_root, witness.party()?);
        let private = IssuePrivate { secret: witness.secret, receiver };
        let proof = self.chain.prove::<Issue>(&terms.issue(&witness.order, root), &private)?;
        self.asset.by(&self.chain.account("issuer")).issue(witness.order, root, proof).succeeds();
        self.scan()
    }

    // ANCHOR: lock
    /// The payer of a leg locks the amount for the other party.
    fn lock(&mut self, payer: usize, amount: u64, instruction: &wallet::Instruction) -> Result<(), Failure> {
        let terms = self.asset.terms()?;
        let (payer, to) = match payer {
            0 => (&mut self.alice, self.bob.address()),
            _ => (&mut self.bob, self.alice.address()),
        };
        let witness = payer.lock(&terms.auditor, to, amount, instruction)?;
        let (root, [sender, receiver]) = (witness.registry_root, witness.parties()?);
        let private = ReservePrivate { secret: witness.secret, sender, receiver };
        let proof = self.chain.prove::<Reserve>(&terms.reserve(&witness.order, root), &private)?;
        self.asset.by(&self.chain.account("relayer")).lock(witness.order, root, proof).succeeds();
        self.scan()
    }
    // ANCHOR_END: lock
}

// ANCHOR: market
/// The settlement contract, and both assets.
struct Market {
    chain: Chain,
    settlement: SettlementClient<Deployed>,
    shares: Side,
    money: Side,
}

/// The amounts of both legs: ten shares for 400.
const AMOUNTS: [u64; 2] = [10, 400];
/// The blindings of both legs. Wallets draw them at random; they hide the amounts from the chain.
const BLINDINGS: [u64; 2] = [1_234_567, 7_654_321];

impl Market {
    fn open(chain: &Chain) -> Result<Self, Failure> {
        let settlement = chain.deploy(&chain.account("relayer"), ::settlement::init())?;
        let words = [Words::generate()?, Words::generate()?];
        let mut shares = Side::open(chain, "Windmill", &words)?;
        let mut money = Side::open(chain, "Euro", &words)?;
        shares.issue(shares.alice.address(), 100)?;
        money.issue(money.bob.address(), 5_000)?;
        Ok(Self { chain: chain.clone(), settlement, shares, money })
    }
    // ANCHOR_END: market

    // ANCHOR: affirmed
    /// Alice delivers shares to bob, and bob pays. Both affirm the instruction. Returns its name.
    fn affirmed(&self, deadline: u64) -> Result<Field, Failure> {
        let receivers = [&self.shares.bob, &self.money.alice];
        let legs = [0, 1].map(|side| {
            let Identity { contract, .. } = receivers[side].identity();
            let (asset, owner) = (receivers[side].identity().asset(), receivers[side].address().owner);
            let commitment = leg(asset, AMOUNTS[side], owner, BLINDINGS[side].into());
            Leg { asset: contract, commitment }
        });
        let instruction = Instruction { legs, deadline };
        let by = self.settlement.by(&self.chain.account("relayer"));
        let name = by.instruct(instruction).succeeds().value();
        for (side, receiver) in (0_u8..).zip(receivers) {
            let at = usize::from(side);
            let secret = receiver.affirm(AMOUNTS[at], BLINDINGS[at].into()).secret;
            let (here, chain_id) = (self.settlement.id(), self.chain.chain_id());
            let public = instruction.answer(here, chain_id, side, Answer::Affirm);
            let public = public.ok_or(Failure::new("an instruction has two legs"))?;
            let proof = self.chain.prove::<Agree>(&public, &AgreePrivate { secret })?;
            by.affirm(name, side, proof).succeeds();
        }
        Ok(name)
    }

    /// A leg of the instruction, as a wallet needs it for a lock.
    fn instruction(&self, name: Field, side: usize, deadline: u64) -> wallet::Instruction {
        let (agent, blinding) = (self.settlement.id(), BLINDINGS[side].into());
        wallet::Instruction { agent, instruction: name, blinding, deadline }
    }
    // ANCHOR_END: affirmed
}

// ANCHOR: settles
#[dusk_sdk::test]
fn both_legs_settle(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let deadline = chain.height() + 100;
    let name = market.affirmed(deadline)?;
    let [first, second] = [0, 1].map(|side| market.instruction(name, side, deadline));
    market.shares.lock(0, AMOUNTS[0], &first)?;
    market.money.lock(1, AMOUNTS[1], &second)?;
    assert_eq!((market.shares.balances(), market.money.balances()), ([90, 0], [0, 4_600]));

    market.settlement.by(&chain.account("relayer")).settle(name).succeeds();
    market.shares.scan()?;
    market.money.scan()?;
    assert_eq!((market.shares.balances(), market.money.balances()), ([90, 10], [400, 4_600]));
    Ok(())
}
// ANCHOR_END: settles

// ANCHOR: cancelled
#[dusk_sdk::test]
fn one_leg_alone_comes_back(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let deadline = chain.height() + 20;
    let name = market.affirmed(deadline)?;
    let first = market.instruction(name, 0, deadline);
    market.shares.lock(0, AMOUNTS[0], &first)?;
    // Bob does not lock. The settlement releases both legs or none.
    let relayer = chain.account("relayer");
    let settled = market.settlement.by(&relayer).settle(name);
    settled.panics("call of release failed: E9350: UnknownLock");

    chain.mine(deadline - chain.height());
    let deadline_passed = ::settlement::Refused::DeadlinePassed { deadline };
    market.settlement.by(&relayer).settle(name).refused(deadline_passed);
    let legs = market.settlement.by(&relayer).give_back(name).succeeds().value();
    assert_eq!(legs, [true, false], "the first leg was locked");
    market.shares.scan()?;
    assert_eq!(market.shares.balances(), [100, 0]);
    Ok(())
}
// ANCHOR_END: cancelled
