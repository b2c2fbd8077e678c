//! The addresses of the page.
//!
//! ```text
//! GET  /?token=T                lets a browser in
//! GET  /c/CLUSTER/VIEW          a view
//! GET  /live/CLUSTER/VIEW       what changes in it, as server-sent events
//! POST /do/CLUSTER/act          an action, as a form; answered by a piece of HTML
//! POST /do/CLUSTER/down         the cluster taken down, likewise
//! POST /do/CLUSTER/topic/WHAT   the same for what is done to topics
//! POST /do/CLUSTER/group        the same for what is done to a group
//! POST /do/CLUSTER/moves/WHAT   the same for replicas that are moved
//! POST /do/CLUSTER/members/WHAT the same for brokers that join and leave
//! GET  /choose                  language and theme
//! GET  /static/VERSION/NAME
//!      /api/v1/...              the same for programs, as JSON (see `rest`)
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::act;
use super::admit::{Refused, Rights, cookies};
use super::answer::missing;
use super::assets;
use super::channel::Key;
use super::down;
use super::group_act;
use super::members_act;
use super::moves_act;
use super::posted::{Posted, Poster};
use super::render::{self, Reader};
use super::rest;
use super::site::Site;
use super::text::{self, Lang};
use super::topic_act;
use super::viewer::{Viewer, mark};
use super::views::{self, View};
use crate::engine::clusters;

/// The largest form, in bytes.
const LARGEST_BODY: usize = 64 << 10;
/// How long a view may take to be there.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long a choice is kept, in s.
const YEAR: u32 = 31_536_000;

/// Nothing but what the page brings is run, shown or sent to; nobody frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Shared = State<Arc<Site>>;

pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/c/{cluster}", get(cluster))
        .route("/c/{cluster}/{*view}", get(view))
        .route("/live/{cluster}/{*view}", get(live))
        .route("/do/{cluster}/act", post(act))
        .route("/do/{cluster}/down", post(take_down))
        .route("/do/{cluster}/topic/{what}", post(topic_act))
        .route("/do/{cluster}/group", post(group))
        .route("/do/{cluster}/moves/{what}", post(moves_act))
        .route("/do/{cluster}/members/{what}", post(members_act))
        .route("/choose", get(choose))
        .route("/static/{version}/{name}", get(asset))
        .merge(rest::router())
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(site.clone(), admit))
        // Its own token lets somebody in here.
        .route("/", get(enter))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(guard_browser))
        .with_state(site)
}

