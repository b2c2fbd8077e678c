use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::context::Context;
use super::names::Names;
use super::no_cluster::NoCluster;
use super::source;
use crate::error::{End, ExitCode, Failure};
use crate::output::screen::Screen;
use crate::spec;
use crate::spec::examples;
use crate::spec::sketch::{Sketch, Topic};
use crate::spec::versions::{self, Coordination};

/// Write a new spec with the reason beside each line
///
/// What no flag says is asked for on a terminal, and else taken as in a cluster without a spec.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The file to write
    #[arg(default_value = source::FILE)]
    file: PathBuf,

    /// Write one of the specs that come with the program
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(examples::names()))]
    #[arg(conflicts_with_all = ["kafka", "brokers", "zookeeper", "controllers", "combined", "topics"])]
    example: Option<String>,

    /// Version of Kafka, such as 3.9 or 4.3
    #[arg(long, value_name = "VERSION", value_parser = version, add = Names::Versions)]
    kafka: Option<String>,

    /// How many brokers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    brokers: Option<u16>,

    /// How many ZooKeeper servers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=7), conflicts_with = "controllers")]
    zookeeper: Option<u16>,

    /// How many controllers of KRaft
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=7))]
    controllers: Option<u16>,

    /// The first brokers are the controllers
    #[arg(long, conflicts_with = "zookeeper")]
    combined: bool,

    /// A topic, as NAME, NAME:PARTITIONS or NAME:PARTITIONS:REPLICATION_FACTOR; may be given several times
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,

    /// Ask nothing
    #[arg(short, long)]
    yes: bool,

    /// Write over a file that is there
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    _no_cluster: NoCluster,
}

impl Init {
    pub(super) fn run<E>(self, cx: &mut Context<'_, E>) -> Result<ExitCode, End> {
        if self.file.exists() && !self.force {
            let message = format!("{} is there already", self.file.display());
            return Err(Failure::new(ExitCode::Usage, message)
                .hint("name another file, or write over it with `--force`")
                .into());
        }
        let text = match self.example.as_deref().and_then(examples::text) {
            Some(text) => text.to_owned(),
            None => self.sketch(cx.screen)?.text(),
        };
        let name = self.file.to_string_lossy();
        spec::parse(&text, &name).map_err(|errors| {
            Failure::new(ExitCode::Usage, format!("that would be no spec:\n{}", errors.render(false)))
        })?;
        write(&self.file, &text, self.force)?;
        let up = if name == source::FILE { "cluster up".to_owned() } else { format!("cluster up {name}") };
        cx.screen.print(format!("wrote {name}; `{up}` brings it up\n"))?;
        Ok(ExitCode::Ok)
    }

    fn sketch(&self, screen: &mut Screen) -> Result<Sketch, End> {
        let mut ask = |question: &str, default: &str| match self.yes {
            true => Ok(default.to_owned()),
            false => screen.ask(question, default),
        };
        let wants_controllers = self.controllers.is_some() || self.combined;
        let default = if wants_controllers { versions::newest().version } else { versions::DEFAULT };
        let kafka = match &self.kafka {
            Some(given) => given.clone(),
            None => answered(&ask("which version of Kafka", default)?, version)?,
        };
        let resolved = versions::resolve(&kafka).map_or(kafka.as_str(), |known| known.version);
        let coordination = match (self.zookeeper, wants_controllers) {
            (Some(_), _) => Coordination::ZooKeeper,
            (None, true) => Coordination::Kraft,
            (None, false) => versions::default_coordination(resolved),
        };
        let coordinators = match (self.zookeeper.or(self.controllers), coordination) {
            (Some(count), _) => count,
            (None, Coordination::ZooKeeper) => number(&ask("how many ZooKeeper servers", "3")?)?,
            (None, Coordination::Kraft) => number(&ask("how many controllers", "3")?)?,
        };
        let brokers = match self.brokers {
            Some(count) => count,
            None => number(&ask("how many brokers", "3")?)?,
        };
        let mut topics = self.topics.clone();
        if topics.is_empty() {
            let given = ask("topics, as NAME:PARTITIONS:REPLICATION_FACTOR with commas between", "none")?;
            let is_one = |one: &&str| !one.is_empty() && *one != "none";
            topics = given.split(',').map(str::trim).filter(is_one).map(str::to_owned).collect();
        }
        let topics = topics.iter().map(|one| topic(one, brokers)).collect::<Result<_, _>>()?;
        Ok(Sketch {
            name: name_of(&self.file),
            kafka,
            coordinators,
            coordination,
            combined: self.combined,
            brokers,
            topics,
        })
    }
}

