//! Construction of acts from notes: the order for the contract, the statement, and its secret inputs. It neither
//! chooses notes nor draws randomness, so [wallets](super::Wallet), auditors and tests share it.

use super::acts::{ActError, HeldWitness, Instruction, LockWitness, MintWitness, RegisterWitness, TransferWitness};
use super::auditor::SeizeWitness;
use crate::Field;
use crate::finance::confidential::locks::LockId;
use crate::finance::confidential::snapshots::Pinned;
use crate::finance::confidential::statements::{
    HeldNative, HeldSecretNative, InputNative, LockNative, LockSecretNative, MintNative, MintSecretNative, PartyNative,
    RegisterNative, RegisterSecretNative, SeizeNative, SeizeSecretNative, TransferNative, TransferSecretNative,
};
use crate::finance::confidential::{
    Address, AuditCipher, AuditorKey, Host, Keys, NotAnAddress, Note, NoteCipher, NotePath, Unspent, ViewCipher,
    ViewKeys, act_nullifier, leg, pool,
};
use crate::zk::native::merkle::{MerklePath, Tree};
use crate::zk::native::{Point, Scalar};

/// A note that is spent, with its path.
pub(crate) struct Input {
    pub(crate) note: Note,
    pub(crate) position: u64,
    pub(crate) path: NotePath,
}

impl Input {
    /// An empty note, which is in no tree.
    pub(crate) fn empty(asset: Field, note: Note) -> Self {
        Self { note, position: 0, path: alone(note.commitment(asset)) }
    }

    fn native(self) -> InputNative {
        InputNative { value: self.note.value, rho: self.note.rho, path: self.path }
    }
}

/// Two notes of a holder become a note of the receiver and change.
pub(crate) struct Spend<'a> {
    pub(crate) asset: Field,
    pub(crate) auditor: &'a AuditorKey,
    pub(crate) keys: &'a Keys,
    pub(crate) note_root: Field,
    pub(crate) inputs: [Input; 2],
    pub(crate) to: Address,
    /// The values of both outputs.
    pub(crate) values: [u64; 2],
    /// The public data.
    pub(crate) leaves: u64,
    pub(crate) memo: Field,
    /// The ephemeral keys: for the auditor, for the receiver, for the change.
    pub(crate) ephemeral: [Scalar; 3],
}

/// The registry as an act sees it: its root, and the entries of sender and receiver.
pub(crate) struct Entries {
    pub(crate) registry_root: Field,
    pub(crate) sender: Option<PartyNative>,
    pub(crate) receiver: Option<PartyNative>,
}

impl Spend<'_> {
    pub(crate) fn transfer(self, entries: Entries) -> Result<TransferWitness, ActError> {
        self.parts(entries).map(|(witness, ..)| witness)
    }

    /// The witness, the random element of the first output, and the address of the holder.
    fn parts(self, entries: Entries) -> Result<(TransferWitness, Field, Address), ActError> {
        let Self { asset, auditor, keys, note_root, inputs, to, values, leaves, memo, ephemeral } = self;
        let [ephemeral, first, second] = ephemeral;
        let (own, nk) = (keys.address(), keys.spend.view().nk);
        let (cipher, rhos) = AuditCipher::seal(&point(auditor)?, &ephemeral, values, to.owner);
        let made = [
            Note { value: values[0], owner: to.owner, rho: rhos[0] },
            Note { value: values[1], owner: own.owner, rho: rhos[1] },
        ];
        let order = pool::Spending {
            note_root,
            nullifiers: [&inputs[0], &inputs[1]].map(|input| input.note.nullifier(asset, nk, input.position)),
            commitments: made.map(|note| note.commitment(asset)),
            cipher,
            notes: [sealed(&to, &first, &made[0], memo)?, sealed(&own, &second, &made[1], Field::default())?],
        };
        let act = TransferNative {
            asset,
            note_root,
            nullifiers: order.nullifiers.into(),
            commitments: order.commitments.into(),
            public_out: leaves,
            auditor: *auditor,
            cipher,
        };
        let secret = TransferSecretNative {
            spend: keys.spend.secret(),
            inputs: inputs.map(Input::native).into(),
            receiver: to.owner,
            values: values.into(),
            ephemeral,
        };
        let Entries { registry_root, sender, receiver } = entries;
        Ok((TransferWitness { order, act, registry_root, secret, sender, receiver }, rhos[0], own))
    }

    /// The first output is locked. `third` is the ephemeral key of the note that comes back if the lock is cancelled.
    pub(crate) fn lock(
        self,
        entries: Entries,
        instruction: &Instruction,
        third: &Scalar,
    ) -> Result<LockWitness, ActError> {
        let Instruction { agent, instruction, blinding, deadline } = *instruction;
        let (asset, auditor) = (self.asset, *self.auditor);
        let value = self.values[0];
        let leg = leg(asset, value, self.to.owner, blinding);
        let (witness, rho, own) = self.parts(entries)?;
        let back = Note { value, owner: own.owner, rho };
        let TransferWitness { order, act, registry_root, secret, sender, receiver: party } = witness;
        let TransferSecretNative { spend, inputs, receiver, values, ephemeral } = secret;
        let [for_receiver, for_change] = order.notes;
        let order = pool::Locking {
            note_root: order.note_root,
            nullifiers: order.nullifiers,
            released: order.commitments[0],
            cancelled: back.commitment(asset),
            change: order.commitments[1],
            cipher: order.cipher,
            notes: [for_receiver, sealed(&own, third, &back, Field::default())?, for_change],
            id: LockId { agent, instruction, leg },
            deadline,
        };
        let act = LockNative {
            asset,
            note_root: order.note_root,
            nullifiers: act.nullifiers,
            released: order.released,
            cancelled: order.cancelled,
            change: order.change,
            leg,
            auditor,
            cipher: order.cipher,
        };
        let secret = LockSecretNative { spend, inputs, receiver, values, blinding, ephemeral };
        Ok(LockWitness { order, act, registry_root, secret, sender, receiver: party })
    }
}

