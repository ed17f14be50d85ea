//! Lists in pages and single things by key.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::database::{self, Account};
use super::definition::{Definition, OnePool};
use super::objects::{listed, object_item};
use super::people::access_item;
use super::person::Access;
use super::problem::Problem;
use super::subscription::is_for_sale;
use super::tally::{Counted, Tally};
use super::teams::member_item;
use super::world::{Units, World};

/// Items of a page if the caller does not say how many.
const PAGE_DEFAULT: u32 = 100;
/// Items of a page at most, whatever the caller says.
const PAGE_MAX: u32 = 1_000;

/// What is read of one account.
pub(super) struct Reading<'a> {
    pub(super) db: &'a Connection,
    pub(super) account: &'a Account,
    pub(super) definition: &'a Definition,
    pub(super) world: &'a World,
    pub(super) tally: &'a Tally,
}

/// Where a page starts and how long it is.
pub(super) struct Page<'a> {
    list: &'a str,
    account: i64,
    /// The keys of the last item of the page before; empty texts come before every key.
    after: Vec<String>,
    limit: usize,
}

impl<'a> Page<'a> {
    /// Reads `cursor` and `limit`. A cursor belongs to one list of one account.
    pub(super) fn of(
        list: &'a str,
        account: i64,
        query: &BTreeMap<String, String>,
    ) -> Result<Self, Problem> {
        let limit = match query.get("limit").map(|it| it.parse::<u32>()) {
            None => PAGE_DEFAULT,
            Some(Ok(limit)) if limit > 0 => limit.min(PAGE_MAX),
            Some(_) => return Err(Problem::malformed("\"limit\" is not a number from 1")),
        };
        let bad = || Problem::new(400, "bad_cursor", "this cursor is not one of this list");
        let after = match query.get("cursor").map(String::as_str) {
            None | Some("") => Vec::new(),
            Some(cursor) => {
                let text = unhex(cursor)
                    .and_then(|it| String::from_utf8(it).ok())
                    .ok_or_else(bad)?;
                let mut parts = text.split('\0').map(str::to_owned);
                let is_ours = parts.next().as_deref() == Some(list)
                    && parts.next() == Some(account.to_string());
                match is_ours {
                    true => parts.collect(),
                    false => return Err(bad()),
                }
            }
        };
        Ok(Self {
            list,
            account,
            after,
            limit: limit as usize,
        })
    }

    fn after(&self, index: usize) -> &str {
        self.after.get(index).map_or("", String::as_str)
    }

    /// One more than the page holds, to see whether there is a next one.
    fn fetch(&self) -> i64 {
        self.limit as i64 + 1
    }

    /// The page's body from its items' keys and JSON texts; `items` may hold one item too many.
    fn body(&self, items: Vec<(Vec<String>, String)>) -> String {
        let has_more = items.len() > self.limit;
        let shown = &items[..items.len().min(self.limit)];
        let mut body =
            String::with_capacity(shown.iter().map(|it| it.1.len() + 1).sum::<usize>() + 64);
        body.push_str("{\"items\":[");
        for (index, (_, item)) in shown.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(item);
        }
        body.push_str("],\"next\":");
        match shown.last().filter(|_| has_more) {
            Some((keys, _)) => {
                let cursor = format!("{}\0{}\0{}", self.list, self.account, keys.join("\0"));
                let _ = write!(body, "\"{}\"}}", hex(cursor.as_bytes()));
            }
            None => body.push_str("null}"),
        }
        body
    }
}

