//! The network: messages on their way from one node to another.

use std::sync::Arc;

use local_node_consensus::Millis;
use local_node_core::{Input, PeerId};
use local_node_types::message::Message;

use super::{Event, Sent, World};
use crate::marks::Mark;
use crate::node::{Ingress, Packet, Ray};
use crate::trace::Item;

/// The most messages that may come again.
const MAX_SENT: usize = 256;

impl World {
    pub(super) fn deliver(&mut self, to: usize, from: usize, ray: Option<Ray>, packet: Arc<Packet>) {
        let state = &mut self.nodes[to];
        if state.core.is_none() || state.dropped.contains(&PeerId(from as u64)) {
            return;
        }
        if ray.is_some_and(|ray| !state.seen.insert(ray)) {
            return;
        }
        self.received.0 += 1;
        self.received.1 += packet.bytes.len() as u64;
        if matches!(packet.message, Message::Block(_)) && state.sources.insert(from) && state.sources.len() == 3 {
            self.marks.note(Mark::SyncFromThree);
        }
        let state = &mut self.nodes[to];
        state.next_ingress += 1;
        let ingress = local_node_core::IngressId(state.next_ingress);
        if let Message::Transaction(transaction) = &packet.message {
            return self.hear_transfer(to, from, ray, &packet, transaction.clone());
        }
        let (peer, message) = (PeerId(from as u64), Box::new(packet.message.clone()));
        state.open.insert(ingress, Ingress { from, ray, packet });
        self.handle(to, Input::Message { ingress, from: peer, message });
    }

    /// Puts a message on the way from one node to another, as far as the network lets them.
    pub(super) fn transmit(&mut self, from: usize, to: usize, ray: Option<Ray>, packet: &Arc<Packet>) {
        if from == to || to >= self.nodes.len() || self.blocked[from][to] || self.rng.percent(self.plan.loss) {
            return;
        }
        if self.funnel.is_some_and(|funnel| funnel.stops(from, to, packet.topic(), self.now)) {
            return;
        }
        let copies = if self.rng.percent(self.plan.duplication) { 2 } else { 1 };
        let late = self.late_by(from, packet.topic());
        for _ in 0..copies {
            let slow = if self.rng.percent(self.plan.stragglers) { 20 } else { 1 };
            let delay = 1 + self.rng.below(self.plan.delay * slow) + late;
            let clogged = self.clogged[from][to].since(self.now).0;
            if clogged > delay {
                self.marks.note(Mark::Clogged);
            }
            let delay = delay.max(clogged);
            let until = self.now.plus(Millis(delay)).since(self.start);
            self.trace(|| Item::Message { from, to, until, topic: packet.topic() });
            self.schedule(delay, Event::Deliver { to, from, ray, packet: Arc::clone(packet) });
        }
        if self.sent.len() == MAX_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { from, ray, packet: Arc::clone(packet) });
    }

    /// A message comes again, when the node has forgotten that it has had it.
    pub(super) fn replay(&mut self, to: usize, sent: Sent) {
        if let Some(ray) = &sent.ray
            && self.nodes[to].seen.remove(ray)
        {
            self.marks.note(Mark::Replayed);
        }
        self.deliver(to, sent.from, sent.ray, sent.packet);
    }
}
