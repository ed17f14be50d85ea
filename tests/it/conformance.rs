//! The one story that every provider must pass: observe, nothing to do, change, verify, nothing to do again; fail half-way,
//! read back, never double. And what the directory's provider does on a bad day.

use std::collections::BTreeMap;
use std::time::Duration;

use seatplan::directory::{Accept, Fault, Trouble};
use seatplan::model::{
    Access, Action, Actor, Address, Capacity, Fact, Grant, Kind, Lot, Observation, Quantity,
    Resource, ResourceId, Subject, Value, WeeklyHours,
};
use seatplan::plan::Step;
use seatplan::provider::http::Method;
use seatplan::provider::{Answer, OperationId, ReadError, Reader, Writer};
use seatplan::text::Word;

use crate::directory_language::RICH;
use crate::vendor::{
    STRICT, Setup, Vendor, access, built_in, member, object, person, product, seats, setting, step,
    team,
};

/// What a provider brings to the story.
struct Stage<'a> {
    reader: &'a dyn Reader,
    writer: &'a dyn Writer,
    /// Makes the next write take effect and its answer fail.
    break_next_answer: &'a dyn Fn(),
    /// How many effects there were under an operation's id; a provider whose vendor cannot tell gives `None`.
    effects_of: &'a dyn Fn(&OperationId) -> Option<u64>,
}

/// What there shall be, by what it is.
type Wanted = BTreeMap<Address, Resource>;

/// The steps from what is observed to what is wanted, in the order in which a directory takes them: what others need first.
fn steps(observed: &Observation, wanted: &Wanted) -> Vec<Step> {
    let mut steps = Vec::new();
    for (address, after) in wanted {
        match observed.state.resource(address) {
            Some(before) if before == after => {}
            before => {
                let action = if before.is_some() {
                    Action::Update
                } else {
                    Action::Create
                };
                steps.push(step(
                    address.clone(),
                    action,
                    before.cloned(),
                    Some(after.clone()),
                ));
            }
        }
    }
    let gone = observed.state.iter().rev();
    for (address, entry) in gone.filter(|(it, _)| !wanted.contains_key(it)) {
        let before = Some(entry.resource.clone());
        steps.push(step(address.clone(), Action::Remove, before, None));
    }
    steps.sort_by_key(|it| (it.action == Action::Remove, rank(it)));
    steps
}

/// Teams after their parents, people before their places; removals the other way round.
fn rank(step: &Step) -> i32 {
    let resource = step.after.as_ref().or(step.before.as_ref());
    let is_below = matches!(resource, Some(Resource::Team(team)) if team.parent.is_some());
    let order = match step.address.kind() {
        Kind::Setting => 0,
        Kind::Seats => 1,
        Kind::Object => 2,
        Kind::Team => 3 + i32::from(is_below),
        Kind::Access => 5,
        Kind::Member => 6,
    };
    if step.action == Action::Remove {
        -order
    } else {
        order
    }
}

fn operation(run: &str, step: &Step) -> OperationId {
    let id: String = step.id.0.chars().filter(char::is_ascii).collect();
    OperationId(format!("{run}-{id}"))
}

async fn observe(stage: &Stage<'_>) -> Observation {
    let observation = stage
        .reader
        .observe()
        .await
        .expect("the account can be read");
    assert_eq!(observation.gaps, [], "everything can be read");
    observation
}

