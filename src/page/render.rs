//! Templates to HTML. Every value is escaped; what a template names and nobody gives is an error.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value, context};

use super::admit::Rights;
use super::hub::Snapshot;
use super::text::{Lang, counted, grouped};
use super::views::{Asked, View};
use crate::units;

/// Who a rendering is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub cluster: &'a str,
    pub lang: Lang,
    pub rights: Rights,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        const TEMPLATES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../templates/page/", $name)))),*];
    };
}

templates![
    "answer.html",
    "broker.html",
    "brokers.html",
    "closed.html",
    "confirm-delete.html",
    "down.html",
    "ended.html",
    "enter.html",
    "events.html",
    "group.html",
    "group_answer.html",
    "groups.html",
    "lag.html",
    "layout.html",
    "logs.html",
    "lost.html",
    "members_answer.html",
    "messages.html",
    "moves.html",
    "moves_answer.html",
    "node-actions.html",
    "overview.html",
    "partitions.html",
    "topic.html",
    "topics.html",
    "unknown.html",
    "which-node.html"
];

/// A template with what it needs beside the reader's language and rights.
pub(super) fn page(template: &str, reader: Reader<'_>, values: Value) -> String {
    let Reader { cluster, lang, rights } = reader;
    let common = context! {
        t => lang.texts(), lang => lang.code(), cluster, may_change => rights == Rights::All,
    };
    let rendered =
        environment().get_template(template).and_then(|found| found.render(context! { ..values, ..common }));
    rendered.unwrap_or_else(|error| {
        tracing::error!("failed to render {template}: {error}");
        format!("<p role=\"alert\">failed to render {template}; the supervisor's log has why</p>")
    })
}

/// A view with what is known of its cluster.
pub(super) fn view(view: &View, snapshot: &Snapshot, asked: &Asked, reader: Reader<'_>) -> String {
    let status = snapshot.status.as_deref().map(Serde);
    let lost =
        snapshot.lost.as_ref().map(|lost| context! { why => lost.why.as_str(), is_down => lost.is_down });
    let values = context! { status, lost, ..view.context(snapshot, asked, reader.lang) };
    page(view.template(), reader, values)
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default(),
        );
        environment.add_filter("fill", fill);
        environment.add_filter("count", counted);
        environment.add_filter("slug", |text: String| slug(&text));
        environment.add_filter("duration", duration);
        environment.add_filter("memory", units::memory);
        environment.add_filter("size", units::size);
        environment.add_filter("percent", |share: f64| format!("{:.0} %", share * 100.0));
        environment.add_filter("grouped", grouped);
        environment.add_filter("signed_percent", signed_percent);
        environment.add_filter("kebab", |text: String| text.replace('-', "_"));
        environment.add_filter("ids", |ids: Vec<i32>| units::ids(&ids));
        environment.add_function("term", term);
        for (name, source) in TEMPLATES {
            // A template that is wrong is told when it is rendered, and by a test before.
            if let Err(error) = environment.add_template(name, source) {
                tracing::error!("the template {name} is wrong: {error:#}");
            }
        }
        environment
    })
}

/// In the reader's language.
fn duration(state: &State, ms: u64) -> String {
    let lang = state.lookup("lang").and_then(|code| Lang::parse(code.as_str()?));
    lang.unwrap_or(Lang::En).duration(ms)
}

/// A word that explains itself when it is pressed: its sentence is on every page, below `terms`.
fn term(texts: Value, key: String) -> Result<Value, Error> {
    let name = texts.get_attr("terms")?.get_attr(&key)?.get_attr("name")?;
    let name =
        name.as_str().ok_or_else(|| Error::new(ErrorKind::UndefinedError, format!("no term `{key}`")))?;
    let label = match name {
        "?" => format!(
            " aria-label=\"{}\"",
            escape(texts.get_attr("what_is_this")?.as_str().unwrap_or_default())
        ),
        _ => String::new(),
    };
    let button = format!(
        "<button type=\"button\" class=\"term\" popovertarget=\"term-{}\"{label}>{}</button>",
        escape(&key),
        escape(name)
    );
    Ok(Value::from_safe_string(button))
}

/// `+25 %`, `−25 %`, `0 %`; a dash for none.
fn signed_percent(percent: Option<i64>) -> String {
    match percent {
        None => "–".to_owned(),
        Some(percent) => {
            let sign = ["−", "", "+"][(percent.signum() + 1) as usize];
            format!("{sign}{} %", percent.abs())
        }
    }
}

fn escape(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

/// A text with `{name}` filled in: `{{ t.left | fill(n=3) }}`.
fn fill(text: String, values: Kwargs) -> Result<String, Error> {
    let mut filled = text;
    for name in values.args().map(str::to_owned).collect::<Vec<_>>() {
        let value: Value = values.get(&name)?;
        filled = filled.replace(&format!("{{{name}}}"), &value.to_string());
    }
    Ok(filled)
}

/// A name as part of an element's id: what is no letter, digit or hyphen becomes `_` and its code.
pub(super) fn slug(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        match plain(c) {
            true => slug.push(c),
            false => slug.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_well_formed() {
        for (name, _) in TEMPLATES {
            environment().get_template(name).unwrap();
        }
    }

    #[test]
    fn texts_are_filled() {
        let render = |source| environment().render_str(source, context! { evil => "<b>" }).unwrap();
        assert_eq!(render("{{ 'a {x} of {y}' | fill(x=1, y='z') }}"), "a 1 of z");
    }

    #[test]
    fn a_difference_in_percent_has_a_sign() {
        let told = [Some(25), Some(0), Some(-100), None].map(signed_percent);
        assert_eq!(told, ["+25 %", "0 %", "−100 %", "–"]);
    }

    #[test]
    fn names_become_ids_that_differ_and_need_no_escape() {
        assert_eq!(slug("velib-stations"), "velib-stations");
        assert_eq!(slug("a.b"), "a_2e_b");
        assert_ne!(slug("a.b"), slug("a_b"));
        assert_eq!(slug("<é>\"#"), "_3c__e9__3e__22__23_");
    }
}
