//! A confidential asset: who holds how much is hidden from the chain, the auditor reads everything, and officers say
//! who may hold. Holders act by proofs, which anybody may submit.
#![no_std]

mod attesting;
mod refused;

use dusk_sdk::finance::confidential::*;
use dusk_sdk::finance::{documents, offices};
use dusk_sdk::parts::pausing;
use dusk_sdk::prelude::*;

/// A confidential asset. An issuer appoints officers; they admit holders, issue, freeze and seize. The supply is
/// public.
#[contract(
    events(notes::NoteAdded, nullifiers::NullifierSpent, registry::HolderRegistered),
    events(registry::HolderAdmitted, registry::HolderChanged, registry::HolderRemoved),
    events(
        pool::ConfidentialMint,
        pool::ConfidentialTransfer,
        pool::ConfidentialSeizure,
        pool::ConfidentialLock
    ),
    events(locks::AmountLocked, locks::LockReleased, locks::LockCancelled, snapshots::HoldingsPinned),
    events(
        auditor::AuditorOffered,
        auditor::AuditorLost,
        auditor::AuditorChanged,
        attesting::AttestationChanged
    ),
    events(offices::Appointed, offices::Dismissed, offices::OfficeOffered, offices::OfficeTaken),
    events(documents::DocumentSet, documents::DocumentRemoved, pausing::Paused, pausing::Resumed),
    events(countries::CountryBlocked)
)]
pub mod asset {
    use super::*;
    use crate::attesting::Attesting;
    pub use crate::attesting::{Attestation, AttestationChanged, FIRST_REGISTRATIONS, Person};
    pub use crate::refused::Refused;
    use circuits::{
        Confiscate, ConfiscatePublic, Disclose, Disclosure, Eligible, Enrol, EnrolPublic, Enrolment, Issue,
        IssuePublic, Reserve, ReservePublic, Send, SendPublic, Terms, between_holders, for_reason,
        for_reference,
    };
    use dusk_sdk::finance::confidential::auditor::KeyProof;
    use dusk_sdk::finance::confidential::locks::{LockId, Pending};
    use dusk_sdk::finance::confidential::pool::{Locking, Minting, Seizing, Spending};
    use dusk_sdk::finance::confidential::snapshots::Pinned;
    use dusk_sdk::finance::confidential::statements::PolicyNative;
    use dusk_sdk::finance::documents::Document;
    use dusk_sdk::finance::ledger::MAX_REASON_BYTES;
    use dusk_sdk::finance::offices::Office;
    use dusk_sdk::finance::{Calendar, Documents, Offices};
    use dusk_sdk::parts::pausing::Pausing;
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;

    /// The state.
    pub struct Asset {
        name: String,
        offices: Offices,
        pool: Pool,
        registry: Registry,
        attesting: Attesting,
        calendar: Calendar,
        level: u8,
        blocked: BlockedCountries,
        snapshots: Snapshots,
        pausing: Pausing,
        documents: Documents,
    }

    /// The asset as a whole.
    #[contract_type]
    #[derive(Eq)]
    pub struct Status {
        /// Who appoints officers.
        pub issuer: Principal,
        /// How much there is.
        pub supply: u64,
        /// Whether holders can act.
        pub paused: bool,
        /// How many notes there have been.
        pub notes: u64,
        /// How many of them were spent, empty inputs included.
        pub spent: u64,
        /// How many locks are pending.
        pub locked: u64,
        /// How many more people may be admitted by credentials.
        pub registrations: u32,
        /// The root of the notes.
        pub note_root: Field,
        /// The root of the nullifiers.
        pub nullifier_root: Field,
        /// The root of the registry.
        pub registry_root: Field,
    }

    /// Somebody registered with this reading key, to which others send.
    #[event]
    pub struct Registered {
        /// The owner and the reading key.
        pub address: Address,
    }

    /// An amount was destroyed.
    #[event]
    pub struct Redeemed {
        /// How much.
        pub amount: u64,
        /// What for.
        pub reference: String,
    }

    /// A holder showed that it had at least an amount.
    #[event]
    pub struct AmountDisclosed {
        /// What was shown.
        pub disclosure: Disclosure,
    }

