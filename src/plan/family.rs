//! Accounts that are planned together because they share a pool; nearly every account is alone.
//!
//! # Design
//! A shared pool makes steps of several accounts wait for each other, so such accounts have one order, one set of limits and
//! one proof. Everything else stays the account's own: it is compared alone, and its settings, teams and administrators look
//! at no other account. An account that is alone is a family of one.
//!
//! What somebody takes on an account that was not read is not nothing: then nobody knows how much of the pool is left. If the
//! head itself was not read, the proof stands with the first of the others, under the name of which it can be accepted.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use super::diff::Scope;
use super::scenes::Scenes;
use super::takes::{Used, used};
use crate::model::{Account, AccountName, Address, Finding, Kind, PoolName};
use crate::product::{Products, SharedPool};

/// What an account has to do with pools that several accounts share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    /// Its pools that belong to another account that was read, and that account.
    pub of_others: BTreeMap<PoolName, AccountName>,
    /// Its own pools of which other accounts take units too, with those accounts.
    pub with: BTreeMap<PoolName, Vec<AccountName>>,
    /// Its own pools of which nobody knows how much is left, and why.
    pub unread: BTreeMap<PoolName, String>,
}

/// Accounts that are planned together.
pub(super) struct Families {
    /// By the first name; each account that was read is in one of them.
    pub groups: Vec<Vec<AccountName>>,
    shares: BTreeMap<AccountName, Shares>,
    alone: Shares,
}

impl Families {
    /// The families of accounts that were read.
    pub(super) fn new(
        accounts: &BTreeMap<AccountName, Account>,
        products: &Products,
        is_read: impl Fn(&AccountName) -> bool,
    ) -> Self {
        let mut families = Self {
            groups: Vec::new(),
            shares: BTreeMap::new(),
            alone: Shares::default(),
        };
        let mut groups: Vec<BTreeSet<&AccountName>> = (accounts.iter())
            .filter(|(name, it)| is_read(name) && products.get(&it.product).is_some())
            .map(|(name, _)| BTreeSet::from([name]))
            .collect();
        for pool in products.shared_pools(accounts) {
            let (read, unread): (Vec<_>, Vec<_>) =
                pool.accounts.iter().copied().partition(|it| is_read(it));
            let Some((owner, others)) = read.split_first() else {
                continue;
            };
            families.share(&pool, owner, others, &unread);
            let (together, apart): (Vec<_>, Vec<_>) =
                (groups.into_iter()).partition(|group| read.iter().any(|it| group.contains(*it)));
            groups = apart;
            groups.push(together.into_iter().flatten().collect());
        }
        groups.sort();
        let groups = groups.into_iter();
        families.groups = groups.map(|it| it.into_iter().cloned().collect()).collect();
        families
    }

    fn share(
        &mut self,
        pool: &SharedPool<'_>,
        owner: &AccountName,
        others: &[&AccountName],
        unread: &[&AccountName],
    ) {
        for other in others {
            let of_others = &mut self.shares.entry((*other).clone()).or_default().of_others;
            of_others.insert(pool.name.clone(), owner.clone());
        }
        let own = self.shares.entry(owner.clone()).or_default();
        if !others.is_empty() {
            let others = others.iter().map(|it| (*it).clone()).collect();
            own.with.insert(pool.name.clone(), others);
        }
        if let Some(first) = unread.first() {
            let why = match *first == pool.head {
                true => format!("the pool is that of \"{first}\", which was not read"),
                false => format!("\"{first}\" takes units of it too and was not read"),
            };
            own.unread.insert(pool.name.clone(), why);
        }
    }

    /// What an account shares.
    pub(super) fn shares(&self, account: &AccountName) -> &Shares {
        self.shares.get(account).unwrap_or(&self.alone)
    }
}

impl Shares {
    /// Whether a pool belongs to the account.
    pub(super) fn is_own(&self, pool: &str) -> bool {
        !self.of_others.contains_key(pool)
    }
}

impl<'a> Scope<'a> {
    /// What was read of how many units there are of pools that belong to another account, and is not used.
    pub(super) fn unused_sizes(self) -> impl Iterator<Item = Finding> {
        let read = self.observation.pools.keys();
        let read = read.filter_map(move |pool| Some((pool, self.shares.of_others.get(pool)?)));
        let read = read.filter(move |_| !self.is_counted);
        read.map(move |(pool, head)| Finding {
            address: Address::seats(self.name, pool),
            text: format!(
                "what is read here of how many there are is not used: it is the pool of \"{head}\""
            ),
        })
    }
}

/// An account of a family, as it is and as it will be.
pub(super) struct Kin<'a> {
    pub scope: Scope<'a>,
    pub scenes: Scenes<'a>,
}

/// A family whose steps are being put in order.
pub(super) struct Family<'a>(pub Vec<Kin<'a>>);

impl<'a> Family<'a> {
    /// The account that a step is of.
    pub(super) fn of(&self, step: &Step) -> &Kin<'a> {
        let account = &step.address.account;
        let mut kin = self.0.iter();
        kin.find(|it| it.scope.name == account)
            .expect("a family has the accounts of its steps")
    }
}

/// What one of several accounts uses of a pool that they share.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub account: AccountName,
    pub used: Used,
    /// Why not all of it could be seen.
    pub unseen: Option<String>,
}

/// What the accounts of a family use now of pools that belong to another of them, by owner and pool, in the order of names.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(BTreeMap<(AccountName, PoolName), Vec<Share>>);

impl Elsewhere {
    pub(super) fn of(family: &[Kin<'_>]) -> Self {
        let mut elsewhere = Self::default();
        for Kin { scope, scenes } in family {
            if scope.shares.of_others.is_empty() {
                continue;
            }
            let mut gaps = scope.observation.gaps.iter();
            let gap = gaps.find(|it| it.kind == Kind::Access);
            let used = used(&scenes.now, scope.name, scope.observation);
            for (one, used) in scope.product.each_pool().zip(used) {
                let name = PoolName::new(one.name);
                let Some(owner) = scope.shares.of_others.get(&name) else {
                    continue;
                };
                let shares = elsewhere.0.entry((owner.clone(), name)).or_default();
                shares.push(Share {
                    account: scope.name.clone(),
                    used,
                    unseen: gap.map(|gap| {
                        format!(
                            "not every access of \"{}\" could be read: {}",
                            scope.name, gap.why
                        )
                    }),
                });
            }
        }
        elsewhere
    }

    /// What others use of a pool.
    pub(super) fn shares(&self, owner: &AccountName, pool: &PoolName) -> &[Share] {
        let key = (owner.clone(), pool.clone());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    /// How many units others use of a pool.
    pub(super) fn used(&self, owner: &AccountName, pool: &str) -> u64 {
        let shares = self.shares(owner, &PoolName::new(pool)).iter();
        shares.map(|it| it.used.units).sum()
    }
}
