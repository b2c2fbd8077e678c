//! TAB, in real shells: bash, and zsh and fish where they are installed.

use std::collections::BTreeSet;
use std::process::Command;

use crate::common::home::TestHome;
use crate::common::run::Running;

/// Two clusters that have never run: folders with a plan.
fn with_plans() -> TestHome {
    let home = TestHome::new();
    for name in ["docks", "velib"] {
        let spec = format!(
            "name: {name}\nbrokers: 3\nzookeeper: 1\ntopics: {{ {name}-stations: {{ partitions: 12, replication_factor: 2 }} }}\n"
        );
        let path = home.write(&format!("{name}.yaml"), spec);
        let plan = home.cluster(&["plan", &path, "--json"]).ok().out;
        let folder = home.state().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("plan.json"), plan).unwrap();
    }
    home
}

/// What a shell offers where these words end, one by one.
fn offered(home: &TestHome, shell: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(shell);
    let ours = home.command(&[""; 0]);
    command.args(arguments).current_dir(home.root());
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("CLUSTER", env!("CARGO_BIN_EXE_cluster"));
    let run = Running::start(command).finish().ok();
    assert_eq!(run.err, "", "{shell}: nobody who presses TAB is told of errors");
    run.out.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// Each line as it is typed, and what is offered: in bash only what follows the last `:` or `=`.
const LINES: [(&str, &[&str]); 9] = [
    ("cluster -c velib kill bro", &["broker-0", "broker-1", "broker-2"]),
    ("cluster kill -c velib broker-0 bro", &["broker-1", "broker-2"]),
    ("cluster -c velib kill leader:", &["leader:velib-stations/"]),
    (
        "cluster -c velib kill leader:velib-stations/1",
        &["leader:velib-stations/1", "leader:velib-stations/10", "leader:velib-stations/11"],
    ),
    ("cluster -c docks topic describe ", &["docks-stations"]),
    ("cluster --cluster=velib topic describe ", &["velib-stations"]),
    ("cluster down ", &["docks", "velib"]),
    ("cluster -c velib topic create t --config retention.m", &["retention.ms="]),
    ("cluster kill bro", &[]),
];

#[test]
fn bash_completes_names() {
    let home = with_plans();
    for (line, expected) in LINES {
        // As readline does it: words are broken at `:` and `=`, and $2 is what follows the last break.
        let script = r#"
            source <("$CLUSTER" completions bash)
            COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=()
            read -ra words <<<"$(sed 's/[:=]/ & /g' <<<"$1")"
            COMP_WORDS=("${words[@]}"); [[ $1 != *' ' ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            current=${COMP_WORDS[COMP_CWORD]}; [[ $current != [:=] ]] || current=
            _cluster cluster "$current" ""
            printf '%s\n' "${COMPREPLY[@]}"
        "#;
        let found = offered(&home, "bash", &["-c", script, "bash", line]);
        let word = line.rsplit(' ').next().unwrap();
        let kept = word.rfind([':', '=']).map_or(0, |at| at + 1);
        let expected: Vec<_> = expected.iter().map(|name| &name[kept..]).collect();
        // `printf` without words prints an empty line.
        let found: Vec<_> = found.iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn fish_completes_names() {
    if Command::new("fish").arg("--version").output().is_err() {
        return println!("without fish: it is not installed");
    }
    let home = with_plans();
    for (line, expected) in LINES {
        let script = "$CLUSTER completions fish | source; complete --do-complete $argv[1]";
        let found = offered(&home, "fish", &["--no-config", "-c", script, line]);
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn zsh_completes_names() {
    if Command::new("zsh").arg("--version").output().is_err() {
        return println!("without zsh: it is not installed");
    }
    let home = with_plans();
    for (line, expected) in LINES {
        // What the completion system is handed, in a shell of its own on a terminal of its own.
        let script = r#"
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'PS1= PS2=; stty -echo 2>/dev/null; autoload -U compinit; compinit -D; source <("$CLUSTER" completions zsh)
                compadd() {
                    builtin compadd -O found "$@"
                    (( $#found )) && print -rl -- $found >>offered
                }
                finished() { zle complete-word; print -r -- end >>offered; exit }
                zle -C complete-word complete-word _main_complete
                zle -N finished; bindkey "^X" finished; print -r -- ready >offered'
            until [[ -s offered ]]; do sleep 0.01; done
            : >offered
            zpty -w -n shell "$1"$'\x18'
            until [[ "$(tail -n 1 offered)" == end ]]; do sleep 0.01; done
            zpty -d shell
            sed '$d' offered
        "#;
        let _ = std::fs::remove_file(home.root().join("offered"));
        // It is asked for the same words once for their widths, and once more to offer them.
        let found: BTreeSet<_> =
            offered(&home, "zsh", &["-f", "-c", script, "zsh", line]).into_iter().collect();
        assert_eq!(found, expected.iter().map(|name| (*name).to_owned()).collect(), "{line}");
    }
}
