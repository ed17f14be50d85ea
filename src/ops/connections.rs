//! How accounts are reached: what is wrong with a connection is told with the files, before anything is read.

use crate::config::codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::Desired;
use crate::provider::http::check_url;

/// Reports the URLs that no credential is sent to.
pub(super) fn check(desired: &Desired, sink: &mut Sink) {
    for (name, account) in &desired.accounts {
        let connection = &account.connection;
        let Some(Err(why)) = connection.url.as_deref().map(check_url) else {
            continue;
        };
        let message = format!("\"{}\" is not reached: {why}", name.as_str());
        sink.push(Diagnostic::new(&codes::URL_NOT_USED, message).at(connection.span, ""));
    }
}