    impl Asset {
        /// Opens the asset. The account that signs the deployment is the issuer and the first officer.
        pub fn init(name: String, auditor: AuditorKey) -> Result<Self, Refused> {
            let limit = MAX_NAME_BYTES;
            ensure!(!name.is_empty() && name.len() <= limit as usize, Refused::NameLength { limit });
            Ok(Self {
                name,
                offices: Offices::new(caller()),
                pool: Pool::new(asset(self_id(), chain_id()), auditor)?,
                registry: Registry::default(),
                attesting: Attesting::default(),
                calendar: Calendar::default(),
                level: 0,
                blocked: BlockedCountries::default(),
                snapshots: Snapshots::default(),
                pausing: Pausing::default(),
                documents: Documents::default(),
            })
        }
        /// What the asset is called.
        pub fn name(&self) -> String {
            self.name.clone()
        }
        /// How much there is: the sum of all issues, less all redemptions.
        pub fn total_supply(&self) -> u64 {
            self.pool.total_supply()
        }
        /// The state of the asset as a whole.
        pub fn status(&self) -> Status {
            let (notes, nullifiers) = (self.pool.notes(), self.pool.nullifiers());
            Status {
                issuer: self.offices.issuer(),
                supply: self.pool.total_supply(),
                paused: self.pausing.is_paused(),
                notes: notes.count(),
                spent: nullifiers.count(),
                locked: self.pool.locks().count(),
                registrations: self.attesting.registrations,
                note_root: notes.root(),
                nullifier_root: nullifiers.root(),
                registry_root: self.registry.root(),
            }
        }
        /// What every proof states now.
        pub fn terms(&self) -> Terms {
            let (asset, auditor) = (self.pool.asset(), self.pool.auditor.key());
            Terms { asset, auditor, today: self.today(), level: self.level, blocked: self.blocked }
        }
        /// Whether somebody is a compliance officer.
        pub fn is_officer(&self, who: Principal) -> bool {
            self.offices.is_officer(who)
        }
        /// What the registry says of an owner, if it was admitted.
        pub fn holder(&self, owner: Field) -> Option<Holder> {
            self.registry.holder(owner).map(|(_, holder)| holder)
        }
        /// Whether a note was spent.
        pub fn is_spent(&self, nullifier: Field) -> bool {
            self.pool.nullifiers().is_spent(nullifier)
        }
        /// Whether proofs about these roots are accepted now.
        pub fn accepts(&self, note_root: Field, registry_root: Field) -> bool {
            self.pool.notes().knows(note_root) && self.policy(registry_root).is_ok()
        }
        /// A lock that is pending.
        pub fn pending(&self, id: LockId) -> Option<Pending> {
            self.pool.locks().pending(&id).copied()
        }
        /// The snapshot of a height.
        pub fn snapshot(&self, height: u64) -> Result<Pinned, Refused> {
            Ok(self.snapshots.at(height)?)
        }
        /// By whose word people are admitted.
        pub fn attestation(&self) -> Option<Attestation> {
            self.attesting.attestation
        }
        /// The documents of the issue.
        pub fn documents(&self) -> Vec<Document> {
            self.documents.list().to_vec()
        }
        /// Checks that a holder had at least an amount in one note at a snapshot, as it shows to who asks.
        pub fn check_disclosure(
            &self,
            disclosure: Disclosure,
            proof: Proof<Disclose>,
        ) -> Result<(), Refused> {
            let Pinned { note_root, nullifier_root, .. } = self.snapshots.at(disclosure.height)?;
            let public = disclosure.public(self.pool.asset(), note_root, nullifier_root);
            ensure!(Disclose::verify(&proof, &public), Refused::NotProven);
            Ok(())
        }

