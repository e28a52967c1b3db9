//! How the blog's repository is reached, and how secrets are kept out of sight on the way there:
//! they go to git by its environment, never on a command line, where every user of the machine
//! could read them.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use crate::config;

/// What asks for a password is told no, a host is known from the first time on, and a connection
/// that stays open for the next program would hold on to what we read from.
const SSH: &str = "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ControlMaster=no -o StrictHostKeyChecking=accept-new";
/// Where the helper below finds the token.
const TOKEN: &str = "INTAKE_GIT_TOKEN";
/// Git asks it for a password; it is a shell's command.
const HELPER: &str =
    "!f() { test \"$1\" = get && printf 'password=%s\\n' \"$INTAKE_GIT_TOKEN\"; }; f";
/// The name of a user where the token alone counts, as GitHub, GitLab and Forgejo take it.
const ANY_USER: &str = "x-access-token";

/// The way to the blog's repository.
#[derive(Clone)]
pub struct Access {
    url: String,
    key: Option<PathBuf>,
    token: Option<String>,
    /// Whether the installation names its own program for ssh.
    has_own_ssh: bool,
}

impl Access {
    /// As configured; `None` where no repository is.
    pub fn of(settings: &config::Blog) -> Option<Self> {
        let url = settings.url.as_deref()?;
        let mut token = settings.token.clone();
        let mut url = url.to_owned();
        // A password in the address would stand on the command line of git's own helpers.
        if let Some((scheme, rest)) = url.split_once("://")
            && scheme.starts_with("http")
            && let Some((user, host)) = rest.split_once('@')
            && let Some((user, password)) = user.split_once(':')
            && !host.is_empty()
        {
            token = token.or(Some(password.to_owned()));
            url = format!("{scheme}://{user}@{host}");
        }
        if is_path(&url)
            && let Ok(path) = std::path::absolute(&url)
        {
            url = path.to_string_lossy().into_owned();
        }
        Some(Self {
            url,
            key: settings.key.clone(),
            token,
            has_own_ssh: env::var_os("GIT_SSH_COMMAND").is_some()
                || env::var_os("GIT_SSH").is_some(),
        })
    }

    /// Git's settings name a program for ssh, which is not to be replaced by ours.
    pub(super) fn leave_ssh(&mut self) {
        self.has_own_ssh = true;
    }

    /// Whether it lies on this machine.
    pub fn is_local(&self) -> bool {
        is_path(&self.url) || self.url.starts_with("file://")
    }

    /// The address, without what is secret.
    pub fn shown(&self) -> &str {
        &self.url
    }

    /// Gives this git the way to `origin`.
    pub(super) fn give(&self, git: &mut Command) {
        let mut settings = vec![("remote.origin.url".to_owned(), self.url.clone())];
        if self.is_local() {
            let serve = |options: &str, what: &str| format!("git {options} {what}");
            settings.push((
                "remote.origin.uploadpack".to_owned(),
                serve("-c uploadpack.allowFilter=true", "upload-pack"),
            ));
            // What we tell is published must be on this machine's disk by then.
            settings.push((
                "remote.origin.receivepack".to_owned(),
                serve("-c core.fsync=all", "receive-pack"),
            ));
            // For repositories inside it that lie beside it.
            settings.push(("protocol.file.allow".to_owned(), "always".to_owned()));
        }
        if let Some(token) = &self.token
            && let Some((scheme, rest)) = self.url.split_once("://")
        {
            let authority = rest.split('/').next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            // For this host alone, wherever else git is led.
            let own = |what: &str| format!("credential.{scheme}://{host}.{what}");
            settings.push((own("helper"), String::new()));
            settings.push((own("helper"), HELPER.to_owned()));
            if !authority.contains('@') {
                settings.push((own("username"), ANY_USER.to_owned()));
            }
            git.env(TOKEN, token);
        }
        // Those that the environment already holds stay.
        let count = env::var("GIT_CONFIG_COUNT")
            .ok()
            .and_then(|count| count.parse::<usize>().ok())
            .unwrap_or(0);
        git.env("GIT_CONFIG_COUNT", (count + settings.len()).to_string());
        for (index, (key, value)) in settings.into_iter().enumerate() {
            git.env(format!("GIT_CONFIG_KEY_{}", count + index), key);
            git.env(format!("GIT_CONFIG_VALUE_{}", count + index), value);
        }
        if let Some(ssh) = self.ssh() {
            git.env("GIT_SSH_COMMAND", ssh);
        }
    }

    /// The program that reaches the repository by ssh; `None` where the installation names its own.
    fn ssh(&self) -> Option<OsString> {
        if let Some(key) = &self.key {
            let key = std::path::absolute(key).unwrap_or_else(|_| key.clone());
            let key = key.to_string_lossy().replace('\'', r"'\''");
            return Some(format!("{SSH} -o IdentitiesOnly=yes -i '{key}'").into());
        }
        let is_ssh = self.url.starts_with("ssh://") || self.is_scp_like();
        (is_ssh && !self.has_own_ssh).then(|| SSH.into())
    }

    /// `git@example.org:blog.git`.
    fn is_scp_like(&self) -> bool {
        !self.url.contains("://") && !is_path(&self.url)
    }
}

/// As git tells a path from `host:path`: no colon before the first slash.
fn is_path(url: &str) -> bool {
    let before_slash = url.split('/').next().unwrap_or_default();
    !before_slash.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(url: &str, token: Option<&str>) -> Access {
        let mut settings = config::Config::load(None, Vec::new()).unwrap().blog;
        settings.url = Some(url.to_owned());
        settings.token = token.map(str::to_owned);
        Access::of(&settings).unwrap()
    }

    #[test]
    fn a_secret_is_in_the_environment_of_git_and_not_among_its_arguments() {
        for (url, token) in [
            ("https://ann:s3cret@example.org/blog.git", None),
            ("https://example.org/blog.git", Some("s3cret")),
        ] {
            let access = access(url, token);
            assert!(!access.shown().contains("s3cret"));
            let mut git = Command::new("git");
            access.give(&mut git);
            assert!(git.get_args().all(|argument| argument != "s3cret"));
            let given = git
                .get_envs()
                .find(|(name, _)| *name == TOKEN)
                .and_then(|(_, value)| value);
            assert_eq!(given, Some("s3cret".as_ref()));
            let is_scoped = git.get_envs().any(|(_, value)| {
                value.is_some_and(|value| value == "credential.https://example.org.helper")
            });
            assert!(is_scoped);
        }
    }

    #[test]
    fn a_program_for_ssh_of_one_s_own_is_left_alone() {
        for url in ["git@example.org:blog.git", "ssh://example.org/blog.git"] {
            let mut access = access(url, None);
            access.has_own_ssh = false;
            assert_eq!(access.ssh(), Some(SSH.into()));
            access.leave_ssh();
            assert_eq!(access.ssh(), None);
            access.key = Some("/etc/intake/it's".into());
            let ssh = access.ssh().unwrap().into_string().unwrap();
            assert!(ssh.ends_with(r"-i '/etc/intake/it'\''s'"), "{ssh}");
        }
    }

    #[test]
    fn a_path_is_told_from_a_host() {
        assert!(access("blog.git", None).is_local());
        assert!(access("/srv/blog:old/x.git", None).is_local());
        assert!(access("file:///srv/blog.git", None).is_local());
        assert!(!access("git@example.org:blog.git", None).is_local());
        assert!(!access("ssh://example.org/blog.git", None).is_local());
    }
}
