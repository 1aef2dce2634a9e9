//! The tree of calls, as tools show it.

use dusk_core::abi::ContractId;
use local_node_types::execution::{CallError, Frame};

/// The most frames that one top-level call records. Later ones are left out, with the calls that they make.
const MAX_FRAMES: usize = 4096;
/// The most bytes of arguments that one top-level call records. Later arguments are left out.
const MAX_ARGUMENT_BYTES: usize = 4 << 20;
/// The longest function name that is recorded, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Records frames while calls run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Frames that have not ended; `None` stands for one that is left out.
    open: Vec<Option<Frame>>,
    root: Option<Frame>,
    frames: usize,
    argument_bytes: usize,
}

impl Trace {
    /// A call begins.
    pub(crate) fn enter(&mut self, contract: ContractId, function: &str, argument: &[u8], gas_limit: u64) {
        let parent_is_kept = self.open.last().is_none_or(Option::is_some);
        if !parent_is_kept || self.frames == MAX_FRAMES {
            self.open.push(None);
            return;
        }
        self.frames += 1;
        let kept = self.argument_bytes + argument.len() <= MAX_ARGUMENT_BYTES;
        self.argument_bytes += if kept { argument.len() } else { 0 };
        self.open.push(Some(Frame {
            contract,
            function: function.chars().take(MAX_NAME_BYTES / 4).collect(),
            argument: if kept { argument.to_vec() } else { Vec::new() },
            gas_limit,
            gas_spent: 0,
            outcome: Ok(()),
            calls: Vec::new(),
        }));
    }

    /// The last call that began ends.
    pub(crate) fn leave(&mut self, gas_spent: u64, outcome: Result<(), CallError>) {
        let Some(Some(mut frame)) = self.open.pop() else {
            return;
        };
        frame.gas_spent = gas_spent;
        frame.outcome = outcome;
        match self.open.last_mut() {
            Some(Some(parent)) => parent.calls.push(frame),
            Some(None) => {}
            None => self.root = Some(frame),
        }
    }

    /// The finished tree.
    pub(crate) fn finish(self) -> Option<Frame> {
        self.root
    }
}
