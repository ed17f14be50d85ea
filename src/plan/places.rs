//! What somebody's access and places in teams must not be together, at any time.
//!
//! # Design
//! A constraint on one person that asks about teams can be broken between two steps that are both right in the end: whoever
//! must not lead with a certain role has to stop leading first, and whoever must lead has to begin first. Counted, this is a
//! limit like any other: so much may be used up by what the access is and by how many places the person has and leads.
//!
//! A person may not be `what` (their access says yes or no) and stand in a certain way. With `places` and `leads` counted,
//! and `all` more than there can ever be:
//!
//! | Must not be together | Kept by |
//! |---|---|
//! | `what`, and leads a team | `all * what + leads <= all` |
//! | `what`, and is in a team | `all * what + places <= all` |
//! | `what`, and leads none | `what <= leads` |
//! | `what`, and is in none | `what <= places` |
//! | `what`, and is in teams and leads none | `all * what + places - all * leads <= all` |

use std::collections::BTreeMap;

use super::diff::Scope;
use super::limits::Limit;
use super::{Side, Step};
use crate::model::{Access, Action, Address, Kind, Resource, ResourceId, Subject};
use crate::product::{Constraint, Level, Product, Scene, Selector, Standing};

/// The limits of people of whom several steps change the access and the places.
pub(super) fn limits(scope: Scope<'_>, steps: &[Step], scene: &Scene<'_>) -> Vec<Limit> {
    let rules = rules(scope.product);
    if rules.is_empty() {
        return Vec::new();
    }
    let mut people: BTreeMap<&Subject, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        for subject in step.sides().filter_map(|it| it.address.subject()) {
            people.entry(subject).or_default().push(at);
        }
    }
    // One step alone is all or nothing.
    people.retain(|_, of_person| of_person.len() > 1);
    let present: BTreeMap<&Subject, &Subject> = people
        .iter()
        .map(|(subject, of_person)| (present(subject, of_person, steps), *subject))
        .collect();
    let mut places: BTreeMap<&Subject, Vec<bool>> = BTreeMap::new();
    for (address, entry) in scope.observation.state.of_kind(scope.name, Kind::Member) {
        if let (ResourceId::Member { subject, .. }, Resource::Member(member)) =
            (&address.resource, &entry.resource)
            && let Some(subject) = present.get(subject)
        {
            places.entry(subject).or_default().push(member.lead);
        }
    }
    let mut limits = Vec::new();
    for (subject, of_person) in people {
        let places = places.get(subject).map_or(&[][..], Vec::as_slice);
        let access = access(scope, subject, &of_person, steps);
        let person = Person {
            subject,
            access,
            places: count(places.iter()),
            leads: count(places.iter().filter(|leads| **leads)),
            steps: of_person.into_iter().map(|at| (at, &steps[at])).collect(),
        };
        limits.extend(rules.iter().map(|rule| rule.limit(scene, &person)));
    }
    // What can never run out is no limit.
    limits.retain(|limit| {
        let most: i64 = limit.uses.iter().map(|(_, units)| units.max(&0)).sum();
        limit.slack < most
    });
    limits
}

/// The name that somebody has now.
fn present<'a>(subject: &'a Subject, of_person: &[usize], steps: &'a [Step]) -> &'a Subject {
    let mut renamed = of_person.iter().filter_map(|at| {
        let from = steps[*at].renamed_from.as_ref()?;
        from.subject()
    });
    renamed.next().unwrap_or(subject)
}

/// What somebody has now.
fn access<'a>(
    scope: Scope<'a>,
    subject: &Subject,
    of_person: &[usize],
    steps: &'a [Step],
) -> Option<&'a Access> {
    let of_access = |it: &&Step| matches!(it.address.resource, ResourceId::Access(_));
    let step = of_person.iter().map(|at| &steps[*at]).find(of_access);
    let resource = match step.and_then(|it| side(it, subject)) {
        Some(side) => side.before.as_ref(),
        None => (scope.observation.state).resource(&Address::access(scope.name, subject)),
    };
    match resource {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    }
}

/// What a step does to somebody's access.
fn side<'a>(step: &'a Step, subject: &Subject) -> Option<Side<'a>> {
    step.sides()
        .find(|it| it.address.subject() == Some(subject))
}

fn count<T>(things: impl Iterator<Item = T>) -> i64 {
    i64::try_from(things.count()).unwrap_or(i64::MAX)
}

/// Somebody of whom several steps change the access and the places.
struct Person<'a> {
    subject: &'a Subject,
    access: Option<&'a Access>,
    places: i64,
    leads: i64,
    steps: Vec<(usize, &'a Step)>,
}

/// How somebody stands in teams: `None` where it does not matter.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Stands {
    in_team: Option<bool>,
    leads: Option<bool>,
}

