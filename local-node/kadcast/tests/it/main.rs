//! Tests of the network from outside.

mod hostile;
mod interop;
mod network;
mod support;