/// Tells the browser what this page may do.
async fn guard_browser(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn admit(State(site): Shared, mut request: Request, next: Next) -> Response {
    match site.gate.admit(request.method(), request.headers()) {
        Ok(rights) => {
            request.extensions_mut().insert(rights);
            next.run(request).await
        }
        Err(refused) if rest::is_asked(request.uri()) => rest::turn_away(refused),
        Err(refused) => turn_away(refused, request.headers()),
    }
}

fn turn_away(refused: Refused, headers: &HeaderMap) -> Response {
    let lang = Lang::of(headers);
    let reader = Reader { cluster: "", lang, rights: Rights::Look };
    let why = match refused {
        Refused::Host => "host",
        Refused::Origin => "origin",
        Refused::Token => "token",
        Refused::ReadOnly => "read_only",
    };
    let values = context! { why, assets => assets::addresses(), message => refused.to_string() };
    assets::html(refused.status(), render::page("closed.html", reader, values), headers)
}

#[derive(serde::Deserialize)]
struct Entering {
    token: Option<String>,
}

async fn enter(State(site): Shared, Query(entering): Query<Entering>, request: Request) -> Response {
    let headers = request.headers();
    let Some(token) = entering.token else {
        return match site.gate.admit(request.method(), headers) {
            Ok(_) => Redirect::to(&format!("/c/{}/overview", site.own)).into_response(),
            Err(refused) => turn_away(refused, headers),
        };
    };
    if let Err(refused) = site.gate.check_names(request.method(), headers) {
        return turn_away(refused, headers);
    }
    if site.gate.rights_of(&token).is_none() {
        return turn_away(Refused::Token, headers);
    }
    // A strict cookie does not go with a redirect that another page began: the page itself goes on from here.
    let reader = Reader { cluster: &site.own, lang: Lang::of(headers), rights: Rights::Look };
    let mut response = assets::html(StatusCode::OK, render::page("enter.html", reader, context! {}), headers);
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", site.gate.cookie_name());
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn cluster(Path(cluster): Path<String>) -> Response {
    match clusters::check_name(&cluster) {
        Ok(()) => Redirect::to(&format!("/c/{cluster}/overview")).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

type Pairs = Query<Vec<(String, String)>>;

async fn view(
    State(site): Shared,
    Extension(rights): Extension<Rights>,
    Path((cluster, path)): Path<(String, String)>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Response {
    let lang = Lang::of(&headers);
    let Some(view) = site.cluster(&cluster).and_then(|_| View::parse(&path, &query)) else {
        return missing(&headers);
    };
    let (name, extras) = (view.name(), view.extras().to_vec());
    let mut showing = site.channels.look(&Key { cluster: cluster.clone(), view, lang, rights });
    let shown = tokio::time::timeout(PATIENCE, showing.wait_for(|shown| shown.rendered.version > 0)).await;
    let (body, from) = match shown {
        Ok(Ok(shown)) => (shown.rendered.html.to_string(), mark(&shown)),
        _ => (String::new(), String::new()),
    };
    let address = encoded(&path, &query);
    let clusters: BTreeMap<String, bool> = site
        .clusters()
        .unwrap_or_default()
        .into_iter()
        .map(|one| (one.name, one.supervisor.is_some()))
        .collect();
    let values = context! {
        body, from, extras, view => name, views => views::NAMES.to_vec(), address,
        own => site.own.as_str(), is_kept => site.is_kept(),
        clusters => Value::from(Serde(clusters)), assets => assets::addresses(),
        theme => cookies(&headers).find(|(name, _)| *name == THEME).map(|(_, value)| value),
    };
    let reader = Reader { cluster: &cluster, lang, rights };
    assets::html(StatusCode::OK, render::page("layout.html", reader, values), &headers)
}

/// The address of a view below its cluster's.
fn encoded(path: &str, query: &[(String, String)]) -> String {
    // The path was one before it was decoded; what is in it that a path may not have is encoded again.
    let mut url = String::new();
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            url.push('/');
        }
        url.push_str(&crate::api::client::percent_encoded(segment));
    }
    for (at, (key, value)) in query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        let encoded = crate::api::client::percent_encoded;
        url.push_str(&format!("{}={}", encoded(key), encoded(value)));
    }
    url
}

async fn live(
    State(site): Shared,
    Extension(rights): Extension<Rights>,
    Path((cluster, path)): Path<(String, String)>,
    Query(mut query): Pairs,
    headers: HeaderMap,
) -> Response {
    let from = query.iter().position(|(key, _)| key == "from").map(|at| query.remove(at).1);
    let Some(view) = site.cluster(&cluster).and_then(|_| View::parse(&path, &query)) else {
        return missing(&headers);
    };
    let Some(place) = site.place() else {
        let text = Lang::of(&headers).texts().get_attr("too_many_viewers").unwrap_or_default();
        return (StatusCode::SERVICE_UNAVAILABLE, text.to_string()).into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(from.as_deref());
    let key = Key { cluster, view, lang: Lang::of(&headers), rights };
    let viewer = Viewer::new(site.channels.look(&key), last, place);
    let events = futures_util::stream::unfold(viewer, async |mut viewer| {
        let event = viewer.next().await?;
        Some((event, viewer))
    });
    site.tell(events)
}

async fn act(by: Poster, Posted(wanted): Posted<act::Wanted>) -> Response {
    let Poster { site, dir, .. } = &by;
    by.answer(Some(act::act(dir.clone(), wanted, &site.hub, &site.room, by.reader()).await))
}

async fn take_down(by: Poster, Posted(form): Posted<down::Form>) -> Response {
    let Poster { site, dir, .. } = &by;
    by.answer(Some(down::act(dir.clone(), &form, site, by.reader()).await))
}

async fn topic_act(by: Poster, Posted(fields): Posted<Vec<(String, String)>>) -> Response {
    let Poster { site, dir, what, .. } = &by;
    by.answer(topic_act::act(dir.clone(), what, &fields, &site.room, by.reader()).await)
}

async fn group(by: Poster, Posted(wanted): Posted<group_act::Wanted>) -> Response {
    let Poster { site, dir, .. } = &by;
    by.answer(Some(group_act::act(dir.clone(), wanted, &site.resets, &site.room, by.reader()).await))
}

async fn moves_act(by: Poster, Posted(form): Posted<moves_act::Form>) -> Response {
    let Poster { site, dir, what, .. } = &by;
    by.answer(moves_act::act(dir.clone(), what, form, &site.moves, &site.hub, &site.room, by.reader()).await)
}

async fn members_act(by: Poster, Posted(form): Posted<members_act::Form>) -> Response {
    let Poster { site, dir, what, .. } = &by;
    by.answer(members_act::act(dir.clone(), what, form, &site.hub, &site.room, by.reader()).await)
}

const THEME: &str = "theme";
const THEMES: &[&str] = &["light", "dark", "auto"];

#[derive(serde::Deserialize)]
struct Choice {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

/// Notes a choice and goes back to where it was made.
async fn choose(Query(choice): Query<Choice>) -> Response {
    let is_here = choice.back.starts_with("/c/") && !choice.back.contains(['\\', '\r', '\n']);
    let mut response = Redirect::to(if is_here { &choice.back } else { "/" }).into_response();
    let lang = choice.lang.filter(|code| Lang::parse(code).is_some()).map(|code| (text::COOKIE, code));
    let theme = choice.theme.filter(|theme| THEMES.contains(&theme.as_str())).map(|theme| (THEME, theme));
    for (name, value) in [lang, theme].into_iter().flatten() {
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={YEAR}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    assets::get(&version, &name, &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

async fn nothing(headers: HeaderMap) -> Response {
    missing(&headers)
}
