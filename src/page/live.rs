//! Live parts of a page: what a template has between `<!--live ID-->` and `<!--/live-->` is one element with that id,
//! which is sent again when it has changed. When what stands round them has changed, the whole view is: a large one
//! without its parts first, and then those that changed, so that no browser has to put all in place in one go.

use std::collections::BTreeMap;
use std::sync::Arc;

const OPEN: &str = "<!--live ";
const CLOSE: &str = "<!--/live-->";

/// Parts of one message, which a browser puts in place in one go.
const AT_ONCE: usize = 16;

/// The element that holds a view.
const VIEW: &str = "view";

/// A view as it was last rendered, with the versions at which its parts changed.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// Counts renderings that differ.
    pub version: u64,
    /// The whole view, markers included.
    pub html: Arc<str>,
    /// What stands round the live parts.
    frame: String,
    framed_at: u64,
    parts: BTreeMap<String, Part>,
}

#[derive(Debug)]
struct Part {
    html: String,
    changed_at: u64,
}

impl Rendered {
    /// The next one; `None` when nothing is otherwise. The first one has version 1.
    pub(super) fn next(&self, html: String) -> Option<Self> {
        if *self.html == *html && self.version > 0 {
            return None;
        }
        let version = self.version + 1;
        let (frame, parts) = split(&html);
        let changed_at = |id: &str, html: &str| match self.parts.get(id) {
            Some(before) if before.html == html => before.changed_at,
            _ => version,
        };
        let parts = parts.into_iter().map(|(id, html)| {
            let part = Part { html: html.to_owned(), changed_at: changed_at(id, html) };
            (id.to_owned(), part)
        });
        let framed_at = if frame == self.frame && self.version > 0 { self.framed_at } else { version };
        Some(Rendered { version, frame, framed_at, parts: parts.collect(), html: html.into() })
    }

    /// What somebody who has version `known` needs to have this one, in messages that a browser puts in place one by
    /// one, so that it draws and listens in between; none when that is this one. `None` knows nothing.
    pub(super) fn since(&self, known: Option<u64>) -> Vec<String> {
        let known = known.filter(|known| *known <= self.version);
        let changed: Vec<_> =
            self.parts.iter().filter(|(_, part)| known.is_none_or(|known| part.changed_at > known)).collect();
        let follow = changed.chunks(AT_ONCE).map(|parts| {
            parts.iter().map(|(id, part)| partial(id, "outerMorph", &part.html)).collect::<String>()
        });
        if known.is_some_and(|known| known >= self.framed_at) {
            return follow.collect();
        }
        if self.parts.len() <= AT_ONCE {
            return vec![partial(VIEW, "innerMorph", &self.html)];
        }
        std::iter::once(partial(VIEW, "innerMorph", &self.held())).chain(follow).collect()
    }

    /// The view with the place of each part only, where a browser keeps what it has until the part comes.
    fn held(&self) -> String {
        let mut pieces = self.frame.split(OPEN);
        let mut html = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let Some((id, behind)) = piece.split_once("-->") else { continue };
            let tag = self.parts.get(id).and_then(|part| tag(&part.html)).unwrap_or("div");
            html.push_str(&format!("<{tag} id=\"{id}\" data-kept></{tag}>"));
            html.push_str(behind);
        }
        html
    }
}

/// The name of the element that a part is.
fn tag(html: &str) -> Option<&str> {
    let (_, name) = html.split_once('<')?;
    name.split(|next: char| !next.is_ascii_alphanumeric()).next()
}

/// As htmx puts it in its place.
fn partial(id: &str, swap: &str, html: &str) -> String {
    format!("<hx-partial hx-target=\"#{id}\" hx-swap=\"{swap}\">{html}</hx-partial>")
}

