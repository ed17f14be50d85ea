//! How a change is carried out: by the provider or by a person, who may do it, and what else it causes.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::{Change, Scope};
use super::instructions::{instructions, preparations};
use super::scenes::Scenes;
use super::{How, Step, StepEffect, StepId, Task, actor, hand, transitions, words};
use crate::model::{
    Access, Action, Actor, Address, Grant, Kind, Resource, ResourceId, RoleName, Subject,
};
use crate::product::{
    Acting, Concerned, Deed, Effect, EffectKind, GrantDefault, Operation, Scene, TakesEffect, Via,
};

/// The most people that a task names as those who may do it.
pub(super) const WHO_MAX: usize = 20;

/// What decides who may do a step: its operations, and the roles of the person concerned before and after.
type Concern = (Vec<String>, Vec<RoleName>, Vec<RoleName>);

/// Who acts on one account, and who could.
pub(super) struct Hands<'a> {
    scope: Scope<'a>,
    /// The access of the person that the credential reads back as; `None` where no rule about people applies.
    acting: Option<(&'a Subject, Access)>,
    /// Whom steps of the plan hand a role to, with what they have then: they may do what nobody else may.
    heirs: Vec<(Subject, Access)>,
    /// Steps that only such an heir may do, once the role has moved.
    inherited: BTreeSet<StepId>,
    /// Who may do an operation that concerns these roles: one more than is ever named.
    able: BTreeMap<Concern, Vec<Subject>>,
}

