//! Pools: that how many there are and who counts can be meant.

use super::conditions::Over;
use super::{Check, codes};
use crate::diagnostic::Diagnostic;
use crate::product::{
    Cancels, FieldKind, OptionKind, Overflow, Pool, PoolCapacity, Selector, SoldIn, Takes,
};
use crate::text::{Span, Spanned, Word};

impl<'a> Check<'a> {
    pub(super) fn pools(&mut self, definition: Span) {
        for (name, pool) in self.product.pools.iter() {
            let name = &match name.span.is_outside() {
                true => Spanned::new(name.value.clone(), definition),
                false => name.clone(),
            };
            self.capacities(name, pool);
            self.takers(name, pool);
            self.sale(name, pool);
            self.sharing(name, pool);
            self.fit(name, pool);
        }
        self.names_of_pools();
    }

    fn capacities(&mut self, name: &Spanned<Word>, pool: &'a Pool) {
        let unconditional = pool.capacity.iter().position(|it| it.when.is_none());
        let is_reached = unconditional.is_none_or(|at| at + 1 == pool.capacity.len());
        let says_nothing = |it: &PoolCapacity| !is_unlimited(it) && !is_sum(it);
        let says_both = |it: &PoolCapacity| is_unlimited(it) && is_sum(it);
        let wrong = if pool.capacity.is_empty() {
            Some("it has no capacity")
        } else if pool.capacity.iter().any(says_nothing) {
            Some("an entry names nothing that there is of it")
        } else if pool.capacity.iter().any(says_both) {
            Some("an entry without limit has nothing beside it")
        } else if !is_reached {
            Some("an entry without \"when\" hides those behind it")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let message = format!(
                "the capacity of the pool \"{}\" is unclear: {wrong}",
                name.value.as_str()
            );
            self.sink
                .push(Diagnostic::new(&codes::NOT_ONE_CAPACITY, message).at(name.span, ""));
        }
        for entry in &pool.capacity {
            if let Some(when) = &entry.when {
                self.condition(when, name, &[Over::Account]);
            }
            let of_words = entry.setting_each.iter().map(|(_, it)| it);
            for setting in entry.setting.iter().chain(of_words) {
                self.setting(setting);
                let rule = self.product.settings.get(&setting.value);
                if rule.is_some_and(|it| it.r#type != OptionKind::Count) {
                    self.unclear(setting, "this setting is not a number");
                }
            }
            for (word, _) in entry.setting_each.iter() {
                if !pool.each.contains(word) {
                    let known = pool.each.iter().map(|it| it.value.as_str()).collect();
                    self.unknown("word of the pool", word, known);
                }
            }
            if entry.people.as_ref().is_some_and(Selector::asks_teams) {
                self.unclear(name, "who is counted for a capacity cannot depend on teams");
            }
        }
    }

    fn takers(&mut self, name: &Spanned<Word>, pool: &'a Pool) {
        let counts = pool.counts.iter().chain(&pool.never_counts);
        for selector in counts.flat_map(|it| &it.0) {
            self.selector(selector);
            let mut values = selector.role_fields.iter().flat_map(|(_, it)| &it.0);
            if pool.each.is_empty() && values.any(|it| it.value == "each") {
                self.unclear(
                    name,
                    "\"each\" stands for nothing in a pool without \"each:\"",
                );
            }
        }
        let people = pool.capacity.iter().filter_map(|it| it.people.as_ref());
        people.for_each(|it| self.selector(it));
        let Some(kind) = &pool.counts_objects else {
            if pool.weight_field.is_some() {
                self.unclear(name, "\"weight_field\" needs \"counts_objects\"");
            }
            return;
        };
        self.kind(kind);
        if pool.counts.is_some() || pool.never_counts.is_some() {
            self.unclear(name, "it counts accesses and objects");
        }
        if let (Some(field), Some(rules)) =
            (&pool.weight_field, self.product.objects.get(&kind.value))
        {
            self.known("field", field, &rules.fields);
            let rule = rules.fields.get(&field.value);
            if rule.is_some_and(|it| it.r#type != FieldKind::Count) {
                self.unclear(field, "this field is not a number");
            }
        }
    }

    fn sale(&mut self, name: &Spanned<Word>, pool: &'a Pool) {
        let is_sold = pool.capacity.iter().any(|it| it.purchased == Some(true));
        let says = pool.sold_in.is_some()
            || pool.cancels.is_some()
            || pool.cancel_takes_effect.is_some()
            || pool.charged.is_some()
            || pool.minimum.is_some()
            || pool.notice_days.is_some()
            || pool.observable.is_some();
        if says && !is_sold {
            self.unclear(name, "it says how units are sold, and none are");
        }
        if pool.cancels.is_some() && pool.sold_in != Some(SoldIn::Lots) {
            self.unclear(name, "only lots are cancelled whole or in part");
        }
    }

    /// Where every object takes a lot of its own size, there is nothing of a pool but lots.
    fn fit(&mut self, name: &Spanned<Word>, pool: &'a Pool) {
        if pool.takes != Some(Takes::Lots) {
            return;
        }
        let is_bought_alone = |it: &PoolCapacity| {
            let parts = PoolCapacity {
                purchased: None,
                ..it.clone()
            };
            it.purchased == Some(true) && it.when.is_none() && !is_sum(&parts)
        };
        let wrong = if pool.counts_objects.is_none() || pool.weight_field.is_none() {
            "what takes a lot of its own size is an object: it needs \"counts_objects\" and \"weight_field\""
        } else if pool.sold_in != Some(SoldIn::Lots) || pool.cancels == Some(Cancels::Any) {
            "whole lots are taken where whole lots are bought and cancelled: it needs \"sold_in: lots\", and no \"cancels: any\""
        } else if !pool.capacity.iter().all(is_bought_alone) {
            "whole lots are taken of what is bought and of nothing else: its capacity is {purchased: true}"
        } else if pool.overflow != Overflow::Refuse {
            "whole lots are taken where there are some: it needs \"overflow: refuse\""
        } else {
            return;
        };
        self.unclear(name, wrong);
    }

    fn sharing(&mut self, name: &Spanned<Word>, pool: &Pool) {
        if pool.shared.is_none() {
            return;
        }
        if pool.capacity.iter().all(is_unlimited) {
            self.unclear(
                name,
                "it is shared, and there is no limit to share: leave out \"shared\"",
            );
        }
        if pool.takes == Some(Takes::Lots) {
            self.unclear(
                name,
                "whole lots are taken on one account alone: leave out \"shared\", or \"takes: lots\"",
            );
        }
    }

    /// Pools of words are pools like others: no two have one name.
    fn names_of_pools(&mut self) {
        let product = self.product;
        for (name, pool) in product.pools.iter() {
            for word in &pool.each {
                let same = product.each_pool().filter(|it| *it.name == word.value);
                if same.count() > 1 {
                    self.unclear(word, "another pool has this name");
                }
            }
            let words = pool.each.iter().enumerate();
            for (at, word) in words {
                if pool.each[..at].contains(word) {
                    self.unclear(name, "it has a word twice");
                }
            }
        }
    }
}

fn is_unlimited(capacity: &PoolCapacity) -> bool {
    capacity.unlimited == Some(true)
}

fn is_sum(capacity: &PoolCapacity) -> bool {
    capacity.purchased == Some(true)
        || capacity.number.is_some()
        || capacity.setting.is_some()
        || !capacity.setting_each.is_empty()
        || capacity.people.is_some()
}
