//! The part of the chain that can still change: the last final block, and the blocks after it.
//!
//! Source of the labels: the book, "Consensus", section "Finality".

use std::collections::VecDeque;
use std::sync::Arc;

use local_node_consensus::finality::{Rolled, roll};
use local_node_consensus::header::unaccounted;
use local_node_consensus::{BeforeTip, Provisioners, TipContext};
use local_node_types::ledger::{Hash, Header, Label};

use crate::interface::{ChainBlock, Restart};
use crate::pool::MAX_BRANCH_BLOCKS;

/// A block of the chain.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) header: Header,
    pub(crate) label: Label,
    /// The provisioners after the block.
    provisioners: Arc<Provisioners>,
}

/// The last final block, and the blocks after it. Each of the latter took a quorum of two committees, so peers cannot
/// make this grow.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// The attestation of the last final block.
    before: Option<BeforeTip>,
    /// The last final block first; never empty.
    links: Vec<Link>,
}

impl Chain {
    pub(crate) fn new(restart: Restart) -> Self {
        let ChainBlock { header, provisioners } = restart.last_final;
        let mut chain =
            Self { before: restart.before, links: vec![Link { header, label: Label::Final(0), provisioners }] };
        for ChainBlock { header, provisioners } in restart.unsettled {
            // The ledger holds these labels already.
            let _ = chain.append(header, provisioners);
        }
        chain
    }

    pub(crate) fn tip(&self) -> &Link {
        self.links.last().expect("the chain has a final block")
    }

    pub(crate) fn last_final(&self) -> &Link {
        self.links.first().expect("the chain has a final block")
    }

    pub(crate) fn height(&self) -> u64 {
        self.tip().header.height
    }

    pub(crate) fn final_height(&self) -> u64 {
        self.last_final().header.height
    }

    /// The links, the last final block first.
    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    /// The place of a block among the links.
    pub(crate) fn place(&self, hash: &Hash) -> Option<usize> {
        self.links.iter().rposition(|link| link.header.hash == *hash)
    }

    pub(crate) fn provisioners(&self) -> &Arc<Provisioners> {
        &self.tip().provisioners
    }

    /// The inputs of a round on the block at `place`.
    pub(crate) fn context(&self, place: usize) -> TipContext {
        let link = &self.links[place];
        let before = match place.checked_sub(1) {
            Some(earlier) => {
                let earlier = &self.links[earlier];
                Some(BeforeTip { seed: earlier.header.seed, provisioners: Arc::clone(&earlier.provisioners) })
            }
            None => self.before.clone(),
        };
        TipContext { header: link.header.clone(), provisioners: Arc::clone(&link.provisioners), before, resume: None }
    }

    /// The labels of the unsettled blocks up to `place`, folded anew, as if nothing had ever followed them.
    pub(crate) fn fold(&self, place: usize) -> Vec<(u64, Label)> {
        let mut labels = Vec::new();
        for link in &self.links[1..=place] {
            let rolled = roll(&labels, link.header.height, unaccounted(&link.header));
            apply(&mut labels, link.header.height, &rolled);
        }
        labels
    }

    /// The changes of labels by a block after the tip.
    pub(crate) fn roll(&self, header: &Header) -> Rolled {
        let recent: Vec<_> = self.links[1..].iter().map(|link| (link.header.height, link.label)).collect();
        roll(&recent, header.height, unaccounted(header))
    }

    /// Appends a block that follows the tip. The final part is left behind, except its highest block.
    pub(crate) fn append(&mut self, header: Header, provisioners: Arc<Provisioners>) -> Rolled {
        debug_assert_eq!(header.prev_block_hash, self.tip().header.hash, "a block follows the tip");
        let rolled = self.roll(&header);
        for (height, label) in &rolled.changed {
            if let Some(link) = self.links.iter_mut().find(|link| link.header.height == *height) {
                link.label = *label;
            }
        }
        self.links.push(Link { header, label: rolled.label, provisioners });
        if let Some(height) = rolled.final_height {
            let place = self.links.iter().position(|link| link.header.height == height).unwrap_or_default();
            self.before = self.context(place).before;
            self.links.drain(..place);
        }
        rolled
    }

    /// Takes back all blocks above `place`; `labels` are those of the unsettled blocks that stay.
    pub(crate) fn revert(&mut self, place: usize, labels: &[(u64, Label)]) {
        self.links.truncate(place + 1);
        for (link, (_, label)) in self.links[1..].iter_mut().zip(labels) {
            link.label = *label;
        }
    }

    /// The shortest line of blocks that begins with `first`, which follows the block at `place`, and makes it final;
    /// `None` when no line does. `children` gives the blocks that follow a block.
    ///
    /// All lines count, not the longest one alone: where the end of a branch forks, a longer end that is not final must
    /// not hide a shorter one that is.
    pub(crate) fn final_line<'a, Children>(
        &self,
        place: usize,
        first: &'a Header,
        children: impl Fn(&Hash) -> Children,
    ) -> Option<Vec<Hash>>
    where
        Children: Iterator<Item = &'a Header>,
    {
        let ancestor = self.links[place].header.height;
        // The blocks that were looked at, each with the place of its parent in this list.
        let mut seen: Vec<(Hash, Option<usize>)> = Vec::new();
        let mut waiting = VecDeque::from([(first, None, self.fold(place))]);
        while let Some((header, parent, mut labels)) = waiting.pop_front() {
            let number = seen.len();
            seen.push((header.hash, parent));
            let rolled = roll(&labels, header.height, unaccounted(header));
            if rolled.final_height.is_some_and(|height| height > ancestor) {
                let mut line = Vec::new();
                let mut at = Some(number);
                while let Some((hash, parent)) = at.map(|number| seen[number]) {
                    line.push(hash);
                    at = parent;
                }
                line.reverse();
                return Some(line);
            }
            apply(&mut labels, header.height, &rolled);
            if seen.len() + waiting.len() < MAX_BRANCH_BLOCKS {
                waiting.extend(children(&header.hash).map(|child| (child, Some(number), labels.clone())));
            }
        }
        None
    }
}

/// Changes labels as a new block demands, and adds its own. Final ones are dropped.
fn apply(labels: &mut Vec<(u64, Label)>, height: u64, rolled: &Rolled) {
    for (changed, label) in &rolled.changed {
        if let Some((_, old)) = labels.iter_mut().find(|(of, _)| of == changed) {
            *old = *label;
        }
    }
    labels.push((height, rolled.label));
    if let Some(last) = rolled.final_height {
        labels.retain(|(of, _)| *of > last);
    }
}
