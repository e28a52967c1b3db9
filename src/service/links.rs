//! Links by mail: to sign in with, and to a private page whose link was lost.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Service, ServiceError};
use crate::{
    store::SignIn,
    submission::{Action, Actor, Command, Context, Editor, Effect, MailChoice},
};

impl Service {
    /// The path of a submission's private page. Whoever has it may see the page.
    pub fn private_path(&self, id: Uuid) -> String {
        format!("/mine/{id}/{}", self.keys.private_key(id))
    }

    /// The editor with this address, written exactly so.
    pub fn editor(&self, email: &str) -> Option<&Editor> {
        let mut editors = self.config.editors.iter();
        editors.find(|editor| editor.email == email)
    }

    /// What the editor with this address is called; of one who has left there is only the address.
    pub fn editor_name<'a>(&'a self, email: &'a str) -> &'a str {
        self.editor(email).map_or(email, |editor| &editor.name)
    }

    /// Sends the editor with this address a link that works once, in the browser that holds the
    /// secret `browser`. Nothing is sent to an address that is no editor's. What goes wrong goes
    /// to the log: who asked must not learn whose address it is.
    pub async fn send_sign_in_link(self: Arc<Self>, email: String, browser: String) {
        let mut editors = self.config.editors.iter();
        let Some(editor) = editors.find(|editor| editor.email.to_lowercase() == email) else {
            tracing::info!("a sign-in was asked for with an address that is no editor's");
            return;
        };
        let email = editor.email.clone();
        let asked = self
            .blocking(move |service| {
                let now = Timestamp::now();
                let asked = SignIn::new(&email, now);
                let link = service.keys.sign_in_link(asked.id);
                let is_kept = service.store.ask_to_sign_in(&asked, &link, &browser, now)?;
                Ok::<_, ServiceError>(is_kept)
            })
            .await;
        match asked {
            Ok(true) => {}
            Ok(false) => tracing::warn!("too many sign-in links asked for at once"),
            Err(cause) => {
                let cause = cause.for_the_log();
                tracing::error!(cause, "a sign-in link could not be made");
            }
        }
    }

    /// Uses up a sign-in link: the secret of the new session. `None` for a link that is unknown,
    /// used, too old, asked for in another browser, or of somebody who is no editor any more.
    ///
    /// # Errors
    /// When that could not be kept.
    pub fn sign_in(&self, link: &str, browser: &str) -> Result<Option<String>, ServiceError> {
        let redeemed = self.store.sign_in(link, browser, Timestamp::now())?;
        Ok(redeemed
            .filter(|(email, _)| self.editor(email).is_some())
            .map(|(_, secret)| secret))
    }

    /// Enqueues the link of every submission that was sent with this address.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn send_lost_links(&self, email: &str) -> Result<(), ServiceError> {
        for id in self.store.sent_from(email)? {
            let asked = self.store.update(id, |submission| {
                let definition = self.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &[],
                    now: Timestamp::now(),
                };
                let command = Command::new(Action::AskForLink, Effect::Plain);
                // Refused while such mail is still on its way.
                let _ = submission.act(Actor::Campaigner, command, MailChoice::AsItIs, &context);
            });
            match asked {
                Err(error) if !error.is_of_one_record() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}
