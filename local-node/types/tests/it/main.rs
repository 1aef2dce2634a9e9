//! The encodings as they meet the network.

mod hostile;
