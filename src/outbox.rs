//! Letters → mail: rendering, the transports, and the worker that sends what is owed.
//!
//! A letter is part of its submission's record, so the outbox keeps nothing of its own: it looks
//! for letters that are due, sends them one by one, and records how that ended. A mail server that
//! is down, slow or refusing therefore delays letters and nothing else. The only module that knows
//! the mail library.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::PoolConfig,
};
use mailparse::MailHeaderMap;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::{
    case_study::FIELDS,
    changes,
    config::Mail,
    keys::Keys,
    queue::{Queue, QueueError},
    submission::{Delivery, Editor, Happening, Letter, LetterKind, Recipient, Submission},
    templates::{TemplateError, Templates},
};

/// How long a mail server may take to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a whole letter may take, however slow the server; RFC 5321, section 4.5.3.2, would
/// allow more, but a worker that hangs helps nobody.
const SEND_TIMEOUT: Duration = Duration::from_secs(120);
/// How often to look for letters that another process has put into the queue.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// A mail setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`mail.{key}`: {message}")]
pub struct MailError {
    key: &'static str,
    message: String,
}

fn wrong(key: &'static str, message: impl Into<String>) -> MailError {
    MailError {
        key,
        message: message.into(),
    }
}

const MALFORMED: &str = "is not of the form smtp://user:password@host:port; write special characters of the password as %XX";

/// Where letters go. The kinds there are, so an enum.
enum Transport {
    /// Each letter a file; for development.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

impl Transport {
    /// `folder:PATH`, `smtp://…` or `smtps://…`.
    fn parse(text: &str) -> Result<Self, MailError> {
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
        // The library's words could quote the password.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| wrong("transport", MALFORMED))?;
        Ok(Self::Smtp(Box::new(
            builder
                .timeout(Some(CONNECT_TIMEOUT))
                .pool_config(PoolConfig::new().max_size(1))
                .build(),
        )))
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

/// RFC 3834, section 5: keeps out-of-office answers away.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Why a letter could not even be written.
#[derive(Debug, thiserror::Error)]
enum LetterError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the address is not one that mail can be sent to")]
    Address,
    #[error("the letter could not be put together")]
    Message,
}

/// What templates of letters are given: exactly this, so that nothing else can get into a letter.
#[derive(Serialize)]
#[serde(untagged)]
enum Words<'a> {
    /// To whoever typed the address, which may be anybody's: nothing that was typed.
    Stranger {
        reference: String,
        private_url: String,
    },
    /// To the campaigner, by an editor's decision.
    Campaigner {
        title: &'a str,
        note: &'a str,
        /// Where the post is, in the letter that tells of it.
        address: &'a str,
        to_be_merged: bool,
        at_fields: Vec<AtField<'a>>,
    },
    /// To an editor.
    Editor {
        title: &'a str,
        organisation: &'a str,
        note: &'a str,
        desk_url: String,
    },
}

#[derive(Serialize)]
struct AtField<'a> {
    label: &'a str,
    text: &'a str,
}

/// A letter put into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The words that an editor may change before they go.
    pub body: String,
    /// What stands below them whatever they are: the private link.
    closing: String,
    /// What the letter is about, set apart: a draft, or changes.
    block: String,
    /// The post's address, where the letter names it.
    address: String,
}

/// Sends the queue's letters.
pub struct Outbox {
    queue: Arc<Queue>,
    templates: Arc<Templates>,
    keys: Keys,
    public_url: String,
    transport: Transport,
    from: Mailbox,
    reply_to: Mailbox,
    wake: Notify,
}

impl Outbox {
    /// An outbox for this queue. `public_url` has no slash at its end.
    ///
    /// # Errors
    /// When a mail setting cannot be used.
    pub fn new(
        mail: &Mail,
        public_url: &str,
        queue: Arc<Queue>,
        templates: Arc<Templates>,
        keys: Keys,
    ) -> Result<Self, MailError> {
        let mailbox = |key, text: &str| {
            text.parse::<Mailbox>()
                .ok()
                .and_then(|mailbox| {
                    let address = deliverable(mailbox.email.as_ref())?;
                    Some(Mailbox::new(mailbox.name, address))
                })
                .ok_or_else(|| {
                    wrong(
                        key,
                        "must be an address, as in Case studies <case-studies@example.org>",
                    )
                })
        };
        let from = mailbox("from", &mail.from)?;
        let reply_to = match &mail.reply_to {
            Some(text) => mailbox("reply_to", text)?,
            None => from.clone(),
        };
        Ok(Self {
            queue,
            templates,
            keys,
            public_url: public_url.to_owned(),
            transport: Transport::parse(&mail.transport)?,
            from,
            reply_to,
            wake: Notify::new(),
        })
    }

