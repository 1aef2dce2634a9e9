//! Where a message goes: to the consensus, to the pool, or nowhere. Each is judged exactly once.

use local_node_consensus::attestation::Expected;
use local_node_consensus::header::{HeaderError, Stage, Verifier};
use local_node_consensus::{EMERGENCY_BLOCK_ITERATION, MAX_ROUND_DISTANCE, Millis, Offence, check_candidate};
use local_node_types::ledger::{Attestation, Block, ConsensusHeader, Header, RatificationResult, Vote};
use local_node_types::message::{GetResource, Inventory, InventoryItem, Message, Quorum};
use tracing::debug;

use super::Core;
use crate::interface::{
    Event, IngressId, MAX_SERVED_ITEMS, Output, PeerId, Planted, Position, Serve, Target, Verdict, Want,
};
use crate::passed_on::Identity;

/// The most blocks of other branches whose quorums are remembered.
const MAX_FORKS: usize = 64;
/// More hashes are asked for when fewer blocks than this are wanted, so that the download does not pause.
const ASK_AHEAD_BLOCKS: usize = 32;

/// The cost of the hashes after a block, from a peer's budget.
const HASHES_COST_ITEMS: usize = 10;

/// Where a message came from.
#[derive(Debug, Clone, Copy)]
struct Ingress {
    id: IngressId,
    from: PeerId,
}

/// Whether a block has the hash that it states, and says that it was decided. The hash is then its own name.
/// Committees do not decide emergency blocks.
fn check_decided(block: &Block) -> Result<(), &'static str> {
    check_candidate(block)?;
    if is_emergency(&block.header) {
        return Ok(());
    }
    let attested = block.header.attestation.result == RatificationResult::Success(Vote::Valid(block.header.hash));
    if attested { Ok(()) } else { Err("its attestation is not of a success with it") }
}

const fn is_emergency(header: &Header) -> bool {
    header.iteration == EMERGENCY_BLOCK_ITERATION
}

impl Core {
    pub(super) fn on_message(
        &mut self,
        now: Millis,
        id: IngressId,
        from: PeerId,
        message: Box<Message>,
        out: &mut Vec<Output>,
    ) {
        let ingress = Ingress { id, from };
        let identity = Identity::of(&message);
        let verdict = if self.broken {
            Verdict::Ignore
        } else if let Some((header, _)) = message.consensus_step() {
            self.on_consensus_message(now, ingress, message, &header, out)
        } else {
            match *message {
                Message::Block(block) => self.on_block(now, from, block, out),
                Message::Inventory(inventory) => self.on_inventory(now, from, &inventory, out),
                Message::GetBlocks(request) => self.serve(now, ingress, Serve::HashesAfter(request.locator), out),
                Message::GetResource(request) => self.on_get_resource(now, ingress, &request, out),
                // The driver of the core checks transactions and answers queries about them.
                _ => Verdict::Ignore,
            }
        };
        if let Verdict::Reject(offence) = verdict {
            self.blame(now, from, offence, out);
        }
        let verdict = if self.has_left(&verdict, identity) { Verdict::Ignore } else { verdict };
        out.push(Output::Judge { ingress: id, verdict });
    }

    /// Whether a message that is good for others has been passed on before; otherwise it is from now on. Nothing else
    /// decides on that.
    fn has_left(&mut self, verdict: &Verdict, identity: Option<Identity>) -> bool {
        let (Verdict::Relay(_), Some(identity)) = (verdict, identity) else { return false };
        !self.passed_on.note(identity) && self.config.planted != Some(Planted::PassedOnForgotten)
    }

    /// Blames a peer, and drops it when that was too much.
    pub(super) fn blame(&mut self, now: Millis, peer: PeerId, offence: Offence, out: &mut Vec<Output>) {
        debug!(?peer, ?offence, "refused");
        if self.peers.blame(peer, offence, now) {
            out.push(Output::Drop(peer));
        }
    }

    // ---- The consensus' own ---------------------------------------------------------------------------------------

    fn on_consensus_message(
        &mut self,
        now: Millis,
        ingress: Ingress,
        message: Box<Message>,
        header: &ConsensusHeader,
        out: &mut Vec<Output>,
    ) -> Verdict {
        let (height, from) = (self.chain.height(), ingress.from);
        let is_quorum = matches!(*message, Message::Quorum(_));
        if self.plan.is_some() || self.log.is_clogged() {
            return self.hold(now, ingress, &message);
        }
        if header.round <= height {
            self.help(now, ingress, header, out);
            return match *message {
                Message::Quorum(quorum) => self.on_past_quorum(now, from, &quorum, out),
                _ => Verdict::Ignore,
            };
        }
        let ahead = header.round - height;
        if ahead == 1 && header.prev_block_hash == self.chain.tip().header.hash {
            return self.give_to_consensus(now, *message, out);
        }
        self.note_hint(now, header.round, ahead == 1, from);
        match (ahead, is_quorum) {
            (1 | 2, true) => self.hold(now, ingress, &message),
            (1, false) => Verdict::Ignore,
            (2..=MAX_ROUND_DISTANCE, false) => self.give_to_consensus(now, *message, out),
            _ => Verdict::Ignore,
        }
    }

