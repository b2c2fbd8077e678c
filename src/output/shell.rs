//! Text for a POSIX shell to evaluate.

/// A line `export NAME='value'` for each variable.
pub(crate) fn exports(variables: &[(&str, String)]) -> String {
    variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect()
}

/// Between single quotes nothing has a meaning but the quote itself, which is written outside of them.
pub(crate) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_back_every_value_as_it_was() {
        for value in ["", "a b", "it's", "''", "$HOME `id` $(id) \\ \" *", "two\nlines", "é", "-n", "~"] {
            let script = format!("{}printf %s \"$VALUE\"", exports(&[("VALUE", value.to_owned())]));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }
}