/// The story. `first` and `second` are two states of one account that differ in every kind of thing.
async fn story(stage: &Stage<'_>, first: &Wanted, second: &Wanted) {
    for (run, wanted) in [("one", first), ("two", second), ("three", first)] {
        let observed = observe(stage).await;
        let able = stage.reader.capabilities().executes;
        for step in steps(&observed, wanted) {
            assert!(
                able.contains(&(step.address.kind(), step.action)),
                "{}",
                step.address
            );
            let answer = stage.writer.execute(&step, &operation(run, &step)).await;
            assert!(
                matches!(answer, Answer::Done { .. }),
                "{}: {answer:?}",
                step.address
            );
        }
        let verified = observe(stage).await;
        assert_eq!(
            verified.target, observed.target,
            "it is the same tenant all the time"
        );
        assert_eq!(
            steps(&verified, wanted),
            [],
            "what was done is what is seen"
        );
    }
    // The same again, but every answer is lost; what happened is settled by reading back.
    let observed = observe(stage).await;
    let todo = steps(&observed, second);
    for step in &todo {
        let id = operation("four", step);
        (stage.break_next_answer)();
        let answer = stage.writer.execute(step, &id).await;
        assert!(
            matches!(answer, Answer::Unknown { .. }),
            "{}: {answer:?}",
            step.address
        );
        let found = stage
            .reader
            .read_back(std::slice::from_ref(&step.address))
            .await;
        let found = found.expect("it can be read back").remove(0);
        assert_eq!(found.resource, step.after, "{} took effect", step.address);
        // Sent again under the same id it is confirmed, and there is still one effect.
        let again = stage.writer.execute(step, &id).await;
        assert!(
            matches!(again, Answer::Done { .. }),
            "{}: {again:?}",
            step.address
        );
        assert!(
            matches!((stage.effects_of)(&id), None | Some(1)),
            "{}",
            step.address
        );
    }
    assert_eq!(steps(&observe(stage).await, second), []);
}

fn wanted(vendor: &Vendor, things: Vec<(ResourceId, Resource)>) -> Wanted {
    let addressed = things
        .into_iter()
        .map(|(id, it)| (Address::new(&vendor.account, id), it));
    addressed.collect()
}

async fn play(vendor: &Vendor, first: Wanted, second: Wanted, trouble: Trouble) {
    let provider = vendor.provider();
    let stage = Stage {
        reader: &provider,
        writer: &provider,
        break_next_answer: &|| {
            vendor.faults.clear();
            for method in ["PUT", "POST", "DELETE"] {
                vendor.faults.add(method, "", 1, trouble.clone());
            }
        },
        effects_of: &|id| {
            Some(
                vendor
                    .running
                    .commits_of(&id.0)
                    .expect("the file can be read"),
            )
        },
    };
    story(&stage, &first, &second).await;
}

fn strict_states(vendor: &Vendor) -> (Wanted, Wanted) {
    let hours = Value::Hours(WeeklyHours::parse("Mon-Fri 08:00-19:00").expect("hours"));
    let narrow = access(
        &["member"],
        &[("view", Value::Word("own".into())), ("hours", hours)],
    );
    let masked = access(
        &["member"],
        &[("mask", Value::words(["mail".into(), "phone".into()]))],
    );
    let ana = || person("ana@acme.example", "owner");
    let bob = ResourceId::Access(Subject::new("bob@acme.example"));
    let first = vec![
        setting("plan", "pro"),
        seats("desk", 4),
        team("staff", None),
        team("a/b ü?", Some("staff")),
        ana(),
        (bob.clone(), narrow),
        person("eve@acme.example", "helper"),
        member("staff", "eve@acme.example", true),
        member("a/b ü?", "bob@acme.example", false),
    ];
    let second = vec![
        setting("plan", "pro"),
        setting("region", "eu"),
        seats("desk", 5),
        team("staff", None),
        team("night", None),
        ana(),
        (bob, masked),
        person("joe@acme.example", "member"),
        member("staff", "bob@acme.example", true),
        member("night", "joe@acme.example", false),
    ];
    (wanted(vendor, first), wanted(vendor, second))
}

#[tokio::test]
async fn the_story_when_the_server_breaks_after_writing() {
    let vendor = Setup::new(product(STRICT)).start();
    // A setting that is set once cannot be unset, so it stands in both states.
    vendor.seed(&[setting("region", "eu")]);
    let (mut first, second) = strict_states(&vendor);
    first.extend(wanted(&vendor, vec![setting("region", "eu")]));
    play(&vendor, first, second, Trouble::ErrorAfterWrite).await;
}

