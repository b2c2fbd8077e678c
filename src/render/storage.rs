//! Formatting the data folder of a KRaft node, without the JVM that `kafka-storage format` takes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{ExitCode, Failure};
use crate::host::HostError;
use crate::host::files::{create_folder, replace};
use crate::model::acl::{Acl, Resource};
use crate::pki::scram::Credential;
use crate::pki::{PkiError, password};
use crate::plan::format::{Format, uuid};
use crate::plan::properties;

/// Why the data folder of a node is not as its plan says.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(transparent)]
    Io(#[from] HostError),
    #[error(transparent)]
    Keys(#[from] PkiError),
    /// The data of another cluster, or of another node.
    #[error("{} has {found}, and the plan {wanted}: the data is not this node's", path.display())]
    Foreign { path: PathBuf, found: String, wanted: String },
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Io(error) => error.into(),
            StorageError::Keys(error) => error.into(),
            StorageError::Foreign { .. } => Failure::new(ExitCode::Failed, error.to_string())
                .hint("give the cluster another name, or remove the data with `cluster down --delete`"),
        }
    }
}

const META: &str = "meta.properties";

/// Formats `data` unless that is done. meta.properties is written last: a folder without it is formatted again,
/// and one of another cluster or node is left as it is.
pub fn format(format: &Format, data: &Path) -> Result<(), StorageError> {
    let path = data.join(META);
    match fs::read_to_string(&path) {
        Ok(text) => return is_ours(format, &path, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(HostError::io("read", &path, source).into()),
    }
    if let Some(checkpoint) = &format.checkpoint {
        if let Some(folder) = checkpoint.parent() {
            create_folder(folder)?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut records = features(&format.features);
        for (user, password) in &format.scram {
            records.push(scram_credential(user, &Credential::of(&password::read(password)?)?));
        }
        for acl in &format.acls {
            records.push(access_control_entry(acl)?);
        }
        replace(checkpoint, &bootstrap(&records, now.as_millis() as i64))?;
    }
    // Kafka adds directory.id at the first start.
    let text = format!("version=1\ncluster.id={}\nnode.id={}\n", format.cluster_id, format.node_id);
    Ok(replace(&path, text.as_bytes())?)
}

fn is_ours(format: &Format, path: &Path, text: &str) -> Result<(), StorageError> {
    let found: BTreeMap<String, String> = properties::parse(text).into_iter().collect();
    let wanted = [("cluster.id", format.cluster_id.clone()), ("node.id", format.node_id.to_string())];
    for (key, wanted) in wanted {
        if let Some(found) = found.get(key).filter(|found| **found != wanted) {
            let (path, found) = (path.to_owned(), format!("{key}={found}"));
            return Err(StorageError::Foreign { path, found, wanted: format!("{key}={wanted}") });
        }
    }
    Ok(())
}

/// The metadata that the first leader begins with: a snapshot
/// (`BootstrapDirectory.writeBinaryFile`, `RecordsSnapshotWriter`).
fn bootstrap(records: &[Record], now_ms: i64) -> Vec<u8> {
    // SnapshotHeaderRecord: its version, and the time of the last record that went into the snapshot.
    let mut header = vec![0, 0];
    header.extend(now_ms.to_be_bytes());
    header.push(0);
    // SnapshotFooterRecord: its version.
    let footer = [0, 0, 0];
    let count = records.len() as i64;
    let mut bytes = batch(0, now_ms, CONTROL, &[control(SNAPSHOT_HEADER, &header)]);
    bytes.extend(batch(1, now_ms, 0, records));
    bytes.extend(batch(1 + count, now_ms, CONTROL, &[control(SNAPSHOT_FOOTER, &footer)]));
    bytes
}

/// metadata.version first: it says what other records mean.
fn features(levels: &BTreeMap<String, i16>) -> Vec<Record> {
    let mut names: Vec<&String> = levels.keys().collect();
    names.sort_by_key(|name| (*name != "metadata.version", *name));
    names.iter().map(|name| Record { key: None, value: feature_level(name, levels[*name]) }).collect()
}

/// UserScramCredentialRecord (API key 11), since metadata.version 8 (KIP-900).
fn scram_credential(user: &str, credential: &Credential) -> Record {
    /// `ScramMechanism.SCRAM_SHA_512`.
    const SHA_512: u8 = 2;
    let mut value = vec![1, 11, 0];
    compact(&mut value, user.as_bytes());
    value.push(SHA_512);
    for bytes in [&credential.salt, &credential.stored_key, &credential.server_key] {
        compact(&mut value, bytes);
    }
    value.extend(credential.iterations.to_be_bytes());
    value.push(0);
    Record { key: None, value }
}

/// AccessControlEntryRecord (API key 18), since metadata.version 1 (KIP-801).
fn access_control_entry(acl: &Acl) -> Result<Record, StorageError> {
    let mut value = vec![1, 18, 0];
    value.extend(uuid().map_err(|error| PkiError::NotMade(format!("an id: {error}")))?);
    let Resource { kind, pattern, name } = &acl.resource;
    value.push(kind.code().cast_unsigned());
    compact(&mut value, name.as_bytes());
    value.push(pattern.code().cast_unsigned());
    compact(&mut value, acl.principal.as_bytes());
    compact(&mut value, acl.host.as_bytes());
    value.extend([acl.operation.code().cast_unsigned(), acl.permission.code().cast_unsigned(), 0]);
    Ok(Record { key: None, value })
}

/// A compact string or bytes (KIP-482).
fn compact(value: &mut Vec<u8>, bytes: &[u8]) {
    unsigned(value, bytes.len() as u32 + 1);
    value.extend(bytes);
}

/// FeatureLevelRecord (API key 12) in the frame of metadata records: frame version 1, key, version 0.
fn feature_level(name: &str, level: i16) -> Vec<u8> {
    let mut value = vec![1, 12, 0];
    compact(&mut value, name.as_bytes());
    value.extend(level.to_be_bytes());
    // No tagged fields.
    value.push(0);
    value
}

/// `ControlRecordType`.
const SNAPSHOT_HEADER: i16 = 3;
const SNAPSHOT_FOOTER: i16 = 4;
/// Attribute of a batch of control records.
const CONTROL: i16 = 1 << 5;

struct Record {
    key: Option<Vec<u8>>,
    value: Vec<u8>,
}

fn control(kind: i16, value: &[u8]) -> Record {
    let key = [0i16.to_be_bytes(), kind.to_be_bytes()].concat();
    Record { key: Some(key), value: value.to_vec() }
}

/// A record batch of magic 2 (KIP-98), uncompressed and of no producer.
fn batch(base_offset: i64, now_ms: i64, attributes: i16, records: &[Record]) -> Vec<u8> {
    let count = records.len() as i32;
    let mut checked = Vec::new();
    checked.extend(attributes.to_be_bytes());
    checked.extend((count - 1).to_be_bytes());
    checked.extend(now_ms.to_be_bytes());
    checked.extend(now_ms.to_be_bytes());
    // Producer id, producer epoch, base sequence: none.
    checked.extend([0xff; 14]);
    checked.extend(count.to_be_bytes());
    for (offset, record) in records.iter().enumerate() {
        // Attributes, timestamp delta, offset delta.
        let mut body = vec![0, 0];
        signed(&mut body, offset as i32);
        match &record.key {
            Some(key) => {
                signed(&mut body, key.len() as i32);
                body.extend(key);
            }
            None => signed(&mut body, -1),
        }
        signed(&mut body, record.value.len() as i32);
        body.extend(&record.value);
        // No headers.
        body.push(0);
        signed(&mut checked, body.len() as i32);
        checked.extend(body);
    }
    let mut bytes = Vec::new();
    bytes.extend(base_offset.to_be_bytes());
    // What follows: partition leader epoch 0, magic, checksum and what that is of.
    bytes.extend((4 + 1 + 4 + checked.len() as i32).to_be_bytes());
    bytes.extend([0, 0, 0, 0, 2]);
    bytes.extend(crc32c::crc32c(&checked).to_be_bytes());
    bytes.extend(checked);
    bytes
}

/// A varint, 7 bits a byte, the lowest first.
fn unsigned(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The same in zigzag.
fn signed(bytes: &mut Vec<u8>, value: i32) {
    unsigned(bytes, ((value << 1) ^ (value >> 31)) as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(data: &Path) -> Format {
        Format::of("4.4.0", "4.4.0", 100, true, "4L6g3nShT-eMCtK--X86sw", data)
    }

    #[test]
    fn a_folder_is_formatted_once_and_what_kafka_adds_stays() {
        let data = tempfile::tempdir().unwrap();
        let ours = formatted(data.path());
        format(&ours, data.path()).unwrap();
        let meta = data.path().join(META);
        let added = fs::read_to_string(&meta).unwrap() + "directory.id=x3XIbDRdIPDYY90wUDmozw\n";
        fs::write(&meta, &added).unwrap();
        let checkpoint = ours.checkpoint.as_ref().unwrap();
        fs::remove_file(checkpoint).unwrap();
        format(&ours, data.path()).unwrap();
        assert_eq!(fs::read_to_string(&meta).unwrap(), added);
        assert!(!checkpoint.exists(), "Kafka removes old snapshots");
    }

    #[test]
    fn a_folder_that_was_formatted_by_half_is_formatted_again() {
        let data = tempfile::tempdir().unwrap();
        let ours = formatted(data.path());
        let checkpoint = ours.checkpoint.as_ref().unwrap();
        fs::create_dir_all(checkpoint.parent().unwrap()).unwrap();
        fs::write(checkpoint, "half").unwrap();
        format(&ours, data.path()).unwrap();
        assert!(fs::read(checkpoint).unwrap().len() > 300);
        assert!(data.path().join(META).is_file());
    }

    #[test]
    fn a_folder_of_another_cluster_or_node_is_refused_and_left_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let ours = formatted(data.path());
        format(&ours, data.path()).unwrap();
        let before = fs::read(data.path().join(META)).unwrap();
        for other in [
            Format { cluster_id: "AAAAAAAAAAAAAAAAAAAAAA".into(), ..ours.clone() },
            Format { node_id: 101, ..ours.clone() },
        ] {
            let error = format(&other, data.path()).unwrap_err();
            assert!(matches!(error, StorageError::Foreign { .. }), "{error}");
            assert_eq!(fs::read(data.path().join(META)).unwrap(), before);
        }
    }

    #[test]
    fn varints_are_those_of_kafka() {
        let zigzag = |value| {
            let mut bytes = Vec::new();
            signed(&mut bytes, value);
            bytes
        };
        assert_eq!([zigzag(0), zigzag(-1), zigzag(1), zigzag(45)], [[0], [1], [2], [90]]);
        assert_eq!(zigzag(300), [0xd8, 0x04]);
    }
}
