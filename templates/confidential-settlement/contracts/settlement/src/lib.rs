//! Delivery versus payment between two confidential assets: both legs of an instruction settle in one transaction, or
//! neither does.
//!
//! ```text
//!   instruct ─► affirm (receiver of each leg) ─► lock (in each asset, with a proof) ─► settle: both are released
//!                  │                                │                                    until the deadline
//!                  └────────── reject ──────────────┴── give_back (anybody, after the deadline): both are cancelled
//! ```
//!
//! The contract knows commitments only. Amounts are locked in the asset contracts, with this contract as the agent. An
//! asset contract is any that ends its locks by `release` and `cancel` as `asset` does, with the same results: `cash`
//! is one.
#![no_std]

use dusk_sdk::prelude::*;

/// A settlement of two confidential assets. It has no owner, and nobody has a right that others have not.
#[contract]
pub mod settlement {
    use super::*;
    use circuits::{Agree, Answer, Instruction};
    use dusk_sdk::finance::confidential::locks::LockId;
    use dusk_sdk::zk::Proof;

    /// The furthest deadline, in blocks from now: a week of ten seconds. Nothing stays locked for longer.
    pub const MAX_BLOCKS: u64 = 60_480;
    /// The most gas that giving back a leg gets. A leg whose contract wants more is cancelled there.
    pub const CANCEL_GAS: u64 = 8_000_000;

    /// The state: instructions by their names.
    pub struct Settlement {
        records: BTreeMap<Field, Record>,
    }

