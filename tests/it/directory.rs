//! The directory's API: every rule of a product is enforced by the directory itself, and the API keeps its promises.

use seatplan::directory::{self, Accept};
use seatplan::model::{Resource, ResourceId, Value};
use seatplan::provider::Reader as _;
use seatplan::provider::http::{Method, Request};
use serde_json::{Value as Json, json};

use crate::vendor::{
    STRICT, Setup, Vendor, built_in, member, person, product, seats, setting, team, word,
};

const ANA: &str = "ana@acme.example";
const BOB: &str = "bob@acme.example";
const EVE: &str = "eve@acme.example";

/// An account with an owner, a member, a helper, a guest and two teams; one desk is free.
fn strict() -> Vendor {
    let vendor = Setup::new(product(STRICT)).start();
    vendor.seed(&[
        seats("desk", 4),
        setting("plan", "pro"),
        (
            ResourceId::Setting("guests".into()),
            Resource::Setting(Value::Count(3)),
        ),
        team("staff", None),
        team("night", Some("staff")),
        person(ANA, "owner"),
        person(BOB, "member"),
        person(EVE, "helper"),
        member("staff", BOB, false),
    ]);
    vendor
}

async fn put_access(vendor: &Vendor, subject: &str, role: &str, options: Json) -> String {
    vendor
        .put(
            &["access", subject],
            json!({"roles": [role], "options": options}),
        )
        .await
}

#[tokio::test]
async fn roles_and_options_are_those_of_the_product() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, BOB, "king", json!({})).await,
        "unknown_role"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"size": 3})).await,
        "unknown_option"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"view": "none"})).await,
        "wrong_value"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"mask": ["fax"]})).await,
        "wrong_value"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"hours": "always"})).await,
        "wrong_value"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"closed": true})).await,
        "option_not_for_role"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"closed": false})).await,
        "200"
    );
    let grants = json!({"roles": ["member"], "grants": {"addon": "access"}});
    assert_eq!(vendor.put(&["access", BOB], grants).await, "unknown_grant");
    let unknown = json!({"roles": ["member"], "colour": "red"});
    assert_eq!(vendor.put(&["access", BOB], unknown).await, "malformed");
}

#[tokio::test]
async fn a_person_has_as_many_roles_as_the_product_says() {
    let vendor = Setup::new(built_in("github-organization")).start();
    assert_eq!(
        vendor.put(&["access", "ana"], json!({"roles": []})).await,
        "number_of_roles"
    );
    let two = json!({"roles": ["admin", "member"]});
    assert_eq!(vendor.put(&["access", "ana"], two).await, "number_of_roles");
    assert_eq!(
        vendor
            .put(&["access", "ana"], json!({"roles": ["admin"]}))
            .await,
        "200"
    );
}

#[tokio::test]
async fn people_are_told_apart_as_the_product_says() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, "BOB@Acme.example", "guest", json!({})).await,
        "200"
    );
    let (_, body) = vendor.ask(Method::Get, &["access", BOB], Json::Null).await;
    assert_eq!(body["roles"], json!(["guest"]));
}

#[tokio::test]
async fn a_full_pool_refuses_with_the_arithmetic() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, "one@acme.example", "member", json!({})).await,
        "200"
    );
    let body = json!({"value": {"roles": ["member"]}});
    let (status, body) = vendor
        .ask(Method::Put, &["access", "two@acme.example"], body)
        .await;
    assert_eq!(status, 409);
    assert_eq!(
        body,
        json!({
            "type": "about:blank", "title": "no seat", "status": 409, "code": "no_seat",
            "detail": "no free desk in pool \"desk\": 4 of 4 in use", "pool": "desk", "limit": 4, "used": 4,
        })
    );
    // Whoever never counts takes none; whoever changes keeps theirs; whoever leaves frees one.
    assert_eq!(
        put_access(
            &vendor,
            "two@acme.example",
            "member",
            json!({"badge": "staff"})
        )
        .await,
        "200"
    );
    assert_eq!(put_access(&vendor, BOB, "owner", json!({})).await, "200");
    assert_eq!(vendor.delete(&["access", "one@acme.example"]).await, "200");
    assert_eq!(
        put_access(&vendor, "three@acme.example", "member", json!({})).await,
        "200"
    );
}

