//! The directory without HTTP: who is calling, which function answers, and the transaction around it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Settings;
use super::body::Body;
use super::constraint::Constraint;
use super::database::{self, Account};
use super::definition::Definition;
use super::family::{self, Relative};
use super::person::Person;
use super::problem::Problem;
use super::reads::{Page, Reading, hex};
use super::script::{Answer, Turn};
use super::tally::Tally;
use super::token;
use super::work::{self, Caller, Work};
use super::world::{Tenant, World};

/// A request, its path split and decoded.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// Decoded segments of the path, without the leading `v1`.
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    pub(super) token: Option<SecretString>,
    /// The `Idempotency-Key`.
    pub(super) key: Option<String>,
}

/// An answer: a JSON text.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

/// The directory behind its API. It has one connection and does one thing at a time.
pub(super) struct Directory {
    connection: Connection,
    settings: Settings,
    bootstrap: [u8; 32],
    /// Definitions and counts by account; thrown away when another process has written.
    cache: HashMap<i64, Cached>,
    seen: i64,
    /// Accounts whose people were reminded of what a script says they do; it forgets them when the program ends.
    reminded: BTreeSet<i64>,
    /// How long the answer to the present request is kept back.
    delay: Option<std::time::Duration>,
}

#[derive(Clone)]
pub(super) struct Cached {
    pub(super) definition: Arc<Definition>,
    pub(super) world: Arc<World>,
    pub(super) tally: Tally,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provision {
    product: String,
    definition: Value,
    /// The account that it is a sub-account of.
    parent: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mint {
    subject: Option<String>,
    service: Option<String>,
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            body: problem.body().to_string(),
        }
    }
}

impl Directory {
    /// Opens the file and gives back the bootstrap token, made now if there is none.
    pub(super) fn open(settings: Settings) -> io::Result<(Self, SecretString)> {
        let connection = database::open(&settings.database)?;
        let token = match &settings.bootstrap_token {
            Some(given) => given.clone(),
            None => stored_token(&connection, &settings)?,
        };
        forget_old_answers(&connection, (settings.clock)())?;
        let directory = Self {
            connection,
            bootstrap: token::hash(token.expose_secret()),
            settings,
            cache: HashMap::new(),
            seen: 0,
            reminded: BTreeSet::new(),
            delay: None,
        };
        Ok((directory, token))
    }

    /// Answers a request, and says how long the answer shall be kept back.
    pub(super) fn answer(&mut self, call: &Call) -> (Reply, Option<std::time::Duration>) {
        self.delay = None;
        for turn in self.settings.script.tick() {
            // Whoever is gone by now has nothing to accept.
            let _ = self.play(&turn);
        }
        let reply = self.route(call).unwrap_or_else(Reply::from);
        (reply, self.delay.take())
    }

    /// Lets those act who were asked to in an earlier program and would have by now.
    fn remind(&mut self, account: &Account) -> Result<(), Problem> {
        let script = self.settings.script.clone();
        if script.is_empty() || !self.reminded.insert(account.id) {
            return Ok(());
        }
        let people = database::waiting(&self.connection, account.id)?;
        let people = people
            .into_iter()
            .map(|(subject, phase)| (subject.clone(), phase, "access".to_owned()));
        let objects = database::objects(&self.connection, account.id)?;
        let objects = objects.iter().flat_map(|(kind, of_kind)| {
            of_kind.iter().filter_map(move |(name, it)| {
                let phase = it.phase.clone()?;
                Some((format!("{kind}/{name}"), phase, kind.clone()))
            })
        });
        let definition = self.cached(account)?.definition;
        for (who, phase, of) in people.chain(objects) {
            let asked = definition.leading_to(&of, &phase);
            let answer = asked
                .iter()
                .find_map(|it| script.answers(&account.name, it, &who));
            if let Some(answer) = answer {
                let after = 1;
                script.later(&account.name, &who, Answer { after, ..answer });
            }
        }
        Ok(())
    }

