//! Each statement holds for honest witnesses, refuses a bad one by its name, and leaves a prover nothing to choose.

use std::string::String;
use std::vec::Vec;

use super::super::{
    self as native, AuditCipher as NativeCipher, AuditorKey, Holder, HolderTree, Keys, Note, NoteTree, NullifierTree,
    REVOKED_LEVELS, ReadingKey, Unspent, ViewCipher, ViewKeys,
};
use super::*;
use crate::zk::native::{Array, Credential, IndexedTree, MerklePath, Point, Scalar};
use crate::zk::{
    Assignment, BlsScalar, CheckError, ConstraintSystem, GateKind, Layout, MAX_ROWS, Selectors, U64, Value, Wire,
    audit, check,
};

mod affirm;
mod countries;
mod registry;
mod vote;

type F = crate::Field;

const ASSET: u64 = 1000;
const TODAY: u32 = 740_000;

fn run(build: impl Fn(&mut ConstraintSystem)) -> (Layout, Assignment) {
    let mut cs = ConstraintSystem::with_witness("test");
    build(&mut cs);
    cs.finish()
}

fn fault(layout: &Layout, assignment: &Assignment) -> Option<String> {
    match check(layout, assignment) {
        Ok(()) => None,
        Err(CheckError::Unsatisfied(fault)) => Some(fault.constraint.clone()),
        Err(error) => panic!("{error}"),
    }
}

/// The names of the constraints that refuse, in the order of their rows: without these rows the witness would pass.
fn refusals(mut layout: Layout, assignment: &Assignment) -> Vec<String> {
    let idle = u32::try_from(layout.selectors.len()).unwrap();
    layout.selectors.push(Selectors { kind: GateKind::Idle, ..Selectors::default() });
    let mut names = Vec::new();
    while let Some(name) = fault(&layout, assignment) {
        assert!(!names.contains(&name), "{name} refuses without its rows");
        let constraints = &layout.constraints;
        for row in &mut layout.rows {
            if constraints[row.constraint as usize].name == name {
                row.selectors = idle;
            }
        }
        names.push(name);
    }
    names
}

/// The one constraint that refuses these values.
fn alone(layout: Layout, assignment: &Assignment) -> String {
    let names = refusals(layout, assignment);
    let [name] = &names[..] else { panic!("one constraint must refuse, not {names:?}") };
    name.clone()
}

/// The one constraint that refuses: without its rows the witness would pass.
fn refused_(build: impl Fn(&mut ConstraintSystem)) -> String {
    let (layout, assignment) = run(build);
    alone(layout, &assignment)
}

fn holds(build: impl Fn(&mut ConstraintSystem)) {
    let (layout, assignment) = run(build);
    assert_eq!(fault(&layout, &assignment), None);
}

/// Asserts that the audit is clean, and returns the rows.
fn audited(build: impl Fn(&mut ConstraintSystem)) -> usize {
    let mut cs = ConstraintSystem::new("test");
    build(&mut cs);
    let layout = cs.finish().0;
    let report = audit(&layout);
    assert!(report.clean(), "{report}");
    layout.rows.len()
}

fn asset() -> F {
    ASSET.into()
}

/// A chain with two notes of the sender, and a registry with sender and receiver.
struct World {
    sender: Keys,
    receiver: Keys,
    auditor: ReadingKey,
    notes: [(Note, u64); 2],
    tree: NoteTree,
    holders: HolderTree,
    spent: NullifierTree,
}

fn holder(keys: &Keys) -> Holder {
    let owner = keys.address().owner;
    Holder { owner, class: 1, country: 756, level: 2, valid_until: TODAY, active: true }
}

impl World {
    fn new() -> Self {
        Self::with([70, 50])
    }

    /// With these values of the sender's notes.
    fn with(values: [u64; 2]) -> Self {
        let keys = |account| Keys::from_seed(&[9; 64], account);
        let (sender, receiver) = (keys(0), keys(1));
        let owner = sender.address().owner;
        let note = |value, rho: u64| Note { value, owner, rho: rho.into() };
        let notes = [(note(values[0], 11), 3), (note(values[1], 12), 20)];
        let mut tree = NoteTree::default();
        tree.insert(0, 99.into()).unwrap();
        for (note, at) in &notes {
            tree.insert(*at, note.commitment(asset())).unwrap();
        }
        let mut holders = HolderTree::default();
        holders.insert(0, holder(&sender).leaf()).unwrap();
        holders.insert(7, holder(&receiver).leaf()).unwrap();
        let mut spent = NullifierTree::default();
        spent.insert_all(&[4.into(), -F::from(5)]).unwrap();
        Self { sender, receiver, auditor: ReadingKey::new(Scalar::from(77)), notes, tree, holders, spent }
    }

