//! Questions that a definition answers: what a role may do, who takes a seat, how many there are.
//!
//! Every part of the program that must know what a definition means asks here, so that there is one meaning. The one
//! exception is the embedded directory, which plays the vendor: it enforces definitions by its own code, so that a mistake
//! here cannot hide behind the same mistake there.

use std::collections::BTreeMap;

use super::{AccessRules, Constraint, Fold, Identity, May, Operation, Product, Role};
use crate::model::{
    Access, AccountName, Action, Kind, Person, Resource, ResourceId, RoleName, SettingName, State,
    Subject, Value, WeeklyHours,
};
use crate::text::Word;

/// The settings of one account that have a value, written, read or by default.
pub type Settings = BTreeMap<SettingName, Value>;

/// What selectors ask about a person beside the person's access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the person is in a team of the account.
    pub in_team: bool,
    /// Whether the person leads one.
    pub leads_team: bool,
}

/// The standing of everybody who is in a team of one account.
#[derive(Clone, Debug, Default)]
pub struct Standings(BTreeMap<Subject, Standing>);

impl Standings {
    /// Reads the members of one account's teams.
    pub fn of(state: &State, account: &AccountName) -> Self {
        let entries = state.of_kind(account, Kind::Member);
        Self::of_members(entries.map(|(address, entry)| (&address.resource, &entry.resource)))
    }

    /// Reads the members among some things of one account.
    pub fn of_members<'a>(things: impl Iterator<Item = (&'a ResourceId, &'a Resource)>) -> Self {
        let mut standings: BTreeMap<Subject, Standing> = BTreeMap::new();
        for thing in things {
            if let (ResourceId::Member { subject, .. }, Resource::Member(member)) = thing {
                let standing = standings.entry(subject.clone()).or_default();
                standing.in_team = true;
                standing.leads_team |= member.lead;
            }
        }
        Self(standings)
    }

    /// One person's standing; in no team for somebody who is not there.
    pub fn get(&self, subject: &Subject) -> Standing {
        self.0.get(subject).copied().unwrap_or_default()
    }
}

/// Something that is about to be done.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// Every operation that it falls under: `access.update`, `access.update.role`.
    pub words: &'a [String],
    /// The operations of the definition that carry it out.
    pub operations: &'a [&'a Operation],
}

/// Somebody who is about to change something.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// What they have on the account.
    pub access: &'a Access,
}

/// Whom a change is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Concerned<'a> {
    /// The person; nobody for a team or a setting.
    pub subject: Option<&'a Subject>,
    /// Their access now.
    pub before: Option<&'a Access>,
    /// Their access then.
    pub after: Option<&'a Access>,
}

impl AccessRules {
    /// The identity as the product folds it, so that two writings of one person are one subject.
    pub fn subject(&self, identity: &Word) -> Subject {
        let is_folded = |it: &Word| it.is_ascii() && !it.bytes().any(|it| it.is_ascii_uppercase());
        match self.fold {
            // Nearly all are ASCII in small letters; these share their text.
            Fold::Case if !is_folded(identity) => {
                Subject::new(caseless::default_case_fold_str(identity))
            }
            Fold::Case | Fold::Exact => Subject::from(identity.clone()),
        }
    }

    /// The subject of a user of the estate; `None` for somebody who lacks the identity that the product keys on.
    pub fn subject_of(&self, person: &Person) -> Option<Subject> {
        let identity = match &self.identity.value {
            Identity::Email => person.email.as_ref(),
            Identity::Login(name) => person.logins.get(name),
        };
        identity.map(|it| self.subject(it))
    }
}

impl Product {
    /// The role of a name, if the product has it built in.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// The rank of the highest of some roles; 0 for none, or for roles that the product does not know.
    pub fn rank(&self, roles: &[RoleName]) -> u32 {
        let ranks = roles.iter().filter_map(|name| Some(self.role(name)?.rank));
        ranks.max().unwrap_or(0)
    }

    /// Whether an access administers the account: one of its roles says so, or an option that is set.
    pub fn administers(&self, access: &Access) -> bool {
        let mut roles = access.roles.iter().filter_map(|name| self.role(name));
        let mut options = self.options.iter();
        roles.any(|role| role.administers == Some(true))
            || options.any(|(name, rule)| {
                rule.administers == Some(true) && self.option_is_set(access, &name.value)
            })
    }

    /// Whether somebody with these roles may give, change and take a role.
    pub fn may_assign(&self, actor: &[RoleName], role: &str) -> bool {
        let mut roles = actor.iter().filter_map(|name| self.role(name));
        roles.any(|it| it.may_assign.iter().any(|may| may.value == role))
    }

