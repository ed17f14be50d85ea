//! A small estate with one account, built from both sides: what is written now can be observed, changed, and planned.
//!
//! Every call writes one line into an imaginary file, so that steps can be traced to the call that causes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatplan::diagnostic::Sink;
use seatplan::model::{
    Absence, AbsenceReason, Access, Account, AccountName, Actor, Address, Capacity, Connection,
    Desired, Entry, Fact, Fields, Former, Gap, Grant, Guards, Kind, Lot, Member, Object,
    Observation, OptionName, PoolName, Quantity, Resource, ResourceId, State, Subject, TargetId,
    Team, TeamName, Unmanaged, UnmanagedMode, UserKey, Value,
};
use seatplan::plan::{
    Capabilities, Checked, GuardRecord, How, Inputs, Moved, Plan, Refusal, Step, Violation, check,
    from_json, make, moved, to_json,
};
use seatplan::product::{Product, Products};
use seatplan::text::{Source, Sources, Span};
use seatplan::yaml::{Decode as _, Decoder, parse};

/// The account that every estate here has.
pub(crate) const ACCOUNT: &str = "acme";

/// One account of an estate, its product and its lines.
#[derive(Clone)]
pub(crate) struct Estate {
    pub(crate) desired: Desired,
    pub(crate) products: Products,
    pub(crate) capabilities: Capabilities,
    text: String,
}

impl Estate {
    /// An estate with an account of a product that is given as YAML; nobody is on it.
    pub(crate) fn new(product: &str) -> Self {
        let mut products = Products::new();
        products.insert("test".into(), Arc::new(read_product(product)));
        let mut estate = Self {
            desired: Desired {
                estate: "example".to_owned(),
                at: now(),
                timezone: jiff::tz::TimeZone::UTC,
                accounts: BTreeMap::new(),
                state: State::new(),
                absences: BTreeMap::new(),
                formers: BTreeMap::new(),
                priorities: BTreeMap::new(),
                starts: BTreeMap::new(),
                people: Fields::default(),
                guards: Guards::default(),
                gone: Default::default(),
            },
            products,
            capabilities: everything(),
            text: String::new(),
        };
        let span = estate.line("account acme");
        let unmanaged = estate.line("unmanaged: remove");
        estate.desired.accounts.insert(
            ACCOUNT.into(),
            Account {
                product: "test".into(),
                span,
                unmanaged: Unmanaged {
                    mode: UnmanagedMode::Remove,
                    span: unmanaged,
                },
                parent: None,
                manages_teams: true,
                manages_kinds: Default::default(),
                later_settings: Default::default(),
                later_seats: Default::default(),
                billing: None,
                unread: Default::default(),
                connection: Connection {
                    provider: "directory".into(),
                    url: None,
                    token: None,
                    file: None,
                    script: None,
                    attested_for_days: None,
                    span,
                },
            },
        );
        estate
    }

    /// Writes one line and gives its place.
    fn line(&mut self, text: &str) -> Span {
        let source = Sources::new().id_at(0);
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.text.push('\n');
        Span {
            source,
            start,
            end: self.text.len() as u32 - 1,
        }
    }

    pub(crate) fn account(&mut self) -> &mut Account {
        self.desired
            .accounts
            .get_mut(ACCOUNT)
            .expect("every estate here has it")
    }

    pub(crate) fn unmanaged(&mut self, mode: UnmanagedMode) -> &mut Self {
        self.account().unmanaged.mode = mode;
        self
    }

    fn put(&mut self, address: Address, resource: Resource) -> &mut Self {
        let span = self.line(&address.to_string());
        let mut entry = Entry::desired(resource, span);
        entry.user = address.subject().map(|it| UserKey::new(it.as_str()));
        self.desired.state.insert(address, entry);
        self
    }

    /// Gives somebody access with roles, by names with spaces between them.
    pub(crate) fn access(&mut self, who: &str, roles: &str) -> &mut Self {
        let access = Access {
            roles: roles.split_whitespace().map(Into::into).collect(),
            ..Access::default()
        };
        self.put(access_of(who), Resource::Access(access))
    }

    /// A sub-account of the same product, on the first day with nobody on it.
    pub(crate) fn sub_account(&mut self, name: &str, parent: &str) -> &mut Self {
        let parent = Some(AccountName::new(parent));
        let account = Account {
            span: self.line(&format!("account {name}")),
            parent,
            ..self.account().clone()
        };
        self.desired.accounts.insert(name.into(), account);
        self
    }

