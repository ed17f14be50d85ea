//! How long the pure work takes, how much memory, and how both grow: load and validate, plan without and with change.
//!
//! ```text
//! cargo bench --bench speed [-- --users 1000 --users 50000 --rounds 5]
//! ```
//!
//! Every figure is taken in a process of its own, so that its peak memory is its own, and is the median of some rounds.
//! What counts are ratios taken in one run: to a bare parse of the same files into YAML events on two threads, which no
//! reader of YAML can beat, and to the size before. Times themselves depend on the machine.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement meets the machine and prints what it finds"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rayon::prelude::*;
use seatplan::diagnostic::Sink;
use seatplan::env::Env;
use seatplan::model::{
    AccountName, Actor, Address, Desired, Entry, Kind, Observation, ResourceId, State, Subject,
    TargetId,
};
use seatplan::ops::estate::{self, Loaded};
use seatplan::plan::{self, GuardRecord};
use seatplan::product::Products;
use seatplan::rules::{self, DesiredContext, PlanContext};
use seatplan::text::Sources;
use seatplan::{config, provider};

const FILES: usize = 1_000;
const SIZES: [usize; 3] = [1_000, 10_000, 50_000];

/// What is measured: a name for `--measure`, and the threads that it may use.
const MEASURES: [(&str, usize); 5] = [
    ("events", 2),
    ("validate", 1),
    ("validate", 2),
    ("plan-same", 2),
    ("plan-1%", 2),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = args.iter().position(|it| it == name)?;
        args.get(at + 1).cloned()
    };
    if let Some(what) = value("--measure") {
        let folder = PathBuf::from(value("--folder").expect("--measure comes with --folder"));
        return measure(&what, &folder);
    }
    let rounds = value("--rounds").map_or(5, |it| it.parse().expect("--rounds takes a number"));
    let chosen: Vec<usize> = args
        .windows(2)
        .filter(|pair| pair[0] == "--users")
        .map(|pair| pair[1].parse().expect("--users takes a number"))
        .collect();
    let sizes = if chosen.is_empty() {
        SIZES.to_vec()
    } else {
        chosen
    };
    let mut before: Option<(usize, Figures)> = None;
    for users in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let bytes = write_estate(folder.path(), users);
        let figures = take(folder.path(), rounds);
        report(users, bytes, &figures);
        if let Some((fewer, earlier)) = &before {
            report_growth(*fewer, users, earlier, &figures);
        }
        before = Some((users, figures));
    }
}

