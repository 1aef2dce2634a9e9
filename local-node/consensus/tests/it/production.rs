//! Compared with the production crates `dusk-consensus` and `dusk-node-data` 1.7.

mod sortition;
mod votes;
mod wire;

use dusk_node_data::Serializable;

/// The binary form that the production crate writes.
fn written(value: &impl Serializable) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes).expect("writing to memory");
    bytes
}

/// The value that the production crate reads from all bytes.
fn read<T: Serializable>(mut bytes: &[u8]) -> std::io::Result<T> {
    let value = T::read(&mut bytes)?;
    assert!(bytes.is_empty(), "{} bytes are left over", bytes.len());
    Ok(value)
}
