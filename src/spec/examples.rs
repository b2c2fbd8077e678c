//! The specs of `clusters/`, for whoever has the program only.

/// Each with what it is called.
const ALL: &[(&str, &str)] = &[
    ("combined", include_str!("../../clusters/combined.yaml")),
    ("kraft", include_str!("../../clusters/kraft.yaml")),
    ("legacy-0.10", include_str!("../../clusters/legacy-0.10.yaml")),
    ("overrides", include_str!("../../clusters/overrides.yaml")),
    ("secured", include_str!("../../clusters/secured.yaml")),
    ("single", include_str!("../../clusters/single.yaml")),
    ("velib", include_str!("../../clusters/velib.yaml")),
];

/// What they are called.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The YAML of one.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_spec_of_the_folder_is_an_example_and_holds() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/clusters")).unwrap();
        let files =
            files.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
        assert_eq!(files.collect::<BTreeSet<_>>(), names().map(str::to_owned).collect());
        for name in names() {
            let spec = crate::spec::parse(text(name).unwrap(), &format!("{name}.yaml"));
            assert_eq!(spec.unwrap_or_else(|errors| panic!("{errors}")).name, name);
        }
    }
}
