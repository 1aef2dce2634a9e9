//! Committees drawn from provisioners, kept for later requests.
//!
//! The round, the verifier of blocks and the certificate of the next block need the same committees, and drawing one
//! takes 64 hashes. A draw depends on the provisioners, the seed and the round alone, so it may be shared.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Seed, StepName};

use crate::committee::Committee;

/// The rounds that are remembered for one set of provisioners: those on a few branches and tips.
const MAX_ROUNDS: usize = 8;

/// A round on a tip with this seed.
type Named = (Seed, u64);

/// The latest rounds for which somebody was drawn from some provisioners.
#[derive(Default)]
pub(crate) struct Drawn(Mutex<VecDeque<(Named, Arc<RoundDrawn>)>>);

/// The committees of one round.
#[derive(Default)]
pub(crate) struct RoundDrawn(Mutex<Draws>);

#[derive(Default)]
pub(crate) struct Draws {
    pub(crate) generators: BTreeMap<u8, Option<BlsKey>>,
    pub(crate) voting: BTreeMap<(u8, StepName), Arc<Committee>>,
}

impl Drawn {
    /// The committees of a round on a tip with this seed.
    pub(crate) fn round(&self, seed: Seed, round: u64) -> Arc<RoundDrawn> {
        let name = (seed, round);
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = rounds.iter().find(|(of, _)| *of == name) {
            return Arc::clone(known);
        }
        if rounds.len() == MAX_ROUNDS {
            rounds.pop_front();
        }
        let fresh = Arc::<RoundDrawn>::default();
        rounds.push_back((name, Arc::clone(&fresh)));
        fresh
    }
}

impl RoundDrawn {
    /// The draws so far. They are whole after every change, so a panic elsewhere does not spoil them.
    pub(crate) fn open(&self) -> MutexGuard<'_, Draws> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The results of earlier requests by others are not part of the holder's state.
impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drawn")
    }
}

impl fmt::Debug for RoundDrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoundDrawn")
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::PublicKey;
    use local_node_types::keys::BlsSignature;

    use super::*;
    use crate::committee::Committees;
    use crate::parameters::MIN_STAKE;
    use crate::provisioners::{Provisioners, Stake};
    use crate::testing::secret;

    #[test]
    fn who_was_drawn_from_other_stakes_is_forgotten() {
        let point = |number| PublicKey::from(&secret(number));
        let stake = |value| Stake { value, eligible_since: 0 };
        let few: Provisioners = (1..5).map(|number| (point(number), stake(MIN_STAKE))).collect();
        let seed = BlsSignature([1; 48]);
        let draw = |from: &Provisioners| {
            let mut committees = Committees::new(Arc::new(from.clone()), seed, 1);
            (committees.generator(0), committees.voting(0, StepName::Validation))
        };
        let first = draw(&few);
        assert!(Arc::ptr_eq(&first.1, &draw(&few).1));
        let mut changed = few.clone();
        changed.insert(point(5), stake(90 * MIN_STAKE));
        let fresh: Provisioners = changed.iter().map(|(_, it)| (it.point, it.stake)).collect();
        assert_eq!(draw(&changed), draw(&fresh));
        assert_ne!(draw(&changed), first);
        changed.remove(&point(5).into());
        assert_eq!(draw(&changed), first);
        assert!(Arc::ptr_eq(&first.1, &draw(&few).1));
    }

    #[test]
    fn a_round_is_shared_until_too_many_others_were_asked_for() {
        let (drawn, seed) = (Drawn::default(), BlsSignature([1; 48]));
        let first = drawn.round(seed, 1);
        assert!(Arc::ptr_eq(&first, &drawn.round(seed, 1)));
        assert!(!Arc::ptr_eq(&first, &drawn.round(BlsSignature([2; 48]), 1)));
        assert!(Arc::ptr_eq(&first, &drawn.round(seed, 1)));
        (2..20).for_each(|round| _ = drawn.round(seed, round));
        assert!(!Arc::ptr_eq(&first, &drawn.round(seed, 1)));
        assert_eq!(drawn.0.lock().unwrap().len(), MAX_ROUNDS);
    }
}
