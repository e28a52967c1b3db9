//! Entries that editors begin: what is known is filled in, and whoever should complete it is invited by
//! mail.

use std::sync::Arc;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;

use super::words::moment;
use crate::{
    form::{Definition, Door, Problem, Typed, Vocabulary, built_in},
    service::{Noted, Service, note},
    store::{Invitation, SavedForm},
    templates::TemplateError,
    text::{
        clean::{clean, clean_line},
        email::public_mail_address,
        links::tidy_url,
    },
    web::{
        answer::{Answer, Notice, Page, html, see_other},
        body::FormBody,
        errors::Error,
        fields::{Filled, PartView, Shown, changed_group, parts},
        pictures::enctype,
        session::{DeskForm, SignedIn},
    },
};

/// How many of those who were invited are listed.
const MOST_LISTED: usize = 100;
/// The most characters of a message to whoever is invited.
const LONGEST_MESSAGE: usize = 2_000;
const EMAIL: &str = "invite_email";
const PAGE: &str = "invite_page";
const MESSAGE: &str = "invite_message";

#[derive(Serialize)]
struct InvitePage<'a> {
    editor: &'a str,
    token: &'a str,
    action_url: String,
    enctype: &'static str,
    has_groups: bool,
    notice: Option<Notice>,
    problems: &'a [Problem],
    noun: &'a str,
    form: &'a str,
    /// Name, title and whether it is this one, of each form, where there are several.
    forms: Vec<(&'a str, &'a str, bool)>,
    email: &'a str,
    page: &'a str,
    message: &'a str,
    email_problem: Option<&'a str>,
    page_problem: Option<&'a str>,
    message_problem: Option<&'a str>,
    /// Whether nobody can be invited now, and nothing was typed that would be lost without the form.
    is_closed: bool,
    parts: Vec<PartView>,
    invited: Vec<InvitedView<'a>>,
}

#[derive(Serialize)]
struct InvitedView<'a> {
    id: uuid::Uuid,
    title: &'a str,
    email: &'a str,
    by: &'a str,
    at: String,
    until: String,
    is_refused: bool,
    is_begun: bool,
}

/// What an editor has typed.
#[derive(Default)]
struct Begun {
    typed: Typed,
    email: String,
    page: String,
    message: String,
    problems: Vec<Problem>,
    notice: Option<Notice>,
    /// The page was opened while the form was closed.
    is_closed: bool,
}

impl Begun {
    fn read(definition: &Definition, body: &FormBody) -> Self {
        Self {
            typed: Typed::prefilled(definition, body.texts()),
            email: clean_line(body.first(EMAIL)),
            page: clean_line(body.first(PAGE)),
            message: clean(body.first(MESSAGE)).trim().to_owned(),
            ..Self::default()
        }
    }

    /// What the invitation needs, with its address; else the problems are noted.
    fn judge(&mut self, definition: &Definition, by: &str) -> Option<(String, Invitation)> {
        let mut problem = |input: &str, message: String| {
            let input = input.to_owned();
            self.problems.push(Problem { input, message });
        };
        let email = public_mail_address(&self.email);
        if let Err(wrong) = &email {
            problem(
                EMAIL,
                match self.email.as_str() {
                    "" => "Enter the email address of whoever should complete it".to_owned(),
                    _ => format!("Nobody can be invited there: this is {wrong}"),
                },
            );
        }
        let page = match self.page.as_str() {
            "" => Ok(String::new()),
            page => tidy_url(page).map(|tidy| tidy.url),
        };
        if page.is_err() {
            let example = "https://example.org/campaign";
            problem(PAGE, format!("Enter a whole address, such as {example}"));
        }
        let long = self.message.chars().count();
        if long > LONGEST_MESSAGE {
            let over = long - LONGEST_MESSAGE;
            problem(
                MESSAGE,
                format!("Your message is {over} characters too long"),
            );
        }
        let title_field = &definition.post.title;
        let title = clean_line(self.typed.first(title_field)).trim().to_owned();
        if title.is_empty() {
            problem(
                title_field,
                "Enter a title, so they know what it’s about".to_owned(),
            );
        }
        let email = email.ok()?;
        let invitation = Invitation {
            by: by.to_owned(),
            at: Timestamp::now(),
            title,
            page: page.ok()?,
            message: self.message.clone(),
            taken_back: None,
        };
        self.problems.is_empty().then_some((email, invitation))
    }
}

/// `GET /desk/new`: `form` says which, where there are several.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<Answer, Error> {
    let query = request.query_string().to_owned();
    service
        .blocking(move |service| {
            let mut parts = form_urlencoded::parse(query.as_bytes());
            let name = parts.find(|(name, _)| name == "form");
            let name = name.map_or_else(String::new, |(_, value)| value.into_owned());
            let definition = wanted(service, &name)?;
            let is_closed = !is_open(service, &definition);
            let mut asked = query.split('&');
            let begun = Begun {
                notice: match asked.find(|it| matches!(*it, "done" | "taken-back")) {
                    Some("done") => Some(Notice::INVITED),
                    Some(_) => Some(Notice::TAKEN_BACK),
                    None => is_closed.then_some(Notice::NOT_INVITED),
                },
                is_closed,
                ..Begun::default()
            };
            show(service, &signed_in, &definition, &begun, StatusCode::OK)
        })
        .await
}

