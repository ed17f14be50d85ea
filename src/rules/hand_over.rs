//! Who takes over from a leaver must be there to do so.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::{DesiredFacts, PlanFacts};
use super::wording::at;
use super::{Check, Rule};
use crate::model::{Absence, Action, Address, ResourceId, Subject};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE010",
        name: "hand-over",
        severity: Severity::Error,
        doc: r#"
### What it means
`hand_over_to` names somebody who cannot take over: the leaver, somebody who leaves too, somebody without access to the
account, or somebody who has not accepted the invitation yet.

### Why
What the leaver had (contacts, companies, records) would go to nobody. At most vendors that cannot be undone.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    access:
      dana@acme.example: {role: owner}
      bob@acme.example: {none: true, hand_over_to: ana@acme.example}
      ana@acme.example: none
users:
  dana@acme.example: {name: Dana}
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    access:
      dana@acme.example: {role: owner}
      bob@acme.example: {none: true, hand_over_to: dana@acme.example}
      ana@acme.example: none
users:
  dana@acme.example: {name: Dana}
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```

### What to do
Name somebody who has access to the account now and keeps it. If the one who takes over is new, add them first, let
them accept, and remove the leaver in a second change.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    if facts.product.hand_over.is_none() {
        return;
    }
    for (leaver, receiver, absence, span) in hand_overs(facts.desired, facts.name) {
        let address = Address::access(facts.name, receiver);
        let gone = facts.desired.absences.get(&address);
        let is_named = facts.desired.state.get(&address).is_some();
        let (why, other) = if receiver == leaver {
            ("is the one who leaves", Some(absence.span))
        } else if let Some(gone) = gone {
            ("leaves too", Some(gone.span))
        } else if !is_named && facts.is_whole_truth() {
            ("has no access there", None)
        } else {
            continue;
        };
        let message = format!(
            "\"{receiver}\" cannot take over from \"{leaver}\" on \"{}\": {receiver} {why}",
            facts.name
        );
        let diagnostic = Diagnostic::new(&RULE.code, message).at(span, "");
        let diagnostic = at(diagnostic, other, why);
        sink.push(explain(diagnostic, facts.product));
    }
}

/// The same with what is only known at the vendor: who is there, and who is active.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if facts.product.hand_over.is_none() {
        return;
    }
    for step in &facts.steps {
        let (Some(receiver), ResourceId::Access(leaver), Action::Remove) =
            (&step.hand_over_to, &step.address.resource, step.action)
        else {
            continue;
        };
        let why = if facts.after.access(receiver).is_none() {
            "has no access there"
        } else if !facts.after.stays(receiver) {
            "is cancelled there and goes when the billing cycle ends"
        } else if facts.phase(receiver).is_some() {
            "has not accepted the invitation yet"
        } else if facts.before.access(receiver).is_none() && facts.product.invites() {
            "is only invited by this very plan"
        } else {
            continue;
        };
        let message = format!(
            "\"{receiver}\" cannot take over from \"{leaver}\" on \"{}\": {receiver} {why}",
            facts.name
        );
        let absence = facts.desired.absences.get(&step.address);
        let span = absence.and_then(|it| Some(it.hand_over_to.as_ref()?.1));
        let diagnostic = at(
            Diagnostic::new(&RULE.code, message),
            span.or_else(|| facts.line(step)),
            "",
        );
        sink.push(explain(diagnostic, facts.product));
    }
}

/// Leaver, receiver, the absence and the line of `hand_over_to`, for one account.
fn hand_overs<'a>(
    desired: &'a crate::model::Desired,
    account: &'a crate::model::AccountName,
) -> impl Iterator<Item = (&'a Subject, &'a Subject, &'a Absence, crate::text::Span)> {
    let absences = desired.absences.iter();
    absences
        .filter(move |(address, _)| address.account == *account)
        .filter_map(|(address, absence)| {
            let ResourceId::Access(leaver) = &address.resource else {
                return None;
            };
            let (receiver, span) = absence.hand_over_to.as_ref()?;
            Some((leaver, receiver, absence, *span))
        })
}

fn explain(diagnostic: Diagnostic, product: &crate::product::Product) -> Diagnostic {
    let diagnostic =
        diagnostic.help("name somebody who has access there now and keeps it");
    match &product.hand_over {
        Some(it) if it.rules.is_empty() => {
            diagnostic.note(format!("otherwise the leaver's {} {}", it.what, it.otherwise))
        }
        Some(it) => diagnostic.note(format!(
            "otherwise the leaver's {} {} ({})",
            it.what,
            it.otherwise,
            it.rules.join(", ")
        )),
        None => diagnostic,
    }
}
