//! The commands, one file each, and what they share.

mod backup;
mod check;
mod close;
mod erase;
mod export;
mod list;
mod log;
mod publish;
mod serve;
mod show;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, Subcommand, ValueEnum, builder::PossibleValue};
use strum::VariantArray;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};
use uuid::Uuid;

use crate::{
    config::{Config, PublicUrl},
    form::Forms,
    service::Service,
    store::{Filter, Store},
    submission::Action,
    submission::Stage,
    templates::{self, Templates},
    web,
};

/// Collects submissions from campaigners and hands editors drafts for the blog.
#[derive(Parser)]
#[command(name = "intake", version)]
struct Arguments {
    /// The configuration file; without it, config/intake.yaml if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The web service and its jobs; the same as no command.
    Serve,
    /// All submissions, newest first.
    List {
        /// Only submissions of this stage.
        #[arg(long)]
        stage: Option<StageArgument>,
        /// Only submissions of this form.
        #[arg(long)]
        form: Option<String>,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// One submission.
    Show {
        /// Its reference.
        #[arg(value_parser = reference)]
        id: Uuid,
        /// Just the file that would be published.
        #[arg(long)]
        post: bool,
        /// The whole private record as JSON, for programs.
        #[arg(long, conflicts_with = "post")]
        json: bool,
    },
    /// Approved drafts into the blog's repository.
    Publish {
        /// Their references; without any, all that are approved or have changed since.
        #[arg(value_parser = reference)]
        ids: Vec<Uuid>,
        /// Prints what would change, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes published posts off the blog.
    #[command(visible_alias = "take-down")]
    Unpublish {
        /// Their references.
        #[arg(required = true, value_parser = reference)]
        ids: Vec<Uuid>,
        /// Prints what would change, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// All submissions, as JSON or as a table.
    Export {
        /// As a table for spreadsheets.
        #[arg(long)]
        csv: bool,
        /// Only submissions of this form.
        #[arg(long)]
        form: Option<String>,
        /// With campaigners' names and addresses, and all answers that are not public.
        #[arg(long)]
        private: bool,
    },
    /// Everything but the configuration into one file, while the service goes on.
    Backup {
        /// The file; what it held before is replaced.
        file: PathBuf,
    },
    /// Restores a backup into an empty place, into a folder or PostgreSQL, wherever it came from.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// Erases the personal data of a submission for good; a post stays, what is under way ends.
    Erase {
        /// Its reference.
        #[arg(value_parser = reference)]
        id: Uuid,
    },
    /// Closes a form for good: tells campaigners, exports, and erases the personal data of what has
    /// ended. Without --yes it says what would happen, and changes nothing.
    Close(close::Arguments),
    /// Judges configuration, forms, templates, store, blog and mail; exit status 1 where something
    /// is wrong.
    Check,
}

#[derive(Clone, Copy)]
struct StageArgument(Stage);

impl ValueEnum for StageArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [StageArgument; Stage::VARIANTS.len()] = {
            let mut all = [StageArgument(Stage::Received); Stage::VARIANTS.len()];
            let mut index = 0;
            while index < all.len() {
                all[index] = StageArgument(Stage::VARIANTS[index]);
                index += 1;
            }
            all
        };
        &ALL
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// A reference as somebody has typed or copied it.
fn reference(text: &str) -> Result<Uuid, &'static str> {
    let wrong = |_| "a reference has 36 characters, as `intake list` and the desk show it";
    text.trim().parse().map_err(wrong)
}

/// How the commands write a moment. The desk has the blog's own time zone.
const MINUTE: &str = "%Y-%m-%d %H:%M UTC";

/// That no form has this name.
fn no_form(forms: &Forms, name: &str) -> anyhow::Error {
    let forms = forms.all().iter();
    let names: Vec<&str> = forms.map(|form| form.name.as_str()).collect();
    anyhow::anyhow!("there is no form {name}; there is {}", names.join(", "))
}

/// Whether there is a form of this name, or something was sent by one that is not configured any
/// more: nothing found must not look like nothing sent.
fn judge_form(Parts { forms, store, .. }: &Parts, name: Option<&str>) -> anyhow::Result<()> {
    let Some(name) = name.filter(|name| forms.named(name).is_none()) else {
        return Ok(());
    };
    let filter = Filter {
        form: Some(name.to_owned()),
        ..Filter::default()
    };
    match store.how_many(&filter)? {
        Some(0) => Err(no_form(forms, name)),
        _ => Ok(()),
    }
}

/// Runs the command that the arguments name. 0: done; 1: something is wrong, said on standard
/// error; 2: the arguments make no sense.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    let command = arguments.command.unwrap_or(Command::Serve);
    let end = start_log(&command);
    let outcome = match command {
        Command::Serve => in_runtime(serve::run(file)).map(|()| true),
        Command::List { stage, form, json } => {
            list::run(file, stage.map(|stage| stage.0), form, json)
        }
        Command::Show { id, post, json } => show::run(file, id, post, json),
        Command::Publish { ids, dry_run } => publish::run(file, ids, dry_run, Action::Publish),
        Command::Unpublish { ids, dry_run } => publish::run(file, ids, dry_run, Action::Unpublish),
        Command::Export { csv, form, private } => export::run(file, csv, form, private),
        Command::Backup { file: into } => backup::back_up(file, &into),
        Command::Restore { file: from } => backup::restore(file, &from),
        Command::Erase { id } => erase::run(file, id),
        Command::Close(arguments) => close::run(file, &arguments),
        Command::Check => in_runtime(check::run(file)),
    };
    drop(end);
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("intake: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard output; where that is full or gone, the exit status still tells.
fn tell(words: std::fmt::Arguments) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// The same on standard error.
fn complain(words: std::fmt::Arguments) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// The mail library's connections live in a runtime, from their making to their end.
fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// `intake list | head` ends early, which is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The service's requests must not wait for its log. Of the other commands, nobody waits, and what
/// is logged stands at its place among their own words.
fn start_log(command: &Command) -> Option<log::End> {
    let log = matches!(command, Command::Serve).then(|| log::start(std::io::stderr()));
    match log {
        Some(Ok((log, end))) => {
            log_to(move || log.clone());
            Some(end)
        }
        Some(Err(_)) | None => {
            log_to(std::io::stderr);
            None
        }
    }
}

/// Structured lines; `INTAKE_LOG` takes levels, as in `debug` or `case_study_intake=debug`.
fn log_to(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let levels = std::env::var("INTAKE_LOG")
        .ok()
        .and_then(|text| text.parse::<Targets>().ok())
        .unwrap_or_else(|| {
            Targets::new()
                .with_default(tracing::Level::INFO)
                .with_target("actix_server", tracing::Level::WARN)
                // What is no HTTP is answered with 400, and is nobody's error but the client's.
                .with_target("actix_http::h1::dispatcher", LevelFilter::OFF)
        });
    let format = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_target(false);
    tracing_subscriber::registry()
        .with(levels)
        .with(format)
        .init();
}

fn configuration(file: Option<&Path>) -> anyhow::Result<Config> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with("INTAKE__") => {
                anyhow::bail!("{name}: the value is not UTF-8")
            }
            Err(_) => {}
        }
    }
    Ok(Config::load(file, variables)?)
}