#[tokio::test]
async fn seats_in_use_cannot_be_released() {
    let vendor = strict();
    assert_eq!(
        vendor.put(&["seats", "desk"], json!(2)).await,
        "seats_in_use"
    );
    assert_eq!(vendor.put(&["seats", "desk"], json!(3)).await, "200");
    assert_eq!(
        vendor.put(&["seats", "extra"], json!(3)).await,
        "not_for_sale"
    );
    assert_eq!(
        vendor.put(&["seats", "chairs"], json!(3)).await,
        "not_found"
    );
}

#[tokio::test]
async fn capacity_follows_the_settings() {
    let vendor = Setup::new(product(STRICT)).start();
    assert_eq!(
        put_access(&vendor, "one@x.example", "guest", json!({})).await,
        "200"
    );
    assert_eq!(
        put_access(&vendor, "two@x.example", "guest", json!({})).await,
        "no_seat"
    );
    assert_eq!(vendor.put(&["settings", "guests"], json!(2)).await, "200");
    assert_eq!(vendor.put(&["settings", "plan"], json!("pro")).await, "200");
    assert_eq!(
        put_access(&vendor, "two@x.example", "guest", json!({})).await,
        "200"
    );
    assert_eq!(
        vendor.put(&["settings", "guests"], json!(1)).await,
        "seats_in_use"
    );
    assert_eq!(vendor.delete(&["settings", "plan"]).await, "seats_in_use");
}

#[tokio::test]
async fn an_invitation_holds_a_seat() {
    let setup = Setup {
        accept: Accept::Manual,
        ..Setup::new(built_in("github-organization"))
    };
    let vendor = setup.start();
    vendor.seed(&[setting("plan", "team"), seats("member", 1)]);
    let body = json!({"value": {"roles": ["admin"]}});
    let (_, body) = vendor.ask(Method::Put, &["access", "ana"], body).await;
    assert_eq!(body["phase"], "invited");
    assert_eq!(
        vendor
            .put(&["access", "bob"], json!({"roles": ["member"]}))
            .await,
        "no_seat"
    );
}

#[tokio::test]
async fn exclusions_and_requirements_hold() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, ANA, "owner", json!({"mask": ["mail"]})).await,
        "excluded"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"view": "own"})).await,
        "required"
    );
    let hours = json!({"view": "own", "hours": "Mon 08:00-12:00"});
    assert_eq!(put_access(&vendor, BOB, "member", hours).await, "200");
    // What a place in a team makes of somebody counts as well.
    assert_eq!(
        put_access(&vendor, "gus@acme.example", "guest", json!({})).await,
        "200"
    );
    let path = ["teams", "staff", "members", "gus@acme.example"];
    assert_eq!(vendor.put(&path, json!({"lead": true})).await, "excluded");
    assert_eq!(vendor.put(&path, json!({"lead": false})).await, "200");
}

#[tokio::test]
async fn counts_hold() {
    let vendor = strict();
    vendor.put(&["seats", "desk"], json!(20)).await;
    assert_eq!(put_access(&vendor, BOB, "helper", json!({})).await, "200");
    assert_eq!(
        put_access(&vendor, "gil@acme.example", "helper", json!({})).await,
        "too_many"
    );
    vendor.put(&["settings", "guests"], json!(9)).await;
    let speaker = json!({"view": "own", "hours": "Mon 08:00-12:00"});
    assert_eq!(
        put_access(&vendor, "one@acme.example", "guest", speaker.clone()).await,
        "200"
    );
    assert_eq!(
        put_access(&vendor, "two@acme.example", "guest", speaker).await,
        "too_many"
    );
    assert_eq!(
        vendor.delete(&["access", "one@acme.example"]).await,
        "too_few"
    );
}