/// What stands round the live parts, each of which leaves its id there, and the parts.
fn split(html: &str) -> (String, Vec<(&str, &str)>) {
    let (mut frame, mut parts, mut rest) = (String::new(), Vec::new(), html);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let found = after.split_once("-->").and_then(|(id, body)| Some((id, body.split_once(CLOSE)?)));
        let Some((id, (body, behind))) = found else { break };
        frame.push_str(before);
        frame.push_str(OPEN);
        frame.push_str(id);
        frame.push_str("-->");
        parts.push((id, body));
        rest = behind;
    }
    frame.push_str(rest);
    (frame, parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(parts: &[(&str, &str)]) -> String {
        let part =
            |(id, text): &(&str, &str)| format!("<!--live {id}--><p id=\"{id}\">{text}</p><!--/live-->");
        format!("<h1>x</h1>{}", parts.iter().map(part).collect::<String>())
    }

    /// So many parts with the same text.
    fn page_of(count: usize, text: &str) -> String {
        let ids: Vec<String> = (0..count).map(|at| format!("p{at}")).collect();
        page(&ids.iter().map(|id| (id.as_str(), text)).collect::<Vec<_>>())
    }

    fn first(html: String) -> Rendered {
        Rendered::default().next(html).unwrap()
    }

    #[test]
    fn only_the_parts_that_changed_are_sent() {
        let one = first(page(&[("a", "1"), ("b", "1")]));
        assert_eq!(one.version, 1);
        assert!(one.since(Some(1)).is_empty());
        let second = one.next(page(&[("a", "1"), ("b", "2")])).unwrap();
        let b = r##"<hx-partial hx-target="#b" hx-swap="outerMorph"><p id="b">2</p></hx-partial>"##;
        assert_eq!(second.since(Some(1)), [b]);
        let third = second.next(page(&[("a", "2"), ("b", "2")])).unwrap();
        assert_eq!(third.since(Some(1))[0].matches("<hx-partial").count(), 2, "whoever was slow gets both");
        assert_eq!(third.since(Some(2))[0].matches("<hx-partial").count(), 1);
        assert!(third.since(Some(3)).is_empty());
    }

    #[test]
    fn a_rendering_that_is_the_same_is_none() {
        let one = first(page(&[("a", "1")]));
        assert!(one.next(page(&[("a", "1")])).is_none());
    }

    #[test]
    fn the_whole_view_is_sent_when_a_part_comes_or_goes_and_to_whoever_knows_nothing() {
        let one = first(page(&[("a", "1")]));
        let second = one.next(page(&[("a", "1"), ("b", "1")])).unwrap();
        let third = second.next(page(&[("a", "2"), ("b", "1")])).unwrap();
        let whole =
            format!("<hx-partial hx-target=\"#view\" hx-swap=\"innerMorph\">{}</hx-partial>", third.html);
        for known in [None, Some(1), Some(99)] {
            assert_eq!(third.since(known), [&*whole], "{known:?}");
        }
        assert!(third.since(Some(2))[0].starts_with(r##"<hx-partial hx-target="#a""##));
    }

    #[test]
    fn a_large_view_goes_as_places_for_its_parts_and_then_those_that_changed() {
        let second = first(page_of(50, "1")).next(page_of(52, "1")).unwrap();
        let [view, rest] = &second.since(Some(1))[..] else { panic!("two messages") };
        assert!(view.starts_with(
            r##"<hx-partial hx-target="#view" hx-swap="innerMorph"><h1>x</h1><p id="p0" data-kept></p><p"##
        ));
        assert_eq!((view.matches(" data-kept></p>").count(), view.matches(">1<").count()), (52, 0));
        assert!(!view.contains("live"), "no marker is left: {view}");
        assert!(rest.contains(r##"target="#p50""##) && rest.contains(r##"target="#p51""##));
        assert_eq!(rest.matches("<hx-partial").count(), 2);
        // Whoever knows nothing of it gets every part.
        let all = second.since(None);
        assert_eq!(all.len(), 1 + 52usize.div_ceil(AT_ONCE));
        assert_eq!(all.iter().map(|message| message.matches(">1<").count()).sum::<usize>(), 52);
    }

    #[test]
    fn many_parts_go_in_several_messages_that_a_browser_can_draw_between() {
        let messages = first(page_of(100, "1")).next(page_of(100, "2")).unwrap().since(Some(1));
        assert_eq!(messages.len(), 100usize.div_ceil(AT_ONCE));
        let parts = |message: &String| message.matches("<hx-partial").count();
        assert_eq!(messages.iter().map(parts).sum::<usize>(), 100);
        assert!(messages.iter().all(|message| parts(message) <= AT_ONCE));
    }

    #[test]
    fn a_marker_that_is_not_closed_is_text() {
        let html = "<!--live a--><p>".to_owned();
        assert_eq!(*first(html.clone()).html, *html);
        assert_eq!(split(&html), (html.clone(), vec![]));
    }
}
