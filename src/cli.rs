//! The commands.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};
use uuid::Uuid;

use crate::{
    blog::{Behalf, Blog, Order, Outcome, Wish},
    config::Config,
    queue::{Listing, Queue},
    service::Service,
    submission::{Action, LetterChoice, LetterState, Party, Recipient, Refusal, Stage},
    templates::{self, Templates},
    web,
};

/// How long a stop waits for the letter under way; service managers lose patience after 90 s.
const LAST_LETTER: std::time::Duration = std::time::Duration::from_secs(30);

/// Collects case studies from campaigners and hands editors drafts for the blog.
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
    /// The web service and the mail worker; the same as no command.
    Serve,
    /// The queue, newest first.
    List {
        /// Only submissions of this stage.
        #[arg(long)]
        stage: Option<StageArgument>,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// One submission.
    Show {
        /// Its reference.
        id: Uuid,
        /// Just the Markdown that would be published.
        #[arg(long)]
        post: bool,
        /// The whole private record as JSON, for programs.
        #[arg(long, conflicts_with = "post")]
        json: bool,
    },
    /// Approved drafts into the blog's repository.
    Publish {
        /// Their references; without any, all that are approved or have changed since.
        ids: Vec<Uuid>,
        /// Prints what would change, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes published posts off the blog.
    TakeDown {
        /// Their references.
        #[arg(required = true)]
        ids: Vec<Uuid>,
        /// Prints what would change, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Erases name, address and notes of a submission for good; a post stays, what is under way ends.
    Erase {
        /// Its reference.
        id: Uuid,
    },
    /// Judges configuration, templates, queue, blog and mail; exit status 1 where something is wrong.
    Check,
}

#[derive(Clone, Copy)]
struct StageArgument(Stage);

impl ValueEnum for StageArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [StageArgument; Stage::ALL.len()] = {
            let mut all = [StageArgument(Stage::Received); Stage::ALL.len()];
            let mut index = 0;
            while index < all.len() {
                all[index] = StageArgument(Stage::ALL[index]);
                index += 1;
            }
            all
        };
        &ALL
    }
    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

/// Runs the command that the arguments name. 0: done; 1: something is wrong, said on standard
/// error; 2: the arguments make no sense.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_standard_error();
    let outcome = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => in_runtime(serve(arguments.config.as_deref())).map(|()| true),
        Command::List { stage, json } => list(
            arguments.config.as_deref(),
            stage.map(|stage| stage.0),
            json,
        ),
        Command::Show { id, post, json } => show(arguments.config.as_deref(), id, post, json),
        Command::Publish { ids, dry_run } => {
            blog(arguments.config.as_deref(), ids, dry_run, &Wish::Publish)
        }
        Command::TakeDown { ids, dry_run } => {
            let words = String::new();
            let wish = Wish::TakeDown { words };
            blog(arguments.config.as_deref(), ids, dry_run, &wish)
        }
        Command::Erase { id } => erase(arguments.config.as_deref(), id),
        Command::Check => in_runtime(check(arguments.config.as_deref())),
    };
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

/// Structured lines; `INTAKE_LOG` takes levels, as in `debug` or `case_study_intake=debug`.
fn log_to_standard_error() {
    let levels = std::env::var("INTAKE_LOG")
        .ok()
        .and_then(|text| text.parse::<Targets>().ok())
        .unwrap_or_else(|| {
            Targets::new()
                .with_default(tracing::Level::INFO)
                .with_target("actix_server", tracing::Level::WARN)
        });
    let format = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
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

fn queue_alone(file: Option<&Path>) -> anyhow::Result<Queue> {
    let config = configuration(file)?;
    let templates = Arc::new(Templates::load(Path::new(templates::FOLDER))?);
    Ok(Queue::new(&config.queue, templates))
}

/// Puts the parts together and tries every template with sample data.
fn assemble(config: Config, public_url: String) -> anyhow::Result<Service> {
    let service = Service::assemble(config, public_url)?;
    web::try_pages(&service, &service.sample()?)?;
    Ok(service)
}

fn public_url(config: &Config, listens_on: std::net::SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{listens_on}"),
    }
}

