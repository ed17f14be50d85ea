//! The product's rules on an account in memory: which of them do not hold, and for whom.
//!
//! # Design
//! Steps are answered for what they change on the way. What does not hold before the plan, or after it, is told by the rules
//! over the files and over what the plan leaves behind; so only what is broken in between, and neither before nor after, is
//! a mistake of the order. Whoever goes when the billing cycle ends is one of at most so many, and none of at least so many.
//! Rules that only warn, rules on who acts, on what cannot be changed once set, and minimums that
//! hold only where there is somebody else are not asked of single steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Step;
use super::world::{World, is_around};
use crate::model::{Access, KindName, Object, Resource, ResourceId, Subject};
use crate::product::{Constraint, Count, Level, LookedAt, Product, Selector, Standing, value_is};

/// How many things an account may have so that rules on everybody are looked at when a setting changes.
const EVERYBODY_MAX: usize = 1 << 11;

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Broken {
    rule: String,
    whose: Whose,
}

/// For whom or for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Account,
    Person(Subject),
    Object(ResourceId),
    /// Objects with one value of a field; all of them for `None`.
    Group(Option<String>),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rule \"{}\" is broken", self.rule)?;
        match &self.whose {
            Whose::Person(subject) => write!(f, " for {subject}"),
            Whose::Object(ResourceId::Object { kind, name }) => write!(f, " for {name} of {kind}"),
            Whose::Group(Some(value)) => write!(f, " for \"{value}\""),
            Whose::Account | Whose::Object(_) | Whose::Group(None) => Ok(()),
        }
    }
}

/// What is looked at: the rules of a product, and whom the steps touch.
pub(super) struct Watch<'a> {
    rules: Vec<(&'a str, &'a Constraint)>,
    touched: BTreeSet<Subject>,
    objects: BTreeSet<ResourceId>,
    /// Whether settings or owned objects change, and there are few enough to look at everybody.
    is_all: bool,
    /// Things that have another name after the plan, by the old one.
    renamed: BTreeMap<ResourceId, ResourceId>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(product: &'a Product, steps: &[&Step], things: usize) -> Self {
        let rules = product.constraints.iter();
        let rules = rules.filter(|(_, it)| it.level() == Level::Deny);
        let mut watch = Self {
            rules: rules.map(|(name, it)| (name.value.as_str(), it)).collect(),
            touched: BTreeSet::new(),
            objects: BTreeSet::new(),
            is_all: things <= EVERYBODY_MAX && steps.iter().any(|it| is_around(it)),
            renamed: BTreeMap::new(),
        };
        for step in steps {
            if let Some(from) = &step.renamed_from {
                let (old, new) = (from.resource.clone(), step.address.resource.clone());
                watch.renamed.insert(old, new);
            }
            for id in ids(step) {
                match id {
                    ResourceId::Object { .. } => {
                        watch.objects.insert(id.clone());
                    }
                    _ => watch.touched.extend(subject(id).cloned()),
                }
            }
        }
        watch
    }

    /// How many people each rule counts, of those whom a step touches or of all: everybody, then without those who go when
    /// the billing cycle ends.
    pub(super) fn counted(&self, world: &World<'_>, step: Option<&Step>) -> Vec<i64> {
        let mut counts = vec![0; 2 * self.rules.len()];
        let mut add = |subject: &Subject, access: &Access| {
            let stays = i64::from(world.stays(subject));
            for (counts, (_, constraint)) in counts.chunks_exact_mut(2).zip(&self.rules) {
                let standing = world.standing_of(subject);
                let selector = counted(constraint);
                let is = selector.is_some_and(|it| world.scene.selects(it, access, standing));
                counts[0] += i64::from(is);
                counts[1] += i64::from(is) * stays;
            }
        };
        match step {
            None => world.accesses().for_each(|(it, access)| add(it, access)),
            Some(step) => {
                let touched: BTreeSet<&Subject> = ids(step).filter_map(subject).collect();
                for subject in touched {
                    if let Some((subject, access)) = world.access(subject) {
                        add(subject, access);
                    }
                }
            }
        }
        counts
    }

    /// The rules that do not hold for what a step touches, or for what any of them does; `counts` are those of all people.
    pub(super) fn broken(
        &self,
        world: &World<'_>,
        step: Option<&Step>,
        counts: &[i64],
    ) -> BTreeSet<Broken> {
        let mut broken = BTreeSet::new();
        for ((rule, constraint), counts) in self.rules.iter().zip(counts.chunks_exact(2)) {
            for whose in self.of_rule(world, constraint, step, (counts[0], counts[1])) {
                let rule = (*rule).to_owned();
                broken.insert(Broken { rule, whose });
            }
        }
        broken
    }

    fn of_rule(
        &self,
        world: &World<'_>,
        constraint: &Constraint,
        step: Option<&Step>,
        (there, staying): (i64, i64),
    ) -> Vec<Whose> {
        let is_wide = step.is_none_or(is_around);
        let people = |breaks: &dyn Fn(&Person<'_>) -> bool| -> Vec<Whose> {
            let people = self.people(world, step, is_wide).into_iter();
            people
                .filter(|it| breaks(it))
                .map(|it| self.person(it.subject))
                .collect()
        };
        let is = |it: &Selector, person: &Person<'_>| {
            world.scene.selects(it, person.access, person.standing)
        };
        let account = |is_broken: bool| -> Vec<Whose> {
            is_broken.then_some(Whose::Account).into_iter().collect()
        };
        match constraint {
            Constraint::Excludes(rule) => people(&|it| is(&rule.a, it) && is(&rule.b, it)),
            Constraint::Requires(rule) => people(&|it| is(&rule.a, it) && !is(&rule.b, it)),
            Constraint::PlanGate(gate) => {
                let value = world.scene.settings().get(gate.setting.value.as_str());
                let mut values = gate.values.iter();
                let is_open =
                    value.is_some_and(|value| values.any(|it| value_is(value, &it.value)));
                people(&|it| !is_open && is(&gate.of, it))
            }
            Constraint::MaxCount(rule) => match &rule.of {
                Some(_) => account(there > i64::from(rule.limit)),
                None if is_wide => groups(world, rule, |count| count > rule.limit as usize),
                None => Vec::new(),
            },
            Constraint::MinCount(rule) if rule.where_any.is_none() => match &rule.of {
                Some(_) => account(staying < i64::from(rule.limit)),
                None if !is_wide => Vec::new(),
                None if rule.per.is_none() => {
                    account(groups(world, rule, |count| count >= rule.limit as usize).is_empty())
                }
                None => groups(world, rule, |count| count < rule.limit as usize),
            },
            Constraint::ExactlyOne(_) => account(there > 1 || staying < 1),
            Constraint::Cel(rule) => {
                let fails = |it: LookedAt<'_>| world.scene.holds_for(&rule.must, it) == Ok(false);
                match rule.on.value.as_str() {
                    "account" => account(is_wide && fails(LookedAt::Account)),
                    "access" => people(&|it| fails(it.looked_at(world))),
                    on => {
                        let kind = on.strip_prefix("object:").unwrap_or_default();
                        let objects = self.objects_of(world, kind, is_wide);
                        let broken = objects.filter(|(_, looked_at)| fails(*looked_at));
                        broken
                            .map(|(id, _)| Whose::Object(self.named(id)))
                            .collect()
                    }
                }
            }
            Constraint::MinCount(_)
            | Constraint::Unique(_)
            | Constraint::Actor(_)
            | Constraint::Immutable(_)
            | Constraint::MaxDepth(_) => Vec::new(),
        }
    }

    /// Whom a step touches; everybody whom any of them does, or everybody, where that is wanted.
    fn people<'w>(
        &self,
        world: &'w World<'_>,
        step: Option<&Step>,
        is_wide: bool,
    ) -> Vec<Person<'w>> {
        let person = |(subject, access)| Person {
            standing: world.standing_of(subject),
            subject,
            access,
        };
        if is_wide && self.is_all {
            return world.accesses().map(person).collect();
        }
        let of_step: BTreeSet<Subject> = match step {
            Some(step) => ids(step).filter_map(subject).cloned().collect(),
            None => self.touched.clone(),
        };
        let there = of_step.iter().filter_map(|it| world.access(it));
        there.map(person).collect()
    }

    fn objects_of<'w>(
        &'w self,
        world: &'w World<'_>,
        wanted: &'w str,
        is_wide: bool,
    ) -> impl Iterator<Item = (&'w ResourceId, LookedAt<'w>)> {
        let things = world.things.iter().filter(move |_| is_wide);
        things.filter_map(move |(id, it)| match (id, it) {
            (ResourceId::Object { kind, name }, Resource::Object(object))
                if kind.as_str() == wanted && (self.is_all || self.objects.contains(id)) =>
            {
                Some((id, LookedAt::Object { kind, name, object }))
            }
            _ => None,
        })
    }

    fn person(&self, subject: &Subject) -> Whose {
        match self.named(&ResourceId::Access(subject.clone())) {
            ResourceId::Access(subject) => Whose::Person(subject),
            id => Whose::Object(id),
        }
    }

    /// The name that a thing has after the plan.
    fn named(&self, id: &ResourceId) -> ResourceId {
        self.renamed.get(id).unwrap_or(id).clone()
    }
}

