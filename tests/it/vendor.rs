//! A vendor to test against: the embedded directory with an account of a product, and everything to play with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use seatplan::directory::{self, Accept, Faults, Running, Seed};
use seatplan::model::{
    Access, AccountName, Action, Address, Fields, KindName, Member, Object, ObjectName, PoolName,
    ProductId, Quantity, Resource, ResourceId, RoleName, SettingName, Subject, Team, TeamName,
    Value,
};
use seatplan::plan::{Cause, How, Step, StepId};
use seatplan::product::Product;
use seatplan::provider::Target;
use seatplan::provider::directory::Directory;
use seatplan::provider::http::{Client, Exchange, Limits, Method, Request};
use seatplan::text::{Place, Source, Sources, Word};
use seatplan::yaml::{self, Decode as _, Decoder};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

/// A product with one rule of every kind.
pub(crate) const STRICT: &str = "
title: Strict
user: {identity: email, fold: case, roles: many}
settings:
  plan: {type: enum, values: [basic, pro], default: basic, source: api}
  region: {type: text, source: api}
  guests: {type: count, source: api}
roles:
  owner: {rank: 3, administers: true, may_assign: [owner, helper, member, guest]}
  helper: {rank: 2, may_assign: [member]}
  member: {rank: 1}
  guest: {rank: 0}
matrix:
  roles: [owner, helper, member, guest]
  rows:
    users: {may: [allow, ask-owner, deny, deny]}
    users.invite: {may: [allow, ask-owner, deny, deny]}
options:
  closed: {type: switch, default: false, roles: [helper], denies: [users]}
  view: {type: enum, values: [all, own], default: all}
  mask: {type: set, values: [mail, phone], default: []}
  hours: {type: hours}
  badge: {type: text}
teams: {nested: true, lead: lead, always_lead: [owner]}
pools:
  desk: {unit: desk, capacity: [{purchased: true}], counts: {role: [owner, helper, member]}, never_counts: {options: {badge: staff}}, overflow: refuse}
  guest: {unit: place, capacity: [{when: 'account.settings.plan == \"pro\"', setting: guests}, {number: 1}], counts: {role: guest}, overflow: refuse}
  extra: {unit: meal, capacity: [{number: 0}], overflow: charge}
constraints:
  no-masked-owner: {type: excludes, a: {role: owner}, b: {any_option: [mask]}, text: owners see everything}
  own-needs-hours: {type: requires, a: {options: {view: own}}, b: {options: {hours: any}}, text: a narrow view needs hours}
  helpers: {type: max_count, of: {role: helper}, limit: 2, text: at most two helpers}
  two-owners: {type: min_count, of: {role: owner}, limit: 2, level: warn, text: two owners are better}
  one-lead-guest: {type: exactly_one, of: {role: guest, options: {view: own}}, text: one guest speaks for all}
  mask-by-plan: {type: plan_gate, of: {any_option: [mask]}, setting: plan, values: [pro], text: masking needs pro}
  inviting: {type: actor, operations: [access.create, access.update, access.remove], capability: users.invite, may_assign: true, not_self: true, text: not yours to give}
  badge-stays: {type: immutable, options: [badge], settings: [region], text: this is set once}
  depth: {type: max_depth, limit: 2, text: two levels of teams}
  guests-do-not-lead: {type: excludes, a: {role: guest}, b: {leads_team: true}, text: guests lead nothing}
hand_over: {what: notes, otherwise: are lost}
operations:
  access.create: {via: api, actor: [owner, helper], then: invited}
states:
  invited: {moved_by: user, holds_seat: true}
";

/// Reads a definition.
pub(crate) fn product(text: &str) -> Arc<Product> {
    let source = Source::new("product.yaml", text);
    let mut decoder = Decoder::new();
    let document = yaml::parse(&source, Sources::new().next_id(), &mut decoder.sink);
    let root = document.root.expect("the definition is not empty");
    let product = Product::decode(&root, &mut decoder);
    assert!(!decoder.sink.has_errors(), "{:?}", decoder.sink);
    Arc::new(product.expect("there is no error"))
}

/// The definition that is built in under an id.
pub(crate) fn built_in(id: &str) -> Arc<Product> {
    let (_, text) = seatplan::product::built_in()
        .iter()
        .find(|(it, _)| *it == id)
        .expect("the product is built in");
    product(text)
}