impl Reading<'_> {
    /// One page of a list, as JSON text; `None` if there is no such list.
    pub(super) fn list(&self, page: &Page<'_>) -> Result<Option<String>, Problem> {
        let items = match page.list {
            "settings" => self.settings(page)?,
            "seats" => self.pools(page)?,
            "teams" => self.teams(page)?,
            "access" => self.people(page)?,
            "members" => self.members(page)?,
            "handovers" => self.handovers(page)?,
            "commits" => self.commits(page)?,
            "invoices" => self.invoices(page)?,
            "objects" => self.objects(page, None),
            other => match other.strip_prefix("objects/") {
                Some(kind) => self.objects(page, Some(kind)),
                None => return Ok(None),
            },
        };
        Ok(Some(page.body(items)))
    }

    fn settings(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let mut rows = self.db.prepare_cached(
            "SELECT setting, value FROM settings WHERE account = ?1 AND setting > ?2 ORDER BY setting LIMIT ?3",
        )?;
        let rows = rows.query_map(
            params![self.account.id, page.after(0), page.fetch()],
            |row| {
                let (setting, value): (String, String) = (row.get(0)?, row.get(1)?);
                let item = format!("{{\"setting\":{},\"value\":{value}}}", json!(setting));
                Ok((vec![setting], item))
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn pools(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let pools: BTreeMap<_, _> = self
            .definition
            .each_pool()
            .filter(|it| it.name > page.after(0) && self.world.is_own_pool(it.name))
            .map(|it| (it.name, it))
            .collect();
        let items = pools.into_iter().take(page.limit + 1).map(|(name, one)| {
            let item = seats_item(one, self.counted());
            (vec![name.to_owned()], item.to_string())
        });
        Ok(items.collect())
    }

    fn counted(&self) -> Counted<'_> {
        Counted {
            tally: self.tally,
            world: self.world,
        }
    }

    /// What the account owns, of one kind or of all.
    fn objects(&self, page: &Page<'_>, kind: Option<&str>) -> Vec<(Vec<String>, String)> {
        let objects = listed(self.world, kind, (page.after(0), page.after(1)));
        let items = objects.take(page.limit + 1).map(|(kind, name, object)| {
            let item = object_item(kind, name, object);
            (vec![kind.clone(), name.clone()], item.to_string())
        });
        items.collect()
    }

    fn invoices(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let mut rows = self.db.prepare_cached(
            "SELECT seq, pool, units, thing, at FROM invoices WHERE account = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?;
        let after: i64 = page.after(0).parse().unwrap_or(0);
        let rows = rows.query_map(params![self.account.id, after, page.fetch()], |row| {
            let (seq, units): (i64, i64) = (row.get(0)?, row.get(2)?);
            let (pool, thing, at): (String, String, String) =
                (row.get(1)?, row.get(3)?, row.get(4)?);
            let item = json!({"pool": pool, "units": units, "thing": thing, "at": at});
            Ok((vec![seq.to_string()], item.to_string()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn object(&self, kind: &str, name: &str) -> Result<Value, Problem> {
        let object = self.world.object(kind, name);
        let object = object.ok_or_else(|| Problem::not_found(kind, name))?;
        Ok(object_item(kind, name, object))
    }

    fn teams(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let mut rows = self.db.prepare_cached(
            "SELECT team, parent FROM teams WHERE account = ?1 AND team > ?2 ORDER BY team LIMIT ?3",
        )?;
        let rows = rows.query_map(
            params![self.account.id, page.after(0), page.fetch()],
            |row| {
                let (team, parent): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                let item = json!({"team": team, "parent": parent}).to_string();
                Ok((vec![team], item))
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The stored text of an access is the tail of its item, so that a page is put together without reading it; but for
    /// grants, which are shown without what the account gives anyway.
    fn people(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let has_grants = !self.definition.grants.is_empty();
        let mut rows = self.db.prepare_cached(
            "SELECT subject, value, phase FROM access WHERE account = ?1 AND subject > ?2 ORDER BY subject LIMIT ?3",
        )?;
        let rows = rows.query_map(
            params![self.account.id, page.after(0), page.fetch()],
            |row| {
                let subject: String = row.get(0)?;
                let value = row.get_ref(1)?.as_str()?;
                let phase = row.get_ref(2)?.as_str_or_null()?;
                if has_grants {
                    let access: Access = database::json_of(row, 1)?;
                    let item = access_item(self.world, &subject, &access, phase);
                    return Ok((vec![subject], item.to_string()));
                }
                let phase = phase.unwrap_or("active");
                let tail = value.strip_prefix('{').unwrap_or(value);
                let item = format!(
                    "{{\"subject\":{},\"phase\":{},{tail}",
                    json!(subject),
                    json!(phase)
                );
                Ok((vec![subject], item))
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn members(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let always = self
            .definition
            .teams
            .as_ref()
            .is_some_and(|it| !it.always_lead.is_empty());
        let mut rows = self.db.prepare_cached(
            "SELECT m.team, m.subject, m.lead, a.value FROM members m
             JOIN access a ON a.account = m.account AND a.subject = m.subject
             WHERE m.account = ?1 AND (m.team, m.subject) > (?2, ?3) ORDER BY m.team, m.subject LIMIT ?4",
        )?;
        let wanted = params![self.account.id, page.after(0), page.after(1), page.fetch()];
        let rows = rows.query_map(wanted, |row| {
            let (team, subject, mut lead): (String, String, bool) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            if always && !lead {
                let access: Access = database::json_of(row, 3)?;
                lead = self.definition.always_leads(&access.roles);
            }
            let item = member_item(&team, &subject, lead).to_string();
            Ok((vec![team, subject], item))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn handovers(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let mut rows = self.db.prepare_cached(
            "SELECT seq, leaver, receiver, what, at FROM handovers WHERE account = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
        )?;
        let after: i64 = page.after(0).parse().unwrap_or(0);
        let rows = rows.query_map(params![self.account.id, after, page.fetch()], |row| {
            let (seq, leaver, receiver): (i64, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let (what, at): (String, String) = (row.get(3)?, row.get(4)?);
            let item = json!({"leaver": leaver, "receiver": receiver, "what": what, "at": at});
            Ok((vec![seq.to_string()], item.to_string()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn commits(&self, page: &Page<'_>) -> Result<Vec<(Vec<String>, String)>, Problem> {
        let mut rows = self.db.prepare_cached(
            "SELECT seq, key, operation, thing, actor, at FROM commits WHERE account = ?1 AND seq > ?2
             ORDER BY seq LIMIT ?3",
        )?;
        let after: i64 = page.after(0).parse().unwrap_or(0);
        let rows = rows.query_map(params![self.account.id, after, page.fetch()], |row| {
            let seq: i64 = row.get(0)?;
            let (key, operation): (Option<String>, String) = (row.get(1)?, row.get(2)?);
            let (thing, actor, at): (String, String, String) =
                (row.get(3)?, row.get(4)?, row.get(5)?);
            let item = json!({
                "seq": seq, "key": key, "operation": operation, "thing": thing, "actor": actor, "at": at,
            });
            Ok((vec![seq.to_string()], item.to_string()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn setting(&self, name: &str) -> Result<Value, Problem> {
        let value = (self.world.settings)
            .get(name)
            .ok_or_else(|| Problem::not_found("setting", name))?;
        Ok(json!({"setting": name, "value": value}))
    }

    pub(super) fn seats(&self, name: &str) -> Result<Value, Problem> {
        let one = self.definition.one_pool(name);
        let one = one.filter(|it| self.world.is_own_pool(it.name));
        let one = one.ok_or_else(|| Problem::not_found("pool", name))?;
        Ok(seats_item(one, self.counted()))
    }

    pub(super) fn team(&self, name: &str) -> Result<Value, Problem> {
        let parent = database::team(self.db, self.account.id, name)?;
        let parent = parent.ok_or_else(|| Problem::not_found("team", name))?;
        Ok(json!({"team": name, "parent": parent}))
    }

    pub(super) fn person(&self, subject: &str) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let found = database::access(self.db, self.account.id, &subject)?;
        let (access, phase) = found.ok_or_else(|| Problem::not_found("access", &subject))?;
        Ok(access_item(self.world, &subject, &access, phase.as_deref()))
    }

    pub(super) fn member(&self, team: &str, subject: &str) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let id = self.account.id;
        let stored = database::member(self.db, id, team, &subject)?;
        let stored = stored.ok_or_else(|| Problem::not_found("member", &subject))?;
        let access = database::access(self.db, id, &subject)?;
        let always = access.is_some_and(|(it, _)| self.definition.always_leads(&it.roles));
        Ok(member_item(team, &subject, stored || always))
    }
}

/// One pool: what is bought, what the limit is now, and how much is in use.
pub(super) fn seats_item(one: OnePool<'_>, counted: Counted<'_>) -> Value {
    let units = counted.units(one);
    let bought = counted.world.bought.get(one.name);
    let quantity = match bought {
        Some(bought) => json!(bought.quantity),
        None => json!(0),
    };
    json!({
        "pool": one.name,
        "unit": one.pool.unit,
        "overflow": one.pool.overflow,
        "purchased": is_for_sale(one).then_some(quantity),
        "cancelled_to": bought.and_then(|it| it.then.as_ref()),
        "limit": match units {
            Units::Unknown => None,
            known => known.limit(),
        },
        "unlimited": units == Units::Unlimited,
        "used": counted.used(one),
    })
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|it| it.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits.filter(|it| it.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}
