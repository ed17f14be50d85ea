//! Pools that several accounts share: which account one belongs to, and who takes units of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Product, Products, Shared};
use crate::model::{Account, AccountName, PoolName};

/// A pool of several accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPool<'a> {
    /// Its name, the same on each of them.
    pub name: PoolName,
    /// The account that it belongs to: nothing is bought for it anywhere else.
    pub head: &'a AccountName,
    /// Every account whose product has it: the head first, then by name; two at least.
    pub accounts: Vec<&'a AccountName>,
}

impl Products {
    /// The account that a pool of an account belongs to: the topmost of those above it whose product shares a pool of that
    /// name in the family, or itself.
    pub fn pool_head<'a>(
        &self,
        accounts: &'a BTreeMap<AccountName, Account>,
        account: &'a AccountName,
        pool: &str,
    ) -> &'a AccountName {
        let shares = |it: &AccountName| {
            let product = accounts.get(it).and_then(|it| self.get(&it.product));
            product.is_some_and(|it| it.shares(pool))
        };
        if !shares(account) {
            return account;
        }
        let above = |it: &&'a AccountName| accounts.get(*it)?.parent.as_ref();
        let chain = std::iter::successors(Some(account), above).take(accounts.len() + 1);
        chain.filter(|it| shares(it)).last().unwrap_or(account)
    }

    /// The pools that two accounts or more share, by head and name.
    pub fn shared_pools<'a>(
        &self,
        accounts: &'a BTreeMap<AccountName, Account>,
    ) -> Vec<SharedPool<'a>> {
        let mut found: BTreeMap<(&'a AccountName, PoolName), Vec<&'a AccountName>> =
            BTreeMap::new();
        for (name, account) in accounts {
            let product = self.get(&account.product);
            let pools = product.iter().flat_map(|it| it.each_pool());
            for one in pools.filter(|it| it.pool.shared.is_some()) {
                let head = self.pool_head(accounts, name, one.name);
                let of_pool = found.entry((head, PoolName::new(one.name))).or_default();
                match head == name {
                    true => of_pool.insert(0, name),
                    false => of_pool.push(name),
                }
            }
        }
        let found = found.into_iter().filter(|(_, it)| it.len() > 1);
        found
            .map(|((head, name), accounts)| SharedPool {
                name,
                head,
                accounts,
            })
            .collect()
    }

    /// Some accounts, and all that share a pool with one of them, with one of those, and so on.
    pub fn with_family(
        &self,
        accounts: &BTreeMap<AccountName, Account>,
        some: impl IntoIterator<Item = AccountName>,
    ) -> BTreeSet<AccountName> {
        let mut all: BTreeSet<AccountName> = some.into_iter().collect();
        let shared = self.shared_pools(accounts);
        loop {
            let before = all.len();
            for pool in &shared {
                if pool.accounts.iter().any(|it| all.contains(*it)) {
                    all.extend(pool.accounts.iter().map(|it| (*it).clone()));
                }
            }
            if all.len() == before {
                return all;
            }
        }
    }
}

impl Product {
    /// Whether an account of it shares a pool of a name with the accounts above and below it.
    pub fn shares(&self, pool: &str) -> bool {
        let shared = self.one_pool(pool).and_then(|it| it.pool.shared);
        shared == Some(Shared::Family)
    }
}
