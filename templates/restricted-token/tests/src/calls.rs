//! The calls that the model test makes: all functions of the register, by random numbers.

use dusk_sdk::finance::offices::Office;

use crate::page::{ATTESTERS, HOLDERS, Model, PEOPLE};

const COUNTRIES: [u16; 2] = [276, 528];

/// People are numbers here. Some functions have two calls: `EndPolicy` is `set_policy` without a policy, `CapSupply` is
/// `set_caps` with a cap of the supply alone, and `IssueLocked` is `issue` with a lock-up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Transfer { to: usize, amount: u64 },
    TransferFrom { owner: usize, to: usize, amount: u64 },
    TransferBatch { items: [(usize, u64); 2] },
    Approve { spender: usize, allowed: u64, blocks: u64 },
    SetOperator { operator: usize, blocks: Option<u64> },
    Admit { holder: usize, attester: usize },
    SetPolicy,
    EndPolicy,
    SetToday { day: u32 },
    SetBlocked { list: usize },
    Trust { attester: usize, instead: Option<usize> },
    Distrust { attester: usize },
    Force { from: usize, to: usize, amount: u64 },
    MoveDividends { from: usize, to: usize },
    Recover { from: usize, to: usize },
    Issue { to: usize, amount: u64 },
    IssueLocked { to: usize, amount: u64, blocks: u64 },
    Redeem { from: usize, amount: u64 },
    List { person: usize, limit: u64 },
    ListBatch { items: [(usize, u64); 2] },
    Unlist { person: usize },
    Lift { person: usize },
    SetLimit { person: usize, limit: u64 },
    Freeze { person: usize },
    Unfreeze { person: usize },
    FreezeHolder { holder: usize },
    UnfreezeHolder { holder: usize },
    BarHolder { holder: usize },
    LiftHolder { holder: usize },
    FreezePart { person: usize, amount: u64 },
    Lock { person: usize, amount: u64, blocks: u64 },
    Identify { person: usize, holder: usize },
    SetCountry { person: usize, country: u16 },
    SetCaps { holders: Option<u32>, share: Option<u16> },
    CapSupply { supply: u64 },
    SetCountryCap { country: u16, most: Option<u32> },
    SetDocument { name: usize, hash: u8 },
    RemoveDocument { name: usize },
    TakeSnapshot,
    Appoint { person: usize },
    Dismiss { person: usize },
    OfferOffice { office: Office, to: Option<usize> },
    TakeOffice { office: Office },
    Pause,
    Resume,
    Distribute { lux: u64 },
    Claim,
}

impl Call {
    pub(crate) fn random(dice: &mut Dice, model: &Model) -> Self {
        let (person, other, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), dice.roll(40) as u64);
        let (holder, blocks, attester) = (dice.roll(HOLDERS), dice.roll(30) as u64, dice.roll(ATTESTERS));
        let some = dice.roll(2) == 1;
        let office = if some { Office::Issuer } else { Office::Officer };
        match dice.roll(72) {
            0..8 => Self::Transfer { to: person, amount },
            8..10 => Self::TransferFrom { owner: other, to: person, amount: amount / 4 },
            10..12 => Self::Approve { spender: person, allowed: amount, blocks },
            12 => Self::SetOperator { operator: person, blocks: some.then_some(blocks) },
            13..16 => Self::TransferBatch { items: [(person, amount / 2), (other, amount / 3)] },
            16..19 => Self::Admit { holder, attester },
            19 if dice.roll(4) == 0 => Self::EndPolicy,
            19 => Self::SetPolicy,
            // Yesterday is refused.
            20 => Self::SetToday { day: model.today + dice.roll(3) as u32 - 1 },
            21 => Self::SetBlocked { list: holder },
            22..24 => Self::Trust { attester, instead: some.then_some(dice.roll(ATTESTERS)) },
            24 => Self::Distrust { attester },
            25..27 => Self::Force { from: other, to: person, amount },
            27 => Self::MoveDividends { from: other, to: person },
            28..30 => Self::Recover { from: other, to: person },
            30 if some => Self::IssueLocked { to: person, amount, blocks },
            30 => Self::Issue { to: person, amount },
            31 => Self::Redeem { from: person, amount: amount / 2 },
            32..35 => Self::List { person, limit: 2 * amount },
            35 => Self::ListBatch { items: [(person, 2 * amount), (other, amount)] },
            36 => Self::Unlist { person },
            37..39 => Self::Lift { person },
            39 => Self::SetLimit { person, limit: 2 * amount },
            40 => Self::Freeze { person },
            41..43 => Self::Unfreeze { person },
            43 => Self::FreezeHolder { holder },
            44..46 => Self::UnfreezeHolder { holder },
            46 => Self::BarHolder { holder },
            47..49 => Self::LiftHolder { holder },
            49 => Self::FreezePart { person, amount: amount / 2 },
            50..52 => Self::Lock { person, amount: amount / 2, blocks },
            52 => Self::Identify { person, holder },
            53 => Self::SetCountry { person, country: COUNTRIES[holder] },
            54 => Self::SetCaps { holders: Some(4 + holder as u32), share: None },
            55 => Self::SetCaps { holders: None, share: Some(5_000) },
            // Room for a few shares, or for none.
            56 if some => Self::CapSupply { supply: model.supply + amount / 8 },
            56 => Self::SetCaps { holders: None, share: None },
            57 => Self::SetCountryCap { country: COUNTRIES[holder], most: some.then_some(2) },
            58..60 => Self::SetDocument { name: dice.roll(3), hash: amount as u8 },
            60 => Self::RemoveDocument { name: dice.roll(3) },
            61 => Self::TakeSnapshot,
            62 => Self::Appoint { person },
            63 => Self::Dismiss { person },
            64 => Self::OfferOffice { office, to: (blocks > 3).then_some(person) },
            65..67 => Self::TakeOffice { office },
            67 => Self::Pause,
            68 => Self::Resume,
            69..71 => Self::Distribute { lux: amount * amount },
            _ => Self::Claim,
        }
    }

    /// Mostly somebody who may.
    pub(crate) fn caller(self, dice: &mut Dice, model: &Model) -> usize {
        match self {
            Self::Transfer { .. } | Self::TransferFrom { .. } | Self::TransferBatch { .. } => {
                dice.roll(PEOPLE)
            }
            Self::Approve { .. } | Self::SetOperator { .. } => dice.roll(PEOPLE),
            Self::Admit { .. } | Self::Claim | Self::TakeOffice { .. } => dice.roll(PEOPLE),
            _ if dice.roll(8) == 0 => dice.roll(PEOPLE),
            Self::Distribute { .. } | Self::Appoint { .. } | Self::Dismiss { .. } => model.issuer,
            _ => model.officers.get(dice.roll(model.officers.len().max(1))).copied().unwrap_or(model.issuer),
        }
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}