#[tokio::test]
async fn plan_gates_hold_in_both_directions() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"mask": ["mail"]})).await,
        "200"
    );
    assert_eq!(
        vendor.put(&["settings", "plan"], json!("basic")).await,
        "plan_gate"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"mask": []})).await,
        "200"
    );
    assert_eq!(
        vendor.put(&["settings", "plan"], json!("basic")).await,
        "200"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"mask": ["mail"]})).await,
        "plan_gate"
    );
}

#[tokio::test]
async fn what_is_set_once_stays() {
    let vendor = strict();
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"badge": "b1"})).await,
        "200"
    );
    assert_eq!(
        put_access(&vendor, BOB, "member", json!({"badge": "b2"})).await,
        "immutable"
    );
    assert_eq!(
        vendor.put(&["settings", "region"], json!("eu")).await,
        "200"
    );
    assert_eq!(
        vendor.put(&["settings", "region"], json!("us")).await,
        "immutable"
    );
    assert_eq!(
        vendor.put(&["settings", "colour"], json!("us")).await,
        "unknown_setting"
    );
    assert_eq!(
        vendor.put(&["settings", "plan"], json!("gold")).await,
        "wrong_value"
    );
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let vendor = strict();
    assert_eq!(vendor.delete(&["access", ANA]).await, "last_administrator");
    assert_eq!(
        put_access(&vendor, ANA, "member", json!({})).await,
        "last_administrator"
    );
    assert_eq!(put_access(&vendor, BOB, "owner", json!({})).await, "200");
    assert_eq!(vendor.delete(&["access", ANA]).await, "200");
}

#[tokio::test]
async fn an_administrator_who_has_not_accepted_does_not_count() {
    let setup = Setup {
        accept: Accept::Manual,
        ..Setup::new(built_in("github-organization"))
    };
    let vendor = setup.start();
    for it in ["ana", "bob"] {
        vendor
            .put(&["access", it], json!({"roles": ["admin"]}))
            .await;
    }
    vendor
        .ask(Method::Post, &["access", "ana", "accept"], Json::Null)
        .await;
    assert_eq!(
        vendor.delete(&["access", "ana"]).await,
        "last_administrator"
    );
    vendor
        .ask(Method::Post, &["access", "bob", "accept"], Json::Null)
        .await;
    assert_eq!(vendor.delete(&["access", "ana"]).await, "200");
}

#[tokio::test]
async fn teams_keep_their_shape() {
    let vendor = strict();
    let put = async |name: &str, parent: &str| {
        vendor
            .put(&["teams", name], json!({"parent": parent}))
            .await
    };
    assert_eq!(put("late", "nobody").await, "unknown_team");
    assert_eq!(put("late", "night").await, "too_deep");
    assert_eq!(put("staff", "night").await, "cycle");
    assert_eq!(put("staff", "staff").await, "cycle");
    assert_eq!(vendor.put(&["teams", "top"], json!({})).await, "200");
    assert_eq!(
        put("staff", "top").await,
        "too_deep",
        "the team below it would be on the third level"
    );
    assert_eq!(
        vendor.delete(&["teams", "staff"]).await,
        "conflict",
        "a team lies in it"
    );
    assert_eq!(vendor.delete(&["teams", "night"]).await, "200");
    assert_eq!(vendor.delete(&["teams", "staff"]).await, "200");
    assert_eq!(vendor.delete(&["teams", "staff"]).await, "not_found");
    let (_, places) = vendor.ask(Method::Get, &["members"], Json::Null).await;
    assert_eq!(places["items"], json!([]));
    let flat = Setup::new(built_in("respond-io")).start();
    flat.put(&["teams", "a"], json!({})).await;
    assert_eq!(
        flat.put(&["teams", "b"], json!({"parent": "a"})).await,
        "not_nested"
    );
}