    /// Whether somebody with this access leads every team they are in, whatever is written.
    pub fn always_leads(&self, access: &Access) -> bool {
        let Some(teams) = &self.teams else {
            return false;
        };
        let always = |role: &RoleName| teams.always_lead.iter().any(|it| it.value == role.as_str());
        access.roles.iter().any(always)
    }

    /// The value that an option has where nothing is written; `None` if the product names none.
    pub fn option_default(&self, option: &str) -> Option<&Value> {
        self.options.get(option)?.default.as_ref().map(|it| &it.0)
    }

    /// Whether a value is what an option has where nothing is written.
    pub fn is_default(&self, option: &str, value: &Value) -> bool {
        match (self.option_default(option), value) {
            // A definition has hours as a word.
            (Some(Value::Word(word)), Value::Hours(hours)) => {
                WeeklyHours::parse(word).as_ref() == Ok(hours)
            }
            (default, value) => default == Some(value),
        }
    }

    /// Whether an option of an access is set to another value than its default. An empty set counts as the default of a
    /// set, since it restricts nothing.
    pub fn option_is_set(&self, access: &Access, option: &str) -> bool {
        match access.options.get(option) {
            None => false,
            Some(Value::Words(words)) if words.is_empty() => false,
            Some(value) => !self.is_default(option, value),
        }
    }

    /// Whether any constraint on what people have asks who is in teams.
    pub fn constraints_ask_for_teams(&self) -> bool {
        let asks_condition = |it: &super::Condition| {
            let path = |it: &super::Mention| match it.path.as_slice() {
                [root] => root == "access",
                [root, part, ..] => root == "access" && (part == "in_team" || part == "leads_team"),
                [] => false,
            };
            it.mentions().iter().any(path)
        };
        self.constraints.iter().any(|(_, it)| {
            it.selectors().iter().any(|it| it.asks_teams())
                || matches!(it, Constraint::Cel(rule) if asks_condition(&rule.must))
        })
    }

    /// Whether the value of an option is one of these words; `any` stands for every value but the default, and `each` for a
    /// word if there is one.
    pub(super) fn option_is_one_of(
        &self,
        access: &Access,
        option: &str,
        values: &[crate::text::Spanned<Word>],
        each: Option<&Word>,
    ) -> bool {
        let value = access
            .options
            .get(option)
            .or_else(|| self.option_default(option));
        values.iter().any(|wanted| match wanted.value.as_str() {
            "any" => self.option_is_set(access, option),
            "each" if each.is_some() => {
                value.is_some_and(|it| each.is_some_and(|word| value_is(it, word)))
            }
            word => value.is_some_and(|it| value_is(it, word)),
        })
    }

    /// Whether somebody in a life-cycle state takes units; also true for a state that the product does not name, since
    /// what is not known must not free a seat.
    pub fn holds_seat(&self, phase: Option<&str>) -> bool {
        phase
            .and_then(|name| self.states.get(name))
            .is_none_or(|state| state.holds_seat)
    }

    /// Whether somebody in a life-cycle state can act already.
    pub fn works(&self, phase: &str) -> bool {
        phase == "active" || (self.states.get(phase)).is_some_and(|state| state.works == Some(true))
    }

    /// Whether something of a kind can be in a life-cycle state: `access`, or a kind of owned objects.
    pub fn has_state(&self, kind: &str, phase: &str) -> bool {
        let of =
            |it: &super::StateRule| it.of.as_ref().map_or("access", |it| it.value.as_str()) == kind;
        phase == "active" || self.states.get(phase).is_some_and(of)
    }

    /// Whether something in a life-cycle state was removed and is there until the billing cycle ends.
    pub fn is_ending(&self, phase: &str) -> bool {
        let state = self.states.get(phase);
        state.is_some_and(|it| it.ends == Some(super::TakesEffect::CycleEnd))
    }

    /// Whether somebody who is given access must accept it first.
    pub fn invites(&self) -> bool {
        let create = self.operation(Kind::Access, Action::Create);
        let then = create.and_then(|it| it.then.as_ref());
        then.is_some_and(|it| !self.works(&it.value))
    }

    /// The settings of an account in a state, with the product's defaults for those that have no value there.
    pub fn settings_in(&self, state: &State, account: &AccountName) -> Settings {
        let mut settings: Settings = self
            .settings
            .iter()
            .filter_map(|(name, rule)| {
                let default = rule.default.as_ref()?.0.clone();
                Some((SettingName::new(&name.value), default))
            })
            .collect();
        for (address, entry) in state.of_account(account) {
            // Settings come first in the order of addresses.
            let (ResourceId::Setting(name), crate::model::Resource::Setting(value)) =
                (&address.resource, &entry.resource)
            else {
                break;
            };
            settings.insert(name.clone(), value.clone());
        }
        settings
    }

