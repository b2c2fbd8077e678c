//! Why a request to a broker has no answer, in one short line for people.

use std::io;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

use crate::model::topic_partition::TopicPartition;

/// A request to one broker failed. The connection that it went over is gone.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// Nothing listens there: the broker is down, or not as far yet.
    #[error("connection refused")]
    Refused,
    /// It hung up without an answer, as a broker does that shuts down or cannot read the request.
    #[error("connection closed by the broker")]
    Closed,
    /// Any other failure of the socket.
    #[error("connection failed: {0}")]
    Io(#[source] io::Error),
    /// The two ends have not agreed on TLS: certificates, or that it is spoken at all.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The deadline that passed, connecting included. Whether the request was carried out is not known.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// What answered does not speak Kafka's protocol, or a part of the answer is damaged.
    #[error("not a valid Kafka answer: {0}")]
    Garbage(String),
    /// What is asked for does not fit Kafka's protocol, or the version of it that the broker speaks.
    #[error("the request cannot be written: {0}")]
    Unwritable(String),
    /// ApiVersions lists no version of this API that is known here.
    #[error("the broker speaks no known version of {api}, which Kafka has since {since}")]
    Unsupported {
        /// As Kafka calls it, such as `ElectLeaders`.
        api: &'static str,
        /// Kafka's version, such as `2.2`.
        since: &'static str,
    },
    /// An error code of Kafka's own, with the broker's message where there is one.
    #[error("{}", said(*code, message.as_deref()))]
    Code {
        /// By Kafka's own name, such as `NotController`.
        code: ResponseError,
        /// The broker's words; `None` where the answer has none, as in most of the older APIs.
        message: Option<String>,
    },
    /// No broker of the cluster answered.
    #[error("no broker answers: {0}")]
    NoBroker(String),
    /// No voter leads the KRaft quorum, by the word of those that were asked.
    #[error("no controller leads the quorum: {0}")]
    NoQuorum(String),
    /// The partition is offline, or there is no such partition.
    #[error("{0} has no leader")]
    NoLeader(TopicPartition),
}

impl KafkaError {
    /// The broker knows who asks, or does not want to, and will not do it: it says the same again.
    pub fn is_refusal(&self) -> bool {
        matches!(self, KafkaError::Code { code, .. } if is_refusal(*code))
    }

    /// The error code of an answer, if it has one.
    pub fn check(code: i16, message: Option<&str>) -> Result<(), KafkaError> {
        match ResponseError::try_from_code(code) {
            None => Ok(()),
            Some(code) => Err(KafkaError::Code { code, message: message.map(str::to_owned) }),
        }
    }
}

/// Whether it is about who asks.
pub(crate) fn is_refusal(code: ResponseError) -> bool {
    use ResponseError as E;
    matches!(
        code,
        E::SaslAuthenticationFailed
            | E::TopicAuthorizationFailed
            | E::GroupAuthorizationFailed
            | E::ClusterAuthorizationFailed
            | E::TransactionalIdAuthorizationFailed
    )
}

/// An error code's name, with the broker's own message where there is one.
pub(super) fn said(code: ResponseError, message: Option<&str>) -> String {
    match message.filter(|message| !message.is_empty()) {
        // Brokers tell the whole request, as Java prints it.
        Some(message) if message.starts_with("Request Request(") => match message.rsplit_once(" needs ") {
            Some((_, right)) => format!("{code}: needs {}", right.trim_end_matches('.')),
            None => code.to_string(),
        },
        Some(message) => format!("{code}: {message}"),
        None => code.to_string(),
    }
}

/// What went wrong between two ends that both speak TLS, or of which one does not. With TLS 1.3 a certificate is refused
/// only when something is asked.
fn of_tls(error: &rustls::Error) -> String {
    match error {
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
        ) => "it does not take our certificate, of which `cluster certs` tells more".to_owned(),
        rustls::Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        other => other.to_string(),
    }
}

impl From<io::Error> for KafkaError {
    fn from(error: io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return KafkaError::Tls(of_tls(tls));
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => KafkaError::Refused,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => KafkaError::Closed,
            _ => KafkaError::Io(error),
        }
    }
}

/// Runs one request, connecting included, within its deadline.
pub(crate) async fn within<T>(
    deadline: Duration,
    request: impl Future<Output = Result<T, KafkaError>>,
) -> Result<T, KafkaError> {
    tokio::time::timeout(deadline, request).await.unwrap_or(Err(KafkaError::Timeout(deadline)))
}
