use std::path::Path;

use crate::error::{ExitCode, Failure};
use crate::spec::{SpecErrors, load, parse};

/// The only mistake of a file that is no spec at all, as a command would end.
fn failure(errors: SpecErrors) -> (String, String) {
    let failure = Failure::from(errors);
    assert_eq!(failure.code, ExitCode::BadInput);
    (failure.message, failure.hint.unwrap_or_default())
}

fn written(content: &[u8]) -> (String, String) {
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), content).unwrap();
    failure(load(file.path()).unwrap_err())
}

#[test]
fn an_empty_file_says_so() {
    let (message, hint) = written(b"");
    assert!(message.ends_with("is empty"), "{message}");
    assert!(hint.contains("brokers: 3"), "{hint}");
}

#[test]
fn a_huge_file_is_not_read_to_its_end() {
    assert!(written(&vec![b'#'; 1024 * 1024 + 1]).0.contains("huge"));
    assert!(failure(load(Path::new("/dev/zero")).unwrap_err()).0.contains("huge"));
    assert!(failure(parse(&"#".repeat(1024 * 1024 + 1), "x.yaml").unwrap_err()).0.contains("huge"));
}

#[test]
fn text_that_is_not_utf_8_is_named_by_line_and_byte() {
    let (message, _) = written(b"name: a\n# caf\xe9\n");
    assert!(
        message.contains("not UTF-8") && message.contains("line 2") && message.contains("0xe9"),
        "{message}"
    );
    assert!(message.contains("13 bytes"), "{message}");
}

#[test]
fn a_folder_is_not_a_spec_but_names_those_in_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.yaml"), "").unwrap();
    let (message, hint) = failure(load(folder.path()).unwrap_err());
    assert!(message.contains("is a folder"), "{message}");
    assert!(hint.contains("one.yaml"), "{hint}");
}

#[test]
fn a_missing_file_suggests_its_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("velib-paris.yaml"), "").unwrap();
    for wrong in ["velib-pari.yaml", "velib-paris", "velib-paris.yml"] {
        let (message, hint) = failure(load(&folder.path().join(wrong)).unwrap_err());
        assert!(message.contains("there is no spec"), "{message}");
        assert!(hint.contains("did you mean") && hint.contains("velib-paris.yaml"), "{hint}");
    }
    let (_, hint) = failure(load(&folder.path().join("no/such/file.yaml")).unwrap_err());
    assert!(hint.contains("there is no folder"), "{hint}");
}

/// Tests run in the project's folder.
#[test]
fn a_missing_file_suggests_one_of_the_projects_specs() {
    let (_, hint) = failure(load(Path::new("velib")).unwrap_err());
    assert_eq!(hint, "did you mean clusters/velib.yaml?");
}

#[test]
fn the_name_comes_from_the_file_unless_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("My Cluster.yaml");
    std::fs::write(&path, "brokers: 1\n").unwrap();
    assert_eq!(load(&path).unwrap().name, "my-cluster");
    std::fs::write(&path, "name: other\n").unwrap();
    assert_eq!(load(&path).unwrap().name, "other");
}

#[test]
fn a_folder_of_templates_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    std::fs::write(&path, "templates: mine\n").unwrap();
    let errors = load(&path).unwrap_err();
    assert!(errors.mistakes()[0].message.contains("does not exist"), "{errors}");
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    assert_eq!(load(&path).unwrap().templates, Some(folder.path().join("mine")));
}
