//! How connections to brokers and controllers are opened: in plain text, or, of a secured cluster, with TLS and this
//! program's own certificate, or as one of its users.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
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
    /// Made of the keys when a connection is opened, and again when the file is another.
    own: Mutex<Option<Made>>,
    /// The same of `client`.
    of_client: Mutex<Option<Made>>,
}

/// What was made of a file, and when that was last written.
type Made = (SystemTime, TlsConnector);

impl Dialer {
    /// Without keys: in plain text. Nothing is read yet.
    pub(super) fn new(endpoints: &Endpoints) -> Self {
        Dialer {
            keys: endpoints.keys.clone(),
            client: endpoints.client.clone(),
            controllers: endpoints.controllers.values().copied().collect(),
            own: Mutex::default(),
            of_client: Mutex::default(),
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
                let connected = connector.connect(name, stream).await?;
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
    fn connector(&self, client: Option<&Client>) -> Result<Option<TlsConnector>, KafkaError> {
        let Some(keys) = &self.keys else { return Ok(None) };
        let (made, certificate) = match client {
            None => (&self.own, Some(keys.of(PROGRAM))),
            Some(client) if client.encrypted => (&self.of_client, client.certificate.clone()),
            Some(_) => return Ok(None),
        };
        let file = certificate.clone().unwrap_or_else(|| keys.ca());
        let written = std::fs::metadata(&file).and_then(|metadata| metadata.modified());
        let written = written.map_err(|error| unreadable(&file, &error))?;
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = made.as_ref().filter(|(of, _)| *of == written) {
            return Ok(Some(connector.clone()));
        }
        let connector = TlsConnector::from(Arc::new(config(&keys.ca(), certificate.as_deref())?));
        *made = Some((written, connector.clone()));
        Ok(Some(connector))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn unreadable(path: &Path, error: &dyn fmt::Display) -> KafkaError {
    KafkaError::Tls(format!("failed to read {}: {error}", path.display()))
}

/// Of one who trusts this CA alone, and shows a certificate or none.
fn config(ca: &Path, own: Option<&Path>) -> Result<ClientConfig, KafkaError> {
    let of_tls = |error: rustls::Error| KafkaError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(ca).map_err(|error| unreadable(ca, &error))?;
    roots.add(root).map_err(|error| unreadable(ca, &error))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(of_tls)?
        .with_root_certificates(roots);
    let Some(own) = own else { return Ok(config.with_no_client_auth()) };
    let chain = CertificateDer::pem_file_iter(own).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unreadable(own, &error))?;
    let key = PrivateKeyDer::from_pem_file(own).map_err(|error| unreadable(own, &error))?;
    config.with_client_auth_cert(chain, key).map_err(of_tls)
}
