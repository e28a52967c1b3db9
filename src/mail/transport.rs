//! Where mail goes: a folder, or a mail server; and what became of an attempt.

use std::{fs, path::PathBuf};

use tokio::sync::watch;

use super::{
    MailError, capture,
    connection::{MailServer, Step, Trouble},
    message::Outgoing,
    wrong,
};
use crate::submission::Delivery;

const MALFORMED: &str = "is not of the form smtp://user:password@host:port; write special characters of the password as %XX";

/// Where mail goes. The kinds there are, so an enum.
pub(super) enum Transport {
    /// Each message a file; for development.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Box<MailServer>),
}

/// What became of an attempt to send a message.
pub(super) enum Attempt {
    /// The mail server, or the folder, has it.
    Taken,
    /// This message not now, and why. It may succeed later.
    Later(String),
    /// No message at all just now, and why.
    Unreachable(String),
    /// Never, and why.
    Refused(String),
    /// It was not handed over at all; what the record is to be told.
    NotTried(Delivery),
}

impl Transport {
    /// Reads `folder:PATH`, `smtp://…` or `smtps://…`.
    ///
    /// # Errors
    /// What is wrong with it, without the password.
    pub(super) fn parse(text: &str) -> Result<Self, MailError> {
        if let Some(path) = text.strip_prefix("folder:") {
            if path.is_empty() {
                return Err(wrong("transport", "name a folder, as in folder:mailbox"));
            }
            return Ok(Self::Folder(path.into()));
        }
        if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
            return Err(wrong(
                "transport",
                "must begin with folder:, smtp:// or smtps://",
            ));
        }
        let (address, options) = text.split_once('?').unwrap_or((text, ""));
        if text.contains('#') {
            // What follows it is no part of the address, though it may look like the host.
            return Err(wrong("transport", MALFORMED));
        }
        let url = match (address.starts_with("smtp://"), options) {
            (false, "") => address.to_owned(),
            (true, "") if is_loopback(address) => address.to_owned(),
            (true, "" | "tls=required") => format!("{address}?tls=required"),
            (true, "tls=none") => address.to_owned(),
            _ => {
                return Err(wrong(
                    "transport",
                    "after the ? only tls=none or tls=required is known, and only for smtp://",
                ));
            }
        };
        let is_required = url.ends_with("?tls=required");
        let server = MailServer::at(address, is_required);
        let server = server.ok_or_else(|| wrong("transport", MALFORMED))?;
        Ok(Self::Smtp(Box::new(server)))
    }

    /// Whether the mail server answers, or the folder can be written.
    ///
    /// # Errors
    /// What is wrong, without addresses.
    pub(super) async fn test(&self) -> Result<(), String> {
        match self {
            Self::Folder(folder) => fs::create_dir_all(folder)
                .and_then(|()| tempfile::tempfile_in(folder))
                .map(drop)
                .map_err(|error| format!("{}: {error}", folder.display())),
            Self::Smtp(server) => server
                .test()
                .await
                .map_err(|trouble| masked(&trouble.to_string())),
        }
    }

    /// Hands a message over. At a stop one is left that the server has not got yet; one that it is
    /// getting is finished.
    pub(super) async fn hand_over(
        &self,
        Outgoing { message, file }: Outgoing,
        stop: &watch::Receiver<bool>,
    ) -> Attempt {
        let server = match self {
            Self::Folder(folder) => {
                return match capture::capture(folder, &file, &message.formatted()) {
                    Ok(()) => Attempt::Taken,
                    Err(error) => Attempt::Unreachable(format!("{}: {error}", folder.display())),
                };
            }
            Self::Smtp(server) => server,
        };
        let formatted = message.formatted();
        let mut stop = stop.clone();
        let announced = tokio::select! {
            announced = server.announce(message.envelope(), formatted.is_ascii()) => announced,
            _ = stop.wait_for(|stop| *stop) => {
                return Attempt::Unreachable("the service was stopped".to_owned());
            }
        };
        let sent = match announced {
            Ok(connection) => {
                let handing = server.hand_over(connection, &formatted);
                handing.await.map_err(|trouble| (Step::Message, trouble))
            }
            Err(at) => Err(at),
        };
        match sent {
            Ok(()) => Attempt::Taken,
            Err((step, trouble)) => judge(step, &trouble),
        }
    }
}

/// What follows from an answer. 5xx is for good only where it is about the recipient or the message;
/// what is about us the operator will mend: no mail taken at all, TLS or a password needed or wrong
/// (RFC 4954, section 6), a sender that is not allowed. 421 is the end of the connection at any step
/// (RFC 5321, section 3.8).
fn judge(step: Step, trouble: &Trouble) -> Attempt {
    let words = masked(&trouble.to_string());
    match (step, trouble.code()) {
        (_, None | Some(421 | 530 | 534 | 535 | 538)) | (Step::Greeting, _) => {
            Attempt::Unreachable(words)
        }
        (Step::Sender, Some(500..)) => Attempt::Unreachable(words),
        // Many servers tell only here whom they do not take mail from (RFC 3463: X.7, security).
        (Step::Recipient, Some(500..)) if words.contains(" 5.7.") => Attempt::Later(words),
        (Step::Recipient | Step::Message, Some(500..)) => Attempt::Refused(words),
        (_, Some(_)) => Attempt::Later(words),
    }
}

fn is_loopback(address: &str) -> bool {
    let rest = address.strip_prefix("smtp://").unwrap_or(address);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// A server's words in one short line, without the addresses that they may quote.
pub(crate) fn masked(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains('@') { "…" } else { word })
        .collect();
    words.join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_to_another_machine_is_encrypted_unless_told_otherwise() {
        for (address, local) in [
            ("smtp://localhost:25", true),
            ("smtp://user:p@127.0.0.1", true),
            ("smtp://[::1]:2525", true),
            ("smtp://mail.example.org", false),
            ("smtp://localhost.example.org", false),
            ("smtp://localhost@mail.example.org:587", false),
            ("smtp://mail.example.org:25/x@localhost", false),
        ] {
            assert_eq!(is_loopback(address), local, "{address}");
        }
        for bad in [
            "mailbox",
            "folder:",
            "smtp://",
            "smtp://mail.example.org?tls=maybe",
            "smtps://mail.example.org?tls=none",
            "smtp://mail.example.org:25#x@localhost",
        ] {
            let message = Transport::parse(bad).map(drop).unwrap_err().to_string();
            assert!(message.starts_with("`mail.transport`"), "{message}");
        }
    }

    #[test]
    fn a_password_is_never_in_an_error() {
        let error = Transport::parse("smtp://me:hunter2@mail.example.org:nonsense")
            .map(drop)
            .unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_servers_words_are_kept_without_addresses() {
        assert_eq!(
            masked("permanent error (550): <ana@example.org>: no\r\nsuch   person"),
            "permanent error (550): … no such person"
        );
    }
}
