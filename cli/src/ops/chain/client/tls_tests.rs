//! A node behind TLS: whom the client believes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Client, ClientError, Roots};
use crate::ops::tls::ROOTS_VARIABLE;

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/tls", name].iter().collect()
}

/// A client of the node at this address that trusts these roots.
fn with_roots(url: &str, roots: Roots) -> Client {
    Client::with_roots(&[url.to_owned()], roots, super::ANSWER_TIMEOUT)
}

/// The address of a node that answers one request behind TLS.
fn serve() -> String {
    let certificate = CertificateDer::from_pem_file(file("node.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("node.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let mut request = [0; 4096];
        // A client that does not trust us is gone by now.
        if stream.read(&mut request).is_ok() {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n\x07";
            let _ = stream.write_all(answer).and_then(|()| stream.flush());
        }
    });
    format!("https://127.0.0.1:{port}")
}

fn own(name: &str) -> Roots {
    Roots::from_file(file(name).as_os_str())
}

fn untrusted<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> String {
    match answer.unwrap_err() {
        ClientError::Untrusted { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn a_node_that_nobody_vouches_for_is_refused() {
    let browsers = Roots::of_browsers();
    let client = with_roots(&serve(), browsers.clone());
    assert!(untrusted(client.chain_id()).contains("this machine does not trust its issuer"));
    let client = with_roots(&serve(), browsers);
    assert!(untrusted(client.listen(&[])).contains("this machine does not trust its issuer"));
}

#[test]
fn a_node_behind_ones_own_authority_is_believed() {
    assert_eq!(with_roots(&serve(), own("root.pem")).chain_id().unwrap(), 7);
    // It gets through to the WebSocket's handshake, which this node does not know.
    let error = with_roots(&serve(), own("root.pem")).listen(&[]).unwrap_err();
    assert!(matches!(error, ClientError::Strange { .. }), "{error}");
}

#[test]
fn a_node_without_tls_is_told_from_one_that_is_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = with_roots(&format!("https://127.0.0.1:{port}"), own("root.pem")).chain_id().unwrap_err();
    assert!(matches!(error, ClientError::NotEncrypted { .. }), "{error}");
}

#[test]
fn roots_that_cannot_be_read_trust_nobody_and_say_so() {
    for (name, reason) in [("nowhere.pem", "No such file"), ("node.key", "holds no certificate")] {
        let problem = untrusted(with_roots(&serve(), own(name)).chain_id());
        assert!(problem.contains(reason) && problem.contains(ROOTS_VARIABLE), "{problem}");
    }
}
