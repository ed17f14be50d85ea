//! Who is who: every identity is well formed, belongs to one user, and looks like no other.
//!
//! # Design
//! Linear in the number of users: identities are compared by hash, never in pairs. Three forms of each are looked up: the
//! text itself, the text with case and compatible writings folded away, and the UTS 39 skeleton (what it looks like).
//! Skeletons are made only if some identity is not ASCII: among plain letters and digits, `rn` and `m` are two names that
//! real people have side by side.

mod address;
mod script;

use std::collections::HashMap;

pub(super) use address::canonical;

use super::codes;
use super::merge::{Config, Named};
use super::written::User;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Span, Spanned, Word};

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
}

/// Checks every user's identities and takes the addresses.
pub(super) fn check(config: &Config, sink: &mut Sink) -> Identities {
    let mut seen = Seen::new(config);
    let mut addresses = Vec::with_capacity(config.users.len());
    for (position, (key, user)) in config.users.iter().enumerate() {
        addresses.push(check_user(position as u32, key, user, &mut seen, sink));
    }
    check_formers(config, &seen, sink);
    Identities { addresses }
}

fn check_user<'a>(
    position: u32,
    key: &'a Spanned<Word>,
    user: &'a User,
    seen: &mut Seen<'a>,
    sink: &mut Sink,
) -> Option<Word> {
    let from_key = match key.value.contains('@') {
        true => read_address(key, sink),
        false => {
            if check_name(&key.value, key.span, "a user's key", sink) {
                seen.add(Space::Key, &key.value, position, key.span, sink);
            }
            None
        }
    };
    let from_email = user.email.as_ref().and_then(|it| read_address(it, sink));
    if let Some(address) = &from_key {
        seen.add(Space::Address, address, position, key.span, sink);
    }
    if let (Some(address), Some(written)) = (&from_email, &user.email)
        && from_key.as_ref() != Some(address)
    {
        seen.add(Space::Address, address, position, written.span, sink);
    }
    for (login, handle) in user.logins.iter() {
        if check_handle(handle, sink) {
            let space = Space::Login(login.value.as_str());
            seen.add(space, &handle.value, position, handle.span, sink);
        }
    }
    from_email.or(from_key)
}

fn read_address(written: &Spanned<Word>, sink: &mut Sink) -> Option<Word> {
    match canonical(&written.value) {
        Ok(address) => Some(address),
        Err(why) => {
            let text = written.value.as_str();
            let message = format!("\"{text}\" is not taken as an address: {why}");
            sink.push(Diagnostic::new(&codes::NOT_AN_ADDRESS, message).at(written.span, ""));
            None
        }
    }
}

/// Checks the names of everything that is not a user.
pub(super) fn check_names(config: &Config, sink: &mut Sink) {
    fn each<T>(things: &Named<T>, what: &str, sink: &mut Sink) {
        for (name, _) in things.iter() {
            check_name(&name.value, name.span, what, sink);
        }
    }
    each(&config.teams, "the name of a team", sink);
    each(&config.bundles, "the name of a bundle", sink);
    each(&config.accounts, "the name of an account", sink);
    each(&config.products, "the id of a product", sink);
}

/// Checks the name of anything that becomes part of addresses; false if it was refused.
pub(super) fn check_name(name: &str, span: Span, what: &str, sink: &mut Sink) -> bool {
    check_text(name, span, what, &['/', '*'], sink)
}

/// Checks a name that the vendor's rules decide, not ours: it may hold a slash, as GitHub's teams do.
pub(super) fn check_vendor_name(name: &str, span: Span, what: &str, sink: &mut Sink) -> bool {
    check_text(name, span, what, &['*'], sink)
}

fn check_text(name: &str, span: Span, what: &str, refused: &[char], sink: &mut Sink) -> bool {
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

impl<'a> Seen<'a> {
    fn new(config: &'a Config) -> Self {
        let is_odd = |text: &Word| !text.is_ascii() || text.contains("xn--");
        let compares_looks = config.users.iter().any(|(key, user)| {
            let email = user.email.as_ref();
            is_odd(&key.value)
                || email.is_some_and(|it| is_odd(&it.value))
                || user.logins.iter().any(|(_, handle)| is_odd(&handle.value))
        });
        Self {
            folded: HashMap::with_capacity(config.users.len()),
            looks: HashMap::new(),
            mailboxes: HashMap::new(),
            compares_looks,
        }
    }

    fn add(&mut self, space: Space<'a>, identity: &Word, user: u32, span: Span, sink: &mut Sink) {
        let owner = Owner { user, span };
        let folded = Word::from(script::folded(identity));
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
        let shown = match (space, folded.split_once('@')) {
            (Space::Address, Some((local, domain))) if domain.contains("xn--") => {
                format!("{local}@{}", idna::domain_to_unicode(domain).0)
            }
            _ => folded.to_owned(),
        };
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
        let Some((local, domain)) = folded.split_once('@') else {
            return;
        };
        let plain = local.split('+').next().unwrap_or(local);
        let mut mailbox: String = plain.chars().filter(|c| *c != '.').collect();
        mailbox.push('@');
        mailbox.push_str(domain);
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
        let folded = Word::from(script::folded(identity));
        self.folded.get(&(space, folded)).copied()
    }
}

/// An earlier identity must be nobody's identity now, and only one user's earlier one; keys must not pass for handles.
fn check_formers<'a>(config: &'a Config, seen: &Seen<'a>, sink: &mut Sink) {
    let mut formers: HashMap<Word, Owner> = HashMap::new();
    for (position, (key, user)) in config.users.iter().enumerate() {
        let user_at = position as u32;
        warn_of_ambiguous_key(key, user_at, user, seen, sink);
        for former in &user.formerly {
            let now = former_owner(&former.value, seen).filter(|it| it.user != user_at);
            let folded = Word::from(script::folded(&former.value));
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

/// The user whose identity a `formerly` entry is now: an address, `LOGIN:HANDLE`, or a key.
fn former_owner<'a>(former: &'a Word, seen: &Seen<'a>) -> Option<Owner> {
    if former.contains('@') {
        let address = canonical(former).ok()?;
        return seen.owner(Space::Address, &address);
    }
    match former.split_once(':') {
        Some((login, handle)) => seen.owner(Space::Login(login), handle),
        None => seen.owner(Space::Key, former),
    }
}

fn warn_of_ambiguous_key<'a>(
    key: &'a Spanned<Word>,
    position: u32,
    user: &'a User,
    seen: &Seen<'a>,
    sink: &mut Sink,
) {
    let text = key.value.as_str();
    if !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
        let message = format!("the key \"{text}\" looks like an id that a vendor has given");
        sink.push(
            Diagnostic::new(&codes::AMBIGUOUS_KEY, message)
                .at(key.span, "it is only ever read as a key of this estate")
                .help("take a key that people recognise"),
        );
    }
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
