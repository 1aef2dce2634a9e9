//! An asset with four holders, their wallets, an officer and the auditor. The wallets know the chain by what was
//! accepted, as they would by its events.

use ::agent::AgentClient;
use ::asset::AssetClient;
use circuits::Terms;
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Seizing, Spending};
use dusk_sdk::finance::confidential::{Address, AuditCipher, AuditorKey, Holder, Keys, Note, NoteCipher};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{Circuit, Proof};
use play::{Act, Sending};

/// Holders of the asset, by number.
pub(crate) const ALICE: usize = 0;
/// The second one.
pub(crate) const BOB: usize = 1;
/// The third one.
pub(crate) const CAROL: usize = 2;
/// How many there are.
pub(crate) const PEOPLE: usize = 4;
/// The amount that is issued to alice at first.
pub(crate) const ISSUED: u64 = 100;
/// How many blocks a lock stays.
pub(crate) const DEADLINE_BLOCKS: u64 = 30;
/// The day on which the tests begin.
pub(crate) const TODAY: u32 = 739_000;
/// The level of all holders at first.
pub(crate) const LEVEL: u8 = 2;
/// Why officers act.
pub(crate) const REASON: &str = "court order 7";

/// A registration that is not proved yet.
pub(crate) type Enrolling = Act<circuits::Enrolment, circuits::EnrolPublic, circuits::EnrolPrivate>;
/// An issue that is not proved yet.
pub(crate) type Issuing = Act<Minting, circuits::IssuePublic, circuits::IssuePrivate>;
/// A lock that is not proved yet.
pub(crate) type Reserving = Act<Locking, circuits::ReservePublic, circuits::ReservePrivate>;
/// A seizure that is not proved yet.
pub(crate) type Confiscating = Act<Seizing, circuits::ConfiscatePublic, circuits::ConfiscatePrivate>;
/// A transfer with its proof.
pub(crate) type Proven = (Spending, Proof<circuits::Send>);

/// A note on the chain as events tell of it.
#[derive(Clone)]
struct Event {
    position: u64,
    commitment: Field,
    cipher: NoteCipher,
}

/// The asset and its people.
pub(crate) struct Scene {
    pub(crate) chain: Chain,
    pub(crate) asset: AssetClient<Deployed>,
    /// The agent of locks, which the officer keeps.
    pub(crate) agent: AgentClient<Deployed>,
    pub(crate) officer: Signer,
    /// Submits what others have proved, and is nobody's account.
    pub(crate) relayer: Signer,
    pub(crate) auditor: Auditor,
    pub(crate) ledger: Ledger,
    pub(crate) parties: Vec<Party>,
    pub(crate) locks: Vec<Locking>,
    events: Vec<Event>,
    /// All secrets of the scene follow from it.
    seed: Seed,
    /// Random scalars of the officer.
    drawn: u64,
}

/// The seed of keys.
pub(crate) type Seed = [u8; 64];

/// The seed of the tests, except for observer tests.
pub(crate) const SEED: Seed = [7; 64];

/// A holder's keys.
pub(crate) fn keys(number: usize) -> Keys {
    keys_of(&SEED, number)
}

/// A holder's keys, from a seed.
pub(crate) fn keys_of(seed: &Seed, number: usize) -> Keys {
    Keys::from_seed(seed, u32::try_from(number).expect("there are few people"))
}

/// Random scalars of those who hold nothing: the officer, depositors and attesters.
pub(crate) fn scalar(seed: &Seed, number: u64) -> Scalar {
    keys_of(seed, 1_000).spend.ephemeral(&[number.into()])
}

/// The entry of a holder, as the officer states it.
pub(crate) fn holder(owner: Field) -> Holder {
    Holder { owner, class: 1, country: 528, level: LEVEL, valid_until: TODAY + 365, active: true }
}

