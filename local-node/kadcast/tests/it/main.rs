//! Tests of the network from outside.

mod network;
mod support;
