//! What somebody may do: the matrix, less what options deny and limit, and what grants open.

use super::{Condition, May, OptionRule, Product, Scene};
use crate::model::{Access, Grant, RoleName, Value};
use crate::text::Word;

/// Whether somebody may do something; the better answer is the smaller one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// They may.
    Allowed,
    /// They may, but not all of it.
    Limited,
    /// They may if an owner lets them.
    AskOwner,
    /// They may not.
    Denied,
}

/// What somebody may do, and what decides it.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Whether they may.
    pub ability: Ability,
    /// What decides it, the most telling first; never empty.
    pub reasons: Vec<Reason<'a>>,
}

/// Something that decides whether somebody may do something.
#[derive(Clone, Copy, Debug)]
pub enum Reason<'a> {
    /// They have no role that the matrix knows.
    NoRole,
    /// They administer the account, and what its own roles allow an administrator may do.
    Administers,
    /// One of their roles is an object of the account that lists it.
    OwnedRole(&'a RoleName),
    /// One of their roles is an object of the account that does not list it.
    NotListed(&'a RoleName),
    /// The matrix's word for one of their roles.
    Role(&'a RoleName, May),
    /// An option that is set takes it away.
    DeniedBy(&'a Word, &'a Value),
    /// Options with which it could be taken away are not set.
    NotDeniedBy(&'a Word),
    /// An option that is set leaves only some of it.
    LimitedBy(&'a Word, &'a Value),
    /// They have a grant that opens it.
    OpenedBy(&'a Word),
    /// It takes a grant that they do not have.
    Needs(&'a Word),
    /// They have the grant, but it opens this only under a condition on the account.
    NeedsCondition(&'a Word, &'a Condition),
}

impl Product {
    /// What an access may do, whatever grants open: what is asked of somebody who acts. `None` if the matrix has no such row.
    pub fn capability(&self, access: &Access, capability: &str) -> Option<May> {
        let answer = self.answer(access, capability)?;
        Some(match answer.ability {
            Ability::Allowed | Ability::Limited => May::Allow,
            Ability::AskOwner => May::AskOwner,
            Ability::Denied => May::Deny,
        })
    }

    /// The row of the matrix for an access, less what its options deny and limit. `None` if the matrix has no such row.
    ///
    /// A capability includes those below it: denying `settings` denies `settings.users`. Of several roles the best counts.
    /// `ask-owner` becomes `allow` where an option is how an owner says no, and that option is not set: the vendor then
    /// has no other question to ask.
    fn answer<'a>(&'a self, access: &'a Access, capability: &str) -> Option<Answer<'a>> {
        let matrix = self.matrix.as_ref()?;
        let row = matrix.rows.get(capability)?;
        let column = |role: &RoleName| {
            let at = matrix.roles.iter().position(|it| it.value == role.as_str());
            row.may.get(at?).map(|may| may.value)
        };
        let roles = access.roles.iter();
        let roles = roles.filter_map(|role| Some((column(role)?, role)));
        // The first of the best, so that an answer is always the same.
        let best = roles.min_by_key(|(may, _)| *may);
        let may = best.map_or(May::Deny, |(may, _)| may);
        let of_role = best.map_or(Reason::NoRole, |(may, role)| Reason::Role(role, may));

        let governs = |rule: &OptionRule| {
            rule.denies.iter().any(|it| covers(&it.value, capability))
                && access.roles.iter().any(|role| allows_role(rule, role))
        };
        let governing = self.options.iter().filter(|(_, rule)| governs(rule));
        let governing: Vec<_> = governing.map(|(name, _)| &name.value).collect();
        let denying: Vec<_> = governing
            .iter()
            .filter_map(|name| Some((*name, self.set_value(access, name)?)))
            .collect();
        if !denying.is_empty() && may != May::Deny {
            let reasons = denying.into_iter();
            let reasons = reasons.map(|(name, value)| Reason::DeniedBy(name, value));
            return Some(Answer {
                ability: Ability::Denied,
                reasons: reasons.collect(),
            });
        }
        let (ability, mut reasons) = match may {
            May::Deny => (Ability::Denied, vec![of_role]),
            May::AskOwner if governing.is_empty() => (Ability::AskOwner, vec![of_role]),
            May::AskOwner => {
                let unset = governing.into_iter().map(Reason::NotDeniedBy);
                (
                    Ability::Allowed,
                    std::iter::once(of_role).chain(unset).collect(),
                )
            }
            May::Allow => (Ability::Allowed, vec![of_role]),
        };
        if ability != Ability::Allowed {
            return Some(Answer { ability, reasons });
        }
        let limits = |rule: &OptionRule| rule.limits.iter().any(|it| covers(&it.value, capability));
        let limiting = self.options.iter().filter(|(_, rule)| limits(rule));
        let limiting: Vec<_> = limiting
            .filter_map(|(name, _)| Some((&name.value, self.set_value(access, &name.value)?)))
            .map(|(name, value)| Reason::LimitedBy(name, value))
            .collect();
        let ability = match limiting.is_empty() {
            true => Ability::Allowed,
            false => Ability::Limited,
        };
        reasons.splice(0..0, limiting);
        Some(Answer { ability, reasons })
    }

    /// The value of an option that is set to another value than its default.
    fn set_value<'a>(&self, access: &'a Access, option: &str) -> Option<&'a Value> {
        let value = access.options.get(option)?;
        self.option_is_set(access, option).then_some(value)
    }
}

impl<'p> Scene<'p> {
    /// What an access may do on this account; `None` if the product's matrix has no such row.
    ///
    /// A grant opens what the roles alone do not give; what an option denies it does not open.
    pub fn may<'a>(&'a self, access: &'a Access, capability: &str) -> Option<Answer<'a>>
    where
        'p: 'a,
    {
        let product = self.product;
        let owned = self.owned(access, capability);
        let Some(mut answer) = product.answer(access, capability) else {
            return owned;
        };
        if let Some(owned) = owned.filter(|it| it.ability < answer.ability) {
            return Some(owned);
        }
        let is_denied_by_option = matches!(answer.reasons[..], [Reason::DeniedBy(..), ..]);
        if answer.ability <= Ability::Limited || is_denied_by_option {
            return Some(answer);
        }
        let opening = product.grants.iter().filter(|(_, rule)| {
            let mut opens = rule.opens.iter();
            opens.any(|it| covers(&it.value, capability))
        });
        let mut missing = Vec::new();
        for (name, rule) in opening {
            let name = &name.value;
            let closed = rule.opens_when.as_ref().filter(|it| !self.holds(it));
            match (self.grant(access, name), closed) {
                (Some(Grant::Access), None) => {
                    return Some(Answer {
                        ability: Ability::Allowed,
                        reasons: vec![Reason::OpenedBy(name)],
                    });
                }
                (Some(Grant::Access), Some(condition)) => {
                    missing.push(Reason::NeedsCondition(name, condition));
                }
                _ => missing.push(Reason::Needs(name)),
            }
        }
        // Where a grant is what would open it, the word of the role tells nothing.
        if !missing.is_empty() && answer.ability == Ability::Denied {
            answer.reasons = missing;
        }
        Some(answer)
    }
}

impl<'p> Scene<'p> {
    /// What an access may do by roles that are objects of the account and list what they allow; `None` where roles list
    /// nothing.
    fn owned<'a>(&'a self, access: &'a Access, capability: &str) -> Option<Answer<'a>>
    where
        'p: 'a,
    {
        let (kind, field) = self.product.listing_field()?;
        let objects = self.objects().get(kind.as_str());
        let lists = |role: &&RoleName| {
            let object = objects.and_then(|it| it.get(role.as_str()));
            let words = object.and_then(|it| it.fields.get(field));
            match words {
                Some(Value::Words(words)) => words.iter().any(|it| covers(it, capability)),
                _ => false,
            }
        };
        let answer = |ability, reason| Answer {
            ability,
            reasons: vec![reason],
        };
        let mut roles = access.roles.iter();
        Some(match roles.find(lists) {
            Some(role) => answer(Ability::Allowed, Reason::OwnedRole(role)),
            None if self.product.administers(access) => {
                answer(Ability::Allowed, Reason::Administers)
            }
            None => Answer {
                ability: Ability::Denied,
                reasons: match access.roles.is_empty() {
                    true => vec![Reason::NoRole],
                    false => access.roles.iter().map(Reason::NotListed).collect(),
                },
            },
        })
    }

    /// What the roles that are objects of the account list, each once, in order; empty where they list nothing.
    pub fn listed_capabilities(&self) -> std::collections::BTreeSet<&str> {
        let Some((kind, field)) = self.product.listing_field() else {
            return std::collections::BTreeSet::new();
        };
        let objects = self.objects().get(kind.as_str()).into_iter().flatten();
        let words = objects.filter_map(|(_, object)| match object.fields.get(field) {
            Some(Value::Words(words)) => Some(words.iter().map(|it| it.as_str())),
            _ => None,
        });
        words.flatten().collect()
    }
}

impl Product {
    /// The kind of owned objects that are roles, and their field that lists what the role may do.
    pub fn listing_field(&self) -> Option<(&Word, &Word)> {
        let kind = &self.user.owned_roles.as_ref()?.value;
        let mut fields = self.objects.get(kind)?.fields.iter();
        let (field, _) = fields.find(|(_, rule)| rule.allows == Some(true))?;
        Some((kind, &field.value))
    }
}

/// Whether what holds for the capability `above` holds for `below`: it is the same one or one under it.
pub fn covers(above: &str, below: &str) -> bool {
    below
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a role can have an option.
fn allows_role(rule: &OptionRule, role: &str) -> bool {
    rule.roles.is_empty() || rule.roles.iter().any(|it| it.value == role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountName, OptionName, ProductId, State};
    use crate::product::{Tenant, read};

    const PRODUCT: &str = "
title: Example
user: {identity: email, fold: case, roles: many, rules: [X1]}
settings:
  plan: {type: enum, values: [basic, beyond], default: basic, source: written, rules: [X1]}
roles:
  clerk: {rank: 1, rules: [X1]}
  chief: {rank: 2, administers: true, rules: [X1]}
matrix:
  roles: [clerk, chief]
  rows:
    deals: {may: [allow, allow], rules: [X1]}
    deals.delete: {may: [ask-owner, allow], rules: [X1]}
    export: {may: [ask-owner, allow], rules: [X1]}
    beyond: {may: [deny, deny], rules: [X1]}
options:
  limited: {type: switch, default: false, limits: [deals], rules: [X1]}
  no_export: {type: switch, default: false, denies: [export], rules: [X1]}
grants:
  licence:
    default: [{value: access, when: account.settings.plan == 'beyond'}, {value: none}]
    opens: [beyond]
    opens_when: account.settings.plan == 'beyond'
    rules: [X1]
";

    fn told(
        roles: &[&str],
        options: &[&str],
        grant: Option<Grant>,
        plan: &str,
        what: &str,
    ) -> String {
        let product = read("example", PRODUCT).unwrap();
        let (name, id) = (AccountName::new("a"), ProductId::new("example"));
        let tenant = Tenant {
            name: &name,
            product: &id,
            parent: None,
        };
        let plan = ("plan".into(), Value::Word(plan.into()));
        let scene = Scene::new(&product, tenant, &State::new()).with_settings([plan].into());
        let set = |it: &&str| (OptionName::new(it), Value::Switch(true));
        let access = Access {
            roles: roles.iter().map(RoleName::new).collect(),
            options: options.iter().map(set).collect(),
            grants: grant.into_iter().map(|it| ("licence".into(), it)).collect(),
        };
        let Some(answer) = scene.may(&access, what) else {
            return "no such row".to_owned();
        };
        let reasons = answer.reasons.iter().map(|it| match it {
            Reason::Administers => "administers".to_owned(),
            Reason::OwnedRole(role) | Reason::NotListed(role) => role.to_string(),
            Reason::NoRole => "no role".to_owned(),
            Reason::Role(role, may) => format!("{role} {}", may.word()),
            Reason::DeniedBy(name, value) => format!("denied by {name}: {value}"),
            Reason::NotDeniedBy(name) => format!("not denied by {name}"),
            Reason::LimitedBy(name, value) => format!("limited by {name}: {value}"),
            Reason::OpenedBy(name) => format!("opened by {name}"),
            Reason::Needs(name) => format!("needs {name}"),
            Reason::NeedsCondition(name, it) => format!("{name} only if {}", it.as_str()),
        });
        let reasons: Vec<_> = reasons.collect();
        format!("{:?}: {}", answer.ability, reasons.join("; "))
    }

    #[test]
    fn of_several_roles_the_best_counts_and_no_role_may_nothing() {
        let of = |roles: &[&str]| told(roles, &[], None, "basic", "deals.delete");
        assert_eq!(of(&["clerk"]), "AskOwner: clerk ask-owner");
        assert_eq!(of(&["clerk", "chief"]), "Allowed: chief allow");
        assert_eq!(of(&[]), "Denied: no role");
    }

    #[test]
    fn an_option_denies_or_limits_a_capability_and_those_below_it() {
        let of = |options: &[&str], what| told(&["clerk"], options, None, "basic", what);
        assert_eq!(
            of(&["limited"], "deals"),
            "Limited: limited by limited: true; clerk allow"
        );
        assert_eq!(
            of(&["limited"], "deals.delete"),
            "AskOwner: clerk ask-owner"
        );
        assert_eq!(
            of(&["no_export"], "export"),
            "Denied: denied by no_export: true"
        );
        // That option is how an owner says no: who has not said it, lets them.
        assert_eq!(
            of(&[], "export"),
            "Allowed: clerk ask-owner; not denied by no_export"
        );
    }

    #[test]
    fn a_grant_opens_what_roles_do_not_give() {
        let of = |grant, plan| told(&["clerk"], &[], grant, plan, "beyond");
        assert_eq!(of(None, "basic"), "Denied: needs licence");
        assert_eq!(of(None, "beyond"), "Allowed: opened by licence");
        assert_eq!(of(Some(Grant::None), "beyond"), "Denied: needs licence");
        assert_eq!(
            of(Some(Grant::Access), "basic"),
            "Denied: licence only if account.settings.plan == 'beyond'"
        );
        assert_eq!(
            told(&["clerk"], &[], None, "basic", "dealsx"),
            "no such row"
        );
    }
}