    /// Plays somebody whose turn it is.
    fn play(&mut self, turn: &Turn) -> Result<(), Problem> {
        let Some(account) = database::account(&self.connection, &turn.account)? else {
            return Ok(());
        };
        self.transaction(&account, &Caller::Bootstrap, |work| {
            work.play(&turn.who, &turn.values)?;
            work.log(None)
        })
    }

    fn route(&mut self, call: &Call) -> Result<Reply, Problem> {
        self.forget_if_changed_elsewhere()?;
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        if path.is_empty() && call.method == "GET" {
            let body = json!({"name": "seatplan directory", "version": 1, "at": self.now()});
            return Ok(Reply {
                status: 200,
                body: body.to_string(),
            });
        }
        let caller = self.caller(call)?;
        let Some(("accounts", rest)) = path.split_first().map(|(first, rest)| (*first, rest))
        else {
            return Err(no_route(call));
        };
        let Some((name, rest)) = rest.split_first() else {
            return Err(no_route(call));
        };
        if let ("PUT", []) = (call.method.as_str(), rest) {
            let body: Provision = body_of(call)?;
            if caller != Caller::Bootstrap {
                return Err(Problem::not_permitted(
                    "only the bootstrap token opens accounts",
                ));
            }
            let parent = body.parent.as_deref();
            let (account, status) =
                self.provision(name, &body.product, &body.definition, parent)?;
            return Ok(Reply {
                status,
                body: account_item(&account, &self.now()).to_string(),
            });
        }
        let account = database::account(&self.connection, name)?;
        let account = account.filter(|it| caller.sees(it.id)).ok_or_else(|| {
            Problem::new(
                404,
                "no_such_account",
                format!("there is no account \"{name}\""),
            )
        })?;
        self.remind(&account)?;
        match call.method.as_str() {
            "GET" => self.read(call, &caller, &account, rest),
            "PUT" | "POST" | "DELETE" => self.write(call, &caller, &account, rest),
            _ => Err(Problem::new(
                405,
                "method_not_allowed",
                "use GET, PUT, POST or DELETE",
            )),
        }
    }

