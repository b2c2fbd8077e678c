//! A file per promise.

mod adoption;
mod answers;
mod bad_input;
mod chaos;
mod class_data;
mod crashes;
mod environment;
mod examples;
mod foreground;
mod full_disk;
mod identity;
mod isolation;
mod kafka_defaults;
mod look;
mod moving;
mod once;
mod ports;
mod run;
mod serial;
mod stop;
mod tools;
mod topics;
mod tutorial;
mod usable;
