//! The one rule for addresses that mail can reach.

use validator::ValidateEmail;

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// It is not an address, or none that mail in practice reaches.
    #[error("not a mail address, as in ana@example.org")]
    Malformed,
    /// It looks like an address, but has letters other than ASCII's before the `@`. Mail to those
    /// needs an extension (RFC 6531) that we cannot count on.
    #[error("letters like é before the @, to which mail cannot be sent")]
    LocalPart,
}

/// The address as mail needs it: an international domain in its ASCII form (RFC 5891).
///
/// Stricter than RFC 5321 where mail in practice is: no quoted local parts, no address literals; at
/// most 64 octets before the `@` and 254 in all.
///
/// # Errors
/// What is wrong with it.
pub fn mail_address(text: &str) -> Result<String, AddressProblem> {
    let (local, domain) = text.rsplit_once('@').ok_or(AddressProblem::Malformed)?;
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| AddressProblem::Malformed)?;
    // The rest is judged as if each such letter were one of ASCII's.
    let plain: String = local
        .chars()
        .map(|c| {
            if !c.is_ascii() && c.is_alphanumeric() {
                'a'
            } else {
                c
            }
        })
        .collect();
    let local_fits = local.len() <= 64
        && !plain.starts_with('.')
        && !plain.ends_with('.')
        && !plain.contains("..")
        && plain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
    let domain_fits = !domain.ends_with('.') && !domain.starts_with('[');
    let address = format!("{plain}@{domain}");
    if !local_fits || !domain_fits || address.len() > 254 || !address.validate_email() {
        return Err(AddressProblem::Malformed);
    }
    if plain != local {
        return Err(AddressProblem::LocalPart);
    }
    Ok(address)
}

/// The same for an address that somebody types into a form: its domain has a dot, as in the world
/// at large. Without one it leads to this server or its neighbours, which only an installation's own
/// configuration may ask for; so do addresses of machines and the names for use among neighbours
/// (RFC 6761, RFC 6762).
///
/// # Errors
/// What is wrong with it.
pub fn public_mail_address(text: &str) -> Result<String, AddressProblem> {
    let address = mail_address(text)?;
    let domain = address.rsplit('@').next().unwrap_or_default();
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_machine = last.bytes().all(|byte| byte.is_ascii_digit());
    let is_near = ["internal", "local", "localdomain", "localhost"].contains(&last);
    if !domain.contains('.') || is_machine || is_near {
        return Err(AddressProblem::Malformed);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_mail_can_reach() {
        for bad in [
            "",
            "ana",
            "a..b@example.org",
            ".a@example.org",
            "a@[127.0.0.1]",
            "a b@example.org",
            "a@example.org.",
            "a@-example.org",
            "\"a b\"@example.org",
            "a@b@example.org",
            "ana@example.org\nBcc: x@example.org",
            "é..b@example.org",
        ] {
            assert_eq!(mail_address(bad), Err(AddressProblem::Malformed), "{bad:?}");
        }
        assert_eq!(mail_address("ed@localhost").as_deref(), Ok("ed@localhost"));
        assert_eq!(
            public_mail_address("ed@localhost"),
            Err(AddressProblem::Malformed)
        );
        for near in ["a@127.0.0.1", "a@127.1", "a@mail.local", "a@x.localhost"] {
            assert_eq!(
                public_mail_address(near),
                Err(AddressProblem::Malformed),
                "{near}"
            );
        }
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(mail_address(&long), Err(AddressProblem::Malformed));
        for (fine, ascii) in [
            ("ana@example.org", "ana@example.org"),
            ("a+b@bücher.example", "a+b@xn--bcher-kva.example"),
            ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ] {
            assert_eq!(mail_address(fine).as_deref(), Ok(ascii));
        }
    }

    #[test]
    fn letters_before_the_at_sign_are_told_apart() {
        for address in ["josé@example.org", "почта@пример.example"] {
            assert_eq!(mail_address(address), Err(AddressProblem::LocalPart));
        }
    }
}