    /// Tells the worker that there is something new to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The folder of captured mail, when letters go to one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.transport {
            Transport::Folder(folder) => Some(folder),
            Transport::Smtp(_) => None,
        }
    }

    /// Renders every kind of letter for this submission, to try the templates.
    ///
    /// # Errors
    /// The first template that does not fit.
    pub fn try_templates(&self, submission: &Submission) -> Result<(), TemplateError> {
        let Some(letter) = submission.letters.first() else {
            return Ok(());
        };
        for kind in LetterKind::ALL {
            let letter = Letter {
                kind,
                ..letter.clone()
            };
            let rendered = self.render(submission, &letter)?;
            self.html(&rendered)?;
        }
        Ok(())
    }

    /// Whether the mail server answers, or the folder can be written.
    ///
    /// # Errors
    /// What is wrong, without addresses.
    pub async fn test(&self) -> Result<(), String> {
        match &self.transport {
            Transport::Folder(folder) => fs::create_dir_all(folder)
                .and_then(|()| tempfile::tempfile_in(folder))
                .map(drop)
                .map_err(|error| format!("{}: {error}", folder.display())),
            Transport::Smtp(smtp) => {
                match tokio::time::timeout(CONNECT_TIMEOUT, smtp.test_connection()).await {
                    Ok(Ok(true)) => Ok(()),
                    Ok(Ok(false)) => Err("the mail server did not answer as expected".into()),
                    Ok(Err(error)) => Err(masked(&error.to_string())),
                    Err(_) => Err("the mail server does not answer".into()),
                }
            }
        }
    }

    /// Sends letters until `stop` says true; a letter under way is finished first. At the start
    /// every letter owed is tried at once: perhaps the restart is what mended the mail.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut right_to_send = None;
        let mut at_start = true;
        while !*stop.borrow() {
            if right_to_send.is_none() {
                right_to_send = self.queue.right_to_send().unwrap_or_else(|error| {
                    tracing::error!(%error, "letters cannot be sent");
                    None
                });
                if let (Some(_), Transport::Folder(folder)) = (&right_to_send, &self.transport) {
                    sweep(folder);
                }
            }
            let mut pause = LOOK_AGAIN;
            if right_to_send.is_some() {
                match self.send_due(at_start, &stop).await {
                    Ok(next) => {
                        at_start = false;
                        if let Some(next) = next {
                            let left = next.duration_since(Timestamp::now());
                            pause = pause.min(left.try_into().unwrap_or(Duration::ZERO));
                        }
                    }
                    Err(error) => tracing::error!(%error, "the queue cannot be read for letters"),
                }
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Sends every letter that is due, or every one owed if `all`; answers when the next is due.
    /// For one caller at a time, who has [`Queue::right_to_send`].
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn send_due(
        &self,
        all: bool,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Timestamp>, QueueError> {
        let now = Timestamp::now();
        let mut waiting: Vec<(Timestamp, Uuid)> = self
            .list()
            .await?
            .into_iter()
            .filter(|(due, _)| all || *due <= now)
            .collect();
        waiting.sort_unstable();
        for (_, id) in waiting {
            let Some(submission) = self.blocking(move |queue| queue.get(id)).await? else {
                continue;
            };
            for letter in &submission.letters {
                if *stop.borrow() {
                    return Ok(None);
                }
                if letter.due().is_some_and(|due| all || due <= now) {
                    let delivery = self.send(&submission, letter).await;
                    self.record(id, letter.number, delivery, stop).await;
                }
            }
        }
        Ok(self.list().await?.into_iter().map(|(due, _)| due).min())
    }

    /// Sends an editor the link to sign in with. It is no part of any record, so it is tried for a
    /// short while only; who gets none asks again.
    pub async fn send_sign_in(&self, editor: &Editor, link: &str) {
        #[derive(Serialize)]
        struct SignIn<'a> {
            link: &'a str,
        }
        let id = Uuid::now_v7();
        let written = || -> Result<Message, LetterError> {
            let part = |file: &str| {
                self.templates
                    .render(&format!("letters/sign_in/{file}"), &SignIn { link })
            };
            let rendered = Rendered {
                subject: part("subject.txt")?.trim().to_owned(),
                body: part("body.txt")?.trim().to_owned(),
                closing: String::new(),
                block: String::new(),
                address: String::new(),
            };
            self.message(
                &rendered,
                Some(editor.name.clone()),
                &editor.email,
                format!("<{id}@{}>", self.from.email.domain()),
                Timestamp::now(),
            )
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => return tracing::error!(%error, "a sign-in letter cannot be written"),
        };
        let name = format!("{}-{id}.eml", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"));
        for pause in [1, 5, 15, 0] {
            match self.hand_over(message.clone(), &name).await {
                Delivery::Taken => return tracing::info!(kind = "sign_in", "sent"),
                Delivery::Refused(trouble) => {
                    return tracing::error!(kind = "sign_in", trouble, "refused for good");
                }
                Delivery::Later(trouble) => {
                    tracing::warn!(kind = "sign_in", trouble, "not sent");
                }
            }
            if pause > 0 {
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }

    async fn list(&self) -> Result<Vec<(Timestamp, Uuid)>, QueueError> {
        let listing = self.blocking(Queue::list).await?;
        Ok(listing
            .summaries
            .iter()
            .filter_map(|summary| Some((summary.next_letter?, summary.id)))
            .collect())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Queue) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let queue = Arc::clone(&self.queue);
        match tokio::task::spawn_blocking(move || work(&queue)).await {
            Ok(answer) => answer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Keeps at it until it is recorded: a letter that a server took must not be sent again
    /// because our disk was full for a while.
    async fn record(
        &self,
        id: Uuid,
        number: u32,
        delivery: Delivery,
        stop: &watch::Receiver<bool>,
    ) {
        loop {
            let outcome = delivery.clone();
            let now = Timestamp::now();
            match self
                .blocking(move |queue| {
                    queue.update(id, |submission| {
                        submission.letter_tried(number, outcome, now);
                    })
                })
                .await
            {
                Ok(_) => return,
                // Nothing more is sent of a record that cannot be read, so nothing goes twice.
                Err(error @ QueueError::Unreadable { .. }) => {
                    return tracing::error!(%error, submission = %id, letter = number, "cannot record how a letter was sent");
                }
                Err(error) => {
                    tracing::error!(%error, submission = %id, letter = number, "cannot record how a letter was sent");
                    if *stop.borrow() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn send(&self, submission: &Submission, letter: &Letter) -> Delivery {
        let (id, number, kind) = (submission.id, letter.number, letter.kind.name());
        let message = match self.write(submission, letter) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(submission = %id, letter = number, kind, %error, "a letter cannot be written");
                return match error {
                    LetterError::Template(_) => Delivery::Later(error.to_string()),
                    LetterError::Address | LetterError::Message => {
                        Delivery::Refused(error.to_string())
                    }
                };
            }
        };
        let delivery = self.hand_over(message, &captured_name(letter, id)).await;
        match &delivery {
            Delivery::Taken => tracing::info!(submission = %id, letter = number, kind, "sent"),
            Delivery::Later(trouble) => {
                let trouble = for_the_log(trouble);
                tracing::warn!(submission = %id, letter = number, kind, trouble, "not sent, will be tried again");
            }
            Delivery::Refused(trouble) => {
                let trouble = for_the_log(trouble);
                tracing::error!(submission = %id, letter = number, kind, trouble, "refused for good");
            }
        }
        delivery
    }

    async fn hand_over(&self, message: Message, name: &str) -> Delivery {
        match &self.transport {
            Transport::Folder(folder) => match capture(folder, name, &message.formatted()) {
                Ok(()) => Delivery::Taken,
                Err(error) => Delivery::Later(format!("{}: {error}", folder.display())),
            },
            Transport::Smtp(smtp) => {
                match tokio::time::timeout(SEND_TIMEOUT, smtp.send(message)).await {
                    Ok(Ok(_)) => Delivery::Taken,
                    Ok(Err(error)) if is_final(&error) => {
                        Delivery::Refused(masked(&error.to_string()))
                    }
                    Ok(Err(error)) => Delivery::Later(masked(&error.to_string())),
                    Err(_) => Delivery::Later("the mail server took too long".to_owned()),
                }
            }
        }
    }

    fn write(&self, submission: &Submission, letter: &Letter) -> Result<Message, LetterError> {
        let rendered = self.render(submission, letter)?;
        // Nobody must be able to have us write words of theirs to a stranger, so the campaigner's
        // name does not stand in the header.
        let (name, address) = match (&letter.to, &submission.contact) {
            (Recipient::Campaigner, Some(contact)) => (None, &contact.email),
            (Recipient::Campaigner, None) => return Err(LetterError::Address),
            (Recipient::Editor(editor), _) => (Some(editor.name.clone()), &editor.email),
        };
        let id = format!(
            "<{}.{}@{}>",
            submission.id,
            letter.number,
            self.from.email.domain()
        );
        self.message(&rendered, name, address, id, letter.made)
    }

    fn message(
        &self,
        rendered: &Rendered,
        name: Option<String>,
        address: &str,
        id: String,
        made: Timestamp,
    ) -> Result<Message, LetterError> {
        let to = Mailbox::new(
            name.filter(|name| !name.chars().any(char::is_control)),
            deliverable(address).ok_or(LetterError::Address)?,
        );
        Message::builder()
            .from(self.from.clone())
            .reply_to(self.reply_to.clone())
            .to(to)
            .subject(rendered.subject.clone())
            .date(SystemTime::try_from(made).unwrap_or(SystemTime::UNIX_EPOCH))
            .message_id(Some(id))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                rendered.text(),
                self.html(rendered)?,
            ))
            .map_err(|_| LetterError::Message)
    }

    /// The letter in words, as it would go now.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn render(
        &self,
        submission: &Submission,
        letter: &Letter,
    ) -> Result<Rendered, TemplateError> {
        let id = submission.id;
        let case_study = submission.case_study();
        let event = submission.history.get(letter.about);
        let no_fields = BTreeMap::new();
        let (note, at_fields) = match event.map(|event| &event.what) {
            Some(Happening::ChangesRequested { note, at_fields }) => (note.as_str(), at_fields),
            Some(
                Happening::Declined { words: note }
                | Happening::TakenDown { words: note, .. }
                | Happening::Suggested { text: note }
                | Happening::Withdrawn { reason: note },
            ) => (note.as_str(), &no_fields),
            _ => ("", &no_fields),
        };
        let (address, to_be_merged) = match event.map(|event| &event.what) {
            Some(Happening::Published {
                address,
                to_be_merged,
                ..
            }) => (address.as_str(), *to_be_merged),
            Some(Happening::TakenDown { to_be_merged, .. }) => ("", *to_be_merged),
            _ => ("", false),
        };
        let private = || Words::Stranger {
            reference: id.to_string(),
            private_url: format!(
                "{}/mine/{id}/{}",
                self.public_url,
                self.keys.private_key(id)
            ),
        };
        let words = match letter.kind {
            LetterKind::Receipt | LetterKind::Link => private(),
            LetterKind::Approved
            | LetterKind::ChangesRequested
            | LetterKind::Declined
            | LetterKind::TakenBack
            | LetterKind::Published
            | LetterKind::TakenDown => Words::Campaigner {
                title: &case_study.title,
                note,
                address,
                to_be_merged,
                at_fields: FIELDS
                    .iter()
                    .filter_map(|field| {
                        Some(AtField {
                            label: field.label,
                            text: at_fields.get(field.name)?,
                        })
                    })
                    .collect(),
            },
            LetterKind::Received
            | LetterKind::Corrected
            | LetterKind::Resubmitted
            | LetterKind::Accepted
            | LetterKind::Suggested
            | LetterKind::Withdrawn
            | LetterKind::Erased => Words::Editor {
                title: &case_study.title,
                organisation: &case_study.organisation,
                note,
                desk_url: format!("{}/desk/{id}", self.public_url),
            },
        };
        let block = match letter.kind {
            LetterKind::Received => submission.draft.clone(),
            LetterKind::Corrected | LetterKind::Resubmitted => {
                let after = event.map_or(0, |event| event.revision);
                let revision = |index: usize| submission.revisions.get(index);
                match (after.checked_sub(1).and_then(revision), revision(after)) {
                    (Some(before), Some(after)) => {
                        changes::as_text(&changes::between(before, after))
                    }
                    _ => String::new(),
                }
            }
            _ => String::new(),
        };
        let closing = match words {
            Words::Campaigner { .. } => self.templates.render("letters/closing.txt", &private())?,
            Words::Stranger { .. } | Words::Editor { .. } => String::new(),
        };
        let part = |file: &str| {
            self.templates
                .render(&format!("letters/{}/{file}", letter.kind.name()), &words)
        };
        let body = match &letter.words {
            Some(words) => words.clone(),
            None => part("body.txt")?,
        };
        Ok(Rendered {
            subject: part("subject.txt")?
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            body: body.trim().to_owned(),
            closing: closing.trim().to_owned(),
            block,
            address: address.to_owned(),
        })
    }

    fn html(&self, rendered: &Rendered) -> Result<String, TemplateError> {
        #[derive(Serialize)]
        struct Html<'a> {
            paragraphs: Vec<Vec<Line<'a>>>,
            block: &'a str,
        }
        #[derive(Serialize)]
        struct Line<'a> {
            text: &'a str,
            link: bool,
        }
        let paragraphs = rendered
            .body
            .split("\n\n")
            .chain(rendered.closing.split("\n\n"))
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| {
                let line = |text| Line {
                    text,
                    link: !text.contains(char::is_whitespace)
                        && (text.starts_with(&self.public_url)
                            || (!text.is_empty() && text == rendered.address)),
                };
                paragraph.trim().lines().map(line).collect()
            })
            .collect();
        let block = rendered.block.trim_end();
        self.templates
            .render("letters/letter.html", &Html { paragraphs, block })
    }
}

impl Rendered {
    fn text(&self) -> String {
        const RULE: &str =
            "------------------------------------------------------------------------";
        let mut text = self.body.clone();
        if !self.closing.is_empty() {
            text.push_str("\n\n");
            text.push_str(&self.closing);
        }
        if !self.block.is_empty() {
            text.push_str(&format!("\n\n{RULE}\n\n{}", self.block.trim_end()));
        }
        text.push('\n');
        text
    }
}

/// The address as mail needs it: an international domain in its ASCII form (RFC 5891).
fn deliverable(address: &str) -> Option<lettre::Address> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    lettre::Address::new(local, domain).ok()
}

