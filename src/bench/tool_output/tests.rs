use crate::bench::tool_output::*;

#[test]
fn the_last_line_of_the_producers_tool_counts() {
    let said = "10 records sent, 2.0 records/sec (0.00 MB/sec), 1.0 ms avg latency, 2.0 ms max latency.\n\
        50000 records sent, 19267.8 records/sec (1.84 MB/sec), 9.62 ms avg latency, 351.00 ms max latency, \
        4 ms 50th, 40 ms 95th, 88 ms 99th, 93 ms 99.9th.\n";
    let kafka = read(Mode::Produce, said, 100, 50_000).unwrap();
    assert_eq!((kafka.tool, kafka.messages), ("kafka-producer-perf-test", 50_000));
    assert_eq!((kafka.messages_per_s, kafka.mb_per_s), (Some(19_267.8), Some(1.926_78)));
    let latency =
        ToolLatency { p50: Some(4.0), p95: Some(40.0), p99: Some(88.0), p999: Some(93.0), max: Some(351.0) };
    assert_eq!(kafka.latency_ms, Some(latency));
    // 4.x prints a line before it for the time that it takes to be warm (KIP-1052), only when asked to.
    for nothing in ["", "org.apache.kafka...", "1 records sent, x records/sec, 1 ms 99.9th."] {
        assert_eq!(read(Mode::Produce, nothing, 100, 1), None, "{nothing}");
    }
}

#[test]
fn the_consumers_tool_counts_without_joining_where_it_tells() {
    let old = "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec\n\
        2026-01-01 00:00:00:000, 2026-01-01 00:00:01:000, 9.5367, 10.0000, 100000, 50000.0000\n";
    let kafka = read(Mode::Consume, old, 100, 1).unwrap();
    assert_eq!((kafka.messages, kafka.messages_per_s), (100_000, Some(50_000.0)));
    assert!(kafka.mb_per_s.is_some_and(|mb| (mb - 10.485_76).abs() < 1e-9) && kafka.latency_ms.is_none());
    let new = "WARNING: option [x] has been deprecated\n\
        start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, \
        fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n\
        2026-01-01 00:00:00:000, 2026-01-01 00:00:03:500, 9.5367, 2.7248, 100000, 28571.4286, 3000, 500, \
        19.0735, 200000.0000\n";
    let kafka = read(Mode::Consume, new, 100, 1).unwrap();
    assert_eq!((kafka.messages, kafka.messages_per_s), (100_000, Some(200_000.0)));
    assert_eq!(kafka.mb_per_s.map(f64::round), Some(20.0));
    for nothing in ["", "start.time, end.time", "start.time\n", "start.time, nMsg.sec\n1, x\n"] {
        assert_eq!(read(Mode::Consume, nothing, 100, 1), None, "{nothing}");
    }
}

#[test]
fn the_end_to_end_tool_tells_three_percentiles() {
    let said = "0\t12.5\nAvg latency: 1.2345 ms\n\nPercentiles: 50th = 1, 99th = 4, 99.9th = 19\n";
    let kafka = read(Mode::EndToEnd, said, 100, 1000).unwrap();
    let latency = ToolLatency { p50: Some(1.0), p99: Some(4.0), p999: Some(19.0), ..ToolLatency::default() };
    assert_eq!((kafka.messages, kafka.latency_ms), (1000, Some(latency)));
    assert_eq!(read(Mode::EndToEnd, "Avg latency: 1.2345 ms\n", 100, 1000), None);
}
