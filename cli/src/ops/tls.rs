//! TLS: whose certificates are believed.
//!
//! Roots are those that browsers ship, or the ones in the PEM file that the environment variable `SSL_CERT_FILE` names,
//! for nodes behind a certificate authority of one's own.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The variable that names a file of roots.
pub(crate) const ROOTS_VARIABLE: &str = "SSL_CERT_FILE";

/// How long a server may take to accept a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The roots of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    /// Those of the user's own; `None` for the ones that browsers ship.
    own: Option<Vec<Certificate<'static>>>,
    /// Why the user's own could not be read. Then nobody is believed.
    pub(crate) problem: Option<String>,
}

impl Roots {
    /// Those that browsers ship.
    pub(crate) fn of_browsers() -> Self {
        Self { own: None, problem: None }
    }

    /// Those that the environment asks for.
    pub(crate) fn from_environment() -> Self {
        match std::env::var_os(ROOTS_VARIABLE).filter(|path| !path.is_empty()) {
            None => Self::of_browsers(),
            Some(path) => Self::from_file(&path),
        }
    }

    pub(crate) fn from_file(path: &OsStr) -> Self {
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
    pub(crate) fn for_requests(&self) -> TlsConfig {
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
    pub(crate) fn for_sockets(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
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

/// The agent for files from servers that need not be nodes. It follows redirects; the caller checks the content.
pub(crate) fn for_files(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .tls_config(Roots::from_environment().for_requests())
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(timeout))
        .user_agent(concat!("cargo-dusk/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::new_with_config(config)
}

/// Why a connection failed at the other side's certificate, if that is why.
pub(crate) fn distrust(error: &ureq::Error) -> Option<String> {
    match error {
        ureq::Error::Rustls(error) => about_certificate(error),
        ureq::Error::Io(error) => distrust_io(error),
        _ => None,
    }
}

/// The same for the operating system's form of errors, which TLS streams wrap theirs in.
pub(crate) fn distrust_io(error: &std::io::Error) -> Option<String> {
    about_certificate(error.get_ref()?.downcast_ref::<rustls::Error>()?)
}

/// Whether the other side does not speak TLS at all.
pub(crate) fn is_plain(error: &ureq::Error) -> bool {
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
            "this machine does not trust its issuer (it may be self-signed)".to_owned()
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