    /// Gives somebody access on one of the accounts.
    pub(crate) fn access_on(&mut self, account: &str, who: &str, roles: &str) -> &mut Self {
        let access = Access {
            roles: roles.split_whitespace().map(Into::into).collect(),
            ..Access::default()
        };
        let address = Address::access(&account.into(), &Subject::new(who));
        self.put(address, Resource::Access(access))
    }

    /// Sets an option of somebody's access.
    pub(crate) fn option(&mut self, who: &str, option: &str, value: Value) -> &mut Self {
        let entry = self
            .desired
            .state
            .get_mut(&access_of(who))
            .expect("they have access");
        let Resource::Access(access) = &mut entry.resource else {
            panic!("it is an access");
        };
        access.options.insert(OptionName::new(option), value);
        self
    }

    /// Gives or withholds an add-on right.
    pub(crate) fn grant(&mut self, who: &str, grant: &str, value: Grant) -> &mut Self {
        let entry = self.desired.state.get_mut(&access_of(who));
        let Resource::Access(access) = &mut entry.expect("they have access").resource else {
            panic!("it is an access");
        };
        access.grants.insert(grant.into(), value);
        self
    }

    /// Something that the account owns; the account then manages things of the kind.
    pub(crate) fn object(&mut self, kind: &str, name: &str, fields: &[(&str, Value)]) -> &mut Self {
        self.account().manages_kinds.insert(kind.into());
        let fields = fields.iter().map(|(name, it)| ((*name).into(), it.clone()));
        let fields = fields.collect();
        let id = ResourceId::Object {
            kind: kind.into(),
            name: name.into(),
        };
        let address = Address::new(&account(), id);
        self.put(address, Resource::Object(Object { fields }))
    }

    /// Takes out something that the account owns, and says so.
    pub(crate) fn no_object(&mut self, kind: &str, name: &str) -> &mut Self {
        let address = object_of(kind, name);
        self.forget(&address);
        let absence = Absence {
            reason: AbsenceReason::None,
            span: self.line(&format!("{address}: none")),
            hand_over_to: None,
            user: None,
        };
        self.desired.absences.insert(address, absence);
        self
    }

    pub(crate) fn lots(&mut self, pool: &str, size: u32, count: u32) -> &mut Self {
        self.lots_of(pool, &[(size, count)])
    }

    pub(crate) fn lots_of(&mut self, pool: &str, lots: &[(u32, u32)]) -> &mut Self {
        let seats = Address::seats(&account(), &PoolName::new(pool));
        let lots = lots.iter().filter(|it| it.1 > 0);
        let lots = lots.map(|(size, count)| Lot {
            size: *size,
            count: *count,
        });
        let lots = lots.collect();
        self.put(seats, Resource::Seats(Quantity::Lots(lots)))
    }

    pub(crate) fn team(&mut self, team: &str, parent: Option<&str>) -> &mut Self {
        let team = Address::team(&account(), &TeamName::new(team));
        self.put(
            team,
            Resource::Team(Team {
                parent: parent.map(Into::into),
            }),
        )
    }

    pub(crate) fn member(&mut self, team: &str, who: &str, lead: bool) -> &mut Self {
        self.put(member_of(team, who), Resource::Member(Member { lead }))
    }

    pub(crate) fn seats(&mut self, pool: &str, number: u32) -> &mut Self {
        let seats = Address::seats(&account(), &PoolName::new(pool));
        self.put(seats, Resource::Seats(Quantity::Number(number)))
    }

    pub(crate) fn setting(&mut self, setting: &str, value: Value) -> &mut Self {
        let setting = Address::setting(&account(), &setting.into());
        self.put(setting, Resource::Setting(value))
    }

    /// Takes out whatever is written at an address, without a trace.
    pub(crate) fn forget(&mut self, address: &Address) -> &mut Self {
        self.desired.state.remove(address);
        self
    }

    /// Takes somebody out without a trace: access and places in teams.
    pub(crate) fn forget_person(&mut self, who: &str) -> &mut Self {
        let subject = Subject::new(who);
        let all: Vec<Address> = self
            .desired
            .state
            .iter()
            .map(|(it, _)| it.clone())
            .collect();
        for address in all.iter().filter(|it| it.subject() == Some(&subject)) {
            self.forget(address);
        }
        self
    }

