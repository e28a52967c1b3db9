//! Intake collects what people send with forms, writes a draft post for each submission into a
//! review queue, and tells the editors. A form is a file; the case study of one blog is the form
//! that ships.
//!
//! # Reading order
//!
//! | module | knows | imports |
//! | --- | --- | --- |
//! | [`text`] | cleaning, Markdown, addresses, searching, differences, YAML | nothing of ours |
//! | [`durable`] | files that are there whole or not at all | nothing of ours |
//! | [`picture`] | pictures from outside, made harmless in a process of their own | nothing of ours |
//! | [`form`] | what is asked: definitions, answers, parsing | `text` |
//! | [`submission`] | the record, the workflow, the mail that is pending | `text`, `form` |
//! | [`post`] | public answers → the post and its preview | `text`, `form` |
//! | [`config`] | the settings and the files of forms | `text`, `form`, `submission` |
//! | [`templates`] | loading and rendering | `text`, `post` |
//! | [`keys`] | form tokens, private links | `text` |
//! | [`store`] | records, sessions and pending work in a database; the drafts on disk | `text`, `durable`, `form`, `submission`, `post`, `config`, `templates`, `keys` |
//! | [`mail`] | rendering and sending mail | `text`, `durable`, `form`, `submission`, `config`, `templates`, `keys`, `store` |
//! | [`blog`] | the blog's pages, and publishing through git | `text`, `form`, `submission`, `post`, `config`, `templates`, `store` |
//! | [`notify`] | telling another program of changes | `text`, `form`, `submission`, `config`, `store` |
//! | [`service`] | the parts put together; the use cases | all above |
//! | [`jobs`] | mail, publishing, drafts and upkeep beside the web | `store`, `mail`, `blog`, `submission`, `service` |
//! | [`web`] | pages and routes | all above |
//! | [`cli`] | the commands | all above |
//!
//! A module imports only what its row names, which stands above it. A test reads this table and
//! holds the code to it.
//!
//! # Invariants
//!
//! - What was answered with yes is synced to disk, and one transaction of the store is the commit
//!   of every change: answers, decision and the mail they cause.
//! - Nothing is published that the blog would show wrongly, and nothing overwritten that was not
//!   published from here; the blog's own repository is the truth, and our clone of it can go.
//! - Only [`post::Post`] reaches the blog. It is made of [`form::PublicAnswers`], which only
//!   [`form::Definition::public`] makes; a template writes its texts so that they show as they were
//!   typed, through [`text::markdown`] and [`text::yaml`].
//! - Which characters are shown at all, [`text::clean`] alone says.
//! - Nothing of [`form::Contact`], and no answer that is not public, is in a draft, a log line, a
//!   metric or mail; but a name that the campaigner chose to be shown is an answer, and in the draft.
//! - No field's name stands in the code but the built-in ones, once, in [`form::built_in`].
//! - What may be done with a submission, by whom, and what follows, stands in one table,
//!   [`submission::RULES`].
//! - Only `text` and `config` name the YAML library, only `mail` the mail library,
//!   only `picture` the one for pictures, only `notify` the HTTP client; only `blog` starts other programs (git, and the blog's own
//!   check), `picture` and `serve` this one anew.

pub mod blog;
pub mod cli;
pub mod config;
pub mod durable;
pub mod form;
pub mod jobs;
pub mod keys;
pub mod mail;
pub mod notify;
pub mod picture;
pub mod post;
pub mod service;
pub mod store;
pub mod submission;
pub mod templates;
pub mod text;
pub mod web;
