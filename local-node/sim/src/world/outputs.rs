//! Carrying out what a core wants, and checking what leaves a node.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use local_node_consensus::{Persist, is_emergency};
use local_node_core::{IngressId, LedgerRequest, Output, PeerId, Record, Serve, Target, Verdict, Want};
use local_node_types::message::{GetBlocks, GetResource, Inventory, InventoryItem, Message};
use sha3::Digest;

use super::{Bug, Event, World};
use crate::adversary::{Attack, Surroundings, alter, false_block, vote_of};
use crate::keys::key;
use crate::marks::Mark;
use crate::node::{Packet, Ray, Waiting};

/// The topics of candidates, and of votes in validation and ratification.
const VOTES_AND_CANDIDATES: [u8; 3] = [16, 17, 18];
/// To how many nodes a broadcast is passed on.
const FANOUT: usize = 3;
/// The most hashes that a peer is given in one go.
const MAX_HASHES: usize = local_node_core::MAX_SERVED_ITEMS;

impl World {
    pub(super) fn carry_out(&mut self, node: usize, outputs: Vec<Output>) {
        let life = self.nodes[node].life;
        for output in outputs {
            // An output may have stopped the node; its later outputs are gone with it.
            if self.nodes[node].life != life || self.stops_before_output(node) {
                return;
            }
            for output in self.corrupt(node, output) {
                self.carry_out_one(node, output);
            }
        }
        self.write(node);
        self.set_timer(node);
    }

    /// Whether a node stops in the middle of what its core wants; then it is down.
    fn stops_before_output(&mut self, node: usize) -> bool {
        let Some(left) = self.nodes[node].stops_in_outputs else { return false };
        self.nodes[node].stops_in_outputs = left.checked_sub(1);
        if left == 0 {
            self.marks.note(Mark::CrashInOutputs);
            self.tell(|| format!("node {node} stops in the middle of what its core wants"));
            self.stop_node(node);
        }
        left == 0
    }

    /// Takes note of a round. One that begins anew, after a stall or because its tip has come back, knows nothing of
    /// what it had passed on, and passes it on once more: others who begin anew need it as well.
    fn note_begun(&mut self, node: usize, record: &Record) {
        let Record::Consensus(Persist::Iteration { prev_block_hash, round, iteration }) = record else { return };
        self.tell(|| format!("node {node} begins iteration {iteration} of round {round}"));
        let state = &mut self.nodes[node];
        let is_next = state.begun.last().is_some_and(|(tip, last)| tip == prev_block_hash && last < iteration);
        if is_next {
            state.begun.pop();
        } else if state.begun.iter().any(|(tip, _)| tip == prev_block_hash) {
            state.forwarded.clear();
        }
        state.begun.push((*prev_block_hash, *iteration));
    }

    /// How much later than others an adversary sends: until just after its own core gives up waiting.
    pub(super) fn late_by(&mut self, node: usize, topic: u8) -> u64 {
        if !self.attacks(node, Attack::SendLate) || !VOTES_AND_CANDIDATES.contains(&topic) {
            return 0;
        }
        let until = self.nodes[node].core.as_ref().and_then(local_node_core::Core::deadline);
        let wait = until.map_or(0, |until| self.nodes[node].clock.when(until).since(self.now).0);
        self.marks.note(Mark::SentLate);
        wait + self.rng.below(60)
    }

    /// Alters an output if the node is the adversary.
    fn corrupt(&mut self, node: usize, output: Output) -> Vec<Output> {
        let attack = self.plan.adversary.filter(|(of, _)| *of == node && self.healing.is_none());
        let (Some((_, attack)), Some(signer)) = (attack, &self.signer) else { return vec![output] };
        let (ledger, nodes) = (&self.nodes[node].ledger, self.nodes.len());
        let (signer, lies, rng) = (signer.as_ref(), &mut self.lies, &mut self.rng);
        let mut around = Surroundings { signer, ledger, nodes, lies, rng };
        let (outputs, done) = alter(attack, output, &mut around);
        if let Some(mark) = done {
            self.marks.note(mark);
        }
        outputs
    }