    /// Takes somebody out who is in one team, without looking at everything.
    pub(crate) fn forget_access_and_place(&mut self, who: &str, team: &str) -> &mut Self {
        self.forget(&access_of(who)).forget(&member_of(team, who))
    }

    /// Takes somebody out and says why.
    pub(crate) fn absent(&mut self, who: &str, reason: AbsenceReason) -> &mut Self {
        self.forget_person(who);
        let span = self.line(&format!("{who} is out"));
        let absence = Absence {
            reason,
            span,
            hand_over_to: None,
            user: Some(UserKey::new(who)),
        };
        self.desired.absences.insert(access_of(who), absence);
        self
    }

    /// Says that something had another name before.
    pub(crate) fn formerly(&mut self, new: Address, old: Address) -> &mut Self {
        let span = self.line(&format!("formerly {old}"));
        let former = Former { address: old, span };
        self.desired.formers.entry(new).or_default().push(former);
        self
    }

    /// What would be seen if everything were as it is written.
    pub(crate) fn observe(&self) -> Observation {
        self.observe_on(&account())
    }

    /// The same of every account.
    pub(crate) fn observe_all(&self) -> BTreeMap<AccountName, Observation> {
        let accounts = self.desired.accounts.keys();
        accounts
            .map(|it| (it.clone(), self.observe_on(it)))
            .collect()
    }

