//! What a definition says about people: who they are, their roles, options, rights and teams.

use super::{RoleRow, RoleTable, Said, phrase};
use crate::product::{
    Fold, GrantRule, Identity, May, OptionRule, Product, Role, RolesPerUser, covers,
};
use crate::text::{Spanned, Word};
use crate::yaml::Entries;

pub(super) fn users(product: &Product) -> Vec<Said> {
    let user = &product.user;
    let identity = match &user.identity.value {
        Identity::Email => "the e-mail address".to_owned(),
        Identity::Login(name) => format!("the login \"{name}\""),
    };
    let fold = match user.fold {
        Fold::Exact => "upper and lower case differ",
        Fold::Case => "case does not matter",
    };
    let roles = match user.roles {
        RolesPerUser::One => "exactly one role each",
        RolesPerUser::Optional => "one role each, or none",
        RolesPerUser::Many => "any number of roles each, none included",
    };
    let mut parts = vec![format!("known by {identity} ({fold})"), roles.to_owned()];
    parts.extend(user.owned_roles.as_ref().map(|kind| {
        let kind = kind.value.as_str();
        format!("the roles are those that the account owns under `{kind}:`")
    }));
    vec![Said::new("", parts, &user.rules)]
}

pub(super) fn roles(product: &Product) -> Vec<Said> {
    let roles = product.roles.iter();
    let said = roles.map(|(name, it)| Said::new(&*name.value, role(it), &it.rules));
    let single = product.single.iter().map(|(name, it)| {
        let text = format!(
            "exactly one person has the role {}, and {} moves it to somebody else",
            it.role.value.as_str(),
            it.transfer.value.as_str()
        );
        Said::new(&*name.value, vec![text], &it.rules)
    });
    said.chain(single).collect()
}

fn role(role: &Role) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(role.title.as_ref().map(|it| format!("\"{it}\"")));
    parts.extend(role.text.clone());
    if role.administers == Some(true) {
        parts.push("administers the account".to_owned());
    }
    if !role.may_assign.is_empty() {
        parts.push(format!("may give {}", phrase::words(&role.may_assign)));
    }
    parts.extend(role.scope.as_ref().map(|it| {
        let scope = it.value.as_str();
        format!("given per {scope}, not on the account")
    }));
    parts
}

/// What the words of the table mean.
pub(super) fn legend(product: &Product) -> Vec<Said> {
    let Some(matrix) = &product.matrix else {
        return Vec::new();
    };
    let mut legend = vec![
        "\"allow\" and \"deny\" are plain".to_owned(),
        "\"ask-owner\": if an owner lets them".to_owned(),
    ];
    if product.options.iter().any(|(_, it)| !it.limits.is_empty()) {
        legend.push("\"limited\": allowed, and an option can leave only some of it".to_owned());
    }
    vec![Said::new("", legend, &matrix.rules)]
}

/// What each role may do.
pub(super) fn matrix(product: &Product) -> Option<RoleTable> {
    let matrix = product.matrix.as_ref()?;
    let rows = matrix.rows.iter().map(|(name, row)| {
        let cells = matrix.roles.iter().zip(&row.may);
        let may = cells.map(|(role, may)| match may.value {
            May::Allow if is_limited(product, &role.value, &name.value) => "limited",
            May::Allow => "allow",
            May::AskOwner => "ask-owner",
            May::Deny => "deny",
        });
        RoleRow {
            capability: name.value.to_string(),
            may: may.collect(),
            rules: row.rules.clone(),
        }
    });
    Some(RoleTable {
        roles: matrix.roles.iter().map(|it| it.value.to_string()).collect(),
        rows: rows.collect(),
    })
}

/// Whether an option that a role can have leaves only some of a capability.
fn is_limited(product: &Product, role: &str, capability: &str) -> bool {
    let mut options = product.options.iter();
    options.any(|(_, rule)| {
        let is_for_role = rule.roles.is_empty() || rule.roles.iter().any(|it| it.value == *role);
        is_for_role && rule.limits.iter().any(|it| covers(&it.value, capability))
    })
}