    fn key(&self) -> Point {
        self.auditor.public()
    }

    fn input(&self, place: usize) -> InputNative {
        let (note, position) = self.notes[place];
        InputNative { value: note.value, rho: note.rho, path: self.tree.opening(position).unwrap() }
    }

    fn nullifier(&self, input: &InputNative) -> F {
        let keys = self.sender.spend.view();
        let note = Note { value: input.value, owner: keys.owner(), rho: input.rho };
        note.nullifier(asset(), keys.nk, input.path.position())
    }

    fn transfer(
        &self,
        inputs: [InputNative; 2],
        values: [u64; 2],
        public_out: u64,
    ) -> (TransferNative, TransferSecretNative) {
        let (owner, to) = (self.sender.address().owner, self.receiver.address().owner);
        let ephemeral = Scalar::from(1234);
        let (cipher, rhos) = NativeCipher::seal(&self.key(), &ephemeral, values, to);
        let first = Note { value: values[0], owner: to, rho: rhos[0] };
        let change = Note { value: values[1], owner, rho: rhos[1] };
        let audited = cipher.open(&self.auditor).unwrap();
        assert_eq!((audited.first(), audited.change(owner)), (first, change));
        let act = TransferNative {
            asset: asset(),
            note_root: self.tree.root(),
            nullifiers: Array([self.nullifier(&inputs[0]), self.nullifier(&inputs[1])]),
            commitments: Array([first.commitment(asset()), change.commitment(asset())]),
            public_out,
            auditor: AuditorKey::new(&self.key()),
            cipher,
        };
        let spend = self.sender.spend.secret();
        let secret =
            TransferSecretNative { spend, inputs: Array(inputs), receiver: to, values: Array(values), ephemeral };
        (act, secret)
    }

    fn usual(&self) -> (TransferNative, TransferSecretNative) {
        self.transfer([self.input(0), self.input(1)], [100, 15], 5)
    }

    fn lock(&self) -> (LockNative, LockSecretNative) {
        self.lock_of([self.input(0), self.input(1)], [100, 20])
    }

    fn lock_of(&self, inputs: [InputNative; 2], values: [u64; 2]) -> (LockNative, LockSecretNative) {
        let (act, secret) = self.transfer(inputs, values, 0);
        let (to, blinding) = (secret.receiver, F::from(8));
        let rho = act.cipher.open(&self.auditor).unwrap().rhos[0];
        let cancelled = Note { value: values[0], owner: self.sender.address().owner, rho };
        let lock = LockNative {
            asset: asset(),
            note_root: act.note_root,
            nullifiers: act.nullifiers,
            released: act.commitments[0],
            cancelled: cancelled.commitment(asset()),
            change: act.commitments[1],
            leg: native::leg(asset(), values[0], to, blinding),
            auditor: act.auditor,
            cipher: act.cipher,
        };
        let TransferSecretNative { spend, inputs, receiver, values, ephemeral } = secret;
        (lock, LockSecretNative { spend, inputs, receiver, values, blinding, ephemeral })
    }

    /// An issue of 30 to the receiver.
    fn minting(&self) -> (MintNative, MintSecretNative) {
        let (owner, ephemeral) = (self.receiver.address().owner, Scalar::from(5));
        let (cipher, [rho, _]) = NativeCipher::seal(&self.key(), &ephemeral, [30, 0], owner);
        let commitment = Note { value: 30, owner, rho }.commitment(asset());
        let act = MintNative { asset: asset(), value: 30, commitment, auditor: AuditorKey::new(&self.key()), cipher };
        (act, MintSecretNative { owner, ephemeral })
    }

    /// The seizure of a note of the sender for the receiver.
    fn seizure(&self, input: InputNative) -> (SeizeNative, SeizeSecretNative) {
        let (to, ephemeral) = (self.receiver.address().owner, Scalar::from(5));
        let (cipher, [rho, _]) = NativeCipher::seal(&self.key(), &ephemeral, [input.value, 0], to);
        let act = SeizeNative {
            asset: asset(),
            note_root: self.tree.root(),
            nullifier: self.nullifier(&input),
            commitment: Note { value: input.value, owner: to, rho }.commitment(asset()),
            to,
            auditor: AuditorKey::new(&self.key()),
            cipher,
        };
        let view = self.sender.spend.view();
        (act, SeizeSecretNative { ak: view.ak, nk: view.nk, input, ephemeral })
    }

