//! One request of a program: what it asks for, and its answer or refusal as JSON.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{ExitCode, Failure};
use crate::output::problem::Problem;
use crate::paths::ClusterDir;

/// What is asked of a cluster.
#[derive(Debug)]
pub(super) struct Call<Q, B> {
    pub dir: ClusterDir,
    /// What stands in the path, by the names in braces.
    pub names: HashMap<String, String>,
    pub query: Q,
    pub body: B,
}

impl<Q, B> Call<Q, B> {
    /// What stands in the path under this name.
    pub(super) fn name(&self, key: &str) -> &str {
        self.names.get(key).map_or("", String::as_str)
    }
}

/// A value as JSON.
pub(super) fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    (status, axum::Json(value)).into_response()
}

/// A refusal with the status of its exit code.
pub(super) fn failed(failure: Failure) -> Response {
    answer(status(failure.code), &Problem::from(failure))
}

/// A refusal of what was asked for, as it was asked.
pub(super) fn wrong(status: StatusCode, message: impl Into<String>) -> Response {
    answer(status, &Problem::from(Failure::new(ExitCode::Usage, message)))
}

/// The status of an exit code.
pub(super) fn status(code: ExitCode) -> StatusCode {
    match code {
        ExitCode::Ok | ExitCode::Degraded | ExitCode::Unavailable | ExitCode::Denied => StatusCode::OK,
        ExitCode::Usage | ExitCode::BadInput => StatusCode::BAD_REQUEST,
        ExitCode::NotRunning | ExitCode::Refused | ExitCode::Busy => StatusCode::CONFLICT,
        ExitCode::Environment => StatusCode::NOT_IMPLEMENTED,
        ExitCode::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        ExitCode::Failed | ExitCode::Undelivered | ExitCode::Interrupted => StatusCode::BAD_GATEWAY,
    }
}
