//! Characters of an identity: one script, in their normal form; and what an identity looks like.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::MixedScript as _;

/// Refuses letters of several scripts, and letters that another writing of the same text would not have.
///
/// # Errors
/// What is odd about the text, as a phrase.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.is_ascii() {
        return Ok(());
    }
    let normal: String = text.nfkc().collect();
    if let Some((odd, _)) = text.chars().zip(normal.chars()).find(|(a, b)| a != b)
        && normal != text
    {
        return Err(format!(
            "U+{:04X} is another writing of a plainer character",
            odd as u32
        ));
    }
    if normal != text {
        return Err("it is not in its normal form (NFKC)".to_owned());
    }
    if !text.is_single_script() {
        let codes: Vec<_> = text
            .chars()
            .filter(|c| !c.is_ascii())
            .map(|c| format!("\"{c}\" is U+{:04X}", c as u32))
            .collect();
        return Err(format!(
            "it has letters of several scripts: {}",
            codes.join(", ")
        ));
    }
    Ok(())
}

/// The text with case and compatible writings folded away; equal for texts that some vendor takes for the same.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|it| it.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let normal: String = text.nfkc().collect();
    caseless::default_case_fold_str(&normal).nfkc().collect()
}

/// What the text looks like (UTS 39 skeleton); equal for texts that a reader takes for the same.
pub(super) fn skeleton(folded: &str) -> String {
    unicode_security::skeleton(folded).collect()
}

#[cfg(test)]
mod tests {
    use super::{check, folded, skeleton};

    #[test]
    fn kelvin_sign_long_s_and_ligatures_are_refused() {
        for text in ["mi\u{212a}e", "mi\u{17f}e", "\u{fb01}ona"] {
            assert!(check(text).is_err(), "{text}");
            assert!(folded(text).is_ascii(), "{text}");
        }
    }

    #[test]
    fn dotless_i_looks_like_i() {
        assert!(check("m\u{131}ke").is_ok());
        assert_eq!(skeleton(&folded("m\u{131}ke")), skeleton(&folded("Mike")));
    }
}