    /// Sends the quorum of this node's block to a peer that goes on with a round which an earlier iteration has
    /// decided. Otherwise the peer may help to decide a rival. An emergency block has no quorum: the peer gets the
    /// block itself.
    fn help(&mut self, now: Millis, ingress: Ingress, header: &ConsensusHeader, out: &mut Vec<Output>) {
        let from = ingress.from;
        let Some(place) = self.chain.place(&header.prev_block_hash) else { return };
        let Some(decided) = self.chain.links().get(place + 1).map(|link| &link.header) else { return };
        if is_emergency(decided) {
            if decided.height == header.round && self.peers.allow(from, 1, now) {
                let serve = Serve::Items(vec![InventoryItem::BlockFromHash(decided.hash)]);
                out.push(Output::Serve { ingress: ingress.id, to: from, serve });
            }
            return;
        }
        if decided.height == header.round && decided.iteration < header.iteration && self.peers.allow(from, 1, now) {
            let quorum = Quorum { header: decided.consensus_header(), attestation: decided.attestation };
            let message = Box::new(Message::Quorum(Box::new(quorum)));
            out.push(Output::Send { after: Position::default(), to: Target::Peer(from), message });
        }
    }

    fn give_to_consensus(&mut self, now: Millis, message: Message, out: &mut Vec<Output>) -> Verdict {
        let ratification = match &message {
            Message::Ratification(ratification) => Some(**ratification),
            _ => None,
        };
        let reception = self.consensus.receive(now, message);
        let relayed = self.carry_out(now, reception.outputs, out);
        match (relayed, reception.offence) {
            (Some(Message::Ratification(passed_on)), _) if ratification != Some(*passed_on) => {
                Verdict::Relay(Some(Box::new(Message::Ratification(passed_on))))
            }
            (Some(_), _) => Verdict::Relay(None),
            (None, Some(offence)) => Verdict::Reject(offence),
            (None, None) => Verdict::Ignore,
        }
    }

    /// Judges a message later, when the chain has changed, but not much later.
    fn hold(&mut self, now: Millis, ingress: Ingress, message: &Message) -> Verdict {
        let until = now.plus(self.config.consensus.timeouts.max);
        if self.held.hold(ingress.id, ingress.from, message, until) { Verdict::Hold } else { Verdict::Ignore }
    }

    /// A quorum of a round that this node has left: of its own block, or of another branch.
    fn on_past_quorum(&mut self, now: Millis, from: PeerId, quorum: &Quorum, out: &mut Vec<Output>) -> Verdict {
        let Some(place) = self.chain.place(&quorum.header.prev_block_hash) else {
            if quorum.header.round > self.chain.final_height() {
                self.note_hint(now, quorum.header.round, true, from);
            }
            return Verdict::Ignore;
        };
        if self.chain.links()[place].header.height + 1 != quorum.header.round {
            return Verdict::Reject(Offence::Contents);
        }
        let RatificationResult::Success(Vote::Valid(hash)) = quorum.attestation.result else { return Verdict::Ignore };
        if self.knows(&hash) || self.forks.contains_key(&hash) || self.forks.len() >= MAX_FORKS {
            return Verdict::Ignore;
        }
        let mut verifier = Verifier::new(self.config.consensus, self.chain.context(place));
        if verifier.verify_attestation(&quorum.attestation, &quorum.header, Expected::Success(hash)).is_err() {
            return Verdict::Reject(Offence::Proof);
        }
        debug!(round = quorum.header.round, iteration = quorum.header.iteration, "a block on another branch");
        self.forks.insert(hash, quorum.header.round);
        self.sync.want(hash, from);
        self.sync.ask(now, &self.pool, out);
        self.ask(Target::Some(2), Want::Items(InventoryItem::BlockFromHash(hash).into()), out);
        Verdict::Relay(None)
    }

    // ---- Blocks ----------------------------------------------------------------------------------------------------

    fn on_block(&mut self, now: Millis, from: PeerId, mut block: Box<Block>, out: &mut Vec<Output>) -> Verdict {
        if is_emergency(&block.header) {
            // Nobody signs or checks what stands in place of the attestation, so anybody may have written it.
            block.header.attestation = Attestation::default();
        }
        let header = &block.header;
        let (hash, height, last_final) = (header.hash, header.height, &self.chain.last_final().header);
        let was_wanted = self.sync.is_wanted(&hash);
        if height == 0 {
            return Verdict::Ignore;
        }
        if (was_wanted || self.chain.place(&header.prev_block_hash).is_some())
            && let Err(problem) = check_decided(&block)
        {
            debug!(problem, height, "a block that is none");
            return Verdict::Reject(Offence::Contents);
        }
        self.sync.forget(&hash);
        if height == last_final.height && hash != last_final.hash && was_wanted && !self.parted {
            self.parted = true;
            out.push(Output::Event(Event::Parted { height, theirs: hash }));
        }
        let verdict = if height <= last_final.height || self.knows(&hash) {
            Verdict::Ignore
        } else {
            self.pool_block(now, from, block, was_wanted)
        };
        self.consider(now, out);
        self.fetch(now, out);
        verdict
    }