    /// What is known of an instruction.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Record {
        /// The instruction.
        pub instruction: Instruction,
        /// Which receivers have affirmed it: of the first leg, of the second.
        pub affirmed: [bool; 2],
        /// How far it is.
        pub state: State,
    }

    /// How far an instruction is.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub enum State {
        /// It can settle.
        Open,
        /// Both legs have settled.
        Settled,
        /// It was rejected, or its deadline has passed: it will not settle.
        Ended,
    }

    /// There is a new instruction.
    #[event]
    pub struct Instructed {
        /// Its name.
        pub name: Field,
        /// What it says.
        pub instruction: Instruction,
    }

    /// The receiver of a leg has affirmed the instruction.
    #[event]
    pub struct Affirmed {
        /// The name.
        pub name: Field,
        /// The leg: 0 or 1.
        pub side: u8,
    }

    /// The receiver of a leg has rejected the instruction.
    #[event]
    pub struct Rejected {
        /// The name.
        pub name: Field,
        /// The leg: 0 or 1.
        pub side: u8,
    }

    /// Both legs have settled.
    #[event]
    pub struct Settled {
        /// The name.
        pub name: Field,
    }

    /// Legs were given back.
    #[event]
    pub struct GivenBack {
        /// The name.
        pub name: Field,
        /// Which legs were locked.
        pub legs: [bool; 2],
    }

    /// The errors of the contract. Callers rely on the codes: add new errors at the end.
    #[error]
    pub enum Refused {
        /// Both legs are of one asset.
        SameAsset,
        /// The deadline is further away than `limit` blocks.
        DeadlineTooFar { limit: u64 },
        /// There is this instruction already.
        AlreadyInstructed,
        /// There is no instruction of this name.
        UnknownInstruction,
        /// An instruction has the legs 0 and 1.
        NoSuchLeg,
        /// The receiver of this leg has affirmed already.
        AlreadyAffirmed,
        /// The receiver of the leg `side` has not affirmed.
        NotAffirmed { side: u8 },
        /// The proof is not of the receiver of the leg, or was made for another instruction or answer.
        NotTheReceiver,
        /// The instruction has settled.
        AlreadySettled,
        /// The instruction was rejected, or given back after the deadline.
        AlreadyEnded,
        /// The deadline has passed: the legs can only be given back.
        DeadlinePassed { deadline: u64 },
        /// Legs are given back after this height.
        BeforeDeadline { deadline: u64 },
        /// Neither leg is locked, so nothing was given back.
        NothingLocked,
    }

    impl Settlement {
        /// Opens the settlement.
        pub fn init() -> Self {
            Self { records: BTreeMap::new() }
        }
        /// What is known of an instruction.
        pub fn record(&self, name: Field) -> Option<Record> {
            self.records.get(&name).copied()
        }
        /// Where a leg of an instruction has to be locked: the name of its entry in the asset contract.
        pub fn lock_id(&self, name: Field, side: u8) -> Result<LockId, Refused> {
            let record = self.records.get(&name).ok_or(Refused::UnknownInstruction)?;
            let leg = record.instruction.legs.get(usize::from(side)).ok_or(Refused::NoSuchLeg)?;
            Ok(LockId { agent: self_id(), instruction: name, leg: leg.commitment })
        }

        /// Records an instruction, and returns its name. Anybody may: it binds only those who affirm it and lock.
        pub fn instruct(&mut self, instruction: Instruction) -> Result<Field, Refused> {
            let Instruction { legs: [first, second], deadline } = instruction;
            ensure!(first.asset != second.asset, Refused::SameAsset);
            let height = block_height();
            ensure!(height <= deadline, Refused::DeadlinePassed { deadline });
            ensure!(deadline - height <= MAX_BLOCKS, Refused::DeadlineTooFar { limit: MAX_BLOCKS });
            let name = instruction.name(self_id(), chain_id());
            ensure!(!self.records.contains_key(&name), Refused::AlreadyInstructed);
            self.records.insert(name, Record { instruction, affirmed: [false; 2], state: State::Open });
            emit(Instructed { name, instruction });
            Ok(name)
        }
        /// The receiver of a leg affirms the instruction. Lock only what both have affirmed.
        pub fn affirm(&mut self, name: Field, side: u8, proof: Proof<Agree>) -> Result<(), Refused> {
            let record = self.open(name)?;
            let affirmed = record.affirmed.get_mut(usize::from(side)).ok_or(Refused::NoSuchLeg)?;
            ensure!(!*affirmed, Refused::AlreadyAffirmed);
            check(&record.instruction, side, Answer::Affirm, &proof)?;
            *affirmed = true;
            emit(Affirmed { name, side });
            Ok(())
        }
        /// The receiver of a leg rejects the instruction before it has settled. What is locked is given back at once.
        pub fn reject(&mut self, name: Field, side: u8, proof: Proof<Agree>) -> Result<(), Refused> {
            let record = self.open(name)?;
            check(&record.instruction, side, Answer::Reject, &proof)?;
            record.state = State::Ended;
            let instruction = record.instruction;
            emit(Rejected { name, side });
            give_back(name, &instruction);
            Ok(())
        }
        /// Settles: both legs are released, or the call fails and neither is. Anybody may, until the deadline.
        pub fn settle(&mut self, name: Field) -> Result<(), Refused> {
            let record = self.open(name)?;
            for (side, affirmed) in (0..).zip(record.affirmed) {
                ensure!(affirmed, Refused::NotAffirmed { side });
            }
            record.state = State::Settled;
            let legs = record.instruction.legs;
            emit(Settled { name });
            for leg in legs {
                // Where a leg is not locked, or no longer, the asset refuses, and with it this whole call.
                let id = LockId { agent: self_id(), instruction: name, leg: leg.commitment };
                asset::at(leg.asset).release(id);
            }
            Ok(())
        }
        /// Gives back what is locked, after the deadline or a rejection. Anybody may, also again.
        pub fn give_back(&mut self, name: Field) -> Result<[bool; 2], Refused> {
            let record = self.records.get_mut(&name).ok_or(Refused::UnknownInstruction)?;
            let deadline = record.instruction.deadline;
            match record.state {
                State::Settled => return Err(Refused::AlreadySettled),
                State::Open => ensure!(block_height() > deadline, Refused::BeforeDeadline { deadline }),
                State::Ended => {}
            }
            record.state = State::Ended;
            let instruction = record.instruction;
            let legs = give_back(name, &instruction);
            ensure!(legs != [false; 2], Refused::NothingLocked);
            Ok(legs)
        }
    }

    impl Settlement {
        /// An instruction that can settle now.
        fn open(&mut self, name: Field) -> Result<&mut Record, Refused> {
            let record = self.records.get_mut(&name).ok_or(Refused::UnknownInstruction)?;
            let deadline = record.instruction.deadline;
            match record.state {
                State::Settled => Err(Refused::AlreadySettled),
                State::Ended => Err(Refused::AlreadyEnded),
                State::Open if block_height() > deadline => Err(Refused::DeadlinePassed { deadline }),
                State::Open => Ok(record),
            }
        }
    }

    /// Checks the proof of a receiver.
    fn check(
        instruction: &Instruction,
        side: u8,
        answer: Answer,
        proof: &Proof<Agree>,
    ) -> Result<(), Refused> {
        let public = instruction.answer(self_id(), chain_id(), side, answer).ok_or(Refused::NoSuchLeg)?;
        ensure!(proof.verify(&public), Refused::NotTheReceiver);
        Ok(())
    }

    /// Cancels both legs, and says which were locked. One that cannot be cancelled does not hinder the other: a leg may
    /// not be locked, or its contract may be a bad one. After the deadline anybody can cancel a leg in its asset, too.
    fn give_back(name: Field, instruction: &Instruction) -> [bool; 2] {
        let legs = instruction.legs.map(|leg| {
            let id = LockId { agent: self_id(), instruction: name, leg: leg.commitment };
            asset::at(leg.asset).attempt().with_gas(CANCEL_GAS).cancel(id).is_ok()
        });
        if legs != [false; 2] {
            emit(GivenBack { name, legs });
        }
        legs
    }
}