/// Whether a letter to this address could be written: for the addresses in the configuration.
pub fn is_deliverable(address: &str) -> bool {
    deliverable(address).is_some()
}

/// 5xx is for good, but for answers that speak of us and not of the letter: TLS or a password
/// needed or wrong (RFC 4954, section 6), which the operator will mend.
fn is_final(error: &lettre::transport::smtp::Error) -> bool {
    let ours = error
        .status()
        .is_some_and(|code| ["530", "534", "535", "538"].contains(&code.to_string().as_str()));
    error.is_permanent() && !ours
}

/// A server's words in one short line, without the addresses that they may quote.
fn masked(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains('@') { "…" } else { word })
        .collect();
    words.join(" ").chars().take(300).collect()
}

/// What a server says may name the person in words that no mask knows, so of its answers only kind
/// and code get into the log: `permanent error (550)`.
fn for_the_log(trouble: &str) -> &str {
    match trouble.split_once("): ") {
        Some((kind, _)) if kind.ends_with(|c: char| c.is_ascii_digit()) => {
            &trouble[..kind.len() + 1]
        }
        _ => trouble,
    }
}

fn captured_name(letter: &Letter, id: Uuid) -> String {
    format!(
        "{}-{id}-{}.eml",
        letter.made.strftime("%Y%m%dT%H%M%SZ"),
        letter.number
    )
}