    /// A note of the sender, shown for the act 6 with the keys of a holder, who may be somebody else.
    fn holding(&self, place: usize, keys: &Keys) -> (HeldNative, HeldSecretNative) {
        let (input, view) = (self.input(place), keys.spend.view());
        let position = input.path.position();
        let note = Note { value: input.value, owner: view.owner(), rho: input.rho };
        let act = HeldNative {
            asset: asset(),
            note_root: self.tree.root(),
            nullifier_root: self.spent.root(),
            act: 6.into(),
            act_nullifier: native::act_nullifier(view.nk, asset(), position, 6.into()),
        };
        let unspent = self.spent.non_membership(note.nullifier(asset(), view.nk, position)).unwrap();
        (act, HeldSecretNative { spend: keys.spend.secret(), input, unspent })
    }

    /// A gap between spent nullifiers other than this one.
    fn another_gap(&self, unspent: &Unspent) -> Unspent {
        let gaps = [F::from(1), F::from(5), -F::from(3)].map(|it| self.spent.non_membership(it).unwrap());
        gaps.iter().find(|it| (it.low, it.next) != (unspent.low, unspent.next)).unwrap().clone()
    }

    /// A note of the sender that is in another tree only, and the sender's second note in that tree.
    fn elsewhere(&self, value: u64) -> [InputNative; 2] {
        let strange = Note { value, owner: self.sender.address().owner, rho: 13.into() };
        let mut tree = self.tree.clone();
        tree.insert(30, strange.commitment(asset())).unwrap();
        [(strange, 30), self.notes[1]].map(|(note, at)| InputNative {
            value: note.value,
            rho: note.rho,
            path: tree.opening(at).unwrap(),
        })
    }

    fn policy(&self) -> PolicyNative {
        PolicyNative { registry_root: self.holders.root(), today: TODAY, level: 2 }
    }

    fn party(&self, position: u64, keys: &Keys) -> PartyNative {
        PartyNative { holder: holder(keys), path: self.holders.opening(position).unwrap() }
    }

    /// The registry's statement about the sender and the receiver.
    fn parties(&self) -> Parties {
        (self.policy(), self.party(0, &self.sender), self.party(7, &self.receiver))
    }

    /// The same in a registry that has another entry of one of them.
    fn parties_with(&self, change: &dyn Fn(&mut Holder), of_sender: bool) -> Parties {
        let (mut policy, mut sender, mut receiver) = self.parties();
        let (party, place) = if of_sender { (&mut sender, 0) } else { (&mut receiver, 7) };
        change(&mut party.holder);
        let mut holders = self.holders.clone();
        holders.insert(place, party.holder.leaf()).unwrap();
        policy.registry_root = holders.root();
        let [first, second] = [0, 7].map(|it| holders.opening(it).unwrap());
        (sender.path, receiver.path) = (first, second);
        (policy, sender, receiver)
    }
}

/// A path with the nodes below the root that another path has.
fn with_top_of<const H: usize>(path: &MerklePath<H>, other: &MerklePath<H>) -> MerklePath<H> {
    let mut branch = *path.branch();
    branch[H - 1] = other.branch()[H - 1];
    MerklePath::new(path.position(), branch).unwrap()
}

fn transfer(cs: &mut ConstraintSystem, case: Option<&(TransferNative, TransferSecretNative)>) -> Moved {
    let act: Transfer = cs.public("act", case.map(|it| &it.0));
    cs.public::<crate::zk::Field>("bound", Some(&F::from(3)));
    let secret: TransferSecret = cs.private("secret", case.map(|it| &it.1));
    act.assert(cs, &secret)
}

fn lock(cs: &mut ConstraintSystem, case: Option<&(LockNative, LockSecretNative)>) -> Moved {
    let act: Lock = cs.public("act", case.map(|it| &it.0));
    let secret: LockSecret = cs.private("secret", case.map(|it| &it.1));
    act.assert(cs, &secret)
}

fn transferred(cs: &mut ConstraintSystem, case: Option<&(TransferNative, TransferSecretNative)>) {
    let _ = transfer(cs, case);
}

fn locked(cs: &mut ConstraintSystem, case: Option<&(LockNative, LockSecretNative)>) {
    let _ = lock(cs, case);
}

type Parties = (PolicyNative, PartyNative, PartyNative);

/// Builds an act with the registry's statements about both parties.
fn with_registry(cs: &mut ConstraintSystem, parties: Option<&Parties>, act: impl Fn(&mut ConstraintSystem) -> Moved) {
    let policy: Policy = cs.public("policy", parties.map(|it| &it.0));
    let [sender, receiver]: [Party; 2] =
        [parties.map(|it| &it.1), parties.map(|it| &it.2)].map(|it| cs.private("party", it));
    let moved = act(cs);
    policy.assert_parties(cs, &sender, &receiver, moved);
}

fn statement<P: Value, S: Value>(
    cs: &mut ConstraintSystem,
    case: Option<&(P::Native, S::Native)>,
    assert: impl Fn(&mut ConstraintSystem, &P, &S),
) {
    let act: P = cs.public("act", case.map(|it| &it.0));
    let secret: S = cs.private("secret", case.map(|it| &it.1));
    assert(cs, &act, &secret);
}

