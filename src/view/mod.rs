//! What Kafka says at one moment, and what follows from it: verdict, guards, what changed. Pure.

pub mod model;