/// How to set a vendor up.
pub(crate) struct Setup {
    pub(crate) account: AccountName,
    pub(crate) product: Arc<Product>,
    pub(crate) accept: Accept,
    pub(crate) limits: Limits,
    pub(crate) script: directory::Script,
}

/// A directory with one account, and a client for it.
pub(crate) struct Vendor {
    pub(crate) running: Running,
    pub(crate) faults: Faults,
    pub(crate) account: AccountName,
    pub(crate) product: Arc<Product>,
    pub(crate) limits: Limits,
    folder: tempfile::TempDir,
}

impl Setup {
    pub(crate) fn new(product: Arc<Product>) -> Self {
        // Quick, so that tests of patience are short; patient enough for a busy machine.
        let limits = Limits {
            total: Duration::from_secs(10),
            pause: Duration::from_millis(2),
            pause_max: Duration::from_secs(2),
            ..Limits::default()
        };
        Self {
            account: AccountName::new("acme/main"),
            product,
            accept: Accept::AtOnce,
            limits,
            script: directory::Script::default(),
        }
    }

    pub(crate) fn start(self) -> Vendor {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let faults = Faults::new();
        let settings = directory::Settings {
            script: self.script,
            ..settings(folder.path().join("directory.db"), self.accept, &faults)
        };
        let running = directory::start(settings).expect("the directory starts");
        let account = self.account;
        running
            .provision(&account, &ProductId::new("product"), &self.product)
            .expect("provisioned");
        Vendor {
            running,
            faults,
            account,
            product: self.product,
            limits: self.limits,
            folder,
        }
    }
}

fn settings(database: PathBuf, accept: Accept, faults: &Faults) -> directory::Settings {
    let now: jiff::Timestamp = "2026-11-21T10:00:00Z".parse().expect("a timestamp");
    let counter = AtomicU64::new(1);
    directory::Settings {
        database,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        bootstrap_token: None,
        accept,
        clock: Arc::new(move || now),
        random: Arc::new(move |bytes| {
            for byte in bytes.iter_mut() {
                *byte = counter.fetch_add(37, Ordering::Relaxed) as u8;
            }
            Ok(())
        }),
        faults: faults.clone(),
        script: directory::Script::default(),
    }
}

