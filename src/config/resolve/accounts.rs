//! Accounts themselves: connection, billing, settings, seats, and what happens to people whom nobody wrote.

use std::collections::BTreeMap;

use super::groups::{cut_cycles, report_cycle};
use super::names::unknown;
use super::{Resolved, Resolver};
use crate::config::written::{self, Token, UnmanagedWord};
use crate::config::{PROVIDERS, codes};
use crate::diagnostic::Diagnostic;
use crate::model::{
    Account, AccountName, Connection, Guards, Kind, ProductId, Protected, RemovalGuard,
    SecretSource, Unmanaged, UnmanagedMode, UserKey,
};
use crate::text::{Span, Spanned, Word, nearest};

impl<'a> Resolver<'a> {
    /// The accounts whose product is known and that say what happens to the unmanaged; their settings and seats into `out`.
    pub(super) fn accounts(&mut self, out: &mut Resolved) -> BTreeMap<AccountName, Account> {
        let config = self.config;
        let parents = self.account_parents();
        let mut accounts = BTreeMap::new();
        for (position, (name, account)) in (0u32..).zip(config.accounts.iter()) {
            let has_access = out.has_access[position as usize];
            let unmanaged = self.unmanaged(name, account, has_access);
            let Some(site) = self.site(position) else {
                continue;
            };
            let parent = parents[position as usize];
            let parent = parent.map(|at| {
                let (name, _) = config.accounts.at(at as usize);
                AccountName::from(name.value.clone())
            });
            let mut unread = out.unread.clone();
            let mut reads = |this: &mut Self, kind: Kind, errors: usize| {
                unread.extend((this.sink.error_count() > errors).then_some(kind));
                this.sink.error_count()
            };
            let errors = self.sink.error_count();
            let dated = self.settings(position, &site, account, out);
            let errors = reads(self, Kind::Setting, errors);
            let later_seats = self.seats(&site, account, (parent.as_ref(), &dated), out);
            let errors = reads(self, Kind::Seats, errors);
            let manages_kinds = self.objects(position, &site, account, out);
            reads(self, Kind::Object, errors);
            let billing = account.billing.as_ref();
            let billing = billing.map(|it| self.billing(&site, it));
            let connection = self.connection(account.connection.as_ref(), name.span);
            let Some(unmanaged) = unmanaged else {
                continue;
            };
            let resolved = Account {
                product: ProductId::new(site.product_id),
                span: name.span,
                unmanaged,
                parent,
                manages_teams: account.teams.as_ref().is_some_and(|it| !it.is_empty()),
                manages_kinds,
                later_settings: dated.later,
                later_seats,
                billing,
                unread,
                connection,
            };
            accounts.insert(site.name, resolved);
        }
        accounts
    }

    fn account_parents(&mut self) -> Vec<Option<u32>> {
        let config = self.config;
        let mut parents = Vec::with_capacity(config.accounts.len());
        for (_, account) in config.accounts.iter() {
            let parent = account.parent.as_ref();
            parents.push(parent.and_then(|it| self.names.account(it, self.sink)));
        }
        for cycle in cut_cycles(&mut parents) {
            let named: Vec<_> = cycle
                .iter()
                .filter_map(|at| {
                    let (name, account) = config.accounts.at(*at as usize);
                    Some((name.value.as_str(), account.parent.as_ref()?.span))
                })
                .collect();
            report_cycle("account", &named, self.sink);
        }
        parents
    }

    fn unmanaged(
        &mut self,
        name: &Spanned<Word>,
        account: &written::Account,
        has_access: bool,
    ) -> Option<Unmanaged> {
        let by_default = self.config.settings.defaults.as_ref();
        let written = account
            .unmanaged
            .as_ref()
            .or_else(|| by_default.and_then(|defaults| defaults.unmanaged.as_ref()));
        let Some(written) = written else {
            let message = format!(
                "nothing says what happens to people on \"{}\" to whom no access is written",
                name.value.as_str()
            );
            self.sink.push(
                Diagnostic::new(&codes::NO_UNMANAGED, message)
                    .at(name.span, "this account has no \"unmanaged:\"")
                    .help(
                        "write \"unmanaged: remove\", \"report\" or \"ignore\" here, or under \
                         \"defaults:\" in seatplan.yaml",
                    ),
            );
            return None;
        };
        let mode = match written.value {
            // Nothing that is empty removes everybody.
            UnmanagedWord::Remove if !has_access => UnmanagedMode::Report,
            UnmanagedWord::Remove => UnmanagedMode::Remove,
            UnmanagedWord::Report => UnmanagedMode::Report,
            UnmanagedWord::Ignore => UnmanagedMode::Ignore,
        };
        Some(Unmanaged {
            mode,
            span: written.span,
        })
    }

    fn connection(
        &mut self,
        written: Option<&Spanned<written::Connection>>,
        account: Span,
    ) -> Connection {
        let text =
            |word: &Option<Spanned<Word>>| word.as_ref().map(|it| it.value.as_str().to_owned());
        let defaults = self.config.settings.defaults.as_ref();
        let attested_for = defaults.and_then(|it| it.attested_for).map(|it| it.0);
        let Some(Spanned { value, span }) = written else {
            return Connection {
                provider: PROVIDERS[0].into(),
                url: None,
                token: None,
                file: None,
                script: None,
                attested_for_days: attested_for,
                span: account,
            };
        };
        if let Some(provider) = &value.provider
            && !PROVIDERS.contains(&provider.value.as_str())
        {
            let near = nearest(&provider.value, PROVIDERS.iter().copied());
            let diagnostic = unknown("provider", provider, near, false);
            self.sink.push(match near {
                Some(_) => diagnostic,
                None => diagnostic.help(format!("the providers are {}", PROVIDERS.join(", "))),
            });
        }
        Connection {
            provider: match &value.provider {
                Some(provider) => provider.value.clone(),
                None => PROVIDERS[0].into(),
            },
            url: text(&value.url),
            token: value.token.as_ref().map(|token| match token {
                Token::Env(name) => SecretSource::Env(name.value.as_str().to_owned()),
                Token::File(path) => SecretSource::File(path.value.as_str().to_owned()),
            }),
            file: text(&value.file),
            script: text(&value.script),
            attested_for_days: value.attested_for.map(|it| it.0).or(attested_for),
            span: *span,
        }
    }

    /// The estate's guards.
    pub(super) fn guards(&mut self) -> Guards {
        let Some(guards) = &self.config.settings.guards else {
            return Guards::default();
        };
        if let Some(removals) = &guards.removals
            && removals.value.max.is_none()
            && removals.value.percent.is_none()
        {
            let message = "the guard on removals has no limit";
            self.sink.push(
                Diagnostic::new(&codes::NOT_A_RANGE, message)
                    .at(removals.span, "")
                    .help("write \"max:\", a number of people, or \"percent:\", or both"),
            );
        }
        let mut protected = Vec::with_capacity(guards.protected.len());
        for name in &guards.protected {
            if let Some(user) = self.names.user(name, self.sink) {
                let (key, _) = self.config.users.at(user as usize);
                protected.push(Protected {
                    user: UserKey::from(key.value.clone()),
                    person: None,
                    span: name.span,
                });
            }
        }
        Guards {
            removals: guards.removals.as_ref().map(|it| RemovalGuard {
                max: it.value.max,
                percent: it.value.percent.map(|percent| percent.0),
                window_days: it.value.window.map(|window| window.0),
                span: it.span,
            }),
            min_admins: guards.min_admins.as_ref().map(|it| (it.value, it.span)),
            protected,
        }
    }
}
