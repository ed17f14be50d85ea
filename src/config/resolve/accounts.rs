//! Accounts themselves: product, connection, billing, and what happens to people whom nobody wrote.

use std::collections::BTreeMap;

use crate::config::codes;
use crate::config::merge::Config;
use crate::config::written::{self, CycleWord, Token, UnmanagedWord};
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{
    Account, AccountName, Billing, Connection, Cycle, Guards, PoolName, ProductId, RemovalGuard,
    SecretSource, Unmanaged, UnmanagedMode, UserKey,
};
use crate::product::Products;
use crate::text::{Span, Spanned, Word, nearest};

/// The accounts whose product is known and that say what happens to the unmanaged.
pub(super) fn resolve(
    config: &Config,
    products: &Products,
    sink: &mut Sink,
) -> BTreeMap<AccountName, Account> {
    config
        .accounts
        .iter()
        .filter_map(|(name, account)| {
            let resolved = resolve_one(config, products, name, account, sink)?;
            Some((AccountName::from(name.value.clone()), resolved))
        })
        .collect()
}

fn resolve_one(
    config: &Config,
    products: &Products,
    name: &Spanned<Word>,
    account: &written::Account,
    sink: &mut Sink,
) -> Option<Account> {
    let unmanaged = unmanaged(config, name, account, sink);
    let id = &account.product;
    if products.get(&id.value).is_none() {
        let known: Vec<&str> = products.iter().map(|(id, _)| id.as_str()).collect();
        let diagnostic = Diagnostic::new(
            &codes::UNKNOWN_NAME,
            format!("unknown product \"{}\"", id.value.as_str()),
        )
        .at(id.span, "");
        sink.push(match nearest(&id.value, known.iter().copied()) {
            Some(near) => diagnostic
                .help(format!("did you mean \"{near}\"?"))
                .replace(id.span, format!("write \"{near}\""), near),
            None => diagnostic.help(format!("the products are {}", known.join(", "))),
        });
        return None;
    }
    Some(Account {
        product: ProductId::from(id.value.clone()),
        span: name.span,
        unmanaged: unmanaged?,
        parent: account
            .parent
            .as_ref()
            .map(|parent| AccountName::from(parent.value.clone())),
        manages_teams: account.teams.as_ref().is_some_and(|it| !it.is_empty()),
        billing: account.billing.as_ref().map(billing),
        connection: connection(account.connection.as_ref(), name.span),
    })
}

fn unmanaged(
    config: &Config,
    name: &Spanned<Word>,
    account: &written::Account,
    sink: &mut Sink,
) -> Option<Unmanaged> {
    let by_default = config.settings.defaults.as_ref();
    let written = account
        .unmanaged
        .as_ref()
        .or_else(|| by_default.and_then(|defaults| defaults.unmanaged.as_ref()));
    let Some(written) = written else {
        let message = format!(
            "nothing says what happens to people on \"{}\" to whom no access is written",
            name.value.as_str()
        );
        sink.push(
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
        UnmanagedWord::Remove => UnmanagedMode::Remove,
        UnmanagedWord::Report => UnmanagedMode::Report,
        UnmanagedWord::Ignore => UnmanagedMode::Ignore,
    };
    Some(Unmanaged {
        mode,
        span: written.span,
    })
}

fn connection(written: Option<&Spanned<written::Connection>>, account: Span) -> Connection {
    let text = |word: &Option<Spanned<Word>>| word.as_ref().map(|it| it.value.as_str().to_owned());
    let default = super::super::PROVIDERS[0];
    let Some(Spanned { value, span }) = written else {
        return Connection {
            provider: default.into(),
            url: None,
            token: None,
            file: None,
            span: account,
        };
    };
    Connection {
        provider: match &value.provider {
            Some(provider) => provider.value.clone(),
            None => default.into(),
        },
        url: text(&value.url),
        token: value.token.as_ref().map(|token| match token {
            Token::Env(name) => SecretSource::Env(name.value.as_str().to_owned()),
            Token::File(path) => SecretSource::File(path.value.as_str().to_owned()),
        }),
        file: text(&value.file),
        span: *span,
    }
}

fn billing(written: &Spanned<written::Billing>) -> Billing {
    let billing = &written.value;
    Billing {
        cycle: billing.cycle.map(|cycle| match cycle {
            CycleWord::Monthly => Cycle::Monthly,
            CycleWord::Annual => Cycle::Annual,
            CycleWord::Days30 => Cycle::Days30,
            CycleWord::Days365 => Cycle::Days365,
        }),
        renews_on: billing.renews_on.as_ref().map(|day| day.value.0),
        currency: billing
            .currency
            .as_ref()
            .map(|it| it.value.as_str().to_owned()),
        prices: billing
            .prices
            .iter()
            .map(|(pool, price)| (PoolName::from(pool.value.clone()), price.value.0))
            .collect(),
        span: written.span,
    }
}

/// The estate's guards.
pub(super) fn guards(config: &Config) -> Guards {
    let Some(guards) = &config.settings.guards else {
        return Guards::default();
    };
    Guards {
        removals: guards.removals.as_ref().map(|it| RemovalGuard {
            max: it.value.max,
            percent: it.value.percent.map(|percent| percent.0),
            window_days: it.value.window.map(|window| window.0),
            span: it.span,
        }),
        min_admins: guards.min_admins.as_ref().map(|it| (it.value, it.span)),
        protected: guards
            .protected
            .iter()
            .map(|it| (UserKey::from(it.value.clone()), it.span))
            .collect(),
    }
}
