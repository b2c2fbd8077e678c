//! Which paths can be given to Kafka, and which to Java.

use std::path::Path;

use crate::plan::PlanError;

/// The longest path of a folder in bytes. The longest of the files below a cluster's folder adds about 330 (the node,
/// `data`, a topic's folder of 255, a file of Kafka's), and Linux ends a path at 4,096 (`PATH_MAX`).
const LONGEST: usize = 3600;

/// Refuses a cluster's folder that Kafka would misread, however it is escaped.
pub(crate) fn check(dir: &Path) -> Result<(), PlanError> {
    let refuse = |why| PlanError::Folder { dir: dir.to_owned(), why };
    let text = plain(dir).map_err(refuse)?;
    if text.contains(',') {
        return Err(refuse("it has a comma, and Kafka's log.dirs is a list separated by commas"));
    }
    if text.contains("${") {
        return Err(refuse("it has `${`, and log4j replaces what follows"));
    }
    Ok(())
}

/// Refuses a path that Java would misread: of jars, of a class-data archive or of its own home. In a class path, in
/// `-XX:SharedArchiveFile` and in `sun.boot.library.path` a colon ends a path, and nothing escapes it.
pub(crate) fn check_for_java(path: &Path) -> Result<(), &'static str> {
    match plain(path)?.contains(':') {
        true => Err("it has a colon, and Java's class path is a list separated by colons"),
        false => Ok(()),
    }
}

/// The path as text that any program reads back as it is.
fn plain(path: &Path) -> Result<&str, &'static str> {
    let text = path.to_str().ok_or("its name is not UTF-8")?;
    if !path.is_absolute() {
        return Err("its path is not absolute");
    }
    if text.chars().any(char::is_control) {
        return Err("it has a control character");
    }
    if text.len() > LONGEST {
        return Err(
            "it has more than 3,600 bytes, and with the files in it would pass Linux's limit of 4,096",
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    /// A path, whether a cluster may lie in it, and whether Java may.
    const PATHS: &[(&str, bool, bool)] = &[
        ("/home/zoé/it's \"100%d\" *?#!;&@~", true, true),
        ("/a\\b/$HOME/{x}/[y]", true, true),
        ("/a:b", true, false),
        ("/a,b", false, true),
        ("/a${b}", false, true),
        ("/a\nb", false, false),
        ("/a\u{7f}b", false, false),
        ("relative", false, false),
    ];

    #[test]
    fn every_path_is_one_that_kafka_and_java_read_back_or_is_refused() {
        for &(path, for_kafka, for_java) in PATHS {
            let path = Path::new(path);
            assert_eq!(check(path).is_ok(), for_kafka, "{}", path.display());
            assert_eq!(check_for_java(path).is_ok(), for_java, "{}", path.display());
        }
        let latin_1 = Path::new(OsStr::from_bytes(b"/caf\xe9"));
        assert!(check(latin_1).is_err() && check_for_java(latin_1).is_err());
    }

    #[test]
    fn a_path_leaves_room_for_the_files_below_it() {
        let of_length = |length: usize| format!("/{}", "f".repeat(length - 1));
        assert!(check(Path::new(&of_length(LONGEST))).is_ok());
        let said = check(Path::new(&of_length(LONGEST + 1))).unwrap_err().to_string();
        assert!(said.contains("more than 3,600 bytes"), "{said}");
    }
}
