//! What is answered apart from views: what came of a form, and that there is nothing.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use minijinja::context;

use super::admit::Rights;
use super::assets;
use super::render::{self, Reader};
use super::text::Lang;
use super::under_way::Stand;
use super::value::told;
use super::words::Said;

/// An answer in somebody else's words. `kind`: as the texts name it, such as `done` or `failed`.
pub(super) fn plain(reader: Reader<'_>, kind: &str, message: &str) -> String {
    let message = told(Said::theirs(message.trim_end()));
    render::page("answer.html", reader, context! { kind, message })
}

/// What came of a request, or the answer that nothing has yet.
pub(super) fn through<T>(reader: Reader<'_>, stand: Stand<T>) -> Result<T, String> {
    match stand {
        Stand::Through(came) => Ok(came),
        Stand::UnderWay => Err(plain(reader, "under_way", "")),
        Stand::Full => Err(plain(reader, "full", "")),
        Stand::Lost(why) => Err(plain(reader, "failed", &why)),
    }
}

/// There is nothing at this address.
pub(super) fn missing(headers: &HeaderMap) -> Response {
    let reader = Reader { cluster: "", lang: Lang::of(headers), rights: Rights::Look };
    let values = context! { why => "missing", assets => assets::addresses(), message => "" };
    assets::html(StatusCode::NOT_FOUND, render::page("closed.html", reader, values), headers)
}
