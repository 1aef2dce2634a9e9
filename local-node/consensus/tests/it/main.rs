//! Tests of the consensus from outside.

mod attacks;
mod decisions;
mod headers;
mod left_out;
mod lone_node;
mod meeting;
mod network;
mod production;
mod rounds;
mod support;
