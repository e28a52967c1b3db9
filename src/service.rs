//! The parts put together, and what people can have done with them: the use cases.
//!
//! Knows nothing of HTTP but the status that an [`Outcome`] has.

mod decision;
mod digest;
mod duplicates;
mod export;
mod harm;
mod links;
mod outcome;
mod reception;
mod saved;
mod security;
mod sign_off;
mod suspicion;
mod waiting;
mod watched;

use std::{io, path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

use crate::{
    blog::Blog,
    config::{Config, ConfigErrors, Left, PublicUrl},
    form::{Answers, Contact, Definition, Entry, Field, Forms, built_in},
    keys::Keys,
    mail::{self, DigestWords, MailError, Outbox},
    notify::Webhook,
    post::{self, Post, Preview},
    store::{Store, StoreError, public_of},
    submission::{Actor, Command, Context, MailChoice, Other, Reception, Submission, Unknown},
    templates::{self, TemplateError, Templates},
    text::email::{AddressProblem, mail_address},
};

pub use decision::{Tally, Trial, fingerprint};
pub use duplicates::Duplicate;
pub use export::{Export, ExportError};
pub use harm::marks;
pub use links::Browser;
pub use outcome::{Outcome, Words};
pub use reception::{Known, Letter, Sender};
pub use security::{Noted, note};
pub use watched::{Health, Watch, Watched};

/// All parts of the running program.
pub struct Service {
    /// The settings.
    pub config: Config,
    /// What can be filled in.
    pub forms: Arc<Forms>,
    /// Where people find the service.
    pub public_url: PublicUrl,
    /// The pages.
    pub templates: Arc<Templates>,
    /// Tokens and links.
    pub keys: Keys,
    /// The submissions, and who is signed in.
    pub store: Arc<Store>,
    /// The letters.
    pub outbox: Arc<Outbox>,
    /// Another program that is told of changes, if there is one.
    pub webhook: Option<Webhook>,
    /// The blog's pages, and the way there.
    pub blog: Blog,
    /// Editors who have left since the start.
    pub left: Arc<Left>,
    /// How the jobs are doing.
    pub watched: Watch,
}

/// Why a use case could not even be tried.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page or a mail could not be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Captured mail, or the system's random numbers.
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
    /// Mistakes in the files of forms.
    #[error(transparent)]
    Forms(#[from] ConfigErrors),
    /// A form names a template that is not there.
    #[error("the form {form} names the template {name}, which is not there; add templates/{name}")]
    NoTemplate {
        #[allow(missing_docs, reason = "the names say it")]
        form: String,
        #[allow(missing_docs, reason = "the names say it")]
        name: String,
    },
    /// A post's template needs answers that nobody has to give.
    #[error(
        "{0} (where only the questions that must be answered are; put what is about another between {{% if NAME %}} and {{% endif %}})"
    )]
    Unanswered(TemplateError),
    /// A post's template makes front matter that the blog would read otherwise.
    #[error("templates/{0}: {1}")]
    FrontMatter(String, String),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mail setting.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A setting of the webhook.
    #[error("{0}")]
    Notify(&'static str),
    /// An editor who cannot be written to.
    #[error("`editors`: the address of {0}: {1}")]
    Editor(String, AddressProblem),
}

impl Service {
    /// Puts the parts together, and tries the templates of post and mail with sample data. Opens
    /// the store, which is made where it is not there, and touches nothing else.
    ///
    /// # Errors
    /// The first part that cannot work as it is configured.
    pub fn assemble(config: Config, public_url: PublicUrl) -> Result<Self, AssembleError> {
        let templates = Arc::new(Templates::load(Path::new(templates::FOLDER))?);
        let forms = Arc::new(Forms::new(config.read_forms()?));
        config.notify.judge().map_err(AssembleError::Notify)?;
        let webhook = Webhook::new(&config.notify, &public_url, &forms);
        let store = Store::open(&config.data, Arc::clone(&templates), Arc::clone(&forms))?;
        let store = Arc::new(store.that_notes_changes(webhook.is_some()));
        let secret = match &config.secret_key {
            Some(secret) => secret.clone(),
            None => store.secret()?,
        };
        let keys = Keys::new(secret.as_bytes());
        let left = Arc::new(Left::default());
        let outbox = Arc::new(Outbox::new(
            &config,
            &public_url,
            Arc::clone(&forms),
            Arc::clone(&store),
            Arc::clone(&templates),
            keys.clone(),
            Arc::clone(&left),
        )?);
        for editor in &config.editors {
            mail_address(&editor.email)
                .map_err(|problem| AssembleError::Editor(editor.name.clone(), problem))?;
        }
        let service = Self {
            blog: Blog::new(
                &config.blog,
                config.data.drafts(),
                &config.editors,
                Arc::clone(&forms),
                Arc::clone(&templates),
            ),
            config,
            forms,
            public_url,
            templates,
            keys,
            store,
            outbox,
            webhook,
            left,
            watched: Watch::default(),
        };
        service.outbox.digest(&DigestWords::sample())?;
        for definition in service.forms.all() {
            service.outbox.try_templates(&service.sample(definition)?)?;
        }
        Ok(service)
    }

