//! Words and places that several rules share.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::{Address, Entry, Field, OptionName};
use crate::plan::{Asker, LotProof, PoolProof};
use crate::product::{Constraint, Level, Selector};
use crate::text::{Span, Spanned, Word};
use crate::yaml::{Entries, OneOrMany};

use super::facts::{DesiredFacts, Holder, LeftBehind, PlanFacts};

/// The most places that one diagnostic shows; the rest is counted in a note.
const LABELS_MAX: usize = 8;

/// A diagnostic about a product's constraint: its severity, its name and its rule ids.
pub(super) fn broken(
    code: &'static Code,
    product: &str,
    name: &Spanned<Word>,
    constraint: &Constraint,
    message: String,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, message);
    if constraint.level() == Level::Warn {
        diagnostic.severity = Severity::Warning;
    }
    let rules = match constraint.rules() {
        [] => String::new(),
        rules => format!(" ({})", rules.join(", ")),
    };
    diagnostic.note(format!(
        "constraint \"{}\" of the product {product}{rules}",
        name.value
    ))
}

/// A diagnostic about a constraint that a plan leaves somebody with who stays there though the files do not want it.
pub(super) fn broken_for(
    left: &LeftBehind<'_>,
    code: &'static Code,
    facts: &PlanFacts<'_>,
    (name, constraint): (&Spanned<Word>, &Constraint),
    text: &str,
) -> Diagnostic {
    let message = format!(
        "\"{}\", {}, on \"{}\": {text}",
        left.subject, left.why, facts.name
    );
    broken(code, &facts.account_plan.product, name, constraint, message)
}

/// Adds a place if there is one to show.
pub(super) fn at(
    diagnostic: Diagnostic,
    span: Option<Span>,
    text: impl Into<String>,
) -> Diagnostic {
    match span {
        Some(span) if !span.is_outside() => diagnostic.at(span, text),
        _ => diagnostic,
    }
}

/// Adds many places, and counts those that are too many to show.
pub(super) fn at_each(
    mut diagnostic: Diagnostic,
    places: impl IntoIterator<Item = (Option<Span>, String)>,
) -> Diagnostic {
    let mut left = 0usize;
    for (index, (span, text)) in places.into_iter().enumerate() {
        if index < LABELS_MAX {
            diagnostic = at(diagnostic, span, text);
        } else {
            left += 1;
        }
    }
    and_more(diagnostic, left)
}

fn and_more(diagnostic: Diagnostic, places: usize) -> Diagnostic {
    match places {
        0 => diagnostic,
        1 => diagnostic.note("and 1 more place"),
        _ => diagnostic.note(format!("and {places} more places")),
    }
}

/// Adds the lines of those who ask for units of a pool; only as many are looked up as are shown.
pub(super) fn at_askers(
    diagnostic: Diagnostic,
    facts: &PlanFacts<'_>,
    askers: &[Asker],
    unit: &str,
) -> Diagnostic {
    let shown = &askers[..askers.len().min(LABELS_MAX)];
    let lines = shown.iter().map(|asker| {
        let (span, who) = asking(facts, &asker.address);
        (span, format!("{who} takes a {unit}"))
    });
    let diagnostic = at_each(diagnostic, lines);
    and_more(diagnostic, askers.len() - shown.len())
}

/// The person as the files call them: the user's key, else the subject.
pub(super) fn person(holder: &Holder<'_>) -> String {
    match &holder.entry.user {
        Some(user) => user.to_string(),
        None => holder.subject.to_string(),
    }
}

/// What a selector means, as a phrase: `role "owner" with "mask" set`.
pub(super) fn selector_words(selector: &Selector) -> String {
    let list = |words: &[Spanned<Word>], joint: &str| {
        let quoted: Vec<_> = words.iter().map(|it| format!("\"{}\"", it.value)).collect();
        quoted.join(joint)
    };
    let mut parts = Vec::new();
    if let Some(roles) = &selector.role {
        parts.push(format!("role {}", list(&roles.0, " or ")));
    }
    for (name, values) in selector.options.iter() {
        parts.push(match values.0.as_slice() {
            [any] if any.value == "any" => format!("\"{}\" set", name.value),
            values => format!("\"{}\" {}", name.value, list(values, " or ")),
        });
    }
    if !selector.any_option.is_empty() {
        parts.push(format!("{} set", list(&selector.any_option, " or ")));
    }
    for (name, value) in selector.grants.iter() {
        parts.push(format!("the grant \"{}\" {}", name.value, value.word()));
    }
    if !selector.role_fields.is_empty() {
        parts.push(format!(
            "a role with {}",
            fields_words(&selector.role_fields)
        ));
    }
    let facts = [
        (selector.has_role, "a role", "no role"),
        (
            selector.administers,
            "the administration",
            "no administration",
        ),
    ];
    for (written, yes, no) in facts {
        let words = written.map(|it| if it { yes } else { no });
        parts.extend(words.map(str::to_owned));
    }
    match selector.leads_team {
        Some(true) => parts.push("leading a team".to_owned()),
        Some(false) => parts.push("leading no team".to_owned()),
        None => {}
    }
    match selector.in_team {
        Some(true) => parts.push("being in a team".to_owned()),
        Some(false) => parts.push("being in no team".to_owned()),
        None => {}
    }
    if parts.is_empty() {
        "access".to_owned()
    } else {
        parts.join(" and ")
    }
}

