//! Access that is cancelled and there until its billing cycle ends: who counts until then, and what is said of it.

use crate::estate::{self, Planned};

/// Plans from some people to others, on an account where a removal ends with the billing cycle.
fn plan(rules: &str, before: &str, after: &str) -> Planned {
    let text = |access: &str| {
        let (notes, access) = access.rsplit_once('\n').unwrap_or(("", access));
        format!(
            "{notes}
accounts:
  acme-halls:
    product: halls
    billing: {{cycle: monthly, renews_on: 2026-12-15}}
    access: {{{access}}}
users:
  ana@acme.example: {{}}
  bob@acme.example: {{}}
  cleo@acme.example: {{}}
  eve@acme.example: {{}}
products:
  halls:
    title: Halls
    user: {{identity: email, fold: case, roles: one}}
    roles:
      owner: {{rank: 2, administers: true}}
      host: {{rank: 1}}
      guest: {{rank: 0}}
    constraints: {{{rules}}}
    operations: {{access.remove: {{via: api, then: ending}}}}
    states: {{ending: {{moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}}}}
"
        )
    };
    estate::plan(&text(before), &text(after))
}

/// What refuses the plan: the codes and the messages.
fn refused(planned: &Planned) -> Vec<String> {
    let diagnostics = planned.estate.sink.diagnostics().iter();
    let text = diagnostics.map(|it| format!("{} {}", it.code.id, it.message));
    text.collect()
}

const ANA: &str = "ana@acme.example: {role: owner}";

#[test]
fn whoever_is_cancelled_is_one_of_at_most_so_many() {
    let one = "hosts: {type: max_count, of: {role: host}, limit: 1, text: one host}";
    let planned = plan(
        one,
        &format!("{ANA}, bob@acme.example: {{role: host}}"),
        &format!("{ANA}, cleo@acme.example: {{role: host}}"),
    );
    assert_eq!(
        refused(&planned),
        ["RULE004 after this plan 2 on \"acme-halls\" have role \"host\", and 1 may: one host"]
    );
    // Of those who are there already.
    let planned = plan(
        one,
        &format!("# in state ending: bob@acme.example\n{ANA}, bob@acme.example: {{role: host}}"),
        &format!("{ANA}, cleo@acme.example: {{role: host}}"),
    );
    assert_eq!(refused(&planned).len(), 1, "{:?}", refused(&planned));
}

#[test]
fn a_place_that_a_cancellation_does_not_free_is_freed_by_another_step_first() {
    let two = "hosts: {type: max_count, of: {role: host}, limit: 2, text: two hosts}";
    let planned = plan(
        two,
        &format!("{ANA}, bob@acme.example: {{role: host}}, eve@acme.example: {{role: host}}"),
        &format!("{ANA}, cleo@acme.example: {{role: host}}, eve@acme.example: {{role: guest}}"),
    );
    assert_eq!(refused(&planned), [""; 0]);
    let steps = planned.plan.expect("nothing refuses it").steps;
    let of = |who: &str| {
        steps
            .iter()
            .find(|it| it.address.to_string().contains(who))
            .unwrap()
    };
    assert!(of("cleo").needs.contains(&of("eve").id), "{steps:#?}");
    assert!(!of("cleo").needs.contains(&of("bob").id), "{steps:#?}");
}

#[test]
fn whoever_is_cancelled_is_not_the_only_one_any_more_and_leaves_no_place_for_another() {
    let one = "owner: {type: exactly_one, of: {role: owner}, text: one owner}";
    let planned = plan(one, ANA, "bob@acme.example: {role: owner}");
    assert_eq!(
        refused(&planned),
        ["RULE006 after this plan 2 on \"acme-halls\" have role \"owner\", not 1: one owner"]
    );
}

