//! Tests of the bond: admission, freezes, and the auditor's view.

use ::bond::BondClient;
use circuits::{
    Enrol, EnrolPrivate, EnrolPublic, Issue, IssuePrivate, IssuePublic, Send, SendPrivate, SendPublic,
    for_asset,
};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::pool::Spending;
use dusk_sdk::finance::confidential::statements::PolicyNative;
use dusk_sdk::finance::confidential::{Address, AuditorKey, Holder, pool, registry};
use dusk_sdk::finance::wallet::{Auditor, Identity, Wallet, Words};
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;

// ANCHOR: scene
/// A bond, its auditor, and two admitted holders. Alice has 1,000.
pub(crate) struct Scene {
    pub(crate) chain: Chain,
    /// The officer.
    pub(crate) issuer: Signer,
    /// Submits the calls that others have proved.
    pub(crate) relayer: Signer,
    pub(crate) bond: BondClient<Deployed>,
    pub(crate) key: AuditorKey,
    auditor: Auditor,
    /// The issuer's wallet, which makes the proofs of issues.
    office: Wallet,
    pub(crate) alice: Wallet,
    pub(crate) bob: Wallet,
}

impl Scene {
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let [issuer, relayer] = chain.accounts(["issuer", "relayer"]);
        let words = Words::generate()?;
        let key = Auditor::key_of(&words, 0);
        let bond = chain.deploy(&issuer, ::bond::init(key))?;
        let identity = Identity { contract: bond.id(), chain: chain.chain_id(), account: 0 };
        let auditor = Auditor::new(words, identity);
        let wallet = || Ok::<_, Failure>(Wallet::new(Words::generate()?, identity));
        let (office, alice, bob) = (wallet()?, wallet()?, wallet()?);
        let mut scene =
            Self { chain: chain.clone(), issuer, relayer, bond, key, auditor, office, alice, bob };
        scene.admit(&scene.alice)?;
        scene.admit(&scene.bob)?;
        scene.scan()?;
        scene.issue(1_000)?;
        Ok(scene)
    }

    /// All wallets and the auditor read the events of the contract.
    pub(crate) fn scan(&mut self) -> Result<(), Failure> {
        let events = self.chain.seen(self.bond.id());
        for wallet in [&mut self.office, &mut self.alice, &mut self.bob] {
            wallet.scan(&events)?;
        }
        self.auditor.scan(&events)?;
        Ok(())
    }
    // ANCHOR_END: scene

    // ANCHOR: admit
    /// A holder proves that the auditor can read its keys, and the issuer admits it.
    pub(crate) fn admit(&self, wallet: &Wallet) -> Result<(), Failure> {
        let witness = wallet.register(&self.key)?;
        let view = witness.act.cipher;
        let public = EnrolPublic { act: witness.act, bound: for_asset(wallet.identity().asset()) };
        let proof = self.chain.prove::<Enrol>(&public, &EnrolPrivate { secret: witness.secret })?;
        let holder = Holder {
            owner: witness.address.owner,
            class: 1,
            country: 528,
            level: 0,
            valid_until: u32::MAX,
            active: true,
        };
        self.bond.by(&self.issuer).admit(holder, view, proof).succeeds();
        Ok(())
    }
    // ANCHOR_END: admit

    // ANCHOR: send
    /// The issuer issues an amount to alice.
    fn issue(&mut self, amount: u64) -> Result<(), Failure> {
        let witness = self.office.mint(&self.key, &self.alice.address(), amount)?;
        let receiver = witness.party()?;
        let public = IssuePublic {
            act: witness.act,
            policy: policy(witness.registry_root),
            bound: witness.order.bound(Field::default()),
        };
        let private = IssuePrivate { secret: witness.secret, receiver };
        let proof = self.chain.prove::<Issue>(&public, &private)?;
        self.bond.by(&self.issuer).issue(witness.order, witness.registry_root, proof).succeeds();
        self.scan()
    }

    /// Alice proves a transfer. Nobody has submitted it yet.
    fn prove(&mut self, to: Address, amount: u64) -> Result<(Spending, Field, Proof<Send>), Failure> {
        let witness = self.alice.transfer(&self.key, to, amount, Field::default())?;
        let [sender, receiver] = witness.parties()?;
        let public = SendPublic {
            act: witness.act,
            policy: policy(witness.registry_root),
            bound: witness.order.bound(Field::default()),
        };
        let private = SendPrivate { secret: witness.secret, sender, receiver };
        let proof = self.chain.prove::<Send>(&public, &private)?;
        Ok((witness.order, witness.registry_root, proof))
    }
}

/// The public inputs about the parties, as the contract computes them.
pub(crate) fn policy(registry_root: Field) -> PolicyNative {
    PolicyNative { registry_root, today: 0, level: 0 }
}
// ANCHOR_END: send

// ANCHOR: registered
#[dusk_sdk::test]
fn holders_send_to_holders(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, root, proof) = scene.prove(scene.bob.address(), 300)?;
    scene.bond.by(&scene.relayer).confidential_transfer(order, root, proof).succeeds();
    scene.scan()?;
    assert_eq!((scene.alice.balance().total, scene.bob.balance().total), (700, 300));
    // Carol has an address and is not admitted, so there is no witness of a transfer to her.
    let carol = Wallet::new(Words::generate()?, scene.alice.identity());
    let failure = scene.prove(carol.address(), 1).expect_err("carol is not admitted");
    assert_eq!(failure.to_string(), "the receiver is not in the registry");
    Ok(())
}
// ANCHOR_END: registered

// ANCHOR: freeze
#[dusk_sdk::test]
fn a_freeze_ends_proofs_that_are_under_way(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, root, proof) = scene.prove(scene.bob.address(), 300)?;
    let owner = scene.alice.address().owner;
    scene.bond.by(&scene.issuer).set_active(owner, false, "court order 7".into()).succeeds();
    let refused = pool::Refused::from(registry::Refused::UnknownRegistryRoot);
    scene.bond.by(&scene.relayer).confidential_transfer(order, root, proof).refused(refused.into());
    // Alice cannot make a proof about the present root, either.
    scene.scan()?;
    scene.alice.release();
    let failure = scene.prove(scene.bob.address(), 300).expect_err("alice is frozen");
    assert!(failure.to_string().contains("the sender is active"), "{failure}");
    Ok(())
}
// ANCHOR_END: freeze

// ANCHOR: auditor
#[dusk_sdk::test]
fn the_auditor_knows_who_holds_what(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let before = chain.height();
    let (order, root, proof) = scene.prove(scene.bob.address(), 300)?;
    scene.bond.by(&scene.relayer).confidential_transfer(order, root, proof).succeeds();
    scene.scan()?;

    let [alice, bob] = [scene.alice.address().owner, scene.bob.address().owner];
    let sent = scene.auditor.movements()[1];
    assert_eq!((sent.from, sent.to, sent.amount), (Some(alice), bob, 300));
    let held = |height, owner| {
        let register = scene.auditor.register_at(height);
        register.rows.iter().find(|row| row.owner == owner).map_or(0, |row| row.amount)
    };
    assert_eq!([held(before, alice), held(before, bob)], [1_000, 0]);
    assert_eq!([held(chain.height(), alice), held(chain.height(), bob)], [700, 300]);
    Ok(())
}
// ANCHOR_END: auditor
