//! The links between nodes that are cut, slow or lossy. The supervisor keeps them, so that a restarted node has the
//! rules that it had.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::ops::chain::client::{Client, ClientError, LinkRule};

/// Rules for all links of a devnet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// Pairs of nodes between which nothing travels, the lower number first.
    cuts: BTreeSet<(usize, usize)>,
    /// How all other links are.
    rule: LinkRule,
}

impl Conditions {
    /// Cuts each group from the other groups. Earlier cuts stay; nodes that no group has keep their links.
    pub(super) fn cut(&mut self, groups: &[Vec<usize>]) {
        for (place, group) in groups.iter().enumerate() {
            for other in groups[place + 1..].iter().flatten() {
                self.cuts.extend(group.iter().map(|node| (*node.min(other), *node.max(other))));
            }
        }
    }

    /// Sets how late datagrams arrive.
    pub(super) fn delay(&mut self, millis: u64) {
        self.rule.delay_millis = millis;
    }

    /// Sets the share of datagrams that are lost.
    pub(super) fn lose(&mut self, permille: u16) {
        self.rule.loss_permille = permille;
    }

    /// The rules of one node: of its links in general, and to peers.
    fn of(&self, node: usize, peers: &BTreeMap<usize, SocketAddr>) -> (LinkRule, Vec<(SocketAddr, LinkRule)>) {
        let cut = LinkRule { is_cut: true, ..LinkRule::default() };
        let others = self.cuts.iter().filter_map(|(low, high)| match node {
            node if node == *low => Some(high),
            node if node == *high => Some(low),
            _ => None,
        });
        (self.rule, others.filter_map(|other| Some((*peers.get(other)?, cut))).collect())
    }

    /// Makes the rules those of a node that runs.
    ///
    /// # Errors
    /// When the node does not take them.
    pub(super) fn apply(
        &self,
        node: usize,
        client: &Client,
        peers: &BTreeMap<usize, SocketAddr>,
    ) -> Result<(), ClientError> {
        let (general, to_peers) = self.of(node, peers);
        client.heal_links()?;
        if general != LinkRule::default() {
            client.set_link(None, general)?;
        }
        to_peers.into_iter().try_for_each(|(peer, rule)| client.set_link(Some(peer), rule))
    }

    /// In words: `1-3, 1-4 cut · 50 ms late · 5 % lost`; nothing where all is well.
    pub(super) fn words(&self) -> String {
        let mut parts = Vec::new();
        if !self.cuts.is_empty() {
            let pairs: Vec<String> = self.cuts.iter().map(|(low, high)| format!("{low}-{high}")).collect();
            parts.push(format!("{} cut", pairs.join(", ")));
        }
        if self.rule.delay_millis > 0 {
            parts.push(format!("{} ms late", self.rule.delay_millis));
        }
        if self.rule.loss_permille > 0 {
            parts.push(format!("{}.{} % lost", self.rule.loss_permille / 10, self.rule.loss_permille % 10));
        }
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_cut_have_it_and_others_do_not() {
        let peers: BTreeMap<usize, SocketAddr> =
            (1..=5).map(|node| (node, SocketAddr::from(([127, 0, 0, 1], u16::try_from(node).unwrap())))).collect();
        let mut conditions = Conditions::default();
        conditions.cut(&[vec![1, 4], vec![2, 3]]);
        let cut_off = |node: usize| -> Vec<u16> {
            let (general, to_peers) = conditions.of(node, &peers);
            assert_eq!(general, LinkRule::default());
            assert!(to_peers.iter().all(|(_, rule)| rule.is_cut));
            to_peers.iter().map(|(peer, _)| peer.port()).collect()
        };
        assert_eq!([1, 2, 3, 4, 5].map(cut_off), [vec![2, 3], vec![1, 4], vec![1, 4], vec![2, 3], vec![]]);
        assert_eq!(conditions.words(), "1-2, 1-3, 2-4, 3-4 cut");
    }

    #[test]
    fn conditions_add_up() {
        let mut conditions = Conditions::default();
        assert_eq!(conditions.words(), "");
        conditions.delay(50);
        conditions.lose(25);
        conditions.cut(&[vec![1], vec![2]]);
        conditions.cut(&[vec![3], vec![2]]);
        assert_eq!(conditions.words(), "1-2, 2-3 cut · 50 ms late · 2.5 % lost");
        let (general, _) = conditions.of(1, &BTreeMap::new());
        assert_eq!(general, LinkRule { is_cut: false, delay_millis: 50, loss_permille: 25 });
        conditions.delay(0);
        assert_eq!(conditions.words(), "1-2, 2-3 cut · 2.5 % lost");
    }
}
