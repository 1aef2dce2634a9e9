//! A confidential asset with locks for settlement: shares and money are two deployments of it. It composes parts of
//! `dusk_sdk::finance`; the template `confidential-token` has more acts of officers.
#![no_std]

use dusk_sdk::finance::confidential::{Holder, Pool, Registry, locks, notes, nullifiers, pool, registry};
use dusk_sdk::finance::{Attesters, Calendar, Officer, Offices, attesters, calendar, offices};
use dusk_sdk::prelude::*;

/// An asset whose holders and amounts are hidden from the chain. An issuer issues, and says who may hold it, or whose
/// word for a holder counts; an auditor reads everything. Anybody may submit what a holder has proved.
#[contract(
    events(pool::ConfidentialTransfer, pool::ConfidentialMint, pool::ConfidentialLock),
    events(notes::NoteAdded, nullifiers::NullifierSpent),
    events(locks::AmountLocked, locks::LockReleased, locks::LockCancelled),
    events(registry::HolderRegistered, registry::HolderAdmitted, registry::HolderChanged)
)]
pub mod asset {
    use super::*;
    use circuits::{
        Attestation, Enrol, EnrolAttested, EnrolAttestedPublic, EnrolPublic, Enrolment, Issue, IssuePublic,
        Reserve, ReservePublic, Send, SendPublic, Terms,
    };
    use dusk_sdk::finance::attesters::Attester;
    use dusk_sdk::finance::confidential::asset as asset_of;
    use dusk_sdk::finance::confidential::locks::{LockId, Pending};
    use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
    use dusk_sdk::zk::Proof;

    /// The most bytes that a name may have.
    pub const MAX_NAME_BYTES: u32 = 64;
    /// The most countries that are blocked: there are fewer.
    pub const MAX_COUNTRIES: u32 = 256;
    /// How many people may register by the word of attesters until an officer allows more. So a thief who has the key
    /// of an attester cannot fill the registry, whose places are never free again.
    pub const FIRST_REGISTRATIONS: u32 = 1_024;

    /// The state.
    pub struct Asset {
        name: String,
        offices: Offices,
        registry: Registry,
        pool: Pool,
        calendar: Calendar,
        level: u8,
        attesters: Attesters,
        blocked: Vec<u16>,
        registrations: u32,
    }

    /// By whose word people become holders without an officer.
    #[contract_type]
    #[derive(Eq)]
    pub struct Eligibility {
        /// The topics for which an attester has to be trusted.
        pub topics: Vec<u32>,
        /// The attesters.
        pub attesters: Vec<Attester>,
        /// The countries whose residents are refused.
        pub blocked: Vec<u16>,
        /// How many more people may become holders so.
        pub registrations: u32,
    }

    /// An officer changed by whose word people become holders.
    #[event]
    pub struct EligibilityChanged {
        /// What holds from now on.
        pub eligibility: Eligibility,
        /// Which officer.
        pub by: Principal,
    }

    /// An attester has vouched for a holder who registered. Officers find by it whom to freeze if they no longer trust
    /// the attester: a contract may have submitted the call, and then no transaction has its arguments.
    #[event]
    pub struct HolderAttested {
        /// The holder.
        pub owner: Field,
        /// The key of the attester.
        pub attester: Field,
        /// The person's tag.
        pub tag: Field,
    }