    /// A submission that has something of everything, to try templates with; the templates of its
    /// form's posts and pages are tried on the way.
    ///
    /// # Errors
    /// When one of them is not there or does not fit.
    pub fn sample(&self, definition: &Definition) -> Result<Submission, AssembleError> {
        let name = definition.post.template.as_str();
        let there = |name: &str| match self.templates.source(name) {
            Some(_) => Ok(()),
            None => Err(AssembleError::NoTemplate {
                form: definition.name.clone(),
                name: name.to_owned(),
            }),
        };
        there(name)?;
        let draft = |is_hostile| {
            let answers = definition.sample(is_hostile);
            let post = Post::new(&definition.public(&answers));
            self.templates.render_post(name, &post)
        };
        let hostile = definition.sample(true);
        post::check_template(&draft(false)?, &draft(true)?, &definition.public(&hostile))
            .map_err(|wrong| AssembleError::FrontMatter(name.to_owned(), wrong))?;
        let least = definition.public(&definition.least_sample());
        self.templates
            .render_post(name, &Post::new(&least))
            .map_err(AssembleError::Unanswered)?;
        let source = self.templates.source(name).unwrap_or_default();
        if !definition.follow_up.is_empty() && !post::shows(source, built_in::ADDENDA) {
            let wrong = "it doesn’t show `addenda`, the updates that `follow_up` asks for; take the lines about them over from the shipped post.md";
            return Err(AssembleError::FrontMatter(
                name.to_owned(),
                wrong.to_owned(),
            ));
        }
        for page in definition.page_templates() {
            there(page)?;
            self.templates
                .render_page(page, "Sample: \"page\"", "sample")?;
        }
        let entry = Entry {
            answers: hostile,
            contact: Contact {
                name: "Sample".into(),
                email: "sample@example.org".into(),
                unknown: Unknown::new(),
            },
            agreed: definition.consent.names(),
            remarks: Vec::new(),
        };
        let context = Context {
            definition,
            editors: &self.config.editors,
            now: Timestamp::UNIX_EPOCH,
        };
        let mut submission =
            Submission::receive(Uuid::nil(), entry, Reception::default(), &context);
        submission.draft = draft(true)?;
        Ok(submission)
    }

    /// The names of public questions whose answers change nothing in a post.
    pub fn unshown(&self, definition: &Definition) -> Vec<String> {
        let answers = definition.sample(false);
        let post = |answers: &Answers| {
            let post = Post::new(&definition.public(answers));
            let name = &definition.post.template;
            self.templates.render_post(name, &post).ok()
        };
        let whole = post(&answers);
        let is_shown = |field: &Field| {
            let mut others = answers.clone();
            others.set(&field.name, None);
            post(&others) != whole
        };
        let asked = definition.fields().filter(|field| {
            field.is_public
                && field.name != definition.post.title
                && !matches!(field.name.as_str(), built_in::SLUG | built_in::DATE)
        });
        asked
            .filter(|field| !is_shown(field))
            .map(|field| field.name.clone())
            .collect()
    }

    /// What the blog will show of a submission. `page` is the path below which its pictures are.
    pub fn preview(&self, definition: &Definition, submission: &Submission, page: &str) -> Preview {
        let template = self.templates.source(&definition.post.template);
        let answers = public_of(definition, submission);
        Preview::new(
            &submission.draft,
            template.unwrap_or_default(),
            &answers,
            &|picture| self.picture_url(page, &picture.file),
        )
    }

    /// Where a picture is shown to whoever may see this page.
    pub fn picture_url(&self, page: &str, file: &str) -> String {
        format!("{}{page}/pictures/{file}", self.public_url.base_path())
    }

    /// The same of a form that is not sent yet.
    ///
    /// # Errors
    /// When the post could not be rendered.
    pub fn preview_of(
        &self,
        definition: &Definition,
        entry: &Entry,
        page: &str,
        now: Timestamp,
    ) -> Result<Preview, TemplateError> {
        let today = now.to_zoned_datetime(TimeZone::UTC).date();
        let answers = definition.public(&entry.answers).on(today);
        let name = &definition.post.template;
        let draft = self.templates.render_post(name, &Post::new(&answers))?;
        let template = self.templates.source(name);
        Ok(Preview::new(
            &draft,
            template.unwrap_or_default(),
            &answers,
            &|picture| self.picture_url(page, &picture.file),
        ))
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
        by: Actor,
        command: Command,
        mail: MailChoice,
    ) -> Result<Outcome, ServiceError> {
        let outcome = self
            .blocking(move |service| {
                let other = duplicates::beside(&command);
                let done = service
                    .store
                    .update_beside(id, other, |submission, other| {
                        if seen != Some(submission.version) {
                            return Outcome::Conflict;
                        }
                        let definition = service.forms.of(&submission.form);
                        let context = Context {
                            definition: &definition,
                            editors: &service.config.editors,
                            now: Timestamp::now(),
                        };
                        let kept = service.keeps(&command, id, other);
                        let action = command.action;
                        let before = submission.sign_off_state(&definition);
                        match kept.and_then(|()| submission.act(by, command, mail, &context)) {
                            Ok(()) => {
                                service.lead_on(action, before, submission, &context);
                                Outcome::Done(())
                            }
                            Err(refusal) => Outcome::Refused(refusal),
                        }
                    })?;
                if let (Some(Outcome::Done(())), Some(other)) = (&done, other) {
                    // Both are decided about; where this one is lost, only a mark of a list stays.
                    service.store.update(other, |other| {
                        let own = Other::Submission(id);
                        other.duplicates.found.retain(|found| *found != own);
                    })?;
                }
                Ok::<_, ServiceError>(done)
            })
            .await?;
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
