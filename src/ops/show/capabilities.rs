//! Who may do something on an account, and what somebody may do there: the product's matrix asked for real people.

use serde::Serialize;

use super::givers::Givers;
use super::{Line, Report, Shown, Written, access_view, written};
use crate::model::{
    Access, Account, AccountName, Address, Field, GrantName, KindName, ObjectName, OptionName,
    Resource, ResourceId, UnmanagedMode,
};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::product::{Ability, May, Product, Reason, Scene, Tenant, covers};
use crate::text::Word;

/// Who may do something on an account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct WhoCanView {
    /// What is asked about: a row of the product's matrix.
    pub capability: String,
    /// The account, and its line.
    pub account: Written,
    /// The product.
    pub product: String,
    /// What happens to people whom no line names: with `report` and `ignore` there may be others.
    pub unmanaged: &'static str,
    /// Everybody with access to the account: first those who may, last those who may not.
    pub people: Vec<Who>,
    /// Those who administer the account and so can let others, if somebody has to ask; users' keys.
    pub owners: Vec<String>,
}

/// One person's answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Who {
    /// Whether they may.
    pub ability: Ability,
    /// The identity that the account knows the person by.
    pub subject: String,
    /// The user's key in the estate.
    pub user: Option<String>,
    /// What decides it, the most telling first.
    pub because: Vec<Because>,
}

/// Something that decides whether somebody may do something.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Because {
    /// What it is, as a phrase; raw.
    pub text: String,
    /// The lines that make it so; empty for what no line says.
    pub lines: Vec<Line>,
}

/// What somebody may do on one account: rows of the matrix, without those that lie right below a row with the same answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct MayOn {
    /// The account.
    pub account: String,
    /// What they may do.
    pub allowed: Vec<String>,
    /// What they may do some of, with the options that limit it.
    pub limited: Vec<(String, String)>,
    /// What they may do if an owner lets them.
    pub ask_owner: Vec<String>,
    /// What they may not do.
    pub denied: Vec<String>,
}

/// Who may do something on an account.
///
/// # Errors
/// If there is no such account, its product says nothing about what its roles may do, or has no such row.
pub fn who_can(estate: &WrittenEstate, capability: &str, account: &str) -> Result<Report, Error> {
    let accounts = &estate.desired.accounts;
    let Some((name, account)) = accounts.get_key_value(account) else {
        let known = accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", account, known));
    };
    let product = estate.products.get(&account.product);
    let product = product.ok_or_else(|| Error::NoMatrix(account.product.to_string()))?;
    let scene = scene(estate, product, name, account);
    known_capability(&scene, account, capability)?;
    let givers = Givers::of(&estate.config);
    let (mut people, mut owners) = (Vec::new(), Vec::new());
    for (address, entry) in estate.desired.state.of_account(name) {
        let Resource::Access(access) = &entry.resource else {
            continue;
        };
        let Some(answer) = scene.may(access, capability) else {
            continue;
        };
        let view = access_view(estate, &givers, address, entry);
        if product.administers(access) {
            owners.push(view.user.clone().unwrap_or_else(|| view.subject.clone()));
        }
        let because = answer.reasons.iter().map(|it| Because {
            text: phrase(it),
            lines: [lines(it, &view.lines), listing(estate, name, product, it)].concat(),
        });
        people.push(Who {
            ability: answer.ability,
            subject: view.subject.clone(),
            user: view.user.clone(),
            because: because.collect(),
        });
    }
    people.sort_by_key(|it| it.ability);
    if people.iter().all(|it| it.ability != Ability::AskOwner) {
        owners.clear();
    }
    Ok(Report::of(
        estate,
        Shown::WhoCan(WhoCanView {
            capability: capability.to_owned(),
            account: written(estate, name, account.span),
            product: account.product.as_str().to_owned(),
            unmanaged: match account.unmanaged.mode {
                UnmanagedMode::Remove => "remove",
                UnmanagedMode::Report => "report",
                UnmanagedMode::Ignore => "ignore",
            },
            people,
            owners,
        }),
    ))
}

/// What somebody may do on an account; `None` where the product says nothing about what its roles may do.
pub(super) fn may_on(estate: &WrittenEstate, name: &AccountName, access: &Access) -> Option<MayOn> {
    let account = estate.desired.accounts.get(name)?;
    let product = estate.products.get(&account.product)?;
    let scene = scene(estate, product, name, account);
    let rows = capabilities(&scene);
    if rows.is_empty() {
        return None;
    }
    let answers = rows.iter().filter_map(|row| {
        let answer = scene.may(access, row)?;
        let by = answer.reasons.iter().filter_map(|it| match it {
            Reason::LimitedBy(option, _) => Some(option.as_str()),
            _ => None,
        });
        let by: Vec<_> = by.collect();
        Some((*row, answer.ability, by.join(" and ")))
    });
    let answers: Vec<_> = answers.collect();
    let mut may = MayOn {
        account: name.as_str().to_owned(),
        allowed: Vec::new(),
        limited: Vec::new(),
        ask_owner: Vec::new(),
        denied: Vec::new(),
    };
    for (row, ability, by) in &answers {
        let above = answers
            .iter()
            .filter(|it| it.0 != *row && covers(it.0, row));
        let nearest = above.max_by_key(|it| it.0.len());
        if nearest.is_some_and(|it| (it.1, &it.2) == (*ability, by)) {
            continue;
        }
        let row = (*row).to_owned();
        match ability {
            Ability::Allowed => may.allowed.push(row),
            Ability::Limited => may.limited.push((row, by.clone())),
            Ability::AskOwner => may.ask_owner.push(row),
            Ability::Denied => may.denied.push(row),
        }
    }
    Some(may)
}