#[tokio::test]
async fn members_need_access_and_owners_always_lead() {
    let vendor = strict();
    let place = |it: &'static str| ["teams", "staff", "members", it];
    assert_eq!(
        vendor.put(&place("new@acme.example"), json!({})).await,
        "no_access"
    );
    assert_eq!(
        vendor.put(&["teams", "x", "members", BOB], json!({})).await,
        "unknown_team"
    );
    let (_, body) = vendor
        .ask(Method::Put, &place(ANA), json!({"value": {"lead": false}}))
        .await;
    assert_eq!(body["lead"], true);
    // Whoever becomes an owner leads; whoever is one no longer is what was asked for.
    let lead = async || vendor.ask(Method::Get, &place(BOB), Json::Null).await.1["lead"].clone();
    assert_eq!(lead().await, false);
    put_access(&vendor, BOB, "owner", json!({})).await;
    assert_eq!(lead().await, true);
    put_access(&vendor, BOB, "member", json!({})).await;
    assert_eq!(lead().await, false);
    assert_eq!(vendor.delete(&["access", BOB]).await, "200");
    assert_eq!(
        vendor.delete(&place(BOB)).await,
        "not_found",
        "the place went with the access"
    );
    let flat = Setup::new(built_in("respond-io")).start();
    flat.seed(&[team("a", None), person(ANA, "owner")]);
    assert_eq!(
        flat.put(&["teams", "a", "members", ANA], json!({"lead": true}))
            .await,
        "no_leads"
    );
}

#[tokio::test]
async fn a_role_that_leads_by_itself_moves_no_place() {
    let vendor = strict();
    let path = ["teams", "staff", "members", BOB];
    let remove = async |lead: bool| {
        let body = json!({"if_before": {"lead": lead}});
        let (status, body) = vendor.ask(Method::Delete, &path, body).await;
        word(status, &body)
    };
    // Seen before the promotion, removed after it; and the other way round.
    put_access(&vendor, BOB, "owner", json!({})).await;
    assert_eq!(remove(false).await, "200");
    assert_eq!(vendor.put(&path, json!({"lead": false})).await, "200");
    put_access(&vendor, BOB, "member", json!({})).await;
    assert_eq!(remove(true).await, "200");
    // Somebody made a lead of him since.
    assert_eq!(vendor.put(&path, json!({"lead": true})).await, "200");
    assert_eq!(remove(false).await, "moved");
}

#[tokio::test]
async fn belongings_go_to_an_active_other_person() {
    let vendor = strict();
    let remove = async |receiver: &str| {
        let body = json!({"hand_over_to": receiver});
        let (status, body) = vendor.ask(Method::Delete, &["access", BOB], body).await;
        word(status, &body)
    };
    assert_eq!(remove(BOB).await, "unknown_receiver");
    assert_eq!(remove("nobody@acme.example").await, "unknown_receiver");
    assert_eq!(remove(EVE).await, "200");
    let (_, record) = vendor.ask(Method::Get, &["handovers"], Json::Null).await;
    let item =
        json!({"leaver": BOB, "receiver": EVE, "what": "notes", "at": "2026-11-21T10:00:00Z"});
    assert_eq!(record["items"], json!([item]));
}

