//! Verification of several headers whose signatures are checked together.

use std::sync::Arc;

use local_node_types::ledger::Header;

use super::{Stage, Verifier};
use crate::interface::{BeforeTip, TipContext};
use crate::parameters::{Config, Millis};
use crate::provisioners::Provisioners;
use crate::signing::Collector;

/// Verifies the headers of decided blocks, each after its own tip, with all signatures in one check. Most often they
/// follow one another.
///
/// Says of each whether it holds, as [`Verifier::verify`] with [`Stage::Block`] would. The latter also tells which rule
/// a header breaks. As there, the attestation of a tip is taken for good.
#[must_use]
pub fn verify_together(config: Config, headers: &[(TipContext, &Header)], now: Millis) -> Vec<bool> {
    let Some((first, _)) = headers.first() else { return Vec::new() };
    let collector = Arc::new(Collector::new(Arc::clone(first.provisioners.signatures())));
    let mut collecting = Collecting { collector: Arc::clone(&collector), known: Vec::new() };
    let mut ends = Vec::with_capacity(headers.len());
    let mut holds: Vec<bool> = headers
        .iter()
        .map(|(tip, header)| {
            let mut verifier = Verifier::new(config, collecting.context(tip));
            let holds = verifier.verify(header, now, Stage::Block).is_ok();
            ends.push(collector.len());
            holds
        })
        .collect();
    for claim in collector.check() {
        // The claims of a header are those from the end of the one before on.
        let header = ends.partition_point(|end| *end <= claim);
        holds[header] = false;
    }
    holds
}

/// Makes provisioners whose signatures are collected, once for each set.
struct Collecting {
    collector: Arc<Collector>,
    known: Vec<(Arc<Provisioners>, Arc<Provisioners>)>,
}

impl Collecting {
    fn context(&mut self, tip: &TipContext) -> TipContext {
        let provisioners = self.provisioners(&tip.provisioners);
        let before = tip
            .before
            .as_ref()
            .map(|before| BeforeTip { seed: before.seed, provisioners: self.provisioners(&before.provisioners) });
        TipContext { header: tip.header.clone(), provisioners, before, resume: None }
    }

    fn provisioners(&mut self, original: &Arc<Provisioners>) -> Arc<Provisioners> {
        if let Some((_, collecting)) = self.known.iter().find(|(known, _)| Arc::ptr_eq(known, original)) {
            return Arc::clone(collecting);
        }
        let collecting = Provisioners::clone(original).checked_by(Arc::clone(&self.collector) as _);
        let collecting = Arc::new(collecting);
        self.known.push((Arc::clone(original), Arc::clone(&collecting)));
        collecting
    }
}
