//! What a definition says without writing it.

use super::constraint::{Constraint, ExactlyOne, Selector};
use super::definition::{Product, Single};
use crate::text::{Spanned, Word};
use crate::yaml::{Entries, OneOrMany};

impl Product {
    /// The same with what it implies: a role that `single:` names is had by exactly one person, as if a constraint of type
    /// `exactly_one` stood there. One that is written stays as it is, with its own words and level.
    #[must_use]
    pub fn completed(mut self) -> Self {
        let singles = self.single.iter();
        let missing = singles.filter(|(_, single)| !self.says_exactly_one(single));
        let implied: Vec<_> = missing
            .map(|(name, single)| {
                let key = Word::from(format!("single-{}", name.value));
                (Spanned::new(key, name.span), exactly_one(single))
            })
            .collect();
        self.constraints.append(Entries(implied.into()));
        self
    }

    fn says_exactly_one(&self, single: &Single) -> bool {
        let mut constraints = self.constraints.iter();
        constraints.any(
            |(_, it)| matches!(it, Constraint::ExactlyOne(it) if is_just(&it.of, &single.role)),
        )
    }
}

fn exactly_one(single: &Single) -> Constraint {
    Constraint::ExactlyOne(ExactlyOne {
        of: of_role(&single.role),
        text: format!("exactly one person has the role {}", single.role.value),
        level: None,
        rules: single.rules.clone(),
    })
}

/// Whether a selector asks for one role and for nothing else.
fn is_just(selector: &Selector, role: &Spanned<Word>) -> bool {
    let words = |of: &Selector| serde_json::to_value(of).ok();
    words(selector) == words(&of_role(role))
}

fn of_role(role: &Spanned<Word>) -> Selector {
    Selector {
        role: Some(OneOrMany(vec![role.clone()])),
        options: Entries::default(),
        any_option: Vec::new(),
        leads_team: None,
        in_team: None,
        administers: None,
        has_role: None,
        grants: Entries::default(),
        role_fields: Entries::default(),
    }
}