    /// How a kind of change is made, if the definition says so.
    pub fn operation(&self, kind: Kind, action: Action) -> Option<&Operation> {
        self.operations.get(&operation_word(kind, action))
    }

    /// Why somebody may not do something, in the definition's words; `None` if they may.
    ///
    /// It asks the lists of roles of the operations and every constraint of type `actor` on one of the words. Where the
    /// definition says nothing about them, whoever administers may do it.
    pub fn refuses_actor(
        &self,
        deed: Deed<'_>,
        actor: Acting<'_>,
        concerned: Concerned<'_>,
    ) -> Option<String> {
        let mut is_ruled = false;
        let has_role = |names: &[crate::text::Spanned<Word>]| {
            let mut roles = actor.access.roles.iter();
            roles.any(|role| names.iter().any(|it| it.value == role.as_str()))
        };
        let listed = deed.operations.iter().map(|it| it.actor.as_slice());
        for actors in listed.filter(|it| !it.is_empty()) {
            is_ruled = true;
            if !has_role(actors) {
                let names: Vec<_> = actors.iter().map(|it| it.value.as_str()).collect();
                return Some(format!("only the role {} may do it", names.join(" or ")));
            }
        }
        for (_, constraint) in self.constraints.iter() {
            let Constraint::Actor(rule) = constraint else {
                continue;
            };
            let mut operations = rule.operations.0.iter();
            if !operations.any(|it| deed.words.iter().any(|word| it.value == word.as_str())) {
                continue;
            }
            is_ruled = true;
            let lacks_role = !rule.roles.is_empty() && !has_role(&rule.roles);
            let lacks = rule
                .capability
                .as_ref()
                .is_some_and(|it| self.capability(actor.access, &it.value) != Some(May::Allow));
            let is_self = rule.not_self == Some(true) && concerned.subject == Some(actor.subject);
            let roles = [concerned.before, concerned.after].into_iter().flatten();
            let beyond = rule.may_assign == Some(true)
                && roles
                    .flat_map(|access| &access.roles)
                    .any(|role| !self.may_assign(&actor.access.roles, role));
            if lacks_role || lacks || is_self || beyond {
                return Some(rule.text.clone());
            }
        }
        if is_ruled || self.administers(actor.access) {
            None
        } else {
            Some("only somebody who administers the account may do it".to_owned())
        }
    }
}

/// `access.create`: the word of an operation in definitions.
fn operation_word(kind: Kind, action: Action) -> String {
    format!("{}.{}", kind.word(), action.word())
}

