//! What can be asked for, as it is declared: each operation is a route, and an entry of the document.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call::{Call, answer, failed, wrong};
use super::document::{Document, Named};
use crate::error::{ExitCode, Failure};
use crate::page::site::Site;
use crate::page::under_way::Stand;

pub(super) const JSON: &str = "application/json";

/// No query, or no body.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Operations as they are declared: routes, and where somebody asks for it the document of them.
pub(super) struct Operations {
    pub router: Router<Arc<Site>>,
    pub document: Option<Document>,
}

impl Operations {
    /// One whose route is made apart.
    pub(super) fn describe<Q: JsonSchema, B: JsonSchema, A: JsonSchema>(&mut self, named: &Named) {
        if let Some(document) = &mut self.document {
            document.add::<Q, B, A>(named);
        }
    }

    /// One of a cluster that `run` does, whose answer is a value.
    pub(super) fn add<Q, B, A, F>(
        &mut self,
        (method, path): (&Method, &str),
        (id, summary): (&'static str, &'static str),
        run: fn(Call<Q, B>) -> F,
    ) where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        A: Serialize + JsonSchema + Send + 'static,
        F: Future<Output = Result<A, Failure>> + 'static,
    {
        let (method, path) = (method.clone(), of_cluster(path));
        let named = Named { method, path, id, summary, answers: JSON, may_refuse: false };
        self.add_as(named, run, |_| ExitCode::Ok);
    }

    /// One whose answer says itself how it `ended`, when it may refuse.
    pub(super) fn add_as<Q, B, A, F>(
        &mut self,
        named: Named,
        run: fn(Call<Q, B>) -> F,
        ended: fn(&A) -> ExitCode,
    ) where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        A: Serialize + JsonSchema + Send + 'static,
        F: Future<Output = Result<A, Failure>> + 'static,
    {
        self.describe::<Q, B, A>(&named);
        let filter = MethodFilter::try_from(named.method.clone()).unwrap_or(MethodFilter::GET);
        let handler = async move |State(site): State<Arc<Site>>,
                                  Path(names): Path<HashMap<String, String>>,
                                  uri: Uri,
                                  body: Result<Bytes, BytesRejection>| {
            let call = match read(&site, names, &uri, body) {
                Ok(call) => call,
                Err(refusal) => return refusal,
            };
            match site.room.run(None, run(call)).await {
                Stand::Through(Ok(value)) => answer(super::call::status(ended(&value)), &value),
                Stand::Through(Err(failure)) => failed(failure),
                Stand::Lost(why) => failed(Failure::new(ExitCode::Failed, why)),
                Stand::Full | Stand::UnderWay => {
                    wrong(StatusCode::SERVICE_UNAVAILABLE, "too many requests are under way; try again")
                }
            }
        };
        self.router = std::mem::take(&mut self.router).route(&named.path, on(filter, handler));
    }
}

/// The path of what is a cluster's.
pub(super) fn of_cluster(path: &str) -> String {
    format!("/api/v1/clusters/{{cluster}}{path}")
}

/// What is asked for, or the answer to what cannot be read.
#[expect(clippy::result_large_err, reason = "a response is what it is to become")]
fn read<Q: DeserializeOwned, B: DeserializeOwned>(
    site: &Site,
    names: HashMap<String, String>,
    uri: &Uri,
    body: Result<Bytes, BytesRejection>,
) -> Result<Call<Q, B>, Response> {
    let cluster = names.get("cluster").map_or("", String::as_str);
    let Some(dir) = site.cluster(cluster) else {
        return Err(wrong(StatusCode::NOT_FOUND, format!("there is no cluster `{cluster}`")));
    };
    let query = Query::<Q>::try_from_uri(uri).map_err(|rejection| {
        let text = rejection.body_text();
        let why = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
        wrong(rejection.status(), format!("query: {why}"))
    })?;
    let body = body.map_err(|rejection| wrong(rejection.status(), rejection.body_text()))?;
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let body = serde_json::from_slice(text)
        .map_err(|error| wrong(StatusCode::BAD_REQUEST, format!("body: {error}")))?;
    Ok(Call { dir, names, query: query.0, body })
}