fn register(cs: &mut ConstraintSystem, case: Option<&(RegisterNative, RegisterSecretNative)>) {
    statement::<Register, RegisterSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

fn mint(cs: &mut ConstraintSystem, case: Option<&(MintNative, MintSecretNative)>) {
    statement::<Mint, MintSecret>(cs, case, |cs, act, secret| {
        let _ = act.assert(cs, secret);
    });
}

fn seize(cs: &mut ConstraintSystem, case: Option<&(SeizeNative, SeizeSecretNative)>) {
    statement::<Seize, SeizeSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

/// Builds an issue with the registry's statement about the receiver.
fn issued(cs: &mut ConstraintSystem, parties: Option<&Parties>, case: Option<&(MintNative, MintSecretNative)>) {
    let policy: Policy = cs.public("policy", parties.map(|it| &it.0));
    let party: Party = cs.private("party", parties.map(|it| &it.2));
    statement::<Mint, MintSecret>(cs, case, |cs, act, secret| {
        let owner = act.assert(cs, secret);
        policy.assert_receiver(cs, &party, owner);
    });
}

/// Builds a seizure with the registry's statement about the receiver.
fn confiscated(cs: &mut ConstraintSystem, parties: Option<&Parties>, case: Option<&(SeizeNative, SeizeSecretNative)>) {
    let policy: Policy = cs.public("policy", parties.map(|it| &it.0));
    let party: Party = cs.private("party", parties.map(|it| &it.2));
    statement::<Seize, SeizeSecret>(cs, case, |cs, act, secret| {
        act.assert(cs, secret);
        policy.assert_receiver(cs, &party, act.to);
    });
}

/// A holding of at least 60.
fn held(cs: &mut ConstraintSystem, case: Option<&(HeldNative, HeldSecretNative)>) {
    statement::<Held, HeldSecret>(cs, case, |cs, act, secret| {
        let holding = act.assert(cs, secret);
        let least = U64::constant(cs, 60);
        holding.value.assert_ge(cs, "at least so much is held", least);
    });
}

/// Changes a case, and returns the constraint that alone refuses it.
fn spoilt<T: Clone>(case: &T, build: impl Fn(&mut ConstraintSystem, &T), change: impl Fn(&mut T)) -> String {
    let mut case = case.clone();
    change(&mut case);
    refused_(|cs: &mut ConstraintSystem| build(cs, &case))
}

fn other(field: &mut F) {
    *field = *field + F::from(1);
}

#[test]
fn a_transfer_refuses_by_name() {
    let world = World::new();
    let usual = world.usual();
    holds(|cs: &mut ConstraintSystem| transferred(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (TransferNative, TransferSecretNative))| {
        spoilt(&usual, |cs, case| transferred(cs, Some(case)), change)
    };
    assert_eq!(spoilt(&|it| other(&mut it.0.nullifiers[0])), "the first nullifier is the input's");
    assert_eq!(spoilt(&|it| other(&mut it.0.nullifiers[1])), "the second nullifier is the input's");
    assert_eq!(spoilt(&|it| other(&mut it.0.commitments[0])), "the first output is the receiver's");
    assert_eq!(spoilt(&|it| other(&mut it.0.commitments[1])), "the second output is the sender's");
    assert_eq!(spoilt(&|it| it.0.public_out += 1), "the sum is conserved");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(
        spoilt(&|it| it.0.cipher.ephemeral[1] = -it.0.cipher.ephemeral[1]),
        "the ordinate is that of the ephemeral point"
    );
}

#[test]
fn inputs_are_in_the_tree_unless_the_second_is_empty() {
    let world = World::new();
    let absent = |value| world.elsewhere(value)[0].clone();
    // A transfer, and a lock of the same inputs, which has the public amount as change.
    let refused = |inputs: [InputNative; 2], [first, change]: [u64; 2], out: u64| {
        let moved = world.transfer(inputs.clone(), [first, change], out);
        let kept = world.lock_of(inputs, [first, change + out]);
        let name = refused_(|cs: &mut ConstraintSystem| transferred(cs, Some(&moved)));
        assert_eq!(refused_(|cs: &mut ConstraintSystem| locked(cs, Some(&kept))), name);
        name
    };
    assert_eq!(refused(world.elsewhere(70), [100, 15], 5), "the first input is in the tree");
    assert_eq!(refused(world.elsewhere(0), [45, 5], 0), "the first input is in the tree");
    let second = "the second input is in the tree, or has no value";
    assert_eq!(refused([world.input(0), absent(50)], [100, 15], 5), second);
    let filled = world.transfer([world.input(0), absent(0)], [70, 0], 0);
    holds(|cs: &mut ConstraintSystem| transferred(cs, Some(&filled)));
    let filled = world.lock_of([world.input(0), absent(0)], [70, 0]);
    holds(|cs: &mut ConstraintSystem| locked(cs, Some(&filled)));
    // With the nodes below the root that the first input has, the path does not lead to them.
    let at = "the node is at its place";
    let mut joined = absent(50);
    joined.path = with_top_of(&joined.path, &world.input(0).path);
    assert_eq!(refused([world.input(0), joined], [100, 15], 5), at);

    // A note of another asset, and one of somebody else: the commitment is another one.
    let strange = Note { value: 70, owner: world.sender.address().owner, rho: 13.into() };
    let mut elsewhere = world.tree.clone();
    let foreign = elsewhere.insert(40, strange.commitment(7.into()));
    assert!(foreign.is_ok());
    let theirs = Note { owner: world.receiver.address().owner, ..strange };
    elsewhere.insert(41, theirs.commitment(asset())).unwrap();
    for position in [40, 41] {
        let input =
            |world: &World| InputNative { value: 70, rho: strange.rho, path: world.tree.opening(position).unwrap() };
        let world = World { tree: elsewhere.clone(), ..World::new() };
        let case = world.transfer([input(&world), world.input(1)], [100, 20], 0);
        assert_eq!(refused_(|cs: &mut ConstraintSystem| transferred(cs, Some(&case))), at);
        let case = world.lock_of([input(&world), world.input(1)], [100, 20]);
        assert_eq!(refused_(|cs: &mut ConstraintSystem| locked(cs, Some(&case))), at);
    }
}

/// Values are numbers of 64 bits: no sum of outputs is taken around the order of the field, or around 2^64.
#[test]
fn nothing_is_made_by_wrapping() {
    let world = World::new();
    let inputs = || [world.input(0), world.input(1)];
    for (values, out) in [([u64::MAX, 121], 0), ([120, 0], 1), ([0, 0], 119), ([u64::MAX, u64::MAX], 122)] {
        let case = world.transfer(inputs(), values, out);
        let refused = refused_(|cs: &mut ConstraintSystem| transferred(cs, Some(&case)));
        assert_eq!(refused, "the sum is conserved", "{values:?} {out}");
    }
    for values in [[101, 20], [100, 19], [0, 0], [u64::MAX, 121], [u64::MAX, u64::MAX]] {
        let case = world.lock_of(inputs(), values);
        let refused = refused_(|cs: &mut ConstraintSystem| locked(cs, Some(&case)));
        assert_eq!(refused, "the sum is conserved", "{values:?}");
    }
    // Forged wires: one output below zero.
    let below_zero = |(layout, mut forged): (Layout, Assignment)| {
        let secret = layout.inputs.iter().find(|input| input.name == "secret").unwrap();
        let value = |forged: &Assignment, wire: Wire| forged.values()[wire.index()];
        let places: Vec<_> = secret.wires.iter().filter(|it| value(&forged, **it) == BlsScalar::from(100)).collect();
        let [first] = places[..] else { panic!("one wire has the first output's value") };
        forged.replace(*first, -BlsScalar::one());
        fault(&layout, &forged)
    };
    let (moved, kept) = (world.usual(), world.lock());
    let moved = below_zero(run(|cs: &mut ConstraintSystem| transferred(cs, Some(&moved))));
    assert_eq!(moved.as_deref(), Some("fits into 64 bits"));
    let kept = below_zero(run(|cs: &mut ConstraintSystem| locked(cs, Some(&kept))));
    assert_eq!(kept.as_deref(), Some("fits into 64 bits"));
}

/// Numbers that may have more than 64 bits, with the range that inputs have.
fn ranged(cs: &mut ConstraintSystem, values: [F; 2]) -> [U64; 2] {
    values.map(|it| {
        let value: crate::zk::Field = cs.private("value", Some(&it));
        U64::constrain(cs, value)
    })
}

/// One output is below zero or above 64 bits, and the commitments and the ciphertext are those of both outputs. The sum
/// is conserved, so the range alone refuses.
#[test]
fn the_range_of_outputs_refuses_what_the_sum_does_not() {
    let world = World::new();
    let above = F::from_limbs(&[0, 1, 0, 0]);
    let hashed =
        |value: F, domain: BlsScalar, owner: F, last: F| native::hash(&[value + domain.into(), asset(), owner, last]);
    let note = |value: F, owner: F, rho: F| hashed(value, native::domain::NOTE, owner, rho);
    let (owner, to) = (world.sender.address().owner, world.receiver.address().owner);
    for [first, change] in [[-F::from(1), F::from(121)], [F::from(121), -F::from(1)], [above, F::from(120) - above]] {
        let inputs = || [world.input(0), world.input(1)];
        let (mut act, secret) = world.transfer(inputs(), [0, 0], 0);
        let rhos = act.cipher.open(&world.auditor).unwrap().rhos;
        act.cipher.fields[0] = act.cipher.fields[0] + first + change * above;
        act.commitments = Array([note(first, to, rhos[0]), note(change, owner, rhos[1])]);
        let moved = refused_(|cs: &mut ConstraintSystem| {
            let act: Transfer = cs.public("act", Some(&act));
            let mut secret: TransferSecret = cs.private("secret", Some(&secret));
            secret.values = ranged(cs, [first, change]);
            let _ = act.assert(cs, &secret);
        });
        assert_eq!(moved, "fits into 64 bits");
        let (mut lock, secret) = world.lock_of(inputs(), [0, 0]);
        lock.cipher = act.cipher;
        (lock.released, lock.change) = (act.commitments[0], act.commitments[1]);
        lock.cancelled = note(first, owner, rhos[0]);
        lock.leg = hashed(first, native::domain::LEG, to, secret.blinding);
        let locked = refused_(|cs: &mut ConstraintSystem| {
            let act: Lock = cs.public("act", Some(&lock));
            let mut secret: LockSecret = cs.private("secret", Some(&secret));
            secret.values = ranged(cs, [first, change]);
            let _ = act.assert(cs, &secret);
        });
        assert_eq!(locked, "fits into 64 bits");
    }
}

#[test]
fn a_lock_refuses_by_name() {
    let usual = World::new().lock();
    holds(|cs: &mut ConstraintSystem| locked(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (LockNative, LockSecretNative))| {
        spoilt(&usual, |cs, case| locked(cs, Some(case)), change)
    };
    assert_eq!(spoilt(&|it| other(&mut it.0.note_root)), "the first input is in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.nullifiers[0])), "the first nullifier is the input's");
    assert_eq!(spoilt(&|it| other(&mut it.0.nullifiers[1])), "the second nullifier is the input's");
    assert_eq!(spoilt(&|it| other(&mut it.0.released)), "the released note is the receiver's");
    assert_eq!(spoilt(&|it| other(&mut it.0.cancelled)), "the cancelled note is the sender's");
    assert_eq!(spoilt(&|it| other(&mut it.0.change)), "the change is the sender's");
    assert_eq!(spoilt(&|it| other(&mut it.0.leg)), "the leg is what is locked");
    assert_eq!(spoilt(&|it| other(&mut it.1.blinding)), "the leg is what is locked");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[1])), "the ordinate is that of the ephemeral point");
}

#[test]
fn a_registration_refuses_by_name() {
    let world = World::new();
    let (spend, ephemeral) = (world.sender.spend.secret(), Scalar::from(5));
    let view = world.sender.spend.view();
    let cipher = ViewCipher::seal(&world.key(), &ephemeral, &view);
    let act = RegisterNative { owner: view.owner(), auditor: AuditorKey::new(&world.key()), cipher };
    let usual = (act, RegisterSecretNative { spend, ephemeral });
    holds(|cs: &mut ConstraintSystem| register(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (RegisterNative, RegisterSecretNative))| {
        spoilt(&usual, |cs, case| register(cs, Some(case)), change)
    };
    // Somebody else's owner, with keys of one's own.
    let theirs = world.receiver.address().owner;
    assert_eq!(spoilt(&|it| it.0.owner = theirs), "the owner is the prover");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads ak");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads nk");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[1])), "the ordinate is that of the ephemeral point");
    // A key of order two, from which everybody knows the shared point: five times the key is the key itself.
    let (ephemeral, key) = (Point::GENERATOR * &Scalar::from(5), AuditorKey { u: 0.into(), v: -F::from(1) });
    let masks: [F; 2] = crate::zk::native::expand(&[native::domain::VIEW.into(), key.u, key.v, ephemeral.u()]);
    let small = |it: &mut (RegisterNative, RegisterSecretNative)| {
        it.0.auditor = key;
        it.0.cipher.fields = [view.ak + masks[0], view.nk + masks[1]];
    };
    assert_eq!(spoilt(&small), "is in the subgroup");
    // A key off the curve, where no ciphertext is right.
    let mut off = usual.clone();
    off.0.auditor = AuditorKey { u: 1.into(), v: 1.into() };
    let (layout, assignment) = run(|cs: &mut ConstraintSystem| register(cs, Some(&off)));
    assert_eq!(fault(&layout, &assignment).as_deref(), Some("is on the curve"));
}