/// Whether a value is the one that a definition writes as a word: `true`, `5`, `advanced`; a set if it has the word.
pub fn value_is(value: &Value, word: &str) -> bool {
    match value {
        Value::Switch(on) => word == if *on { "true" } else { "false" },
        Value::Count(count) => word.parse() == Ok(*count),
        Value::Word(it) => it.as_str() == word,
        Value::Words(words) => words.iter().any(|it| it.as_str() == word),
        Value::Hours(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OptionName;
    use crate::product::{built_in, read};

    fn product(id: &str) -> Product {
        let mut table = built_in().iter();
        let (_, text) = table.find(|it| it.0 == id).expect("built in");
        read(id, text).expect("built-in definitions are right")
    }

    fn first() -> Product {
        product(built_in()[2].0)
    }

    fn second() -> Product {
        product(built_in()[3].0)
    }

    fn access(role: &str, options: &[(&str, Value)]) -> Access {
        Access {
            roles: vec![role.into()],
            options: options
                .iter()
                .map(|(name, value)| (OptionName::new(name), value.clone()))
                .collect(),
            ..Access::default()
        }
    }

    #[test]
    fn an_option_at_its_default_is_not_set() {
        let product = second();
        let on = access("manager", &[("restrict_export", Value::Switch(true))]);
        let off = access("manager", &[("restrict_export", Value::Switch(false))]);
        let empty = access("agent", &[("mask", Value::Words(Vec::new()))]);
        assert!(product.option_is_set(&on, "restrict_export"));
        assert!(!product.option_is_set(&off, "restrict_export"));
        assert!(!product.option_is_set(&empty, "mask"));
    }

    #[test]
    fn denying_a_capability_denies_those_below_it() {
        let product = second();
        let restricted = access("manager", &[("restrict_settings", Value::Switch(true))]);
        assert_eq!(
            product.capability(&restricted, "settings.users"),
            Some(May::Deny)
        );
        assert_eq!(
            product.capability(&restricted, "contacts"),
            Some(May::Allow)
        );
        assert_eq!(product.capability(&restricted, "settingsx"), None);
    }

    #[test]
    fn of_several_roles_the_best_counts() {
        let product = second();
        let mut both = access("agent", &[]);
        both.roles.push("owner".into());
        assert_eq!(product.capability(&both, "reports"), Some(May::Allow));
        assert_eq!(product.rank(&both.roles), 3);
        assert!(product.administers(&both));
    }

    #[test]
    fn the_settings_choose_how_many_units_there_are() {
        let product = first();
        let pool = product.one_pool("member").expect("it has one");
        let settings =
            |plan: &str| Settings::from([(SettingName::new("plan"), Value::Word(plan.into()))]);
        let (account, id) = (
            AccountName::new("acme"),
            crate::model::ProductId::new("chat"),
        );
        let tenant = crate::product::Tenant {
            name: &account,
            product: &id,
            parent: None,
        };
        let scene = crate::product::Scene::new(&product, tenant, &State::new());
        let capacity = |settings| scene.clone().with_settings(settings).capacity(pool);
        assert_eq!(
            capacity(settings("free")).and_then(|it| it.unlimited),
            Some(true)
        );
        assert_eq!(
            capacity(settings("team")).and_then(|it| it.purchased),
            Some(true)
        );
        assert!(capacity(Settings::new()).is_none());
    }

    #[test]
    fn a_state_that_nobody_named_holds_a_seat() {
        let product = first();
        assert!(product.holds_seat(None));
        assert!(product.holds_seat(Some("invited")));
        assert!(product.holds_seat(Some("never heard of")));
    }

    #[test]
    fn an_administrator_leads_every_team() {
        let product = first();
        assert!(product.always_leads(&access("admin", &[])));
        assert!(!product.always_leads(&access("member", &[])));
    }

    #[test]
    fn who_may_act_depends_on_role_restriction_and_person() {
        let product = second();
        let (mia, ana) = (Subject::new("mia"), Subject::new("ana"));
        let (agent, manager) = (access("agent", &[]), access("manager", &[]));
        let locked = access("manager", &[("restrict_settings", Value::Switch(true))]);
        let refuses = |actor: &Access, subject, after| {
            let acting = Acting {
                subject: &mia,
                access: actor,
            };
            let concerned = Concerned {
                subject: Some(subject),
                before: None,
                after: Some(after),
            };
            let update = product.operation(Kind::Access, Action::Update);
            let deed = Deed {
                words: &["access.update".to_owned()],
                operations: &[update.expect("it has one")],
            };
            product.refuses_actor(deed, acting, concerned)
        };
        assert_eq!(refuses(&manager, &ana, &agent), None);
        assert!(refuses(&manager, &ana, &manager).is_some_and(|it| it.contains("only an owner")));
        assert!(refuses(&manager, &mia, &agent).is_some_and(|it| it.contains("their own")));
        assert!(refuses(&locked, &ana, &agent).is_some_and(|it| it.contains("not restricted")));
        assert!(refuses(&agent, &ana, &agent).is_some());
    }

    #[test]
    fn a_selector_asks_for_everything_that_it_says() {
        let product = second();
        let selector = match product.constraints.get("team-visibility-without-team") {
            Some(Constraint::Requires(rule)) => rule,
            other => panic!("{other:?}"),
        };
        let team = access(
            "agent",
            &[("contact_visibility", Value::Word("team".into()))],
        );
        let in_team = Standing {
            in_team: true,
            leads_team: false,
        };
        let (account, id) = (
            AccountName::new("acme"),
            crate::model::ProductId::new("chat"),
        );
        let tenant = crate::product::Tenant {
            name: &account,
            product: &id,
            parent: None,
        };
        let scene = crate::product::Scene::new(&product, tenant, &State::new());
        assert!(scene.selects(&selector.a, &team, Standing::default()));
        assert!(!scene.selects(&selector.a, &access("agent", &[]), Standing::default()));
        assert!(scene.selects(&selector.b, &team, in_team));
        assert!(!scene.selects(&selector.b, &team, Standing::default()));
    }

    #[test]
    fn values_are_compared_as_definitions_write_them() {
        assert!(value_is(&Value::Switch(true), "true"));
        assert!(value_is(&Value::Count(5), "5"));
        assert!(value_is(&Value::Words(vec!["a".into(), "b".into()]), "b"));
        assert!(!value_is(&Value::Word("b".into()), "a"));
    }
}
