//! Whether an address on somebody's word or commit is a certain person's.

use crate::model::{Desired, Person, Subject, UserKey};
use crate::product::Product;

/// A person as they may be named: by the product, by the files, by the base's files.
pub(super) struct Names<'a> {
    subject: &'a Subject,
    product: &'a Product,
    people: Vec<(&'a UserKey, &'a Person)>,
}

impl<'a> Names<'a> {
    /// Everybody in any of these files whom a product knows under a name. A change may say that somebody is somebody else, so
    /// both what it says and what the base says count.
    pub(super) fn of(
        subject: &'a Subject,
        product: &'a Product,
        files: impl Iterator<Item = &'a Desired>,
    ) -> Self {
        let people = files.flat_map(|it| it.people.iter());
        let is_it = |person: &Person| product.user.subject_of(person).as_ref() == Some(subject);
        Self {
            subject,
            product,
            people: people.filter(|(_, person)| is_it(person)).collect(),
        }
    }

    /// Whether an address or key is theirs.
    pub(super) fn has(&self, text: &str) -> bool {
        let same = |name: &str| name.to_lowercase() == text.to_lowercase();
        let by_product = self.product.user.subject(&text.into());
        let by_files = self.people.iter().any(|(key, person)| {
            same(key.as_str()) || person.email.as_ref().is_some_and(|it| same(it))
        });
        by_product == *self.subject || by_files || self.has_handle(text)
    }

    /// Whether an address is one that a forge makes up for a handle of theirs.
    fn has_handle(&self, address: &str) -> bool {
        let Some((login, handle)) = made_up(address) else {
            return false;
        };
        let by_files = self.people.iter().any(|(_, person)| {
            let mut logins = person.logins.iter();
            logins.any(|(name, it)| **name == *login && it.eq_ignore_ascii_case(handle))
        });
        by_files || self.subject.as_str().eq_ignore_ascii_case(handle)
    }
}

/// The login and the handle of an address that a forge made up to keep somebody's own from showing: `ID+HANDLE@` or `HANDLE@`
/// at GitHub, `ID-HANDLE@` at GitLab. Source: "Setting your commit email address" (GitHub), "Use an automatically generated
/// private commit email" (GitLab); both last verified 2026-11.
fn made_up(address: &str) -> Option<(&'static str, &str)> {
    let (local, domain) = address.rsplit_once('@')?;
    let digits = |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let without_id = |sign: char| {
        let parts = local.split_once(sign).filter(|(id, _)| digits(id));
        parts.map_or(local, |(_, handle)| handle)
    };
    match domain.to_ascii_lowercase().as_str() {
        "users.noreply.github.com" => Some(("github", without_id('+'))),
        "users.noreply.gitlab.com" => Some(("gitlab", without_id('-'))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::made_up;

    #[test]
    fn a_forge_s_own_addresses_name_a_handle() {
        let handle = |address| made_up(address).map(|(login, handle)| format!("{login}:{handle}"));
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(
            handle("1234+dana-k@users.noreply.github.com"),
            is("github:dana-k")
        );
        assert_eq!(
            handle("dana-k@users.noreply.github.com"),
            is("github:dana-k")
        );
        assert_eq!(
            handle("77-dana-k@users.noreply.gitlab.com"),
            is("gitlab:dana-k")
        );
        assert_eq!(handle("dana@acme.example"), None);
        assert_eq!(handle("dana@users.noreply.github.com.evil.example"), None);
    }
}
