//! What holds for a store whatever is kept in it.

use std::{sync::Arc, thread};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{config::Config, text::search::Term};

fn open(folder: &Path) -> Store {
    let config = Config::load(None, []).unwrap();
    let forms = Forms::new(config.read_forms().unwrap());
    let templates = Templates::load(Path::new("templates")).unwrap();
    let data = Data::Folder(folder.to_owned());
    Store::open(&data, Arc::new(templates), Arc::new(forms)).unwrap()
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn ask(store: &Store, email: &str, link: &str, browser: &str) {
    let asked = SignIn::new(email, later(0));
    store
        .ask_to_sign_in(&asked, link, browser, later(0))
        .unwrap();
}

#[test]
fn a_link_is_good_once_for_a_while_and_in_one_browser() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    ask(&store, "a@example.org", "old", "mine");
    assert!(
        store
            .sign_in("old", "other", "", later(0))
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .sign_in("old", "mine", "", later(901))
            .unwrap()
            .is_none()
    );
    ask(&store, "a@example.org", "new", "mine");
    // As after a restart: nothing is kept in memory.
    drop(store);
    let store = open(folder.path());
    let begun = store
        .sign_in("new", "mine", "", later(899))
        .unwrap()
        .unwrap();
    assert_eq!(begun.email, "a@example.org");
    let session = begun.secret;
    assert!(
        store
            .sign_in("new", "mine", "", later(899))
            .unwrap()
            .is_none()
    );
    assert!(store.session(&session, later(900)).unwrap().is_some());
    let end = 899 + 12 * 3600;
    assert!(store.session(&session, later(end - 1)).unwrap().is_some());
    assert!(store.session(&session, later(end)).unwrap().is_none());
    store.sign_out(&session).unwrap();
    assert!(store.session(&session, later(902)).unwrap().is_none());
}

#[test]
fn in_a_browser_of_ones_own_a_session_lasts_for_thirty_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let asked = SignIn {
        is_own: true,
        ..SignIn::new("a@example.org", later(0))
    };
    store
        .ask_to_sign_in(&asked, "link", "mine", later(0))
        .unwrap();
    let begun = store.sign_in("link", "mine", "", later(0)).unwrap();
    let session = begun.unwrap().secret;
    let end = 30 * 24 * 3600;
    assert!(store.session(&session, later(end - 1)).unwrap().is_some());
    assert!(store.session(&session, later(end)).unwrap().is_none());
}

#[test]
fn who_has_left_is_signed_out_also_for_the_day_of_coming_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    ask(&store, "a@example.org", "link", "b");
    let begun = store.sign_in("link", "b", "", later(0)).unwrap().unwrap();
    let session = begun.secret;
    store
        .sign_out_all_but(|email| email == "a@example.org")
        .unwrap();
    assert!(store.session(&session, later(0)).unwrap().is_some());
    store.sign_out_all_but(|_| false).unwrap();
    store.sign_out_all_but(|_| true).unwrap();
    assert!(store.session(&session, later(0)).unwrap().is_none());
}

#[test]
fn a_link_that_was_sent_proves_once_and_for_a_day_whose_mailbox_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    ask(&store, "a@example.org", "old", "a stranger");
    ask(&store, "", "nobody's", "a stranger");
    let day = 24 * 3600;
    assert!(store.is_proof("old", later(day)).unwrap());
    assert!(!store.is_proof("nobody's", later(0)).unwrap());
    assert_eq!(store.use_as_proof("nobody's", later(0)).unwrap(), None);
    let proved = store.use_as_proof("old", later(day)).unwrap();
    assert_eq!(proved.as_deref(), Some("a@example.org"));
    assert_eq!(store.use_as_proof("old", later(day)).unwrap(), None);
    ask(&store, "a@example.org", "late", "a stranger");
    assert_eq!(store.use_as_proof("late", later(day + 901)).unwrap(), None);
}

#[test]
fn no_more_is_counted_than_every_rate_allows_from_however_many_threads() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let rate = |most, hours| Rate {
        name: "mail".to_owned(),
        most,
        per: SignedDuration::from_hours(hours),
    };
    let rates = [rate(3, 1), rate(6, 24)];
    let allowed = |at: i64| {
        let count = |_| store.count(&rates, later(at)).unwrap().is_none();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || count(n))).collect();
            let counted = threads.into_iter().map(|it| it.join().unwrap());
            counted.filter(|it| *it).count()
        })
    };
    assert_eq!(allowed(0), 3);
    let wait = store.count(&rates, later(60)).unwrap().unwrap();
    assert_eq!(wait.as_secs(), 3540);
    assert_eq!(allowed(3600), 3);
    assert_eq!(allowed(7200), 0, "six in a day");
    let wait = store.count(&rates, later(7200)).unwrap().unwrap();
    assert_eq!(wait.as_hours(), 22);
    store.drop_traces(later(7200)).unwrap();
    assert_eq!(allowed(24 * 3600 + 1), 3);
}

