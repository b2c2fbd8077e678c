//! Mistakes as a compiler would show them: the line, the text marked, what to write instead.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::mistake::{Mistake, SpecErrors};
use super::tree::floor;

/// More than anyone reads; the JSON form has all of them.
const SHOWN: usize = 100;
/// A longer line is cut before it is shown.
const LINE: usize = 2000;

pub(super) fn render(errors: &SpecErrors, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let shown: Vec<String> =
        errors.mistakes.iter().take(SHOWN).map(|mistake| render_one(errors, mistake, &renderer)).collect();
    let mut out = shown.join("\n\n");
    if let Some(more) = errors.mistakes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(out, "\n\nand {more} more");
    }
    out
}

fn render_one(errors: &SpecErrors, mistake: &Mistake, renderer: &Renderer) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(mistake.message.as_str()));
    if mistake.line > 0 {
        let (start, line) = line_of(&errors.source, mistake.span.start);
        let from = (mistake.span.start - start).min(line.len());
        let to = (mistake.span.end - start).clamp(from, line.len());
        group = group.element(
            Snippet::source(line)
                .path(errors.file.as_str())
                .line_start(mistake.line)
                .annotation(AnnotationKind::Primary.span(from..to)),
        );
    }
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The line that holds the byte `at`, and where it starts. Only it is given to the renderer, which
/// would otherwise walk the whole file for every mistake.
fn line_of(source: &str, at: usize) -> (usize, &str) {
    let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = source[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    (start, &line[..floor(line, LINE)])
}