impl Scene {
    /// An open asset with four holders. Alice has the first issue.
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let mut scene = Self::empty(chain)?;
        for number in 0..PEOPLE {
            scene.enrol(number)?;
        }
        scene.issue(ALICE, ISSUED)?;
        Ok(scene)
    }

    /// An asset without holders.
    pub(crate) fn empty(chain: &Chain) -> Result<Self, Failure> {
        Self::empty_of(chain, SEED)
    }

    /// An asset without holders, whose secrets follow from a seed.
    pub(crate) fn empty_of(chain: &Chain, seed: Seed) -> Result<Self, Failure> {
        let [officer, relayer] = chain.accounts(["officer", "relayer"]);
        let auditor = Auditor::new(Scalar::from(99));
        let asset = chain.deploy(&officer, ::asset::init("Windmill".into(), auditor.key()))?;
        let agent = chain.deploy(&officer, ::agent::init())?;
        asset.by(&officer).set_policy(TODAY, 10, LEVEL).succeeds();
        let ledger = Ledger::new(asset.terms()?.asset);
        let parties = (0..PEOPLE).map(|number| Party::new(keys_of(&seed, number), ledger.asset)).collect();
        let (locks, events) = (Vec::new(), Vec::new());
        let chain = chain.clone();
        Ok(Self {
            chain,
            asset,
            agent,
            officer,
            relayer,
            auditor,
            ledger,
            parties,
            locks,
            events,
            seed,
            drawn: 0,
        })
    }

    /// The terms that proofs state now.
    pub(crate) fn terms(&self) -> Result<Terms, Failure> {
        self.asset.terms()
    }

    /// Two scalars that nothing else uses.
    pub(crate) fn draw(&mut self) -> [Scalar; 2] {
        self.drawn += 2;
        [self.drawn, self.drawn + 1].map(|number| scalar(&self.seed, number))
    }

    /// A holder registers, and the officer admits it.
    pub(crate) fn enrol(&mut self, number: usize) -> Result<(), Failure> {
        let owner = self.register(number)?;
        self.asset.by(&self.officer).admit(holder(owner)).into_result()?;
        self.admitted(holder(owner))
    }

    /// A holder registers.
    pub(crate) fn register(&mut self, number: usize) -> Result<Field, Failure> {
        let act = self.enrolling(number)?;
        let proof = prove(&self.chain, &act)?;
        self.asset.by(&self.relayer).register(act.call, proof).into_result()?;
        assert_eq!(
            self.auditor.register(&act.call.view)?,
            act.call.owner,
            "the auditor reads whose keys they are"
        );
        Ok(act.call.owner)
    }

    /// Everybody notes that a holder was admitted.
    pub(crate) fn admitted(&mut self, holder: Holder) -> Result<(), Failure> {
        self.ledger.set_holder(self.ledger.holders(), holder);
        self.agree()
    }

    /// That the wallets' trees are those of the contract.
    pub(crate) fn agree(&self) -> Result<(), Failure> {
        let status = self.asset.status()?;
        assert_eq!(status.note_root, self.ledger.note_root(), "the tree of notes");
        assert_eq!(status.nullifier_root, self.ledger.nullifier_root(), "the tree of nullifiers");
        assert_eq!(status.registry_root, self.ledger.holder_root(), "the registry");
        Ok(())
    }

    /// The officer issues an amount.
    pub(crate) fn issue(&mut self, to: usize, amount: u64) -> Result<(), Failure> {
        let fresh = self.draw();
        let act = self.issuing(to, amount, fresh)?;
        let proof = prove(&self.chain, &act)?;
        let root = self.ledger.holder_root();
        self.asset.by(&self.officer).issue(act.call, root, proof).into_result()?;
        self.issued(&act.call)
    }

    /// Everybody notes an issue.
    pub(crate) fn issued(&mut self, order: &Minting) -> Result<(), Failure> {
        let position = self.note(order.commitment, order.note);
        self.auditor.read(self.ledger.asset, &[], &order.cipher, &[position])?;
        Ok(())
    }

    /// Makes a transfer one of other values, whether they are right or not.
    pub(crate) fn reseal(&self, from: usize, to: usize, act: &mut Sending, values: [u64; 2]) {
        let people = [from, to].map(|number| self.parties[number].owner());
        let (asset, key) = (self.ledger.asset, self.auditor.key());
        let (cipher, commitments) = sealed(asset, &key, &act.private.secret.ephemeral, people, values);
        (act.call.cipher, act.public.act.cipher) = (cipher, cipher);
        act.call.commitments = commitments;
        act.public.act.commitments = commitments.into();
        act.private.secret.values = values.into();
    }

    /// A transfer that is not proved yet.
    pub(crate) fn sending(&mut self, from: usize, to: usize, amount: u64) -> Result<Sending, Failure> {
        let (terms, to) = (self.terms()?, self.parties[to].address());
        self.sending_to(&terms, from, &to, amount, Field::default())
    }

    /// The same under stated terms, to any address, with a memo.
    pub(crate) fn sending_to(
        &mut self,
        terms: &Terms,
        from: usize,
        to: &Address,
        amount: u64,
        memo: Field,
    ) -> Result<Sending, Failure> {
        let from = &mut self.parties[from];
        let sent = from.transfer(&self.ledger, &terms.auditor, to, [amount, 0], memo)?;
        Ok(play::send(terms, sent)?)
    }

    /// An issue that is not proved yet.
    pub(crate) fn issuing(&self, to: usize, amount: u64, fresh: [Scalar; 2]) -> Result<Issuing, Failure> {
        let (terms, to) = (self.terms()?, self.parties[to].address());
        Ok(play::issue(&terms, self.ledger.mint(&terms.auditor, &to, amount, fresh)?)?)
    }

    /// A registration that is not proved yet.
    pub(crate) fn enrolling(&mut self, number: usize) -> Result<Enrolling, Failure> {
        let terms = self.terms()?;
        Ok(play::enrol(&terms, self.parties[number].register(&terms.auditor)?))
    }

    /// A transfer with its proof, which is not sent.
    pub(crate) fn transfer(&mut self, from: usize, to: usize, amount: u64) -> Result<Proven, Failure> {
        let act = self.sending(from, to, amount)?;
        Ok((act.call, prove(&self.chain, &act)?))
    }

    /// Anybody submits a transfer.
    pub(crate) fn submit(&mut self, (order, proof): Proven) -> Result<(), Failure> {
        let root = self.ledger.holder_root();
        self.asset.by(&self.relayer).confidential_transfer(order, root, proof).into_result()?;
        self.spent(&order)
    }

    /// Everybody notes that two notes became two others.
    pub(crate) fn spent(&mut self, call: &Spending) -> Result<(), Failure> {
        self.spend(&call.nullifiers);
        let positions = [0, 1].map(|output| self.note(call.commitments[output], call.notes[output]));
        self.auditor.read(self.ledger.asset, &call.nullifiers, &call.cipher, &positions)?;
        Ok(())
    }

    fn spend(&mut self, nullifiers: &[Field]) {
        for nullifier in nullifiers {
            self.ledger.spend(*nullifier);
            self.parties.iter_mut().for_each(|party| party.spent(*nullifier));
        }
    }

    fn note(&mut self, commitment: Field, cipher: NoteCipher) -> u64 {
        let position = self.ledger.add(commitment);
        self.events.push(Event { position, commitment, cipher });
        for party in &mut self.parties {
            party.found(position, commitment, &cipher);
        }
        position
    }

    /// A wallet that knows nothing but its keys reads all events, the last first.
    pub(crate) fn restored(&self, number: usize) -> Party {
        let mut party = Party::new(keys_of(&self.seed, number), self.ledger.asset);
        for Event { position, commitment, cipher } in self.events.iter().rev() {
            party.found(*position, *commitment, cipher);
        }
        party.forget(|nullifier| self.ledger.unspent(nullifier).is_err());
        party
    }

    /// A holder sends an amount.
    pub(crate) fn send(&mut self, from: usize, to: usize, amount: u64) -> Result<(), Failure> {
        let transfer = self.transfer(from, to, amount)?;
        self.submit(transfer)
    }

    /// A redemption for the invoice 12 that is not proved yet.
    pub(crate) fn redeeming(&mut self, from: usize, amount: u64) -> Result<Sending, Failure> {
        let (terms, from) = (self.terms()?, &mut self.parties[from]);
        let own = from.address();
        let redeemed = from.transfer(&self.ledger, &terms.auditor, &own, [0, amount], Field::default())?;
        Ok(play::redeem(&terms, redeemed, "invoice 12")?)
    }

    /// A holder redeems an amount.
    pub(crate) fn redeem(&mut self, from: usize, amount: u64) -> Result<(), Failure> {
        let act = self.redeeming(from, amount)?;
        let proof = prove(&self.chain, &act)?;
        let (by, root) = (self.asset.by(&self.relayer), self.ledger.holder_root());
        by.redeem(amount, "invoice 12".into(), act.call, root, proof).into_result()?;
        self.spent(&act.call)
    }

    /// The officer seizes the largest note of a holder.
    pub(crate) fn seize(&mut self, from: usize, to: usize) -> Result<(), Failure> {
        let act = self.seizing(from, to)?;
        let (proof, root) = (prove(&self.chain, &act)?, self.ledger.holder_root());
        self.asset.by(&self.officer).seize(act.call, root, REASON.into(), proof).into_result()?;
        self.seized(&act.call)
    }

    /// Everybody notes a seizure.
    pub(crate) fn seized(&mut self, order: &Seizing) -> Result<(), Failure> {
        self.spend(&[order.nullifier]);
        let position = self.note(order.commitment, order.note);
        self.auditor.read(self.ledger.asset, &[order.nullifier], &order.cipher, &[position])?;
        Ok(())
    }

    /// A seizure of the largest note of a holder, as the auditor knows it.
    pub(crate) fn seizing(&mut self, from: usize, to: usize) -> Result<Confiscating, Failure> {
        let (owner, terms, fresh) = (self.parties[from].owner(), self.terms()?, self.draw());
        let known = *self.auditor.notes(owner).last().ok_or_else(|| Failure::new("there is no note"))?;
        let keys = self.auditor.keys(owner).ok_or_else(|| Failure::new("nobody is registered"))?;
        let (to, note) = (self.parties[to].address(), (known.note, known.position));
        let seized = self.ledger.seize(&terms.auditor, keys, note, &to, fresh)?;
        Ok(play::seize(&terms, seized, REASON)?)
    }

    /// The officer freezes a holder.
    pub(crate) fn freeze(&mut self, who: usize) -> Result<(), Failure> {
        let owner = self.parties[who].owner();
        self.asset.by(&self.officer).freeze(owner, REASON.into()).into_result()?;
        self.change(owner, |holder| holder.active = false)
    }

    /// The officer ends a freeze.
    pub(crate) fn unfreeze(&mut self, who: usize) -> Result<(), Failure> {
        let owner = self.parties[who].owner();
        self.asset.by(&self.officer).unfreeze(owner, REASON.into()).into_result()?;
        self.change(owner, |holder| holder.active = true)
    }

    /// The officer corrects the country of a holder.
    pub(crate) fn relocate(&mut self, who: usize, country: u16) -> Result<(), Failure> {
        let owner = self.parties[who].owner();
        let entry = self.ledger.holder(owner).ok_or_else(|| Failure::new("nobody is registered"))?;
        let entry = Holder { country, ..entry };
        self.asset.by(&self.officer).set_holder(entry, REASON.into()).into_result()?;
        self.change(owner, |holder| holder.country = country)
    }

    /// The officer blocks a country, or ends the block.
    pub(crate) fn block(&mut self, country: u16, blocked: bool) -> Result<(), Failure> {
        self.asset.by(&self.officer).block_country(country, blocked).into_result()
    }

    /// Everybody notes a change of the registry.
    pub(crate) fn change(&mut self, owner: Field, change: impl FnOnce(&mut Holder)) -> Result<(), Failure> {
        let place = self.ledger.place(owner).ok_or_else(|| Failure::new("nobody is registered"))?;
        let mut holder = self.ledger.holder(owner).ok_or_else(|| Failure::new("nobody is registered"))?;
        change(&mut holder);
        self.ledger.set_holder(place, holder);
        self.agree()
    }

    /// Everybody notes that a holder was removed.
    pub(crate) fn removed(&mut self, owner: Field) -> Result<(), Failure> {
        self.ledger.remove_holder(owner);
        self.agree()
    }

    /// A lock that is not proved yet.
    pub(crate) fn reserving(&mut self, from: usize, to: usize, amount: u64) -> Result<Reserving, Failure> {
        let (terms, to) = (self.terms()?, self.parties[to].address());
        let [blinding, _] = self.draw();
        let instruction = Instruction {
            agent: self.agent.id(),
            instruction: Field::from(self.locks.len() as u64),
            deadline: self.chain.height() + 1 + DEADLINE_BLOCKS,
            blinding: blinding.field(),
        };
        let from = &mut self.parties[from];
        let locked = from.lock(&self.ledger, &terms.auditor, &to, amount, &instruction)?;
        Ok(play::reserve(&terms, locked)?)
    }

    /// A holder locks an amount.
    pub(crate) fn lock(&mut self, from: usize, to: usize, amount: u64) -> Result<(), Failure> {
        let act = self.reserving(from, to, amount)?;
        let (order, proof) = (act.call, prove(&self.chain, &act)?);
        self.asset.by(&self.relayer).lock(order, self.ledger.holder_root(), proof).into_result()?;
        self.locked(&order)
    }

    /// Everybody notes a lock.
    pub(crate) fn locked(&mut self, order: &Locking) -> Result<(), Failure> {
        self.spend(&order.nullifiers);
        let change = self.note(order.change, order.notes[2]);
        self.auditor.lock(self.ledger.asset, &order.nullifiers, &order.cipher, change)?;
        self.locks.push(*order);
        Ok(())
    }

    /// The agent releases a lock.
    pub(crate) fn release(&mut self, lock: usize) -> Result<(), Failure> {
        let order = self.locks[lock];
        self.agent.by(&self.officer).release(self.asset.id(), order.id).into_result()?;
        self.settled(order.released, order.notes[0])
    }

    /// The agent cancels a lock.
    pub(crate) fn cancel(&mut self, lock: usize) -> Result<(), Failure> {
        let order = self.locks[lock];
        self.agent.by(&self.officer).cancel(self.asset.id(), order.id).into_result()?;
        self.settled(order.cancelled, order.notes[1])
    }

    /// Somebody else cancels a lock.
    pub(crate) fn cancel_by_anybody(&mut self, lock: usize) -> Result<(), Failure> {
        let order = self.locks[lock];
        self.asset.by(&self.relayer).cancel(order.id).into_result()?;
        self.settled(order.cancelled, order.notes[1])
    }

    fn settled(&mut self, commitment: Field, cipher: NoteCipher) -> Result<(), Failure> {
        let position = self.note(commitment, cipher);
        self.auditor.settled(self.ledger.asset, commitment, position);
        Ok(())
    }

    /// The officer takes a snapshot.
    pub(crate) fn take_snapshot(&mut self) -> Result<(), Failure> {
        self.asset.by(&self.officer).take_snapshot().into_result().map(|_| ())
    }

    /// The officer pauses the asset.
    pub(crate) fn pause(&mut self) -> Result<(), Failure> {
        self.asset.by(&self.officer).pause().into_result()
    }

    /// The officer ends the pause.
    pub(crate) fn resume(&mut self) -> Result<(), Failure> {
        self.asset.by(&self.officer).resume().into_result()
    }

    /// The values of a holder's notes, as its wallet knows them.
    pub(crate) fn values(&self, number: usize) -> Vec<u64> {
        self.parties[number].notes().iter().map(|owned| owned.note.value).collect()
    }

    /// The balance of a holder, as its wallet knows it.
    pub(crate) fn balance(&self, number: usize) -> u64 {
        self.parties[number].balance()
    }

    /// The balance of a holder, as the auditor knows it.
    pub(crate) fn audited(&self, number: usize) -> u64 {
        self.auditor.balance(self.parties[number].owner())
    }
}

/// The auditor's ciphertext of a transfer of these values, whether they are right or not, and the commitments to them.
pub(crate) fn sealed(
    asset: Field,
    auditor: &AuditorKey,
    ephemeral: &Scalar,
    [from, to]: [Field; 2],
    values: [u64; 2],
) -> (AuditCipher, [Field; 2]) {
    let key = auditor.point().expect("it is a key");
    let (cipher, rhos) = AuditCipher::seal(&key, ephemeral, values, to);
    let notes = [
        Note { value: values[0], owner: to, rho: rhos[0] },
        Note { value: values[1], owner: from, rho: rhos[1] },
    ];
    (cipher, notes.map(|note| note.commitment(asset)))
}

/// Makes a proof, or takes one that another test has made of the same inputs: scenes begin alike.
pub(crate) fn prove<Call, C>(
    chain: &Chain,
    act: &Act<Call, C::Public, C::Private>,
) -> Result<Proof<C>, ProveError>
where
    C: Circuit + 'static,
{
    chain.prove_once(&act.public, &act.private)
}
