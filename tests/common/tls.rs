//! A client of the tests' own that speaks TLS, or does not: whether a listener lets it in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A listener that neither answers nor hangs up has failed.
const DEADLINE: Duration = Duration::from_secs(20);

/// ApiVersions v0: length, key, version, correlation id 7, no client id.
const QUESTION: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];

/// Who connects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who<'a> {
    /// In plain text.
    Plain,
    /// Trusts this CA and shows no certificate.
    Anonymous { ca: &'a Path },
    /// Trusts this CA and shows this certificate.
    Certified { ca: &'a Path, own: &'a Path },
}

/// True when a listener on this port answers a question; false when it refuses who asks.
#[track_caller]
pub(crate) fn is_let_in(port: u16, who: Who) -> bool {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let answered = match who {
        Who::Plain => ask(stream),
        Who::Anonymous { ca } => ask(over_tls(stream, ca, None)),
        Who::Certified { ca, own } => ask(over_tls(stream, ca, Some(own))),
    };
    match answered {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("{port} does not answer: {error}")
        }
        Err(_) => false,
    }
}

/// What comes back belongs to the question: an alert of TLS does not.
fn ask(mut stream: impl Read + Write) -> std::io::Result<()> {
    stream.write_all(&QUESTION)?;
    stream.flush()?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer)?;
    match answer[4..] {
        [0, 0, 0, 7] => Ok(()),
        _ => Err(std::io::Error::other("no answer of Kafka's")),
    }
}

fn over_tls(stream: TcpStream, ca: &Path, own: Option<&Path>) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(own) => {
            let chain = CertificateDer::pem_file_iter(own).unwrap().map(Result::unwrap).collect();
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(own).unwrap()).unwrap()
        }
    };
    let name = ServerName::try_from("127.0.0.1").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}