    /// Takes a block into the pool: verified if it follows the chain, and otherwise if it was asked for.
    ///
    /// Other nodes learn of decided blocks by candidates and quorums. An emergency block has neither, so it is passed
    /// on.
    fn pool_block(&mut self, now: Millis, from: PeerId, block: Box<Block>, was_wanted: bool) -> Verdict {
        let header = &block.header;
        let parent = self.chain.place(&header.prev_block_hash);
        match parent {
            Some(place) => match self.verify_at(place, header, now) {
                Ok(()) => {
                    let is_news = is_emergency(header) && !was_wanted;
                    let relayed = is_news.then(|| Box::new(Message::Block(block.clone())));
                    self.pool.add(block, Some(from), true, None);
                    relayed.map_or(Verdict::Ignore, |message| Verdict::Relay(Some(message)))
                }
                Err(HeaderError::FromTheFuture { .. }) => Verdict::Ignore,
                Err(problem) => {
                    debug!(%problem, height = header.height, "a block that breaks a rule");
                    Verdict::Reject(Offence::Proof)
                }
            },
            None if was_wanted => {
                self.pool.add(block, Some(from), false, None);
                self.note_ahead(now);
                Verdict::Ignore
            }
            None => Verdict::Ignore,
        }
    }

    /// Verifies the header and attestation of a block that follows the block at `place`.
    pub(super) fn verify_at(&mut self, place: usize, header: &Header, now: Millis) -> Result<(), HeaderError> {
        match self.config.planted {
            Some(Planted::QuorumUnchecked) => return Ok(()),
            Some(Planted::EmergencyUnchecked) if is_emergency(header) => return Ok(()),
            _ => {}
        }
        if place + 1 < self.chain.links().len() {
            let mut verifier = Verifier::new(self.config.consensus, self.chain.context(place));
            return verifier.verify(header, now, Stage::Block).map(|_| ());
        }
        let tip = self.chain.tip().header.hash;
        let verifier = match self.verifier.take().filter(|verifier| verifier.tip().header.hash == tip) {
            Some(verifier) => self.verifier.insert(verifier),
            None => self.verifier.insert(Verifier::new(self.config.consensus, self.chain.context(place))),
        };
        verifier.verify(header, now, Stage::Block).map(|_| ())
    }

    fn on_inventory(&mut self, now: Millis, from: PeerId, inventory: &Inventory, out: &mut Vec<Output>) -> Verdict {
        let hashes = inventory.items.iter().take(MAX_SERVED_ITEMS).filter_map(|item| match item {
            InventoryItem::BlockFromHash(hash) => Some(*hash),
            _ => None,
        });
        let (mut named, mut last) = (0, None);
        for hash in hashes {
            (named, last) = (named + 1, Some(hash));
            if !self.knows(&hash) {
                self.sync.want(hash, from);
            }
        }
        if let Some(last) = last.filter(|_| named == MAX_SERVED_ITEMS) {
            self.more = Some((from, last));
        }
        self.fetch(now, out);
        Verdict::Ignore
    }

    /// Asks for what is wanted, and for more hashes before the wanted ones run out.
    fn fetch(&mut self, now: Millis, out: &mut Vec<Output>) {
        self.sync.ask(now, &self.pool, out);
        if self.sync.len() < ASK_AHEAD_BLOCKS
            && self.pool.has_room(MAX_SERVED_ITEMS)
            && let Some((peer, last)) = self.more.take()
        {
            self.ask(Target::Peer(peer), Want::HashesAfter(last), out);
        }
    }

    // ---- Requests --------------------------------------------------------------------------------------------------

    fn on_get_resource(
        &mut self,
        now: Millis,
        ingress: Ingress,
        request: &GetResource,
        out: &mut Vec<Output>,
    ) -> Verdict {
        if request.expires_at < now.as_secs() {
            return Verdict::Ignore;
        }
        let items = request.inventory.items.iter().take(MAX_SERVED_ITEMS).copied().collect();
        self.serve(now, ingress, Serve::Items(items), out)
    }

    fn serve(&mut self, now: Millis, ingress: Ingress, serve: Serve, out: &mut Vec<Output>) -> Verdict {
        let items = match &serve {
            Serve::HashesAfter(_) => HASHES_COST_ITEMS,
            Serve::Items(items) => items.len(),
        };
        if self.peers.allow(ingress.from, items, now) {
            out.push(Output::Serve { ingress: ingress.id, to: ingress.from, serve });
        }
        Verdict::Ignore
    }

    /// Forgets what is about blocks up to a final one.
    pub(super) fn forget_to(&mut self, height: u64) {
        self.consensus.settle(height);
        self.pool.forget_to(height);
        self.passed_on.forget_to(height);
        self.ratified.retain(|_, round| *round > height);
        self.forks.retain(|_, of| *of > height);
    }
}
