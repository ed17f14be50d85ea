//! Observing an account, and reading single things back.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use super::Directory;
use super::wire::{
    AccessItem, AccountItem, MemberItem, ObjectItem, Page, SeatsItem, SettingItem, TeamItem,
    WhoamiItem, phase,
};
use crate::model::{
    Actor, Address, Capacity, Entry, Fact, Gap, Kind, KindName, ObjectName, Observation, Quantity,
    Resource, ResourceId, State, Subject, TargetId, TeamName,
};
use crate::provider::http::{ReadFailure, Request};
use crate::provider::{Capabilities, ReadBack, ReadError, Reader};

/// Items asked for in one page.
const PAGE: &str = "1000";
/// Pages of one list at most; a list that has more does not end.
const PAGES_MAX: usize = 10_000;

/// What has been read of an account so far.
#[derive(Default)]
struct Reading {
    state: State,
    phases: BTreeMap<Address, crate::text::Word>,
    pools: BTreeMap<crate::model::PoolName, Fact<Capacity>>,
    ending: BTreeMap<crate::model::PoolName, Quantity>,
    gaps: Vec<Gap>,
}

#[async_trait]
impl Reader for Directory {
    fn capabilities(&self) -> Capabilities {
        Self::abilities()
    }

    async fn observe(&self) -> Result<Observation, ReadError> {
        let account: AccountItem = self.one(&[]).await?;
        if account.account != *self.account {
            let why = format!("it answers for account \"{}\"", account.account);
            return Err(self.protocol(why));
        }
        let actor = match self.one(&["whoami"]).await? {
            WhoamiItem::Service { name } => Actor::Service { name },
            WhoamiItem::Person { subject, roles } => Actor::Person {
                subject: Subject::new(subject),
                roles: roles.iter().map(crate::model::RoleName::new).collect(),
            },
        };
        let mut reading = Reading::default();
        let (settings, pools, access) = tokio::join!(
            self.list::<SettingItem>("settings"),
            self.list::<SeatsItem>("seats"),
            self.list::<AccessItem>("access"),
        );
        self.take(&mut reading, Kind::Setting, settings, |reading, it| {
            let resource = it.resource(&self.product)?;
            reading.put(self.address(ResourceId::Setting(it.setting)), resource)
        })?;
        self.take(&mut reading, Kind::Seats, pools, |reading, it| {
            self.take_pool(reading, it)
        })?;
        self.take(&mut reading, Kind::Access, access, |reading, it| {
            let address = self.address(ResourceId::Access(Subject::new(&it.subject)));
            if let Some(phase) = phase(&it.phase) {
                reading.phases.insert(address.clone(), phase);
            }
            reading.put(address, it.resource(&self.product)?)
        })?;
        if !self.product.objects.is_empty() {
            let objects = self.list::<ObjectItem>("objects").await;
            self.take(&mut reading, Kind::Object, objects, |reading, it| {
                let resource = it.resource(&self.product)?;
                let address = self.address(ResourceId::Object {
                    kind: KindName::new(&it.kind),
                    name: ObjectName::new(&it.name),
                });
                if let Some(phase) = phase(&it.phase) {
                    reading.phases.insert(address.clone(), phase);
                }
                reading.put(address, resource)
            })?;
        }
        if self.product.teams.is_some() {
            let (teams, members) = tokio::join!(
                self.list::<TeamItem>("teams"),
                self.list::<MemberItem>("members")
            );
            self.take(&mut reading, Kind::Team, teams, |reading, it| {
                reading.put(
                    self.address(ResourceId::Team(TeamName::new(&it.team))),
                    it.resource(),
                )
            })?;
            self.take(&mut reading, Kind::Member, members, |reading, it| {
                let (team, subject) = (TeamName::new(&it.team), Subject::new(&it.subject));
                reading.put(
                    self.address(ResourceId::Member { team, subject }),
                    it.resource(),
                )
            })?;
        }
        Ok(Observation {
            account: self.account.clone(),
            target: TargetId(account.target),
            taken_at: account.at,
            from: self.client.at().to_owned(),
            actor,
            state: reading.state,
            phases: reading.phases,
            pools: reading.pools,
            ending: reading.ending,
            gaps: reading.gaps,
            findings: Vec::new(),
        })
    }

    async fn read_back(&self, addresses: &[Address]) -> Result<Vec<ReadBack>, ReadError> {
        let mut found = Vec::with_capacity(addresses.len());
        for address in addresses {
            found.push(self.read_one(address).await?);
        }
        Ok(found)
    }
}

impl Reading {
    /// Takes a thing in, refusing the same one twice: a list that repeats itself is not to be trusted.
    fn put(&mut self, address: Address, resource: crate::model::Resource) -> Result<(), String> {
        let shown = address.to_string();
        match self.state.insert(address, Entry::observed(resource)) {
            None => Ok(()),
            Some(_) => Err(format!("it lists \"{shown}\" twice")),
        }
    }
}

impl Directory {
    pub(super) fn address(&self, resource: ResourceId) -> Address {
        Address::new(&self.account, resource)
    }

    fn protocol(&self, why: String) -> ReadError {
        ReadError::Protocol {
            at: self.client.at().to_owned(),
            why,
        }
    }

    /// Takes the items of a list in; what could not be read of it is a gap. A credential that is not accepted is no gap:
    /// then nothing is known.
    fn take<T>(
        &self,
        reading: &mut Reading,
        kind: Kind,
        (items, failure): (Vec<T>, Option<ReadError>),
        mut take: impl FnMut(&mut Reading, T) -> Result<(), String>,
    ) -> Result<(), ReadError> {
        let mut why = match failure {
            Some(error @ ReadError::Credential { .. }) => return Err(error),
            failure => failure.map(|it| it.to_string()),
        };
        for item in items {
            if let Err(wrong) = take(reading, item) {
                why.get_or_insert(wrong);
            }
        }
        reading.gaps.extend(why.map(|why| Gap::of(kind, why)));
        Ok(())
    }