#[test]
fn a_mint_refuses_by_name() {
    let world = World::new();
    let usual = world.minting();
    let note = usual.0.cipher.open(&world.auditor).unwrap().first();
    holds(|cs: &mut ConstraintSystem| mint(cs, Some(&usual)));
    let spoilt =
        |change: &dyn Fn(&mut (MintNative, MintSecretNative))| spoilt(&usual, |cs, case| mint(cs, Some(case)), change);
    assert_eq!(spoilt(&|it| other(&mut it.0.commitment)), "the note has the public amount");
    assert_eq!(spoilt(&|it| other(&mut it.0.asset)), "the note has the public amount");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    let larger = Note { value: 31, ..note }.commitment(asset());
    assert_eq!(spoilt(&|it| it.0.commitment = larger), "the note has the public amount");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[1])), "the ordinate is that of the ephemeral point");
}

#[test]
fn a_seizure_refuses_by_name() {
    let world = World::new();
    let usual = world.seizure(world.input(0));
    holds(|cs: &mut ConstraintSystem| seize(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (SeizeNative, SeizeSecretNative))| {
        spoilt(&usual, |cs, case| seize(cs, Some(case)), change)
    };
    assert_eq!(spoilt(&|it| other(&mut it.0.note_root)), "the note is in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.nullifier)), "the nullifier is the note's");
    assert_eq!(spoilt(&|it| other(&mut it.0.commitment)), "the new note has the same value");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[0])), "the auditor reads the values");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.fields[1])), "the auditor reads the owner");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[0])), "the abscissa is that of the ephemeral point");
    assert_eq!(spoilt(&|it| other(&mut it.0.cipher.ephemeral[1])), "the ordinate is that of the ephemeral point");
    // A note that is in another tree only, whatever its value.
    for value in [0, 70] {
        let absent = world.seizure(world.elsewhere(value)[0].clone());
        let refused = refused_(|cs: &mut ConstraintSystem| seize(cs, Some(&absent)));
        assert_eq!(refused, "the note is in the tree", "{value}");
    }
    // Keys of somebody else, one or both, with the nullifier that follows from them: the note has another owner.
    let (own, theirs) = (world.sender.spend.view(), world.receiver.spend.view());
    for (ak, nk) in [(theirs.ak, own.nk), (own.ak, theirs.nk), (theirs.ak, theirs.nk)] {
        let change = |it: &mut (SeizeNative, SeizeSecretNative)| {
            let note = Note { value: it.1.input.value, owner: ViewKeys { ak, nk }.owner(), rho: it.1.input.rho };
            it.0.nullifier = note.nullifier(asset(), nk, it.1.input.path.position());
            (it.1.ak, it.1.nk) = (ak, nk);
        };
        assert_eq!(spoilt(&change), "the node is at its place");
    }
}

