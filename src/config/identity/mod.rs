//! Who is who: every identity is well formed, belongs to one user, and looks like no other.
//!
//! # Design
//! Linear in the number of users: identities are compared by hash, never in pairs. Three forms of each are looked up: the
//! text itself, the text with case and compatible writings folded away, and the UTS 39 skeleton (what it looks like).
//! Nearly all users share nothing with anybody: they are told from the others by hashes alone, on all threads, and only
//! users who have a hash in common are compared ([`prints`]). Skeletons are made only if some identity is not ASCII: among plain letters and digits, `rn` and `m` are two names that
//! real people have side by side.

mod address;
mod prints;
mod script;

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::prelude::*;

pub(super) use address::canonical;

use self::prints::Prints;
use super::codes;
use super::merge::{Config, Named};
use super::written::User;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Span, Spanned, Word};

/// How many users are read in one go by one thread.
const SHARE: usize = 1_000;

/// The identities of all users, by the users' positions in [`Config::users`].
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// The canonical address of each user who has one.
    addresses: Vec<Option<Word>>,
}

impl Identities {
    /// The canonical address of a user, from `email:` or from the key.
    pub(super) fn address(&self, user: usize) -> Option<&Word> {
        self.addresses.get(user)?.as_ref()
    }

    /// The canonical addresses, by the users' positions.
    pub(super) fn into_addresses(self) -> Vec<Option<Word>> {
        self.addresses
    }
}

/// Checks every user's identities and takes the addresses.
pub(super) fn check(config: &Config, sink: &mut Sink) -> Identities {
    let compares_looks = has_odd_letters(config);
    let shares: Vec<_> = config
        .users
        .as_slice()
        .par_chunks(SHARE)
        .map(|users| check_share(users, compares_looks))
        .collect();
    let mut addresses = Vec::with_capacity(config.users.len());
    let mut prints = Prints::with_room_for(shares.iter().map(|(_, prints, _)| prints));
    for (read, of_share, problems) in shares {
        prints.append(of_share, addresses.len() as u32);
        addresses.extend(read);
        sink.append(problems);
    }
    compare(config, &prints.twins(), compares_looks, sink);
    Identities { addresses }
}

/// Reads the identities of some users, each for itself: the addresses, the prints of all, and what is wrong.
fn check_share(
    users: &[(Spanned<Word>, Box<User>)],
    compares_looks: bool,
) -> (Vec<Option<Word>>, Prints, Sink) {
    let (mut prints, mut sink) = (Prints::default(), Sink::new());
    let mut known = Vec::new();
    let mut addresses = Vec::with_capacity(users.len());
    for (position, (key, user)) in (0u32..).zip(users) {
        addresses.push(read_user(key, user, &mut known, &mut sink));
        warn_of_number(key, &mut sink);
        for identity in known.drain(..) {
            prints.add(position, &identity, compares_looks);
        }
        for former in &user.formerly {
            prints.add_former(position, &former.value);
        }
    }
    (addresses, prints, sink)
}

/// Compares the identities of users who may share some, given by their positions in ascending order.
fn compare(config: &Config, twins: &[u32], compares_looks: bool, sink: &mut Sink) {
    let mut seen = Seen::new(compares_looks);
    let mut known = Vec::new();
    for position in twins {
        let (key, user) = config.users.at(*position as usize);
        // What is wrong with each for itself has been said.
        read_user(key, user, &mut known, &mut Sink::new());
        for identity in known.drain(..) {
            seen.add(*position, &identity, sink);
        }
    }
    check_formers(config, twins, &seen, sink);
}

/// One identity of a user.
struct Known<'a> {
    space: Space<'a>,
    text: Word,
    span: Span,
}

/// Reads the identities of one user, and gives the address.
fn read_user<'a>(
    key: &'a Spanned<Word>,
    user: &'a User,
    known: &mut Vec<Known<'a>>,
    sink: &mut Sink,
) -> Option<Word> {
    let mut add = |space, text: &Word, span| {
        let text = text.clone();
        known.push(Known { space, text, span });
    };
    let from_key = match key.value.contains('@') {
        true => read_address(key, sink),
        false => {
            if check_name(&key.value, key.span, "a user's key", sink) {
                add(Space::Key, &key.value, key.span);
            }
            None
        }
    };
    let from_email = user.email.as_ref().and_then(|it| read_address(it, sink));
    if let Some(address) = &from_key {
        add(Space::Address, address, key.span);
    }
    if let (Some(address), Some(written)) = (&from_email, &user.email)
        && from_key.as_ref() != Some(address)
    {
        add(Space::Address, address, written.span);
    }
    for (login, handle) in user.logins.iter() {
        if check_handle(handle, sink) {
            add(
                Space::Login(login.value.as_str()),
                &handle.value,
                handle.span,
            );
        }
    }
    from_email.or(from_key)
}

