//! Estates written as text, for tests: read by the real reader, and, as an "actual side", turned into observations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatplan::config;
use seatplan::diagnostic::{Diagnostic, Sink};
use seatplan::model::{
    AccountName, Action, Actor, Address, Capacity, Desired, Entry, Fact, Gap, Kind, Lot,
    Observation, PoolName, ProductId, Quantity, Resource, ResourceId, State, Subject, TargetId,
};
use seatplan::plan::{self, Capabilities, GuardRecord, Plan};
use seatplan::product::{Product, Products, Source as Told};
use seatplan::rules::{self, DesiredContext, PlanContext};
use seatplan::text::{Source, Sources, Word};
use seatplan::yaml;

/// The instant that every test estate is read against.
pub(crate) const AT: &str = "2026-11-16T09:00:00Z";

/// The settings of an estate whose text has none of its own.
const SETTINGS: &str =
    "{seatplan: 1, name: example, timezone: Europe/Paris, defaults: {unmanaged: remove}}\n";

/// A definition that takes the place of the one of its id, for tests that ask what a definition is good for.
pub(crate) type Instead<'a> = Option<(&'a str, &'a Arc<Product>)>;

/// What came of reading an estate's text.
pub(crate) struct Estate {
    pub(crate) sources: Sources,
    pub(crate) desired: Option<Desired>,
    pub(crate) products: Products,
    pub(crate) sink: Sink,
}

/// What came of planning from one estate's text to another one's.
pub(crate) struct Planned {
    pub(crate) estate: Estate,
    pub(crate) plan: Option<Plan>,
}

/// Reads an estate: one file, or several that start with lines `# file: PATH`; without `seatplan:` in any of them it gets
/// ordinary settings. Problems of every stage up to the rules of the desired scope are in the sink.
pub(crate) fn read(text: &str) -> Estate {
    read_with(text, None)
}

/// The same with one product defined in another way.
pub(crate) fn read_with(text: &str, instead: Instead<'_>) -> Estate {
    let mut sources = Sources::new();
    for (path, text) in files(text) {
        sources.add(Source::new(path, text));
    }
    let mut sink = Sink::new();
    let mut settings = None;
    let mut written = Vec::new();
    for (id, source) in sources.iter() {
        let document = yaml::parse(source, id, &mut sink);
        let is_settings = document
            .root
            .as_ref()
            .is_some_and(|root| root.get("seatplan").is_some());
        if is_settings {
            settings = config::decode_settings(&document, &mut sink).or(settings);
        } else {
            written.push(config::decode_file(&document, source, &mut sink));
        }
    }
    let mut products = Products::new();
    let desired = settings.map(|settings| {
        let config = config::Config::merge(settings, written, &mut sink);
        products = config::products(&config, &mut sink);
        if let Some((id, product)) = instead {
            products.insert(ProductId::new(id), Arc::clone(product));
        }
        config::resolve(
            config,
            &products,
            AT.parse().expect("an instant"),
            &mut sink,
        )
    });
    if let Some(desired) = desired.as_ref().filter(|_| !sink.has_errors()) {
        let cx = DesiredContext {
            desired,
            products: &products,
        };
        rules::check_desired(&cx, &mut sink);
    }
    sink.sort();
    Estate {
        sources,
        desired,
        products,
        sink,
    }
}

/// Reads an estate from disk, as the program does, for what only shows there: the files themselves.
pub(crate) fn read_from_disk(text: &str) -> Estate {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files(text) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let now = AT.parse().expect("an instant");
    let env = seatplan::env::Env::fixed(now, BTreeMap::new(), folder.path());
    let loaded = seatplan::ops::estate::load(&env, folder.path()).expect("there is an estate");
    Estate {
        sources: loaded.sources,
        desired: None,
        products: loaded.products,
        sink: loaded.sink,
    }
}

/// Reads an estate from a folder with everything that a command looks at before it asks any account.
pub(crate) fn read_as_a_command_does(text: &str) -> Estate {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files(text) {
        std::fs::write(folder.path().join(path), text).expect("a file");
    }
    let now = AT.parse().expect("an instant");
    let env = seatplan::env::Env::fixed(now, BTreeMap::new(), folder.path());
    let read = seatplan::ops::desired::read(&env, None, None).expect("there is an estate");
    Estate {
        sources: read.sources,
        desired: Some(read.desired),
        products: read.products,
        sink: read.sink,
    }
}

/// Plans from one estate's text to another's. Comments of the actual side say what a file cannot:
///
/// - `# actor: SUBJECT`: who the credential reads back as, on every account; a service otherwise
/// - `# invited: SUBJECT`: has not accepted yet
/// - `# in state STATE: SUBJECT`, or `KIND/NAME` for something that the account owns: a life-cycle state of the product
/// - `# until the cycle ends: POOL N`, or `POOL COUNT x SIZE` for lots: how much of a pool is there until then, of which some
///   is cancelled
/// - `# unread: KIND`: things of this kind (`access`, `team`, `member`) could not all be read
/// - `# unread account: NAME`: an account that could not be read at all
/// - `# not asked for: NAME`: an account that is only read for what it uses of pools that it shares
/// - `# by hand`: the provider executes nothing, so that every step is a task
/// - `# recently removed: N`: earlier removals within the guard's window
/// - `# accept removals: N`: the number of the command line
pub(crate) fn plan(actual: &str, desired: &str) -> Planned {
    plan_with(actual, desired, None)
}