impl<'a> Hands<'a> {
    pub(super) fn new(scope: Scope<'a>, changes: &[Change<'_>]) -> Self {
        let heirs = changes.iter().filter(|it| it.other.is_some());
        let heirs = heirs.filter_map(|it| {
            let access = access_of(&it.after)?;
            Some((it.address.subject()?.clone(), access.clone()))
        });
        let acting = match &scope.observation.actor {
            Actor::Person { subject, roles } => {
                let access = Address::access(scope.name, subject);
                let access = match scope.observation.state.resource(&access) {
                    Some(Resource::Access(access)) => access.clone(),
                    _ => Access {
                        roles: roles.clone(),
                        ..Access::default()
                    },
                };
                Some((subject, access))
            }
            Actor::Service { .. } | Actor::Unknown => None,
        };
        Self {
            scope,
            acting,
            heirs: heirs.collect(),
            inherited: BTreeSet::new(),
            able: BTreeMap::new(),
        }
    }

    /// Who does a step, and how.
    pub(super) fn how(&mut self, step: &Step, scenes: &Scenes<'_>) -> How {
        let product = self.scope.product;
        let words = words::words(step, product);
        let operations = words::operations(step, product);
        let operations: Vec<&Operation> = operations.iter().map(|it| it.1).collect();
        let executes = &self.scope.capabilities.executes;
        let can = executes.contains(&(step.address.kind(), step.action));
        let deed = Deed {
            words: &words,
            operations: &operations,
        };
        let refused = self.acting.as_ref().and_then(|(subject, access)| {
            let acting = Acting { subject, access };
            let why = hand::hands_on(step, subject)
                .or_else(|| product.refuses_actor(deed, acting, concerned(step)))
                .or_else(|| actor::refuses(self.scope, scenes, step, access));
            why.map(|why| format!("{subject} acts here: {why}"))
        });
        let why = match (can, refused) {
            (true, None) => return How::Api,
            (true, Some(why)) => why,
            (false, _) => "the connection cannot do this".to_owned(),
        };
        let mut vias = operations.iter().map(|it| it.via);
        let via = vias.find(|it| *it != Via::Api).unwrap_or(Via::Person);
        How::Task(Task {
            via,
            why,
            who: self.who(via, step, deed, scenes),
            instructions: instructions(step, scenes),
        })
    }

    fn who(&mut self, via: Via, step: &Step, deed: Deed<'_>, scenes: &Scenes<'_>) -> Vec<Subject> {
        let concerned = step.address.subject();
        if via == Via::User {
            return concerned.cloned().into_iter().collect();
        }
        if let Some(other) = &step.other {
            let holder = self.holder(step, other, deed, scenes);
            return holder.into_iter().collect();
        }
        let scope = self.scope;
        let may = |subject: &Subject| {
            let address = Address::access(scope.name, subject);
            match scope.observation.state.resource(&address) {
                Some(Resource::Access(it)) => actor::refuses(scope, scenes, step, it).is_none(),
                _ => false,
            }
        };
        let able = self.able(step, deed);
        let others = able.iter().filter(|it| Some(*it) != concerned && may(it));
        let others: Vec<_> = others.take(WHO_MAX).cloned().collect();
        match others.is_empty() {
            true => self.heirs_who_may(step, deed, scenes),
            false => others,
        }
    }

    /// Steps that nobody may do before a role has moved.
    pub(super) fn into_inherited(self) -> BTreeSet<StepId> {
        self.inherited
    }

    fn heirs_who_may(&mut self, step: &Step, deed: Deed<'_>, scenes: &Scenes<'_>) -> Vec<Subject> {
        let product = self.scope.product;
        let heirs = self.heirs.iter().filter(|(subject, access)| {
            let acting = Acting { subject, access };
            let concerned = concerned(step);
            step.address.subject() != Some(subject)
                && product.refuses_actor(deed, acting, concerned).is_none()
                && actor::refuses(self.scope, scenes, step, access).is_none()
        });
        let heirs: Vec<_> = heirs.map(|(subject, _)| subject.clone()).collect();
        if !heirs.is_empty() {
            self.inherited.insert(step.id.clone());
        }
        heirs
    }

    /// The holder of a role that is handed on, who alone does it, if they may.
    fn holder(
        &self,
        step: &Step,
        other: &super::Other,
        deed: Deed<'_>,
        scenes: &Scenes<'_>,
    ) -> Option<Subject> {
        let Self { scope, .. } = self;
        let subject = other.address.subject()?;
        let access = access_of(&other.before)?;
        let phase = scope.observation.phases.get(&other.address);
        let acting = Acting { subject, access };
        let may = phase.is_none_or(|it| scope.product.works(it))
            && (scope.product.refuses_actor(deed, acting, concerned(step))).is_none()
            && actor::refuses(*scope, scenes, step, access).is_none();
        may.then(|| subject.clone())
    }

    /// People who work on the account and may do it to somebody with these roles; rules about oneself are left to the
    /// caller.
    fn able(&mut self, step: &Step, deed: Deed<'_>) -> &[Subject] {
        let scope = self.scope;
        let before = roles(step.before.as_ref());
        let after = roles(step.after.as_ref());
        let key = (deed.words.to_vec(), before, after);
        self.able.entry(key).or_insert_with(|| {
            let others = Concerned {
                subject: None,
                ..concerned(step)
            };
            let phases = &scope.observation.phases;
            let accesses = scope.observation.state.of_account(scope.name);
            accesses
                .filter_map(
                    |(address, entry)| match (&address.resource, &entry.resource) {
                        (ResourceId::Access(subject), Resource::Access(access)) => {
                            Some((address, subject, access))
                        }
                        _ => None,
                    },
                )
                .filter(|(address, ..)| {
                    phases
                        .get(*address)
                        .is_none_or(|it| scope.product.works(it))
                })
                .filter(|(_, subject, access)| {
                    let acting = Acting { subject, access };
                    scope.product.refuses_actor(deed, acting, others).is_none()
                })
                .map(|(_, subject, _)| subject.clone())
                .take(WHO_MAX + 1)
                .collect()
        })
    }
}

fn concerned(step: &Step) -> Concerned<'_> {
    Concerned {
        subject: step.address.subject(),
        before: access_of(&step.before),
        after: access_of(&step.after),
    }
}

fn access_of(resource: &Option<Resource>) -> Option<&Access> {
    match resource {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    }
}

fn roles(resource: Option<&Resource>) -> Vec<RoleName> {
    match resource {
        Some(Resource::Access(access)) => access.roles.clone(),
        _ => Vec::new(),
    }
}