fn read_address(written: &Spanned<Word>, sink: &mut Sink) -> Option<Word> {
    if let Some(diagnostic) = wildcard(&written.value, written.span, "an address") {
        sink.push(diagnostic);
        return None;
    }
    match canonical(&written.value) {
        // Nearly all are written as they shall be; these share their text.
        Ok(address) if *address == *written.value => Some(written.value.clone()),
        Ok(address) => Some(Word::new(address)),
        Err(why) => {
            let text = written.value.as_str();
            let message = format!("\"{text}\" is not taken as an address: {why}");
            sink.push(Diagnostic::new(&codes::NOT_AN_ADDRESS, message).at(written.span, ""));
            None
        }
    }
}

/// What is said of a name that stands for many: with a `*`, or a domain without anybody before it. The last word of `what`
/// says whether of people.
pub(super) fn wildcard(name: &str, span: Span, what: &str) -> Option<Diagnostic> {
    let is_domain = || name.strip_prefix('@').is_some_and(|it| it.contains('.'));
    if !name.contains('*') && !is_domain() {
        return None;
    }
    let (many, help) = match what.rsplit(' ').next() {
        Some("user" | "key" | "handle" | "address") | None => (
            "everybody whom".to_owned(),
            "write each person, or a team in which each is named".to_owned(),
        ),
        Some(_) => (
            "everything that".to_owned(),
            "write each by its own name".to_owned(),
        ),
    };
    let message = format!("\"{name}\" would stand for {many} it fits");
    let diagnostic = Diagnostic::new(&codes::WILDCARD, message).at(span, "");
    Some(diagnostic.help(help))
}

/// Checks the names of everything that is not a user.
pub(super) fn check_names(config: &Config, sink: &mut Sink) {
    fn each<T>(things: &Named<T>, what: &str, sink: &mut Sink) {
        for (name, _) in things.iter() {
            let is_name = check_name(&name.value, name.span, what, sink);
            if is_name && name.value.starts_with('@') {
                let message = format!("\"{}\" cannot be {what}: it begins with \"@\"", name.value);
                let diagnostic = Diagnostic::new(&codes::EMPTY_NAME, message).at(name.span, "");
                sink.push(
                    diagnostic.help("write it without the \"@\", here and where it is named"),
                );
            }
        }
    }
    each(&config.teams, "the name of a team", sink);
    each(&config.bundles, "the name of a bundle", sink);
    each(&config.accounts, "the name of an account", sink);
    each(&config.products, "the id of a product", sink);
}

/// Checks the name of anything that becomes part of addresses; false if it was refused.
pub(super) fn check_name(name: &str, span: Span, what: &str, sink: &mut Sink) -> bool {
    check_text(name, span, what, &['/'], sink)
}

/// Checks a name that the vendor's rules decide, not ours: it may hold a slash, as GitHub's teams do.
pub(super) fn check_vendor_name(name: &str, span: Span, what: &str, sink: &mut Sink) -> bool {
    check_text(name, span, what, &[], sink)
}

fn check_text(name: &str, span: Span, what: &str, refused: &[char], sink: &mut Sink) -> bool {
    if let Some(diagnostic) = wildcard(name, span, what).filter(|_| name.contains('*')) {
        sink.push(diagnostic);
        return false;
    }
    let why = if name.is_empty() {
        Some("it is empty".to_owned())
    } else if name.trim() != name {
        Some("it begins or ends with a space".to_owned())
    } else {
        let odd = name.chars().find(|c| refused.contains(c));
        odd.map(|c| format!("it holds \"{c}\""))
    };
    let refused = why
        .map(|why| (&codes::EMPTY_NAME, why))
        .or_else(|| Some((&codes::ODD_CHARACTERS, script::check(name).err()?)));
    if let Some((code, why)) = &refused {
        let message = format!("\"{name}\" cannot be {what}: {why}");
        sink.push(Diagnostic::new(code, message).at(span, ""));
    }
    refused.is_none()
}

