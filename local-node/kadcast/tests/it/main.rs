//! Tests of the network from outside.

mod driver;
mod hostile;
mod interop;
mod network;
mod support;
