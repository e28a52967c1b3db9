//! Mail with the link that an editor signs in with. It goes before all other, and is attempted for as
//! long as the link is good.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Outbox,
    message::{Envelope, MessageError, Outgoing},
    unrecorded::{Ended, State, Unrecorded},
};
use crate::store::{PendingSignIn, Store, StoreError};

const KIND: &str = "sign_in";

/// What the templates of this mail are given.
#[derive(Serialize)]
struct Words {
    link: String,
}

impl Unrecorded for PendingSignIn {
    fn next(store: &Store, now: Timestamp) -> Result<Option<Self>, StoreError> {
        store.next_sign_in_mail(now)
    }

    fn state(&self) -> State {
        State {
            kind: KIND,
            due: self.due,
            attempts: self.attempts,
        }
    }

    fn write(&self, outbox: &Outbox) -> Result<Outgoing, MessageError> {
        // The address is empty where it was no editor's.
        let editor = outbox.editor(&self.email);
        let editor = editor.ok_or(MessageError::NoRecipient)?;
        let link = outbox.keys.sign_in_link(self.id);
        let words = Words {
            link: format!("{}/desk/sign-in/{link}", outbox.public_url),
        };
        let to = Envelope {
            name: Some(editor.name.clone()),
            ..Envelope::new(&editor.email, self.id.to_string(), Timestamp::now())
        };
        outbox.message(&outbox.plain(KIND, &words)?, to)
    }

    fn attempted(&self, store: &Store, ended: Ended) -> Result<(), StoreError> {
        store.sign_in_mail_attempted(self.id, ended.again)
    }
}