impl Vendor {
    /// Stops the server and starts it anew on the same file.
    pub(crate) fn restart(self) -> Self {
        let Self {
            running,
            faults,
            account,
            product,
            limits,
            folder,
        } = self;
        running.stop().expect("it stops");
        let settings = settings(folder.path().join("directory.db"), Accept::AtOnce, &faults);
        let running = directory::start(settings).expect("the directory starts again");
        Self {
            running,
            faults,
            account,
            product,
            limits,
            folder,
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("directory.db")
    }

    pub(crate) fn target(&self) -> Target {
        let token = Some(self.running.bootstrap_token.clone());
        Target {
            url: self.running.url.clone(),
            token,
        }
    }

    /// The provider for the account.
    pub(crate) fn provider(&self) -> Directory {
        self.provider_as(self.running.bootstrap_token.clone())
    }

    pub(crate) fn provider_as(&self, token: SecretString) -> Directory {
        let target = Target {
            token: Some(token),
            ..self.target()
        };
        Directory::new(&self.account, &self.product, &target, self.limits).expect("a good URL")
    }

    pub(crate) fn seed(&self, things: &[(ResourceId, Resource)]) {
        let seeds = things.iter().map(|(id, resource)| Seed { id, resource });
        self.running
            .seed(&self.account, seeds)
            .expect("the seeds are allowed");
    }

    pub(crate) fn client(&self, token: &SecretString) -> Client {
        Client::new(&self.running.url, Some(token.clone()), self.limits).expect("a good URL")
    }

    /// Sends a request below the account as a service; the status, and the code or the body.
    pub(crate) async fn ask(&self, method: Method, path: &[&str], body: Json) -> (u16, Json) {
        self.ask_as(
            &self.running.bootstrap_token.clone(),
            method,
            path,
            body,
            None,
        )
        .await
    }

    pub(crate) async fn ask_as(
        &self,
        token: &SecretString,
        method: Method,
        path: &[&str],
        body: Json,
        key: Option<&str>,
    ) -> (u16, Json) {
        let path = [&["v1", "accounts", self.account.as_str()], path].concat();
        let body = (!body.is_null()).then_some(body);
        let request = Request {
            method,
            path: &path,
            query: &[],
            body,
            key,
        };
        read(&self.client(token).send(&request).await)
    }

    /// What a PUT is answered with: `200`, or the code of the refusal.
    pub(crate) async fn put(&self, path: &[&str], value: Json) -> String {
        let (status, body) = self.ask(Method::Put, path, json!({"value": value})).await;
        word(status, &body)
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> String {
        let (status, body) = self.ask(Method::Delete, path, Json::Null).await;
        word(status, &body)
    }

    /// A token of a person.
    pub(crate) async fn token_of(&self, subject: &str) -> SecretString {
        let (status, body) = self
            .ask(Method::Post, &["tokens"], json!({"subject": subject}))
            .await;
        assert_eq!(status, 201, "{body}");
        body["token"].as_str().expect("a token").into()
    }

    pub(crate) fn access_of(&self, subject: &str) -> Address {
        Address::access(&self.account, &Subject::new(subject))
    }
}

pub(crate) fn read(exchange: &Exchange) -> (u16, Json) {
    (
        exchange.status,
        serde_json::from_slice(&exchange.body).unwrap_or_default(),
    )
}

/// `200`, or the code of a refusal.
pub(crate) fn word(status: u16, body: &Json) -> String {
    match status {
        200..=299 => status.to_string(),
        _ => body["code"].as_str().unwrap_or("no code").to_owned(),
    }
}

pub(crate) fn person(subject: &str, role: &str) -> (ResourceId, Resource) {
    (
        ResourceId::Access(Subject::new(subject)),
        access(&[role], &[]),
    )
}

pub(crate) fn access(roles: &[&str], options: &[(&str, Value)]) -> Resource {
    let mut roles: Vec<_> = roles.iter().map(RoleName::new).collect();
    roles.sort_unstable();
    let options = options
        .iter()
        .map(|(name, it)| ((*name).into(), it.clone()))
        .collect();
    Resource::Access(Access {
        roles,
        options,
        grants: Fields::default(),
    })
}

pub(crate) fn team(name: &str, parent: Option<&str>) -> (ResourceId, Resource) {
    let parent = parent.map(TeamName::new);
    (
        ResourceId::Team(TeamName::new(name)),
        Resource::Team(Team { parent }),
    )
}

pub(crate) fn member(team: &str, subject: &str, lead: bool) -> (ResourceId, Resource) {
    let id = ResourceId::Member {
        team: TeamName::new(team),
        subject: Subject::new(subject),
    };
    (id, Resource::Member(Member { lead }))
}

pub(crate) fn seats(pool: &str, count: u32) -> (ResourceId, Resource) {
    (
        ResourceId::Seats(PoolName::new(pool)),
        Resource::Seats(Quantity::Number(count)),
    )
}

pub(crate) fn object(kind: &str, name: &str, fields: &[(&str, Value)]) -> (ResourceId, Resource) {
    let id = ResourceId::Object {
        kind: KindName::new(kind),
        name: ObjectName::new(name),
    };
    let fields = fields
        .iter()
        .map(|(name, it)| (Word::new(name), it.clone()));
    let fields = fields.collect();
    (id, Resource::Object(Object { fields }))
}

pub(crate) fn setting(name: &str, value: &str) -> (ResourceId, Resource) {
    (
        ResourceId::Setting(SettingName::new(name)),
        Resource::Setting(Value::Word(value.into())),
    )
}

/// A step as a plan has it: what matters to a writer is filled in.
pub(crate) fn step(
    address: Address,
    action: Action,
    before: Option<Resource>,
    after: Option<Resource>,
) -> Step {
    Step {
        id: StepId(address.to_string()),
        address,
        action,
        renamed_from: None,
        before,
        after,
        differences: Vec::new(),
        how: How::Api,
        needs: Vec::new(),
        effects: Vec::new(),
        undoable: true,
        cause: Cause::Written,
        places: vec![Place {
            path: "a.yaml".into(),
            line: 1,
            column: 1,
            revision: None,
        }],
        hand_over_to: None,
        then: None,
        seats: Default::default(),
        other: None,
        room: Default::default(),
        lots: Vec::new(),
        is_remade: false,
        was: None,
    }
}