/// What the fields of counted objects are, as a phrase: `"default" "true"`.
pub(super) fn fields_words(fields: &Entries<OneOrMany<Spanned<Word>>>) -> String {
    let parts = fields.iter().map(|(name, values)| {
        let values: Vec<_> = values
            .0
            .iter()
            .map(|it| format!("\"{}\"", it.value))
            .collect();
        format!("\"{}\" {}", name.value, values.join(" or "))
    });
    match parts.collect::<Vec<_>>() {
        parts if parts.is_empty() => "a place".to_owned(),
        parts => parts.join(" and "),
    }
}

/// How to make a selector hold no longer for somebody whom it selects: `take "mask" away`, `give another role`.
pub(super) fn selector_remedy(
    facts: &DesiredFacts<'_>,
    selector: &Selector,
    holder: &Holder<'_>,
) -> String {
    let named = selector.options.iter().map(|(name, _)| name);
    let set: Vec<_> = named
        .chain(&selector.any_option)
        .filter(|name| facts.product.option_is_set(holder.access, &name.value))
        .map(|name| format!("\"{}\"", name.value))
        .collect();
    if !set.is_empty() {
        return format!("take {} away", set.join(" and "));
    }
    match &selector.role {
        Some(roles) => {
            let roles: Vec<_> = roles.0.iter().map(|it| it.value.to_string()).collect();
            format!("give another role than {}", roles.join(" or "))
        }
        None => format!("change {}", selector_words(selector)),
    }
}

/// The lines that make a selector hold for somebody, each with a few words; the line of the access if none is closer.
pub(super) fn selector_lines(
    facts: &DesiredFacts<'_>,
    selector: &Selector,
    holder: &Holder<'_>,
) -> Vec<(Option<Span>, String)> {
    let mut lines = Vec::new();
    if selector.role.is_some() {
        let roles: Vec<_> = holder
            .access
            .roles
            .iter()
            .map(ToString::to_string)
            .collect();
        let span = line(holder.entry, &Field::Roles);
        lines.push((span, format!("has the role \"{}\"", roles.join("\", \""))));
    }
    let named = selector.options.iter().map(|(name, _)| name);
    for name in named.chain(&selector.any_option) {
        if facts.product.option_is_set(holder.access, &name.value) {
            let field = Field::Option(OptionName::new(&name.value));
            lines.push((
                line(holder.entry, &field),
                format!("sets \"{}\"", name.value),
            ));
        }
    }
    if lines.is_empty() {
        lines.push((line(holder.entry, &Field::Whole), "has access".to_owned()));
    }
    lines
}

/// The line behind a part of an entry.
pub(super) fn line(entry: &Entry, field: &Field) -> Option<Span> {
    entry.origin(field)
}

/// Adds the arithmetic of a pool, and of each account that shares it.
pub(super) fn with_proof(diagnostic: Diagnostic, proof: &PoolProof) -> Diagnostic {
    use crate::model::{Capacity, Fact};
    if !proof.lots.is_empty() {
        let lots: Vec<_> = proof.lots.iter().map(lot_line).collect();
        return diagnostic.note(lots.join("; "));
    }
    let amount = |fact: &Fact<Capacity>| match fact.value() {
        Some(Capacity::Purchased(quantity)) => quantity.seats().to_string(),
        Some(Capacity::Unlimited) => "no limit".to_owned(),
        None => "unknown".to_owned(),
    };
    let purchased = match (amount(&proof.purchased), amount(&proof.purchased_after)) {
        (now, then) if now == then => now,
        (now, then) => format!("{now} (then {then})"),
    };
    let waiting = match proof.waiting {
        0 => String::new(),
        waiting => format!(" (of them {waiting} invited)"),
    };
    let sum = format!(
        "purchased {purchased}, used {}{waiting}, freed {}, taken {}, after {}",
        proof.used, proof.freed, proof.taken, proof.after
    );
    let shares = proof.shares.iter().map(|it| {
        format!(
            "of this \"{}\" used {}, freed {}, taken {}, after {}",
            it.account, it.used, it.freed, it.taken, it.after
        )
    });
    let lines = std::iter::once(sum).chain(shares);
    lines.fold(diagnostic, Diagnostic::note)
}

/// The arithmetic of the lots of one size.
fn lot_line(lots: &LotProof) -> String {
    let number = |it: Option<u64>| it.map_or("unknown".to_owned(), |it| it.to_string());
    let purchased = match (lots.bought, lots.bought_after) {
        (now, then) if now == then => number(now),
        (now, then) => format!("{} (then {})", number(now), number(then)),
    };
    format!(
        "lots of {}: purchased {purchased}, used {}, freed {}, taken {}, after {}",
        lots.size, lots.used, lots.freed, lots.taken, lots.after
    )
}

/// `1 seat`, `3 seats`.
pub(super) fn units(count: u64, unit: &str) -> String {
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}

/// The line and the name of a step's address, for a label.
pub(super) fn asking(facts: &PlanFacts<'_>, address: &Address) -> (Option<Span>, String) {
    // Whoever takes units of a pool that is shared may do so on another account.
    let is_own = address.account == *facts.name;
    let steps = facts.plan.steps.iter().filter(|_| !is_own);
    let mut steps = facts.steps.iter().copied().chain(steps);
    let step = steps.find(|step| step.address == *address);
    let span = step
        .and_then(|step| facts.line(step))
        .or_else(|| facts.line_of(address));
    let who = match address.subject() {
        Some(subject) if is_own => subject.to_string(),
        Some(subject) => format!("{subject} on \"{}\"", address.account),
        None => address.to_string(),
    };
    (span, who)
}
