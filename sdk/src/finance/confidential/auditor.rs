//! The auditor: the public key to which every act is encrypted, handed over in two steps.
//!
//! An officer offers the office to an account with a public key, and this account takes it. Nobody checks that the
//! account knows the secret of the key. Each key has a number, which the events of acts state: only this key reads the
//! ciphertexts of the act. So a new auditor needs the old one for the past, and for the view keys of holders that
//! registered before.

use dusk_sdk_circuit::native::Point;

use super::cipher::AuditorKey;
use crate::env::{caller, emit};
use crate::finance::offices::Officer;
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// The auditor's key, and the one that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auditor {
    key: AuditorKey,
    number: u32,
    offer: Option<(Principal, AuditorKey)>,
}

/// The office of the auditor is offered to somebody with a key.
#[event]
pub struct AuditorOffered {
    /// To whom.
    pub to: Principal,
    /// Its key.
    pub key: AuditorKey,
    /// Which officer offers it.
    pub by: Principal,
}

/// Acts are encrypted to another key from now on.
#[event]
pub struct AuditorChanged {
    /// The number of the key.
    pub number: u32,
    /// The key.
    pub key: AuditorKey,
    /// Whose it is.
    pub by: Principal,
}

/// Why the auditor's office refuses.
#[error(first = 9330)]
pub enum Refused {
    /// The key is not a point of the curve's subgroup of prime order.
    AuditorKeyInvalid,
    /// The key is the neutral point: everybody could read.
    AuditorKeyNeutral,
    /// It is the auditor's key already.
    SameAuditorKey,
    /// The office is not offered to the caller.
    AuditorNotOffered,
}

impl Auditor {
    /// The auditor with this key.
    ///
    /// # Errors
    /// [`Refused::AuditorKeyInvalid`] and [`Refused::AuditorKeyNeutral`].
    pub fn new(key: AuditorKey) -> Result<Self, Refused> {
        check(key)?;
        Ok(Self { key, number: 0, offer: None })
    }

    /// The key: a public input of every act.
    #[must_use]
    pub fn key(&self) -> AuditorKey {
        self.key
    }

    /// The number of the key. The first is 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Offers the office to somebody with a key. An earlier offer ends.
    ///
    /// # Errors
    /// [`Refused::AuditorKeyInvalid`], [`Refused::AuditorKeyNeutral`], [`Refused::SameAuditorKey`].
    pub fn offer(&mut self, by: Officer, to: Principal, key: AuditorKey) -> Result<(), Refused> {
        self.propose(to, key)?;
        emit(AuditorOffered { to, key, by: by.who() });
        Ok(())
    }

    /// Takes the office that was offered to the caller. Proofs that were made for the old key do not verify any more.
    ///
    /// # Errors
    /// [`Refused::AuditorNotOffered`].
    pub fn take(&mut self) -> Result<(), Refused> {
        let by = caller();
        self.accept(by)?;
        emit(AuditorChanged { number: self.number, key: self.key, by });
        Ok(())
    }

    fn propose(&mut self, to: Principal, key: AuditorKey) -> Result<(), Refused> {
        ensure!(key != self.key, Refused::SameAuditorKey);
        check(key)?;
        self.offer = Some((to, key));
        Ok(())
    }

    fn accept(&mut self, by: Principal) -> Result<(), Refused> {
        match self.offer {
            Some((to, key)) if to == by => {
                *self = Self { key, number: self.number + 1, offer: None };
                Ok(())
            }
            _ => Err(Refused::AuditorNotOffered),
        }
    }
}

/// Costs a few million gas: it multiplies the point by the order of the subgroup.
fn check(key: AuditorKey) -> Result<(), Refused> {
    let point = key.point().map_err(|_| Refused::AuditorKeyInvalid)?;
    ensure!(point != Point::IDENTITY, Refused::AuditorKeyNeutral);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract_id::ContractId;
    use crate::field::Field;

    fn who(number: u8) -> Principal {
        ContractId::from_bytes([number; 32]).into()
    }

    #[test]
    fn a_key_has_to_hide_something() {
        assert_eq!(Auditor::new(AuditorKey::new(&Point::IDENTITY)), Err(Refused::AuditorKeyNeutral));
        let small = AuditorKey { u: Field::default(), v: -Field::from(1) };
        assert_eq!(Auditor::new(small), Err(Refused::AuditorKeyInvalid));
        let off = AuditorKey { u: 1.into(), v: 1.into() };
        assert_eq!(Auditor::new(off), Err(Refused::AuditorKeyInvalid));
    }

    #[test]
    fn the_office_is_handed_over_in_two_steps() {
        let keys = [3, 4, 5_u64].map(|it| AuditorKey::new(&(Point::GENERATOR * &it.into())));
        let mut it = Auditor::new(keys[0]).unwrap();
        assert_eq!(it.accept(who(1)), Err(Refused::AuditorNotOffered));
        assert_eq!(it.propose(who(1), keys[0]), Err(Refused::SameAuditorKey));
        it.propose(who(1), keys[1]).unwrap();
        it.propose(who(2), keys[2]).unwrap();
        assert_eq!(it.accept(who(1)), Err(Refused::AuditorNotOffered));
        assert_eq!((it.key(), it.number()), (keys[0], 0));
        it.accept(who(2)).unwrap();
        assert_eq!((it.key(), it.number()), (keys[2], 1));
        assert_eq!(it.accept(who(2)), Err(Refused::AuditorNotOffered), "an offer is taken once");
    }
}