#[test]
fn a_holding_refuses_by_name() {
    let world = World::new();
    let usual = world.holding(0, &world.sender);
    holds(|cs: &mut ConstraintSystem| held(cs, Some(&usual)));
    let spoilt =
        |change: &dyn Fn(&mut (HeldNative, HeldSecretNative))| spoilt(&usual, |cs, case| held(cs, Some(case)), change);
    assert_eq!(spoilt(&|it| other(&mut it.0.note_root)), "the note was in the tree");
    assert_eq!(spoilt(&|it| other(&mut it.0.act_nullifier)), "the nullifier of the act is the note's");
    assert_eq!(spoilt(&|it| other(&mut it.0.act)), "the nullifier of the act is the note's");
    let fewer = world.holding(1, &world.sender);
    assert_eq!(refused_(|cs: &mut ConstraintSystem| held(cs, Some(&fewer))), "at least so much is held");
    // The spend secret of somebody else, with the nullifiers that follow from it: the note has another owner.
    let theirs = world.holding(0, &world.receiver);
    assert_eq!(refused_(|cs: &mut ConstraintSystem| held(cs, Some(&theirs))), "the node is at its place");
    // Spent before the snapshot: the old proof of absence is under another root, and there is no new one.
    let mut later = world.spent.clone();
    let nullifier = world.nullifier(&world.input(0));
    later.insert(nullifier).unwrap();
    assert!(later.non_membership(nullifier).is_err());
    assert_eq!(spoilt(&|it| it.0.nullifier_root = later.root()), "the neighbours are in the tree");
    // Another gap: in the tree, but the nullifier is not in it.
    assert_eq!(spoilt(&|it| it.1.unspent = world.another_gap(&it.1.unspent)), "the note was not spent");
}

