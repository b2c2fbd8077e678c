//! How connections to brokers and controllers are opened: in plain text, or, of a secured cluster, with TLS and this
//! program's own certificate, or as one of its users.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio_util::either::Either;

use super::connection::Connection;
use super::error::KafkaError;
use super::sasl;
use crate::plan::endpoints::{Client, Endpoints};
use crate::plan::keys::{KeyFolder, PROGRAM};

/// Opens connections to the brokers and controllers of one cluster.
pub(super) struct Dialer {
    keys: Option<KeyFolder>,
    /// Who brokers take us for, if not for this program.
    client: Option<Client>,
    /// Who is reached as this program all the same.
    controllers: BTreeSet<SocketAddr>,
    /// Made of the keys when the first connection is opened.
    own: OnceLock<TlsConnector>,
    /// The same of `client`.
    of_client: OnceLock<TlsConnector>,
}

impl Dialer {
    /// Without keys: in plain text. Nothing is read yet.
    pub(super) fn new(endpoints: &Endpoints) -> Self {
        Dialer {
            keys: endpoints.keys.clone(),
            client: endpoints.client.clone(),
            controllers: endpoints.controllers.values().copied().collect(),
            own: OnceLock::new(),
            of_client: OnceLock::new(),
        }
    }

    /// Connects, negotiates, and shows a password where one is asked for.
    pub(super) async fn open(&self, address: SocketAddr) -> Result<Connection, KafkaError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let client = self.client.as_ref().filter(|_| !self.controllers.contains(&address));
        let stream = match self.connector(client)? {
            None => Either::Left(stream),
            Some(connector) => {
                let name = ServerName::from(address.ip());
                let connected = connector.connect(name, stream).await.map_err(of_handshake)?;
                Either::Right(Box::new(connected))
            }
        };
        let mut connection = Connection::over(address, stream).await?;
        if let Some((client, password)) = client.and_then(|client| Some((client, client.password.as_ref()?)))
        {
            sasl::authenticate(&mut connection, &client.user, password).await?;
        }
        Ok(connection)
    }

    /// `None`: in plain text.
    fn connector(&self, client: Option<&Client>) -> Result<Option<&TlsConnector>, KafkaError> {
        let Some(keys) = &self.keys else { return Ok(None) };
        let (made, certificate) = match client {
            None => (&self.own, Some(keys.of(PROGRAM))),
            Some(client) if client.encrypted => (&self.of_client, client.certificate.clone()),
            Some(_) => return Ok(None),
        };
        if let Some(connector) = made.get() {
            return Ok(Some(connector));
        }
        let connector = TlsConnector::from(Arc::new(config(&keys.ca(), certificate.as_deref())?));
        Ok(Some(made.get_or_init(|| connector)))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// Of one who trusts this CA alone, and shows a certificate or none.
fn config(ca: &Path, own: Option<&Path>) -> Result<ClientConfig, KafkaError> {
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |error: &dyn fmt::Display| KafkaError::Tls(format!("failed to read {path}: {error}"))
    };
    let of_tls = |error: rustls::Error| KafkaError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(ca).map_err(|error| unreadable(ca)(&error))?;
    roots.add(root).map_err(|error| unreadable(ca)(&error))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(of_tls)?
        .with_root_certificates(roots);
    let Some(own) = own else { return Ok(config.with_no_client_auth()) };
    let chain = CertificateDer::pem_file_iter(own).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unreadable(own)(&error))?;
    let key = PrivateKeyDer::from_pem_file(own).map_err(|error| unreadable(own)(&error))?;
    config.with_client_auth_cert(chain, key).map_err(of_tls)
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
