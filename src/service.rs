//! The parts put together, and what people can have done with them: the use cases.
//!
//! Knows nothing of HTTP but the status that an [`Outcome`] has.

mod decision;
mod links;
mod outcome;

use std::{io, path::Path, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    blog::Blog,
    case_study::{Contact, Entry, Rules},
    config::Config,
    keys::{Keys, TokenTrouble},
    mail::{self, MailError, Outbox},
    post::{self, Post},
    queue::{Inserted, Queue, QueueError},
    sessions::Sessions,
    submission::{Action, LetterChoice, Party, Submission},
    templates::{self, TemplateError, Templates},
    text::email::{AddressProblem, mail_address},
};

pub use decision::{Decision, Tally, Trial};
pub use outcome::{Outcome, Words};

/// All parts of the running program.
pub struct Service {
    /// The settings.
    pub config: Config,
    /// Where people find the service; no slash at the end.
    pub public_url: String,
    /// The pages.
    pub templates: Arc<Templates>,
    /// Tokens and links.
    pub keys: Keys,
    /// The submissions.
    pub queue: Arc<Queue>,
    /// The letters.
    pub outbox: Arc<Outbox>,
    /// Who is signed in to the desk.
    pub sessions: Sessions,
    /// The blog's pages, and the way there.
    pub blog: Blog,
}

/// Why a use case could not even be tried.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A page or a mail could not be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The sessions' file, or captured mail.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The work ended before its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl ServiceError {
    /// The cause in one line, with mail addresses masked.
    pub fn for_the_log(&self) -> String {
        mail::masked(&self.to_string())
    }
}

/// Work that ended before its end, by a panic or by the stop of the program.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut off: {0}")]
pub struct CutOff(#[from] tokio::task::JoinError);

/// Why the parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// A template does not fit what it is given.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The post's template makes front matter that the blog would read otherwise.
    #[error("templates/post.md: {0}")]
    FrontMatter(String),
    /// The file of the secret key.
    #[error("{}: {cause}", file.display())]
    Keys {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A mail setting.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// An editor who cannot be written to.
    #[error("`editors`: the address of {0}: {1}")]
    Editor(String, AddressProblem),
}

impl Service {
    /// Puts the parts together, and tries the templates of post and mail with sample data. Makes
    /// the file of the secret key if need be, and touches nothing else.
    ///
    /// # Errors
    /// The first part that cannot work as it is configured.
    pub fn assemble(config: Config, public_url: String) -> Result<Self, AssembleError> {
        let templates = Arc::new(Templates::load(Path::new(templates::FOLDER))?);
        let keys = match &config.secret_key {
            Some(secret) => Keys::new(secret.as_bytes()),
            None => {
                let file = Keys::file_beside(&config.queue);
                Keys::open(&file).map_err(|cause| AssembleError::Keys { file, cause })?
            }
        };
        let queue = Arc::new(Queue::new(&config.queue, Arc::clone(&templates)));
        let outbox = Arc::new(Outbox::new(
            &config.mail,
            &public_url,
            Arc::clone(&queue),
            Arc::clone(&templates),
            keys.clone(),
        )?);
        for editor in &config.editors {
            mail_address(&editor.email)
                .map_err(|problem| AssembleError::Editor(editor.name.clone(), problem))?;
        }
        let service = Self {
            sessions: Sessions::beside(&config.queue),
            blog: Blog::new(&config.blog, &config.editors),
            config,
            public_url,
            templates,
            keys,
            queue,
            outbox,
        };
        service.outbox.try_templates(&service.sample()?)?;
        Ok(service)
    }

    /// A submission that has something of everything, to try templates with.
    ///
    /// # Errors
    /// When the post's template does not fit it.
    pub fn sample(&self) -> Result<Submission, AssembleError> {
        let (case_study, editorial) = post::sample();
        let post = Post::new(&case_study, &editorial);
        let draft = self.templates.render("post.md", &post)?;
        post::check_front_matter(&draft, &post)
            .map_err(|wrong| AssembleError::FrontMatter(wrong.to_string()))?;
        let contact = Contact {
            name: "Sample".into(),
            email: "sample@example.org".into(),
        };
        let entry = Entry {
            case_study,
            contact,
        };
        let (id, at) = (Uuid::nil(), Timestamp::UNIX_EPOCH);
        let mut submission = Submission::receive(id, entry, editorial, &[], at);
        submission.draft = draft;
        Ok(submission)
    }

    /// What a case study must keep to here.
    pub fn rules(&self) -> Rules {
        Rules {
            required: self.config.form.required.clone(),
            topics: self.blog.vocabulary().topics.clone(),
        }
    }

    /// Puts a case study into the queue and wakes the mail worker: the id, also where the same
    /// form was sent before with the same answers.
    ///
    /// # Errors
    /// When the post could not be rendered.
    pub fn submit(
        &self,
        token: &str,
        entry: Entry,
        now: Timestamp,
    ) -> Result<Outcome<Uuid>, TemplateError> {
        let id = match self.keys.open_form_token(token, now) {
            Ok(id) => id,
            Err(TokenTrouble::Old) => return Ok(Outcome::FormTooOld),
            Err(TokenTrouble::Unknown) => return Ok(Outcome::NotOurForm),
        };
        let (editorial, editors) = (self.config.post.clone(), &self.config.editors);
        let submission = Submission::receive(id, entry, editorial, editors, now);
        match self.queue.insert(submission) {
            Ok(Inserted::New | Inserted::Again) => {
                self.outbox.wake();
                Ok(Outcome::Done(id))
            }
            Ok(Inserted::Taken) => Ok(Outcome::AlreadySent),
            Err(QueueError::Template(cause)) => Err(cause),
            Err(cause) => Ok(Outcome::NotSaved(cause.into())),
        }
    }

    /// Does something with a submission, and wakes the mail worker. `seen` is the version that
    /// whoever acts has seen; `None`, or another one than there is, is a conflict.
    ///
    /// # Errors
    /// When the record could not be read or written.
    pub async fn act(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Party,
        action: Action,
        letter: LetterChoice,
    ) -> Result<Outcome, ServiceError> {
        let outcome = self
            .blocking(move |service| {
                let editors = &service.config.editors;
                service
                    .queue
                    .update(id, |submission| {
                        if seen != Some(submission.version) {
                            return Outcome::Conflict;
                        }
                        match submission.act(by, action, letter, editors, Timestamp::now()) {
                            Ok(()) => Outcome::Done(()),
                            Err(refusal) => Outcome::Refused(refusal),
                        }
                    })
                    .map_err(ServiceError::from)
            })
            .await?;
        self.outbox.wake();
        Ok(outcome.unwrap_or(Outcome::NotThere))
    }

    /// Runs work that blocks (disk, Markdown) away from the threads that answer. It goes on to its
    /// end even where nobody waits for it any more.
    ///
    /// # Errors
    /// That of the work, or [`CutOff`].
    pub async fn blocking<T: Send + 'static, E: From<CutOff> + Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let service = Arc::clone(self);
        let worked = tokio::task::spawn_blocking(move || work(&service)).await;
        worked.map_err(CutOff::from)?
    }
}
