//! Words that JSON has as people write them: `broker-0`, `SIGKILL`, `leader:velib-stations/3`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exit::Exit;
use super::ids::NodeName;
use super::signal::Signal;
use super::target::Target;

macro_rules! as_text {
    ($($word:ident: $shape:literal),+ $(,)?) => {$(
        impl Serialize for $word {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $word {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $word {
            fn schema_name() -> Cow<'static, str> {
                stringify!($word).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $shape })
            }
        }
    )+};
}

as_text!(
    NodeName: "A node, such as `broker-0`, `controller-100` or `zookeeper-1`.",
    Signal: "A signal, such as `SIGKILL`.",
    Exit: "How a process ended: `exit code 143 (SIGTERM)`, `SIGKILL`, `unknown (it was adopted)`.",
    Target: "A node, or whom it is at the moment: `controller`, `zookeeper-leader`, `leader:velib-stations/3`.",
);