/// The same with one product defined in another way; without a plan if the actual side then has errors.
pub(crate) fn plan_with(actual: &str, desired: &str, instead: Instead<'_>) -> Planned {
    let (before, mut estate) = (read_with(actual, instead), read_with(desired, instead));
    if before.sink.has_errors() {
        assert!(
            instead.is_some(),
            "the actual side must be without errors: {}",
            render(&before)
        );
        return Planned { estate, plan: None };
    }
    let (Some(there), Some(wanted)) = (&before.desired, &estate.desired) else {
        return Planned { estate, plan: None };
    };
    if estate.sink.has_errors() {
        return Planned { estate, plan: None };
    }
    let notes = Notes::of(actual);
    let observations: BTreeMap<_, _> = wanted
        .accounts
        .keys()
        .filter(|it| !notes.unread_accounts.contains(*it))
        .map(|name| (name.clone(), notes.observe(name, there, &before.products)))
        .collect();
    let capabilities = wanted.accounts.keys();
    let capabilities = capabilities
        .map(|name| (name.clone(), notes.capabilities()))
        .collect();
    let made = plan::make(&plan::Inputs {
        desired: wanted,
        observations: &observations,
        products: &estate.products,
        capabilities: &capabilities,
        sources: &estate.sources,
        now: AT.parse().expect("an instant"),
        counted: &notes.counted,
        guards: GuardRecord {
            from: "working tree".to_owned(),
            accepted_removals: notes.accepted_removals,
            accepted_unknown_seats: notes.accepted_unknown.clone(),
            ..GuardRecord::default()
        },
    });
    let recent = wanted
        .accounts
        .keys()
        .map(|name| (name.clone(), notes.recently_removed));
    let cx = PlanContext {
        plan: &made,
        desired: wanted,
        observations: &observations,
        products: &estate.products,
        recent_removals: &recent.collect(),
    };
    rules::check_plan(&cx, &mut estate.sink);
    // A plan that is refused need not be one that could be carried out.
    if !estate.sink.has_errors()
        && let Err(violations) = plan::check(&made, &observations, &estate.products)
    {
        panic!("the checker found {violations:#?}");
    }
    estate.sink.sort();
    Planned {
        estate,
        plan: Some(made),
    }
}

/// Diagnostics as short text: code, place of the first label, message; then help and notes, indented.
pub(crate) fn render(estate: &Estate) -> String {
    let lines = estate
        .sink
        .diagnostics()
        .iter()
        .map(|it| render_one(it, &estate.sources));
    lines.collect()
}

fn render_one(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = diagnostic.code.id.to_owned();
    if diagnostic.severity != seatplan::diagnostic::Severity::Error {
        text += " (warning)";
    }
    text += &format!(": {}\n", diagnostic.message);
    for label in diagnostic.labels.iter().filter(|it| !it.span.is_outside()) {
        let place = sources.place(label.span);
        text += &format!("  at {}:{}:{}", place.path, place.line, place.column);
        text += &match label.text.as_str() {
            "" => "\n".to_owned(),
            words => format!(" {words}\n"),
        };
    }
    for note in &diagnostic.notes {
        text += &format!("  note: {note}\n");
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("  help: {help}\n");
    }
    text
}

/// The files of a text, with the ordinary settings if it has none.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = vec![("estate.yaml".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("# file: ") {
            files.push((path.trim().to_owned(), String::new()));
        } else if let Some((_, file)) = files.last_mut() {
            file.push_str(line);
        }
    }
    files.retain(|(path, text)| path != "estate.yaml" || !text.trim().is_empty());
    let has_settings = |it: &(String, String)| {
        it.1.lines()
            .any(|line| line.trim_start_matches(['{', ' ']).starts_with("seatplan:"))
    };
    if !files.iter().any(has_settings) {
        files.push(("seatplan.yaml".to_owned(), SETTINGS.to_owned()));
    }
    files
}

/// What the comments of an actual side say.
#[derive(Default)]
struct Notes {
    actor: Option<Subject>,
    /// What is in which life-cycle state.
    states: Vec<(ResourceId, Word)>,
    /// What is there of a pool until the billing cycle ends.
    ending: BTreeMap<PoolName, Quantity>,
    unread: Vec<Kind>,
    is_by_hand: bool,
    /// Accounts that could not be read.
    unread_accounts: BTreeSet<AccountName>,
    /// Accounts that were not asked for.
    counted: BTreeSet<AccountName>,
    recently_removed: u32,
    accepted_removals: Option<u32>,
    accepted_unknown: BTreeMap<AccountName, BTreeSet<PoolName>>,
}

