//! One write: everything it reads and changes happens in one transaction, or not at all.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::Accept;
use super::database::{self, Account};
use super::definition::Definition;
use super::person::{Access, Person, Standing, broken};
use super::problem::Problem;
use super::script::Script;
use super::tally::{Charge, Counted, Tally};
use super::world::World;

/// Whoever a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The one who set the directory up: every account, every operation.
    Bootstrap,
    /// A program on one account; rules about people do not restrict it.
    Service { account: i64, name: String },
    /// A person of one account.
    Person { account: i64, subject: String },
}

/// A write under way on one account.
pub(super) struct Work<'a> {
    pub(super) db: &'a Connection,
    pub(super) account: &'a Account,
    pub(super) definition: Arc<Definition>,
    /// The account as it is now, people aside.
    pub(super) world: Arc<World>,
    /// Who is counted now.
    pub(super) tally: Tally,
    pub(super) caller: &'a Caller,
    pub(super) accept: Accept,
    pub(super) script: &'a Script,
    pub(super) now: String,
    /// What was changed, for the log; `None` as long as everything is as it was.
    pub(super) commit: Option<(String, String)>,
    /// What the vendor charges for it.
    pub(super) charges: Vec<Charge>,
}

impl Work<'_> {
    pub(super) fn counted(&self) -> Counted<'_> {
        Counted {
            tally: &self.tally,
            world: &self.world,
        }
    }

    /// Notes that something was changed. The first thing noted is what the log shows.
    pub(super) fn changed(&mut self, operation: impl Into<String>, thing: impl Into<String>) {
        if self.commit.is_none() {
            self.commit = Some((operation.into(), thing.into()));
        }
    }

    /// A person as stored, with everything that rules look at.
    pub(super) fn person(&self, subject: &str) -> Result<Option<Person>, Problem> {
        let Some((access, phase)) = database::access(self.db, self.account.id, subject)? else {
            return Ok(None);
        };
        let standing = self.standing(subject, &access)?;
        Ok(Some(Person {
            around: self.world.around(&access),
            access,
            phase,
            standing,
        }))
    }

    /// What a person with this access is in the account's teams.
    pub(super) fn standing(&self, subject: &str, access: &Access) -> Result<Standing, Problem> {
        let (places, leading) = database::places(self.db, self.account.id, subject)?;
        let in_team = places > 0;
        let leads_team = leading > 0 || (in_team && self.definition.always_leads(&access.roles));
        Ok(Standing {
            in_team,
            leads_team,
        })
    }

    /// Counts one person's change and refuses it if a rule or a limit stands against it.
    pub(super) fn replace(
        &mut self,
        before: Option<&Person>,
        after: Option<&Person>,
    ) -> Result<(), Problem> {
        self.replace_all(&[(before, after)])
    }

    /// Counts the changes of some people, all at once.
    pub(super) fn replace_all(
        &mut self,
        changes: &[(Option<&Person>, Option<&Person>)],
    ) -> Result<(), Problem> {
        let world = Arc::clone(&self.world);
        let mut tally = self.tally.clone();
        for (before, after) in changes {
            if let Some(first) = after.and_then(|it| broken(&world, it).into_iter().next()) {
                return Err(first.into());
            }
            for (person, by) in [(before, -1), (after, 1)] {
                if let Some(person) = person {
                    tally.count(&self.definition, person, by);
                }
            }
        }
        let after = Counted {
            tally: &tally,
            world: &world,
        };
        let charges = after.check(self.counted())?;
        self.charges.extend(charges);
        self.tally = tally;
        Ok(())
    }

    /// Puts the account into another world, and refuses that if somebody would be what nobody may be, or if less fits.
    ///
    /// Everybody is looked at anew: settings decide on grants and gates, owned objects on what roles are worth. What
    /// somebody is already, against a rule, they may stay.
    pub(super) fn move_to(&mut self, after: World) -> Result<(), Problem> {
        let after = Arc::new(after);
        let mut tally = self.tally.clone();
        if after.means_else_than(&self.world) {
            tally = Tally::new(&self.definition);
            for (access, phase, standing) in people(self.db, self.account.id, &self.definition)? {
                let person = |world: &World, access: Access| Person {
                    around: world.around(&access),
                    access,
                    phase: phase.clone(),
                    standing,
                };
                let is = person(&after, access);
                let now = broken(&after, &is);
                if !now.is_empty() {
                    let was = broken(&self.world, &person(&self.world, is.access.clone()));
                    if let Some(new) = now.into_iter().find(|it| !was.contains(it)) {
                        return Err(new.into());
                    }
                }
                tally.count(&self.definition, &is, 1);
            }
        }
        let counted = Counted {
            tally: &tally,
            world: &after,
        };
        let charges = counted.check(self.counted())?;
        self.charges.extend(charges);
        (self.tally, self.world) = (tally, after);
        Ok(())
    }

    /// Writes the log line of what was changed, and the invoices for it.
    pub(super) fn log(&self, key: Option<&str>) -> Result<(), Problem> {
        let Some((operation, thing)) = &self.commit else {
            return Ok(());
        };
        self.db
            .prepare_cached(
                "INSERT INTO commits (account, key, operation, thing, actor, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![self.account.id, key, operation, thing, self.caller.name(), self.now])?;
        for charge in &self.charges {
            self.db
                .prepare_cached(
                    "INSERT INTO invoices (account, pool, units, thing, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![self.account.id, charge.pool, charge.units, thing, self.now])?;
        }
        Ok(())
    }
}

/// Everybody with access: their access, their life-cycle state, and what they are in teams.
pub(super) fn people(
    db: &Connection,
    account: i64,
    definition: &Definition,
) -> Result<Vec<(Access, Option<String>, Standing)>, Problem> {
    let people = database::people(db, account)?;
    let people = people.into_iter().map(|(access, phase, places, leads)| {
        let in_team = places > 0;
        let leads_team = leads || (in_team && definition.always_leads(&access.roles));
        let standing = Standing {
            in_team,
            leads_team,
        };
        (access, phase, standing)
    });
    Ok(people.collect())
}

impl Caller {
    /// What the log calls the caller.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Bootstrap => "service bootstrap".to_owned(),
            Self::Service { name, .. } => format!("service {name}"),
            Self::Person { subject, .. } => format!("person {subject}"),
        }
    }
}
