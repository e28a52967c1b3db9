//! What cannot be told of a value alone: whether the settings are possible, and fit each other.

use super::{Blog, Config, Notify, PublicUrl};
use crate::submission::Editor;

impl Config {
    /// The first thing that is wrong, in words.
    pub(super) fn judge(&self) -> Result<(), String> {
        judge_editors(&self.editors)?;
        judge_forms(&self.forms)?;
        if self.secret_key.as_ref().is_some_and(|it| it.len() < 32) {
            return Err(
                "`secret_key` needs at least 32 characters; leave it out to have one made".into(),
            );
        }
        self.blog.judge()
    }
}

fn judge_editors(editors: &[Editor]) -> Result<(), String> {
    if editors.is_empty() {
        return Err(
            "`editors` is empty; name at least one, or nobody hears of what comes in".into(),
        );
    }
    for (at, editor) in editors.iter().enumerate() {
        let others = || editors[..at].iter();
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        if others().any(|other| same(&other.email, &editor.email)) {
            return Err(format!(
                "`editors`: {} has the address of another editor; records know editors by it, so each needs their own",
                editor.name
            ));
        }
        if others().any(|other| same(&other.name, &editor.name)) {
            return Err(format!(
                "`editors`: two have the name {}; add something that tells them apart",
                editor.name
            ));
        }
    }
    Ok(())
}

fn judge_forms(forms: &[String]) -> Result<(), String> {
    if forms.is_empty() {
        return Err("`forms` is empty; name at least one, as in case-study".into());
    }
    let is_of_names = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    for (at, name) in forms.iter().enumerate() {
        let is_name = !name.is_empty() && name.bytes().all(is_of_names);
        if !is_name || forms[..at].contains(name) {
            return Err(format!(
                "`forms`: “{name}” must be the name of a file in forms/, in small letters, digits and hyphens, and stand there once"
            ));
        }
    }
    Ok(())
}

impl Blog {
    fn judge(&self) -> Result<(), String> {
        let url = self.url.as_deref();
        if self.branch.as_ref().is_some_and(|it| !it.is_branch()) {
            return Err("`blog.branch` must be a name that git knows".into());
        }
        let is_address = |url: &str| {
            !url.is_empty() && !url.starts_with('-') && !url.contains(char::is_whitespace)
        };
        if !url.is_none_or(is_address) {
            return Err(
                "`blog.url` must be an address of a repository, as git clone takes it".into(),
            );
        }
        if self.token.is_some() && !url.is_some_and(|url| url.starts_with("https://")) {
            return Err(
                "`blog.token` is for a `blog.url` that begins with https://; by any other way it could be read by others".into(),
            );
        }
        Ok(())
    }
}

impl Notify {
    /// What is wrong with it, if anything is.
    pub fn judge(&self) -> Result<(), &'static str> {
        const SHORTEST: usize = 16;
        let secret = self.secret.as_deref().unwrap_or_default();
        let Some(webhook) = &self.webhook else {
            return Ok(());
        };
        let Ok(url) = url::Url::parse(webhook) else {
            return Err(
                "`notify.webhook` is not an address, as in https://chat.example.org/hooks/…",
            );
        };
        let host = PublicUrl::try_from(url.origin().ascii_serialization());
        let is_here = host.is_ok_and(|host| host.is_loopback());
        if url.scheme() != "https" && (url.scheme() != "http" || !is_here) {
            return Err("`notify.webhook` must begin with https://");
        }
        if secret.chars().count() < SHORTEST {
            return Err(
                "`notify.webhook` needs a `notify.secret` of at least 16 characters, which signs what is sent",
            );
        }
        Ok(())
    }
}
