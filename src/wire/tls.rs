//! How connections to brokers and controllers are opened: in plain text, or, of a secured cluster, with TLS and this
//! program's own certificate.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio_util::either::Either;

use super::connection::Connection;
use super::error::KafkaError;
use crate::plan::keys::{KeyFolder, PROGRAM};

/// What a connection goes over.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Opens connections to the brokers and controllers of one cluster.
pub(super) struct Dialer {
    keys: Option<KeyFolder>,
    /// Made of the keys when the first connection is opened.
    connector: OnceLock<TlsConnector>,
}

impl Dialer {
    /// Without keys: in plain text. Nothing is read yet.
    pub(super) fn new(keys: Option<KeyFolder>) -> Self {
        Dialer { keys, connector: OnceLock::new() }
    }

    /// Connects and negotiates.
    pub(super) async fn open(&self, address: SocketAddr) -> Result<Connection, KafkaError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = match &self.keys {
            None => Either::Left(stream),
            Some(keys) => {
                let name = ServerName::from(address.ip());
                let connected = self.connector(keys)?.connect(name, stream).await.map_err(of_handshake)?;
                Either::Right(Box::new(connected))
            }
        };
        Connection::over(address, stream).await
    }

    fn connector(&self, keys: &KeyFolder) -> Result<&TlsConnector, KafkaError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let connector = TlsConnector::from(Arc::new(config(keys)?));
        Ok(self.connector.get_or_init(|| connector))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn config(keys: &KeyFolder) -> Result<ClientConfig, KafkaError> {
    let (ca, own) = (keys.ca(), keys.of(PROGRAM));
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |error: &dyn fmt::Display| KafkaError::Tls(format!("failed to read {path}: {error}"))
    };
    let of_tls = |error: rustls::Error| KafkaError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(&ca).map_err(|error| unreadable(&ca)(&error))?;
    roots.add(root).map_err(|error| unreadable(&ca)(&error))?;
    let chain = CertificateDer::pem_file_iter(&own).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unreadable(&own)(&error))?;
    let key = PrivateKeyDer::from_pem_file(&own).map_err(|error| unreadable(&own)(&error))?;
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(of_tls)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(of_tls)
}

/// What went wrong between two ends that both speak TLS, or of which one does not.
fn of_handshake(error: io::Error) -> KafkaError {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return error.into();
    };
    KafkaError::Tls(match tls {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "its certificate has expired".to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "its certificate is not valid yet".to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => "its certificate is of another CA".to_owned(),
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
            "it says that our certificate has expired".to_owned()
        }
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown,
        ) => "it does not take our certificate".to_owned(),
        rustls::Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        other => other.to_string(),
    })
}