pub(super) fn options(product: &Product) -> Vec<Said> {
    let options = product.options.iter();
    let said = options.map(|(name, it)| Said::new(&*name.value, option(it), &it.rules));
    said.collect()
}

fn option(option: &OptionRule) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(option.title.as_ref().map(|it| format!("\"{it}\"")));
    parts.push(phrase::values(option.r#type, &option.values));
    let default = option.default.as_ref();
    parts.push(match default {
        Some(it) => format!("default {}", it.0),
        None => "left alone if not written".to_owned(),
    });
    if !option.roles.is_empty() {
        parts.push(format!("only for {}", phrase::words(&option.roles)));
    }
    parts.extend(option.text.clone());
    for (value, text) in option.text_when.iter() {
        parts.push(format!("{}: {text}", value.value.as_str()));
    }
    if option.administers == Some(true) {
        parts.push("whoever has it administers the account".to_owned());
    }
    if !option.denies.is_empty() {
        parts.push(format!("takes away {}", phrase::words(&option.denies)));
    }
    if !option.limits.is_empty() {
        parts.push(format!("limits {}", phrase::words(&option.limits)));
    }
    if option.readable == Some(false) {
        parts.push("the vendor's API does not tell it".to_owned());
    }
    parts.extend(screen_words(&option.words));
    parts
}

pub(super) fn grants(product: &Product) -> Vec<Said> {
    let grants = product.grants.iter();
    let said = grants.map(|(name, it)| Said::new(&*name.value, grant(it), &it.rules));
    said.collect()
}

fn grant(grant: &GrantRule) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(grant.title.as_ref().map(|it| format!("\"{it}\"")));
    parts.extend(grant.text.clone());
    let defaults = grant.default.iter().map(|it| match &it.when {
        Some(when) => format!("{} where {}", it.value.word(), when.as_str()),
        None => it.value.word().to_owned(),
    });
    let defaults: Vec<_> = defaults.collect();
    if !defaults.is_empty() {
        parts.push(format!(
            "if nothing is written: {}",
            defaults.join(", else ")
        ));
    }
    parts.extend(
        grant
            .note_when_default
            .as_ref()
            .map(|it| format!("asking for what somebody has anyway changes nothing ({it})")),
    );
    parts.extend(grant.requires.as_ref().map(|it| {
        let who = phrase::somebody(it);
        format!("only for {who}")
    }));
    if !grant.opens.is_empty() {
        let opens = phrase::words(&grant.opens);
        let when = grant.opens_when.as_ref();
        let when = when.map(|it| format!(" where {}", it.as_str()));
        parts.push(format!("opens {opens}{}", when.unwrap_or_default()));
    }
    parts.extend(screen_words(&grant.values));
    parts
}

/// What values are called on the vendor's screen.
pub(super) fn screen_words(words: &Entries<String>) -> Option<String> {
    let words: Vec<_> = words
        .iter()
        .map(|(value, word): (&Spanned<Word>, &String)| {
            format!("\"{word}\" for {}", value.value.as_str())
        })
        .collect();
    (!words.is_empty()).then(|| format!("on the screen {}", phrase::and(&words)))
}

pub(super) fn teams(product: &Product) -> Vec<Said> {
    let Some(teams) = &product.teams else {
        return Vec::new();
    };
    let mut parts = vec![match teams.nested {
        true => "may lie in each other".to_owned(),
        false => "do not lie in each other".to_owned(),
    }];
    let lead = teams.lead.as_ref();
    parts.extend(lead.map(|it| format!("somebody who leads one is a {it}")));
    if !teams.always_lead.is_empty() {
        let roles = phrase::words(&teams.always_lead);
        parts.push(format!(
            "with the role {roles} somebody leads every team they are in"
        ));
    }
    vec![Said::new("", parts, &teams.rules)]
}
