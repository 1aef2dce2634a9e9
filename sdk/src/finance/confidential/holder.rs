//! A holder's entry in the registry.

use serde::{Deserialize, Serialize};

use super::{domain, hash};
use crate::field::Field;
use crate::prelude::contract_type;

/// A registered holder. Its attributes are public, but its owner is a pseudonym that no transfer shows.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its pseudonym: the owner of its notes.
    pub owner: Field,
    /// The class of investor, by the issuer's own numbers.
    pub class: u8,
    /// The country: its number in ISO 3166, or 0 if it is not stated.
    pub country: u16,
    /// The level of accreditation; a larger number is a higher level.
    pub level: u8,
    /// The last day on which it may receive, as a [`Date::number`](crate::zk::native::Date::number).
    pub valid_until: u32,
    /// Whether it may send and receive. A frozen holder is not active.
    pub active: bool,
}

impl Holder {
    /// The leaf in the registry's tree. The attributes are packed into one element, below the domain: class, country,
    /// level, validity and activity begin at the bits 0, 8, 24, 32 and 64.
    #[must_use]
    pub fn leaf(&self) -> Field {
        let low = u64::from(self.class)
            | u64::from(self.country) << 8
            | u64::from(self.level) << 24
            | u64::from(self.valid_until) << 32;
        let attributes = Field::from_limbs(&[low, u64::from(self.active), 0, 0]);
        hash(&[attributes + domain::HOLDER.into(), self.owner])
    }

    /// Whether it may receive on a day, at a level of accreditation.
    #[must_use]
    pub fn may_receive(&self, today: u32, level: u8) -> bool {
        self.active && today <= self.valid_until && level <= self.level
    }
}

impl zeroize::Zeroize for Holder {
    fn zeroize(&mut self) {
        let Self { owner, class, country, level, valid_until, active } = self;
        owner.zeroize();
        class.zeroize();
        country.zeroize();
        level.zeroize();
        valid_until.zeroize();
        active.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_in_the_leaf() {
        let it = Holder { owner: 3.into(), class: 1, country: 756, level: 2, valid_until: 740_000, active: true };
        let others = [
            Holder { owner: 4.into(), ..it },
            Holder { class: 2, ..it },
            Holder { country: 757, ..it },
            Holder { level: 3, ..it },
            Holder { valid_until: 740_001, ..it },
            Holder { active: false, ..it },
            Holder { class: u8::MAX, country: 0, ..it },
        ];
        others.iter().for_each(|other| assert_ne!(other.leaf(), it.leaf()));
        assert!(it.may_receive(740_000, 2));
        assert!(!it.may_receive(740_001, 2) && !it.may_receive(740_000, 3));
        assert!(!Holder { active: false, ..it }.may_receive(0, 0));
    }
}