    /// What the chain knows of the asset.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Status {
        /// How much there is, locked amounts included.
        pub supply: u64,
        /// The root of the tree of notes.
        pub note_root: Field,
        /// The root of the tree of nullifiers.
        pub nullifier_root: Field,
        /// The root of the registry.
        pub registry_root: Field,
        /// How many notes there have been.
        pub notes: u64,
        /// How many notes were spent.
        pub nullifiers: u64,
        /// How many amounts are locked.
        pub locks: u64,
    }

    /// The errors of the contract. Callers rely on the codes: add new errors at the end.
    #[error]
    pub enum Refused {
        /// The name is empty or has more than `limit` bytes.
        NameLength { limit: u32 },
        /// The registration is of another owner than the entry.
        OtherOwner,
        /// The credential does not hold today.
        Expired,
        /// Nobody who lives in this country registers.
        CountryBlocked { country: u16 },
        /// There are more blocked countries than `limit`.
        TooManyCountries { limit: u32 },
        /// As many people have registered as officers have allowed.
        NoRegistrationsLeft,
        /// The offices.
        #[from]
        Offices(offices::Refused),
        /// The day.
        #[from]
        Calendar(calendar::Refused),
        /// Notes, nullifiers, locks, the registry, the auditor.
        #[from]
        Pool(pool::Refused),
        /// The attesters.
        #[from]
        Attesters(attesters::Refused),
    }

    impl Asset {
        /// Opens the asset. The account that signs the deployment is the issuer and the first officer.
        pub fn init(
            name: String,
            auditor: dusk_sdk::finance::confidential::AuditorKey,
        ) -> Result<Self, Refused> {
            let limit = MAX_NAME_BYTES;
            ensure!(!name.is_empty() && name.len() <= limit as usize, Refused::NameLength { limit });
            let pool = Pool::new(asset_of(self_id(), chain_id()), auditor).map_err(pool::Refused::from)?;
            let (offices, registry) = (Offices::new(caller()), Registry::default());
            let (calendar, attesters, blocked) = (Calendar::default(), Attesters::default(), Vec::new());
            let (level, registrations) = (0, FIRST_REGISTRATIONS);
            Ok(Self { name, offices, registry, pool, calendar, level, attesters, blocked, registrations })
        }
        /// What the asset is called.
        pub fn name(&self) -> String {
            self.name.clone()
        }
        /// How much there is: the sum of all unspent notes and all locked amounts.
        pub fn total_supply(&self) -> u64 {
            self.pool.total_supply()
        }
        /// What the chain knows.
        pub fn status(&self) -> Status {
            Status {
                supply: self.pool.total_supply(),
                note_root: self.pool.notes().root(),
                nullifier_root: self.pool.nullifiers().root(),
                registry_root: self.registry.root(),
                notes: self.pool.notes().count(),
                nullifiers: self.pool.nullifiers().count(),
                locks: self.pool.locks().count(),
            }
        }
        /// What every proof states now.
        pub fn terms(&self) -> Terms {
            let (asset, auditor) = (self.pool.asset(), self.pool.auditor.key());
            Terms { asset, auditor, today: self.today(), level: self.level }
        }
        /// What the registry knows of an owner.
        pub fn holder(&self, owner: Field) -> Option<Holder> {
            self.registry.holder(owner).map(|(_, holder)| holder)
        }
        /// By whose word people become holders without an officer.
        pub fn eligibility(&self) -> Eligibility {
            let (topics, attesters) = (self.attesters.topics().to_vec(), self.attesters.list().cloned());
            let (blocked, registrations) = (self.blocked.clone(), self.registrations);
            Eligibility { topics, attesters: attesters.collect(), blocked, registrations }
        }
        /// A locked amount: what the receiver and the sender read, and the deadline.
        pub fn pending(&self, id: LockId) -> Option<Pending> {
            self.pool.locks().pending(&id).copied()
        }

        /// Registers and admits a holder, for whom an attester vouches. No officer is needed: anybody may submit it.
        pub fn register(
            &mut self,
            call: Enrolment,
            attestation: Attestation,
            proof: Proof<EnrolAttested>,
        ) -> Result<(), Refused> {
            let Attestation { attester, country, valid_until, tag, .. } = attestation;
            let today = self.today();
            ensure!(today <= valid_until, Refused::Expired);
            ensure!(!self.blocked.contains(&country), Refused::CountryBlocked { country });
            ensure!(self.registrations > 0, Refused::NoRegistrationsLeft);
            let revoked = self.attesters.require(Some(attester), today)?.1.revoked;
            let asset = self.pool.asset();
            let (admission, bound) = (attestation.admission(asset, call.owner, revoked), call.bound(asset));
            let verify = |act| proof.verify(&EnrolAttestedPublic { act, admission, bound });
            self.pool.register(&mut self.registry, call.owner, call.view, verify)?;
            let entry = attestation.entry(call.owner);
            self.registry.admit_proven(entry, tag).map_err(pool::Refused::from)?;
            self.registrations -= 1;
            emit(HolderAttested { owner: call.owner, attester, tag });
            Ok(())
        }
        /// Moves an amount from a holder to a holder. Returns the position of the receiver's note.
        pub fn confidential_transfer(
            &mut self,
            order: Spending,
            registry_root: Field,
            proof: Proof<Send>,
        ) -> Result<u64, Refused> {
            let policy = self.policy(registry_root)?;
            let bound = order.bound(Field::default());
            let verify = |act| proof.verify(&SendPublic { act, policy, bound });
            Ok(self.pool.transfer(&order, 0, verify)?)
        }
        /// Locks an amount of a holder for a leg of an instruction. Returns the position of the change.
        pub fn lock(
            &mut self,
            order: Locking,
            registry_root: Field,
            proof: Proof<Reserve>,
        ) -> Result<u64, Refused> {
            let policy = self.policy(registry_root)?;
            let bound = order.bound(Field::default());
            let verify = |act| proof.verify(&ReservePublic { act, policy, bound });
            Ok(self.pool.lock(&order, verify)?)
        }
        /// Gives a locked amount to its receiver. Only the agent may, until the deadline. Returns the position of the
        /// note.
        pub fn release(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.release(id)?)
        }
        /// Gives a locked amount back to its sender. The agent may at any time, and anybody after the deadline. Returns
        /// the position of the note.
        pub fn cancel(&mut self, id: LockId) -> Result<u64, Refused> {
            Ok(self.pool.cancel(id)?)
        }

        // For officers:
        /// Registers and admits a holder, whose keys the auditor can read.
        pub fn admit(&mut self, call: Enrolment, holder: Holder, proof: Proof<Enrol>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            ensure!(call.owner == holder.owner, Refused::OtherOwner);
            let bound = call.bound(self.pool.asset());
            let verify = |act| proof.verify(&EnrolPublic { act, bound });
            self.pool.register(&mut self.registry, call.owner, call.view, verify)?;
            Ok(self.registry.admit(by, holder).map_err(pool::Refused::from)?)
        }
        /// Issues an amount to a holder, whom the chain does not see. Returns the position of the note.
        pub fn issue(
            &mut self,
            order: Minting,
            registry_root: Field,
            proof: Proof<Issue>,
        ) -> Result<u64, Refused> {
            self.offices.officer()?;
            let policy = self.policy(registry_root)?;
            let bound = order.bound(Field::default());
            let verify = |act| proof.verify(&IssuePublic { act, policy, bound });
            Ok(self.pool.mint(&order, verify)?)
        }
        /// Freezes a holder, or ends that: a frozen one neither sends nor receives, and locks nothing.
        pub fn set_active(&mut self, owner: Field, active: bool, reason: String) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            Ok(self.registry.set_active(by, owner, active, reason).map_err(pool::Refused::from)?)
        }
        /// States the day, the time that a block takes, and the least level of receivers.
        pub fn set_policy(&mut self, today: u32, block_seconds: u32, level: u8) -> Result<(), Refused> {
            self.offices.officer()?;
            self.calendar.correct(today, block_seconds, block_height())?;
            self.level = level;
            Ok(())
        }
        /// Trusts exactly these attesters, for these topics. Who is a holder already stays one.
        pub fn set_attesters(&mut self, topics: Vec<u32>, attesters: Vec<Attester>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let today = self.today();
            self.attesters.set(topics, attesters, today)?;
            self.tell(by);
            Ok(())
        }
        /// Trusts an attester, in place of the one with the key `instead`: for a new key, new revocations, other topics
        /// or another last day.
        pub fn trust(&mut self, attester: Attester, instead: Option<Field>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let today = self.today();
            match instead {
                Some(key) => self.attesters.replace(key, attester, today)?,
                None => self.attesters.trust(attester, today)?,
            }
            self.tell(by);
            Ok(())
        }
        /// Ends the trust in an attester: nobody registers by its word from now on.
        pub fn distrust(&mut self, key: Field) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.attesters.distrust(key)?;
            self.tell(by);
            Ok(())
        }
        /// Says in which countries nobody may live who registers. Freeze those who are holders already.
        pub fn block_countries(&mut self, countries: Vec<u16>) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            let limit = MAX_COUNTRIES;
            ensure!(countries.len() <= limit as usize, Refused::TooManyCountries { limit });
            self.blocked = countries;
            self.tell(by);
            Ok(())
        }
        /// Says how many more people may register by the word of attesters. Officers admit others besides.
        pub fn allow_registrations(&mut self, registrations: u32) -> Result<(), Refused> {
            let by = self.offices.officer()?;
            self.registrations = registrations;
            self.tell(by);
            Ok(())
        }
    }

    impl Asset {
        fn today(&self) -> u32 {
            self.calendar.today(block_height())
        }

        fn tell(&self, by: Officer) {
            emit(EligibilityChanged { eligibility: self.eligibility(), by: by.who() });
        }

        fn policy(
            &self,
            registry_root: Field,
        ) -> Result<dusk_sdk::finance::confidential::statements::PolicyNative, Refused> {
            let Terms { today, level, .. } = self.terms();
            Ok(self.registry.policy(registry_root, today, level).map_err(pool::Refused::from)?)
        }
    }
}
