//! The WASM virtual machine of the chain, equal to production to the unit of gas.
