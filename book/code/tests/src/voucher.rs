//! Tests of the voucher: a grant and a payment. The chain sees neither holders nor the amount of the payment.

use ::voucher::{Refused, VoucherClient};
use circuits::{Grant, GrantPrivate, GrantPublic, Pay, PayPrivate, PayPublic};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{Address, AuditorKey, nullifiers, pool};
use dusk_sdk::finance::wallet::{Auditor, Identity, Wallet, Words};
use dusk_sdk::testing::*;

// ANCHOR: scene
/// A voucher, its auditor, and the wallets of its users.
pub(crate) struct Scene {
    chain: Chain,
    /// The account that deploys the contract and grants.
    issuer: Signer,
    /// The account that submits the calls of others, and pays the gas.
    relayer: Signer,
    voucher: VoucherClient<Deployed>,
    key: AuditorKey,
    auditor: Auditor,
    /// The issuer's wallet, which makes the proofs of grants.
    office: Wallet,
    pub(crate) alice: Wallet,
    pub(crate) bob: Wallet,
}

impl Scene {
    /// Deploys the contract with the auditor's key, and grants 100 to alice. All keys follow from the seed.
    pub(crate) fn open(chain: &Chain, seed: [u8; 32]) -> Result<Self, Failure> {
        let [issuer, relayer] = chain.accounts(["issuer", "relayer"]);
        let words = Words::for_tests(seed);
        let key = Auditor::key_of(&words, 0);
        let voucher = chain.deploy(&issuer, ::voucher::init(key))?;
        let identity = Identity { contract: voucher.id(), chain: chain.chain_id(), account: 0 };
        let auditor = Auditor::new(words, identity);
        let wallets = [1, 2, 3].map(|number| Wallet::for_tests(seed.map(|byte| byte ^ number), identity));
        let [office, alice, bob] = wallets;
        let mut scene =
            Self { chain: chain.clone(), issuer, relayer, voucher, key, auditor, office, alice, bob };
        scene.grant(100)?;
        Ok(scene)
    }

    /// The issuer grants an amount to alice.
    fn grant(&mut self, amount: u64) -> Result<(), Failure> {
        let witness = self.office.mint(&self.key, &self.alice.address(), amount)?;
        let public = GrantPublic { act: witness.act, bound: witness.order.bound(Field::default()) };
        let proof = self.chain.prove::<Grant>(&public, &GrantPrivate { secret: witness.secret })?;
        self.voucher.by(&self.issuer).grant(witness.order, proof).succeeds();
        self.scan()
    }

    /// Alice pays somebody.
    pub(crate) fn pay(&mut self, to: Address, amount: u64) -> Result<Sent<u64, Refused>, Failure> {
        let witness = self.alice.transfer(&self.key, to, amount, Field::default())?;
        let public = PayPublic { act: witness.act, bound: witness.order.bound(Field::default()) };
        let proof = self.chain.prove::<Pay>(&public, &PayPrivate { secret: witness.secret })?;
        Ok(self.voucher.by(&self.relayer).pay(witness.order, proof))
    }

    /// The wallets of alice and bob, and the auditor, read the events of the contract.
    pub(crate) fn scan(&mut self) -> Result<(), Failure> {
        let events = self.chain.seen(self.voucher.id());
        self.alice.scan(&events)?;
        self.bob.scan(&events)?;
        self.auditor.scan(&events)?;
        Ok(())
    }
}
// ANCHOR_END: scene

// ANCHOR: pays
#[dusk_sdk::test]
fn alice_pays_bob(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain, [7; 32])?;
    let paid = scene.pay(scene.bob.address(), 30)?.succeeds();
    let topics = paid.topics();
    assert_eq!(topics[..2], ["NullifierSpent"; 2], "two notes are spent");
    assert_eq!(topics[2..], ["NoteAdded", "NoteAdded", "ConfidentialTransfer"], "two notes are made");
    scene.scan()?;
    assert_eq!((scene.alice.balance().total, scene.bob.balance().total), (70, 30));
    assert_eq!(scene.voucher.total_supply()?, 100);
    Ok(())
}
// ANCHOR_END: pays

// ANCHOR: twice
#[dusk_sdk::test]
fn a_note_is_spent_once(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain, [7; 32])?;
    let witness = scene.alice.transfer(&scene.key, scene.bob.address(), 30, Field::default())?;
    let public = PayPublic { act: witness.act, bound: witness.order.bound(Field::default()) };
    let proof = chain.prove::<Pay>(&public, &PayPrivate { secret: witness.secret })?;
    let by = scene.voucher.by(&scene.relayer);
    by.pay(witness.order, proof).succeeds();
    let nullifier = witness.order.nullifiers[0];
    let spent = pool::Refused::from(nullifiers::Refused::AlreadySpent { nullifier });
    by.pay(witness.order, proof).refused(spent.into());
    Ok(())
}
// ANCHOR_END: twice

// ANCHOR: auditor
#[dusk_sdk::test]
fn the_auditor_reads_what_is_paid(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain, [7; 32])?;
    scene.pay(scene.bob.address(), 30)?.succeeds();
    scene.scan()?;
    let paid = scene.auditor.movements()[1];
    assert_eq!((paid.amount, paid.to), (30, scene.bob.address().owner));
    assert_eq!(paid.from, None, "nobody has registered, so the auditor does not know who pays");
    Ok(())
}
// ANCHOR_END: auditor
