//! When a block becomes final.
//!
//! Source: the book, "Consensus", section "Finality".

use local_node_types::ledger::Label;

/// The changes of labels by a new block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rolled {
    /// The label of the new block.
    pub label: Label,
    /// The new labels of older blocks, by height, lowest first. A block that is confirmed and at once final is listed
    /// once, as final.
    pub changed: Vec<(u64, Label)>,
    /// The highest block that has become final by this, if any has.
    pub final_height: Option<u64>,
}

/// The labels after the block at `height`, whose round had `pni` iterations that are unaccounted for.
///
/// `recent` are the blocks between the last final block and this one, without either, by height, lowest first.
#[must_use]
pub fn roll(recent: &[(u64, Label)], height: u64, pni: u8) -> Rolled {
    if pni > 0 {
        return Rolled { label: Label::Accepted(2 * u64::from(pni)), changed: Vec::new(), final_height: None };
    }
    let mut labels = recent.to_vec();
    // The new block is the first stable one; each block that is passed is another.
    for (stable, (block, label)) in (1..).zip(labels.iter_mut().rev()) {
        match *label {
            Label::Accepted(after) | Label::Attested(after) if stable >= after => {
                *label = Label::Confirmed(height - *block);
            }
            Label::Confirmed(_) => {}
            _ => break,
        }
    }
    let mut final_height = None;
    for (block, label) in &mut labels {
        if !matches!(label, Label::Confirmed(_)) {
            break;
        }
        *label = Label::Final(height - *block);
        final_height = Some(*block);
    }
    let changed = labels.into_iter().zip(recent).filter(|(new, old)| new != *old).map(|(new, _)| new).collect();
    Rolled { label: Label::Attested(1), changed, final_height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Label::{Accepted, Attested, Confirmed, Final};

    #[test]
    fn with_every_block_attested_the_one_before_is_final() {
        let rolled = roll(&[(4, Attested(1))], 5, 0);
        assert_eq!(rolled, Rolled { label: Attested(1), changed: vec![(4, Final(1))], final_height: Some(4) });
    }

    #[test]
    fn an_accepted_block_settles_nothing() {
        let rolled = roll(&[(4, Attested(1))], 5, 3);
        assert_eq!(rolled, Rolled { label: Accepted(6), changed: vec![], final_height: None });
    }

    #[test]
    fn an_accepted_block_waits_for_its_number_of_stable_blocks() {
        // Block 1 had one unaccounted iteration: it needs two stable blocks after it.
        let after_2 = roll(&[(1, Accepted(2))], 2, 0);
        assert_eq!((after_2.changed.as_slice(), after_2.final_height), ([].as_slice(), None));
        let after_3 = roll(&[(1, Accepted(2)), (2, Attested(1))], 3, 0);
        assert_eq!(after_3.changed, vec![(1, Final(2)), (2, Final(1))]);
        assert_eq!(after_3.final_height, Some(2));
    }

    #[test]
    fn a_block_can_be_confirmed_and_not_yet_final() {
        let after_3 = roll(&[(1, Accepted(4)), (2, Attested(1))], 3, 0);
        assert_eq!((after_3.changed.as_slice(), after_3.final_height), ([(2, Confirmed(1))].as_slice(), None));
        // Confirmed blocks count as stable: 3 and 2 make 3 with the new block, one short of 4.
        let after_4 = roll(&[(1, Accepted(4)), (2, Confirmed(1)), (3, Attested(1))], 4, 0);
        assert_eq!(after_4.changed, vec![(3, Confirmed(1))]);
        let after_5 = roll(&[(1, Accepted(4)), (2, Confirmed(1)), (3, Confirmed(1)), (4, Attested(1))], 5, 0);
        assert_eq!(after_5.changed, vec![(1, Final(4)), (2, Final(3)), (3, Final(2)), (4, Final(1))]);
    }
    #[test]
    fn the_example_of_the_book() {
        // Unaccounted iterations by height, and the block with which each becomes final.
        let (mut labels, mut settled) = (Vec::new(), Vec::new());
        for (height, pni) in (1..).zip([0, 2, 0, 0, 0, 0, 0]) {
            let rolled = roll(&labels, height, pni);
            for (changed, label) in &rolled.changed {
                if let Some((_, old)) = labels.iter_mut().find(|(of, _)| of == changed) {
                    *old = *label;
                }
            }
            labels.push((height, rolled.label));
            if let Some(last) = rolled.final_height {
                settled.extend(labels.iter().filter(|(of, _)| *of <= last).map(|(of, _)| (*of, height)));
                labels.retain(|(of, _)| *of > last);
            }
        }
        assert_eq!(settled, [(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 7)]);
    }
}
