//! Words that JSON has as people write them: `broker-0`, `SIGKILL`, `leader:velib-stations/3`.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exit::Exit;
use super::ids::NodeName;
use super::signal::Signal;
use super::target::Target;

macro_rules! as_text {
    ($($word:ty),+) => {$(
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
    )+};
}

as_text!(NodeName, Signal, Exit, Target);