        // For anybody who has a holder's proof:
        /// Registers an owner of notes. An officer has to admit it.
        pub fn register(&mut self, enrolment: Enrolment, proof: Proof<Enrol>) -> Result<(), Refused> {
            let (Enrolment { owner, reading, view }, bound) = (enrolment, enrolment.bound(self.pool.asset()));
            let verify = |act| Enrol::verify(&proof, &EnrolPublic { act, bound });
            self.pool.register(&mut self.registry, owner, view, verify)?;
            emit(Registered { address: Address { owner, reading } });
            Ok(())
        }
        /// Admits an owner who has registered, by a proof that an attester vouches for the person. No officer is
        /// needed, and nobody learns who it is or where it lives.
        pub fn admit_by_credential(&mut self, person: Person, proof: Proof<Eligible>) -> Result<(), Refused> {
            let today = self.today();
            let holder = self.attesting.holder(&person, &proof, today)?;
            Ok(self.registry.admit_proven(holder, person.tag)?)
        }
        /// Moves an amount between holders.
        pub fn confidential_transfer(
            &mut self,
            order: Spending,
            registry_root: Field,
            proof: Proof<Send>,
        ) -> Result<(), Refused> {
            self.spend(&order, 0, between_holders(), registry_root, &proof)
        }
        /// Destroys an amount of a holder, for a reference: an account at a bank, an invoice.
        pub fn redeem(
            &mut self,
            amount: u64,
            reference: String,
            order: Spending,
            registry_root: Field,
            proof: Proof<Send>,
        ) -> Result<(), Refused> {
            ensure!(amount > 0, pool::Refused::ZeroAmount.into());
            let limit = MAX_REASON_BYTES;
            let fits = !reference.is_empty() && reference.len() <= limit as usize;
            ensure!(fits, Refused::ReferenceLength { limit });
            self.spend(&order, amount, for_reference(&reference), registry_root, &proof)?;
            emit(Redeemed { amount, reference });
            Ok(())
        }
        /// Locks an amount until the agent releases it to a holder, or it is cancelled.
        pub fn lock(
            &mut self,
            order: Locking,
            registry_root: Field,
            proof: Proof<Reserve>,
        ) -> Result<(), Refused> {
            self.pausing.require_running()?;
            let (policy, bound) = (self.policy(registry_root)?, order.bound(between_holders()));
            let blocked = self.blocked;
            let verify = |act| Reserve::verify(&proof, &ReservePublic { act, policy, blocked, bound });
            self.pool.lock(&order, verify)?;
            Ok(())
        }
        /// Gives a locked amount to its receiver. Only the agent may, up to the deadline.
        pub fn release(&mut self, id: LockId) -> Result<(), Refused> {
            self.pool.release(id)?;
            Ok(())
        }
        /// Gives a locked amount back to its sender: the agent may at any time, anybody after the deadline.
        pub fn cancel(&mut self, id: LockId) -> Result<(), Refused> {
            self.pool.cancel(id)?;
            Ok(())
        }
        /// Records that a holder showed an amount, as [`Asset::check_disclosure`] checks it.
        pub fn disclose(&mut self, disclosure: Disclosure, proof: Proof<Disclose>) -> Result<(), Refused> {
            self.check_disclosure(disclosure, proof)?;
            emit(AmountDisclosed { disclosure });
            Ok(())
        }