    fn carry_out_one(&mut self, node: usize, output: Output) {
        match output {
            Output::Persist { position, record } => {
                self.note_begun(node, &record);
                let log = &mut self.nodes[node].log;
                log.append(record);
                let result = if log.last() == position { Ok(()) } else { Err("a gap in the log".to_owned()) };
                self.check(node, result);
            }
            Output::Send { after, to, message } => {
                let early = self.options.bug == Some(Bug::SentBeforeDurable);
                if after <= self.nodes[node].log.durable() || early {
                    self.send(node, to, *message);
                } else {
                    self.marks.note(Mark::WaitedForDisk);
                    self.nodes[node].outbox.push(Waiting { after, to, message });
                }
            }
            Output::Judge { ingress, verdict } => self.judge(node, ingress, verdict),
            Output::Ledger { id, request } => {
                let least = u64::from(!matches!(request, LedgerRequest::Accept { .. }));
                let delay = least + self.rng.below(self.nodes[node].work);
                let life = self.nodes[node].life;
                self.nodes[node].pending.insert(id, request);
                self.schedule(delay, Event::Worked { node, life, id });
            }
            Output::Cancel(id) => {
                self.marks.note(Mark::Cancelled);
                self.nodes[node].pending.remove(&id);
            }
            Output::Ask { to, want } => {
                let message = match want {
                    Want::HashesAfter(locator) => Message::GetBlocks(GetBlocks { locator, nonce: self.serial }),
                    Want::Items(inventory) => Message::GetResource(GetResource {
                        inventory,
                        requester: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                        expires_at: self.clock(node).as_secs() + 5,
                        hops: 0,
                    }),
                };
                self.send(node, to, message);
            }
            Output::Serve { to, serve, .. } => self.serve(node, to, serve),
            Output::Drop(peer) => {
                let other = usize::try_from(peer.0).unwrap_or(usize::MAX);
                self.nodes[node].dropped.insert(peer);
                self.tell(|| format!("node {node} drops node {other}"));
                // Beyond the last node are those who make emergency blocks.
                if other < self.nodes.len() && self.is_honest(other) {
                    self.check(node, Err(format!("it drops node {other}, which is honest")));
                }
            }
            Output::Event(event) => self.on_event(node, event),
            Output::Taken { taken, .. } => self.nodes[node].taken = taken.is_ok(),
            Output::ReadAccount(transfer) => self.read_account(node, &transfer),
        }
    }

    fn judge(&mut self, node: usize, id: IngressId, verdict: Verdict) {
        self.digest.update(id.0.to_le_bytes());
        if verdict == Verdict::Hold {
            self.marks.note(Mark::Held);
            let open = self.nodes[node].open.contains_key(&id);
            return self.check(node, if open { Ok(()) } else { Err(format!("{id:?} is held after its verdict")) });
        }
        if verdict == Verdict::Ignore && self.options.bug == Some(Bug::VerdictsForgotten) {
            return;
        }
        let Some(ingress) = self.nodes[node].open.remove(&id) else {
            return self.check(node, Err(format!("{id:?} is judged twice, at last {verdict:?}")));
        };
        self.note_judged(node, &ingress.packet.message, &verdict);
        match verdict {
            Verdict::Relay(instead) => {
                // A message that was sent to this node alone is not passed on.
                let Some(ray) = ingress.ray else { return };
                let (ray, packet) = match instead {
                    None => (ray, ingress.packet),
                    Some(message) => Packet::new(*message),
                };
                self.forward(node, ingress.from, ray, &packet);
                if self.options.bug == Some(Bug::RelayedTwice) {
                    self.forward(node, ingress.from, ray, &packet);
                }
            }
            Verdict::Reject(offence) => {
                self.marks.note(Mark::Refused);
                self.tell(|| format!("node {node} refuses a message of node {}: {offence:?}", ingress.from));
            }
            _ => {}
        }
    }

    /// Passes a broadcast on.
    pub(super) fn forward(&mut self, node: usize, from: usize, ray: Ray, packet: &Arc<Packet>) {
        let new = self.nodes[node].forwarded.insert(ray);
        self.nodes[node].seen.insert(ray);
        let step = || packet.message.consensus_step();
        self.check(node, if new { Ok(()) } else { Err(format!("it passes a broadcast on twice: {:?}", step())) });
        for _ in 0..FANOUT {
            let to = self.rng.place(self.nodes.len());
            if to != from {
                self.transmit(node, to, Some(ray), packet);
            }
        }
    }