fn admit(cs: &mut ConstraintSystem, case: Option<&(AdmitNative, AdmitSecretNative)>) {
    statement::<Admit, AdmitSecret>(cs, case, |cs, act, secret| act.assert(cs, secret));
}

#[test]
fn an_admission_refuses_by_name() {
    let (attester, person) = (Scalar::from(41), Scalar::from(42));
    let credential = Credential {
        holder: (Point::GENERATOR * &person).u(),
        serial: 9.into(),
        born: 730_000,
        expires: TODAY,
        residence: 756,
        nationality: 40,
        accreditation: 2,
        salt: 99.into(),
    };
    let mut revoked = IndexedTree::<REVOKED_LEVELS>::new();
    revoked.insert(5.into()).unwrap();
    let entry = Holder { owner: 3.into(), class: 7, country: 756, level: 2, valid_until: TODAY, active: true };
    let act = AdmitNative {
        attester: (Point::GENERATOR * &attester).u(),
        revoked: revoked.root(),
        today: TODAY,
        scope: 6.into(),
        tag: crate::zk::native::nullifier(credential.holder, 6.into()),
        entry,
    };
    let secret = AdmitSecretNative {
        signature: credential.sign(&attester),
        not_revoked: revoked.non_membership(credential.serial).unwrap(),
        credential,
        attester_key: Point::GENERATOR * &attester,
        secret_key: person,
    };
    let usual = (act, secret);
    holds(|cs: &mut ConstraintSystem| admit(cs, Some(&usual)));
    let spoilt = |change: &dyn Fn(&mut (AdmitNative, AdmitSecretNative))| {
        spoilt(&usual, |cs, case| admit(cs, Some(case)), change)
    };
    assert_eq!(spoilt(&|it| other(&mut it.0.attester)), "the key is the attester's");
    assert_eq!(
        spoilt(&|it| it.1.signature = it.1.credential.sign(&Scalar::from(43))),
        "the attester has signed the credential"
    );
    assert_eq!(spoilt(&|it| it.0.today += 1), "the credential has not expired");
    let gap = revoked.non_membership(1.into()).unwrap();
    assert_eq!(spoilt(&|it| it.1.not_revoked = gap.clone()), "the credential is not revoked");
    assert_eq!(spoilt(&|it| other(&mut it.0.revoked)), "the neighbours are in the tree");
    assert_eq!(spoilt(&|it| it.1.secret_key = Scalar::from(43)), "the secret key is the person's");
    assert_eq!(spoilt(&|it| other(&mut it.0.tag)), "the tag is the person's");
    assert_eq!(spoilt(&|it| it.0.entry.country += 1), "the country is the residence");
    assert_eq!(spoilt(&|it| it.0.entry.level += 1), "the level is the accreditation");
    assert_eq!(spoilt(&|it| it.0.entry.valid_until += 1), "the entry ends with the credential");
}