#[tokio::test]
async fn the_story_when_answers_are_lost() {
    let vendor = Setup::new(product(STRICT)).start();
    vendor.seed(&[setting("region", "eu")]);
    let (mut first, second) = strict_states(&vendor);
    first.extend(wanted(&vendor, vec![setting("region", "eu")]));
    play(&vendor, first, second, Trouble::LoseAnswer).await;
}

/// One state of the account of many kinds: who sells with video, and how much is bought.
fn rich_state(
    vendor: &Vendor,
    seller: &str,
    size: u32,
    more: Vec<(ResourceId, Resource)>,
) -> Wanted {
    let text = |it: &str| Value::Word(it.into());
    let lots = vec![Lot {
        size: 5,
        count: size,
    }];
    let access = Access {
        roles: vec!["clerk".into()],
        grants: [("video".into(), Grant::Access)].into_iter().collect(),
        ..Access::default()
    };
    let mut things = vec![
        setting("tier", "paid"),
        seats("video", size),
        seats("sales", 1),
        seats("books", 1),
        (
            ResourceId::Seats("sites".into()),
            Resource::Seats(Quantity::Lots(lots)),
        ),
        object("profiles", "clerk", &[("module", text("sales"))]),
        object(
            "sites",
            "first",
            &[("code", text("100")), ("size", Value::Count(size))],
        ),
        (
            ResourceId::Access(Subject::new(seller)),
            Resource::Access(access),
        ),
    ];
    things.extend(more);
    wanted(vendor, things)
}

#[tokio::test]
async fn the_story_of_owned_objects_grants_and_lots() {
    let vendor = Setup::new(product(RICH)).start();
    let boss = Value::Switch(true);
    let keeper = |allow: &str| {
        let fields = [
            ("module", Value::Word("books".into())),
            ("allow", Value::words([allow.into()])),
        ];
        object("profiles", "keeper", &fields)
    };
    let ana = ResourceId::Access(Subject::new("ana@acme.example"));
    let first = vec![
        keeper("read"),
        object("sites", "a/b ü?", &[("user", Value::Word("joe".into()))]),
        (ana.clone(), access(&[], &[("boss", boss.clone())])),
        person("eve@acme.example", "keeper"),
    ];
    let night = [
        ("module", Value::Word("books".into())),
        ("default", boss.clone()),
    ];
    let second = vec![
        keeper("write"),
        object("profiles", "night", &night),
        object("sites", "a/b ü?", &[("user", Value::Word("zoe".into()))]),
        (ana, access(&[], &[("boss", boss)])),
        person("joe@acme.example", "night"),
    ];
    let first = rich_state(&vendor, "bob@acme.example", 2, first);
    let second = rich_state(&vendor, "zoe@acme.example", 3, second);
    play(&vendor, first, second, Trouble::LoseAnswer).await;
}

#[tokio::test]
async fn the_story_on_a_github_organization() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let first = wanted(
        &vendor,
        vec![
            setting("plan", "team"),
            seats("member", 4),
            team("core", None),
            team("core-docs", Some("core")),
            person("ana", "admin"),
            person("bob", "member"),
            member("core", "ana", true),
            member("core-docs", "bob", false),
        ],
    );
    let second = wanted(
        &vendor,
        vec![
            setting("plan", "team"),
            seats("member", 5),
            team("core", None),
            team("web", Some("core")),
            person("ana", "admin"),
            person("joe", "member"),
            person("zoe", "admin"),
            member("core", "joe", true),
            member("web", "zoe", true),
        ],
    );
    play(&vendor, first, second, Trouble::HalfAnswer).await;
}

#[tokio::test]
async fn the_story_on_a_respond_io_workspace() {
    let vendor = Setup::new(built_in("respond-io")).start();
    let agent = |options: &[(&str, Value)]| access(&["agent"], options);
    let bob = ResourceId::Access(Subject::new("bob@acme.example"));
    let first = wanted(
        &vendor,
        vec![
            setting("plan", "advanced"),
            person("ana@acme.example", "owner"),
            (
                bob.clone(),
                agent(&[("mask", Value::words(["phone".into()]))]),
            ),
        ],
    );
    let second = wanted(
        &vendor,
        vec![
            setting("plan", "enterprise"),
            team("support", None),
            person("ana@acme.example", "owner"),
            person("joe@acme.example", "manager"),
            (
                bob,
                agent(&[("contact_visibility", Value::Word("team".into()))]),
            ),
            member("support", "bob@acme.example", false),
        ],
    );
    play(&vendor, first, second, Trouble::ErrorAfterWrite).await;
}