fn check_handle(handle: &Spanned<Word>, sink: &mut Sink) -> bool {
    if !check_name(&handle.value, handle.span, "a handle", sink) {
        return false;
    }
    let odd = handle
        .value
        .chars()
        .find(|c| c.is_whitespace() || *c == '@');
    if let Some(c) = odd {
        let text = handle.value.as_str();
        let message = format!("\"{text}\" cannot be a handle: it holds \"{c}\"");
        let mut diagnostic = Diagnostic::new(&codes::EMPTY_NAME, message).at(handle.span, "");
        if let Some(plain) = handle.value.strip_prefix('@') {
            diagnostic = diagnostic.replace(handle.span, format!("write \"{plain}\""), plain);
        }
        sink.push(diagnostic);
    }
    odd.is_none()
}

/// Where an identity must be alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Space<'a> {
    Key,
    Address,
    Login(&'a str),
}

impl Space<'_> {
    fn describe(self, identity: &str) -> String {
        match self {
            Space::Key => format!("the key \"{identity}\""),
            Space::Address => format!("the address \"{identity}\""),
            Space::Login(login) => format!("the {login} handle \"{identity}\""),
        }
    }
}

/// Identities met so far, by what they fold to and by what they look like.
struct Seen<'a> {
    folded: HashMap<(Space<'a>, Word), Owner>,
    looks: HashMap<(Space<'a>, Word), (Owner, Word)>,
    mailboxes: HashMap<Word, Owner>,
    compares_looks: bool,
}

#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    span: Span,
}

/// Whether an identity is not ASCII, or hides that it is not.
fn has_odd_letters(config: &Config) -> bool {
    let is_odd = |text: &Word| !text.is_ascii() || text.contains("xn--");
    config.users.as_slice().par_iter().any(|(key, user)| {
        let email = user.email.as_ref();
        is_odd(&key.value)
            || email.is_some_and(|it| is_odd(&it.value))
            || user.logins.iter().any(|(_, handle)| is_odd(&handle.value))
    })
}

impl<'a> Seen<'a> {
    fn new(compares_looks: bool) -> Self {
        Self {
            folded: HashMap::new(),
            looks: HashMap::new(),
            mailboxes: HashMap::new(),
            compares_looks,
        }
    }

    fn add(&mut self, user: u32, known: &Known<'a>, sink: &mut Sink) {
        let (space, identity, span) = (known.space, &known.text, known.span);
        let owner = Owner { user, span };
        let folded = Word::from(&*script::folded(identity));
        let first = *self.folded.entry((space, folded.clone())).or_insert(owner);
        if first.user != user {
            let message = format!("two users have {}", space.describe(identity));
            sink.push(
                Diagnostic::new(&codes::SAME_IDENTITY, message)
                    .at(span, "the second one")
                    .at(
                        first.span,
                        "the first one; case and ways of writing do not count",
                    )
                    .help("make them one user, or correct the one that is wrong"),
            );
            return;
        }
        if space == Space::Address {
            self.compare_mailboxes(&folded, identity, owner, sink);
        }
        if self.compares_looks {
            self.compare_looks(space, &folded, identity, owner, sink);
        }
    }

    fn compare_looks(
        &mut self,
        space: Space<'a>,
        folded: &str,
        identity: &Word,
        owner: Owner,
        sink: &mut Sink,
    ) {
        let shown = shown(space, folded);
        let look = Word::from(script::skeleton(&shown));
        let (first, other) = self
            .looks
            .entry((space, look))
            .or_insert_with(|| (owner, identity.clone()));
        if first.user == owner.user || (shown.is_ascii() && other.is_ascii()) {
            return;
        }
        let message = format!(
            "{} looks like \"{}\" of another user",
            space.describe(identity),
            other.as_str()
        );
        let codes = shown.chars().chain(other.chars()).filter(|c| !c.is_ascii());
        let codes: Vec<_> = codes
            .map(|c| format!("\"{c}\" is U+{:04X}", c as u32))
            .collect();
        sink.push(
            Diagnostic::new(&codes::LOOK_ALIKE, message)
                .at(owner.span, "")
                .at(first.span, "the other one")
                .note(codes.join(", "))
                .help("type the identity anew, with the letters that are meant"),
        );
    }

    /// Some mail services deliver `a.b+c@` and `ab@` to one mailbox; no rule says which, so it is only said.
    fn compare_mailboxes(&mut self, folded: &str, identity: &Word, owner: Owner, sink: &mut Sink) {
        let Some(mailbox) = mailbox(folded) else {
            return;
        };
        let first = *self.mailboxes.entry(Word::from(mailbox)).or_insert(owner);
        if first.user != owner.user {
            let message = format!(
                "the address \"{}\" differs from another user's only in dots or in a \"+\" part",
                identity.as_str()
            );
            sink.push(
                Diagnostic::new(&codes::NEARLY_SAME, message)
                    .at(owner.span, "")
                    .at(first.span, "the other one")
                    .note("some mail services deliver both to one mailbox"),
            );
        }
    }

