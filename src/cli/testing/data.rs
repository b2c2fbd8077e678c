//! What a test says of messages.

use super::Fake;
use crate::bench::Order as BenchOrder;
use crate::engine::bench;
use crate::engine::consume::browse;
use crate::engine::consume::read::{self, Sink};
use crate::engine::ops::DataOps;
use crate::engine::produce::feed::{Ended, OnTalk, Order};
use crate::engine::produce::one::{self, Landed};
use crate::error::{End, Failure};
use crate::paths::ClusterDir;
use crate::wire::records::StoredRecord;

/// What becomes of an operation on messages.
pub(crate) enum Data {
    Benched(Box<Result<bench::Ended, Failure>>),
    Produced(Result<Ended, Failure>),
    /// The records of partition 0 first.
    Consumed(Vec<StoredRecord>, Result<read::Ended, Failure>),
}

#[derive(Default)]
pub(super) struct Script {
    answer: Option<Data>,
    orders: Vec<Order>,
    reads: Vec<read::Order>,
    benches: Vec<BenchOrder>,
}

impl Fake {
    pub(crate) fn data(&self, answer: Data) {
        self.data.borrow_mut().answer = Some(answer);
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        self.data.borrow().orders.clone()
    }

    /// What was asked of `bench`.
    pub(crate) fn benches(&self) -> Vec<BenchOrder> {
        self.data.borrow().benches.clone()
    }

    /// What was asked of `consume`.
    pub(crate) fn reads(&self) -> Vec<read::Order> {
        self.data.borrow().reads.clone()
    }

    fn scripted_data(&self) -> Data {
        self.data.borrow_mut().answer.take().expect("an operation on messages is scripted")
    }
}

impl DataOps for Fake {
    async fn consume(
        &self,
        _: &ClusterDir,
        order: &read::Order,
        sink: &mut dyn Sink,
    ) -> Result<read::Ended, End> {
        self.data.borrow_mut().reads.push(order.clone());
        let Data::Consumed(records, answer) = self.scripted_data() else {
            panic!("another operation is scripted")
        };
        for record in &records {
            sink.record(0, record)?;
        }
        sink.flush()?;
        Ok(answer?)
    }

    async fn browse(&self, _: &ClusterDir, _: &browse::Order) -> Result<browse::Page, Failure> {
        unreachable!("no command browses")
    }

    async fn produce(&self, _: &ClusterDir, order: &Order, talk: OnTalk<'_>) -> Result<Ended, Failure> {
        self.data.borrow_mut().orders.push(order.clone());
        let Data::Produced(answer) = self.scripted_data() else { panic!("another operation is scripted") };
        talk("broker-1 answers again".to_owned());
        answer
    }

    async fn produce_one(&self, _: &ClusterDir, _: &one::Order) -> Result<Landed, Failure> {
        unreachable!("no command sends one")
    }

    async fn bench(
        &self,
        _: &ClusterDir,
        order: &BenchOrder,
        _: OnTalk<'_>,
    ) -> Result<bench::Ended, Failure> {
        self.data.borrow_mut().benches.push(order.clone());
        let Data::Benched(answer) = self.scripted_data() else { panic!("another operation is scripted") };
        *answer
    }
}