#[tokio::test]
async fn an_observation_tells_everything() {
    let setup = Setup {
        accept: Accept::Manual,
        ..Setup::new(product(STRICT))
    };
    let vendor = setup.start();
    vendor.seed(&[
        seats("desk", 2),
        team("staff", None),
        person("ana@acme.example", "owner"),
    ]);
    let seen = vendor.provider().observe().await.unwrap();
    assert_eq!(
        seen.actor,
        Actor::Service {
            name: "bootstrap".to_owned()
        }
    );
    assert_eq!(seen.from, vendor.running.url);
    assert_eq!(seen.taken_at.to_string(), "2026-11-21T10:00:00Z");
    assert!(seen.target.0.starts_with("tenant-"));
    assert_eq!(
        seen.phases,
        BTreeMap::from([(vendor.access_of("ana@acme.example"), Word::new("invited"))])
    );
    let number = |count| Fact::Known(Capacity::Purchased(Quantity::Number(count)));
    let pools: Vec<_> = seen
        .pools
        .iter()
        .map(|(name, it)| (name.as_str(), it.clone()))
        .collect();
    assert_eq!(
        pools,
        [
            ("desk", number(2)),
            ("extra", number(0)),
            ("guest", number(1))
        ]
    );
    let addresses: Vec<_> = seen.state.iter().map(|(it, _)| it.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "acme/main/seats/desk",
            "acme/main/team/staff",
            "acme/main/access/ana@acme.example",
        ]
    );
}

#[tokio::test]
async fn an_invitation_waits_until_it_is_accepted() {
    let setup = Setup {
        accept: Accept::Manual,
        ..Setup::new(built_in("github-organization"))
    };
    let vendor = setup.start();
    let provider = vendor.provider();
    let ana = vendor.access_of("ana");
    let invite = step(
        ana.clone(),
        Action::Create,
        None,
        Some(access(&["admin"], &[])),
    );
    let answer = provider
        .execute(&invite, &OperationId("1".to_owned()))
        .await;
    assert_eq!(
        answer,
        Answer::Done {
            phase: Some(Word::new("invited"))
        }
    );
    let found = provider
        .read_back(std::slice::from_ref(&ana))
        .await
        .unwrap();
    assert_eq!(found[0].phase, Some(Word::new("invited")));
    let path = ["access", "ana", "accept"];
    vendor
        .ask(Method::Post, &path, serde_json::Value::Null)
        .await;
    assert!(provider.observe().await.unwrap().phases.is_empty());
}

#[tokio::test]
async fn renames_keep_everything() {
    let vendor = Setup::new(product(STRICT)).start();
    vendor.seed(&[
        seats("desk", 2),
        team("staff", None),
        team("night", Some("staff")),
        person("ana@acme.example", "owner"),
        person("bob@acme.example", "member"),
        member("staff", "bob@acme.example", true),
    ]);
    let provider = vendor.provider();
    let before = provider.observe().await.unwrap();
    let rename = |from: ResourceId, to: ResourceId| {
        let (from, to) = (
            Address::new(&vendor.account, from),
            Address::new(&vendor.account, to),
        );
        let resource = before.state.resource(&from).cloned();
        let mut step = step(to, Action::Rename, resource.clone(), resource);
        step.renamed_from = Some(from);
        step
    };
    let access = |it: &str| ResourceId::Access(Subject::new(it));
    let steps = [
        rename(access("bob@acme.example"), access("rob@acme.example")),
        rename(team("staff", None).0, team("crew", None).0),
        rename(
            member("staff", "bob@acme.example", true).0,
            member("crew", "rob@acme.example", true).0,
        ),
    ];
    for step in &steps {
        let answer = provider.execute(step, &operation("run", step)).await;
        assert_eq!(answer, Answer::Done { phase: None }, "{}", step.address);
    }
    let seen = provider.observe().await.unwrap();
    let addresses: Vec<_> = seen.state.iter().map(|(it, _)| it.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "acme/main/seats/desk",
            "acme/main/team/crew",
            "acme/main/team/night",
            "acme/main/access/ana@acme.example",
            "acme/main/access/rob@acme.example",
            "acme/main/team/crew/member/rob@acme.example",
        ]
    );
    assert_eq!(
        seen.state
            .resource(&Address::new(&vendor.account, team("night", None).0)),
        Some(&team("", Some("crew")).1)
    );
}

