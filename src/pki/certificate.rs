//! One certificate: who it is of, by whom, and for how long.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;

use x509_parser::parse_x509_certificate;

use super::error::PkiError;
use super::secret::private;
use crate::host::HostError;
use crate::plan::keys::KeyFolder;

/// Of certificates that nobody wants to see expire.
const YEARS: i32 = 10;

const HOUR: Duration = Duration::from_secs(3600);

/// How long a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// As long as nobody says anything else.
    Years,
    /// From now on.
    For(Duration),
    /// No more: it ended an hour ago.
    Over,
}

impl Term {
    /// As somebody wishes.
    pub(crate) fn of(lifetime: Option<Duration>) -> Self {
        lifetime.map_or(Term::Years, Term::For)
    }

    /// From when until when. A clock that is set back a little must not make one invalid that has just been made.
    fn bound(self, params: &mut CertificateParams) {
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let midnight = |day: &Zoned| {
            rcgen::date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
        };
        let seconds = u64::try_from(now.timestamp().as_second()).unwrap_or_default();
        let exactly = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
        let yesterday = midnight(&now.yesterday().unwrap_or_else(|_| now.clone()));
        (params.not_before, params.not_after) = match self {
            Term::Years => (yesterday, midnight(&now.checked_add(YEARS.years()).unwrap_or(now))),
            Term::For(lifetime) => (yesterday, exactly + lifetime),
            Term::Over => (yesterday - 24 * HOUR, exactly - HOUR),
        };
    }
}

/// The CA of one cluster, which signs.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    pub(super) fn new(cluster: &str) -> Result<Self, PkiError> {
        // ECDSA with P-256 and SHA-256, which every Java that runs Kafka has; Kafka refuses Ed25519 in PEM.
        let key = KeyPair::generate()?;
        let params = of_authority(cluster);
        let certificate = params.self_signed(&key)?.pem();
        Ok(Authority { issuer: Issuer::new(params, key), certificate })
    }

    /// From what [`Authority::new`] made: its key says who it is, and its certificate stays the one that is trusted.
    pub(super) fn read(cluster: &str, keys: &KeyFolder) -> Result<Self, PkiError> {
        let path = keys.ca_key();
        let text = fs::read_to_string(&path).map_err(|error| HostError::io("read", &path, error))?;
        private(&path)?;
        let key = KeyPair::from_pem(&text)
            .map_err(|error| PkiError::NoKey { path: path.clone(), reason: error.to_string() })?;
        let ca = keys.ca();
        let certificate = fs::read_to_string(&ca).map_err(|error| HostError::io("read", &ca, error))?;
        Ok(Authority { issuer: Issuer::new(of_authority(cluster), key), certificate })
    }

    pub(super) fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    pub(super) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A new key, its certificate and the CA's: for both ends of a connection, on this machine and as these hosts.
    pub(super) fn issue(&self, name: &str, hosts: &[&str], term: Term) -> Result<String, PkiError> {
        let key = KeyPair::generate()?;
        let mut params = named(name);
        term.bound(&mut params);
        params.subject_alt_names = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            .map(|address: IpAddr| SanType::IpAddress(address))
            .into();
        params.subject_alt_names.push(SanType::DnsName("localhost".try_into()?));
        for host in hosts {
            params.subject_alt_names.push(match host.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*host).try_into()?),
            });
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok([&key.serialize_pem(), &certificate.pem(), &self.certificate].map(String::as_str).concat())
    }
}

/// Whether clients that reach it as any of these hosts take the certificate in this file.
pub(super) fn is_for(path: &Path, hosts: &[&str]) -> Result<bool, PkiError> {
    if hosts.is_empty() {
        return Ok(true);
    }
    let none = |reason: String| PkiError::NoKey { path: path.to_owned(), reason };
    let read = CertificateDer::from_pem_file(path).map_err(|error| none(error.to_string()))?;
    let certificate = ParsedCertificate::try_from(&read).map_err(|error| none(error.to_string()))?;
    let is_for = |host: &&str| {
        ServerName::try_from(*host).is_ok_and(|name| verify_server_name(&certificate, &name).is_ok())
    };
    Ok(hosts.iter().all(is_for))
}

/// What a certificate says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Valid from then on.
    pub not_before: Timestamp,
    /// Valid until then.
    pub not_after: Timestamp,
    /// Signed by the CA of the cluster.
    pub is_of_ca: bool,
}

/// The first certificate in a file, held against that of the CA.
pub(crate) fn look(path: &Path, ca: &Path) -> Result<Seen, PkiError> {
    let none = |path: &Path, reason: String| PkiError::NoCertificate { path: path.to_owned(), reason };
    let read =
        |path: &Path| CertificateDer::from_pem_file(path).map_err(|error| none(path, error.to_string()));
    let (own, ca_own) = (read(path)?, read(ca)?);
    let (_, own) = parse_x509_certificate(&own).map_err(|error| none(path, error.to_string()))?;
    let (_, authority) = parse_x509_certificate(&ca_own).map_err(|error| none(ca, error.to_string()))?;
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    Ok(Seen {
        not_before: at(own.validity().not_before.timestamp()),
        not_after: at(own.validity().not_after.timestamp()),
        is_of_ca: own.verify_signature(Some(authority.public_key())).is_ok(),
    })
}

fn of_authority(cluster: &str) -> CertificateParams {
    let mut params = named(&format!("CA of the cluster {cluster}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    Term::Years.bound(&mut params);
    params
}