#[tokio::test]
async fn actors_do_only_what_their_role_may() {
    let vendor = strict();
    vendor.put(&["seats", "desk"], json!(20)).await;
    let (ana, bob, eve) = (
        vendor.token_of(ANA).await,
        vendor.token_of(BOB).await,
        vendor.token_of(EVE).await,
    );
    let ask = async |token, method, path: &[&str], value: Json| {
        let (status, body) = vendor
            .ask_as(token, method, path, json!({"value": value}), None)
            .await;
        word(status, &body)
    };
    let role = |it: &str| json!({"roles": [it]});
    let new = ["access", "new@acme.example"];
    assert_eq!(
        ask(&bob, Method::Put, &new, role("member")).await,
        "not_permitted",
        "no such role"
    );
    assert_eq!(
        ask(&eve, Method::Put, &new, role("owner")).await,
        "not_permitted",
        "not hers to give"
    );
    assert_eq!(ask(&eve, Method::Put, &new, role("member")).await, "200");
    assert_eq!(
        ask(&eve, Method::Put, &["access", ANA], role("member")).await,
        "not_permitted",
        "not hers to take"
    );
    assert_eq!(
        ask(&ana, Method::Put, &["access", ANA], role("member")).await,
        "not_permitted",
        "herself"
    );
    assert_eq!(
        ask(&eve, Method::Put, &["seats", "desk"], json!(30)).await,
        "not_permitted",
        "administrators only"
    );
    assert_eq!(
        ask(&ana, Method::Put, &["seats", "desk"], json!(30)).await,
        "200"
    );
    // An option takes the capability away.
    put_access(&vendor, EVE, "helper", json!({"closed": true})).await;
    assert_eq!(
        ask(
            &eve,
            Method::Put,
            &["access", "x@acme.example"],
            role("member")
        )
        .await,
        "not_permitted"
    );
    // A person sees only their own account, and nothing once their access is gone.
    let (status, body) = vendor
        .ask_as(&bob, Method::Get, &["whoami"], Json::Null, None)
        .await;
    assert_eq!(
        (status, body),
        (
            200,
            json!({"kind": "person", "subject": BOB, "roles": ["member"]})
        )
    );
    vendor.delete(&["access", BOB]).await;
    assert_eq!(
        vendor
            .ask_as(&bob, Method::Get, &["whoami"], Json::Null, None)
            .await
            .0,
        401
    );
}

#[tokio::test]
async fn managers_of_a_workspace_manage_agents_only() {
    let vendor = Setup::new(built_in("respond-io")).start();
    vendor.seed(&[
        person(ANA, "owner"),
        person(EVE, "manager"),
        person(BOB, "agent"),
    ]);
    let eve = vendor.token_of(EVE).await;
    let put = async |subject: &str, value: Json| {
        let (status, body) = vendor
            .ask_as(
                &eve,
                Method::Put,
                &["access", subject],
                json!({"value": value}),
                None,
            )
            .await;
        word(status, &body)
    };
    assert_eq!(
        put("new@acme.example", json!({"roles": ["agent"]})).await,
        "200"
    );
    assert_eq!(
        put("two@acme.example", json!({"roles": ["manager"]})).await,
        "not_permitted"
    );
    assert_eq!(
        put(BOB, json!({"roles": ["manager"]})).await,
        "not_permitted"
    );
    assert_eq!(put(EVE, json!({"roles": ["agent"]})).await, "not_permitted");
    let restricted = json!({"roles": ["manager"], "options": {"restrict_settings": true}});
    vendor.put(&["access", EVE], restricted).await;
    assert_eq!(
        put("three@acme.example", json!({"roles": ["agent"]})).await,
        "not_permitted"
    );
}

#[tokio::test]
async fn a_key_takes_effect_once_and_refusals_are_not_kept() {
    let vendor = strict();
    let token = vendor.running.bootstrap_token.clone();
    let send = async |subject: &str| {
        let body = json!({"value": {"roles": ["member"]}, "if_before": null});
        let path = ["access", subject];
        let (status, body) = vendor
            .ask_as(&token, Method::Put, &path, body, Some("op-1"))
            .await;
        word(status, &body)
    };
    vendor.put(&["seats", "desk"], json!(3)).await;
    assert_eq!(send("new@acme.example").await, "no_seat");
    vendor.put(&["seats", "desk"], json!(4)).await;
    assert_eq!(send("new@acme.example").await, "200");
    assert_eq!(
        send("new@acme.example").await,
        "200",
        "the kept answer, though it is there by now"
    );
    assert_eq!(send("other@acme.example").await, "key_reused");
    assert_eq!(vendor.running.commits_of("op-1"), Ok(1));
}