/// What commands need that only read submissions or change one record.
struct Parts {
    config: Config,
    forms: Arc<Forms>,
    templates: Arc<Templates>,
    store: Store,
}

fn parts(file: Option<&Path>) -> anyhow::Result<Parts> {
    let config = configuration(file)?;
    let forms = Arc::new(Forms::new(config.read_forms()?));
    let templates = Arc::new(Templates::load(Path::new(templates::FOLDER))?);
    let store = Store::open(&config.data, Arc::clone(&templates), Arc::clone(&forms))?;
    let store = store.that_notes_changes(config.notify.webhook.is_some());
    Ok(Parts {
        config,
        forms,
        templates,
        store,
    })
}

/// Puts the parts together and tries every template with sample data.
fn assemble(config: Config, public_url: PublicUrl) -> anyhow::Result<Service> {
    web::judge_base_path(public_url.base_path())?;
    let service = Service::assemble(config, public_url)?;
    for definition in service.forms.all() {
        web::try_pages(&service, definition, &service.sample(definition)?)?;
    }
    Ok(service)
}

/// What is wrong where people elsewhere use the service and nobody gets mail.
const ONLY_CAPTURES: &str = "mail is only captured in a folder, though `public_url` (or `listen`) is for people elsewhere, who would never get their links; set `mail.transport` to a mail server";

/// Whether that is so.
fn only_captures(service: &Service) -> bool {
    service.outbox.folder().is_some() && !service.public_url.is_loopback()
}

fn public_url(config: &Config, listens_on: std::net::SocketAddr) -> PublicUrl {
    let set = config.public_url.clone();
    set.unwrap_or_else(|| PublicUrl::of(listens_on))
}
