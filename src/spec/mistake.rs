//! What is wrong with a spec: every mistake with its place, and how they leave this module.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::show;
use super::tree::Span;
use crate::error::{ExitCode, Failure};

/// One mistake of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Mistake {
    /// From 1; 0 when the mistake is the file's as a whole (it is missing, it is a folder).
    pub line: usize,
    /// In characters, from 1; 0 when the mistake is the file's as a whole.
    pub column: usize,
    /// The offending text in bytes of the file.
    #[serde(skip)]
    pub span: Span,
    /// The offending text.
    pub text: String,
    /// Lowercase: what is wrong and why.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// All mistakes of one file, in its order; never empty.
///
/// As JSON: `{"file", "mistakes": [{"line", "column", "text", "message", "help"}]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpecErrors {
    pub(super) file: String,
    /// The text of the file, or nothing when it could not be read.
    pub(super) source: String,
    pub(super) mistakes: Vec<Mistake>,
}

impl SpecErrors {
    /// The file cannot be read as text at all.
    pub(super) fn of_file(file: &str, message: impl Into<String>, help: Option<String>) -> Self {
        let mistake =
            Mistake { line: 0, column: 0, span: 0..0, text: String::new(), message: message.into(), help };
        SpecErrors { file: file.to_owned(), source: String::new(), mistakes: vec![mistake] }
    }

    /// Drafts get their lines; those that an alias repeats are said once.
    pub(super) fn new(file: &str, source: &str, mut drafts: Vec<Draft>) -> Self {
        drafts.sort_by_key(|draft| draft.span.start);
        let mut seen = std::collections::HashSet::new();
        drafts.retain(|draft| seen.insert((draft.span.clone(), draft.message.clone())));
        // Lines and columns are counted on from one mistake to the next: a file may have very many.
        let (mut line, mut column, mut counted) = (1, 1, 0);
        let mut mistakes = Vec::with_capacity(drafts.len());
        for Draft { span, message, help } in drafts {
            let between = &source[counted..span.start];
            line += between.matches('\n').count();
            column = match between.rsplit_once('\n') {
                Some((_, after)) => after.chars().count() + 1,
                None => column + between.chars().count(),
            };
            counted = span.start;
            let text = source[span.clone()].to_owned();
            mistakes.push(Mistake { line, column, span, text, message, help });
        }
        SpecErrors { file: file.to_owned(), source: source.to_owned(), mistakes }
    }

    /// In the order of the file.
    #[cfg(test)]
    pub(super) fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// Every mistake with the lines it stands in; `colour` for a terminal.
    pub(crate) fn render(&self, colour: bool) -> String {
        show::render(self, colour)
    }

    /// The failure of a command that needed this spec.
    fn into_failure(self) -> Failure {
        let for_programs = serde_json::to_value(&self).ok().map(Box::new);
        Failure { mistakes: for_programs, ..self.told() }
    }

    fn told(&self) -> Failure {
        if let [only] = &self.mistakes[..]
            && only.line == 0
        {
            let failure = Failure::new(ExitCode::BadInput, &only.message);
            return match &only.help {
                Some(help) => failure.hint(help),
                None => failure,
            };
        }
        let count = self.mistakes.len();
        let mistakes = if count == 1 { "a mistake".to_owned() } else { format!("{count} mistakes") };
        let message = |colour| format!("{mistakes} in {}\n\n{}", self.file, self.render(colour));
        Failure { styled: Some(message(true)), ..Failure::new(ExitCode::BadInput, message(false)) }
    }
}

impl std::fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for SpecErrors {}

impl From<SpecErrors> for Failure {
    fn from(errors: SpecErrors) -> Self {
        errors.into_failure()
    }
}

impl Serialize for SpecErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("SpecErrors", 2)?;
        object.serialize_field("file", &self.file)?;
        object.serialize_field("mistakes", &self.mistakes)?;
        object.end()
    }
}

/// A mistake before its line is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

impl Draft {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Draft { span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Collects mistakes while the checks go on.
pub(super) struct Mistakes {
    pub drafts: Vec<Draft>,
    /// Where the lines after the first begin, in bytes.
    lines: Vec<usize>,
}

impl Mistakes {
    pub(super) fn new(text: &str) -> Self {
        Mistakes { drafts: Vec::new(), lines: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    pub(super) fn add(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.drafts.push(Draft::new(span.clone(), message).help(help));
    }

    /// The line, from 1, that a place is in.
    pub(super) fn line(&self, span: &Span) -> usize {
        self.lines.partition_point(|start| *start <= span.start) + 1
    }
}