/// `POST /desk/new`.
pub(in crate::web) async fn begin(
    service: Data<Service>,
    signed_in: SignedIn,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let definition = wanted(service, body.first("form"))?;
            if body.has("take_back") {
                return take_back(service, &signed_in, &definition, body.first("take_back"));
            }
            let mut begun = Begun::read(&definition, &body);
            if changed_group(&definition, body.first("action"), &mut begun.typed) {
                return show(service, &signed_in, &definition, &begun, StatusCode::OK);
            }
            if !is_open(service, &definition) {
                begun.notice = Some(Notice::NOT_INVITED);
                let status = StatusCode::CONFLICT;
                return show(service, &signed_in, &definition, &begun, status);
            }
            let Some((email, invitation)) = begun.judge(&definition, &signed_in.editor.email)
            else {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return show(service, &signed_in, &definition, &begun, status);
            };
            let address = [(built_in::CONTACT_EMAIL, email.as_str())];
            let typed = Typed::read(&definition, begun.typed.pairs().chain(address));
            service.invite(&definition, &typed, &email, invitation)?;
            Ok(see_other(format!(
                "/desk/new?form={}&done",
                definition.name
            )))
        })
        .await
}

/// What whoever is invited could still complete is theirs no more; anybody who sees the list may do that,
/// because a wrong address is noticed by anybody.
fn take_back(
    service: &Service,
    signed_in: &SignedIn,
    definition: &Definition,
    id: &str,
) -> Result<Answer, Error> {
    let is_done = match id.parse() {
        Ok(id) => service.store.take_back_invitation(id, Timestamp::now())?,
        Err(_) => false,
    };
    if is_done {
        note(Noted::InvitationTakenBack, &signed_in.editor.name, "", id);
        let form = &definition.name;
        return Ok(see_other(format!("/desk/new?form={form}&taken-back")));
    }
    let begun = Begun {
        notice: Some(Notice::NOT_TAKEN_BACK),
        is_closed: !is_open(service, definition),
        ..Begun::default()
    };
    show(service, signed_in, definition, &begun, StatusCode::CONFLICT)
}

fn is_open(service: &Service, definition: &Definition) -> bool {
    service.store.opening(definition).at(Timestamp::now()) == Door::Open
}

/// The form of this name; without one, the first that is open.
fn wanted(service: &Service, name: &str) -> Result<Arc<Definition>, Error> {
    let mut all = service.forms.all().iter();
    let found = match name {
        "" => (all.find(|definition| is_open(service, definition)))
            .or_else(|| service.forms.all().first()),
        name => service.forms.named(name),
    };
    found.cloned().ok_or(Error::NotFound)
}

fn show(
    service: &Service,
    signed_in: &SignedIn,
    definition: &Definition,
    begun: &Begun,
    status: StatusCode,
) -> Result<Answer, Error> {
    let invited = service.store.invited(MOST_LISTED)?;
    let vocabulary = service.blog.vocabulary();
    let page = render(service, signed_in, definition, &vocabulary, begun, &invited)?;
    Ok(html(status, page))
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    definition: &Definition,
    vocabulary: &Vocabulary,
    begun: &Begun,
    invited: &[(SavedForm, bool)],
) -> Result<String, TemplateError> {
    let filled = Filled {
        definition,
        vocabulary,
        typed: &begun.typed,
        problems: &begun.problems,
        stands: None,
        notes: None,
        conflict: None,
        pictures: String::new(),
    };
    let can_be_begun = |name: &str| definition.can_be_begun(name);
    let problem = |input: &str| {
        let mut problems = begun.problems.iter();
        let found = problems.find(|problem| problem.input == input);
        found.map(|problem| problem.message.as_str())
    };
    let own = InvitePage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        action_url: "/desk/new".to_owned(),
        enctype: enctype(definition, false),
        has_groups: definition.has_groups(),
        notice: begun.notice,
        problems: &begun.problems,
        noun: &definition.noun,
        form: &definition.name,
        forms: match service.forms.all() {
            [_] => Vec::new(),
            several => several
                .iter()
                .map(|form| {
                    let is_this = form.name == definition.name;
                    (form.name.as_str(), form.title.as_str(), is_this)
                })
                .collect(),
        },
        email: &begun.email,
        page: &begun.page,
        message: &begun.message,
        email_problem: problem(EMAIL),
        page_problem: problem(PAGE),
        message_problem: problem(MESSAGE),
        is_closed: begun.is_closed,
        parts: parts(Shown::Form, &filled)
            .into_iter()
            .filter_map(|part| part.begun(can_be_begun, &definition.post.title))
            .collect(),
        invited: invited
            .iter()
            .filter_map(|(form, is_refused)| {
                let invitation = form.invitation.as_ref()?;
                Some(InvitedView {
                    id: form.id,
                    title: &invitation.title,
                    email: &form.email,
                    by: service.editor_name(&invitation.by),
                    at: moment(service, invitation.at),
                    until: moment(service, form.expires),
                    is_refused: *is_refused,
                    is_begun: !form.is_untouched(),
                })
            })
            .collect(),
    };
    Page::new("invite.html", "Begin an entry")
        .wrong(begun.notice.is_some_and(|it| it.bad) || !begun.problems.is_empty())
        .render(service, &own)
}

pub(super) fn try_page(service: &Service, definition: &Definition) -> Result<(), TemplateError> {
    let form = SavedForm {
        id: uuid::Uuid::nil(),
        form: definition.name.clone(),
        typed: Typed::default(),
        revision: 1,
        saved: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH,
        email: "sample@example.org".into(),
        remind: true,
        invitation: Some(Invitation {
            by: "sample@example.org".into(),
            at: Timestamp::UNIX_EPOCH,
            title: "Sample".into(),
            page: String::new(),
            message: String::new(),
            taken_back: None,
        }),
        base: None,
    };
    let (signed_in, begun) = (SignedIn::sample(), Begun::default());
    let invited = [(form, true)];
    let words = Vocabulary::default();
    render(service, &signed_in, definition, &words, &begun, &invited).map(drop)
}
