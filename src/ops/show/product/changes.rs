//! What a definition says about changes: what they cause, what comes first, who makes them, what follows.

use super::{Said, phrase};
use crate::product::{Operation, Product, ReplaceHow, StateRule, TakesEffect, Via};

pub(super) fn effects(product: &Product) -> Vec<Said> {
    let effects = product.effects.iter().map(|(name, it)| {
        let when = it.when.as_ref();
        let when = when.map(|it| format!(" where {}", it.as_str()));
        let upon = format!(
            "upon {}{}",
            phrase::change(&it.upon),
            when.unwrap_or_default()
        );
        let mut parts = vec![format!(
            "{} ({})",
            it.text.trim_end_matches('.'),
            it.kind.word()
        )];
        if it.irreversible == Some(true) {
            parts.push("cannot be undone".to_owned());
        }
        if it.each_user == Some(true) {
            parts.push("reaches everybody who has it".to_owned());
        }
        parts.push(upon);
        Said::new(&*name.value, parts, &it.rules)
    });
    let hand_over = product.hand_over.iter().map(|it| {
        let text = format!(
            "a leaver's {} are taken over by whom `hand_over_to:` names; otherwise they {}",
            it.what, it.otherwise
        );
        Said::new("", vec![text], &it.rules)
    });
    effects.chain(hand_over).collect()
}

pub(super) fn order(product: &Product) -> Vec<Said> {
    let order = product.order.iter().map(|(name, it)| {
        let (first, then) = (phrase::change(&it.first), phrase::change(&it.then));
        let mut parts = vec![format!("{first} comes before {then}")];
        parts.extend(it.why.clone());
        Said::new(&*name.value, parts, &it.rules)
    });
    order.collect()
}

pub(super) fn preparations(product: &Product) -> Vec<Said> {
    let preparations = product.preparations.iter().map(|(name, it)| {
        let mut parts = vec![it.text.clone()];
        parts.extend(it.path.as_ref().map(|it| format!("at {it}")));
        parts.push(format!("upon {}", phrase::change(&it.upon)));
        Said::new(&*name.value, parts, &it.rules)
    });
    preparations.collect()
}

pub(super) fn replacements(product: &Product) -> Vec<Said> {
    let replacements = product.replace.iter().map(|(name, it)| {
        let of = it.of.value.as_str();
        let mut parts = vec![match it.how {
            ReplaceHow::CreateFirst => format!("a new one of {of} is made, then the old one goes"),
            ReplaceHow::DestroyFirst => format!("the old one of {of} goes, then a new one is made"),
        }];
        let wait_for = it.wait_for.as_ref();
        parts.extend(wait_for.map(|it| format!("once the new one is {}", it.value.as_str())));
        if let (Some(_), Some(what)) = (it.carry, &product.hand_over) {
            parts.push(format!("{} are handed over in between", what.what));
        }
        Said::new(&*name.value, parts, &it.rules)
    });
    replacements.collect()
}

pub(super) fn operations(product: &Product) -> Vec<Said> {
    let operations = product.operations.iter();
    let said = operations.map(|(name, it)| Said::new(&*name.value, operation(it), &it.rules));
    said.collect()
}

fn operation(operation: &Operation) -> Vec<String> {
    let mut parts = vec![match operation.via {
        Via::Api => "the program".to_owned(),
        Via::Person => "a person".to_owned(),
        Via::Vendor => "the vendor".to_owned(),
        Via::User => "the user concerned".to_owned(),
    }];
    if !operation.actor.is_empty() {
        parts.push(format!("done by {}", phrase::words(&operation.actor)));
    }
    parts.extend(operation.by.as_ref().map(|it| format!("asked for by {it}")));
    parts.extend(operation.path.as_ref().map(|it| format!("at {it}")));
    parts.extend(operation.also.iter().map(|it| format!("or at {it}")));
    parts.extend(operation.prepare.0.iter().map(|it| format!("first {it}")));
    parts.extend(operation.set.0.iter().map(|it| format!("set {it}")));
    for (name, input) in operation.inputs.iter() {
        let secret = match input.secret {
            Some(true) => ", never written down",
            _ => "",
        };
        parts.push(format!("{}: {}{secret}", name.value.as_str(), input.text));
    }
    parts.extend(operation.confirm.as_ref().map(|it| format!("then {it}")));
    parts.extend(operation.note.0.iter().cloned());
    let then = operation.then.as_ref();
    parts.extend(then.map(|it| format!("leads to the state {}", it.value.as_str())));
    let truths = [
        (
            operation.keep == Some(true),
            "the task names what to keep, since the screen offers to do it to all",
        ),
        (operation.spends_money == Some(true), "spends money"),
        (operation.irreversible == Some(true), "cannot be undone"),
        (
            operation.takes_effect == Some(TakesEffect::Now),
            "takes effect at once",
        ),
        (
            operation.takes_effect == Some(TakesEffect::CycleEnd),
            "takes effect when the billing cycle ends",
        ),
    ];
    parts.extend(truths.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
    parts
}

pub(super) fn states(product: &Product) -> Vec<Said> {
    let states = product.states.iter();
    let said = states.map(|(name, it)| Said::new(&*name.value, state(it), &it.rules));
    said.collect()
}

fn state(state: &StateRule) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(
        state
            .of
            .as_ref()
            .map(|it| format!("of {}", it.value.as_str())),
    );
    parts.extend(state.text.clone());
    parts.push(match state.moved_by {
        Via::Api => "the program moves it on".to_owned(),
        Via::Person => "a person moves it on".to_owned(),
        Via::Vendor => "the vendor moves it on".to_owned(),
        Via::User => "the user concerned moves it on".to_owned(),
    });
    parts.push(match state.holds_seat {
        true => "holds a seat".to_owned(),
        false => "holds no seat".to_owned(),
    });
    if state.works == Some(true) {
        parts.push("works already".to_owned());
    }
    if state.ends == Some(TakesEffect::CycleEnd) {
        parts.push("ends with the billing cycle".to_owned());
    }
    parts
}