    fn observe_on(&self, account: &AccountName) -> Observation {
        let entries = self.desired.state.of_account(account);
        let state: State = entries
            .map(|(address, entry)| (address.clone(), Entry::observed(entry.resource.clone())))
            .collect();
        let pools = state.iter().filter_map(|(address, entry)| {
            match (&address.resource, &entry.resource) {
                (seatplan::model::ResourceId::Seats(pool), Resource::Seats(quantity)) => Some((
                    pool.clone(),
                    Fact::Known(Capacity::Purchased(quantity.clone())),
                )),
                _ => None,
            }
        });
        Observation {
            account: account.clone(),
            target: TargetId("tenant-1".to_owned()),
            taken_at: now(),
            from: "a test".to_owned(),
            actor: Actor::Service {
                name: "bootstrap".to_owned(),
            },
            pools: pools.collect(),
            state,
            phases: BTreeMap::new(),
            ending: BTreeMap::new(),
            gaps: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Empty lines before everything, as an edit elsewhere in the file would make.
    pub(crate) fn line_breaks(&mut self, count: u32) {
        self.text.insert_str(0, &"\n".repeat(count as usize));
    }

    /// The plan from what was seen to what is written. Every plan made in any test goes through the checker, through a file
    /// and back, and its facts have not moved: not before it, and not wherever a run of it was cut off.
    pub(crate) fn plan(&self, observation: &Observation) -> Plan {
        self.plan_all(&BTreeMap::from([(account(), observation.clone())]))
    }

    /// The same for several accounts.
    pub(crate) fn plan_all(&self, observations: &BTreeMap<AccountName, Observation>) -> Plan {
        let plan = self.plan_all_unchecked(observations);
        if let Err(violations) = check(&plan, observations, &self.products) {
            panic!("{}\n{violations:#?}", show(&plan));
        }
        assert_eq!(from_json(&to_json(&plan)).expect("it is whole"), plan);
        // Only a vendor knows what else follows the new name of a thing.
        let is_renamed =
            |it: &Step| matches!(it.address.kind(), Kind::Object) && it.renamed_from.is_some();
        let known = plan.steps.iter().position(is_renamed);
        for done in 0..=known.unwrap_or(plan.steps.len()) {
            let mut cut_off = observations.clone();
            for (name, observation) in &mut cut_off {
                let steps = plan.steps[..done].iter();
                let own: Vec<Step> = steps
                    .filter(|it| it.address.account == *name)
                    .cloned()
                    .collect();
                *observation = applied(observation, &own);
            }
            let moved = moved(&plan, &cut_off, &self.products);
            assert_eq!(moved, [], "after {done} steps of\n{}", show(&plan));
        }
        plan
    }

    /// What the independent checker says of a plan.
    pub(crate) fn check(
        &self,
        plan: &Plan,
        observation: &Observation,
    ) -> Result<Checked, Vec<Violation>> {
        let observations = BTreeMap::from([(account(), observation.clone())]);
        check(plan, &observations, &self.products)
    }

    /// What a plan rests on and is not so any more.
    pub(crate) fn moved(&self, plan: &Plan, observation: &Observation) -> Vec<Moved> {
        let observations = BTreeMap::from([(account(), observation.clone())]);
        moved(plan, &observations, &self.products)
    }

    /// The plan alone, for tests about what the checker says.
    pub(crate) fn plan_unchecked(&self, observation: &Observation) -> Plan {
        self.plan_all_unchecked(&BTreeMap::from([(account(), observation.clone())]))
    }

    pub(crate) fn plan_all_unchecked(
        &self,
        observations: &BTreeMap<AccountName, Observation>,
    ) -> Plan {
        let accounts = observations.keys();
        let capabilities = accounts.map(|it| (it.clone(), self.capabilities.clone()));
        let capabilities = capabilities.collect();
        let mut sources = Sources::new();
        sources.add(Source::new("estate.yaml", self.text.clone()));
        let inputs = Inputs {
            desired: &self.desired,
            observations,
            products: &self.products,
            capabilities: &capabilities,
            sources: &sources,
            now: now(),
            counted: &BTreeSet::new(),
            guards: GuardRecord::default(),
        };
        make(&inputs)
    }
}

/// A product definition from YAML.
pub(crate) fn read_product(yaml: &str) -> Product {
    let source = Source::new("product.yaml", yaml);
    let mut sink = Sink::new();
    let document = parse(&source, Sources::new().id_at(0), &mut sink);
    let mut decoder = Decoder::new();
    let root = document.root.expect("a definition is not empty");
    let product = Product::decode(&root, &mut decoder);
    sink.append(decoder.sink);
    assert!(!sink.has_errors(), "{:#?}", sink.diagnostics());
    product
        .expect("a definition without errors is read")
        .completed()
}

/// Applies a plan to an observation in memory, as a vendor without any rule of its own would.
pub(crate) fn applied(observation: &Observation, steps: &[Step]) -> Observation {
    let mut after = observation.clone();
    for step in steps {
        if let Some(from) = &step.renamed_from {
            rename(&mut after, from, &step.address);
        }
        if let Some(other) = &step.other {
            let left = other.after.clone().expect("the holder stays until removed");
            let entry = Entry::observed(left);
            after.state.insert(other.address.clone(), entry);
        }
        match &step.after {
            Some(resource) => {
                let entry = Entry::observed(resource.clone());
                after.state.insert(step.address.clone(), entry);
            }
            None => {
                after.state.remove(&step.address);
                if step.address.kind() == Kind::Access {
                    let gone: Vec<Address> = after.state.iter().map(|(it, _)| it.clone()).collect();
                    for address in gone
                        .iter()
                        .filter(|it| it.subject() == step.address.subject())
                    {
                        after.state.remove(address);
                    }
                }
            }
        }
        if let (seatplan::model::ResourceId::Seats(pool), Some(Resource::Seats(quantity))) =
            (&step.address.resource, &step.after)
        {
            let fact = Fact::Known(Capacity::Purchased(quantity.clone()));
            after.pools.insert(pool.clone(), fact);
        }
    }
    after
}

fn rename(observation: &mut Observation, from: &Address, to: &Address) {
    use seatplan::model::ResourceId::{Access, Member, Object, Team as TeamId};
    let all: Vec<Address> = observation.state.iter().map(|(it, _)| it.clone()).collect();
    for address in all {
        let resource = match (&address.resource, &from.resource, &to.resource) {
            (TeamId(team), TeamId(old), TeamId(new)) if team == old => TeamId(new.clone()),
            (Member { team, subject }, TeamId(old), TeamId(new)) if team == old => Member {
                team: new.clone(),
                subject: subject.clone(),
            },
            (Access(who), Access(old), Access(new)) if who == old => Access(new.clone()),
            (Member { team, subject }, Access(old), Access(new)) if subject == old => Member {
                team: team.clone(),
                subject: new.clone(),
            },
            (
                Object { kind, name },
                Object {
                    kind: of,
                    name: old,
                },
                Object { name: new, .. },
            ) if kind == of && name == old => Object {
                kind: kind.clone(),
                name: new.clone(),
            },
            (TeamId(_), TeamId(old), TeamId(new)) => {
                let entry = observation.state.get_mut(&address).expect("it was listed");
                if let Resource::Team(team) = &mut entry.resource
                    && team.parent.as_ref() == Some(old)
                {
                    team.parent = Some(new.clone());
                }
                continue;
            }
            _ => continue,
        };
        let entry = observation.state.remove(&address).expect("it was listed");
        observation
            .state
            .insert(Address::new(&account(), resource), entry);
    }
}

/// A plan in a few words: a line per step with what it needs and its first place, then refusals and findings.
pub(crate) fn show(plan: &Plan) -> String {
    let number = |id: &seatplan::plan::StepId| {
        let at = plan.steps.iter().position(|it| it.id == *id);
        at.map_or("?".to_owned(), |at| (at + 1).to_string())
    };
    let mut lines = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let mut line = format!("{}. {} {}", at + 1, step.action.word(), step.address);
        if let Some(from) = &step.renamed_from {
            line += &format!(" from {from}");
        }
        for difference in &step.differences {
            line += &format!(
                ", {}: {} -> {}",
                difference.field,
                difference.before.as_deref().unwrap_or("-"),
                difference.after.as_deref().unwrap_or("-")
            );
        }
        if let Some(other) = &step.other {
            line += &format!("; {}", other.address);
            for difference in &other.differences {
                line += &format!(
                    ", {}: {} -> {}",
                    difference.field,
                    difference.before.as_deref().unwrap_or("-"),
                    difference.after.as_deref().unwrap_or("-")
                );
            }
        }
        if let How::Task(task) = &step.how {
            let who: Vec<_> = task.who.iter().map(ToString::to_string).collect();
            line += &format!(", task for [{}]: {}", who.join(", "), task.why);
        }
        if !step.needs.is_empty() {
            let needs: Vec<_> = step.needs.iter().map(number).collect();
            line += &format!(" (needs {})", needs.join(", "));
        }
        line += &format!(" @{}", step.places[0].line);
        lines.push(line);
    }
    for refusal in &plan.refusals {
        lines.push(match refusal {
            Refusal::Seats { proof, missing, askers, .. } => {
                let askers: Vec<_> = askers.iter().map(|it| it.address.to_string()).collect();
                format!(
                    "refused: {} missing of {}: used {} freed {} taken {} after {}; last in line {}",
                    missing, proof.pool, proof.used, proof.freed, proof.taken, proof.after,
                    askers.join(", ")
                )
            }
            Refusal::UnknownCapacity { proof, .. } => {
                format!("refused: the size of {} is not known", proof.pool)
            }
            Refusal::Rule { rule, steps, .. } => {
                let steps: Vec<_> = steps.iter().map(number).collect();
                format!("refused: no order of {} keeps {rule}", steps.join(", "))
            }
            Refusal::Cycle { steps, waiting, .. } => {
                let numbers = |ids: &[seatplan::plan::StepId]| {
                    ids.iter().map(number).collect::<Vec<_>>().join(", ")
                };
                format!("refused: {} wait for each other; leave {}", numbers(steps), numbers(waiting))
            }
        });
    }
    for finding in &plan.findings {
        lines.push(format!("found {}: {}", finding.address, finding.text));
    }
    lines.join("\n")
}

pub(crate) fn account() -> AccountName {
    ACCOUNT.into()
}

pub(crate) fn access_of(who: &str) -> Address {
    Address::access(&account(), &Subject::new(who))
}

pub(crate) fn object_of(kind: &str, name: &str) -> Address {
    let id = ResourceId::Object {
        kind: kind.into(),
        name: name.into(),
    };
    Address::new(&account(), id)
}

pub(crate) fn team_of(team: &str) -> Address {
    Address::team(&account(), &TeamName::new(team))
}

pub(crate) fn member_of(team: &str, who: &str) -> Address {
    Address::member(&account(), &TeamName::new(team), &Subject::new(who))
}

pub(crate) fn gap(kind: Kind) -> Gap {
    Gap::of(kind, "page 2 did not come".to_owned())
}

fn now() -> jiff::Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("it is a time")
}

/// A provider that does everything by itself.
fn everything() -> Capabilities {
    use seatplan::model::Action::{Create, Remove, Rename, Update};
    let kinds = [
        Kind::Setting,
        Kind::Seats,
        Kind::Object,
        Kind::Team,
        Kind::Access,
        Kind::Member,
    ];
    let pairs = kinds
        .into_iter()
        .flat_map(|kind| [Create, Update, Rename, Remove].map(|action| (kind, action)));
    Capabilities {
        executes: pairs.collect(),
    }
}