#[tokio::test]
async fn writes_compare_first_if_asked_to() {
    let vendor = strict();
    let put = async |before: Json, role: &str| {
        let body = json!({"value": {"roles": [role]}, "if_before": before});
        vendor.ask(Method::Put, &["access", BOB], body).await
    };
    let (status, body) = put(Json::Null, "guest").await;
    assert_eq!((status, &body["code"]), (412, &json!("moved")));
    assert_eq!(
        body["current"],
        json!({"roles": ["member"], "options": {}, "grants": {}})
    );
    assert_eq!(put(json!({"roles": ["owner"]}), "guest").await.0, 412);
    // Defaults count as not written, and what already is as it shall be is not touched.
    assert_eq!(
        put(
            json!({"roles": ["member"], "options": {"view": "all", "mask": []}}),
            "guest"
        )
        .await
        .0,
        200
    );
    let commits = vendor.running.commits().unwrap();
    assert_eq!(put(json!({"roles": ["owner"]}), "guest").await.0, 200);
    assert_eq!(vendor.running.commits().unwrap(), commits);
}

#[tokio::test]
async fn pages_are_stable_and_cursors_belong_to_their_list() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let things: Vec<_> = (0..25)
        .map(|it| person(&format!("user-{it:02}"), "admin"))
        .collect();
    vendor.seed(&things);
    let client = vendor.client(&vendor.running.bootstrap_token);
    let page = async |list: &str, cursor: &str| {
        let path = ["v1", "accounts", vendor.account.as_str(), list];
        let query = [("limit", "10"), ("cursor", cursor)];
        let request = Request {
            query: &query,
            ..Request::get(&path)
        };
        crate::vendor::read(&client.send(&request).await)
    };
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let (_, body) = page("access", &cursor).await;
        seen.extend(
            body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["subject"].clone()),
        );
        // Somebody who was seen goes, somebody who sorts before comes: nobody else is missed or seen twice.
        vendor.delete(&["access", "user-03"]).await;
        vendor
            .put(&["access", "aaa"], json!({"roles": ["member"]}))
            .await;
        match body["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
        assert_eq!(page("teams", &cursor).await.1["code"], "bad_cursor");
    }
    let expected: Vec<Json> = (0..25).map(|it| json!(format!("user-{it:02}"))).collect();
    assert_eq!(seen, expected);
    assert_eq!(page("access", "zz").await.1["code"], "bad_cursor");
    assert_eq!(page("access", "00").await.1["code"], "bad_cursor");
}

#[tokio::test]
async fn odd_requests_are_refused_in_kind() {
    let vendor = strict();
    let (status, body) = vendor
        .ask(Method::Get, &["nothing", "here"], Json::Null)
        .await;
    assert_eq!((status, &body["code"]), (404, &json!("no_such_route")));
    assert_eq!(
        vendor
            .put(&["access", "a\u{1b}b"], json!({"roles": ["guest"]}))
            .await,
        "malformed"
    );
    assert_eq!(
        vendor
            .put(&["access", &"x".repeat(400)], json!({"roles": ["guest"]}))
            .await,
        "malformed"
    );
    let large = json!({"roles": ["guest"], "options": {"badge": "x".repeat(1_100_000)}});
    let code = vendor.put(&["access", BOB], large).await;
    assert!(
        code == "too_large" || code == "no code",
        "refused, or cut off while sending: {code}"
    );
    let token = vendor.running.bootstrap_token.clone();
    let body = json!({"value": {"roles": ["guest"]}});
    let (status, _) = vendor
        .ask_as(&token, Method::Put, &["access", BOB], body, Some("clé"))
        .await;
    assert_eq!(status, 400, "a key that cannot be read is not ignored");
    let wrong = secrecy::SecretString::from("wrong");
    let (status, body) = vendor
        .ask_as(&wrong, Method::Get, &[], Json::Null, None)
        .await;
    assert_eq!((status, &body["code"]), (401, &json!("unauthorized")));
}

