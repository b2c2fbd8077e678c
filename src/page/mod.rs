//! The page: the second front end over the engine, served by a cluster's supervisor on a port of 127.0.0.1.
//!
//! It runs on a thread of its own ([`front`]), so that viewers never delay the supervisor's loop, and asks for
//! everything as a command does: actions and the watch over the socket, Kafka's administration from the engine.
//!
//! ```text
//! supervisor -> hub (a snapshot per cluster) -> channel (a rendering per view) -> viewers
//! ```
//!
//! What stands between live markers in a template is sent again when it has changed ([`live`]); htmx puts it in its
//! place. Who is let in is decided in one file ([`admit`]).

mod act;
mod admit;
mod answer;
mod assets;
mod channel;
mod down;
mod ending;
mod front;
mod group_act;
mod hub;
mod kept;
mod live;
mod members;
mod members_act;
mod message_form;
mod moves_act;
mod order;
mod plans;
mod posted;
mod racks;
mod render;
mod rest;
mod routes;
mod server;
mod site;
mod text;
mod topic_act;
mod under_way;
mod value;
mod viewer;
mod views;
mod words;

pub(crate) use front::Page;
