//! What plans cost, for every way in which seats are priced. Every figure is worked out by hand beside its test.
//!
//! Today is 2026-11-16, the second day of a month that began with the 15th: 29 of 30 days are left.

use std::collections::BTreeMap;

use seatplan::env::Env;
use seatplan::plan::{Cost, CostLine, Plan, from_json, to_json};
use seatplan::{apply, ops};

use crate::estate;

/// One account whose pool is defined, priced and filled as a test says, before and after.
struct Case<'a> {
    pool: &'a str,
    billing: &'a str,
    before: &'a str,
    after: &'a str,
}

/// A pool that is sold by the unit and charged for the rest of a cycle.
const POOL: &str = "unit: seat, capacity: [{purchased: true}], overflow: refuse, charged: pro-rata";
const MONTHLY: &str = "cycle: monthly, renews_on: 2026-12-15, currency: EUR";

fn text(case: &Case<'_>, lines: &str) -> String {
    format!(
        "
accounts:
  acme-books:
    product: books
    billing: {{{}}}
    {lines}
users:
  ana: {{email: ana@acme.example}}
  bob: {{email: bob@acme.example}}
  cleo: {{email: cleo@acme.example}}
  eve: {{email: eve@acme.example}}
products:
  books:
    title: Books
    user: {{identity: email, fold: case, roles: one}}
    roles:
      admin: {{rank: 2, administers: true}}
      clerk: {{rank: 1}}
    pools:
      seat: {{{}}}
",
        case.billing, case.pool
    )
}

#[track_caller]
fn planned(case: &Case<'_>) -> Plan {
    let planned = estate::plan(&text(case, case.before), &text(case, case.after));
    let plan = planned
        .plan
        .unwrap_or_else(|| panic!("{}", estate::render(&planned.estate)));
    assert_eq!(from_json(&to_json(&plan)).expect("it is whole"), plan);
    plan
}

/// The lines of what it costs.
#[track_caller]
fn costs(case: &Case<'_>) -> Vec<String> {
    let plan = planned(case);
    let cost = plan.accounts["acme-books"].cost.as_ref();
    cost.map_or_else(Vec::new, |it| it.lines.iter().map(shown).collect())
}

