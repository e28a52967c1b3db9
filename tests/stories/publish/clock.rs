//! The blog's own clock: dates west and east of here, a date to come, and what the blog leaves out.

use jiff::{Timestamp, tz::TimeZone};

use crate::support::{Answers, eventually};

use super::{Desk, STRICT, letters_of};

/// The time zone, among those that have no summer time, where the day is another one than in UTC.
fn zone_with_another_day() -> (&'static str, TimeZone) {
    let hour = Timestamp::now().to_zoned_datetime(TimeZone::UTC).hour();
    // 11 hours behind, and 14 ahead.
    let name = if hour < 11 {
        "Pacific/Pago_Pago"
    } else {
        "Pacific/Kiritimati"
    };
    (name, TimeZone::get(name).expect("a time zone"))
}

fn config(desk: &Desk, more: &str) {
    let file = desk.path("web").join("_config.yml");
    let text = std::fs::read_to_string(file).expect("the blog's settings");
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("future:") && !line.starts_with("timezone:"))
        .collect();
    desk.webmaster("_config.yml", Some(&format!("{}\n{more}", kept.join("\n"))));
    desk.seen();
}

#[test]
fn a_post_has_the_date_of_the_blog_s_own_clock_and_is_there_when_its_campaigner_is_told() {
    let (name, zone) = zone_with_another_day();
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", STRICT)]);
    config(&desk, &format!("timezone: {name}\nfuture: false\n"));
    let id = desk.submitted(&Answers::seed());
    desk.edit(&id, &Answers::seed(), &[("slug", "case-study-tuc")]);
    desk.decide(&id, "approve");
    let day = || {
        Timestamp::now()
            .to_zoned_datetime(zone.clone())
            .date()
            .to_string()
    };
    let (before, _) = (day(), desk.decide(&id, "publish"));
    assert_eq!(desk.stage(&id), "published", "{}", desk.review(&id));
    let date = desk.intake.record(&id)["publication"]["date"].clone();
    assert!(date == before || date == day(), "{date}");
    let there = desk.on_the_host(&format!("_posts/{before}-case-study-tuc.md"));
    assert!(there.is_some() || before != day());
    // Times on the desk are the blog's, too.
    let here = Timestamp::now().to_zoned_datetime(zone.clone());
    let shown = here.strftime("%-d %B %Y").to_string();
    assert!(desk.review(&id).contains(&shown), "{shown}");
}

#[test]
fn a_date_to_come_is_refused_or_waits_for_its_day() {
    // Where the day of the one has begun, it is a day or two ahead for the other.
    let (behind, ahead) = ("Pacific/Pago_Pago", "Pacific/Kiritimati");
    let mut desk = Desk::with(&[("INTAKE__BLOG__TIMEZONE", behind)]);
    let zone = TimeZone::get(ahead).expect("a time zone");
    let to_come = Timestamp::now().to_zoned_datetime(zone).date();
    let date = to_come.to_string();
    let id = desk.submitted(&Answers::seed());
    let fields = [("slug", "case-study-tuc"), ("date", date.as_str())];
    desk.edit(&id, &Answers::seed(), &fields);
    desk.decide(&id, "approve");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("its date lies ahead"), "{}", ran.err);

    let page = format!("/desk/{id}");
    let publish = [("action", "publish"), ("on", "")];
    let refused = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
    assert_eq!(refused.status, 409, "{}", refused.body);
    let publish = [("action", "publish"), ("on", date.as_str())];
    let agreed = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
    assert_eq!(agreed.status, 303, "{}", agreed.body);
    let shown = desk.review(&id);
    let day = to_come.strftime("%-d %B %Y").to_string();
    assert!(
        shown.contains(&format!("It will be published on {day}")),
        "{shown}"
    );
    assert_eq!(desk.stage(&id), "approved");
    assert_eq!(desk.commits(), [""; 0]);
    assert!(letters_of(&desk, "is on the blog").is_empty());

    // Somebody thinks better of it, and then again.
    let cancel = [("action", "cancel")];
    let answer = desk.ann.fill_in(&desk.intake, &page, &page, &cancel);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(desk.intake.record(&id)["order"].is_null());
    let agreed = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
    assert_eq!(agreed.status, 303, "{}", agreed.body);

    // In another part of the world that day has come.
    desk.intake.stop();
    desk.intake.set("INTAKE__BLOG__TIMEZONE", ahead);
    desk.intake.start_again();
    eventually("its day", || (desk.stage(&id) == "published").then_some(()));
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(letter.text.contains("case-study-tuc"));
}

#[test]
fn a_post_that_the_blog_leaves_out_is_not_announced() {
    let mut desk = Desk::with(&[
        ("INTAKE__BLOG__BUILD_COMMAND", STRICT),
        ("INTAKE__BLOG__TIMEZONE", "Pacific/Kiritimati"),
    ]);
    // The blog's clock is behind what it is taken for.
    config(&desk, "timezone: Pacific/Pago_Pago\nfuture: false\n");
    let id = desk.submitted(&Answers::seed());
    desk.edit(&id, &Answers::seed(), &[("slug", "case-study-tuc")]);
    desk.decide(&id, "approve");
    let good = desk.approved(&Answers::number(2), "campaign-2");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("The blog leaves this post out"),
        "{}",
        ran.err
    );
    assert_eq!(desk.stage(&id), "approved");
    assert_eq!(desk.stage(&good), "published");
    assert!(desk.review(&id).contains("leaves this post out"));
}
