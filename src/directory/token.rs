//! Bearer tokens: made from random bytes, stored as hashes, compared in constant time.

use sha2::{Digest as _, Sha256};

use super::reads::hex;

/// The hash of a secret.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two hashes are equal, in a time that does not depend on where they differ.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    let differences = left
        .iter()
        .zip(right)
        .fold(0, |acc, (left, right)| acc | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differences) == 0
}

/// A new token and the id that it is found by: `sp_ID_SECRET`.
pub(super) fn mint(random: [u8; 40]) -> (String, String) {
    let id = hex(&random[..8]);
    let token = format!("sp_{id}_{}", hex(&random[8..]));
    (id, token)
}

/// The id in a token, if it has the shape of one.
pub(super) fn id(token: &str) -> Option<&str> {
    let (id, _) = token.strip_prefix("sp_")?.split_once('_')?;
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_id() {
        let (found, token) = mint([7; 40]);
        assert_eq!(id(&token), Some(found.as_str()));
        assert!(same(&hash(&token), &hash(&token)));
        assert!(!same(&hash(&token), &hash("other")));
        assert_eq!(id("0123"), None);
    }
}