#[tokio::test]
async fn what_moved_since_it_was_approved_is_left_alone() {
    let vendor = Setup::new(product(STRICT)).start();
    vendor.seed(&[
        seats("desk", 3),
        person("ana@acme.example", "owner"),
        person("bob@acme.example", "guest"),
    ]);
    let provider = vendor.provider();
    let approved = step(
        vendor.access_of("bob@acme.example"),
        Action::Update,
        Some(access(&["member"], &[])),
        Some(access(&["helper"], &[])),
    );
    let answer = provider
        .execute(&approved, &OperationId("1".to_owned()))
        .await;
    let Answer::Refused { why } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(
        why,
        "it is not what you believe it to be (moved), status 412"
    );
}

#[tokio::test]
async fn requests_grow_with_pages_never_with_users() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let mut things = vec![person("admin", "admin"), team("all", None)];
    things.extend((0..9_999).map(|it| person(&format!("user-{it:05}"), "member")));
    vendor.seed(&things);
    let before = vendor.running.requests();
    let seen = vendor.provider().observe().await.unwrap();
    assert_eq!(seen.state.len(), 10_002, "people, a team and a quantity");
    // Ten pages of people; one each of settings, pools, teams and members; the account and the actor.
    assert_eq!(vendor.running.requests() - before, 16);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_a_gap() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let mut things = vec![person("admin", "admin")];
    things.extend((0..1_500).map(|it| person(&format!("user-{it:05}"), "member")));
    vendor.seed(&things);
    let provider = vendor.provider();
    let troubles = [
        (Trouble::Gateway(502), "did not answer"),
        (Trouble::LoginPage, "a page for people"),
        (Trouble::Loop, "does not end"),
        (Trouble::HalfAnswer, "its JSON cannot be read"),
        (
            Trouble::Redirect("https://evil.example/".to_owned()),
            "a redirect",
        ),
        (Trouble::LoseAnswer, "did not answer"),
        (Trouble::Bloat(20_000_000), "more than"),
    ];
    for (trouble, reason) in troubles {
        vendor.faults.clear();
        // The first page comes through.
        vendor.faults.push(Fault {
            method: Some("GET"),
            path: "/access".to_owned(),
            after: 1,
            times: 100,
            what: trouble.clone(),
        });
        let seen = provider.observe().await.unwrap();
        let [gap] = seen.gaps.as_slice() else {
            panic!("{trouble:?}: {:?}", seen.gaps)
        };
        assert_eq!(gap.kind, Kind::Access);
        assert!(gap.why.contains(reason), "{trouble:?}: {}", gap.why);
        assert!(
            seen.state.get(&vendor.access_of("admin")).is_some(),
            "what was read is there"
        );
    }
}

