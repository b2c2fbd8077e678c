//! What a connection goes over.

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// In plain text, or with TLS.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;