#[tokio::test]
async fn what_cannot_be_enforced_is_not_accepted() {
    let vendor = strict();
    let provision = async |definition: Json| {
        let body = json!({"product": "product", "definition": definition});
        let (status, body) = vendor.ask(Method::Put, &[], body).await;
        word(status, &body)
    };
    let good = serde_json::to_value(&*vendor.product).unwrap();
    assert_eq!(provision(good.clone()).await, "200");
    let mut unknown = good.clone();
    unknown["constraints"]["depth"]["type"] = json!("moon_phase");
    assert_eq!(provision(unknown).await, "bad_definition");
    let mut wider = good.clone();
    wider["constraints"]["helpers"]["of"]["height"] = json!(3);
    assert_eq!(provision(wider).await, "bad_definition");
    // A newer definition holds at once.
    let mut stricter = good;
    stricter["constraints"]["helpers"]["limit"] = json!(1);
    assert_eq!(provision(stricter).await, "200");
    assert_eq!(
        put_access(&vendor, BOB, "helper", json!({})).await,
        "too_many"
    );
    let (status, _) = vendor
        .ask(
            Method::Put,
            &[],
            json!({"product": "other", "definition": {"user": {"identity": "email", "fold": "case", "roles": "one"}}}),
        )
        .await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_only_for_its_owner() {
    let vendor = strict();
    let (before, token) = (
        vendor.provider().observe().await.unwrap(),
        vendor.running.bootstrap_token.clone(),
    );
    #[cfg(unix)]
    for file in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = format!("{}{file}", vendor.database().display());
        let mode = std::fs::metadata(path)
            .expect("the file is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let vendor = vendor.restart();
    let client = vendor.client(&token);
    assert_eq!(
        client.at(),
        vendor.running.url,
        "the token of the first start is good for the second"
    );
    let after = vendor.provider().observe().await.unwrap();
    assert_eq!((after.state, after.target), (before.state, before.target));
    assert_eq!(
        vendor.put(&["seats", "desk"], json!(2)).await,
        "seats_in_use",
        "counted anew"
    );
}

#[tokio::test]
async fn two_directories_on_one_file_do_not_lose_count() {
    let vendor = strict();
    let settings = directory::Settings {
        database: vendor.database(),
        address: ([127, 0, 0, 1], 0).into(),
        bootstrap_token: None,
        accept: Accept::AtOnce,
        clock: std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
        random: std::sync::Arc::new(|bytes| {
            bytes.fill(7);
            Ok(())
        }),
        faults: directory::Faults::new(),
        script: directory::Script::default(),
    };
    let other = directory::start(settings).unwrap();
    other
        .seed(
            &vendor.account,
            [directory::Seed {
                id: &person("n@acme.example", "member").0,
                resource: &person("n@acme.example", "member").1,
            }],
        )
        .unwrap();
    assert_eq!(
        put_access(&vendor, "m@acme.example", "member", json!({})).await,
        "no_seat"
    );
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("directory.db");
    std::fs::write(&path, "SQLite format 3 it is not").unwrap();
    let settings = directory::Settings {
        database: path.clone(),
        address: ([127, 0, 0, 1], 0).into(),
        bootstrap_token: None,
        accept: Accept::AtOnce,
        clock: std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
        random: std::sync::Arc::new(|_| Ok(())),
        faults: directory::Faults::new(),
        script: directory::Script::default(),
    };
    let error = directory::start(settings).unwrap_err();
    assert!(error.to_string().contains("cannot be used"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"SQLite format 3 it is not");
}