#[test]
fn one_holds_a_lease_until_it_is_given_back_or_has_ended() {
    const LEASE: Lease = Lease {
        name: "work",
        lasts: SignedDuration::from_secs(15),
    };
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()), open(folder.path()));
    assert!(one.take(LEASE, later(0)).unwrap());
    assert!(one.take(LEASE, later(10)).unwrap(), "renewed");
    assert!(!other.take(LEASE, later(24)).unwrap());
    other.give_back(LEASE).unwrap();
    assert!(!other.take(LEASE, later(24)).unwrap(), "it was not theirs");
    assert!(other.take(LEASE, later(25)).unwrap(), "it has ended");
    assert!(!one.take(LEASE, later(26)).unwrap());
    other.give_back(LEASE).unwrap();
    assert!(one.take(LEASE, later(26)).unwrap());
}

#[test]
fn work_that_fails_or_panics_takes_nothing_of_others_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (mut good, mut bad) = (0, 0);
    thread::scope(|scope| {
        let store = &store;
        let all: Vec<_> = (0..60)
            .map(|number: i64| {
                scope.spawn(move || {
                    store.engine.write(|sql| {
                        tally(sql, BTreeMap::from([("kept".to_owned(), 1)]))?;
                        match number % 3 {
                            0 => Ok(()),
                            1 => Err(StoreError::database("it failed")),
                            _ => panic!("on purpose"),
                        }
                    })
                })
            })
            .collect();
        for one in all {
            match one.join() {
                Ok(Ok(())) => good += 1,
                _ => bad += 1,
            }
        }
    });
    assert_eq!((good, bad), (20, 40));
    assert_eq!(store.counts().unwrap().0["kept"], 20);
}

#[test]
fn what_is_noted_again_while_it_is_done_stays_noted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let note = |sql: &mut dyn Sql| to_do(sql, jobs::SEARCH, 7);
    let first = store.engine.write(note).unwrap();
    let second = store.engine.write(note).unwrap();
    let strike = |note| {
        let struck = store
            .engine
            .write(|sql| jobs::strike_out(sql, jobs::SEARCH, note));
        struck.unwrap()
    };
    assert!(!strike(first));
    assert!(strike(second));
    assert!(!strike(second), "somebody has done it");
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let newer = "INSERT INTO migration (number) VALUES (1000)";
    store.engine.write(|sql| sql.run(newer, &[])).unwrap();
    drop(store);
    let data = Data::Folder(folder.path().to_owned());
    let refused = Engine::open(&data).map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Newer), "{refused}");
}

#[test]
fn words_that_stay_are_not_written_into_the_index_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let new = submission(&store, 0);
    let id = new.id;
    store.insert(new, &Marks::default(), &[], &[]).unwrap();
    store.index_some().unwrap();
    let index = || {
        let pages = "SELECT id, hex(block) FROM search_data ORDER BY id";
        let rows = store.engine.read(|sql| sql.rows(pages, &[])).unwrap();
        let page = |row: &sql::Row| (row.int(0).unwrap(), row.text(1).unwrap().to_owned());
        rows.iter().map(page).collect::<Vec<_>>()
    };
    let before = index();
    store
        .write(|sql| {
            let all = "INSERT INTO todo (job, seq, mark) SELECT $1, seq, 1 FROM submission";
            sql.run(all, &[jobs::SEARCH.into()]).map(drop)
        })
        .unwrap();
    assert_eq!(store.index_some().unwrap(), Some(false));
    assert_eq!(store.index_some().unwrap(), None);
    assert!(index() == before, "written again");
    // What has changed is.
    store
        .update(id, |submission| submission.contact = None)
        .unwrap();
    assert!(index() != before);
}

#[test]
fn words_that_begin_alike_are_looked_for_one_by_one_where_they_are_few() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let index = |seq: i64, tokens: &str| {
        let done = store.engine.write(|sql| search::index(sql, seq, tokens));
        done.unwrap();
    };
    let wanted = |token: &str| {
        let term = Term {
            token: token.to_owned(),
            is_prefix: true,
        };
        store.engine.read(|sql| search::wanted(sql, &term)).unwrap()
    };
    let tokens = |tokens: &[&str]| tokens.iter().map(|token| (*token).to_owned()).collect();
    index(1, "cam campaign campaigns camps");
    index(2, "campaign campé campé1 other");
    assert_eq!(
        wanted("campaign"),
        (tokens(&["campaign", "campaigns"]), false)
    );
    assert_eq!(wanted("campé"), (tokens(&["campé", "campé1"]), false));
    // What SQLite has an index for, and what no word begins with, is asked for as it is.
    assert_eq!(wanted("cam"), (tokens(&["cam"]), true));
    assert_eq!(wanted("nothing"), (tokens(&["nothing"]), true));
    for seq in 3..50 {
        index(seq, &format!("campaign{seq}"));
    }
    assert_eq!(wanted("campaign"), (tokens(&["campaign"]), true));
}

