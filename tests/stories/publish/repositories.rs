//! Repositories as there are: other names of branches, none, filters, many files, a work tree.

use std::{fs, path::Path};

use crate::support::Answers;

use super::{Desk, SEED_FILE, git};

impl Desk {
    /// Publishes the seed, and expects this on the branch.
    #[track_caller]
    fn goes_to(&mut self, branch: &str) {
        let id = self.approved(&Answers::seed(), "case-study-tuc");
        self.publish_well();
        let file = format!("{branch}:{SEED_FILE}");
        let there = git(&self.host(), &["show", &file]);
        assert_eq!(there, self.draft(&id).trim_end());
        assert_eq!(self.stage(&id), "published");
    }

    /// Tries to publish the seed, and expects this reason.
    #[track_caller]
    fn is_told(&mut self, reason: &str) {
        let id = self.approved(&Answers::seed(), "case-study-tuc");
        let ran = self.publish();
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.err.contains(reason), "{}", ran.err);
        assert_eq!(self.stage(&id), "approved");
        assert!(self.review(&id).contains(reason));
    }
}

#[test]
fn a_repository_whose_only_branch_is_master() {
    let mut desk = Desk::new();
    let host = desk.host();
    // What it shows to who asks for none is not there.
    git(&host, &["branch", "--quiet", "-m", "main", "master"]);
    git(&host, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    desk.goes_to("master");
}

#[test]
fn a_repository_whose_default_is_trunk() {
    let mut desk = Desk::new();
    let host = desk.host();
    git(&host, &["branch", "--quiet", "trunk", "main"]);
    git(&host, &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    desk.goes_to("trunk");
    assert_eq!(desk.commits(), [""; 0], "nothing on the other one");
}

#[test]
fn a_repository_that_does_not_say_which_branch_is_the_blog_or_has_none() {
    let mut desk = Desk::new();
    let host = desk.host();
    git(&host, &["branch", "--quiet", "old", "main"]);
    git(&host, &["symbolic-ref", "HEAD", "refs/heads/gone"]);
    desk.is_told(
        "which of its branches is the blog: main, old. Set its default branch, or `blog.branch`",
    );

    let mut desk = Desk::new();
    let host = desk.host();
    fs::remove_dir_all(&host).expect("the repository gone");
    git(
        desk.intake.folder.path(),
        &["init", "--quiet", "--bare", "blog.git"],
    );
    desk.is_told("has no commit yet. Push the blog to it first.");
}

#[test]
fn a_repository_that_keeps_its_pictures_elsewhere_or_filters_its_texts() {
    let mut desk = Desk::new();
    let lfs = "*.png filter=lfs diff=lfs merge=lfs -text\n*.md text eol=crlf\n";
    desk.webmaster(".gitattributes", Some(lfs));
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    desk.webmaster("picture.png", Some(pointer));
    desk.goes_to("main");
    assert_eq!(desk.on_the_host("picture.png").as_deref(), Some(pointer));

    let mut desk = Desk::new();
    desk.webmaster("_posts/.gitattributes", Some("*.md filter=secret\n"));
    desk.is_told("through the filter “secret”");
    desk.webmaster(
        "_posts/.gitattributes",
        Some("*.md filter=secret\n2025-* -filter\n"),
    );
    desk.publish_well();
}

#[test]
fn a_repository_with_twenty_thousand_files_and_large_pictures_costs_little() {
    let mut desk = Desk::new();
    let web = desk.web();
    let folder = web.join("archive");
    fs::create_dir(&folder).expect("a folder");
    for number in 0..20_000 {
        fs::write(folder.join(format!("{number}.txt")), number.to_string()).expect("a file");
    }
    // Nothing makes it smaller.
    let mut noise = vec![0_u8; 8 << 20];
    let random = fs::File::open("/dev/urandom");
    std::io::Read::read_exact(&mut random.expect("noise"), &mut noise).expect("noise");
    fs::write(web.join("picture.jpg"), &noise).expect("a picture");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nMany\n"));
    desk.goes_to("main");
    let clone = size_of(&desk.intake.queue().join("blog/clone.git"));
    println!("the clone has {clone} bytes");
    assert!(clone < 6 << 20, "{clone} bytes: the picture was fetched");

    // The blog's check has it.
    desk.intake.set(
        "INTAKE__BLOG__BUILD_COMMAND",
        "test $(stat -c %s picture.jpg) = 8388608",
    );
    desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
}

fn size_of(folder: &Path) -> u64 {
    let mut size = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        size += match path.is_dir() {
            true => size_of(&path),
            false => path.metadata().expect("a file").len(),
        };
    }
    size
}

#[test]
fn a_repository_that_somebody_works_in_follows_where_it_is_told_to() {
    let mut desk = Desk::new();
    let work = desk.path("work");
    git(
        desk.intake.folder.path(),
        &["clone", "--quiet", "blog.git", "work"],
    );
    desk.intake.set("INTAKE__BLOG__URL", "work");
    desk.is_told("git config receive.denyCurrentBranch updateInstead");
    git(
        &work,
        &["config", "receive.denyCurrentBranch", "updateInstead"],
    );
    desk.publish_well();
    assert!(work.join(SEED_FILE).exists());
    assert_eq!(git(&work, &["status", "--porcelain"]), "");
}

#[test]
fn many_branches_cost_one_check() {
    const MANY: usize = 120;
    let mut desk = Desk::with(&[
        ("INTAKE__BLOG__BRANCH", "case-study/{slug}"),
        ("INTAKE__BLOG__BUILD_COMMAND", "echo >> $DESK/checks"),
    ]);
    for number in 0..MANY {
        desk.approved(&Answers::number(number), &format!("campaign-{number}"));
    }
    desk.publish_well();
    let checks = fs::read_to_string(desk.path("checks")).expect("a check");
    assert_eq!(checks.lines().count(), 1);
    assert_eq!(desk.state().lines().count(), MANY + 1);
}
