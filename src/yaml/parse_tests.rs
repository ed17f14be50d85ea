//! What `parse` makes of text: an outline with the spans' texts, then one line for each problem.

use std::fmt::Write as _;

use super::*;
use crate::text::Sources;

fn outline(node: &Node<'_>, sources: &Sources, indent: usize, out: &mut String) {
    let slice = sources.slice(node.span);
    match &node.kind {
        NodeKind::Scalar { text, plain } => {
            let style = if *plain { "plain" } else { "quoted" };
            let _ = writeln!(out, " {text:?} {style} <{}>", slice.escape_debug());
        }
        NodeKind::Sequence(items) => {
            let _ = writeln!(out, " list <{}>", slice.escape_debug());
            for item in items {
                let _ = write!(out, "{:indent$}-", "");
                outline(item, sources, indent + 2, out);
            }
        }
        NodeKind::Mapping(entries) => {
            let _ = writeln!(out, " mapping <{}>", slice.escape_debug());
            for entry in entries {
                let key = sources.slice(entry.key.span);
                let _ = write!(out, "{:indent$}{key}:", "");
                outline(&entry.value, sources, indent + 2, out);
            }
        }
    }
}

fn read(text: &str) -> String {
    let source = Source::new("a.yaml", text);
    let mut sink = Sink::new();
    let mut sources = Sources::new();
    let document = parse(&source, sources.next_id(), &mut sink);
    let tree = document.root.map(Node::into_owned);
    sources.add(source);
    let mut out = String::new();
    if let Some(root) = &tree {
        outline(root, &sources, 0, &mut out);
    }
    for it in sink.diagnostics() {
        let _ = write!(out, "{} {}", it.code.id, it.message);
        for label in &it.labels {
            let place = sources.place(label.span);
            let _ = write!(out, " @{}:{}", place.line, place.column);
        }
        out.push('\n');
    }
    out
}