    /// Sends a message of the node's own, which has to be allowed by now.
    pub(super) fn send(&mut self, node: usize, to: Target, message: Message) {
        self.check_vote(node, &message);
        if self.is_twin_vote(node, &message) {
            self.marks.note(Mark::TwinVoted);
        }
        if let Message::Candidate(block) = &message {
            self.proposed.entry(block.header.hash).or_insert(self.now);
        }
        let (ray, packet) = Packet::new(message);
        self.digest.update(ray);
        match to {
            Target::All => {
                self.nodes[node].seen.insert(ray);
                (0..self.nodes.len()).for_each(|to| self.transmit(node, to, Some(ray), &packet));
            }
            Target::Peer(PeerId(peer)) => {
                // An adversary sends its votes to some only; each receiver passes them on.
                let ray = (!self.is_honest(node)).then_some(ray);
                self.transmit(node, usize::try_from(peer).unwrap_or(usize::MAX), ray, &packet);
            }
            Target::Some(count) => {
                let first = self.rng.place(self.nodes.len());
                let others = (0..self.nodes.len()).map(|place| (first + place) % self.nodes.len());
                let others: Vec<_> = others.filter(|other| *other != node).take(count.into()).collect();
                others.into_iter().for_each(|to| self.transmit(node, to, None, &packet));
            }
        }
    }

    fn makes_blocks_up(&self, node: usize) -> bool {
        // Only on a branch of its own can it make others change to what it has made up.
        let was_cut = self.funnel.is_some_and(|funnel| funnel.node == node && funnel.is_cut);
        was_cut && self.attacks(node, Attack::FalseBranch)
    }

    fn attacks(&self, node: usize, attack: Attack) -> bool {
        self.healing.is_none() && self.plan.adversary == Some((node, attack))
    }

    /// Whether a message is a vote with the key of the node of which an adversary is the twin.
    fn is_twin_vote(&self, node: usize, message: &Message) -> bool {
        let vote = vote_of(message).filter(|_| self.attacks(node, Attack::DuplicateKey));
        vote.is_some_and(|(_, _, _, signed)| self.plan.keys[node].iter().all(|number| key(*number) != signed.signer))
    }

    fn check_vote(&mut self, node: usize, message: &Message) {
        let Some((header, step, vote, signed)) = vote_of(message).filter(|_| self.is_honest(node)) else { return };
        if is_emergency(header.iteration) {
            self.marks.note(Mark::EmergencyVote);
        }
        let state = &self.nodes[node];
        let own = state.keys.iter().any(|number| key(*number) == signed.signer);
        let durable = state.log.holds(&(header, step, vote));
        self.note_vote_on_lie(node, header, vote);
        let twice = self.checkers.vote(signed.signer, header, step, vote);
        self.check(node, twice);
        self.check(node, if own { Ok(()) } else { Err("it sends a vote of another one's key".to_owned()) });
        self.check(
            node,
            if durable { Ok(()) } else { Err(format!("{vote:?} of {header:?} left before it was on disk")) },
        );
    }

    /// Answers a peer from what is on disk.
    fn serve(&mut self, node: usize, to: PeerId, serve: Serve) {
        match serve {
            Serve::HashesAfter(hash) => {
                let ledger = &self.nodes[node].ledger;
                let Some(height) = ledger.height_of(&hash) else { return };
                let after = ledger.blocks().iter().skip_while(|stored| stored.block.header.height <= height);
                let hashes = after.take(MAX_HASHES).map(|it| InventoryItem::BlockFromHash(it.block.header.hash));
                let mut items: Vec<_> = hashes.collect();
                if self.makes_blocks_up(node) {
                    items.push(InventoryItem::BlockFromHash(false_block(ledger).header.hash));
                }
                if !items.is_empty() {
                    let inventory = Inventory { items, max_entries: 0 };
                    self.send(node, Target::Peer(to), Message::Inventory(inventory));
                }
            }
            Serve::Items(items) => {
                for item in items {
                    let made_up = Some(false_block(&self.nodes[node].ledger)).filter(|block| {
                        self.makes_blocks_up(node) && item == InventoryItem::BlockFromHash(block.header.hash)
                    });
                    if let Some(block) = made_up {
                        self.marks.note(Mark::FalseBranch);
                        self.send(node, Target::Peer(to), Message::Block(Box::new(block)));
                    } else if let Some(mut message) = self.nodes[node].look_up(&item) {
                        if let Message::Block(block) = &mut message
                            && self.attacks(node, Attack::SpoilBlocks)
                        {
                            block.header.attestation.ratification.signature.0[7] ^= 1;
                            self.marks.note(Mark::SpoiledBlock);
                        }
                        self.send(node, Target::Peer(to), message);
                    }
                }
            }
        }
    }
}