    fn take_pool(&self, reading: &mut Reading, it: SeatsItem) -> Result<(), String> {
        let pool = crate::model::PoolName::new(&it.pool);
        let limit = it
            .limit
            .map(|limit| Capacity::Purchased(Quantity::Number(limit)));
        let capacity = match (it.unlimited, limit) {
            (true, _) => Fact::Known(Capacity::Unlimited),
            (false, Some(limit)) => Fact::Known(limit),
            (false, None) => Fact::Unknown {
                why: "the directory does not know it".to_owned(),
            },
        };
        reading.pools.insert(pool.clone(), capacity);
        match it.purchased {
            Some(purchased) => {
                if it.cancelled_to.is_some() {
                    reading.ending.insert(pool.clone(), purchased.clone());
                }
                let address = self.address(ResourceId::Seats(pool));
                let left = it.cancelled_to.unwrap_or(purchased);
                reading.put(address, Resource::Seats(left))
            }
            None => Ok(()),
        }
    }

    /// Reads one thing below the account that must be there.
    async fn one<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ReadError> {
        match self.find(path).await? {
            Ok(value) => Ok(value),
            Err(problem) => Err(self.protocol(format!("{problem} is not there"))),
        }
    }

    /// Reads one thing below the account; the inner error names what is not there.
    async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
    ) -> Result<Result<T, String>, ReadError> {
        let path = self.path(path);
        match self.client.read(&Request::get(&path)).await {
            Ok(value) => Ok(Ok(value)),
            Err(ReadFailure::NotFound(problem)) if problem.code == "not_found" => {
                Ok(Err(problem.detail))
            }
            Err(failure) => Err(self.error(failure)),
        }
    }

    /// Path segments below the service for segments below the account.
    pub(super) fn path<'a>(&'a self, path: &[&'a str]) -> Vec<&'a str> {
        [&["v1", "accounts", self.account.as_str()], path].concat()
    }

    fn error(&self, failure: ReadFailure) -> ReadError {
        let at = self.client.at().to_owned();
        match failure {
            ReadFailure::Error(error) => error,
            ReadFailure::NotFound(problem) if problem.code == "no_such_account" => {
                ReadError::NoSuchAccount {
                    account: self.account.to_string(),
                    at,
                }
            }
            ReadFailure::NotFound(problem) => ReadError::Protocol {
                at,
                why: problem.detail,
            },
        }
    }

    /// Reads a list page by page: what could be read, and why there is not more.
    async fn list<T: DeserializeOwned>(&self, list: &str) -> (Vec<T>, Option<ReadError>) {
        let path = self.path(&[list]);
        let mut items = Vec::new();
        let mut cursor = String::new();
        let mut seen = BTreeSet::new();
        loop {
            let query = [("limit", PAGE), ("cursor", cursor.as_str())];
            let query = if cursor.is_empty() {
                &query[..1]
            } else {
                &query[..]
            };
            let request = Request {
                query,
                ..Request::get(&path)
            };
            let page: Page<T> = match self.client.read(&request).await {
                Ok(page) => page,
                Err(failure) => return (items, Some(self.error(failure))),
            };
            items.extend(page.items);
            cursor = match page.next {
                None => return (items, None),
                Some(next) => next,
            };
            if !seen.insert(cursor.clone()) || seen.len() > PAGES_MAX {
                let why = format!("its list of {list} does not end");
                return (items, Some(self.protocol(why)));
            }
        }
    }

    async fn read_one(&self, address: &Address) -> Result<ReadBack, ReadError> {
        let wrong = |why: String| self.protocol(why);
        let mut state = None;
        let resource = match &address.resource {
            ResourceId::Setting(name) => {
                let item = self.find::<SettingItem>(&["settings", name]).await?.ok();
                item.map(|it| it.resource(&self.product))
                    .transpose()
                    .map_err(wrong)?
            }
            ResourceId::Seats(pool) => {
                let item = self.find::<SeatsItem>(&["seats", pool]).await?.ok();
                let left = item.and_then(|it| it.cancelled_to.or(it.purchased));
                left.map(Resource::Seats)
            }
            ResourceId::Team(team) => {
                let item = self.find::<TeamItem>(&["teams", team]).await?.ok();
                item.map(|it| it.resource())
            }
            ResourceId::Member { team, subject } => {
                let path = ["teams", team.as_str(), "members", subject.as_str()];
                let item = self.find::<MemberItem>(&path).await?.ok();
                item.map(|it| it.resource())
            }
            ResourceId::Access(subject) => {
                let item = self.find::<AccessItem>(&["access", subject]).await?.ok();
                state = item.as_ref().and_then(|it| phase(&it.phase));
                item.map(|it| it.resource(&self.product))
                    .transpose()
                    .map_err(wrong)?
            }
            ResourceId::Object { kind, name } => {
                let path = ["objects", kind.as_str(), name.as_str()];
                let item = self.find::<ObjectItem>(&path).await?.ok();
                state = item.as_ref().and_then(|it| phase(&it.phase));
                item.map(|it| it.resource(&self.product))
                    .transpose()
                    .map_err(wrong)?
            }
        };
        Ok(ReadBack {
            address: address.clone(),
            resource,
            phase: state,
        })
    }
}