    /// Finds out who calls. Somebody whose access is gone is nobody.
    fn caller(&self, call: &Call) -> Result<Caller, Problem> {
        let unknown = || Problem::new(401, "unauthorized", "a valid bearer token is needed");
        let given = call.token.as_ref().ok_or_else(unknown)?.expose_secret();
        let hash = token::hash(given);
        if token::same(&hash, &self.bootstrap) {
            return Ok(Caller::Bootstrap);
        }
        let id = token::id(given).ok_or_else(unknown)?;
        let found = self
            .connection
            .prepare_cached("SELECT account, hash, subject, service FROM tokens WHERE id = ?1")?
            .query_row([id], |row| {
                let (account, hash): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                let names: (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
                Ok((account, hash, names))
            })
            .optional()?;
        match found.filter(|(_, stored, _)| token::same(&hash, stored)) {
            Some((account, _, (Some(subject), _))) => {
                let access = database::access(&self.connection, account, &subject)?;
                access.ok_or_else(unknown)?;
                Ok(Caller::Person { account, subject })
            }
            Some((account, _, (None, name))) => Ok(Caller::Service {
                account,
                name: name.unwrap_or_default(),
            }),
            None => Err(unknown()),
        }
    }

    fn read(
        &mut self,
        call: &Call,
        caller: &Caller,
        account: &Account,
        path: &[&str],
    ) -> Result<Reply, Problem> {
        let cached = self.cached_with_family(account)?;
        let reading = Reading {
            db: &self.connection,
            account,
            definition: &cached.definition,
            world: &cached.world,
            tally: &cached.tally,
        };
        let item = match path {
            [] => account_item(account, &self.now()),
            ["whoami"] => whoami(&reading, caller)?,
            ["settings", name] => reading.setting(name)?,
            ["seats", name] => reading.seats(name)?,
            ["teams", name] => reading.team(name)?,
            ["access", name] => reading.person(name)?,
            ["objects", kind, name] => reading.object(kind, name)?,
            ["teams", team, "members", name] => reading.member(team, name)?,
            [_] | ["objects", _] => {
                let list = path.join("/");
                let page = Page::of(&list, account.id, &call.query)?;
                let body = reading.list(&page)?.ok_or_else(|| no_route(call))?;
                return Ok(Reply { status: 200, body });
            }
            _ => return Err(no_route(call)),
        };
        Ok(Reply {
            status: 200,
            body: item.to_string(),
        })
    }

    fn write(
        &mut self,
        call: &Call,
        caller: &Caller,
        account: &Account,
        path: &[&str],
    ) -> Result<Reply, Problem> {
        if path.first() == Some(&"tokens") {
            return self.tokens(call, caller, account, path);
        }
        for name in path {
            check_name(name)?;
        }
        let digest = call.digest();
        let script = self.settings.script.clone();
        let (reply, delay) = self.transaction(account, caller, |work| {
            if let Some(answer) = answered(work, call, &digest)? {
                return Ok((answer, None));
            }
            let body: Body = match call.body.is_empty() {
                true => Body::default(),
                false => body_of(call)?,
            };
            let item = match (call.method.as_str(), path) {
                ("PUT", ["settings", name]) => work.put_setting(name, false, &body)?,
                ("DELETE", ["settings", name]) => work.put_setting(name, true, &body)?,
                ("PUT", ["seats", name]) => work.put_seats(name, &body)?,
                ("PUT", ["teams", name]) => work.put_team(name, &body)?,
                ("DELETE", ["teams", name]) => work.remove_team(name, &body)?,
                ("POST", ["teams", name, "rename"]) => work.rename_team(name, &body)?,
                ("PUT", ["teams", team, "members", name]) => work.put_member(team, name, &body)?,
                ("DELETE", ["teams", team, "members", name]) => {
                    work.remove_member(team, name, &body)?
                }
                ("PUT", ["access", name]) => work.put_access(name, &body)?,
                ("DELETE", ["access", name]) => work.remove_access(name, &body)?,
                ("POST", ["access", name, "rename"]) => work.rename_access(name, &body)?,
                ("POST", ["access", name, "accept"]) => work.accept(name)?,
                ("POST", ["access", name, "transfer"]) => work.transfer(name, &body)?,
                ("PUT", ["objects", kind, name]) => work.put_object(kind, name, &body)?,
                ("DELETE", ["objects", kind, name]) => work.remove_object(kind, name, &body)?,
                ("POST", ["objects", kind, name, "rename"]) => {
                    work.rename_object(kind, name, &body)?
                }
                ("POST", ["objects", kind, name, "accept"]) => {
                    work.accept_object(kind, name, &body)?
                }
                ("POST", ["cycle-end"]) => work.end_cycle()?,
                _ => return Err(no_route(call)),
            };
            let reply = Reply {
                status: 200,
                body: item.to_string(),
            };
            keep_answer(work, call, &digest, &reply)?;
            work.log(call.key.as_deref())?;
            let delay = work
                .commit
                .as_ref()
                .and_then(|(operation, thing)| script.delays(&account.name, operation, thing));
            Ok((reply, delay))
        })?;
        self.delay = delay;
        Ok(reply)
    }

    /// Runs one write on one account: in one transaction that counts only if `write` succeeds.
    pub(super) fn transaction<T>(
        &mut self,
        account: &Account,
        caller: &Caller,
        write: impl FnOnce(&mut Work<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if !self.connection.is_autocommit() {
            // A panic left the last one open.
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let written = self.locked(account, caller, write);
        match &written {
            Ok(_) => self.connection.execute_batch("COMMIT").inspect_err(|_| {
                self.cache.remove(&account.id);
            })?,
            Err(_) => self.connection.execute_batch("ROLLBACK")?,
        }
        let (result, cached) = written?;
        self.cache.insert(account.id, cached);
        Ok(result)
    }

    /// The part of a write between taking the lock and giving it back; with the counts that hold if it is committed.
    fn locked<T>(
        &mut self,
        account: &Account,
        caller: &Caller,
        write: impl FnOnce(&mut Work<'_>) -> Result<T, Problem>,
    ) -> Result<(T, Cached), Problem> {
        self.forget_if_changed_elsewhere()?;
        let cached = self.cached_with_family(account)?;
        let db = &self.connection;
        let mut work = Work {
            db,
            account,
            definition: Arc::clone(&cached.definition),
            world: cached.world,
            tally: cached.tally,
            caller,
            accept: self.settings.accept,
            script: &self.settings.script,
            now: self.now(),
            commit: None,
            charges: Vec::new(),
        };
        let result = write(&mut work)?;
        let cached = Cached {
            definition: work.definition,
            world: work.world,
            tally: work.tally,
        };
        Ok((result, cached))
    }

    /// Opens an account, or takes the newer definition of one that is there.
    pub(super) fn provision(
        &mut self,
        name: &str,
        product: &str,
        definition: &Value,
        parent: Option<&str>,
    ) -> Result<(Account, u16), Problem> {
        check_name(name)?;
        self.forget_if_changed_elsewhere()?;
        let parsed: Result<Definition, _> = Definition::deserialize(definition);
        let parsed = parsed.map_err(|error| {
            Problem::rule(
                "bad_definition",
                format!("the definition cannot be enforced: {error}"),
            )
        })?;
        if let Some(parent) = parent {
            self.check_parent(name, parent, &parsed)?;
        }
        let text = definition.to_string();
        if let Some(account) = database::account(&self.connection, name)? {
            if account.product != product {
                let detail = format!(
                    "account \"{name}\" is one of product \"{}\"",
                    account.product
                );
                return Err(Problem::new(409, "conflict", detail));
            }
            let parent = parent.map(str::to_owned).or_else(|| account.parent.clone());
            if account.parent != parent
                || database::definition(&self.connection, account.id)? != text
            {
                self.connection.execute(
                    "UPDATE accounts SET definition = ?2, parent = ?3 WHERE id = ?1",
                    params![account.id, text, parent],
                )?;
                self.cache.remove(&account.id);
            }
            return Ok((Account { parent, ..account }, 200));
        }
        let target = format!("tenant-{}", hex(&self.random::<16>()?));
        self.connection.execute(
            "INSERT INTO accounts (name, target, product, definition, parent) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![name, target, product, text, parent],
        )?;
        let account = database::account(&self.connection, name)?;
        Ok((account.expect("it was inserted just now"), 201))
    }

    /// Refuses a parent that lies below the account itself, or makes accounts lie too deep in each other. One that is not
    /// there is kept elsewhere, or comes later.
    fn check_parent(&self, name: &str, parent: &str, rules: &Definition) -> Result<(), Problem> {
        let mut levels = database::levels_below(&self.connection, name)?;
        let mut above = Some(parent.to_owned());
        while let Some(it) = above {
            if it == name {
                let detail = format!("account \"{parent}\" lies below account \"{name}\" itself");
                return Err(Problem::rule("cycle", detail));
            }
            levels += 1;
            above = database::account(&self.connection, &it)?.and_then(|it| it.parent);
        }
        for constraint in rules.constraints.values() {
            match constraint {
                Constraint::MaxDepth(rule) if rule.is_of_accounts() && levels > rule.limit => {
                    return Err(Problem::rule("too_deep", rule.text.clone()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes and revokes tokens. Only a service may: a person could otherwise act as somebody else.
    fn tokens(
        &mut self,
        call: &Call,
        caller: &Caller,
        account: &Account,
        path: &[&str],
    ) -> Result<Reply, Problem> {
        if matches!(caller, Caller::Person { .. }) {
            return Err(Problem::not_permitted("only a service makes tokens"));
        }
        match (call.method.as_str(), path) {
            ("POST", ["tokens"]) => {
                let mint: Mint = body_of(call)?;
                let definition = self.cached(account)?.definition;
                let subject = mint.subject.map(|it| definition.fold(&it));
                if subject.is_some() == mint.service.is_some() {
                    return Err(Problem::malformed(
                        "write \"subject\" or \"service\", one of them",
                    ));
                }
                if let Some(subject) = &subject
                    && database::access(&self.connection, account.id, subject)?.is_none()
                {
                    return Err(Problem::not_found("access", subject));
                }
                let (id, token) = token::mint(self.random()?);
                self.connection.execute(
                    "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        id,
                        account.id,
                        token::hash(&token),
                        subject,
                        mint.service,
                        self.now()
                    ],
                )?;
                let body = json!({"id": id, "token": token});
                Ok(Reply {
                    status: 201,
                    body: body.to_string(),
                })
            }
            ("DELETE", ["tokens", id]) => {
                let removed = self.connection.execute(
                    "DELETE FROM tokens WHERE id = ?1 AND account = ?2",
                    params![id, account.id],
                )?;
                match removed {
                    0 => Err(Problem::not_found("token", id)),
                    _ => Ok(Reply {
                        status: 200,
                        body: json!({"removed": true}).to_string(),
                    }),
                }
            }
            _ => Err(no_route(call)),
        }
    }

    /// The account of a name.
    pub(super) fn account(&self, name: &str) -> Result<Account, Problem> {
        let account = database::account(&self.connection, name)?;
        account.ok_or_else(|| Problem::not_found("account", name))
    }

    /// How many changes were made under an idempotency key, on every account.
    pub(super) fn commits_of(&self, key: &str) -> Result<u64, Problem> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM commits WHERE key = ?1")?
            .query_row([key], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many changes were made at all.
    pub(super) fn commits(&self) -> Result<u64, Problem> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM commits")?
            .query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn now(&self) -> String {
        (self.settings.clock)().to_string()
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], Problem> {
        let mut bytes = [0; N];
        (self.settings.random)(&mut bytes)
            .map_err(|error| Problem::new(500, "internal", format!("no randomness: {error}")))?;
        Ok(bytes)
    }

    fn forget_if_changed_elsewhere(&mut self) -> Result<(), Problem> {
        let version = data_version(&self.connection)?;
        if version != self.seen {
            self.cache.clear();
            self.seen = version;
        }
        Ok(())
    }

    /// The same with what other accounts have to do with pools that it shares with them.
    fn cached_with_family(&mut self, account: &Account) -> Result<Cached, Problem> {
        let mut cached = self.cached(account)?;
        let mut pools = cached.definition.pools.values();
        if pools.all(|it| it.shared.is_none()) {
            return Ok(cached);
        }
        let mut all = BTreeMap::new();
        for it in database::accounts(&self.connection)? {
            let (parent, cached) = (it.parent.clone(), self.cached(&it)?);
            all.insert(it.name, Relative { parent, cached });
        }
        let mut world = (*cached.world).clone();
        world.beside = family::beside(&account.name, &all);
        cached.world = Arc::new(world);
        Ok(cached)
    }

    /// An account's definition and counts; counted from the rows the first time.
    fn cached(&mut self, account: &Account) -> Result<Cached, Problem> {
        if let Some(cached) = self.cache.get(&account.id) {
            return Ok(cached.clone());
        }
        let text = database::definition(&self.connection, account.id)?;
        let definition = Definition::from_json(&text).map_err(|error| {
            Problem::new(
                500,
                "internal",
                format!("a stored definition cannot be read: {error}"),
            )
        })?;
        let definition = Arc::new(definition);
        let db = &self.connection;
        let tenant = Tenant {
            name: account.name.clone(),
            product: account.product.clone(),
            parent: account.parent.clone(),
        };
        let world = World::new(
            Arc::clone(&definition),
            tenant,
            database::settings(db, account.id)?,
            database::bought(db, account.id)?,
            database::objects(db, account.id)?,
        );
        let mut tally = Tally::new(&definition);
        for (access, phase, standing) in work::people(db, account.id, &definition)? {
            let person = Person {
                around: world.around(&access),
                access,
                phase,
                standing,
            };
            tally.count(&definition, &person, 1);
        }
        let cached = Cached {
            definition,
            world: Arc::new(world),
            tally,
        };
        self.cache.insert(account.id, cached.clone());
        Ok(cached)
    }
}

impl Caller {
    /// Whether the caller may know of an account. To everybody else it does not exist.
    fn sees(&self, id: i64) -> bool {
        match self {
            Self::Bootstrap => true,
            Self::Service { account, .. } | Self::Person { account, .. } => *account == id,
        }
    }
}

impl Call {
    /// What a repetition of the request must be equal to.
    fn digest(&self) -> Vec<u8> {
        let mut digest = Sha256::new();
        for part in std::iter::once(&self.method).chain(&self.path) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest.update(&self.body);
        digest.finalize().to_vec()
    }
}

fn stored_token(connection: &Connection, settings: &Settings) -> io::Result<SecretString> {
    let wrong = |error: rusqlite::Error| io::Error::other(error.to_string());
    if let Some(token) = database::meta(connection, "bootstrap_token").map_err(wrong)? {
        return Ok(token.into());
    }
    let mut random = [0; 40];
    (settings.random)(&mut random)?;
    let (_, token) = token::mint(random);
    // Of two processes that start at once, the second keeps the token of the first.
    connection
        .execute(
            "INSERT OR IGNORE INTO meta VALUES ('bootstrap_token', ?1)",
            [&token],
        )
        .map_err(wrong)?;
    let kept = database::meta(connection, "bootstrap_token").map_err(wrong)?;
    Ok(kept.unwrap_or(token).into())
}

/// Lets go of kept answers that nobody can still be waiting for: a run may be resumed for 30 days.
fn forget_old_answers(connection: &Connection, now: jiff::Timestamp) -> io::Result<()> {
    let kept = jiff::SignedDuration::from_hours(40 * 24);
    let Ok(oldest) = now.checked_sub(kept) else {
        return Ok(());
    };
    connection
        .execute("DELETE FROM answers WHERE at < ?1", [oldest.to_string()])
        .map(drop)
        .map_err(|error| io::Error::other(error.to_string()))
}

fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "data_version", |row| row.get(0))
}

fn account_item(account: &Account, now: &str) -> Value {
    json!({"account": account.name, "target": account.target, "product": account.product, "at": now})
}

fn whoami(reading: &Reading<'_>, caller: &Caller) -> Result<Value, Problem> {
    Ok(match caller {
        Caller::Bootstrap => json!({"kind": "service", "name": "bootstrap"}),
        Caller::Service { name, .. } => json!({"kind": "service", "name": name}),
        Caller::Person { subject, .. } => {
            let person = reading.person(subject)?;
            json!({"kind": "person", "subject": subject, "roles": person["roles"]})
        }
    })
}

/// The kept answer to the same request, if it was carried out before.
fn answered(work: &Work<'_>, call: &Call, digest: &[u8]) -> Result<Option<Reply>, Problem> {
    let Some(key) = &call.key else {
        return Ok(None);
    };
    let kept = work
        .db
        .prepare_cached("SELECT digest, status, body FROM answers WHERE account = ?1 AND key = ?2")?
        .query_row(params![work.account.id, key], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match kept {
        Some((same, status, body)) if same == digest => Ok(Some(Reply { status, body })),
        Some(_) => {
            let detail = "this idempotency key was used for another request";
            Err(Problem::new(422, "key_reused", detail))
        }
        None => Ok(None),
    }
}

fn keep_answer(work: &Work<'_>, call: &Call, digest: &[u8], reply: &Reply) -> Result<(), Problem> {
    let Some(key) = &call.key else {
        return Ok(());
    };
    work.db
        .prepare_cached("INSERT INTO answers VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            work.account.id,
            key,
            digest,
            reply.status,
            reply.body,
            work.now
        ])?;
    Ok(())
}

fn body_of<T: serde::de::DeserializeOwned>(call: &Call) -> Result<T, Problem> {
    serde_json::from_slice(&call.body)
        .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
}

/// Names that are empty, very long or hold control characters are nobody's.
fn check_name(name: &str) -> Result<(), Problem> {
    let is_good = !name.is_empty() && name.len() <= 320 && !name.chars().any(char::is_control);
    match is_good {
        true => Ok(()),
        false => Err(Problem::malformed(
            "a name is empty, too long or holds a control character",
        )),
    }
}

fn no_route(call: &Call) -> Problem {
    Problem::new(
        404,
        "no_such_route",
        format!(
            "there is nothing at {} /v1/{}",
            call.method,
            call.path.join("/")
        ),
    )
}
