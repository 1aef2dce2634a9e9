//! TLS: whose certificates are believed.
//!
//! Roots are those that browsers ship, or the ones in the PEM file that the environment variable `SSL_CERT_FILE` names,
//! for nodes behind a certificate authority of one's own.

use std::ffi::OsStr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The variable that names a file of roots.
const ROOTS_VARIABLE: &str = "SSL_CERT_FILE";

/// The roots of one connection.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    /// Those of the user's own; `None` for the ones that browsers ship.
    own: Option<Vec<Certificate<'static>>>,
    /// Why the user's own could not be read. Then nobody is believed.
    pub(super) problem: Option<String>,
}

impl Roots {
    /// Those that the environment asks for.
    pub(super) fn from_environment() -> Self {
        match std::env::var_os(ROOTS_VARIABLE).filter(|path| !path.is_empty()) {
            None => Self { own: None, problem: None },
            Some(path) => Self::from_file(&path),
        }
    }

    pub(super) fn from_file(path: &OsStr) -> Self {
        let read = || -> Result<Vec<Certificate<'static>>, String> {
            let text = std::fs::read(path).map_err(|error| error.to_string())?;
            let mut certificates = Vec::new();
            for item in parse_pem(&text) {
                if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(certificates) }
        };
        match read() {
            Ok(own) => Self { own: Some(own), problem: None },
            Err(reason) => {
                let problem = format!("{ROOTS_VARIABLE} names {}, but {reason}", path.to_string_lossy());
                Self { own: Some(Vec::new()), problem: Some(problem) }
            }
        }
    }

    /// For requests.
    pub(super) fn for_requests(&self) -> TlsConfig {
        let roots = match &self.own {
            None => RootCerts::WebPki,
            Some(own) => RootCerts::Specific(Arc::new(own.clone())),
        };
        TlsConfig::builder().root_certs(roots).build()
    }

    /// For WebSockets.
    ///
    /// # Errors
    /// When a root is no certificate.
    pub(super) fn for_sockets(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut store = RootCertStore::empty();
        match &self.own {
            None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(own) => {
                for certificate in own {
                    store.add(CertificateDer::from(certificate.der().to_vec()))?;
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Arc::new(config.with_root_certificates(store).with_no_client_auth()))
    }
}

/// Why a connection failed at the other side's certificate, if that is why.
pub(super) fn distrust(error: &ureq::Error) -> Option<String> {
    match error {
        ureq::Error::Rustls(error) => about_certificate(error),
        ureq::Error::Io(error) => distrust_io(error),
        _ => None,
    }
}

/// The same for the operating system's form of errors, which TLS streams wrap theirs in.
pub(super) fn distrust_io(error: &std::io::Error) -> Option<String> {
    about_certificate(error.get_ref()?.downcast_ref::<rustls::Error>()?)
}

/// Whether the other side does not speak TLS at all.
pub(super) fn is_plain(error: &ureq::Error) -> bool {
    let wrapped = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|error| error.downcast_ref()),
        _ => None,
    };
    matches!(wrapped, Some(rustls::Error::InvalidMessage(_)))
}

fn about_certificate(error: &rustls::Error) -> Option<String> {
    use rustls::{CertificateError, Error};
    Some(match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "it is signed by nobody whom this machine trusts (perhaps by itself)".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "it has expired".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "it is for another name".to_owned(),
        Error::InvalidCertificate(other) => format!("{other:?}"),
        Error::NoCertificatesPresented => "there is none".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::path::PathBuf;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::super::{Client, ClientError};
    use super::*;

    fn file(name: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "tests/tls", name].iter().collect()
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
        let browsers = Roots { own: None, problem: None };
        let client = Client::with_roots(&serve(), browsers.clone());
        assert!(untrusted(client.chain_id()).contains("nobody whom this machine trusts"));
        let client = Client::with_roots(&serve(), browsers);
        assert!(untrusted(client.listen(&[])).contains("nobody whom this machine trusts"));
    }

    #[test]
    fn a_node_behind_ones_own_authority_is_believed() {
        assert_eq!(Client::with_roots(&serve(), own("root.pem")).chain_id().unwrap(), 7);
        // It gets through to the WebSocket's handshake, which this node does not know.
        let error = Client::with_roots(&serve(), own("root.pem")).listen(&[]).unwrap_err();
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
        let error = Client::with_roots(&format!("https://127.0.0.1:{port}"), own("root.pem")).chain_id().unwrap_err();
        assert!(matches!(error, ClientError::NotEncrypted { .. }), "{error}");
    }

    #[test]
    fn roots_that_cannot_be_read_trust_nobody_and_say_so() {
        for (name, reason) in [("nowhere.pem", "No such file"), ("node.key", "holds no certificate")] {
            let problem = untrusted(Client::with_roots(&serve(), own(name)).chain_id());
            assert!(problem.contains(reason) && problem.contains(ROOTS_VARIABLE), "{problem}");
        }
    }
}