/// A submission that came in so many seconds after the first.
fn submission(store: &Store, seconds: i64) -> Submission {
    use crate::{
        form::{Contact, Entry},
        submission::{Context, Reception, Unknown},
    };
    let definition = &store.forms.all()[0];
    let entry = Entry {
        answers: definition.sample(false),
        contact: Contact {
            name: "Ana".into(),
            email: "ana@example.org".into(),
            unknown: Unknown::new(),
        },
        agreed: Vec::new(),
        remarks: Vec::new(),
    };
    let context = Context {
        definition,
        editors: &[],
        now: later(seconds),
    };
    Submission::receive(Uuid::now_v7(), entry, Reception::default(), &context)
}

#[test]
fn in_every_order_each_submission_has_its_place_and_its_neighbours() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ids: Vec<Uuid> = (0..12)
        .map(|number| {
            let new = submission(&store, number);
            let id = new.id;
            assert_eq!(
                store.insert(new, &Marks::default(), &[], &[]).unwrap(),
                Inserted::New
            );
            let changed = store.update(id, |submission| {
                submission.assigned = (number % 3 == 0).then(|| "ann@example.org".to_owned());
                // The later it came in, the earlier it is due; half are due never.
                let day = jiff::civil::date(2026, 12, 20 - number as i8);
                submission.due_on = (number % 2 == 0).then_some(day);
                if number == 6 {
                    submission.publish_error = Some(crate::submission::PublishError {
                        at: later(60),
                        words: "no".into(),
                        unknown: BTreeMap::new(),
                    });
                }
            });
            assert!(changed.unwrap().is_some());
            id
        })
        .collect();
    let assigned = Some("ann@example.org".to_owned());
    let form = Some(store.forms.all()[0].name.clone());
    let stage = Some(crate::submission::Stage::Received);
    for sort in [Sort::Waiting, Sort::Newest, Sort::Date, Sort::Due] {
        for (filter, expected) in [
            (Filter::default(), (0..12).collect::<Vec<usize>>()),
            (
                Filter {
                    stage,
                    ..Filter::default()
                },
                (0..12).collect(),
            ),
            (
                Filter {
                    form: form.clone(),
                    stage,
                    ..Filter::default()
                },
                (0..12).collect(),
            ),
            (
                Filter {
                    assigned: assigned.clone(),
                    ..Filter::default()
                },
                vec![0, 3, 6, 9],
            ),
            (
                Filter {
                    assigned: assigned.clone(),
                    stage,
                    ..Filter::default()
                },
                vec![0, 3, 6, 9],
            ),
            (
                Filter {
                    assigned: assigned.clone(),
                    has_problem: true,
                    ..Filter::default()
                },
                vec![6],
            ),
            (
                Filter {
                    due_before: Some(jiff::civil::date(2026, 12, 14)),
                    ..Filter::default()
                },
                vec![8, 10],
            ),
            (
                Filter {
                    due_before: Some(jiff::civil::date(2026, 12, 15)),
                    assigned: assigned.clone(),
                    ..Filter::default()
                },
                vec![6],
            ),
            (
                Filter {
                    late_since: Some(later(5)),
                    ..Filter::default()
                },
                (0..5).collect(),
            ),
            (
                Filter {
                    late_since: Some(later(5)),
                    assigned: assigned.clone(),
                    ..Filter::default()
                },
                vec![0, 3],
            ),
        ] {
            let filter = Filter { sort, ..filter };
            let mut expected: Vec<Uuid> = expected.iter().map(|number| ids[*number]).collect();
            match sort {
                Sort::Waiting => {}
                Sort::Newest | Sort::Date => expected.reverse(),
                // First what is due, the latest first; then what never is, in its order.
                Sort::Due => {
                    let number = |id: &Uuid| ids.iter().position(|it| it == id).unwrap();
                    expected.sort_by_key(|id| match number(id) {
                        even if even % 2 == 0 => (false, 12 - even),
                        odd => (true, odd),
                    });
                }
            }
            // In pages of three.
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = store.queue(&filter, after, 3).unwrap();
                found.extend(page.summaries.iter().map(|one| one.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{filter:?}");
            assert_eq!(store.how_many(&filter).unwrap(), Some(expected.len()));
            for (at, id) in expected.iter().enumerate() {
                let placed = store.place_in(&filter, *id).unwrap().unwrap();
                assert_eq!(placed.number(), Some(at + 1), "{filter:?}");
                assert_eq!(placed.total(), Some(expected.len()));
                assert_eq!(placed.before, at.checked_sub(1).map(|at| expected[at]));
                assert_eq!(placed.after, expected.get(at + 1).copied());
            }
            let other = ids.iter().find(|id| !expected.contains(id));
            let placed = other.map(|id| store.place_in(&filter, *id).unwrap());
            assert!(placed.is_none_or(|placed| placed.is_none()), "{filter:?}");
        }
    }
}