        // For compliance officers:
        /// Admits somebody who has registered.
        pub fn admit(&mut self, holder: Holder) -> Result<(), Refused> {
            Ok(self.registry.admit(self.offices.officer()?, holder)?)
        }
        /// Says by whose word people are admitted. `None`: by nobody's.
        pub fn set_attestation(&mut self, attestation: Option<Attestation>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.attesting.attestation = attestation;
            self.attesting.tell(by);
            Ok(())
        }
        /// Says how many more people may be admitted by credentials. Officers admit others besides.
        pub fn allow_registrations(&mut self, registrations: u32) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.attesting.registrations = registrations;
            self.attesting.tell(by);
            Ok(())
        }
        /// Changes what the registry says of a holder. Proofs from before are void.
        pub fn set_holder(&mut self, holder: Holder, reason: String) -> Result<(), Refused> {
            Ok(self.registry.change(self.offices.officer()?, holder, reason)?)
        }
        /// Freezes a holder: it can neither send nor receive. Proofs from before are void.
        pub fn freeze(&mut self, owner: Field, reason: String) -> Result<(), Refused> {
            Ok(self.registry.set_active(self.offices.officer()?, owner, false, reason)?)
        }
        /// Ends a freeze.
        pub fn unfreeze(&mut self, owner: Field, reason: String) -> Result<(), Refused> {
            Ok(self.registry.set_active(self.offices.officer()?, owner, true, reason)?)
        }
        /// Removes a holder for good, as for a lost or stolen key. Its notes stay, and can be seized for the holder's
        /// new owner.
        pub fn remove(&mut self, owner: Field, reason: String) -> Result<(), Refused> {
            Ok(self.registry.remove(self.offices.officer()?, owner, reason)?)
        }
        /// Issues a public amount to a hidden holder.
        pub fn issue(
            &mut self,
            order: Minting,
            registry_root: Field,
            proof: Proof<Issue>,
        ) -> Result<(), Refused> {
            self.offices.officer()?;
            let (policy, bound) = (self.policy(registry_root)?, order.bound(between_holders()));
            let blocked = self.blocked;
            let verify = |act| Issue::verify(&proof, &IssuePublic { act, policy, blocked, bound });
            self.pool.mint(&order, verify)?;
            Ok(())
        }
        /// Takes a note from its holder, and gives the amount to a stated one: by order of a court, or in a recovery.
        pub fn seize(
            &mut self,
            order: Seizing,
            registry_root: Field,
            reason: String,
            proof: Proof<Confiscate>,
        ) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let (policy, bound) = (self.policy(registry_root)?, order.bound(for_reason(&reason)));
            let verify = |act| Confiscate::verify(&proof, &ConfiscatePublic { act, policy, bound });
            self.pool.seize(by, &order, reason, verify)?;
            Ok(())
        }
        /// Sets the day, how long a block takes, and the least level of receivers.
        pub fn set_policy(&mut self, today: u32, block_seconds: u32, level: u8) -> Result<(), Refused> {
            self.offices.officer()?;
            self.calendar.correct(today, block_seconds, block_height())?;
            self.level = level;
            Ok(())
        }
        /// Blocks a country, or ends the block: its holders neither send nor receive. Proofs from before are void.
        pub fn block_country(&mut self, country: u16, blocked: bool) -> Result<(), Refused> {
            Ok(self.blocked.set(self.offices.officer()?, country, blocked)?)
        }
        /// Takes a snapshot of hidden holdings.
        pub fn take_snapshot(&mut self) -> Result<Pinned, Refused> {
            let by = self.offices.officer()?;
            let (notes, nullifiers, supply) =
                (self.pool.notes(), self.pool.nullifiers(), self.total_supply());
            Ok(self.snapshots.take(by, notes, nullifiers, supply)?)
        }
        /// Stops what holders do. Officers go on, and locks are released and cancelled.
        pub fn pause(&mut self) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.pausing.pause()?)
        }
        /// Ends a pause.
        pub fn resume(&mut self) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.pausing.resume()?)
        }
        /// Sets a document, in place of one with its name.
        pub fn set_document(&mut self, name: String, hash: [u8; 32], address: String) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.documents.set(name, hash, address)?)
        }
        /// Removes a document.
        pub fn remove_document(&mut self, name: String) -> Result<(), Refused> {
            self.offices.officer()?;
            Ok(self.documents.remove(name)?)
        }
        /// Offers the auditor's office to another key.
        pub fn offer_auditor(&mut self, key: AuditorKey) -> Result<(), Refused> {
            Ok(self.pool.auditor.offer(self.offices.officer()?, key)?)
        }

        // For the issuer, and for whom an office is offered:
        /// Takes the auditor's office for the offered key, with the signatures of both auditors. Anybody may submit
        /// them. Acts are encrypted to the new key from now on.
        pub fn take_auditor(
            &mut self,
            acceptance: KeyProof,
            consent: Option<KeyProof>,
        ) -> Result<(), Refused> {
            Ok(self.pool.auditor.take(self.pool.asset(), &acceptance, consent.as_ref())?)
        }
        /// Declares that the auditor's key is lost: after a week the offered key needs no consent. Only the issuer may.
        pub fn declare_auditor_lost(&mut self) -> Result<(), Refused> {
            Ok(self.pool.auditor.declare_lost(self.offices.require_issuer()?)?)
        }
        /// Makes somebody a compliance officer. Only the issuer may.
        pub fn appoint(&mut self, officer: Principal) -> Result<(), Refused> {
            Ok(self.offices.appoint(officer)?)
        }
        /// Takes the office from a compliance officer. Only the issuer may.
        pub fn dismiss(&mut self, officer: Principal) -> Result<(), Refused> {
            Ok(self.offices.dismiss(officer)?)
        }
        /// Offers the caller's office to somebody, or withdraws the offer.
        pub fn offer_office(&mut self, office: Office, to: Option<Principal>) -> Result<(), Refused> {
            Ok(self.offices.offer(office, to)?)
        }
        /// Takes an office that was offered to the caller.
        pub fn take_office(&mut self, office: Office) -> Result<(), Refused> {
            Ok(self.offices.take(office)?)
        }

        fn today(&self) -> u32 {
            self.calendar.today(block_height())
        }

        fn policy(&self, registry_root: Field) -> Result<PolicyNative, Refused> {
            Ok(self.registry.policy(registry_root, self.today(), self.level)?)
        }

        /// Two notes become two others, and an amount leaves. The proof is bound to `with`.
        fn spend(
            &mut self,
            order: &Spending,
            leaves: u64,
            with: Field,
            registry_root: Field,
            proof: &Proof<Send>,
        ) -> Result<(), Refused> {
            self.pausing.require_running()?;
            let (policy, bound) = (self.policy(registry_root)?, order.bound(with));
            let blocked = self.blocked;
            let verify = |act| Send::verify(proof, &SendPublic { act, policy, blocked, bound });
            self.pool.transfer(order, leaves, verify)?;
            Ok(())
        }
    }
}