/// The one line of a pool of which another number is bought.
#[track_caller]
fn quantity(pool: &str, billing: &str, before: &str, after: &str) -> String {
    let seats = |it: &str| format!("seats: {{seat: {it}}}");
    let lines = costs(&Case {
        pool,
        billing,
        before: &seats(before),
        after: &seats(after),
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines[0].clone()
}

/// A line of what a plan costs, in one line.
pub(crate) fn shown(line: &CostLine) -> String {
    let amount = |it: &Cost| match it {
        Cost::Known(amount) => amount.to_string(),
        Cost::Unknown { why } => format!("unknown ({why})"),
    };
    let estimate = if line.estimate { " about" } else { "" };
    let mut text = format!("{}: now{estimate} {}", line.text, amount(&line.due_now));
    if let Some(it) = &line.per_cycle {
        text += &format!("; {} -> {}", amount(&it.before), amount(&it.after));
        text += &it.from.map_or_else(String::new, |it| format!(" from {it}"));
    }
    if let Some(it) = &line.sunk {
        let until = it
            .until
            .map_or_else(|| "ever".to_owned(), |it| it.to_string());
        text += &format!("; sunk {} until {until}", amount(&it.amount));
    }
    text += &line
        .act_by
        .map_or_else(String::new, |it| format!("; act by {it}"));
    text
}

#[test]
fn a_seat_a_month_is_paid_for_the_days_that_are_left_then_in_full() {
    let billing = format!("{MONTHLY}, prices: {{seat: '21.00'}}");
    // 2 x 21.00 x 29/30 = 40.60; 3 x 21.00 = 63.00; 5 x 21.00 = 105.00.
    assert_eq!(
        quantity(POOL, &billing, "3", "5"),
        "2 more of seat: now about 40.60 EUR; 63.00 EUR -> 105.00 EUR from 2026-12-15"
    );
}

#[test]
fn a_seat_a_year_is_paid_for_the_days_that_are_left_of_the_year() {
    let billing = "cycle: annual, renews_on: 2027-03-01, currency: EUR, prices: {seat: '120.00'}";
    // 15 + 31 + 31 + 28 = 105 days of 365 are left: 120.00 x 105/365 = 34.5205...
    assert_eq!(
        quantity(POOL, billing, "1", "2"),
        "1 more of seat: now about 34.52 EUR; 120.00 EUR -> 240.00 EUR from 2027-03-01"
    );
}

#[test]
fn the_first_day_of_a_cycle_is_paid_in_full_and_the_last_as_one_day() {
    let first = "cycle: 30-days, renews_on: 2026-11-16, currency: EUR, prices: {seat: '21.00'}";
    // 30 of 30 days.
    assert_eq!(
        quantity(POOL, first, "1", "2"),
        "1 more of seat: now about 21.00 EUR; 21.00 EUR -> 42.00 EUR from 2026-12-16"
    );
    let last = "cycle: 365-days, renews_on: 2026-11-17, currency: EUR, prices: {seat: '36.50'}";
    // 36.50 / 365 = 0.10.
    assert_eq!(
        quantity(POOL, last, "1", "2"),
        "1 more of seat: now about 0.10 EUR; 36.50 EUR -> 73.00 EUR from 2026-11-17"
    );
}

/// It is 09:00 UTC on 2026-11-16: still the evening of the 15th on Pago Pago, and nearly the 17th on Kiritimati. The cycle
/// begins with the 15th, the 16th or the 17th, and its last day is the 14th, the 15th or the 16th of the next month.
#[test]
fn days_of_a_cycle_are_those_of_the_zone_of_the_estate() {
    let due = |zone: &str, renews_on: &str| {
        let estate = |seats: u32| {
            let billing = format!(
                "cycle: monthly, renews_on: {renews_on}, currency: EUR, prices: {{seat: '30.00'}}"
            );
            let case = Case {
                pool: POOL,
                billing: &billing,
                before: "",
                after: "",
            };
            let text = text(&case, &format!("seats: {{seat: {seats}}}"));
            format!(
                "# file: seatplan.yaml\nseatplan: 1\nname: acme\ntimezone: {zone}\n\
                 defaults: {{unmanaged: remove}}\n# file: estate.yaml\n{text}"
            )
        };
        let planned = estate::plan(&estate(0), &estate(1));
        let plan = planned.plan.expect("it is planned");
        let cost = plan.accounts["acme-books"].cost.clone().expect("it costs");
        match &cost.lines[0].due_now {
            Cost::Known(amount) => amount.to_string(),
            Cost::Unknown { why } => why.clone(),
        }
    };
    for (zone, today, tomorrow) in [
        ("Pacific/Pago_Pago", "2026-11-15", "2026-11-16"),
        ("UTC", "2026-11-16", "2026-11-17"),
        ("Pacific/Kiritimati", "2026-11-16", "2026-11-17"),
        // Clocks were put back two weeks before: the month has its 30 days and an hour, and is paid by days.
        ("America/New_York", "2026-11-16", "2026-11-17"),
    ] {
        // The first day of a cycle is paid in full; the last of 31 or 30 days, which began a month before, as one day.
        assert_eq!(due(zone, today), "30.00 EUR", "{zone}");
        let last = 30.0 / 31.0;
        assert_eq!(due(zone, tomorrow), format!("{last:.2} EUR"), "{zone}");
    }
}

#[test]
fn a_product_that_charges_whole_cycles_does() {
    let pool = POOL.replace("pro-rata", "full");
    let billing = format!("{MONTHLY}, prices: {{seat: '21.00'}}");
    // 2 x 21.00.
    assert_eq!(
        quantity(&pool, &billing, "3", "5"),
        "2 more of seat: now 42.00 EUR; 63.00 EUR -> 105.00 EUR from 2026-12-15"
    );
}

#[test]
fn a_flat_price_stays_what_it_is() {
    let billing = format!("{MONTHLY}, prices: {{seat: {{flat: '30.00'}}}}");
    assert_eq!(
        quantity(POOL, &billing, "3", "5"),
        "2 more of seat: now 0.00 EUR; 30.00 EUR -> 30.00 EUR from 2026-12-15"
    );
}

#[test]
fn graduated_tiers_price_each_seat_where_it_falls() {
    let tiers = "{tiers: [{up_to: 10, price: '8.00'}, {price: '6.00'}]}";
    let billing = format!("{MONTHLY}, prices: {{seat: {tiers}}}");
    // 9 x 8.00 = 72.00; 10 x 8.00 + 2 x 6.00 = 92.00; 20.00 x 29/30 = 19.3333...
    assert_eq!(
        quantity(POOL, &billing, "9", "12"),
        "3 more of seat: now about 19.33 EUR; 72.00 EUR -> 92.00 EUR from 2026-12-15"
    );
}

#[test]
fn volume_tiers_that_make_more_cost_less_promise_nothing() {
    let tiers = "{tiers: [{up_to: 10, price: '8.00'}, {price: '6.00'}], volume: true}";
    let billing = format!("{MONTHLY}, prices: {{seat: {tiers}}}");
    // 11 x 6.00 = 66.00 is less than 10 x 8.00 = 80.00.
    assert_eq!(
        quantity(POOL, &billing, "10", "11"),
        "1 more of seat: now unknown (more cost less in all, and nobody says whether anything is paid \
         back); 80.00 EUR -> 66.00 EUR from 2026-12-15"
    );
    // 12 x 6.00 = 72.00; 20 x 6.00 = 120.00; 48.00 x 29/30 = 46.40.
    assert_eq!(
        quantity(POOL, &billing, "12", "20"),
        "8 more of seat: now about 46.40 EUR; 72.00 EUR -> 120.00 EUR from 2026-12-15"
    );
}

#[test]
fn lots_have_prices_by_their_size() {
    let pool = format!("{POOL}, sold_in: lots, cancels: whole");
    let billing = format!("{MONTHLY}, prices: {{seat: {{lots: {{50: '40.00', 100: '70.00'}}}}}}");
    // 40.00 + 70.00 = 110.00; 70.00 x 29/30 = 67.6666...
    assert_eq!(
        quantity(
            &pool,
            &billing,
            "[{size: 50, count: 1}]",
            "[{size: 50, count: 1}, {size: 100, count: 1}]"
        ),
        "1 x 100 more of seat: now about 67.67 EUR; 40.00 EUR -> 110.00 EUR from 2026-12-15"
    );
}

#[test]
fn lots_of_one_size_are_bought_and_lots_of_another_cancelled_in_a_line_each() {
    let pool = format!("{POOL}, sold_in: lots, cancels: whole");
    let billing = format!("{MONTHLY}, prices: {{seat: {{lots: {{50: '40.00', 100: '70.00'}}}}}}");
    let lines = costs(&Case {
        pool: &pool,
        billing: &billing,
        before: "seats: {seat: [{size: 100, count: 1}]}",
        after: "seats: {seat: [{size: 50, count: 2}]}",
    });
    // 2 x 40.00 x 29/30 = 77.3333...; 70.00 x 29/30 = 67.6666... is paid for until it can be cancelled for.
    assert_eq!(
        lines,
        [
            "2 x 50 more of seat: now about 77.33 EUR; 70.00 EUR -> 150.00 EUR from 2026-12-15",
            "1 x 100 fewer of seat: now 0.00 EUR; 150.00 EUR -> 80.00 EUR from 2026-12-15; \
             sunk 67.67 EUR until 2026-12-15; act by 2026-12-14"
        ]
    );
}

#[test]
fn what_is_given_up_is_paid_until_the_renewal_that_it_is_cancelled_for() {
    let price = "prices: {seat: '21.00'}";
    let billing = format!("{MONTHLY}, notice_days: 15, {price}");
    // 15 days before 2026-12-15 is 2026-11-30; 2 x 21.00 x 29/30 = 40.60.
    assert_eq!(
        quantity(POOL, &billing, "5", "3"),
        "2 fewer of seat: now 0.00 EUR; 105.00 EUR -> 63.00 EUR from 2026-12-15; \
         sunk 40.60 EUR until 2026-12-15; act by 2026-11-30"
    );
    // 30 days before 2026-12-15 was yesterday: 40.60 of this cycle and 42.00 of the next.
    let billing = format!("{MONTHLY}, notice_days: 30, {price}");
    assert_eq!(
        quantity(POOL, &billing, "5", "3"),
        "2 fewer of seat: now 0.00 EUR; 105.00 EUR -> 63.00 EUR from 2027-01-15; \
         sunk 82.60 EUR until 2027-01-15; act by 2026-12-16"
    );
    // The product's notice where the contract says nothing: the day before the renewal without any.
    let billing = format!("{MONTHLY}, {price}");
    assert_eq!(
        quantity(POOL, &billing, "5", "4"),
        "1 fewer of seat: now 0.00 EUR; 105.00 EUR -> 84.00 EUR from 2026-12-15; \
         sunk 20.30 EUR until 2026-12-15; act by 2026-12-14"
    );
}

#[test]
fn a_charge_for_what_is_beyond_stays_due() {
    let pool = POOL.replace("refuse", "charge");
    let billing = format!("{MONTHLY}, prices: {{seat: {{per_seat: '15.00', overflow: '18.00'}}}}");
    let case = Case {
        pool: &pool,
        billing: &billing,
        before: "seats: {seat: 2}\n    access: {ana: {role: admin}, bob: {role: clerk}}",
        after: "seats: {seat: 2}\n    access: {ana: {role: admin}, bob: {role: clerk}, cleo: {role: clerk}}",
    };
    assert_eq!(
        costs(&case),
        [
            "cleo@acme.example takes 1 of seat beyond the 2 that are bought: now 18.00 EUR; \
             sunk 18.00 EUR until ever"
        ]
    );
    let unpriced = Case {
        billing: MONTHLY,
        ..case
    };
    let unknown = "unknown (no price is written for a unit of seat beyond what is bought)";
    assert_eq!(
        costs(&unpriced),
        [format!(
            "cleo@acme.example takes 1 of seat beyond the 2 that are bought: now {unknown}; \
             sunk {unknown} until ever"
        )]
    );
}

/// Two seats that are used: who comes waits for the seat of who goes, and nothing is charged.
#[test]
fn one_out_one_in_costs_nothing_where_the_vendor_charges_for_what_is_beyond() {
    let pool = POOL.replace("refuse", "charge");
    let billing = format!("{MONTHLY}, prices: {{seat: {{per_seat: '15.00', overflow: '18.00'}}}}");
    let before = "seats: {seat: 2}\n    access: {ana: {role: admin}, bob: {role: clerk}}";
    let order = |after: &str| -> (Vec<String>, Vec<u64>, Vec<String>) {
        let case = Case {
            pool: &pool,
            billing: &billing,
            before,
            after: &format!("seats: {{seat: 2}}\n    access: {{ana: {{role: admin}}, {after}}}"),
        };
        let plan = planned(&case);
        let name = |id: &_| {
            let mut steps = plan.steps.iter();
            let step = steps.find(|it| it.id == *id).unwrap();
            let who = step.address.subject().unwrap().as_str();
            who.split_once('@').unwrap().0.to_owned()
        };
        let needs = plan.steps.iter().map(|step| {
            let needs: Vec<_> = step.needs.iter().map(name).collect();
            format!("{} after {needs:?}", name(&step.id))
        });
        let pools = plan.accounts["acme-books"].pools.iter().map(|it| it.peak);
        (needs.collect(), pools.collect(), costs(&case))
    };
    let (needs, peak, cost) = order("cleo: {role: clerk}");
    assert_eq!(needs, ["bob after []", "cleo after [\"bob\"]"]);
    assert_eq!((peak, cost), (vec![2], Vec::new()));
    // Of two who come one is charged for, whatever the order, and so comes last.
    let (needs, peak, cost) = order("cleo: {role: clerk}, eve: {role: clerk}");
    assert_eq!(
        needs,
        [
            "bob after []",
            "cleo after [\"bob\"]",
            "eve after [\"bob\", \"cleo\"]"
        ]
    );
    assert_eq!(peak, [3]);
    assert_eq!(
        cost,
        [
            "eve@acme.example takes 1 of seat beyond the 2 that are bought: now 18.00 EUR; sunk 18.00 EUR until ever"
        ]
    );
    // Where there is room nobody loses access before that has to be.
    let roomy = before.replace("seat: 2", "seat: 3");
    let case = Case {
        pool: &pool,
        billing: &billing,
        before: &roomy,
        after: "seats: {seat: 3}\n    access: {ana: {role: admin}, cleo: {role: clerk}}",
    };
    let plan = planned(&case);
    assert!(plan.steps.iter().all(|it| it.needs.is_empty()), "{plan:#?}");
    assert_eq!(
        plan.steps[0].address.subject().unwrap().as_str(),
        "cleo@acme.example"
    );
}

/// The next administrator comes before the last one goes, so that both have a seat for a while.
#[test]
fn what_no_order_avoids_is_charged_for() {
    let pool = POOL.replace("refuse", "charge");
    let billing = format!("{MONTHLY}, prices: {{seat: {{per_seat: '15.00', overflow: '18.00'}}}}");
    let case = Case {
        pool: &pool,
        billing: &billing,
        before: "seats: {seat: 1}\n    access: {ana: {role: admin}}",
        after: "seats: {seat: 1}\n    access: {bob: {role: admin}}",
    };
    assert_eq!(
        costs(&case),
        [
            "bob@acme.example takes 1 of seat beyond the 1 that are bought: now 18.00 EUR; sunk 18.00 EUR until ever"
        ]
    );
    let plan = planned(&case);
    assert_eq!(
        plan.findings
            .iter()
            .map(|it| it.text.as_str())
            .collect::<Vec<_>>(),
        ["2 are used on the way, and 1 are bought: no order of the steps avoids it"]
    );
    let effects: Vec<_> = plan.steps[0]
        .effects
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    assert_eq!(
        effects,
        ["It takes a seat of \"seat\" beyond the 1 that are bought; the vendor charges for it."]
    );
}

#[test]
fn a_seat_that_is_freed_and_kept_is_told_with_the_last_day_to_give_it_up() {
    let billing = format!("{MONTHLY}, notice_days: 15, prices: {{seat: '21.00'}}");
    let case = Case {
        pool: POOL,
        billing: &billing,
        before: "seats: {seat: 2}\n    access: {ana: {role: admin}, bob: {role: clerk}}",
        after: "seats: {seat: 2}\n    access: {ana: {role: admin}}",
    };
    // 21.00 x 29/30 = 20.30.
    assert_eq!(
        costs(&case),
        [
            "1 of seat stay bought and are used by nobody: now 0.00 EUR; 42.00 EUR -> 42.00 EUR; \
             sunk 20.30 EUR until 2026-12-15; act by 2026-11-30"
        ]
    );
}

#[test]
fn what_nobody_wrote_is_unknown_and_never_nothing() {
    for (pool, billing, expected) in [
        (
            POOL,
            MONTHLY,
            "now unknown (no price is written for seat); unknown (no price is written for seat) -> \
             unknown (no price is written for seat) from 2026-12-15",
        ),
        (
            POOL,
            "cycle: monthly, renews_on: 2026-12-15, prices: {seat: '21.00'}",
            "now unknown (no currency is written); unknown (no currency is written) -> unknown (no \
             currency is written) from 2026-12-15",
        ),
        (
            POOL,
            "currency: EUR, prices: {seat: '21.00'}",
            "now unknown (the cycle and its first day are not written); 21.00 EUR -> 42.00 EUR",
        ),
        (
            "unit: seat, capacity: [{purchased: true}], overflow: refuse",
            "cycle: monthly, renews_on: 2026-12-15, currency: EUR, prices: {seat: '21.00'}",
            "now unknown (the product does not say what is charged within a cycle); 21.00 EUR -> 42.00 \
             EUR from 2026-12-15",
        ),
    ] {
        let expected = format!("1 more of seat: {expected}");
        assert_eq!(quantity(pool, billing, "1", "2"), expected);
    }
}

/// As in the table of seats.
#[test]
fn nothing_costs_nothing_though_no_price_is_written() {
    let unknown = "unknown (no price is written for seat)";
    assert_eq!(
        quantity(POOL, MONTHLY, "0", "1"),
        format!("1 more of seat: now {unknown}; 0.00 EUR -> {unknown} from 2026-12-15")
    );
}

#[test]
fn amounts_are_rounded_half_to_even_once_per_line() {
    let billing = "cycle: monthly, renews_on: 2026-11-16, currency: EUR, prices: {seat: '0.125'}";
    // 0.125 is as near to 0.12 as to 0.13, and 2 is even; 3 x 0.125 = 0.375 is as near to 0.37 as to 0.38, and 8 is even.
    assert_eq!(
        quantity(POOL, billing, "1", "2"),
        "1 more of seat: now about 0.12 EUR; 0.12 EUR -> 0.25 EUR from 2026-12-16"
    );
    assert_eq!(
        quantity(POOL, billing, "0", "3"),
        "3 more of seat: now about 0.38 EUR; 0.00 EUR -> 0.38 EUR from 2026-12-16"
    );
}

/// A saved plan is stale when a price changed, and not because a day went by.
#[test]
fn the_prices_belong_to_a_plan_and_the_day_does_not() {
    let case = |price: &str, renews_on: &str| {
        let billing = format!(
            "cycle: monthly, renews_on: {renews_on}, currency: EUR, prices: {{seat: '{price}'}}"
        );
        planned(&Case {
            pool: POOL,
            billing: &billing,
            before: "seats: {seat: 1}",
            after: "seats: {seat: 2}",
        })
    };
    let plan = case("21.00", "2026-12-15");
    assert_ne!(plan.digest, case("22.00", "2026-12-15").digest);
    assert_ne!(plan.digest, case("21.00", "2026-12-20").digest);
    // The amounts of another day: the plan is still the one that was reviewed.
    let mut tomorrow = plan.clone();
    let cost = tomorrow.accounts.get_mut("acme-books").unwrap();
    let cost = cost.cost.as_mut().unwrap();
    cost.lines[0].due_now = cost.lines[0].per_cycle.clone().unwrap().before;
    assert_eq!(
        from_json(&to_json(&tomorrow)).expect("it is whole"),
        tomorrow
    );
    // The terms are covered.
    let mut cheaper = plan;
    let cost = cheaper
        .accounts
        .get_mut("acme-books")
        .unwrap()
        .cost
        .as_mut()
        .unwrap();
    cost.terms.as_mut().unwrap().notice_days = Some(1);
    assert!(from_json(&to_json(&cheaper)).is_err());
}

/// What was reviewed rests on the prices of then, and on no day.
#[test]
fn a_saved_plan_is_stale_when_the_terms_moved_and_not_at_midnight() {
    let with = |price: &str, cycle: &str, charged: &str| {
        let billing = format!(
            "cycle: {cycle}, renews_on: 2026-12-15, currency: EUR, notice_days: 30, prices: {{seat: '{price}'}}"
        );
        let case = Case {
            pool: &POOL.replace("pro-rata", charged),
            billing: &billing,
            before: "seats: {seat: 5}",
            after: "seats: {seat: 3}",
        };
        (planned(&case), text(&case, case.after))
    };
    let (plan, files) = with("21.00", "monthly", "pro-rata");
    let folder = tempfile::tempdir().unwrap();
    let settings =
        "{seatplan: 1, name: example, timezone: Europe/Paris, defaults: {unmanaged: remove}}";
    std::fs::write(folder.path().join("seatplan.yaml"), settings).unwrap();
    let apply = |files: &str, now: &str| -> Vec<String> {
        std::fs::write(folder.path().join("all.yaml"), files).unwrap();
        let env = Env::fixed(now.parse().unwrap(), BTreeMap::new(), folder.path());
        match ops::apply::session(&env, None, &plan) {
            Ok(_) => Vec::new(),
            Err(ops::Error::Apply(apply::Error::Stale { moved })) => moved,
            Err(other) => panic!("{other}"),
        }
    };
    // Another day, and another cycle: amounts differ, and nothing moved.
    for now in [estate::AT, "2026-11-17T00:30:00Z", "2026-12-20T00:30:00Z"] {
        assert_eq!(apply(&files, now), [""; 0]);
    }
    let next_day = "2026-11-17T00:30:00Z";
    let (_, dearer) = with("22.00", "monthly", "pro-rata");
    assert_eq!(
        apply(&dearer, next_day),
        ["acme-books: the price of seat is not what it was"]
    );
    let (_, longer) = with("21.00", "annual", "full");
    assert_eq!(
        apply(&longer, next_day),
        [
            "acme-books: the billing cycle was monthly and is annual",
            "acme-books: how the vendor charges for seat is not what it was",
        ]
    );
    let patient = files.replace("notice_days: 30", "notice_days: 10");
    assert_eq!(
        apply(&patient, next_day),
        ["acme-books: the notice in days was 30 and is 10"]
    );
}

#[test]
fn sums_never_mix_currencies_or_cycles() {
    let account = |name: &str, billing: &str, seats: u32| {
        format!(
            "  {name}:\n    product: books\n    billing: {{{billing}, prices: {{seat: '10.00'}}}}\n    seats: {{seat: {seats}}}\n"
        )
    };
    let estate = |seats: u32| {
        let first = "renews_on: 2026-11-16";
        format!(
            "accounts:\n{}{}{}{}products:\n  books:\n    title: Books\n    user: {{identity: email, fold: case, roles: one}}\n    roles: {{admin: {{rank: 1, administers: true}}}}\n    pools: {{seat: {{{POOL}}}}}\n",
            account(
                "a",
                &format!("cycle: monthly, {first}, currency: EUR"),
                seats
            ),
            account(
                "b",
                &format!("cycle: annual, {first}, currency: EUR"),
                seats
            ),
            account(
                "c",
                &format!("cycle: monthly, {first}, currency: USD"),
                seats
            ),
            account(
                "d",
                &format!("cycle: monthly, {first}, currency: EUR"),
                seats
            ),
        )
    };
    let planned = estate::plan(&estate(1), &estate(2));
    let plan = planned
        .plan
        .unwrap_or_else(|| panic!("{}", estate::render(&planned.estate)));
    let cost = plan.cost.expect("it costs something");
    let due: Vec<_> = cost.due_now.iter().map(ToString::to_string).collect();
    // Every account: 10.00 for one more, on the first day of its cycle.
    assert_eq!(due, ["30.00 EUR", "10.00 USD"]);
    let changes = cost.per_cycle_change.iter();
    let changes: Vec<_> = changes
        .map(|it| format!("{:?} {}", it.cycle.unwrap(), it.change))
        .collect();
    assert_eq!(
        changes,
        ["Monthly 20.00 EUR", "Annual 10.00 EUR", "Monthly 10.00 USD"]
    );
    assert!(cost.unknown.is_empty() && cost.estimate);
}
