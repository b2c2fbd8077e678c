//! Many things asked of one broker, a piece at a time. A deadline is that of one piece and begins when that is sent:
//! what waits for its turn behind others has not been asked yet.

use std::collections::BTreeMap;

use super::error::KafkaError;

/// What a broker told of many things, by name.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub answers: BTreeMap<String, Result<T, KafkaError>>,
    /// Why nothing is told of those that are in no answer.
    pub stopped: Option<KafkaError>,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Told { answers: BTreeMap::new(), stopped: None }
    }
}

impl<T> Told<T> {
    /// What was told of others afterwards.
    pub(crate) fn then(&mut self, others: Told<T>) {
        self.answers.extend(others.answers);
        self.stopped = self.stopped.take().or(others.stopped);
    }
}

/// Asks for `size` of them at a time. The first piece without an answer is the last that is sent, so that a broker
/// that stalls costs one deadline, however much is left.
pub(crate) async fn in_pieces<'a, T, F>(
    names: &'a [&'a str],
    size: usize,
    ask: impl Fn(&'a [&'a str]) -> F,
) -> Told<T>
where
    F: Future<Output = Result<BTreeMap<String, Result<T, KafkaError>>, KafkaError>>,
{
    let mut told = Told::default();
    for piece in names.chunks(size.max(1)) {
        match ask(piece).await {
            Ok(answers) => told.answers.extend(answers),
            Err(error) => {
                told.stopped = Some(error);
                break;
            }
        }
    }
    told
}

/// Partitions by topic, at most `size` of them in a piece.
pub(crate) fn of_partitions<'a>(
    partitions: &BTreeMap<&'a str, Vec<i32>>,
    size: usize,
) -> Vec<BTreeMap<&'a str, Vec<i32>>> {
    let all: Vec<(&str, i32)> = partitions
        .iter()
        .flat_map(|(topic, numbers)| numbers.iter().map(|number| (*topic, *number)))
        .collect();
    let piece = |keys: &[(&'a str, i32)]| {
        let mut piece: BTreeMap<&'a str, Vec<i32>> = BTreeMap::new();
        for (topic, number) in keys {
            piece.entry(topic).or_default().push(*number);
        }
        piece
    };
    all.chunks(size.max(1)).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    #[tokio::test]
    async fn after_a_piece_without_an_answer_no_more_is_asked_and_what_was_told_is_kept() {
        let asked = RefCell::new(Vec::new());
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let told = in_pieces(&names, 2, async |piece: &[&str]| {
            asked.borrow_mut().push(piece.concat());
            match piece.contains(&"c") {
                true => Err(KafkaError::Timeout(Duration::from_millis(5))),
                false => Ok(piece.iter().map(|name| ((*name).to_owned(), Ok(()))).collect()),
            }
        });
        let told: Told<()> = told.await;
        assert_eq!(*asked.borrow(), ["ab", "cd"]);
        assert_eq!(told.answers.into_keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(matches!(told.stopped, Some(KafkaError::Timeout(_))));
    }

    proptest! {
        #[test]
        fn every_partition_is_in_one_piece_and_no_piece_is_too_large(
            partitions in btree_map("[a-c]{1,2}", vec(0..9i32, 0..5), 0..5),
            size in 1usize..7,
        ) {
            let partitions: BTreeMap<&str, Vec<i32>> =
                partitions.iter().map(|(topic, numbers)| (topic.as_str(), numbers.clone())).collect();
            let mut together: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
            for piece in of_partitions(&partitions, size) {
                prop_assert!(piece.values().map(Vec::len).sum::<usize>() <= size);
                piece.into_iter().for_each(|(topic, numbers)| together.entry(topic).or_default().extend(numbers));
            }
            let some: BTreeMap<&str, Vec<i32>> =
                partitions.into_iter().filter(|(_, numbers)| !numbers.is_empty()).collect();
            prop_assert_eq!(together, some);
        }
    }
}