#[test]
fn spans_are_the_text_that_was_written() {
    let text = "users:\n  ana@x: {name: \"A\\u006ea\", teams: [a, 'b'], x: , y}\n  bob:\n    lit: |\n      one\n      two\n\n    none:\n    long: plain\n      text  # c\n    list:\n    - é\n    -\n";
    insta::assert_snapshot!(read(text), @r##"
     mapping <users:\n  ana@x: {name: \"A\\u006ea\", teams: [a, \'b\'], x: , y}\n  bob:\n    lit: |\n      one\n      two\n\n    none:\n    long: plain\n      text  # c\n    list:\n    - é\n    ->
    users: mapping <ana@x: {name: \"A\\u006ea\", teams: [a, \'b\'], x: , y}\n  bob:\n    lit: |\n      one\n      two\n\n    none:\n    long: plain\n      text  # c\n    list:\n    - é\n    ->
      ana@x: mapping <{name: \"A\\u006ea\", teams: [a, \'b\'], x: , y}>
        name: "Ana" quoted <\"A\\u006ea\">
        teams: list <[a, \'b\']>
          - "a" plain <a>
          - "b" quoted <\'b\'>
        x: "" plain <>
        y: "" plain <>
      bob: mapping <lit: |\n      one\n      two\n\n    none:\n    long: plain\n      text  # c\n    list:\n    - é\n    ->
        lit: "one\ntwo\n" quoted <|\n      one\n      two>
        none: "" plain <>
        long: "plain text" plain <plain\n      text>
        list: list <- é\n    ->
          - "é" plain <é>
          - "" plain <>
    "##);
}

#[test]
fn siblings_survive_a_syntax_error() {
    let text = "users:\n  ana: {name: Ana}\n  bob: {name: [B, }\n  carl:\n    name: \"Carl\n    teams: [a]\n  dan: {name: Dan}\nteams:\n  a: {}\n";
    insta::assert_snapshot!(read(text), @r##"
     mapping <users:\n  ana: {name: Ana}\n  bob: {name: [B, }\n  carl:\n    name: \"Carl\n    teams: [a]\n  dan: {name: Dan}\nteams:\n  a: {}>
    users: mapping <ana: {name: Ana}\n  bob: {name: [B, }\n  carl:\n    name: \"Carl\n    teams: [a]\n  dan: {name: Dan}>
      ana: mapping <{name: Ana}>
        name: "Ana" plain <Ana>
      bob: mapping <{name: [B>
      carl: mapping <name: \"Carl\n    teams: [a]>
        teams: list <[a]>
          - "a" plain <a>
      dan: mapping <{name: Dan}>
        name: "Dan" plain <Dan>
    teams: mapping <a: {}>
      a: mapping <{}>
    YAML001 expected "," or "]" @3:15
    YAML001 a text in quotes is not closed @5:11
    "##);
}

#[test]
fn siblings_survive_a_tab_and_a_key_that_cannot_stand_there() {
    let text = "users:\n  ana:\n    name: Ana\n\tteams: [a]\n  bob: Bob\n    name: Bob\n  carl: {}\nlist:\n  - a\n  - @b\n  - c\n";
    insta::assert_snapshot!(read(text), @r##"
     mapping <users:\n  ana:\n    name: Ana\n\tteams: [a]\n  bob: Bob\n    name: Bob\n  carl: {}\nlist:\n  - a\n  - @b\n  - c>
    users: mapping <ana:\n    name: Ana\n\tteams: [a]\n  bob: Bob\n    name: Bob\n  carl: {}>
      ana: mapping <name>
      bob: "Bob name" plain <Bob\n    name>
      carl: mapping <{}>
    list: list <- a\n  - @b\n  - c>
      - "a" plain <a>
      - "c" plain <c>
    YAML003 a tab stands where only spaces may stand @4:1
    YAML001 a key cannot stand here @6:9
    YAML001 a text cannot begin with "@" @10:5
    "##);
}

#[test]
fn of_a_repeated_key_the_first_stays() {
    let few = read("a: 1\nb: 2\na: 3\n");
    insta::assert_snapshot!(few, @r##"
     mapping <a: 1\nb: 2\na: 3>
    a: "1" plain <1>
    b: "2" plain <2>
    YAML002 the key "a" is written twice @3:1 @1:1
    "##);
    let many: String = (0..40).map(|n| format!("k{n}: {n}\n")).collect();
    let many = read(&format!("{many}k7: again\nk7: and again\n"));
    assert!(
        many.contains("YAML002 the key \"k7\" is written twice @41:1 @8:1"),
        "{many}"
    );
    assert!(
        many.contains("@42:1 @8:1") && !many.contains("again\" plain"),
        "{many}"
    );
}

#[test]
fn aliases_are_copies_and_refused_inside_themselves() {
    insta::assert_snapshot!(read("a: &x {k: v}\nb: *x\nc: &y [*y, 1]\nd: *nope\ne: &s text\n*s : key\n"), @r##"
     mapping <a: &x {k: v}\nb: *x\nc: &y [*y, 1]\nd: *nope\ne: &s text\n*s : key>
    a: mapping <{k: v}>
      k: "v" plain <v>
    b: mapping <*x>
      k: "v" plain <v>
    c: list <[*y, 1]>
      - "1" plain <1>
    e: "text" plain <text>
    *s: "key" plain <key>
    YAML008 the alias "*y" stands inside what it stands for @3:8
    YAML007 the alias "*nope" names no anchor before it @4:4
    "##);
}

#[test]
fn nothing_is_read_twice_of_a_conflict() {
    insta::assert_snapshot!(read("users:\n<<<<<<< HEAD\n  ana: 1\n=======\n  ana: 2\n>>>>>>> other\n  bob: 3\n"), @r##"
     mapping <users:\n<<<<<<< HEAD\n  ana: 1\n=======\n  ana: 2\n>>>>>>> other\n  bob: 3>
    users: mapping <ana: 1\n=======\n  ana: 2\n>>>>>>> other\n  bob: 3>
      ana: "1" plain <1>
      bob: "3" plain <3>
    YAML012 a merge left both versions standing here @2:1 @6:1
    "##);
}

#[test]
fn a_secret_is_in_no_message_and_in_no_excerpt() {
    let token = concat!("gh", "p_0123456789abcdefghijABCDEFGHIJ012345");
    let text = format!(
        "a: {{token: \"hunter2 or so\", x: 1}}\nb: pre {token}\n# {token}\nc: [{token}, 2]\npassword: |\n  swordfish\n  more\nd: {{password: \"${{PASSWORD}}\"}}\nbroken: \"{token}\n"
    );
    let source = Source::new("a.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, Sources::new().next_id(), &mut sink);
    let told: Vec<_> = sink
        .diagnostics()
        .iter()
        .map(|it| format!("{} {:?} {:?} {:?}", it.message, it.help, it.notes, it.fix))
        .collect();
    let all = format!("{document:?} {told:?} {}", source.text());
    for secret in [token, "hunter2", "swordfish"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    insta::assert_snapshot!(source.text(), @r##"
    a: {token: ***************, x: 1}
    b: pre ****************************************
    # ****************************************
    c: [****************************************, 2]
    password: *
    ***********
    ******
    d: {password: "${PASSWORD}"}
    broken: "****************************************
    "##);
    let root = document.root.expect("siblings stay");
    assert!(root.get("a").and_then(|a| a.get("x")).is_some());
    assert_eq!(
        sink.diagnostics()
            .iter()
            .filter(|it| it.code.id == "YAML016")
            .count(),
        6
    );
}

#[test]
fn an_alias_bomb_is_refused_before_it_is_built() {
    let mut text = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let inner = vec![format!("*l{}", level - 1); 9].join(", ");
        text += &format!("l{level}: &l{level} [{inner}]\n");
    }
    let source = Source::new("a.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, Sources::new().next_id(), &mut sink);
    let count = count(&document.root.expect("the first levels stay"));
    assert!(
        count <= super::super::limits::ALIAS_NODES_MAX,
        "{count} nodes"
    );
    assert_eq!(sink.diagnostics().len(), 1);
    assert_eq!(sink.diagnostics()[0].code.id, "YAML006");
}

fn count(node: &Node<'_>) -> usize {
    1 + match &node.kind {
        NodeKind::Scalar { .. } => 0,
        NodeKind::Sequence(items) => items.iter().map(count).sum(),
        NodeKind::Mapping(entries) => entries.iter().map(|it| count(&it.value)).sum(),
    }
}

#[test]
fn no_depth_exhausts_the_stack() {
    for text in [
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        "- ".repeat(10_000),
        (0..3_000)
            .map(|level| format!("{:level$}a:\n", ""))
            .collect(),
    ] {
        let source = Source::new("a.yaml", text);
        let mut sink = Sink::new();
        parse(&source, Sources::new().next_id(), &mut sink);
        assert_eq!(sink.diagnostics()[0].code.id, "YAML004");
    }
}

/// Every text between quotes, brackets and line ends that a generator could put into a file.
fn lines() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let line = prop_oneof![
        "( {0,6})[a-c]{1,2}: ?[a-zé\"'{}\\[\\],:#&*!|>-]{0,8}",
        "( {0,6})- ?[a-c\"'{}\\[\\],: ]{0,6}",
        "[ -~\t\r]{0,10}",
        any::<String>(),
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest::proptest! {
    #![proptest_config(crate::chance::cases(256))]

    /// Whatever stands in a file, reading it ends, and every span is a slice of it on character boundaries, inside the
    /// span of what it belongs to.
    #[test]
    fn any_text_is_read_to_an_end_with_spans_inside_it(text in lines()) {
        let source = Source::new("a.yaml", text.clone());
        let mut sink = Sink::new();
        let document = parse(&source, Sources::new().next_id(), &mut sink);
        if let Some(root) = &document.root {
            check_spans(root, &text);
        }
        for label in sink.diagnostics().iter().flat_map(|it| &it.labels) {
            assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
        }
    }
}

fn check_spans(node: &Node<'_>, text: &str) {
    let range = |span: Span| span.start as usize..span.end as usize;
    let slice = text.get(range(node.span)).expect("a span is a slice");
    match &node.kind {
        NodeKind::Scalar { text, plain: true }
            if !slice.starts_with('*') && !slice.contains('\n') =>
        {
            assert_eq!(text, slice);
        }
        NodeKind::Scalar { .. } => {}
        NodeKind::Sequence(items) => items.iter().for_each(|it| check_spans(it, text)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                assert!(text.get(range(entry.key.span)).is_some());
                check_spans(&entry.value, text);
            }
        }
    }
}

/// Reads a text with the general parser, then with the fast reader if the text has the plain shape.
fn both_ways(text: &str) -> (String, Option<String>) {
    let id = Sources::new().next_id();
    let survey = survey::survey(text, id, &mut Sink::new());
    let read = |is_fast: bool| {
        let (mut told, mut secrets) = (Sink::new(), Vec::new());
        let builder = Builder::new(text, id, &survey, &mut told, &mut secrets);
        let document = match is_fast {
            true => plain::read(builder)?,
            false => builder.read(),
        };
        let told: Vec<_> = told
            .diagnostics()
            .iter()
            .map(|it| (it.code.id, it.message.clone(), it.labels.clone()))
            .collect();
        Some(format!("{document:#?} {told:#?} {secrets:?}"))
    };
    let general = read(false).expect("the general parser reads everything");
    (general, if survey.is_plain { read(true) } else { None })
}

#[test]
fn the_plain_shape_is_read_fast_and_the_same() {
    let texts = [
        "users:\n  ana@acme.example:\n    name: Ana Martin\n    teams: [support]\n    access:\n      acme: {role: agent, options: {a: b}, until: 2027-03-31}\n",
        "# a comment\n\nusers: # another\n  dana:\n    email: dana@acme.example  # hers\n    logins: {github: dana-k}\n  \"12\": {}\n",
        "teams:\n  a: {leads: [x, y], note: \"a: b # c\"}\n  b:\nlist:\n- one\n- 'two'\n\n  # deep\n- {k: v}\nlast: it's (so) far, fine",
        "a:\n  - x\n  - y z\nb:\n    c:\n        d: e\n    f: g\nh:\n",
        "a: 1\nb: 2\na: 3\nc: {k: 1, k: 2}\ntoken: hunter2\n",
        "é: x\nb: É\u{a0}é\nc: {d: é}\n",
    ];
    for text in texts {
        let (general, fast) = both_ways(text);
        if text.starts_with('é') {
            assert_eq!(
                fast, None,
                "keys that are not ASCII are left to the general parser"
            );
        } else {
            assert_eq!(fast.as_ref(), Some(&general), "{text}");
        }
    }
}

#[test]
fn another_shape_is_left_to_the_general_parser() {
    for text in [
        "a: b\n  c\n",
        "a: b: c\n",
        "a: &x b\n",
        "a: *x\n",
        "a: !t b\n",
        "a: |\n  b\n",
        "a: \"b\\n\"\n",
        "a: \"b\n",
        "a: 'b''c'\n",
        "a: [b\n",
        "a: [b,c]\n",
        "a: [b: c]\n",
        "a: {b}\n",
        "a: {b: }\n",
        "- a\n",
        " a: b\n",
        "---\na: b\n",
        "a: -\n",
        "a:\n  - - b\n",
        "a:\n  - b: c\n",
        "a:\tb\n",
        "a:b\n",
        "a\n",
        "a: b#c: d\n",
        "? a\n",
        "a: [b] c\n",
        "a: \"b\" c\n",
        "a:\n  b: c\n d: e\n",
        "",
    ] {
        assert_eq!(both_ways(text).1, None, "{text:?}");
    }
}

/// Lines of the plain shape, and now and then something else.
fn plain_lines() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let value = || {
        prop_oneof![
            8 => "[a-c0-9/.+(é][a-c '@:#é-]{0,6}",
            2 => "\"[a-c:#, ']{0,5}\"",
            2 => "\\[(a|b c|'d'|\"e\")(, (a|\\{a: b\\}|c)){0,2}\\]",
            2 => "\\{(a|b): (1|x y)(, (c|\"d\"): (1|\\[\\]|\\{\\})){0,2}\\}",
            1 => "[ -~]{0,5}",
        ]
    };
    let line = prop_oneof![
        8 => ("( {0,2}|    )", "[a-c]{1,2}", value(), "( # c|  )?").prop_map(|(indent, key, value, rest)| format!("{indent}{key}: {value}{rest}")),
        6 => "( {0,2}|    )[a-c\"]{1,2}:( # c)?",
        3 => ("( {0,2}|    )", value()).prop_map(|(indent, value)| format!("{indent}- {value}")),
        1 => "( {0,2})(#.{0,3})?",
        1 => "[ -~]{0,6}",
    ];
    proptest::collection::vec(line, 1..9).prop_map(|lines| lines.join("\n"))
}

proptest::proptest! {
    #![proptest_config(crate::chance::cases(2_000))]

    /// Whatever the fast reader reads, the general parser reads the same, with the same problems.
    #[test]
    fn both_readers_agree(text in plain_lines()) {
        let (general, fast) = both_ways(&text);
        if let Some(fast) = fast {
            assert_eq!(fast, general, "{text}");
        }
    }
}