#[tokio::test]
async fn reads_are_repeated_while_the_trouble_may_pass() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let provider = vendor.provider();
    for trouble in [
        Trouble::TooMany(Some("0".to_owned())),
        Trouble::TooMany(None),
        Trouble::Gateway(503),
        Trouble::LoseRequest,
        Trouble::LoseAnswer,
    ] {
        vendor.faults.clear();
        vendor.faults.add("GET", "/access", 2, trouble.clone());
        let seen = provider.observe().await.unwrap();
        assert_eq!(seen.gaps, [], "{trouble:?}");
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_waited_for() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let provider = vendor.provider();
    vendor.faults.add(
        "GET",
        "/access",
        1,
        Trouble::TooMany(Some("1000000000".to_owned())),
    );
    let gaps = provider.observe().await.unwrap().gaps;
    assert!(
        gaps[0].why.contains("slow down (too_many), status 429"),
        "{}",
        gaps[0].why
    );
    vendor.faults.clear();
    vendor
        .faults
        .add("PUT", "", 1, Trouble::TooMany(Some("7".to_owned())));
    let invite = step(
        vendor.access_of("ana"),
        Action::Create,
        None,
        Some(access(&["admin"], &[])),
    );
    let answer = provider
        .execute(&invite, &OperationId("1".to_owned()))
        .await;
    let Answer::NotNow { retry_after_ms, .. } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(retry_after_ms, Some(7_000));
    let again = provider
        .execute(&invite, &OperationId("1".to_owned()))
        .await;
    assert_eq!(
        again,
        Answer::Done { phase: None },
        "nothing had been done before"
    );
}

#[tokio::test]
async fn a_server_that_stops_half_way_goes_on_where_it_was() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let provider = vendor.provider();
    let create = |it: &str| {
        step(
            vendor.access_of(it),
            Action::Create,
            None,
            Some(access(&["admin"], &[])),
        )
    };
    let (ana, bob) = (create("ana"), create("bob"));
    provider.execute(&ana, &operation("run", &ana)).await;
    vendor.faults.add("PUT", "", 1, Trouble::Stop);
    let answer = provider.execute(&bob, &operation("run", &bob)).await;
    assert!(matches!(answer, Answer::Unknown { .. }), "{answer:?}");
    // A connection that stands in line while the server goes is reset; one that is made afterwards never stands.
    while !matches!(
        provider.execute(&bob, &operation("run", &bob)).await,
        Answer::NotNow { .. }
    ) {}
    let error = provider.observe().await.unwrap_err();
    assert!(matches!(error, ReadError::Unreachable { .. }), "{error}");
    let vendor = vendor.restart();
    let provider = vendor.provider();
    for step in [&ana, &bob] {
        let answer = provider.execute(step, &operation("run", step)).await;
        assert_eq!(answer, Answer::Done { phase: None });
        assert_eq!(vendor.running.commits_of(&operation("run", step).0), Ok(1));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_late_is_unknown() {
    let mut setup = Setup::new(built_in("github-organization"));
    setup.limits.total = Duration::from_millis(300);
    let vendor = setup.start();
    vendor
        .faults
        .add("PUT", "", 1, Trouble::Slow(Duration::from_secs(2)));
    let invite = step(
        vendor.access_of("ana"),
        Action::Create,
        None,
        Some(access(&["admin"], &[])),
    );
    let answer = vendor
        .provider()
        .execute(&invite, &OperationId("1".to_owned()))
        .await;
    let Answer::Unknown { why } = answer else {
        panic!("{answer:?}")
    };
    assert!(why.contains("no answer in time"), "{why}");
}

#[tokio::test]
async fn a_credential_that_is_not_accepted_is_an_error_that_does_not_show_it() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let provider = vendor.provider_as("sp_wrong_token".into());
    let error = provider.observe().await.unwrap_err();
    assert!(matches!(error, ReadError::Credential { .. }));
    assert!(!format!("{error} {error:?} {provider:?}").contains("sp_wrong_token"));
}

#[tokio::test]
async fn an_account_that_is_not_there_is_said_to_be_missing() {
    let vendor = Setup::new(built_in("github-organization")).start();
    let account = "elsewhere".into();
    let reader =
        seatplan::provider::open_reader(&account, &vendor.product, "directory", &vendor.target());
    let error = reader.unwrap().observe().await.unwrap_err();
    assert!(matches!(error, ReadError::NoSuchAccount { .. }), "{error}");
    let error =
        seatplan::provider::open_reader(&account, &vendor.product, "slack", &vendor.target()).err();
    assert_eq!(
        error.unwrap().to_string(),
        "there is no provider \"slack\"; the providers are directory, inventory"
    );
}