impl Stands {
    fn of(selector: &Selector) -> Self {
        Self {
            in_team: selector.in_team,
            leads: selector.leads_team,
        }
    }

    /// Both; `None` if nobody stands so.
    fn and(self, other: Self) -> Option<Self> {
        let both = |a: Option<bool>, b: Option<bool>| match (a, b) {
            (Some(a), Some(b)) if a != b => None,
            (a, b) => Some(a.or(b)),
        };
        Some(Self {
            in_team: both(self.in_team, other.in_team)?,
            leads: both(self.leads, other.leads)?,
        })
    }

    /// Everything that is not this.
    fn opposites(self) -> impl Iterator<Item = Self> {
        let in_team = self.in_team.map(|it| Self {
            in_team: Some(!it),
            leads: None,
        });
        let leads = self.leads.map(|it| Self {
            in_team: None,
            leads: Some(!it),
        });
        in_team.into_iter().chain(leads)
    }
}

/// What nobody may be: an access that is all of `is` and not `is_not`, while standing so in teams.
struct Rule<'a> {
    is: Vec<&'a Selector>,
    is_not: Option<&'a Selector>,
    stands: Stands,
}

/// What a product forbids that can be broken between two steps.
fn rules<'a>(product: &'a Product) -> Vec<Rule<'a>> {
    let mut rules = Vec::new();
    let mut add = |is: Vec<&'a Selector>, is_not, stands: Option<Stands>| {
        let stands = stands.filter(|it| *it != Stands::default());
        rules.extend(stands.map(|stands| Rule { is, is_not, stands }));
    };
    for (_, constraint) in product.constraints.iter() {
        match constraint {
            Constraint::Excludes(it) if it.level != Some(Level::Warn) => {
                let stands = Stands::of(&it.a).and(Stands::of(&it.b));
                add(vec![&it.a, &it.b], None, stands);
            }
            Constraint::Requires(it) if it.level != Some(Level::Warn) => {
                let stands = Stands::of(&it.a);
                add(vec![&it.a], Some(&it.b), Some(stands));
                for other in Stands::of(&it.b).opposites() {
                    add(vec![&it.a], None, stands.and(other));
                }
            }
            _ => {}
        }
    }
    rules
}

impl Rule<'_> {
    fn is(&self, scene: &Scene<'_>, access: Option<&Access>) -> bool {
        let Some(access) = access else {
            return false;
        };
        let is = |selector: &Selector| {
            // How the person stands is counted, so here they stand as the selector says.
            let standing = Standing {
                in_team: selector.in_team == Some(true),
                leads_team: selector.leads_team == Some(true),
            };
            scene.selects(selector, access, standing)
        };
        self.is.iter().all(|it| is(it)) && !self.is_not.is_some_and(is)
    }

    fn limit(&self, scene: &Scene<'_>, person: &Person<'_>) -> Limit {
        let of_access = |step: &Step| {
            let access = |resource: &Option<Resource>| match resource {
                Some(Resource::Access(access)) => self.is(scene, Some(access)),
                _ => false,
            };
            side(step, person.subject).map_or(0, |side| {
                i64::from(access(side.after)) - i64::from(access(side.before))
            })
        };
        let comers = (person.steps.iter()).filter(|(_, it)| it.action == Action::Create);
        let all = 1 + person.places + count(comers);
        // How much the access, a place and a led one use up, and how much there is.
        let (access, place, lead, most) = match (self.stands.in_team, self.stands.leads) {
            (_, Some(true)) => (all, 0, 1, all),
            (Some(true), None) => (all, 1, 0, all),
            (Some(true), Some(false)) => (all, 1, -all, all),
            (None, Some(false)) => (1, 0, -1, 0),
            (Some(false), _) => (1, -1, 0, 0),
            (None, None) => (0, 0, 0, 0),
        };
        let used = access * i64::from(self.is(scene, person.access))
            + place * person.places
            + lead * person.leads;
        let uses = person.steps.iter().map(|(at, step)| {
            let units = match &step.address.resource {
                ResourceId::Member { .. } => {
                    let (places, leads) = of_place(step);
                    place * places + lead * leads
                }
                _ => access * of_access(step),
            };
            (*at, units)
        });
        Limit {
            slack: most - used,
            uses: uses.filter(|(_, units)| *units != 0).collect(),
            rests_on: None,
        }
    }
}

/// How many places and led ones a step gives or, below zero, takes.
fn of_place(step: &Step) -> (i64, i64) {
    let of = |resource: &Option<Resource>| match resource {
        Some(Resource::Member(member)) => (1, i64::from(member.lead)),
        _ => (0, 0),
    };
    let (before, after) = (of(&step.before), of(&step.after));
    (after.0 - before.0, after.1 - before.1)
}
