//! A question that any broker can answer.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

use super::error::KafkaError;
use super::pool::Pool;

/// Each broker is asked this much after the one before it, unless that has answered: a question that
/// is given up makes an old broker warn in its log that nobody takes its answer.
const HEAD_START: Duration = Duration::from_millis(50);

/// The first answer of any broker. A dead or paused one costs little time. `ask` has a deadline of its own.
pub(crate) async fn any<T, F: Future<Output = Result<T, KafkaError>>>(
    pool: &Pool,
    ask: impl Fn(SocketAddr) -> F,
) -> Result<T, KafkaError> {
    let mut answers: FuturesUnordered<_> = pool
        .endpoints()
        .brokers
        .iter()
        .zip(0..)
        .map(|((id, address), turn)| {
            let answer = ask(*address);
            async move {
                sleep(HEAD_START * turn).await;
                (*id, answer.await)
            }
        })
        .collect();
    let mut failures = Vec::new();
    while let Some((id, answer)) = answers.next().await {
        match answer {
            Ok(answer) => return Ok(answer),
            // The others would say the same.
            Err(error) if error.is_refusal() => return Err(error),
            Err(error) => failures.push(format!("broker-{id}: {error}")),
        }
    }
    failures.sort();
    Err(KafkaError::NoBroker(failures.join("; ")))
}