async fn serve(file: Option<&Path>) -> anyhow::Result<()> {
    let config = configuration(file)?;
    let listener = TcpListener::bind(config.listen).with_context(|| {
        format!(
            "cannot listen on {}; stop what listens there, or set `listen`",
            config.listen
        )
    })?;
    let address = listener.local_addr()?;
    let url = public_url(&config, address);
    let service = Arc::new(assemble(config, url)?);
    let swept = service.queue.recover()?;
    if swept.leftovers + swept.drafts > 0 {
        tracing::warn!(
            leftovers = swept.leftovers,
            drafts = swept.drafts,
            "mended what the last stop left half done"
        );
    }
    let shared = Arc::clone(&service);
    // A publisher at work may take minutes, and nobody need wait for that.
    std::thread::spawn(move || {
        if let Err(reason) = shared.blog.recover() {
            tracing::error!(
                reason,
                "the blog's checkout is not ready; see `intake check`"
            );
        }
    });
    let editors = &service.config.editors;
    let is_editor = |email: &str| editors.iter().any(|editor| editor.email == email);
    if let Err(error) = service.sessions.keep_only(is_editor, Timestamp::now()) {
        tracing::error!(%error, "sessions of editors who have left could not be ended");
    }
    for error in service.queue.list()?.unreadable {
        tracing::error!(%error, "a record cannot be read; the others are served");
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let outbox = Arc::clone(&service.outbox);
    let worker = actix_web::rt::spawn(async move { outbox.run(stopped).await });
    let forgetting = actix_web::rt::spawn(forget_in_time(Arc::clone(&service)));
    let mut serving = pin!(web::run(Arc::clone(&service), listener));
    // Its first step takes hold of the stop signals; only then are people told where it is.
    let served = tokio::select! {
        biased;
        served = &mut serving => served,
        () = std::future::ready(()) => {
            announce(&service, address);
            serving.await
        }
    };
    // Requests are finished; now the letter under way, if there is one.
    let _ = stop.send(true);
    forgetting.abort();
    // A letter that is cut off here goes again after the next start, under the same Message-ID.
    match tokio::time::timeout(LAST_LETTER, worker).await {
        Ok(worker) => worker.context("the mail worker failed")?,
        Err(_) => tracing::warn!("the mail server took too long for the letter under way"),
    }
    served.context("the web service failed")
}

/// Every hour: what `retention` says is to be forgotten. The editors are not told of each.
async fn forget_in_time(service: Arc<Service>) {
    loop {
        let shared = Arc::clone(&service);
        let forgotten = tokio::task::spawn_blocking(move || {
            forget(&shared.queue, shared.config.retention, Timestamp::now())
        });
        match forgotten.await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(count, "personal data erased after their time"),
            Ok(Err(error)) => tracing::error!(%error, "personal data could not be erased"),
            Err(error) => tracing::error!(%error, "personal data could not be erased"),
        }
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    }
}

/// Erases the personal data of what ended longer than `retention` ago; answers of how many.
fn forget(queue: &Queue, retention: jiff::Span, now: Timestamp) -> anyhow::Result<usize> {
    let before = now
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .checked_sub(retention)?
        .timestamp();
    let mut count = 0;
    for summary in queue.list()?.summaries {
        if summary.erased || !summary.stage.is_end() || summary.since > before {
            continue;
        }
        let erased = queue.update(summary.id, |submission| {
            let choice = LetterChoice::LeftOut;
            submission.act(Party::Time, Action::Erase, choice, &[], now)
        })?;
        count += usize::from(matches!(erased, Some(Ok(()))));
    }
    Ok(count)
}

/// The first lines on the terminal. Nobody need be there to read them.
fn announce(service: &Service, address: std::net::SocketAddr) {
    let mail = match service.outbox.folder() {
        Some(folder) if address.ip().is_loopback() => format!(
            "Captured mail: http://{address}/mailbox (files in {}/)",
            folder.display()
        ),
        Some(folder) => format!("Captured mail: files in {}/", folder.display()),
        None => "Mail:          sent through the configured server".to_owned(),
    };
    let url = &service.public_url;
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "Form:          {url}/\nDesk:          {url}/desk\n{mail}"
    );
    let _ = out.flush();
}

