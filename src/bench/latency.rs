//! Latencies, in a histogram of fixed size.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Percentiles in ms, to the µs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    #[serde(rename = "p99.9")]
    pub p999: f64,
    pub max: f64,
}

/// In µs, three digits each, up to an hour; what is longer counts as an hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Option<Histogram<u64>>);

const LONGEST_US: u64 = 3_600_000_000;

impl Latencies {
    pub(crate) fn record(&mut self, latency: Duration) {
        self.record_many(latency, 1);
    }

    /// The same for `count` messages at once.
    pub(crate) fn record_many(&mut self, latency: Duration, count: u64) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US);
        // These bounds are legal, so that there is always one.
        if self.0.is_none() {
            self.0 = Histogram::new_with_bounds(1, LONGEST_US, 3).ok();
        }
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record_n(us.min(LONGEST_US), count);
        }
    }

    /// `None`: nothing was recorded.
    pub(crate) fn percentiles(&self) -> Option<Latency> {
        let histogram = self.0.as_ref()?;
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Some(Latency {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1000.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_list_to_three_digits() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentiles(), None);
        (1..=1000).for_each(|ms| latencies.record(Duration::from_millis(ms)));
        let found = latencies.percentiles().unwrap();
        for (found, wanted) in [
            (found.p50, 500.0),
            (found.p95, 950.0),
            (found.p99, 990.0),
            (found.p999, 999.0),
            (found.max, 1000.0),
        ] {
            assert!((found - wanted).abs() <= wanted / 1000.0, "{found} is not {wanted}");
        }
    }

    #[test]
    fn many_at_once_count_each() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(1));
        latencies.record_many(Duration::from_millis(500), 99);
        let found = latencies.percentiles().unwrap();
        assert!(found.p50 > 499.0 && found.max < 501.0, "{found:?}");
    }

    #[test]
    fn what_takes_days_counts_as_an_hour() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_secs(100_000));
        let max = latencies.percentiles().unwrap().max;
        assert!((max - 3_600_000.0).abs() < 4000.0, "{max}");
    }
}