/// Somebody with access.
struct Person<'w> {
    subject: &'w Subject,
    access: &'w Access,
    standing: Standing,
}

impl<'w> Person<'w> {
    fn looked_at(&self, world: &'w World<'_>) -> LookedAt<'w> {
        let id = ResourceId::Access(self.subject.clone());
        LookedAt::Access {
            access: self.access,
            standing: self.standing,
            person: None,
            state: world.phase(&id).unwrap_or("active"),
        }
    }
}

/// Everything that a step changes, under the old name and the new one.
fn ids(step: &Step) -> impl Iterator<Item = &ResourceId> {
    let from = step.renamed_from.as_ref().map(|it| &it.resource);
    step.sides().map(|it| &it.address.resource).chain(from)
}

fn subject(id: &ResourceId) -> Option<&Subject> {
    match id {
        ResourceId::Access(subject) | ResourceId::Member { subject, .. } => Some(subject),
        _ => None,
    }
}

/// Whom a rule counts over the whole account.
fn counted(constraint: &Constraint) -> Option<&Selector> {
    match constraint {
        Constraint::MaxCount(rule) | Constraint::MinCount(rule) => rule.of.as_ref(),
        Constraint::ExactlyOne(rule) => Some(&rule.of),
        _ => None,
    }
}

/// The groups of objects that a rule counts and of which there are so many.
fn groups(world: &World<'_>, rule: &Count, is: impl Fn(usize) -> bool) -> Vec<Whose> {
    let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for (id, resource) in &world.things {
        if let (ResourceId::Object { kind, .. }, Resource::Object(object)) = (id, resource)
            && let Some(group) = group(world, rule, kind, object)
        {
            *counts.entry(group).or_default() += 1;
        }
    }
    let broken = counts.into_iter().filter(|(_, count)| is(*count));
    broken.map(|(group, _)| Whose::Group(group)).collect()
}

fn group(
    world: &World<'_>,
    rule: &Count,
    kind: &KindName,
    object: &Object,
) -> Option<Option<String>> {
    rule.group(world.product, kind, object)
}
