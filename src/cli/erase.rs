//! `intake erase`: the personal data of a submission, for good.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use uuid::Uuid;

use super::{parts, tell};
use crate::service::{Noted, note};
use crate::submission::{Action, Actor, Command, Context, Effect, MailChoice, Refusal};

pub(super) fn run(file: Option<&Path>, id: Uuid) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    let there_is_none = || format!("there is no submission {id}");
    let found = parts.store.get(id)?.with_context(there_is_none)?;
    let definition = parts.forms.of(&found.form);
    let context = Context {
        definition: &definition,
        editors: &parts.config.editors,
        now: Timestamp::now(),
    };
    let erased = parts
        .store
        .update(id, |submission| {
            let command = Command::new(Action::Erase, Effect::Plain);
            submission.act(Actor::System, command, MailChoice::AsItIs, &context)
        })?
        .with_context(there_is_none)?;
    match erased {
        Ok(()) => {
            note(Noted::Erased, "a command", "", &id.to_string());
            tell(format_args!(
                "Erased. The editors will be told by the running service."
            ));
        }
        Err(Refusal::NoChange) => tell(format_args!("Name and address were erased before.")),
        Err(refusal) => anyhow::bail!("{refusal}"),
    }
    Ok(true)
}
