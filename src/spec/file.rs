//! A file to text: bounded, and with a clear word for everything that is not a spec at all.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::mistake::SpecErrors;
use super::suggest::nearest;

/// More than a thousand times a long spec.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// Where the project keeps specs that work as they are.
const SPECS: &str = "clusters";

/// The text of a file, without a byte order mark.
pub(crate) fn read(path: &Path) -> Result<String, SpecErrors> {
    let name = path.to_string_lossy();
    let fault = |message: String, help: Option<String>| SpecErrors::of_file(&name, message, help);
    let failed = |error: std::io::Error| unreadable(&name, &error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(fault(format!("there is no spec {name}"), Some(near_names(path))));
        }
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(fault(format!("{name} is a folder, not a spec"), Some(specs_in(path))));
    }
    read_from(file, &name)
}

/// The text of what can be read, which mistakes call `name`.
pub(crate) fn read_from(source: impl Read, name: &str) -> Result<String, SpecErrors> {
    let fault = |message: String, help: &str| SpecErrors::of_file(name, message, Some(help.to_owned()));
    let mut bytes = Vec::new();
    let read = source.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(name, &error))?;
    if bytes.len() > MAX_BYTES {
        return Err(huge(name));
    }
    if bytes.is_empty() {
        return Err(fault(
            format!("the spec {name} is empty"),
            "write at least `brokers: 3`; `cluster up` without a file starts the default",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = error.as_bytes()[at];
        fault(
            format!("the spec {name} is not UTF-8: line {line} has the byte 0x{byte:02x}, {at} bytes into the file"),
            "save it as UTF-8",
        )
    })
}

fn unreadable(name: &str, error: &std::io::Error) -> SpecErrors {
    let help = match error.kind() {
        ErrorKind::PermissionDenied => Some("make it readable for you".to_owned()),
        _ => None,
    };
    SpecErrors::of_file(name, format!("failed to read the spec {name}: {}", reason(error)), help)
}

pub(super) fn huge(name: &str) -> SpecErrors {
    SpecErrors::of_file(
        name,
        format!("the spec {name} is huge: more than {MAX_BYTES} bytes"),
        Some("a spec is a short YAML file: is it this one?".to_owned()),
    )
}

/// The system's reason without `(os error 13)`.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// What may have been meant by a file that is not there: one in the same folder or in `clusters/`.
fn near_names(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut specs = specs(folder);
    if folder != Path::new(SPECS) {
        specs.extend(self::specs(Path::new(SPECS)));
    }
    let wanted = stem(&path.to_string_lossy()).to_owned();
    let near = specs.iter().find(|spec| stem(spec) == wanted).or_else(|| {
        let near = nearest(&wanted, specs.iter().map(|spec| stem(spec)))?;
        specs.iter().find(|spec| stem(spec) == near)
    });
    match (near, folder.is_dir()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, false) => format!("there is no folder {} either", folder.display()),
        (None, true) => {
            listing(&specs).unwrap_or_else(|| "without a file, `cluster up` starts the default".to_owned())
        }
    }
}

fn specs_in(folder: &Path) -> String {
    listing(&specs(folder)).unwrap_or_else(|| "name a YAML file".to_owned())
}

fn listing(specs: &[String]) -> Option<String> {
    const MOST: usize = 8;
    let shown = specs.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match specs.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!specs.is_empty()).then(|| format!("specs that are there: {shown}{more}"))
}

/// The YAML files of a folder, sorted, as they would be typed.
fn specs(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
        .map(|path| path.strip_prefix(".").unwrap_or(&path).to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file)
}
