//! What is asked, and what was answered: a form's definition, read from a file and judged; the
//! typed answers; and the one way from what a person typed to them.
//!
//! Everything that shows, keeps, compares or publishes an answer walks the [`Definition`]: the
//! form, the check page, both edit pages, the record, the differences, the search text, the export
//! and the post. Knows nothing about disks, clocks, HTTP, templates or databases: time is an
//! argument, and what the blog's pages are called is too ([`Vocabulary`]).

mod alike;
mod answers;
mod consent;
mod count;
mod credit;
mod definition;
mod field;
mod follow_up;
mod forms;
mod harm;
mod judge;
mod limits;
mod opening;
mod parse;
mod pattern;
mod sample;
mod sign_off;
mod typed;
mod value;
mod vocabulary;
mod words;

pub use answers::{Answer, Answers, Contact, Item, NewPage, PublicAnswers, PublicField};
pub use consent::{Consent, GivenBy, Purpose};
pub use count::{characters, number_in_words, thousands};
pub use credit::Credit;
pub use definition::{Definition, Part, PostSection};
pub use field::{By, Field, Kind, Options, PageValue};
pub(crate) use follow_up::{add_addendum, addenda};
pub use forms::Forms;
pub use harm::{About, Question};
pub use judge::judge;
pub use limits::Limits;
pub use opening::{Door, Opening};
pub use parse::{Entry, Parsed, Problem, Remark};
pub use pattern::Pattern;
pub use sign_off::{Asks, SignOff};
pub use typed::Typed;
pub use vocabulary::{Choice, Page, Vocabulary};
pub use words::{Audience, InWords};

/// The built-in fields: who sends, the agreement, and the post's own place.
pub mod built_in {
    /// The campaigner's name. Private.
    pub const CONTACT_NAME: &str = "contact_name";
    /// The campaigner's address. Private.
    pub const CONTACT_EMAIL: &str = "contact_email";
    /// The box of the first purpose; its value is [`YES`]. Those of others have the purpose's name
    /// after it and `_`.
    pub const CONSENT: &str = "consent";
    /// The name of the one purpose of a form that names none.
    pub const PUBLISH: &str = "publish";
    /// How the campaigner is named in the post, where the form asks it.
    pub const CREDIT: &str = "credit";
    /// The name that it shows then.
    pub const CREDIT_NAME: &str = "credit_name";
    /// The last part of the post's address.
    pub const SLUG: &str = "slug";
    /// The post's date; empty: the day it is published.
    pub const DATE: &str = "date";
    /// A field that people are asked to leave empty, and programs fill in.
    pub const LEAVE_EMPTY: &str = "contact_website";
    /// Of a picture: the name of its file, by which the store has it.
    pub const PICTURE: &str = "picture";
    /// Of a picture: the words for people who do not see it.
    pub const ALT: &str = "alt";
    /// Of a picture: the words below it.
    pub const CAPTION: &str = "caption";
    /// Of a picture: who may use it.
    pub const LICENCE: &str = "licence";
    /// What happened after publication: the updates at the end of the post.
    pub const ADDENDA: &str = "addenda";
    /// Of an update: its heading.
    pub const HEADING: &str = "heading";
    /// Of an update: its words.
    pub const TEXT: &str = "text";
    /// The name of the purpose by which people agree to be written to after publication.
    pub const CONTACT: &str = "contact";
    /// The value of a box that is ticked.
    pub const YES: &str = "yes";
    /// Names that forms may not use for fields of their own: the built-in fields, what our pages
    /// send besides, and what a post's template is given besides.
    pub const RESERVED: [&str; 21] = [
        CONTACT_NAME,
        CONTACT_EMAIL,
        CONSENT,
        LEAVE_EMPTY,
        SLUG,
        DATE,
        "action",
        "token",
        "version",
        "revision",
        "note",
        "letter",
        "letters",
        "send",
        "step",
        "form",
        "fields",
        "parts",
        "sure",
        "saved_email",
        "saved_remind",
    ];
}
