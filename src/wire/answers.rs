//! What requests about topics share: names on the way out, a word for each topic on the way back.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::TopicName;
use kafka_protocol::protocol::StrBytes;

use super::error::said;

/// What a broker said of one topic of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicAnswer {
    pub topic: String,
    /// `None`: done.
    pub error: Option<ResponseError>,
    /// The broker's own words, where the version has them.
    pub message: Option<String>,
}

impl TopicAnswer {
    pub(super) fn new(topic: &str, code: i16, message: Option<impl ToString>) -> Self {
        TopicAnswer {
            topic: topic.to_owned(),
            error: ResponseError::try_from_code(code),
            message: message.map(|message| message.to_string()),
        }
    }

    /// The error and the broker's own words; empty when there is no error.
    pub(crate) fn reason(&self) -> String {
        self.error.map(|error| said(error, self.message.as_deref())).unwrap_or_default()
    }
}

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

/// How long a broker may take to do what is asked, in ms: less than we wait for its answer, so that it
/// still says what it did not get done.
pub(super) fn broker_timeout_ms(deadline: Duration) -> i32 {
    i32::try_from(deadline.mul_f32(0.8).as_millis()).unwrap_or(i32::MAX)
}