#[test]
fn whoever_is_cancelled_is_none_of_those_who_must_stay() {
    // Ana goes when the cycle ends: Bob is the last administrator.
    let before =
        format!("# in state ending: ana@acme.example\n{ANA}, bob@acme.example: {{role: owner}}");
    let planned = plan("", &before, "bob@acme.example: {role: guest}");
    let text = refused(&planned);
    assert_eq!(text.len(), 1, "{text:?}");
    assert!(
        text[0].contains("without an active administrator"),
        "{text:?}"
    );
    // The next one is there before the old one is cancelled.
    let planned = plan("", ANA, "bob@acme.example: {role: owner}");
    assert_eq!(refused(&planned), [""; 0]);
    let steps = planned.plan.expect("nothing refuses it").steps;
    assert_eq!(steps[1].needs, [steps[0].id.clone()]);
    assert!(steps[1].after.is_none() && steps[1].then.is_some());
    // Two must stay, and of three one goes already.
    let two = "hosts: {type: min_count, of: {role: host}, limit: 2, text: two hosts}";
    let three = "bob@acme.example: {role: host}, cleo@acme.example: {role: host}, eve@acme.example: {role: host}";
    let planned = plan(
        two,
        &format!("# in state ending: bob@acme.example\n{ANA}, {three}"),
        &format!(
            "{ANA}, {}, eve@acme.example: {{role: guest}}",
            three.rsplit_once(", ").unwrap().0
        ),
    );
    assert_eq!(
        refused(&planned),
        ["RULE005 after this plan 1 on \"acme-halls\" have role \"host\", and 2 must: two hosts"]
    );
}

#[test]
fn what_is_cancelled_and_wanted_again_is_told_with_the_day() {
    let before =
        format!("# in state ending: bob@acme.example\n{ANA}, bob@acme.example: {{role: host}}");
    let found = |after: &str| {
        let plan = plan("", &before, after).plan.expect("nothing refuses it");
        assert!(plan.steps.is_empty(), "{plan:#?}");
        plan.findings
            .iter()
            .map(|it| it.text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(ANA),
        ["is cancelled already (\"ending\") and ends with the billing cycle on 2026-12-15"]
    );
    assert_eq!(
        found(&format!("{ANA}, bob@acme.example: {{role: host}}")),
        [
            "is cancelled (\"ending\") and ends with the billing cycle on 2026-12-15, though the files want it: have the \
             vendor take the cancellation back before, or plan again afterwards to have it anew"
        ]
    );
}

#[test]
fn the_account_stays_fit_for_whoever_is_still_there() {
    let text = |notes: &str, plan: &str, access: &str, unmanaged: &str| {
        format!(
            "{notes}
accounts:
  acme-halls:
    product: halls
    unmanaged: {unmanaged}
    settings: {{plan: {plan}}}
    access: {{{ANA}, {access}}}
users:
  ana@acme.example: {{}}
  bob@acme.example: {{}}
products:
  halls:
    title: Halls
    user: {{identity: email, fold: case, roles: one}}
    roles:
      owner: {{rank: 2, administers: true}}
      host: {{rank: 1}}
    settings: {{plan: {{type: enum, values: [small, large], source: api}}}}
    options: {{stage: {{type: switch}}}}
    constraints:
      large: {{type: plan_gate, of: {{options: {{stage: \"true\"}}}}, setting: plan, values: [large], text: the stage is of the large plan}}
      hosts: {{type: cel, on: access, must: 'account.settings.plan == \"large\" || access.roles != [\"host\"]', text: hosts are of the large plan}}
    operations: {{access.remove: {{via: api, then: ending}}}}
    states: {{ending: {{moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}}}}
"
        )
    };
    let bob = "bob@acme.example: {role: host, options: {stage: true}}";
    let large = |notes: &str| text(notes, "large", bob, "remove");
    for (before, unmanaged, who) in [
        (
            large(""),
            "remove",
            "who is cancelled and there until the billing cycle ends",
        ),
        (
            large("# in state ending: bob@acme.example"),
            "remove",
            "who is cancelled and there until the billing cycle ends",
        ),
        (large(""), "report", "whom the files give no access"),
    ] {
        let planned = estate::plan(&before, &text("", "small", "", unmanaged));
        let of = |rule: &str, text: &str| {
            format!("{rule} \"bob@acme.example\", {who}, on \"acme-halls\": {text}")
        };
        assert_eq!(
            refused(&planned),
            [
                of("RULE015", "hosts are of the large plan"),
                of("RULE007", "the stage is of the large plan")
            ]
        );
        // As it is, nothing is broken that was not.
        let planned = estate::plan(&before, &text("", "large", "", unmanaged));
        assert_eq!(refused(&planned), [""; 0]);
    }
}
