//! The tree of calls, as tools show it.

use dusk_core::abi::ContractId;
use dusk_sdk_protocol::execution::{CallError, Emitted, Frame, Step};

use crate::error::VmError;

/// The most frames that one top-level call records. Later ones are left out, with the calls that they make.
const MAX_FRAMES: usize = 4096;
/// The most bytes of arguments, results, events and failures that one top-level call records. Later ones are left
/// out.
const MAX_DATA_BYTES: usize = 4 << 20;
/// The most events that one top-level call records. Later ones are left out.
const MAX_EVENTS: usize = 4096;
/// The most lines that one top-level call logs. Later ones are left out.
const MAX_LOGS: usize = 4096;
/// The most bytes that one top-level call logs. A line that does not fit any more is left out.
const MAX_LOG_BYTES: usize = 1 << 20;
/// The longest function name that is recorded, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Records frames while calls run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Frames that have not ended; `None` stands for one that is left out.
    open: Vec<Option<Frame>>,
    root: Option<Frame>,
    frames: usize,
    events: usize,
    data_bytes: usize,
    logs: usize,
    log_bytes: usize,
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
        let argument = if self.keeps(argument.len()) { argument.to_vec() } else { Vec::new() };
        self.open.push(Some(Frame {
            contract,
            function: function.chars().take(MAX_NAME_BYTES / 4).collect(),
            argument,
            gas_limit,
            gas_spent: 0,
            outcome: Ok(()),
            reason: None,
            output: Vec::new(),
            logs: Vec::new(),
            calls: Vec::new(),
            events: Vec::new(),
            steps: Vec::new(),
        }));
    }

    /// The call that runs emits an event.
    pub(crate) fn emit(&mut self, topic: &str, data: &[u8]) {
        if self.events == MAX_EVENTS || !self.keeps(topic.len() + data.len()) {
            return;
        }
        if let Some(Some(frame)) = self.open.last_mut() {
            self.events += 1;
            frame.events.push(Emitted { topic: topic.to_owned(), data: data.to_vec() });
            frame.steps.push(Step::Event);
        }
    }

    /// Whether so many bytes are still recorded; counts them if so.
    fn keeps(&mut self, bytes: usize) -> bool {
        let kept = self.data_bytes.saturating_add(bytes) <= MAX_DATA_BYTES;
        self.data_bytes += if kept { bytes } else { 0 };
        kept
    }

    /// The text of a failure, or its beginning where no more is recorded.
    fn kept_text(&mut self, mut text: String) -> String {
        if !self.keeps(text.len()) {
            text = text.chars().take(MAX_NAME_BYTES / 4).collect();
        }
        text
    }

    /// The running call logs a line.
    pub(crate) fn log(&mut self, line: String) {
        let fits = self.logs < MAX_LOGS && self.log_bytes + line.len() <= MAX_LOG_BYTES;
        if let Some(Some(frame)) = self.open.last_mut()
            && fits
        {
            self.logs += 1;
            self.log_bytes += line.len();
            frame.logs.push(line);
            frame.steps.push(Step::Log);
        }
    }

    /// The last call that began ends.
    pub(crate) fn leave(&mut self, gas_spent: u64, outcome: Result<&[u8], &VmError>) {
        let Some(Some(mut frame)) = self.open.pop() else {
            return;
        };
        frame.gas_spent = gas_spent;
        match outcome {
            Ok(output) if self.keeps(output.len()) => frame.output = output.to_vec(),
            Ok(_) => {}
            Err(error) => {
                frame.outcome = Err(match error.as_call_error() {
                    CallError::Panic(text) => CallError::Panic(self.kept_text(text)),
                    CallError::Unknown => {
                        frame.reason = Some(self.kept_text(error.to_string()));
                        CallError::Unknown
                    }
                    seen => seen,
                });
            }
        }
        match self.open.last_mut() {
            Some(Some(parent)) => {
                parent.calls.push(frame);
                parent.steps.push(Step::Call);
            }
            Some(None) => {}
            None => self.root = Some(frame),
        }
    }

    /// The finished tree.
    pub(crate) fn finish(self) -> Option<Frame> {
        self.root
    }
}
