//! What a definition says about the account: settings, what it owns, seats, and what must hold.

use super::people::screen_words;
use super::{Said, phrase};
use crate::product::{
    Cancels, ChangeHow, Charged, Constraint, FieldRule, Level, ObjectKind, Overflow, Pool,
    PoolCapacity, Product, SettingRule, Shared, SoldIn, Source, Takes, TakesEffect, Under, Unique,
};

pub(super) fn settings(product: &Product) -> Vec<Said> {
    let settings = product.settings.iter();
    let said = settings.map(|(name, it)| Said::new(&*name.value, setting(it), &it.rules));
    said.collect()
}

fn setting(setting: &SettingRule) -> Vec<String> {
    let mut parts = vec![phrase::values(setting.r#type, &setting.values)];
    let default = setting.default.as_ref();
    parts.extend(default.map(|it| format!("default {}", it.0)));
    parts.extend(setting.text.clone());
    parts.push(match setting.source {
        Source::Api => "the vendor's API tells it".to_owned(),
        Source::Inventory => "a person reads it on the vendor's screen".to_owned(),
        Source::Written => "only what the files say is known".to_owned(),
    });
    parts.extend(screen_words(&setting.words));
    parts
}

/// One sentence per kind, and one for each of its fields.
pub(super) fn objects(product: &Product) -> Vec<Said> {
    let mut said = Vec::new();
    for (name, kind) in product.objects.iter() {
        said.push(Said::new(&*name.value, object(kind), &kind.rules));
        let fields = kind.fields.iter().map(|(field_name, it)| {
            let name = format!("{}: {}", name.value.as_str(), field_name.value.as_str());
            Said::new(name, field(it), &it.rules)
        });
        said.extend(fields);
    }
    said
}

fn object(kind: &ObjectKind) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(kind.title.as_ref().map(|it| format!("\"{it}\"")));
    parts.extend(kind.text.clone());
    if kind.under == Some(Under::Main) {
        parts.push("only an account without a parent can own them".to_owned());
    }
    if kind.protect == Some(true) {
        parts
            .push("removing one loses data, so the number of removals must be accepted".to_owned());
    }
    parts
}

fn field(field: &FieldRule) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(field.title.as_ref().map(|it| format!("\"{it}\"")));
    parts.push(phrase::typed(field.r#type.word(), &field.values));
    let default = field.default.as_ref();
    parts.extend(default.map(|it| format!("default {}", it.0)));
    parts.extend(field.text.clone());
    parts.extend(screen_words(&field.words));
    let pattern = field.pattern.as_ref();
    parts.extend(pattern.map(|it| format!("written as {}", it.value.as_str())));
    parts.extend(match field.unique {
        Some(Unique::Kind) => Some("no two have the same".to_owned()),
        Some(Unique::Account) => Some("no two have the same, and nobody of the account".to_owned()),
        Some(Unique::No) | None => None,
    });
    let truths = [
        (field.required == Some(true), "must be written"),
        (field.immutable == Some(true), "cannot be changed"),
        (field.later == Some(true), "given later, by somebody else"),
        (
            field.change == Some(ChangeHow::Replace),
            "changing it removes the old one and makes a new one",
        ),
    ];
    parts.extend(truths.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
    parts
}

/// One sentence per pool, and one for each size that it can have.
pub(super) fn pools(product: &Product) -> Vec<Said> {
    let mut said = Vec::new();
    for (name, it) in product.pools.iter() {
        let name = name.value.as_str();
        said.push(Said::new(name, pool(it), &it.rules));
        let sizes = it.capacity.iter();
        said.extend(
            sizes.map(|size| Said::new(format!("{name}: how many"), capacity(size), &size.rules)),
        );
    }
    said
}

fn pool(pool: &Pool) -> Vec<String> {
    let mut parts = vec![format!("counted in {}s", pool.unit)];
    if !pool.each.is_empty() {
        parts.push(format!("one each for {}", phrase::words(&pool.each)));
    }
    parts.extend(pool.counts_objects.as_ref().map(|kind| {
        let weight = pool.weight_field.as_ref();
        let weight = weight.map(|it| match pool.takes {
            Some(Takes::Lots) => format!(
                ", a whole batch each, as large as its {}",
                it.value.as_str()
            ),
            Some(Takes::Units) | None => format!(", {} units each", it.value.as_str()),
        });
        format!(
            "taken by {}{}",
            kind.value.as_str(),
            weight.unwrap_or_default()
        )
    }));
    let who = |selectors: &[crate::product::Selector]| {
        phrase::or(&selectors.iter().map(phrase::somebody).collect::<Vec<_>>())
    };
    parts.extend(
        pool.counts
            .as_ref()
            .map(|it| format!("taken by {}", who(&it.0))),
    );
    parts.extend(
        pool.never_counts
            .as_ref()
            .map(|it| format!("never by {}", who(&it.0))),
    );
    if pool.shared == Some(Shared::Family) {
        parts.push("one for an account and all its sub-accounts".to_owned());
    }
    parts.push(match pool.overflow {
        Overflow::Refuse => "when there are too few the vendor refuses".to_owned(),
        Overflow::Charge => "when there are too few the vendor charges".to_owned(),
        Overflow::Warn => "when there are too few the vendor lets it happen".to_owned(),
    });
    if pool.sold_in == Some(SoldIn::Lots) {
        parts.push("sold in batches of a size".to_owned());
    }
    if pool.cancels == Some(Cancels::Whole) {
        parts.push("only a whole batch can be cancelled".to_owned());
    }
    if pool.cancel_takes_effect == Some(TakesEffect::CycleEnd) {
        parts.push("what is cancelled stays until the billing cycle ends".to_owned());
    }
    parts.extend(pool.charged.map(|it| {
        match it {
            Charged::ProRata => "what is bought within a billing cycle is charged for its rest",
            Charged::Full => "what is bought within a billing cycle is charged for a whole one",
        }
        .to_owned()
    }));
    parts.extend(pool.minimum.map(|it| format!("at least {it}")));
    let notice = pool.notice_days;
    parts.extend(notice.map(|it| format!("to be cancelled {it} days before the renewal")));
    if pool.observable == Some(false) {
        parts.push("the vendor's API does not tell how many are bought".to_owned());
    }
    parts
}

fn capacity(capacity: &PoolCapacity) -> Vec<String> {
    let mut sum = Vec::new();
    if capacity.unlimited == Some(true) {
        sum.push("no limit".to_owned());
    }
    if capacity.purchased == Some(true) {
        sum.push("as many as are bought".to_owned());
    }
    sum.extend(capacity.number.map(|it| it.to_string()));
    let setting = capacity.setting.as_ref();
    sum.extend(setting.map(|it| format!("the setting {}", it.value.as_str())));
    let each = capacity.setting_each.iter();
    sum.extend(each.map(|(word, it)| {
        format!(
            "the setting {} for {}",
            it.value.as_str(),
            word.value.as_str()
        )
    }));
    let people = capacity.people.as_ref();
    sum.extend(people.map(|it| format!("one for {}", phrase::somebody(it))));
    let when = capacity.when.as_ref();
    let when = when.map(|it| format!(" where {}", it.as_str()));
    vec![format!(
        "{}{}",
        sum.join(" plus "),
        when.unwrap_or_default()
    )]
}

pub(super) fn constraints(product: &Product) -> Vec<Said> {
    let constraints = product.constraints.iter().map(|(name, it)| {
        let mut parts = vec![it.text().to_owned()];
        parts.extend(constraint(it));
        if it.level() == Level::Warn {
            parts.push("this only warns".to_owned());
        }
        Said::new(&*name.value, parts, it.rules())
    });
    constraints.collect()
}

/// What exactly is asked for, where the constraint's own text need not say it.
fn constraint(constraint: &Constraint) -> Option<String> {
    Some(match constraint {
        Constraint::Excludes(it) => format!(
            "nobody is both {} and {}",
            phrase::somebody(&it.a),
            phrase::somebody(&it.b)
        ),
        Constraint::Requires(it) => format!(
            "{} is also {}",
            phrase::somebody(&it.a),
            phrase::somebody(&it.b)
        ),
        Constraint::MaxCount(it) => format!("at most {}", it.limit),
        Constraint::MinCount(it) => format!("at least {}", it.limit),
        Constraint::ExactlyOne(it) => format!("exactly one is {}", phrase::somebody(&it.of)),
        Constraint::PlanGate(it) => format!(
            "{} needs {} to be {}",
            phrase::somebody(&it.of),
            it.setting.value.as_str(),
            phrase::words(&it.values)
        ),
        Constraint::Actor(it) => {
            let operations: Vec<_> = it
                .operations
                .0
                .iter()
                .map(|it| it.value.to_string())
                .collect();
            format!("about {}", phrase::and(&operations))
        }
        Constraint::Cel(it) => format!("of each {}: {}", it.on.value.as_str(), it.must.as_str()),
        Constraint::Immutable(_) | Constraint::MaxDepth(_) | Constraint::Unique(_) => return None,
    })
}
