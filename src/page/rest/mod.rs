//! The page for programs: what commands answer and do, as JSON under `/api/v1`, with an OpenAPI document of it.

mod call;
mod change;
mod document;
mod members;
mod messages;
mod moves;
mod operations;
mod read;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use self::call::{answer, failed, wrong};
use self::document::{Document, Named};
use self::operations::{JSON, Nothing, Operations, of_cluster};
use super::admit::Refused;
use super::site::Site;
use crate::engine::ops::{FolderOps, LIVE};
use crate::engine::outcome::exit_code;
use crate::output::cluster::Listed;

/// Every operation, in a document too where there is one.
fn operations(document: Option<Document>) -> Operations {
    let mut all = Operations { router: Router::new(), document };
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    all.add(
        (&get, "/status"),
        ("status", "How every node and partition is, and what that comes to."),
        read::status,
    );
    all.add((&get, "/events"), ("events", "The journal."), read::events);
    all.add((&get, "/topics"), ("topics", "Every topic."), read::topics);
    all.add((&post, "/topics"), ("createTopic", "Creates a topic."), change::create_topic);
    all.add(
        (&get, "/topics/{topic}"),
        ("topic", "A topic's partitions, with offsets and sizes."),
        read::topic,
    );
    all.add(
        (&patch, "/topics/{topic}"),
        ("alterTopic", "Changes a topic's partitions and settings."),
        change::alter_topic,
    );
    all.add(
        (&delete, "/topics/{topic}"),
        ("deleteTopic", "Deletes a topic, with its messages."),
        change::delete_topic,
    );
    all.add(
        (&get, "/topics/{topic}/config"),
        ("topicConfig", "Its settings in force, with where each comes from."),
        read::topic_config,
    );
    all.add(
        (&get, "/topics/{topic}/explain"),
        ("explain", "Which brokers may fail, and what it would do to it."),
        read::explain,
    );
    all.add(
        (&post, "/topics/{topic}/elect"),
        ("electTopic", "Has its preferred leaders elected."),
        change::elect_topic,
    );
    all.add(
        (&get, "/topics/{topic}/messages"),
        ("messages", "Messages of a topic, from a place on."),
        messages::messages,
    );
    all.add((&post, "/topics/{topic}/messages"), ("send", "Sends a message."), messages::send);
    all.add((&post, "/elect"), ("elect", "Has the preferred leaders of all topics elected."), change::elect);
    all.add((&get, "/groups"), ("groups", "Every group."), read::groups);
    all.add((&get, "/groups/{group}"), ("group", "A group's members, offsets and lag."), read::group);
    all.add(
        (&delete, "/groups/{group}"),
        ("deleteGroup", "Deletes a group, with its offsets."),
        change::delete_group,
    );
    all.add(
        (&post, "/groups/{group}/reset"),
        ("resetGroup", "Moves a group's offsets, or says where they would go."),
        change::reset_group,
    );
    all.add(
        (&get, "/nodes/{node}/config"),
        ("nodeConfig", "A node's settings in force, with where each comes from."),
        read::node_config,
    );
    all.add(
        (&delete, "/nodes/{node}"),
        ("decommission", "Takes a broker that holds no replica out for good, and deletes its data."),
        members::decommission,
    );
    all.add(
        (&post, "/scale"),
        ("scale", "Adds brokers, and answers when the cluster is usable with them."),
        members::scale,
    );
    all.add((&get, "/disks"), ("disks", "The log folders of every broker."), read::disks);
    all.add((&get, "/quorum"), ("quorum", "The quorum of a KRaft cluster."), read::quorum);
    all.add((&get, "/moves"), ("moves", "Replicas that are being moved, whoever began it."), moves::moving);
    all.add(
        (&post, "/moves/propose"),
        ("proposeMoves", "Which replicas would be moved so that they are spread evenly."),
        moves::propose,
    );
    all.add(
        (&post, "/moves"),
        ("move", "Moves replicas, and answers when they are where they shall be."),
        moves::begin,
    );
    all.add((&delete, "/moves"), ("cancelMoves", "Takes back what is under way."), moves::cancel);
    let ending = Named {
        method: Method::POST,
        path: of_cluster("/down"),
        id: "down",
        summary: "Takes the cluster down, as `down` does it, and answers when nothing of it runs; what it has is kept. If this is its own page, it ends after that.",
        answers: JSON,
        may_refuse: true,
    };
    all.add_as(ending, change::down, |report| exit_code(report.result));
    let acting = Named {
        method: Method::POST,
        path: of_cluster("/actions"),
        id: "act",
        summary: "Kills, stops, starts, pauses, resumes or restarts nodes, and answers when that is through.",
        answers: JSON,
        may_refuse: true,
    };
    all.add_as(acting, change::act, |report| exit_code(report.result));
    all.describe::<Nothing, Nothing, watch::Seen>(&Named {
        method: Method::GET,
        path: of_cluster("/watch"),
        id: "watch",
        summary: "The state of the cluster whenever it changed, and every event, as server-sent events named status and event.",
        answers: "text/event-stream",
        may_refuse: false,
    });
    all.describe::<Nothing, Nothing, Vec<Listed>>(&Named {
        method: Method::GET,
        path: "/api/v1/clusters".to_owned(),
        id: "clusters",
        summary: "Every cluster of this user.",
        answers: JSON,
        may_refuse: false,
    });
    all
}

pub(super) fn router() -> Router<Arc<Site>> {
    operations(None)
        .router
        .route("/api/v1/clusters", get(clusters))
        .route(&of_cluster("/watch"), get(watch::watch))
        .route("/api/v1/openapi.json", get(document))
        .route("/api/{*rest}", any(missing))
}

async fn document() -> Response {
    let document = operations(Some(Document::new())).document.map(Document::finish);
    answer(StatusCode::OK, &document)
}

/// It is a program that asks.
pub(super) fn is_asked(uri: &Uri) -> bool {
    uri.path().starts_with("/api/")
}

pub(super) fn turn_away(refused: Refused) -> Response {
    wrong(refused.status(), refused.to_string())
}

async fn clusters(State(site): State<Arc<Site>>) -> Response {
    let found = match site.clusters() {
        Ok(found) => found,
        Err(failure) => return failed(failure),
    };
    let listed: Vec<_> = found.iter().map(|one| Listed::of(one, LIVE.stored_plan(&one.dir))).collect();
    answer(StatusCode::OK, &listed)
}

async fn missing(uri: Uri) -> Response {
    let message = format!("there is no {}; /api/v1/openapi.json lists what there is", uri.path());
    wrong(StatusCode::NOT_FOUND, message).into_response()
}