/// The rows of each statement; the table in the documentation has these.
#[test]
fn nothing_is_left_to_choose_and_rows_are_counted() {
    let rows = [
        ("register", audited(|cs: &mut ConstraintSystem| register(cs, None))),
        (
            "register and admit",
            audited(|cs: &mut ConstraintSystem| {
                register(cs, None);
                admit(cs, None);
            }),
        ),
        ("mint", audited(|cs: &mut ConstraintSystem| mint(cs, None))),
        ("seize", audited(|cs: &mut ConstraintSystem| seize(cs, None))),
        ("held", audited(|cs: &mut ConstraintSystem| held(cs, None))),
        ("transfer", audited(|cs: &mut ConstraintSystem| transferred(cs, None))),
        ("lock", audited(|cs: &mut ConstraintSystem| locked(cs, None))),
        ("registered mint", audited(|cs: &mut ConstraintSystem| issued(cs, None, None))),
        ("registered seize", audited(|cs: &mut ConstraintSystem| confiscated(cs, None, None))),
        ("registered transfer", audited(|cs: &mut ConstraintSystem| with_registry(cs, None, |cs| transfer(cs, None)))),
        ("registered lock", audited(|cs: &mut ConstraintSystem| with_registry(cs, None, |cs| lock(cs, None)))),
    ];
    std::println!("{rows:?}");
    assert!(rows.iter().all(|(_, rows)| *rows <= MAX_ROWS));
    assert_eq!(
        rows.map(|(_, rows)| rows),
        [3_471, 14_481, 2_927, 12_173, 18_704, 21_468, 22_604, 8_155, 17_401, 31_339, 32_475]
    );
}

/// The circuits compute the same as the native functions: with the registry, a whole transfer.
#[test]
fn a_registered_transfer_holds() {
    let world = World::new();
    let parties = world.parties();
    let usual = world.usual();
    holds(|cs: &mut ConstraintSystem| with_registry(cs, Some(&parties), |cs| transfer(cs, Some(&usual))));
    let usual = world.lock();
    holds(|cs: &mut ConstraintSystem| with_registry(cs, Some(&parties), |cs| lock(cs, Some(&usual))));
}