fn capture(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".tmp-")
        .tempfile_in(folder)?;
    file.write_all(message)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name))?;
    fs::File::open(folder)?.sync_all()
}

/// Removes what a crash left half written; the letters themselves are still owed.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".tmp-")
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(%error, "a leftover in the folder of captured mail stays");
        }
    }
}

/// A captured letter, as `/mailbox` shows it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Captured {
    pub name: String,
    pub date: String,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// The captured letters in this folder, newest first; what is no letter is passed over.
///
/// # Errors
/// When the folder cannot be read. A folder that is not there holds none.
pub fn captured(folder: &Path) -> io::Result<Vec<Captured>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut letters = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if let Some(letter) = name
            .to_str()
            .filter(|name| name.ends_with(".eml") && !name.starts_with('.'))
            .and_then(|name| read_captured(folder, name))
        {
            letters.push(letter);
        }
    }
    letters.sort_unstable_by(|a, b| b.name.cmp(&a.name));
    Ok(letters)
}

fn read_captured(folder: &Path, name: &str) -> Option<Captured> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let mail = mailparse::parse_mail(&bytes).ok()?;
    let header = |key| mail.headers.get_first_value(key).unwrap_or_default();
    Some(Captured {
        name: name.to_owned(),
        date: header("Date"),
        to: header("To"),
        subject: header("Subject"),
        text: mail.subparts.first().unwrap_or(&mail).get_body().ok()?,
    })
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
    fn of_a_servers_words_only_kind_and_code_get_into_the_log() {
        assert_eq!(
            for_the_log("permanent error (550): user ana of Lisbon unknown"),
            "permanent error (550)"
        );
        assert_eq!(
            for_the_log("Connection error: Connection refused (os error 111)"),
            "Connection error: Connection refused (os error 111)"
        );
    }

    #[test]
    fn a_servers_words_are_kept_without_addresses() {
        assert_eq!(
            masked("permanent error (550): <ana@example.org>: no\r\nsuch   person"),
            "permanent error (550): … no such person"
        );
    }
}