/// The file's name, in letters that a cluster's name may have; of one that is called like every other its folder's.
fn name_of(file: &Path) -> String {
    let folder = || std::path::absolute(file).ok()?.parent()?.file_name().map(OsStr::to_owned);
    let stem = match file.file_name() {
        Some(name) if name == source::FILE => folder(),
        _ => file.file_stem().map(OsStr::to_owned),
    };
    let stem = stem.unwrap_or_default().to_string_lossy().to_lowercase();
    let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = stem.chars().map(legal).collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "velib".to_owned() } else { name.to_owned() }
}

fn version(text: &str) -> Result<String, String> {
    match versions::resolve(text) {
        Some(_) => Ok(text.to_owned()),
        None => {
            let all: Vec<&str> = versions::SUPPORTED.iter().map(|known| known.version).collect();
            Err(format!("supported are {}", all.join(", ")))
        }
    }
}

fn answered<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Failure> {
    parse(text).map_err(|why| Failure::new(ExitCode::Usage, format!("`{text}` is no answer: {why}")))
}

fn number(text: &str) -> Result<u16, Failure> {
    answered(text, |text| text.parse().map_err(|_| "it has to be a whole number".to_owned()))
}

fn topic(text: &str, brokers: u16) -> Result<Topic, Failure> {
    let bad = || {
        Failure::new(ExitCode::Usage, format!("`{text}` is no topic"))
            .hint("write NAME, NAME:PARTITIONS or NAME:PARTITIONS:REPLICATION_FACTOR")
    };
    let mut parts = text.split(':');
    let name = parts.next().filter(|name| !name.is_empty()).ok_or_else(bad)?.to_owned();
    let partitions = parts.next().map_or(Ok(3), str::parse).map_err(|_| bad())?;
    let replication_factor = parts.next().map_or(Ok(brokers.min(3)), str::parse).map_err(|_| bad())?;
    match parts.next() {
        Some(_) => Err(bad()),
        None => Ok(Topic { name, partitions, replication_factor }),
    }
}

/// Two at once do not write over each other unless they were told to.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = File::options();
    let options = if force { options.create(true).truncate(true) } else { options.create_new(true) };
    let written = options.write(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::io("write", path, &error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::testing::{Fake, run, run_answering};

    fn spec_of(path: &Path) -> spec::Spec {
        spec::load(path).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn flags_make_a_spec_that_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("Our+bikes.yaml");
        let flags = "--kafka 4.3 --brokers 5 --controllers 3 --topic a:6:2 --topic b";
        let ran = run(Fake::with_clusters(&[]), &format!("init {} {flags}", file.display()));
        assert_eq!(ran.code, ExitCode::Ok, "{}", ran.err);
        let spec = spec_of(&file);
        assert_eq!((spec.name.as_str(), spec.brokers.count, spec.controllers.count), ("our-bikes", 5, 3));
        assert_eq!((spec.topics["a"].partitions, spec.topics["b"].replication_factor), (6, 3));
    }

    #[test]
    fn a_file_that_is_there_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mine.yaml");
        fs::write(&file, "mine").unwrap();
        let ran = run(Fake::with_clusters(&[]), &format!("init {} --yes", file.display()));
        assert_eq!(ran.code, ExitCode::Usage);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        run(Fake::with_clusters(&[]), &format!("init {} --yes --force", file.display()));
        assert_eq!(spec_of(&file).brokers.count, 3);
    }

    #[test]
    fn what_no_flag_says_is_asked_for_and_a_wrong_answer_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("asked.yaml");
        let line = format!("init {} --brokers 2", file.display());
        run_answering(Fake::with_clusters(&[]), &line, "4\n\nbikes:6:2\n");
        let spec = spec_of(&file);
        assert_eq!((spec.brokers.count, spec.controllers.count), (2, 3));
        assert_eq!(spec.topics["bikes"].partitions, 6);
        let other = dir.path().join("other.yaml");
        let ran = run_answering(Fake::with_clusters(&[]), &format!("init {}", other.display()), "seven\n");
        assert_eq!((ran.code, other.exists()), (ExitCode::Usage, false));
    }
}
