//! A command line that is wrong, in our words.

use clap::error::{ContextKind, ContextValue};

use crate::engine::suggest;
use crate::error::{ExitCode, Failure};

/// What `clap` found, with what may have been meant, else how the command is called.
pub(super) fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, _) = text.split_once("\n\n").unwrap_or((text, ""));
    let failure = Failure::new(ExitCode::Usage, message.trim_end());
    match meant(error).or_else(|| called(error)) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Whether a program asked, which reads JSON. What stands behind `exec` is a tool's.
pub(super) fn wants_json<T: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = T>) -> bool {
    let mut own = words.into_iter().take_while(|word| word.as_ref() != "--" && word.as_ref() != "exec");
    own.any(|word| word.as_ref() == "--json")
}

fn meant(error: &clap::Error) -> Option<String> {
    let suggested =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let names = suggested.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(one) => Some(vec![one.clone()]),
        ContextValue::Strings(all) if !all.is_empty() => Some(all.clone()),
        _ => None,
    })?;
    // Of several clap has the best last, or anywhere.
    let wrong = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg, ContextKind::InvalidValue];
    let wrong = wrong.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word.as_str()),
        _ => None,
    });
    let best = wrong.and_then(|word| suggest::nearest(word, names.iter().map(String::as_str)));
    Some(format!("did you mean `{}`?", best.or(names.first().map(String::as_str))?))
}

fn called(error: &clap::Error) -> Option<String> {
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    let usage = usage.to_string();
    let usage = usage.trim().strip_prefix("Usage:").unwrap_or(&usage).trim();
    let line = usage.lines().next().unwrap_or_default();
    let command: Vec<&str> = line.split(' ').take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    Some(format!("it is called `{line}`; `{} --help` says more", command.join(" ")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn told(line: &str) -> (String, String) {
        let words = std::iter::once("cluster").chain(line.split(' '));
        let Failure { code, message, hint, .. } = failure(&Cli::try_parse_from(words).unwrap_err());
        assert_eq!(code, ExitCode::Usage, "{line}");
        assert!(!message.contains("tip:") && !message.contains("--help"), "{line}: {message}");
        (message, hint.unwrap())
    }

    #[test]
    fn what_may_have_been_meant_is_told() {
        assert_eq!(
            told("grop list"),
            ("unrecognized subcommand 'grop'".into(), "did you mean `group`?".into())
        );
        assert_eq!(
            told("status --jsn"),
            ("unexpected argument '--jsn' found".into(), "did you mean `--json`?".into())
        );
        assert_eq!(told("stauts").1, "did you mean `status`?");
        let (message, hint) = told("bench produce --compression lz5");
        assert!(message.starts_with("invalid value 'lz5'"), "{message}");
        assert_eq!(hint, "did you mean `lz4`?");
    }

    #[test]
    fn without_a_guess_it_is_told_how_the_command_is_called() {
        let (message, hint) = told("group delete");
        assert_eq!(message, "the following required arguments were not provided:\n  <GROUP>...");
        assert_eq!(
            hint,
            "it is called `cluster group delete <GROUP>...`; `cluster group delete --help` says more"
        );
        let words = ["cluster", "up", "--timeout", "soon"];
        let Failure { message, hint, .. } = failure(&Cli::try_parse_from(words).unwrap_err());
        assert!(message.starts_with("invalid value 'soon' for '--timeout <DURATION>': "), "{message}");
        assert_eq!(hint, None, "the value's own error says what is right");
    }

    #[test]
    fn json_is_asked_for_by_the_words_before_those_of_another_program() {
        for (line, wants) in [
            ("status --json", true),
            ("--json status", true),
            ("status", false),
            ("run -- x --json", false),
            ("exec topics --json", false),
        ] {
            assert_eq!(wants_json(line.split(' ')), wants, "{line}");
        }
    }
}