/// Median milliseconds and peak KiB, by measure and threads.
type Figures = BTreeMap<(&'static str, usize), (f64, u64)>;

fn take(folder: &Path, rounds: usize) -> Figures {
    let mut all: BTreeMap<_, Vec<(f64, u64)>> = BTreeMap::new();
    // Round by round, so that a slow minute of the machine befalls every measure alike.
    for _ in 0..rounds {
        for (what, threads) in MEASURES {
            all.entry((what, threads))
                .or_default()
                .push(child(what, threads, folder));
        }
    }
    all.into_iter()
        .map(|(key, mut taken)| {
            taken.sort_by(|a, b| a.0.total_cmp(&b.0));
            let peak = taken.iter().map(|it| it.1).max().unwrap_or_default();
            (key, (taken[taken.len() / 2].0, peak))
        })
        .collect()
}

fn child(what: &str, threads: usize, folder: &Path) -> (f64, u64) {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--measure", what, "--folder"])
        .arg(folder)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .output()
        .expect("this program can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<&str> = text.split_whitespace().collect();
    match numbers.as_slice() {
        [ms, kib] => (
            ms.parse().expect("a number"),
            kib.parse().expect("a number"),
        ),
        _ => panic!(
            "{what} failed: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// Takes one figure and prints it: milliseconds, and peak KiB of this process.
fn measure(what: &str, folder: &Path) {
    let ms = match what {
        "events" => events(folder),
        "validate" => validate(folder).0,
        "plan-same" => plan(folder, 0),
        "plan-1%" => plan(folder, 100),
        other => panic!("nothing is called {other}"),
    };
    println!("{ms} {}", peak_kib());
}

fn events(folder: &Path) -> f64 {
    let started = Instant::now();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("people"))
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let events: usize = files
        .par_iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("readable");
            granit_parser::Parser::new_from_str(&text)
                .inspect(|event| assert!(event.is_ok()))
                .count()
        })
        .sum();
    assert!(events > FILES);
    elapsed_ms(started)
}

fn validate(folder: &Path) -> (f64, Products, Sources, Desired) {
    let env = Env::system().expect("there is a working directory");
    let started = Instant::now();
    let loaded = estate::load(&env, folder).expect("the estate is there");
    let Loaded {
        products,
        sources,
        mut sink,
        ..
    } = loaded;
    let desired = config::resolve(loaded.config, &products, env.now(), &mut sink);
    let facts = DesiredContext {
        desired: &desired,
        products: &products,
    };
    rules::check_desired(&facts, &mut sink);
    let ms = elapsed_ms(started);
    let problems = sink.diagnostics();
    assert!(
        problems.is_empty(),
        "{:?}",
        problems.first().map(|it| &it.message)
    );
    (ms, products, sources, desired)
}

/// Validates, then plans against accounts in which every `every`th access is missing; none is for 0. The reading of
/// accounts is not in the figure: it depends on the vendor.
fn plan(folder: &Path, every: usize) -> f64 {
    let (validated_ms, products, sources, desired) = validate(folder);
    let observations: BTreeMap<AccountName, Observation> = desired
        .accounts
        .keys()
        .map(|name| (name.clone(), observation(name, &desired, every)))
        .collect();
    let capabilities = desired.accounts.keys();
    let capabilities = capabilities
        .map(|name| (name.clone(), provider::directory::Directory::abilities()))
        .collect();
    let started = Instant::now();
    let plan = plan::make(&plan::Inputs {
        desired: &desired,
        observations: &observations,
        products: &products,
        capabilities: &capabilities,
        sources: &sources,
        now: desired.at,
        counted: &BTreeSet::new(),
        guards: GuardRecord::default(),
    });
    let mut sink = Sink::new();
    rules::check_plan(
        &PlanContext {
            plan: &plan,
            desired: &desired,
            observations: &observations,
            products: &products,
            recent_removals: &BTreeMap::new(),
        },
        &mut sink,
    );
    let ms = elapsed_ms(started);
    assert!(!sink.has_errors(), "{:?}", sink.diagnostics());
    assert_eq!(plan.steps.is_empty(), every == 0);
    validated_ms + ms
}

fn observation(name: &AccountName, desired: &Desired, every: usize) -> Observation {
    let mut accesses = 0;
    let kept = |(address, _): &(&Address, &Entry)| {
        accesses += usize::from(address.kind() == Kind::Access);
        address.kind() != Kind::Access || every == 0 || accesses % every != 0
    };
    let state: State = desired
        .state
        .of_account(name)
        .filter(kept)
        .map(|(address, entry)| (as_read(address), Entry::observed(entry.resource.clone())))
        .collect();
    Observation {
        account: name.clone(),
        target: TargetId(format!("target of {name}")),
        taken_at: desired.at,
        from: "memory".to_owned(),
        actor: Actor::Service {
            name: "bench".to_owned(),
        },
        state,
        phases: BTreeMap::new(),
        pools: BTreeMap::new(),
        ending: BTreeMap::new(),
        gaps: Vec::new(),
        findings: Vec::new(),
    }
}

/// The address with texts of its own: what comes from a vendor shares none with what the files say.
fn as_read(address: &Address) -> Address {
    match &address.resource {
        ResourceId::Access(subject) => {
            Address::access(&address.account, &Subject::new(subject.as_str()))
        }
        _ => address.clone(),
    }
}

fn elapsed_ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1_000.0
}

/// The most memory that this process ever had, in KiB; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// Writes an estate of so many users in [`FILES`] files; the bytes written.
fn write_estate(folder: &Path, users: usize) -> usize {
    std::fs::create_dir(folder.join("people")).expect("the folder is new");
    let root = "seatplan: 1\nname: bench\ntimezone: Europe/Paris\ndefaults: {unmanaged: remove}\n";
    std::fs::write(folder.join("seatplan.yaml"), root).expect("writable");
    let accounts = "accounts:
  bench-code: {product: github-organization}
  bench-support: {product: respond-io, settings: {plan: advanced}}
";
    std::fs::write(folder.join("accounts.yaml"), accounts).expect("writable");
    let mut bytes = 0;
    for file in 0..FILES {
        let mut text = String::from("users:\n");
        for user in (file..users).step_by(FILES) {
            write_user(&mut text, user);
        }
        bytes += text.len();
        let path = folder.join(format!("people/{file:04}.yaml"));
        std::fs::write(path, text).expect("writable");
    }
    bytes
}

fn write_user(text: &mut String, user: usize) {
    // Somebody must administer each account.
    let (role, level) = if user == 0 {
        ("admin", "owner")
    } else {
        ("member", "agent")
    };
    write!(
        text,
        "  person{user:05}@bench.example:
    name: Person Number {user}
    kind: employee
    logins:
      github: person-{user:05}
    access:
      bench-code: {{role: {role}}}
"
    )
    .expect("text takes text");
    if user.is_multiple_of(3) {
        writeln!(text, "      bench-support: {{role: {level}}}").expect("text takes text");
    }
}

fn report(users: usize, bytes: usize, figures: &Figures) {
    let ms = |what, threads| figures[&(what, threads)].0;
    let kib = |what, threads| figures[&(what, threads)].1 as f64;
    let per_user = |what| kib(what, 2) / users as f64;
    let events = ms("events", 2);
    println!(
        "\n{users} users, {FILES} files, {:.1} MB",
        bytes as f64 / 1e6
    );
    for (what, threads) in MEASURES {
        println!(
            "  {what:<10} {threads} threads  {:>9.1} ms  {:>6.1} MiB",
            ms(what, threads),
            kib(what, threads) / 1_024.0
        );
    }
    goal("validate / events", ms("validate", 2) / events, 1.5);
    goal(
        "plan without change / events",
        ms("plan-same", 2) / events,
        2.0,
    );
    let drift = ms("plan-1%", 2) / ms("plan-same", 2);
    goal("plan of 1 % / plan without change", drift, 1.03);
    goal("KiB a user to validate", per_user("validate"), 1.0);
    goal("KiB a user to plan", per_user("plan-1%"), 3.0);
    println!(
        "  {:<36} {:>6.2}",
        "one thread / two threads",
        ms("validate", 1) / ms("validate", 2)
    );
}

fn report_growth(fewer: usize, users: usize, before: &Figures, after: &Figures) {
    let growth = |figure: fn(&(f64, u64)) -> f64, key: &(&'static str, usize)| {
        (figure(&after[key]) / figure(&before[key])).ln() / (users as f64 / fewer as f64).ln()
    };
    // The program itself takes some ten MiB however small an estate is.
    for (what, most) in [("validate", 1.0), ("plan-1%", 3.0)] {
        let more = after[&(what, 2)].1 as f64 - before[&(what, 2)].1 as f64;
        let name = format!("KiB for each user after {fewer} to {what}");
        goal(&name, more / (users - fewer) as f64, most);
    }
    for key in [("validate", 2), ("plan-same", 2), ("plan-1%", 2)] {
        let name = format!("growth of {} from {fewer}: time", key.0);
        goal(&name, growth(|it| it.0, &key), 1.05);
    }
}

fn goal(name: &str, value: f64, at_most: f64) {
    let verdict = if value <= at_most { "ok" } else { "MISSED" };
    println!("  {name:<36} {value:>6.2}  goal {at_most:<5} {verdict}");
}