/// What the product says about the surroundings of changes on one account.
pub(super) struct Surroundings<'a> {
    pub scope: Scope<'a>,
    pub scenes: &'a Scenes<'a>,
}

/// The most people that one effect names.
const NAMES_MAX: usize = 5;

impl Surroundings<'_> {
    /// What a step causes besides itself, in the order of the definition.
    pub(super) fn effects(&self, step: &Step) -> Vec<StepEffect> {
        let product = self.scope.product;
        let words = words::words(step, product);
        let meant = product.effects.iter().map(|(_, it)| it).filter(|it| {
            it.upon.overflow.is_none()
                && transitions::is_meant(&it.upon, step, &words, self.scenes)
                && (it.when.as_ref()).is_none_or(|it| self.scenes.then.holds(it))
        });
        let mut effects: Vec<_> = meant.map(|it| self.effect(it, step)).collect();
        effects.extend(self.flips(step));
        effects.extend(self.of_operations(step, &effects));
        if let Some(hand_over) = &product.hand_over
            && step.address.kind() == Kind::Access
            && step.action == Action::Remove
            && step.hand_over_to.is_none()
        {
            effects.push(StepEffect {
                kind: EffectKind::DataLoss,
                text: format!(
                    "Nobody takes over, so {} {}.",
                    hand_over.what, hand_over.otherwise
                ),
                irreversible: false,
            });
        }
        effects
    }

    fn effect(&self, effect: &Effect, step: &Step) -> StepEffect {
        let mut text = effect.text.clone();
        if effect.each_user == Some(true)
            && let ResourceId::Object { name, .. } = &step.address.resource
        {
            let people = self.people_with(name);
            text = match people {
                0 => format!("{text} Nobody has it now."),
                1 => format!("{text} 1 person has it."),
                people => format!("{text} {people} people have it."),
            };
        }
        StepEffect {
            kind: effect.kind,
            text,
            irreversible: effect.irreversible == Some(true),
        }
    }

    /// How many people have an owned object as a role.
    fn people_with(&self, role: &str) -> usize {
        let accesses = self.scope.observation.state.of_account(self.scope.name);
        let has = |resource: &Resource| {
            matches!(resource, Resource::Access(it)
            if it.roles.iter().any(|has| has.as_str() == role))
        };
        accesses.filter(|(_, entry)| has(&entry.resource)).count()
    }

    /// Whom a setting gives an add-on, and from whom it takes it, because of what its default becomes.
    fn flips(&self, step: &Step) -> Vec<StepEffect> {
        let ResourceId::Setting(setting) = &step.address.resource else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        for (name, rule) in self.scope.product.grants.iter() {
            let asks =
                |it: &GrantDefault| it.when.as_ref().is_some_and(|it| it.asks_setting(setting));
            let default = |scene: &Scene<'_>| scene.grant_default(&name.value);
            let (now, then) = (default(&self.scenes.now), default(&self.scenes.then));
            if now == then || !rule.default.iter().any(asks) {
                continue;
            }
            let accesses = self.scope.observation.state.of_account(self.scope.name);
            let people: Vec<_> = accesses
                .filter_map(|(address, entry)| match (&address.resource, &entry.resource) {
                    (ResourceId::Access(subject), Resource::Access(access)) => {
                        let wanted = self.scope.desired.state.resource(address);
                        let keeps = matches!(wanted, Some(Resource::Access(it)) if it.grants.get(name.value.as_str()).is_some());
                        let inherits = access.grants.get(name.value.as_str()).is_none();
                        (inherits && !keeps).then(|| subject.to_string())
                    }
                    _ => None,
                })
                .collect();
            if people.is_empty() {
                continue;
            }
            let verb = match then {
                Some(Grant::Access) => "gives",
                _ => "takes",
            };
            let shown = people[..people.len().min(NAMES_MAX)].join(", ");
            let more = match people.len().saturating_sub(NAMES_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let way = if verb == "gives" { "to" } else { "from" };
            effects.push(StepEffect {
                kind: EffectKind::Visibility,
                text: format!(
                    "It {verb} \"{}\" {way} everybody for whom nothing is written: {shown}{more}.",
                    name.value
                ),
                irreversible: false,
            });
        }
        effects
    }

    /// What its operations say: that it spends money, and when it takes effect.
    fn of_operations(&self, step: &Step, told: &[StepEffect]) -> Vec<StepEffect> {
        let product = self.scope.product;
        let operations = words::operations(step, product);
        let effect = |kind, text: String| StepEffect {
            kind,
            text,
            irreversible: false,
        };
        let mut effects = Vec::new();
        let spends = operations.iter().any(|it| it.1.spends_money == Some(true))
            && (words::grows(step) || !words::lowers(step));
        if spends && !told.iter().any(|it| it.kind == EffectKind::Billing) {
            effects.push(effect(EffectKind::Billing, "It spends money.".to_owned()));
        }
        effects.extend(
            self.of_cancellation(step, &operations)
                .map(|it| effect(EffectKind::Delay, it)),
        );
        effects.extend(
            self.taken_back(step)
                .map(|it| effect(EffectKind::Other, it)),
        );
        if step.how == How::Api {
            let prepare = preparations(step, self.scenes).into_iter();
            effects.extend(prepare.map(|it| effect(EffectKind::Other, format!("First: {it}"))));
        }
        effects
    }

    /// When what is given up is gone, and until when that must be asked for.
    fn of_cancellation(
        &self,
        step: &Step,
        operations: &[(&str, &Operation, Vec<usize>)],
    ) -> impl Iterator<Item = String> {
        let (name, of_pool) = match &step.address.resource {
            ResourceId::Seats(pool) if words::lowers(step) => {
                (Some(pool), self.scope.product.one_pool(pool))
            }
            _ => (None, None),
        };
        let pricing = self.scope.pricing();
        let deadline = pricing.deadline(name);
        let late = |it: Option<TakesEffect>| it == Some(TakesEffect::CycleEnd);
        let is_late = late(of_pool.and_then(|it| it.pool.cancel_takes_effect))
            || operations.iter().any(|it| late(it.1.takes_effect))
            || step.lingers(self.scope.product);
        let until = deadline.map_or_else(String::new, |it| {
            let gone = it.renewal;
            let last = gone.yesterday().unwrap_or(gone);
            format!(": what is given up counts until {last}, and is gone on {gone}")
        });
        let what = match name.is_some() && words::grows(step) {
            true => "What is cancelled goes",
            false => "It takes effect",
        };
        let ends = is_late.then(|| format!("{what} when the billing cycle ends{until}."));
        let notice = pricing.notice(name);
        let is_noticed = notice > 0 && (is_late || name.is_some());
        let asked = is_noticed.then(|| {
            let by = deadline.map_or_else(String::new, |it| format!(", by {}", it.act_by));
            let days = if notice == 1 { "day" } else { "days" };
            format!("It must be asked for at least {notice} {days} before the renewal{by}.")
        });
        ends.into_iter().chain(asked)
    }

    /// What is cancelled of a pool of which more is wanted now, and can be had back.
    fn taken_back(&self, step: &Step) -> Option<String> {
        let ResourceId::Seats(pool) = &step.address.resource else {
            return None;
        };
        let there = self.scope.observation.ending.get(pool)?;
        let on = self.scope.pricing().cycle_end_words(Some(pool));
        words::grows(step).then(|| {
            format!(
                "Some is cancelled, and {there} are there and paid for until the billing cycle ends{on}: where the \
                 vendor takes a cancellation back, nothing new is bought for these."
            )
        })
    }
}

/// Whether the opposite change undoes a step.
pub(super) fn undoable(
    operations: &[(&str, &Operation, Vec<usize>)],
    effects: &[StepEffect],
) -> bool {
    !operations.iter().any(|it| it.1.irreversible == Some(true))
        && !effects.iter().any(|it| it.irreversible)
}
