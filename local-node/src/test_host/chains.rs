//! The interface of a chain for the host: its own chain, or a network's.

use std::fmt;

use dusk_sdk_protocol::host::{Request, Response};

use super::TestReport;

/// The chains that a host gives to tests.
pub trait Chains: fmt::Debug + Send + Sync {
    /// A chain for this test, on the thread that serves the test.
    fn open(&self, test: String) -> Box<dyn TestChain + '_>;

    /// Makes calls that run end soon: the host stops.
    fn interrupt(&self) {}
}

/// One test's chain, or its part of a chain.
pub trait TestChain {
    /// The answer to the request that has opened it.
    fn opened(&self) -> Response;

    /// Does what is asked. When that is not possible, the chain is as it was. A test that is answered with
    /// [`Response::NotHere`] is skipped.
    fn answer(&mut self, request: Request) -> Response;

    /// Ends it, and gives what the test did.
    fn close(self: Box<Self>) -> TestReport;
}
