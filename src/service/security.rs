//! What matters to security, as lines of their own in the log: `security` and the event, to be found whatever
//! else is logged.

use super::{Sender, Service};

/// What happened.
#[derive(Debug, Clone, Copy, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Noted {
    SignIn,
    SignInRefused,
    SignedOut,
    SessionEnded,
    LimitReached,
    LinkChanged,
    AddressChanged,
    Erased,
    Exported,
    InvitationTakenBack,
    FormClosed,
    FormReopened,
    BackedUp,
}

/// Writes such a line. `who` is an editor's name, or whose part it was; `about` a submission, or what
/// was asked too often; both may be empty. Addresses of people and machines never stand in it: of a
/// client, only what tells it from others.
pub fn note(what: Noted, who: &str, client: &str, about: &str) {
    /// So many digits of a keyed hash tell clients apart.
    const DIGITS: usize = 12;
    let event: &'static str = what.into();
    let client = client.get(..DIGITS).unwrap_or(client);
    tracing::info!(target: "security", event, who, client, about, "security");
}

impl Service {
    /// Whoever was taken out of the configuration's file since the start is signed out, and gets no mail
    /// any more. A file that is wrong changes nothing. Costs next to nothing where the file is as it was.
    pub fn look_who_has_left(&self) {
        if !self.left.is_to_be_looked_at(self.config.changed_at()) {
            return;
        }
        let now = match self.config.read_again() {
            Ok(config) => config.editors,
            Err(error) => {
                tracing::error!(%error, "the configuration as it is now cannot be used; the one of the start holds");
                return;
            }
        };
        let gone = self.config.editors.iter().map(|editor| &editor.email);
        let gone = gone.filter(|email| !now.iter().any(|editor| editor.email == **email));
        if self.left.set(gone.cloned().collect()) {
            tracing::info!("editors have left, or are back, without a restart");
        }
    }

    /// Notes that somebody has reached a limit.
    pub(super) fn limit_reached(sender: &Sender, what: &str) {
        note(Noted::LimitReached, "", sender.name(), what);
    }
}