fn list(file: Option<&Path>, stage: Option<Stage>, json: bool) -> anyhow::Result<bool> {
    let Listing {
        mut summaries,
        unreadable,
    } = queue_alone(file)?.list()?;
    summaries.retain(|summary| stage.is_none_or(|stage| summary.stage == stage));
    let mut out = std::io::stdout().lock();
    if json {
        let summaries: Vec<_> = summaries.iter().map(AsRef::as_ref).collect();
        serde_json::to_writer_pretty(&mut out, &summaries).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else if summaries.is_empty() && unreadable.is_empty() {
        writeln!(out, "There is nothing in the queue.")?;
    } else {
        for summary in summaries {
            let mut marks = match summary.letters_failed {
                0 => String::new(),
                1 => "  [a letter failed]".to_owned(),
                many => format!("  [{many} letters failed]"),
            };
            if summary.trouble {
                marks.push_str("  [could not be published]");
            }
            writeln!(
                out,
                "{}  {}  {:17}  {} ({}){marks}",
                summary.id,
                summary.received.strftime("%Y-%m-%d %H:%M"),
                summary.stage.name(),
                summary.title,
                if summary.organisation.is_empty() {
                    "no organisation"
                } else {
                    &summary.organisation
                },
            )?;
        }
    }
    for error in &unreadable {
        complain(format_args!("intake: {error}"));
    }
    Ok(unreadable.is_empty())
}

fn show(file: Option<&Path>, id: Uuid, post: bool, json: bool) -> anyhow::Result<bool> {
    let submission = queue_alone(file)?
        .get(id)?
        .with_context(|| format!("there is no submission {id}"))?;
    let mut out = std::io::stdout().lock();
    if post {
        out.write_all(submission.draft.as_bytes())?;
        return Ok(true);
    }
    if json {
        serde_json::to_writer_pretty(&mut out, &submission).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(true);
    }
    let case_study = submission.case_study();
    writeln!(out, "{}", case_study.title)?;
    writeln!(out, "Reference  {}", submission.id)?;
    writeln!(out, "Stage      {}", submission.stage.name())?;
    match &submission.contact {
        Some(contact) => writeln!(out, "From       {} <{}>", contact.name, contact.email)?,
        None => writeln!(out, "From       (erased)")?,
    }
    if let Some(publication) = &submission.publication {
        writeln!(out, "Blog       {}", publication.address)?;
        if let Some(commit) = &publication.commit {
            writeln!(out, "Commit     {commit}")?;
        }
    }
    if let Some(trouble) = &submission.trouble {
        writeln!(out, "\nNot published\n{}", trouble.words)?;
    }
    writeln!(out, "\nHistory")?;
    for event in &submission.history {
        let who = match &event.by {
            Party::Campaigner => "the campaigner",
            Party::Editor(name) => name,
            Party::Time => "the service",
        };
        let when = event.at.strftime("%Y-%m-%d %H:%M");
        writeln!(out, "  {when}  {}, by {who}", event.stage.name())?;
    }
    writeln!(out, "\nLetters")?;
    for letter in &submission.letters {
        let to = match &letter.to {
            Recipient::Campaigner => "the campaigner",
            Recipient::Editor(editor) => &editor.name,
        };
        let state = match &letter.state {
            LetterState::Dropped { .. } => "not to be sent any more".to_owned(),
            LetterState::Sent { at } => format!("sent {}", at.strftime("%Y-%m-%d %H:%M")),
            LetterState::Failed { trouble, .. } => format!("FAILED: {trouble}"),
            LetterState::Owed { trouble: None, .. } => "to be sent".to_owned(),
            LetterState::Owed {
                tries,
                next,
                trouble: Some(trouble),
            } => format!(
                "tried {tries} times, next at {}: {trouble}",
                next.strftime("%Y-%m-%d %H:%M")
            ),
        };
        writeln!(
            out,
            "  {}. {} to {to}: {state}",
            letter.number,
            letter.kind.name()
        )?;
    }
    writeln!(out, "\n{}", submission.draft)?;
    Ok(true)
}

/// `publish` and `take-down`. `false` when something was to be done and was not.
fn blog(file: Option<&Path>, ids: Vec<Uuid>, dry_run: bool, wish: &Wish) -> anyhow::Result<bool> {
    let config = configuration(file)?;
    let queue = queue_alone(file)?;
    let blog = Blog::new(&config.blog, &config.editors);
    let mut good = true;
    let mut ids = ids;
    if ids.is_empty() {
        let listing = queue.list()?;
        for error in &listing.unreadable {
            complain(format_args!("intake: {error}"));
            good = false;
        }
        ids.extend(
            listing
                .summaries
                .iter()
                .rev()
                .filter(|summary| summary.to_publish)
                .map(|summary| summary.id),
        );
    }
    let mut orders: Vec<Order> = Vec::new();
    for id in ids {
        if !orders.iter().any(|order| order.id == id) {
            let wish = wish.clone();
            let seen = None;
            orders.push(Order { id, seen, wish });
        }
    }
    let mut out = std::io::stdout().lock();
    if orders.is_empty() {
        writeln!(out, "There is nothing to publish.")?;
        if dry_run {
            return Ok(good);
        }
        return match blog.bring_up_to_date() {
            Ok(()) => Ok(good),
            Err(words) => anyhow::bail!("{words}"),
        };
    }
    let reported = if dry_run {
        blog.show(&queue, orders)?
    } else {
        let behalf = Behalf {
            by: Party::Time,
            letter: LetterChoice::AsItIs,
        };
        let bar = progress_bar(orders.len());
        let reported = blog.carry_out(&queue, orders, &behalf, &|what, done, of| {
            bar.set_message(what.to_owned());
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        reported?
    };
    let mut told = None;
    for report in reported {
        good &= report.outcome.is_good();
        let (id, title) = (report.id, report.title);
        match report.outcome {
            Outcome::Published(publication) => writeln!(
                out,
                "{id}  published at {}  {title} ({})",
                publication.address,
                publication.commit.as_deref().unwrap_or_default()
            )?,
            Outcome::TakenDown { to_be_merged } => {
                let when = if to_be_merged {
                    ", once its branch is merged"
                } else {
                    ""
                };
                writeln!(out, "{id}  off the blog{when}  {title}")?;
            }
            Outcome::NothingToDo => writeln!(out, "{id}  nothing to do  {title}")?,
            Outcome::Shown(difference) => write!(out, "{difference}")?,
            Outcome::NotThere => complain(format_args!("intake: there is no submission {id}")),
            Outcome::Stale => complain(format_args!("intake: {id} was changed meanwhile  {title}")),
            Outcome::Refused(refusal) => complain(format_args!("intake: {id}: {refusal}  {title}")),
            Outcome::Stopped(words) => {
                // What stops all of them is said once.
                let words = match &told {
                    Some(before) if *before == words => " (for the same reason)".to_owned(),
                    _ => {
                        told = Some(words.clone());
                        format!("\n{words}")
                    }
                };
                complain(format_args!("intake: {id} was not done  {title}{words}"));
            }
        }
    }
    Ok(good)
}

/// On a terminal, and where there are many.
fn progress_bar(count: usize) -> ProgressBar {
    const MANY: usize = 5;
    if count < MANY {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn erase(file: Option<&Path>, id: Uuid) -> anyhow::Result<bool> {
    let config = configuration(file)?;
    let erased = queue_alone(file)?
        .update(id, |submission| {
            submission.act(
                Party::Time,
                Action::Erase,
                LetterChoice::AsItIs,
                &config.editors,
                Timestamp::now(),
            )
        })?
        .with_context(|| format!("there is no submission {id}"))?;
    match erased {
        Ok(()) => tell(format_args!(
            "Erased. The editors will be told by the running service."
        )),
        Err(Refusal::NoChange) => tell(format_args!("Name and address were erased before.")),
        Err(refusal) => anyhow::bail!("{refusal}"),
    }
    Ok(true)
}

/// Collects one judgement a line.
struct Judge {
    good: bool,
}

impl Judge {
    fn judge(&mut self, what: &str, outcome: Result<String, String>) {
        let (mark, text) = match outcome {
            Ok(text) => ("ok   ", text),
            Err(text) => {
                self.good = false;
                ("WRONG", text)
            }
        };
        tell(format_args!("{mark}  {what}: {text}"));
    }
}

async fn check(file: Option<&Path>) -> anyhow::Result<bool> {
    let mut judge = Judge { good: true };
    let config = match configuration(file) {
        Ok(config) => config,
        Err(error) => {
            judge.judge("configuration", Err(format!("{error:#}")));
            return Ok(false);
        }
    };
    judge.judge("configuration", Ok("every key is known".into()));
    let url = public_url(&config, config.listen);
    let service = match assemble(config, url) {
        Ok(service) => service,
        Err(error) => {
            judge.judge("templates, keys and addresses", Err(format!("{error:#}")));
            return Ok(false);
        }
    };
    judge.judge("templates", Ok("all render with sample data".into()));
    for (what, outcome) in service.blog.judge() {
        judge.judge(what, outcome);
    }
    check_vocabulary(&mut judge, &service);
    check_queue(&mut judge, &service.queue);
    let mail = service.outbox.test().await;
    judge.judge(
        "mail",
        mail.map(|()| match service.outbox.folder() {
            Some(folder) => format!("captured in {}/", folder.display()),
            None => "the server answers".into(),
        }),
    );
    if service.outbox.folder().is_some() && service.public_url.starts_with("https://") {
        judge.judge(
            "mail",
            Err(
                "letters are only captured, though `public_url` is public; set `mail.transport`"
                    .into(),
            ),
        );
    }
    Ok(judge.good)
}

fn check_vocabulary(judge: &mut Judge, service: &Service) {
    let (post, blog) = (&service.config.post, service.blog.vocabulary());
    let there = if service.blog.has_checkout() {
        "the blog's pages"
    } else {
        "the lists under `blog`"
    };
    judge.judge(
        "author",
        if blog.authors.contains(&post.author) {
            Ok(format!("“{}” is on the blog", post.author))
        } else {
            Err(format!(
                "`post.author` is “{}”, which is not among {there}",
                post.author
            ))
        },
    );
    for (key, wanted, known) in [
        ("projects", &post.projects, &blog.projects),
        ("topics", &post.topics, &blog.topics),
    ] {
        for title in wanted.iter().filter(|title| !known.contains(title)) {
            judge.judge(
                key,
                Err(format!(
                    "`post.{key}` names “{title}”, which is not among {there}"
                )),
            );
        }
    }
}

fn check_queue(judge: &mut Judge, queue: &Queue) {
    let listing = queue
        .recover()
        .and_then(|_| queue.try_to_write())
        .and_then(|()| queue.list());
    let listing = match listing {
        Ok(listing) => listing,
        Err(error) => return judge.judge("queue", Err(error.to_string())),
    };
    let count = listing.summaries.len();
    judge.judge("queue", Ok(format!("can be written; {count} in it")));
    for error in &listing.unreadable {
        judge.judge("queue", Err(error.to_string()));
    }
    match queue.drafts_without_record() {
        Ok(drafts) => {
            for draft in drafts {
                judge.judge(
                    "queue",
                    Err(format!(
                        "{} has no record beside it; restore the .json file of that name from a backup",
                        draft.display()
                    )),
                );
            }
        }
        Err(error) => judge.judge("queue", Err(error.to_string())),
    }
    for summary in &listing.summaries {
        if summary.letters_failed > 0 {
            judge.judge(
                "letters",
                Err(format!(
                    "{} of {} could not be sent; see `intake show {}`",
                    summary.letters_failed, summary.title, summary.id
                )),
            );
        }
    }
}