    fn owner(&self, space: Space<'a>, identity: &str) -> Option<Owner> {
        let folded = Word::from(&*script::folded(identity));
        self.folded.get(&(space, folded)).copied()
    }
}

/// How an address is shown, and anything else as it is.
fn shown(space: Space<'_>, folded: &str) -> String {
    match (space, folded.split_once('@')) {
        (Space::Address, Some((local, domain))) if domain.contains("xn--") => {
            format!("{local}@{}", idna::domain_to_unicode(domain).0)
        }
        _ => folded.to_owned(),
    }
}

/// The address without what some mail services overlook.
fn mailbox(folded: &str) -> Option<String> {
    let (local, domain) = folded.split_once('@')?;
    let plain = local.split('+').next().unwrap_or(local);
    let mut mailbox = String::with_capacity(folded.len());
    mailbox.extend(plain.chars().filter(|c| *c != '.'));
    mailbox.push('@');
    mailbox.push_str(domain);
    Some(mailbox)
}

/// An earlier identity must be nobody's identity now, and only one user's earlier one; keys must not pass for handles.
fn check_formers<'a>(config: &'a Config, twins: &[u32], seen: &Seen<'a>, sink: &mut Sink) {
    let mut formers: HashMap<Word, Owner> = HashMap::new();
    for user_at in twins.iter().copied() {
        let (key, user) = config.users.at(user_at as usize);
        warn_of_ambiguous_key(user_at, user, seen, sink);
        for former in &user.formerly {
            let now = former_owner(&former.value, seen).filter(|it| it.user != user_at);
            let folded = Word::from(&*script::folded(&former.value));
            let owner = Owner {
                user: user_at,
                span: former.span,
            };
            let before = *formers.entry(folded).or_insert(owner);
            let other = now
                .map(|it| (it.span, "it is this user's now"))
                .or_else(|| {
                    (before.user != user_at).then_some((before.span, "this user names it too"))
                });
            if let Some((span, why)) = other {
                let message = format!(
                    "\"{}\" cannot be an earlier identity of \"{}\"",
                    former.value.as_str(),
                    key.value.as_str()
                );
                sink.push(
                    Diagnostic::new(&codes::FORMER_IN_USE, message)
                        .at(former.span, "")
                        .at(span, why)
                        .help(
                            "an identity that somebody else took over is not a rename: delete it \
                             here",
                        ),
                );
            }
        }
    }
}

/// The user whose identity a `formerly` entry is now.
fn former_owner<'a>(former: &'a Word, seen: &Seen<'a>) -> Option<Owner> {
    let (space, identity) = former_identity(former)?;
    seen.owner(space, &identity)
}

/// What a `formerly` entry names: an address, `LOGIN:HANDLE`, or a key.
fn former_identity(former: &Word) -> Option<(Space<'_>, Cow<'_, str>)> {
    if former.contains('@') {
        return Some((Space::Address, canonical(former).ok()?));
    }
    Some(match former.split_once(':') {
        Some((login, handle)) => (Space::Login(login), handle.into()),
        None => (Space::Key, former.as_str().into()),
    })
}

fn warn_of_number(key: &Spanned<Word>, sink: &mut Sink) {
    let text = key.value.as_str();
    if !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
        let message = format!("the key \"{text}\" looks like an id that a vendor has given");
        sink.push(
            Diagnostic::new(&codes::AMBIGUOUS_KEY, message)
                .at(key.span, "it is only ever read as a key of this estate")
                .help("take a key that people recognise"),
        );
    }
}

fn warn_of_ambiguous_key<'a>(position: u32, user: &'a User, seen: &Seen<'a>, sink: &mut Sink) {
    for (login, handle) in user.logins.iter() {
        let other = seen
            .owner(Space::Key, &handle.value)
            .filter(|it| it.user != position);
        if let Some(other) = other {
            let message = format!(
                "the {} handle \"{}\" is the key of another user",
                login.value.as_str(),
                handle.value.as_str()
            );
            sink.push(
                Diagnostic::new(&codes::AMBIGUOUS_KEY, message)
                    .at(handle.span, "this user has the handle")
                    .at(other.span, "access written for this key is this user's"),
            );
        }
    }
}
