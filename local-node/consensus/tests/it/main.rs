//! Tests of the consensus from outside.

mod headers;
mod lone_node;
mod network;
mod production;
mod rounds;
mod support;
