use proptest::prelude::*;

use super::*;
use crate::spec::defaults;

fn planned(key: &str, value: &str, origin: Origin) -> Setting {
    Setting { key: key.into(), value: value.into(), origin, role: None, reason: None, kafka_default: None }
}

fn synonym(key: &str, value: &str, source: Source) -> Synonym {
    Synonym { key: key.into(), value: Some(value.into()), source }
}

/// As a broker tells it: the value in force and its synonyms, all of the same name.
fn reported(key: &str, kind: Kind, value: &str, sources: &[(Source, &str)]) -> Reported {
    Reported {
        key: key.into(),
        value: Some(value.into()),
        source: sources.first().map_or(Source::Default, |(source, _)| *source),
        sensitive: false,
        kind,
        synonyms: sources.iter().map(|(source, value)| synonym(key, value, *source)).collect(),
    }
}

fn of_broker(reported: &[Reported], file: &[Setting]) -> Vec<InForce> {
    let known = Some(&defaults::of("3.9.2").unwrap().brokers);
    in_force(reported, Against { planned: file, inherited: &[], version: "3.9.2", known })
}

fn problems(settings: &[InForce]) -> Vec<(&str, Problem, &str)> {
    settings
        .iter()
        .filter_map(|one| Some((one.key.as_str(), one.problem?, one.note.as_deref().unwrap())))
        .collect()
}

/// As kafka-configs prints them of a broker with a file like this.
#[test]
fn what_kafka_reads_as_the_same_value_is_no_problem() {
    let cases = [
        ("delete.topic.enable", Kind::Boolean, "TRUE", "true"),
        ("num.io.threads", Kind::Number, " 04 ", "4"),
        ("log.cleanup.policy", Kind::List, "delete , compact", "delete,compact"),
        ("log.cleaner.io.buffer.load.factor", Kind::Number, "0.90", "0.9"),
        ("log.retention.bytes", Kind::Number, "+1000000000", "1000000000"),
        ("compression.type", Kind::Text, " gzip", "gzip"),
        ("metric.reporters", Kind::List, "", ""),
        ("listeners", Kind::Text, "PLAINTEXT://127.0.0.1:19092", "PLAINTEXT://127.0.0.1:19092"),
        ("config.path", Kind::Text, "${file:/a:b}", "what the provider says"),
    ];
    for (key, kind, file, told) in cases {
        let settings = of_broker(
            &[reported(key, kind, told, &[(Source::File, file)])],
            &[planned(key, file, Origin::Cluster)],
        );
        assert_eq!(problems(&settings), [], "{key}");
        assert_eq!((settings[0].source, settings[0].origin), (Source::File, Some(Origin::Cluster)));
    }
    assert!(!same(Kind::Number, "9223372036854775807", "9223372036854775806"), "not as a float");
    assert!(!same(Kind::List, "a,b", "b,a") && !same(Kind::Text, "True", "true"));
}

#[test]
fn a_value_that_was_set_while_it_runs_overrides_the_file() {
    let told =
        reported("num.io.threads", Kind::Number, "6", &[(Source::DynamicBroker, "6"), (Source::File, "4")]);
    let settings = of_broker(&[told], &[planned("num.io.threads", "4", Origin::Profile)]);
    let note = "6 is in force (dynamic, this broker), planned is 4";
    assert_eq!(problems(&settings), [("num.io.threads", Problem::Overridden, note)]);
    assert_eq!(settings[0].fallbacks, [synonym("num.io.threads", "4", Source::File)]);
    assert_eq!((settings[0].kafka_default.as_deref(), settings[0].origin), (Some("8"), None));
    // The same value, set while it runs, changes nothing.
    let told = reported("num.io.threads", Kind::Number, "4", &[(Source::DynamicDefault, "4")]);
    assert_eq!(problems(&of_broker(&[told], &[planned("num.io.threads", "4", Origin::Profile)])), []);
}

#[test]
fn a_finer_unit_wins_over_a_coarser_one() {
    let hours = reported("log.retention.hours", Kind::Number, "24", &[(Source::File, "24")]);
    let mut ms = reported("log.retention.ms", Kind::Number, "1000", &[(Source::DynamicBroker, "1000")]);
    ms.synonyms.push(synonym("log.retention.hours", "24", Source::File));
    let settings = of_broker(&[hours, ms], &[planned("log.retention.hours", "24", Origin::Node)]);
    let note = "log.retention.ms=1000 (dynamic, this broker) wins over it";
    assert_eq!(problems(&settings), [("log.retention.hours", Problem::Overridden, note)]);

    // How often the broker looks, and what a topic takes when nothing else is set.
    let looks = "log.flush.scheduler.interval.ms";
    let often = reported(looks, Kind::Number, "5", &[(Source::File, "5")]);
    let mut flush = reported("log.flush.interval.ms", Kind::Number, "9", &[(Source::File, "9")]);
    flush.synonyms.push(synonym(looks, "5", Source::File));
    let file = [planned(looks, "5", Origin::Node), planned("log.flush.interval.ms", "9", Origin::Node)];
    assert_eq!(problems(&of_broker(&[often, flush], &file)), []);
}

