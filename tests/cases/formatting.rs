//! Data folders are formatted as Kafka's own tool formats them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cluster::inside::{Format, format_storage, parse_properties};

use crate::common::dist::fetched;

const CLUSTER_ID: &str = "4L6g3nShT-eMCtK--X86sw";

#[test]
fn a_data_folder_is_formatted_as_kafka_storage_does_it() {
    ["3.9.2", "4.4.0"].into_iter().for_each(check);
}

/// `cargo test --test main -- --ignored kafka_storage`.
#[test]
#[ignore = "fetches four more versions of Kafka"]
fn a_data_folder_of_every_version_is_formatted_as_kafka_storage_does_it() {
    ["4.0.2", "4.1.2", "4.2.1", "4.3.1"].into_iter().for_each(check);
}

fn check(version: &str) {
    let home = tempfile::tempdir().unwrap();
    let (theirs, ours) = (home.path().join("theirs"), home.path().join("ours"));
    by_kafka(version, home.path(), &theirs);
    fs::create_dir(&ours).unwrap();
    let format = Format::of(version, version, 100, true, CLUSTER_ID, &ours);
    format_storage(&format, &ours).unwrap();

    let meta = |data: &Path| -> BTreeMap<String, String> {
        let text = fs::read_to_string(data.join("meta.properties")).unwrap();
        parse_properties(&text).into_iter().filter(|(key, _)| key != "directory.id").collect()
    };
    assert_eq!(meta(&ours), meta(&theirs), "Kafka {version}; directory.id is added at the first start");
    let files = |data: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(data, data, &mut found);
        found.retain(|(name, _)| name != Path::new("meta.properties"));
        found
    };
    let (found, expected) = (files(&ours), files(&theirs));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "Kafka {version}");
    for ((name, ours), (_, theirs)) in found.iter().zip(&expected) {
        assert!(!ours.is_empty());
        assert_eq!(masked(ours), masked(theirs), "{} of Kafka {version}", name.display());
    }
}

fn by_kafka(version: &str, home: &Path, data: &Path) {
    let (kafka, java) = fetched(version);
    let file = home.join("controller.properties");
    let text = format!(
        "process.roles=controller\nnode.id=100\ncontroller.quorum.voters=100@127.0.0.1:19593\n\
         controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://127.0.0.1:19593\nlog.dirs={}\n",
        data.display()
    );
    fs::write(&file, text).unwrap();
    let ran = Command::new(&java.program)
        .args(["-Xmx256m", "-cp", &kafka.classpath.join(":"), "kafka.tools.StorageTool", "format"])
        .args(["-t", CLUSTER_ID, "-c"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => collect(root, &path, found),
            false => found.push((path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap())),
        }
    }
}

/// The batches without what differs from run to run: timestamps, and the checksums over them.
fn masked(bytes: &[u8]) -> Vec<u8> {
    /// Of a batch: its length counts from behind itself.
    const LENGTH: std::ops::Range<usize> = 8..12;
    const CHECKSUM: std::ops::Range<usize> = 17..21;
    const TIMESTAMPS: std::ops::Range<usize> = 27..43;
    /// Of the first batch's record: when the last record of the snapshot was written.
    const SNAPSHOT: std::ops::Range<usize> = 73..81;
    let mut masked = bytes.to_vec();
    masked[SNAPSHOT].fill(0);
    let mut at = 0;
    while at < masked.len() {
        let batch = &mut masked[at..];
        let length = u32::from_be_bytes(batch[LENGTH].try_into().unwrap()) as usize;
        batch[CHECKSUM].fill(0);
        batch[TIMESTAMPS].fill(0);
        at += LENGTH.end + length;
    }
    masked
}