/// The account as the files want it.
fn scene<'e>(
    estate: &'e WrittenEstate,
    product: &'e Product,
    name: &AccountName,
    account: &Account,
) -> Scene<'e> {
    let tenant = Tenant {
        name,
        product: &account.product,
        parent: account.parent.as_ref(),
    };
    Scene::new(product, tenant, &estate.desired.state)
}

/// What can be asked about on an account: the rows of the matrix, then what its own roles list.
fn capabilities<'s>(scene: &'s Scene<'_>) -> Vec<&'s str> {
    let rows = scene.product.matrix.iter().flat_map(|it| it.rows.iter());
    let mut known: Vec<&str> = rows.map(|(name, _)| name.value.as_str()).collect();
    for listed in scene.listed_capabilities() {
        if !known.contains(&listed) {
            known.push(listed);
        }
    }
    known
}

fn known_capability(scene: &Scene<'_>, account: &Account, capability: &str) -> Result<(), Error> {
    let known = capabilities(scene);
    if known.is_empty() {
        return Err(Error::NoMatrix(account.product.as_str().to_owned()));
    }
    if known.contains(&capability) {
        return Ok(());
    }
    // Part of a name is the likelier thing to be remembered: `data-export` of `settings.data-export`.
    let folded = capability.to_lowercase();
    let part = known
        .iter()
        .find(|it| it.split('.').any(|word| word == folded));
    let part = part.or_else(|| known.iter().find(|it| it.contains(&folded)));
    let near = part.copied();
    let near = near.or_else(|| crate::text::nearest(capability, known.iter().copied()));
    Err(Error::Unknown {
        what: "capability",
        name: capability.to_owned(),
        near: near.map(str::to_owned),
        known: known.iter().map(|it| (*it).to_owned()).collect(),
    })
}

/// A reason in a few words.
fn phrase(reason: &Reason<'_>) -> String {
    match reason {
        Reason::NoRole => "no role that may do anything".to_owned(),
        Reason::Administers => "administers the account".to_owned(),
        Reason::OwnedRole(role) => format!("role {role} lists it"),
        Reason::NotListed(role) => format!("role {role} does not list it"),
        Reason::Role(role, May::Allow) => format!("role {role}"),
        Reason::Role(role, May::AskOwner) => format!("role {role}: if an owner lets it"),
        Reason::Role(role, May::Deny) => format!("role {role} may not"),
        Reason::DeniedBy(option, value) => format!("denied by {option}: {value}"),
        Reason::NotDeniedBy(option) => format!("no owner denies it with {option}"),
        Reason::LimitedBy(option, value) => format!("limited by {option}: {value}"),
        Reason::OpenedBy(grant) => format!("opened by {grant}"),
        Reason::Needs(grant) => format!("it takes {grant}: access"),
        Reason::NeedsCondition(grant, condition) => {
            format!("{grant} opens it only where {}", condition.as_str())
        }
    }
}

/// The lines behind a reason, of all lines behind an access.
fn lines(reason: &Reason<'_>, all: &[Line]) -> Vec<Line> {
    let option = |name: &Word| Field::Option(OptionName::from(name.clone()));
    let grant = |name: &Word| Field::Grant(GrantName::from(name.clone()));
    let field = match reason {
        Reason::NoRole
        | Reason::Role(..)
        | Reason::OwnedRole(_)
        | Reason::NotListed(_)
        | Reason::Administers => Field::Roles,
        Reason::DeniedBy(name, _) | Reason::LimitedBy(name, _) | Reason::NotDeniedBy(name) => {
            option(name)
        }
        Reason::OpenedBy(name) | Reason::Needs(name) | Reason::NeedsCondition(name, _) => {
            grant(name)
        }
    };
    let of = |field: &Field| all.iter().filter(|it| it.part == *field).cloned().collect();
    let exact: Vec<Line> = of(&field);
    match (reason, exact.is_empty()) {
        // An access without a role has a line all the same.
        (Reason::NoRole | Reason::Role(..) | Reason::Administers, true) => of(&Field::Whole),
        _ => exact,
    }
}

/// The line of the role that an account owns and that decides something.
fn listing(
    estate: &WrittenEstate,
    account: &AccountName,
    product: &Product,
    reason: &Reason<'_>,
) -> Vec<Line> {
    let (Reason::OwnedRole(role) | Reason::NotListed(role), Some((kind, field))) =
        (reason, product.listing_field())
    else {
        return Vec::new();
    };
    let id = ResourceId::Object {
        kind: KindName::from(kind.clone()),
        name: ObjectName::new(role.as_str()),
    };
    let field = Field::Object(field.clone());
    let entry = estate.desired.state.get(&Address::new(account, id));
    let span = entry.and_then(|it| it.origin(&field).or_else(|| it.origin(&Field::Whole)));
    let line = span.map(|span| Line {
        part: field,
        place: estate.sources.place(span),
        from: None,
    });
    line.into_iter().collect()
}
