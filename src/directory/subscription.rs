//! What the account itself has: settings, and bought quantities.

use rusqlite::params;
use serde_json::{Value, json};

use super::body::Body;
use super::definition::{Constraint, Definition, denies};
use super::problem::Problem;
use super::tally::Limits;
use super::work::{Permission, Work};

impl Work<'_> {
    /// Sets an attribute or switch of the account, or removes what was set (`value` is `None`).
    pub(super) fn put_setting(
        &mut self,
        setting: &str,
        removal: bool,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rule = definition.settings.get(setting).ok_or_else(|| {
            Problem::rule(
                "unknown_setting",
                format!("the product has no setting \"{setting}\""),
            )
        })?;
        let before = self.settings.get(setting).cloned();
        let value = match removal {
            true => None,
            false => Some(rule.read(&body.value::<Value>()?).map_err(|why| {
                Problem::rule("wrong_value", format!("setting \"{setting}\": {why}"))
            })?),
        };
        if removal && before.is_none() {
            return Err(Problem::not_found("setting", setting));
        }
        let item = json!({"setting": setting, "value": value});
        if before == value {
            return Ok(item);
        }
        let canonical = |it: Value| rule.read(&it).unwrap_or(it);
        body.unmoved(
            before.as_ref(),
            canonical,
            before.clone().unwrap_or_default(),
        )?;
        let operation = match (&before, removal) {
            (_, true) => "setting.remove",
            (Some(_), false) => "setting.update",
            (None, false) => "setting.create",
        };
        self.permit(&Permission {
            operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        if before.is_some() {
            check_immutable_setting(&definition, setting)?;
        }
        let mut settings = self.settings.clone();
        match &value {
            Some(value) => settings.insert(setting.to_owned(), value.clone()),
            None => settings.remove(setting),
        };
        let after = Limits {
            settings: &settings,
            ..self.limits()
        };
        self.tally.check_limits(self.limits(), after)?;
        check_account(&definition, &self.settings, &settings)?;
        self.settings = settings;
        // What a setting decides can change who counts, for everybody.
        let counted = self.tally.clone();
        self.recount()?;
        self.tally.check(&counted, self.limits())?;
        let id = self.account.id;
        match &value {
            Some(value) => self
                .db
                .prepare_cached("INSERT OR REPLACE INTO settings VALUES (?1, ?2, ?3)")?
                .execute(params![id, setting, value.to_string()])?,
            None => self
                .db
                .prepare_cached("DELETE FROM settings WHERE account = ?1 AND setting = ?2")?
                .execute(params![id, setting])?,
        };
        self.changed(operation, setting);
        Ok(item)
    }

    /// Buys or releases seats: `value` is the quantity afterwards.
    pub(super) fn put_seats(&mut self, pool: &str, body: &Body) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let one = definition.one_pool(pool);
        let one = one.ok_or_else(|| Problem::not_found("pool", pool))?;
        let rule = one.1;
        if !rule.capacity.iter().any(|it| it.purchased == Some(true)) {
            let detail = format!("nobody buys {} of pool \"{pool}\"", rule.unit);
            return Err(Problem::rule("not_for_sale", detail));
        }
        let quantity: u32 = body.value()?;
        let before = self.purchased.get(pool).copied().unwrap_or(0);
        if before != quantity {
            // Nothing bought and nothing there are the same quantity.
            let current = Some(before);
            let is_fresh = before == 0 && body.if_before == Some(Value::Null);
            if !is_fresh {
                body.unmoved(current.as_ref(), |it| it, json!(before))?;
            }
            let operation = "seats.update";
            self.permit(&Permission {
                operation,
                concerns: None,
                roles: Vec::new(),
            })?;
            let mut purchased = self.purchased.clone();
            purchased.insert(pool.to_owned(), quantity);
            let after = Limits {
                purchased: &purchased,
                ..self.limits()
            };
            self.tally.check_limits(self.limits(), after)?;
            self.purchased = purchased;
            self.db
                .prepare_cached("INSERT OR REPLACE INTO seats VALUES (?1, ?2, ?3)")?
                .execute(params![self.account.id, pool, quantity])?;
            self.changed(operation, pool);
        }
        Ok(super::reads::seats_item(one, self.limits(), &self.tally))
    }
}

/// Refuses settings under which an expression on the account does not hold that held before.
fn check_account(
    definition: &Definition,
    before: &std::collections::BTreeMap<String, Value>,
    after: &std::collections::BTreeMap<String, Value>,
) -> Result<(), Problem> {
    for (name, constraint) in &definition.constraints {
        let Constraint::Cel(rule) = constraint else {
            continue;
        };
        let says = |settings| rule.must.says(definition, settings, None);
        let breaks = says(after) == Some(false) && says(before) != Some(false);
        if rule.on == "account" && denies(rule.level) && breaks {
            let problem = Problem::rule("expression", rule.text.clone());
            return Err(problem.with("constraint", name.clone().into()));
        }
    }
    Ok(())
}

fn check_immutable_setting(definition: &Definition, setting: &str) -> Result<(), Problem> {
    for constraint in definition.constraints.values() {
        match constraint {
            Constraint::Immutable(rule) if rule.settings.iter().any(|it| it == setting) => {
                return Err(Problem::rule("immutable", rule.text.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}
