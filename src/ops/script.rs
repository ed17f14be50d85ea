//! Scripts for the embedded directory, read from YAML.

use std::path::Path;

use super::Error;
use super::problems::Problems;
use crate::diagnostic::Sink;
use crate::directory::{Act, Line};
use crate::env::Env;
use crate::model::AccountName;
use crate::product::Product;
use crate::text::{Source, Sources, Spanned, Word};
use crate::yaml::{self, Decode as _, Decoder, Entries, decode_enum, decode_struct};

decode_struct! {
    /// A script that plays the vendor and the people.
    pub struct File("a script") {
        /// The lines; the first that fits plays.
        pub script: Vec<Spanned<Entry>>,
    }
}

decode_struct! {
    /// One line of a script.
    pub struct Entry("a line of a script") {
        /// The account; every account if not written.
        pub account: Option<Word>,
        /// The operation that it plays upon: `access.create`; every one if not written.
        pub upon: Option<Word>,
        /// Whom or what it is about, with `*` for any letters; everything if not written.
        pub who: Option<Word>,
        /// What happens.
        pub r#do: Do,
        /// For `accept`, `activate` and `send`: how many requests later; at once if not written.
        pub after: Option<u32>,
        /// For `send`: what is sent, by field.
        pub values: Entries<Word>,
        /// For `refuse`: the vendor's words.
        pub why: Option<String>,
        /// For `slow`: milliseconds.
        pub ms: Option<u32>,
        /// How often it plays; always if not written.
        pub times: Option<u32>,
    }
}

decode_enum! {
    /// What happens.
    pub enum Do {
        /// The person accepts the invitation.
        Accept = "accept",
        /// The person activates what was granted; the same as `accept`.
        Activate = "activate",
        /// A third party sends what only they know, such as a code.
        Send = "send",
        /// The person never answers.
        Ignore = "ignore",
        /// The vendor refuses.
        Refuse = "refuse",
        /// The vendor takes its time.
        Slow = "slow",
    }
}

/// Reads a script.
///
/// # Errors
/// If the file cannot be read, or is no script.
pub(super) fn read(env: &Env, path: &Path) -> Result<Vec<Line>, Error> {
    let bytes = env.read(path).map_err(|error| Error::read(path, &error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::read(path, &std::io::Error::other("it is not UTF-8")))?;
    let (mut sources, mut sink) = (Sources::new(), Sink::new());
    let source = Source::new(path.display().to_string(), text);
    let document = yaml::parse(&source, sources.next_id(), &mut sink);
    let mut cx = Decoder::new();
    let file = document
        .root
        .as_ref()
        .and_then(|root| File::decode(root, &mut cx));
    sink.append(cx.sink);
    let mut lines = Vec::new();
    for entry in file.iter().flat_map(|it| &it.script) {
        match line(entry) {
            Some(line) => lines.push(line),
            None => {
                let mut cx = Decoder::new();
                let key = match entry.value.r#do {
                    Do::Slow => "ms",
                    Do::Send => "values",
                    _ => "why",
                };
                cx.missing_key::<Entry>(key, entry.span, "a line of a script");
                sink.append(cx.sink);
            }
        }
    }
    drop(document);
    sources.add(source);
    match sink.has_errors() {
        true => Err(Error::Files(Box::new(Problems::new(sources, sink)))),
        false => Ok(lines),
    }
}

/// Whether what the lines send is something that one of the products waits for.
///
/// # Errors
/// The first field that is not, as a phrase; raw.
pub(super) fn check(lines: &[Line], products: &[&Product]) -> Result<(), String> {
    let kinds = products.iter().flat_map(|it| it.objects.iter());
    let fields = kinds.flat_map(|(_, it)| it.fields.iter());
    let later = fields.filter(|(_, it)| it.later == Some(true));
    let later: Vec<&str> = later.map(|(name, _)| name.value.as_str()).collect();
    for line in lines {
        let Act::Send { values, .. } = &line.act else {
            continue;
        };
        for field in values.keys() {
            if !later.contains(&field.as_str()) {
                return Err(format!(
                    "it sends \"{field}\", which is no field that is given later"
                ));
            }
        }
    }
    Ok(())
}

/// A line; `None` if it lacks what its act needs.
fn line(entry: &Spanned<Entry>) -> Option<Line> {
    let it = &entry.value;
    let text = |word: &Option<Word>| word.as_ref().map(|it| it.as_str().to_owned());
    let act = match it.r#do {
        Do::Accept | Do::Activate => Act::Accept {
            after: it.after.unwrap_or(0),
        },
        Do::Send => Act::Send {
            values: match it.values.is_empty() {
                true => return None,
                false => (it.values.iter())
                    .map(|(name, it)| (name.value.as_str().to_owned(), it.as_str().to_owned()))
                    .collect(),
            },
            after: it.after.unwrap_or(0),
        },
        Do::Ignore => Act::Ignore,
        Do::Refuse => Act::Refuse(it.why.clone()?),
        Do::Slow => Act::Slow(std::time::Duration::from_millis(it.ms?.into())),
    };
    Some(Line {
        account: it.account.as_ref().map(|it| AccountName::new(it.as_str())),
        upon: text(&it.upon),
        who: text(&it.who),
        times: it.times,
        act,
    })
}
