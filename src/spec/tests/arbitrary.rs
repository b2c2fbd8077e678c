//! Texts that nobody wrote: whatever they are, there is an answer, and it points into the text.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::spec::parse;

/// The answer holds together: lines in order, spans in the text, and it can be shown.
fn judge(text: &str) {
    let Err(errors) = parse(text, "any.yaml") else { return };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    assert!(!errors.mistakes().is_empty());
    let mut last = (0, 0);
    for mistake in errors.mistakes() {
        assert_eq!(text.get(mistake.span.clone()), Some(mistake.text.as_str()), "{mistake:?}");
        assert!(mistake.help.is_some(), "{mistake:?}");
        assert!((mistake.line, mistake.column) >= last, "{mistake:?} after {last:?}");
        last = (mistake.line, mistake.column);
    }
    // Counted anew, which is slow: of very many, some will do.
    for mistake in errors.mistakes().iter().take(100).chain(errors.mistakes().last()) {
        let before = &text[..mistake.span.start];
        assert_eq!(mistake.line, before.matches('\n').count() + 1);
        assert_eq!(mistake.column, before.rsplit('\n').next().unwrap().chars().count() + 1);
    }
    assert!(errors.render(true).contains("\x1b["));
    assert!(!errors.render(false).contains('\x1b'), "the user's control characters are escaped");
    serde_json::to_string(&errors).unwrap();
}

fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clusters");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut texts: Vec<_> =
        entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    texts.sort();
    texts
}

/// A change of one place: bytes out, other text in.
type Edit = (prop::sample::Index, usize, String);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let inserted = prop_oneof![
        3 => "[-\\[\\]{}:,&*!|>'\"%@#?\n\t ~0-9a-z\u{0}\u{1b}\u{e9}]{0,4}",
        1 => Just("\r\n".to_owned()),
        1 => Just("<<: *x".to_owned()),
        1 => Just("&x ".to_owned()),
        1 => Just("*x".to_owned()),
        1 => Just("---\n".to_owned()),
        1 => Just("!!int ".to_owned()),
        1 => Just("99999999999999999999".to_owned()),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, inserted), 1..6)
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in "(\\PC|[\n\t\r\u{0}\u{1b}\u{feff}]){0,80}") {
        judge(&text);
    }

    #[test]
    fn text_of_yamls_own_signs_has_an_answer(text in "([-\\[\\]{}:,&*!|>'\"%@#?\n ~<]|x|1|name|brokers|config: ){0,40}") {
        judge(&text);
    }

    #[test]
    fn a_damaged_spec_has_an_answer(which in any::<prop::sample::Index>(), edits in edits()) {
        let examples = examples();
        let mut text = which.get(&examples).clone().into_bytes();
        for (at, removed, inserted) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, inserted.into_bytes());
        }
        judge(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn a_damaged_value_has_an_answer(value in "\\PC{0,20}") {
        let value = serde_json::to_string(&value).unwrap();
        for text in [
            format!("name: {value}"), format!("kafka: {{version: {value}}}"), format!("restart: {value}"),
            format!("port_base: {value}"), format!("brokers: {value}"), format!("brokers: {{heap: {value}}}"),
            format!("brokers: {{jvm_flags: [{value}]}}"), format!("topics: {{{value}: }}"),
            format!("brokers: {{nodes: {{{value}: }}}}"), format!("zookeeper: {{config: {{{value}: 1}}}}"),
        ] {
            judge(&text);
        }
    }
}

/// Far below a second in practice; the limit only tells it from minutes.
fn judge_soon(text: &str) {
    let start = Instant::now();
    judge(text);
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
}

#[test]
fn an_alias_bomb_is_refused_without_being_unfolded() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 9].join(", "));
    }
    judge_soon(&bomb);
    let errors = parse(&bomb, "bomb.yaml").unwrap_err();
    assert!(errors.mistakes()[0].message.contains("unfold"), "{errors}");
    let fat = format!("a: &a {}\nb: [{}]\n", "x".repeat(200_000), "*a, ".repeat(50_000));
    judge_soon(&fat);
    assert!(parse(&fat, "fat.yaml").unwrap_err().mistakes()[0].message.contains("unfold"));
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        judge_soon(&text);
        assert!(parse(&text, "deep.yaml").is_err());
    }
}

#[test]
fn very_many_mistakes_are_found_and_shown_soon() {
    let one_line = format!("{{{}}}", "a, ".repeat(40_000));
    judge_soon(&one_line);
    let lines: String = (0..40_000).map(|key| format!("k{key}: 1\n")).collect();
    judge_soon(&lines);
    assert_eq!(parse(&lines, "many.yaml").unwrap_err().mistakes().len(), 40_000);
}

#[test]
fn a_huge_value_is_shown_short() {
    let text = format!("name: {}\n", "x".repeat(1_000_000));
    judge_soon(&text);
    assert!(parse(&text, "fat.yaml").unwrap_err().render(false).len() < 4000);
}