#[test]
fn what_the_broker_does_not_know_is_told_with_what_was_meant_and_never_with_its_value() {
    let unknown = |key: &str| Reported {
        value: None,
        sensitive: true,
        synonyms: vec![Synonym { key: key.into(), value: None, source: Source::File }],
        ..reported(key, Kind::Unknown, "", &[(Source::File, "")])
    };
    let file =
        ["num.partition", "super.users", "not.told"].map(|key| planned(key, "geheim", Origin::Cluster));
    let settings = of_broker(&[unknown("num.partition"), unknown("super.users")], &file);
    assert_eq!(
        problems(&settings),
        [
            ("not.told", Problem::Unknown, "no setting of Kafka 3.9.2"),
            ("num.partition", Problem::Unknown, "no setting of Kafka 3.9.2; did you mean `num.partitions`?"),
        ],
        "Kafka's authorizer reads super.users"
    );
    assert!(!format!("{settings:?}").contains("geheim"));
}

#[test]
fn a_password_is_not_shown_and_is_compared_by_its_source_alone() {
    let password = |source| Reported {
        value: Some("leaked".into()),
        sensitive: true,
        ..reported(
            "ssl.keystore.password",
            Kind::Text,
            "leaked",
            &[(source, "leaked"), (Source::File, "leaked")],
        )
    };
    let file = [planned("ssl.keystore.password", "leaked", Origin::Cluster)];
    let settings = of_broker(&[password(Source::File)], &file);
    assert_eq!(problems(&settings), []);
    assert!(!serde_json::to_string(&settings).unwrap().contains("leaked"));
    let settings = of_broker(&[password(Source::DynamicBroker)], &file);
    assert_eq!(settings[0].problem, Some(Problem::Overridden));
    assert!(!serde_json::to_string(&settings).unwrap().contains("leaked"));
}

#[test]
fn settings_as_kafka_would_have_them_need_no_look() {
    let told = [
        reported("num.partitions", Kind::Number, "1", &[(Source::Default, "1")]),
        reported("offsets.topic.replication.factor", Kind::Number, "3", &[(Source::File, "3")]),
        reported("num.io.threads", Kind::Number, "4", &[(Source::File, "4")]),
        reported("broker.rack", Kind::Text, "left", &[(Source::File, "left")]),
    ];
    let settings = of_broker(&told, &[]);
    let shown: Vec<&str> =
        settings.iter().filter(|one| !one.is_default()).map(|one| one.key.as_str()).collect();
    assert_eq!(shown, ["broker.rack", "num.io.threads"]);
}

#[test]
fn a_topic_tells_what_it_inherits_and_from_which_setting_of_which_layer() {
    let mut retention = reported("retention.ms", Kind::Number, "86400000", &[]);
    retention.source = Source::File;
    retention.synonyms = vec![
        synonym("log.retention.hours", "24", Source::File),
        synonym("log.retention.hours", "168", Source::Default),
    ];
    let own =
        reported("min.insync.replicas", Kind::Number, "1", &[(Source::Topic, "1"), (Source::File, "2")]);
    let against = Against {
        planned: &[planned("min.insync.replicas", "1", Origin::Profile)],
        inherited: &[planned("log.retention.hours", "24", Origin::Node)],
        version: "3.9.2",
        known: Some(&defaults::of("3.9.2").unwrap().topics),
    };
    let settings = in_force(&[retention, own], against);
    assert_eq!((settings[0].origin, settings[0].source), (Some(Origin::Profile), Source::Topic));
    assert_eq!(
        (settings[1].origin, settings[1].from.as_deref()),
        (Some(Origin::Node), Some("log.retention.hours"))
    );
    assert_eq!(settings[1].kafka_default.as_deref(), Some("604800000"));
    assert_eq!(problems(&settings), []);
    assert!(!settings[0].is_default(), "set of the topic, though to Kafka's own default");

    let altered = reported("min.insync.replicas", Kind::Number, "2", &[(Source::Topic, "2")]);
    let settings = in_force(&[altered], against);
    assert_eq!(settings[0].origin, None, "not the spec's any more");
    assert_eq!(settings[0].problem, Some(Problem::Overridden));
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Boolean),
        Just(Kind::Number),
        Just(Kind::List),
        Just(Kind::Text),
        Just(Kind::Unknown)
    ]
}

proptest! {
    /// Kafka trims, so that a file that says what is in force is never an alarm.
    #[test]
    fn a_value_is_the_same_as_itself_with_blanks_round_it(kind in any_kind(), value in "[ -~]{0,12}") {
        prop_assert!(same(kind, &value, &format!(" {value}\t")), "{:?} {:?}", kind, value);
    }

    #[test]
    fn what_is_the_same_is_so_from_both_sides(kind in any_kind(), a in "[0-9a,. ]{0,4}", b in "[0-9a,. ]{0,4}") {
        prop_assert_eq!(same(kind, &a, &b), same(kind, &b, &a));
    }

    /// Whatever is reported of a sensitive setting, from wherever: its value is nowhere in the answer.
    #[test]
    fn a_sensitive_value_is_nowhere(kind in any_kind(), source in 0usize..4, overridden in any::<bool>()) {
        let source = [Source::Topic, Source::DynamicBroker, Source::DynamicDefault, Source::File][source];
        let told = if overridden { "geheim-2" } else { "geheim-1" };
        let mut one = reported("my.password", kind, told, &[(source, told), (Source::File, "geheim-1")]);
        one.sensitive = true;
        let settings = of_broker(&[one], &[planned("my.password", "geheim-1", Origin::Node)]);
        prop_assert!(!serde_json::to_string(&settings).unwrap().contains("geheim"));
    }
}