pub(crate) fn register(auditor: &AuditorKey, keys: &Keys, ephemeral: Scalar) -> Result<RegisterWitness, ActError> {
    let cipher = ViewCipher::seal(&point(auditor)?, &ephemeral, &keys.spend.view());
    let address = keys.address();
    let secret = RegisterSecretNative { spend: keys.spend.secret(), ephemeral };
    let act = RegisterNative { owner: address.owner, auditor: *auditor, cipher };
    Ok(RegisterWitness { address, act, secret })
}

/// A public amount becomes a note. The ephemeral keys are for the auditor and for the receiver.
pub(crate) fn mint(
    asset: Field,
    auditor: &AuditorKey,
    to: &Address,
    value: u64,
    [ephemeral, first]: [Scalar; 2],
    (registry_root, receiver): (Field, Option<PartyNative>),
) -> Result<MintWitness, ActError> {
    let (cipher, [rho, _]) = AuditCipher::seal(&point(auditor)?, &ephemeral, [value, 0], to.owner);
    let note = Note { value, owner: to.owner, rho };
    let commitment = note.commitment(asset);
    let order = pool::Minting { value, commitment, cipher, note: sealed(to, &first, &note, Field::default())? };
    let act = MintNative { asset, value, commitment, auditor: *auditor, cipher };
    let secret = MintSecretNative { owner: to.owner, ephemeral };
    Ok(MintWitness { order, act, registry_root, secret, receiver })
}

/// A note of a holder with these view keys becomes a note of another one.
pub(crate) struct Seizure<'a> {
    pub(crate) asset: Field,
    pub(crate) auditor: &'a AuditorKey,
    pub(crate) keys: &'a ViewKeys,
    pub(crate) note_root: Field,
    pub(crate) input: Input,
    pub(crate) to: &'a Address,
    /// The ephemeral keys: for the auditor, for the receiver.
    pub(crate) ephemeral: [Scalar; 2],
}

impl Seizure<'_> {
    pub(crate) fn witness(
        self,
        (registry_root, receiver): (Field, Option<PartyNative>),
    ) -> Result<SeizeWitness, ActError> {
        let Self { asset, auditor, keys, note_root, input, to, ephemeral: [ephemeral, other] } = self;
        let value = input.note.value;
        let (cipher, [rho, _]) = AuditCipher::seal(&point(auditor)?, &ephemeral, [value, 0], to.owner);
        let new = Note { value, owner: to.owner, rho };
        let order = pool::Seizing {
            note_root,
            nullifier: input.note.nullifier(asset, keys.nk, input.position),
            commitment: new.commitment(asset),
            to: to.owner,
            cipher,
            note: sealed(to, &other, &new, Field::default())?,
        };
        let act = SeizeNative {
            asset,
            note_root,
            nullifier: order.nullifier,
            commitment: order.commitment,
            to: to.owner,
            auditor: *auditor,
            cipher,
        };
        let secret = SeizeSecretNative { ak: keys.ak, nk: keys.nk, input: input.native(), ephemeral };
        Ok(SeizeWitness { order, act, registry_root, secret, receiver })
    }
}

/// A note was under the roots of a snapshot, and its nullifier was not. `act` names what it is shown for.
pub(crate) fn held(
    asset: Field,
    keys: &Keys,
    input: Input,
    unspent: Unspent,
    snapshot: &Pinned,
    act: Field,
) -> HeldWitness {
    let public = HeldNative {
        asset,
        note_root: snapshot.note_root,
        nullifier_root: snapshot.nullifier_root,
        act,
        act_nullifier: act_nullifier(keys.spend.view().nk, asset, input.position, act),
    };
    let value = input.note.value;
    let secret = HeldSecretNative { spend: keys.spend.secret(), input: input.native(), unspent };
    HeldWitness { act: public, value, secret }
}

pub(super) fn point(auditor: &AuditorKey) -> Result<Point, ActError> {
    auditor.point().map_err(ActError::AuditorKey)
}

pub(super) fn sealed(to: &Address, ephemeral: &Scalar, note: &Note, memo: Field) -> Result<NoteCipher, ActError> {
    NoteCipher::seal(to, ephemeral, note, memo).map_err(|error| ActError::Receiver(NotAnAddress::Reading(error)))
}

/// The path of a leaf that is alone in a tree. A proof needs a path even where it does not ask for the root.
pub(crate) fn alone<const H: usize>(leaf: Field) -> MerklePath<H> {
    let mut tree = Tree::<H, Host>::default();
    match tree.insert(0, leaf).ok().and_then(|_| tree.opening(0)) {
        Some(path) => path,
        None => unreachable!("every tree has the position 0"),
    }
}
