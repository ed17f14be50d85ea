//! What the account must be like for a step to be done: what it needs is there, nobody else has what only one thing may have,
//! and no team lies too deep.

use super::World;
use crate::model::{KindName, ObjectName, Resource, ResourceId, RoleName, Team, TeamName};
use crate::product::{Constraint, DepthOf, Identity, Level, Unique};

impl World<'_> {
    pub(super) fn is_possible(&self, id: &ResourceId, after: &Resource) -> Result<(), String> {
        self.is_single_valued(id, after)?;
        let team_is_there =
            |team: &TeamName| self.things.contains_key(&ResourceId::Team(team.clone()));
        if let (Some(kind), Resource::Access(access)) = (&self.product.user.owned_roles, after) {
            let object = |role: &RoleName| ResourceId::Object {
                kind: KindName::new(&kind.value),
                name: ObjectName::new(role.as_str()),
            };
            let is_built_in = |role: &&RoleName| self.product.role(role).is_some();
            let mut owned = access.roles.iter().filter(|it| !is_built_in(it));
            if let Some(missing) = owned.find(|it| !self.things.contains_key(&object(it))) {
                return Err(format!("the role \"{missing}\" is not there yet"));
            }
        }
        match (id, after) {
            (ResourceId::Member { team, .. }, _) if !team_is_there(team) => {
                Err(format!("the team \"{team}\" is not there yet"))
            }
            (ResourceId::Member { subject, .. }, _)
                if !self
                    .things
                    .contains_key(&ResourceId::Access(subject.clone())) =>
            {
                Err(format!("\"{subject}\" has no access yet"))
            }
            (
                ResourceId::Team(team),
                Resource::Team(Team {
                    parent: Some(parent),
                }),
            ) => {
                if !team_is_there(parent) {
                    return Err(format!("the team \"{parent}\" is not there yet"));
                }
                if self.lies_in(parent, team) {
                    return Err(format!("the team \"{parent}\" lies in it"));
                }
                let is_moved = self.things.get(id) != Some(after);
                let Some(limit) = self.depth_limit().filter(|_| is_moved) else {
                    return Ok(());
                };
                match self.level(parent) + self.levels_below(team) {
                    levels if levels <= limit => Ok(()),
                    levels => Err(format!(
                        "the teams would lie {levels} levels deep, and {limit} are allowed"
                    )),
                }
            }
            _ => Ok(()),
        }
    }

    /// Refuses a value that another thing has and of which there may be one.
    fn is_single_valued(&self, id: &ResourceId, after: &Resource) -> Result<(), String> {
        let is_email = self.product.user.identity.value == Identity::Email;
        let product = self.product;
        let value =
            |id: &ResourceId, resource: &Resource, kind: &str, field: &str| match (id, resource) {
                (ResourceId::Object { kind: of, .. }, Resource::Object(it))
                    if of.as_str() == kind =>
                {
                    let value = product.field(kind, it, field);
                    value.map(|it| it.to_string().to_lowercase())
                }
                (ResourceId::Access(subject), _) => Some(subject.to_string().to_lowercase()),
                _ => None,
            };
        for (kind, rules) in product.objects.iter() {
            for (field, rule) in rules.fields.iter() {
                let unique = rule.unique.unwrap_or(Unique::No);
                let mut constraints = product.constraints.iter();
                let by_rule = constraints.any(|(_, it)| {
                    matches!(it, Constraint::Unique(it) if it.level != Some(Level::Warn)
                        && it.objects.as_ref().is_some_and(|it| it.value == kind.value)
                        && it.field.value == field.value)
                });
                if unique == Unique::No && !by_rule {
                    continue;
                }
                let with_people = unique == Unique::Account && is_email;
                let of = |id: &ResourceId, resource: &Resource| match id {
                    ResourceId::Access(_) if !with_people => None,
                    _ => value(id, resource, &kind.value, &field.value),
                };
                let (is, was) = (of(id, after), self.things.get(id).and_then(|it| of(id, it)));
                if is.is_none() || is == was {
                    continue;
                }
                // Two people are told apart by their identities anyway, and objects come first.
                let is_of_interest = |other: &ResourceId| match id {
                    ResourceId::Access(_) => matches!(
                        other,
                        ResourceId::Setting(_) | ResourceId::Seats(_) | ResourceId::Object { .. }
                    ),
                    _ => true,
                };
                let others = self.things.iter();
                let others = others.take_while(|(other, _)| is_of_interest(other));
                let mut others = others.filter(|(other, _)| *other != id);
                if others.any(|(other, it)| of(other, it) == is) {
                    return Err(format!("another thing has the same \"{}\"", field.value));
                }
            }
        }
        Ok(())
    }

    /// Whether a team is another one or lies in it, at any depth.
    fn lies_in(&self, team: &TeamName, other: &TeamName) -> bool {
        let mut team = team.clone();
        // More levels than things: then they lie in a circle already.
        for _ in 0..=self.things.len() {
            if team == *other {
                return true;
            }
            match self.things.get(&ResourceId::Team(team)) {
                Some(Resource::Team(Team {
                    parent: Some(parent),
                })) => team = parent.clone(),
                _ => return false,
            }
        }
        true
    }

    fn depth_limit(&self) -> Option<usize> {
        let constraints = self.product.constraints.iter();
        let limits = constraints.filter_map(|(_, it)| match it {
            Constraint::MaxDepth(it) if it.of != Some(DepthOf::Accounts) => Some(it.limit),
            _ => None,
        });
        limits.min().and_then(|it| usize::try_from(it).ok())
    }

    /// The teams that a team lies in, the innermost first, and no more than there are.
    fn above(&self, team: &TeamName) -> Vec<&TeamName> {
        let parent = |team: &TeamName| match self.things.get(&ResourceId::Team(team.clone())) {
            Some(Resource::Team(Team { parent })) => parent.as_ref(),
            _ => None,
        };
        let above = std::iter::successors(parent(team), |it| parent(it));
        above.take(self.things.len()).collect()
    }

    /// The level of a team, from 1.
    fn level(&self, team: &TeamName) -> usize {
        1 + self.above(team).len()
    }

    /// How many levels a team and the teams in it take.
    fn levels_below(&self, team: &TeamName) -> usize {
        let teams = self.things.keys().filter_map(|id| match id {
            ResourceId::Team(it) => Some(it),
            _ => None,
        });
        let below = teams.filter_map(|it| self.above(it).iter().position(|above| *above == team));
        below.max().map_or(1, |levels| levels + 2)
    }

    pub(super) fn is_removable(&self, id: &ResourceId) -> Result<(), String> {
        if let ResourceId::Object { kind, name } = id
            && self.is_role_kind(kind)
        {
            let has = |it: &Resource| {
                matches!(it, Resource::Access(it)
                if it.roles.iter().any(|role| role.as_str() == name.as_str()))
            };
            return match self.things.values().any(has) {
                true => Err("somebody still has this role".to_owned()),
                false => Ok(()),
            };
        }
        let ResourceId::Team(team) = id else {
            return Ok(());
        };
        if self.people.get(team).is_some_and(|it| !it.is_empty()) {
            return Err("people are still in the team".to_owned());
        }
        if self.children.get(team).is_some_and(|it| !it.is_empty()) {
            return Err("another team still lies in the team".to_owned());
        }
        Ok(())
    }
}