impl Notes {
    fn of(text: &str) -> Self {
        let mut notes = Self::default();
        for line in text.lines() {
            if let Some(subject) = line.strip_prefix("# actor: ") {
                notes.actor = Some(Subject::new(subject));
            } else if let Some(subject) = line.strip_prefix("# invited: ") {
                let access = ResourceId::Access(Subject::new(subject));
                notes.states.push((access, Word::new("invited")));
            } else if let Some(state) = line.strip_prefix("# in state ") {
                let (state, what) = state.split_once(": ").expect("STATE: SUBJECT");
                let what = match what.split_once('/') {
                    Some((kind, name)) => ResourceId::Object {
                        kind: kind.into(),
                        name: name.into(),
                    },
                    None => ResourceId::Access(Subject::new(what)),
                };
                notes.states.push((what, Word::new(state)));
            } else if let Some(text) = line.strip_prefix("# until the cycle ends: ") {
                let (pool, quantity) = text.split_once(' ').expect("POOL QUANTITY");
                let number = |it: &str| it.parse().expect("a number");
                let quantity = match quantity.split_once(" x ") {
                    Some((count, size)) => Quantity::Lots(vec![Lot {
                        size: number(size),
                        count: number(count),
                    }]),
                    None => Quantity::Number(number(quantity)),
                };
                notes.ending.insert(pool.into(), quantity);
            } else if let Some(kind) = line.strip_prefix("# unread: ") {
                notes.unread.push(match kind {
                    "access" => Kind::Access,
                    "team" => Kind::Team,
                    "member" => Kind::Member,
                    other => panic!("unknown kind {other}"),
                });
            } else if let Some(name) = line.strip_prefix("# unread account: ") {
                notes.unread_accounts.insert(name.into());
            } else if let Some(name) = line.strip_prefix("# not asked for: ") {
                notes.counted.insert(name.into());
            } else if let Some(count) = line.strip_prefix("# recently removed: ") {
                notes.recently_removed = count.parse().expect("a number");
            } else if let Some(count) = line.strip_prefix("# accept removals: ") {
                notes.accepted_removals = Some(count.parse().expect("a number"));
            } else if let Some(pool) = line.strip_prefix("# accept unknown seats: ") {
                let (account, pool) = pool.split_once('/').expect("ACCOUNT/POOL");
                let of_account = notes.accepted_unknown.entry(account.into());
                of_account.or_default().insert(pool.into());
            } else if line == "# by hand" {
                notes.is_by_hand = true;
            }
        }
        notes
    }

    fn observe(&self, name: &AccountName, there: &Desired, products: &Products) -> Observation {
        let product = there
            .accounts
            .get(name)
            .and_then(|account| products.get(&account.product))
            .map(Arc::clone);
        let is_told = |address: &Address| match (&address.resource, &product) {
            (ResourceId::Setting(setting), Some(product)) => {
                let rule = product.settings.get(setting);
                rule.is_none_or(|it| it.source != Told::Written)
            }
            _ => true,
        };
        let mut state = State::new();
        let mut pools = BTreeMap::new();
        for (address, entry) in there.state.of_account(name).filter(|it| is_told(it.0)) {
            if let (ResourceId::Seats(pool), Resource::Seats(quantity)) =
                (&address.resource, &entry.resource)
            {
                let bought = Capacity::Purchased(quantity.clone());
                pools.insert(pool.clone(), Fact::Known(bought));
            }
            state.insert(address.clone(), Entry::observed(entry.resource.clone()));
        }
        let phases = self
            .states
            .iter()
            .map(|(what, phase)| (Address::new(name, what.clone()), phase.clone()))
            .filter(|(address, _)| state.get(address).is_some())
            .collect();
        let actor = self.actor.as_ref().map(|subject| Actor::Person {
            subject: subject.clone(),
            roles: match state.resource(&Address::access(name, subject)) {
                Some(Resource::Access(access)) => access.roles.clone(),
                _ => Vec::new(),
            },
        });
        let gap = |kind: &Kind| Gap::of(*kind, "the second page did not come".to_owned());
        Observation {
            account: name.clone(),
            target: TargetId(format!("target-of-{name}")),
            taken_at: AT.parse().expect("an instant"),
            from: "a test".to_owned(),
            actor: actor.unwrap_or(Actor::Service {
                name: "bootstrap".to_owned(),
            }),
            state,
            phases,
            pools,
            ending: self.ending.clone(),
            gaps: self.unread.iter().map(gap).collect(),
            findings: Vec::new(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        let kinds = [
            Kind::Setting,
            Kind::Seats,
            Kind::Object,
            Kind::Team,
            Kind::Access,
            Kind::Member,
        ];
        let actions = [
            Action::Create,
            Action::Update,
            Action::Rename,
            Action::Remove,
        ];
        let all = kinds
            .into_iter()
            .flat_map(|kind| actions.map(|action| (kind, action)));
        Capabilities {
            executes: all.filter(|_| !self.is_by_hand).collect(),
        }
    }
}
