//! A form that was posted: where and by whom, and what it says.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::admit::Rights;
use super::answer::missing;
use super::assets;
use super::render::Reader;
use super::site::Site;
use super::text::Lang;
use crate::paths::ClusterDir;

/// Who wants something done in a cluster that there is.
pub(super) struct Poster {
    pub site: Arc<Site>,
    pub dir: ClusterDir,
    /// What is to be done, where the address says it.
    pub what: String,
    cluster: String,
    rights: Rights,
    headers: HeaderMap,
}

impl Poster {
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { cluster: &self.cluster, lang: Lang::of(&self.headers), rights: self.rights }
    }

    /// `None`: there is no such form.
    pub(super) fn answer(&self, html: Option<String>) -> Response {
        match html {
            Some(html) => assets::html(StatusCode::OK, html, &self.headers),
            None => missing(&self.headers),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Poster {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Response> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, site).await;
        let Path(mut names) = path.map_err(IntoResponse::into_response)?;
        let cluster = names.remove("cluster").unwrap_or_default();
        let (dir, rights) = (site.cluster(&cluster), parts.extensions.get().copied());
        let Some((dir, rights)) = dir.zip(rights) else { return Err(missing(&parts.headers)) };
        let what = names.remove("what").unwrap_or_default();
        Ok(Poster { site: site.clone(), dir, what, cluster, rights, headers: parts.headers.clone() })
    }
}

/// What the form says; one that says nothing is answered by what is wrong with it.
pub(super) struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        match Form::from_request(request, site).await {
            Ok(Form(said)) => Ok(Posted(said)),
            Err(rejection) => Err((rejection.status(), rejection.body_text()).into_response()),
        }
    }
}
