//! What follows by itself from the answer that a campaigner has given to an editor's changes, or has
//! not given, where the form's file says so.

use super::Service;
use crate::submission::{
    Action, Actor, Command, Context, Effect, MailChoice, Order, SignOffState, Stage, Submission,
};

impl Service {
    /// Goes on with a record in the very change that noted the answer, so that a crash comes before
    /// both or after both; `before` is how it stood with the agreement. Who agrees unasked, maybe to
    /// what an editor is still at, orders nothing. What cannot be done is left to the editors, who are
    /// told of each answer.
    pub(crate) fn lead_on(
        &self,
        action: Action,
        before: SignOffState,
        submission: &mut Submission,
        context: &Context<'_>,
    ) {
        let rule = &context.definition.sign_off;
        let was_asked = matches!(before, SignOffState::Asked | SignOffState::NoAnswer);
        match action {
            Action::Accept | Action::NoAnswer if rule.agreed_publishes && was_asked => {
                self.order_agreed(submission, context);
            }
            Action::Suggest if rule.suggested_returns => review_again(submission, context),
            _ => {}
        }
    }

    /// Orders the post in the name of the editor who asked for the agreement.
    fn order_agreed(&self, submission: &mut Submission, context: &Context<'_>) {
        let is_open = submission.order.is_none()
            && submission.is_to_publish()
            && !submission.sign_off_state(context.definition).holds_back();
        if !is_open || !self.blog.has_repository() {
            return;
        }
        let by = submission.history.iter().rev().find_map(|event| {
            let asks = matches!(event.action, Action::Approve | Action::AskToAgree);
            (asks && matches!(event.by, Actor::Editor(_))).then(|| event.by.clone())
        });
        let publish = Command::new(Action::Publish, Effect::Plain);
        let by = by.unwrap_or(Actor::System);
        let (mail, seen) = (MailChoice::AsItIs, Some(submission.version));
        let Some(mut order) = Order::of(&publish, by, mail, seen, context.now) else {
            return;
        };
        order.on = self.blog.date_ahead(submission, context.now);
        submission.order = Some(order);
        submission.publish_error = None;
    }
}

/// A branch of the blog that it is on already stays, and may be merged; then it stays approved.
fn review_again(submission: &mut Submission, context: &Context<'_>) {
    if submission.stage != Stage::Approved || submission.publication.is_some() {
        return;
    }
    let command = Command::new(Action::TakeBack, Effect::Plain);
    let done = submission.act(Actor::System, command, MailChoice::LeftOut, context);
    if let Err(refusal) = done {
        tracing::warn!(submission = %submission.id, %refusal, "it could not be taken back for review");
    }
}
