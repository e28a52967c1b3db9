//! Pages that come with a post: what somebody has typed that is not on the list yet.

use std::fs;

use super::{Desk, STRICT, git};
use crate::support::Answers;

const CASE: &str = "
title: Tell us about your case
noun: case
parts:
  - title: The case
    name: case
    fields:
      - {name: title, label: Title, kind: line, required: true}
      - name: organisations
        label: Organisations
        kind: choices
        options: blog:_organisations
        value: file
        add: true
      - name: funders
        label: Funders
        kind: choices
        options: blog:_organisations
        value: file
        add: true
      - {name: themes, label: Themes, kind: choices, options: \"blog:_themes\", add: true}
      - name: partners
        label: Partners
        kind: group
        fields:
          - {name: role, label: Role, kind: line}
          - name: who
            label: Who
            kind: choices
            options: blog:_organisations
            value: file
            add: true
consent: {wording: I agree.}
post:
  template: case.md
  path: _cases/{slug}.md
  permalink: https://blog.example/cases/{slug}
  title: title
";

const TEMPLATE: &str = "---
title: {{ title | yaml_quoted }}
{{ organisations | yaml(key=\"organisations\") }}{{ funders | yaml(key=\"funders\") }}\
{{ themes | yaml(key=\"themes\") }}{{ partners | yaml(key=\"partners\") }}---
";

const UNION: &str = "---\ntitle: Trades Union Congress\n---\n";

fn desk() -> Desk {
    let settings = [
        ("INTAKE__FORMS", "[case]"),
        ("INTAKE__BLOG__BUILD_COMMAND", STRICT),
    ];
    let desk = Desk::prepared(&settings, |intake| {
        intake.form("case", CASE);
        let templates = intake.folder.path().join("templates");
        fs::create_dir(&templates).expect("a folder");
        fs::write(templates.join("case.md"), TEMPLATE).expect("a template");
    });
    fs::create_dir(desk.path("web").join("_organisations")).expect("a folder");
    let file = desk.path("web").join("_config.yml");
    let config = fs::read_to_string(file).expect("the blog's settings");
    let cases = "  cases:\n    output: true\n    permalink: /cases/:name\n  topics:\n";
    let with_cases = config.replace("  topics:\n", cases);
    desk.webmaster("_config.yml", Some(&with_cases));
    desk.webmaster("_organisations/tuc.md", Some(UNION));
    desk.seen();
    desk
}

impl Desk {
    /// A case of these organisations, of which those in `new` are typed, approved.
    fn case(&mut self, title: &str, chosen: &[&str], new: &str) -> String {
        let mut fields = vec![("title", title), ("organisations-new", new)];
        fields.extend(chosen.iter().map(|file| ("organisations", *file)));
        let id = self.sent("case", &fields);
        self.decide(&id, "approve");
        id
    }

    /// The files that the nth commit from the last has written.
    fn written(&self, nth: usize) -> String {
        let commit = format!("main~{nth}");
        let show = [
            "show",
            "--no-renames",
            "--format=",
            "--name-status",
            &commit,
        ];
        git(&self.host(), &show)
    }
}

fn post(title: &str, organisations: &[&str]) -> Option<String> {
    let list: String = organisations
        .iter()
        .map(|file| format!("    - {file}\n"))
        .collect();
    Some(format!(
        "---\ntitle: \"{title}\"\norganisations:\n{list}---\n"
    ))
}

#[test]
fn the_patch_of_a_post_brings_its_pages_too() {
    let mut desk = desk();
    let id = desk.case("One", &["tuc"], "Open Data");
    let patch = format!("/desk/{id}/post.patch");
    let patch = desk.ann.get(&desk.intake, &patch).body;
    let web = desk.path("web");
    fs::write(web.join("../post.patch"), &patch).expect("a download");
    git(&web, &["am", "--quiet", "../post.patch"]);
    let read = |file: &str| fs::read_to_string(web.join(file)).ok();
    assert_eq!(
        read("_organisations/open-data.md").as_deref(),
        Some("---\ntitle: \"Open Data\"\n---\n")
    );
    assert_eq!(read("_cases/one.md"), post("One", &["tuc", "open-data"]));
    git(&web, &["push", "--quiet"]);
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published", "it is known as ours");
}

#[test]
fn an_organisation_that_was_typed_gets_a_page_in_the_commit_of_the_post() {
    let mut desk = desk();
    let typed = "Open Data: “Łódź”\n\n  trades union congress \nOpen Data: “Łódź”";
    let one = desk.case("One", &["tuc"], typed);
    desk.case("Two", &[], "Open Data: “Łódź”");
    let before = desk.commits().len();

    let dry = desk.intake.run(&["publish", &one, "--dry-run"]);
    assert_eq!(dry.status, Some(0), "{}", dry.err);
    for file in ["_organisations/open-data-lodz.md", "_cases/one.md"] {
        assert!(dry.out.contains(&format!("+++ b/{file}")), "{}", dry.out);
    }
    let all = desk.intake.run(&["publish", "--dry-run"]).out;
    for file in [
        "_organisations/open-data-lodz.md",
        "_cases/one.md",
        "_cases/two.md",
    ] {
        assert_eq!(all.matches(&format!("+++ b/{file}")).count(), 1, "{all}");
    }
    assert_eq!(desk.commits().len(), before);

    desk.publish_well();
    assert_eq!(desk.commits().len(), before + 2);
    assert_eq!(
        desk.written(1),
        "A\t_cases/one.md\nA\t_organisations/open-data-lodz.md"
    );
    assert_eq!(desk.written(0), "A\t_cases/two.md", "no second page");
    // The difference that was printed before is the one that came.
    let difference = git(
        &desk.host(),
        &["diff", "--no-color", "main~2", "main~1", "--"],
    );
    for line in difference.lines().filter(|line| line.starts_with('+')) {
        assert!(dry.out.contains(line), "{line} in {}", dry.out);
    }
    assert_eq!(
        desk.on_the_host("_organisations/open-data-lodz.md"),
        Some("---\ntitle: \"Open Data: “Łódź”\"\n---\n".to_owned())
    );
    assert_eq!(
        desk.on_the_host("_cases/one.md"),
        post("One", &["tuc", "open-data-lodz"])
    );
    assert_eq!(
        desk.on_the_host("_cases/two.md"),
        post("Two", &["open-data-lodz"])
    );

    // By now it is on the list, and whoever types it all the same means that page.
    desk.seen();
    let three = desk.case("Three", &[], "OPEN DATA: “łódź”");
    desk.publish_well();
    assert_eq!(desk.stage(&three), "published");
    assert_eq!(desk.written(0), "A\t_cases/three.md");
    assert_eq!(
        desk.on_the_host("_cases/three.md"),
        post("Three", &["open-data-lodz"])
    );
    let tuc = desk.on_the_host("_organisations/tuc.md");
    assert_eq!(tuc.as_deref(), Some(UNION));
}

#[test]
fn another_title_with_the_same_slug_gets_a_file_of_its_own() {
    let mut desk = desk();
    desk.case("One", &[], "Campaign!\nTUC\ncampaign?");
    desk.publish_well();
    assert_eq!(
        desk.on_the_host("_cases/one.md"),
        post("One", &["campaign", "tuc-2", "campaign-2"])
    );
    for (file, title) in [
        ("campaign", "Campaign!"),
        ("tuc-2", "TUC"),
        ("campaign-2", "campaign?"),
    ] {
        assert_eq!(
            desk.on_the_host(&format!("_organisations/{file}.md")),
            Some(format!("---\ntitle: \"{title}\"\n---\n"))
        );
    }
    let tuc = desk.on_the_host("_organisations/tuc.md");
    assert_eq!(tuc.as_deref(), Some(UNION));

    desk.seen();
    // Two that came in before either was published: the second is told, and finds another name
    // when it is saved again.
    let first = desk.case("First", &[], "Clean Air");
    let second = desk.case("Second", &[], "Clean – air!");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err
            .contains("another page at _organisations/clean-air.md"),
        "{}",
        ran.err
    );
    assert_eq!(desk.stage(&first), "published");
    assert_eq!(desk.stage(&second), "approved");
    desk.seen();
    let fields = [
        ("title", "Second"),
        ("slug", "second"),
        ("organisations-new", "Clean – air!"),
    ];
    desk.save(&second, &fields);
    desk.publish_well();
    assert_eq!(
        desk.on_the_host("_cases/second.md"),
        post("Second", &["clean-air-2"])
    );
    assert_eq!(
        desk.written(0),
        "A\t_cases/second.md\nA\t_organisations/clean-air-2.md"
    );
    assert!(
        desk.on_the_host("_organisations/clean-air.md")
            .is_some_and(|page| page.contains("\"Clean Air\""))
    );
}

#[test]
fn the_same_name_in_two_fields_is_one_page_and_another_is_another() {
    let mut desk = desk();
    let typed = [
        ("title", "One"),
        ("organisations-new", "Campaign!"),
        ("funders-new", "CAMPAIGN!\ncampaign?"),
        ("themes-new", "Air\nAir?"),
        ("partners-0-role", "Host"),
        ("partners-0-who-new", "campaign?"),
        ("partners-1-who-new", "Campaign…"),
    ];
    let id = desk.sent("case", &typed);
    desk.decide(&id, "approve");
    // A page that posts name by its title has the file that its title gives it, or none.
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err
            .contains("_themes/air.md; choose another name for “Air?”"),
        "{}",
        ran.err
    );
    let mut mended = typed.to_vec();
    mended.retain(|(name, _)| *name != "themes-new");
    mended.extend([("themes-new", "Air\n!?"), ("slug", "one")]);
    desk.save(&id, &mended);
    desk.publish_well();
    assert_eq!(
        desk.written(0),
        "A\t_cases/one.md\nA\t_organisations/campaign-2.md\n\
         A\t_organisations/campaign-3.md\nA\t_organisations/campaign.md\n\
         A\t_themes/air.md\nA\t_themes/page.md"
    );
    assert_eq!(
        desk.on_the_host("_cases/one.md").as_deref(),
        Some(
            "---\ntitle: \"One\"\norganisations:\n    - campaign\n\
             funders:\n    - campaign\n    - campaign-2\nthemes:\n    - Air\n    - \"!?\"\n\
             partners:\n    - role: Host\n      who: [campaign-2]\n    - who: [campaign-3]\n---\n"
        )
    );
    for (file, title) in [
        ("campaign", "Campaign!"),
        ("campaign-2", "campaign?"),
        ("campaign-3", "Campaign…"),
    ] {
        assert_eq!(
            desk.on_the_host(&format!("_organisations/{file}.md")),
            Some(format!("---\ntitle: \"{title}\"\n---\n"))
        );
    }
}

#[test]
fn a_page_that_has_gone_stops_the_post_wherever_it_was_chosen() {
    let mut desk = desk();
    let chosen = [
        ("organisations", "Organisations"),
        ("partners-0-who", "Who"),
    ];
    let ids = chosen.map(|(input, _)| {
        let id = desk.sent("case", &[("title", input), (input, "tuc")]);
        desk.decide(&id, "approve");
        id
    });
    desk.webmaster("_organisations/tuc.md", None);
    desk.webmaster(
        "_organisations/another.md",
        Some("---\ntitle: Another\n---\n"),
    );
    for (id, (_, label)) in ids.iter().zip(chosen) {
        let ran = desk.intake.run(&["publish", id]);
        assert_eq!(ran.status, Some(1));
        let told = format!("The blog has no page for “tuc” ({label}).");
        assert!(ran.err.contains(&told), "{}", ran.err);
        assert_eq!(desk.stage(id), "approved");
    }
}

#[test]
fn an_edit_moves_nothing_and_what_came_with_a_post_stays_when_it_goes() {
    let mut desk = desk();
    let id = desk.case("One", &[], "Clean Air");
    desk.publish_well();
    // The page is the blog's own from then on.
    let own = "---\ntitle: Clean Air for All\n---\nWho they are.\n";
    desk.webmaster("_organisations/clean-air.md", Some(own));
    desk.seen();
    let fields = [
        ("title", "Another title"),
        ("slug", "another-address"),
        ("organisations", "clean-air"),
        ("organisations-new", "Warm Homes"),
    ];
    desk.save(&id, &fields);
    desk.publish_well();
    assert_eq!(
        desk.written(0),
        "M\t_cases/one.md\nA\t_organisations/warm-homes.md"
    );
    assert_eq!(
        desk.on_the_host("_cases/one.md"),
        post("Another title", &["clean-air", "warm-homes"])
    );
    let publication = &desk.intake.record(&id)["publication"];
    assert_eq!(publication["permalink"], "https://blog.example/cases/one");

    desk.decide(&id, "unpublish");
    assert_eq!(desk.written(0), "D\t_cases/one.md");
    let page = desk.on_the_host("_organisations/clean-air.md");
    assert_eq!(page.as_deref(), Some(own));
    assert!(
        desk.on_the_host("_organisations/warm-homes.md").is_some(),
        "another post may name it by now"
    );
}

#[test]
fn a_link_within_the_blog_leads_to_its_page_or_is_said_to_lead_nowhere() {
    let desk = Desk::new();
    desk.seen();
    let seed = Answers::seed();
    let links = "See [our project](/projects/2023-catalysing-communities), [all of it][all] and \
        [what is gone](/projects/gone).\n\n[all]: /about#us";
    let answers = Answers {
        story: format!("{}\n\n{links}", seed.story),
        ..seed
    };
    let token = desk.intake.token();
    let check = desk.intake.post("/", &answers.sent(&token, "check")).body;
    assert!(
        check.contains("We completed a link to a page of the blog"),
        "{check}"
    );
    assert!(check.contains("A link leads to a page that the blog doesn’t have"));
    assert!(check.contains("href=\"https://blog.example/projects/2023-catalysing-communities\""));
    let id = desk.submitted(&answers);
    let draft = desk.intake.queue_file(&format!("{id}.md"));
    for written in [
        "[our project](https://blog.example/projects/2023-catalysing-communities)",
        "[all of it](https://blog.example/about#us)",
        "\\[what is gone\\](/projects/gone)",
    ] {
        assert!(draft.contains(written), "{written}: {draft}");
    }
}

#[test]
fn a_link_within_a_blog_below_a_path_leads_to_its_page_there() {
    let below = "https://blog.example/below/blog/{year}/{month}/{day}/{slug}";
    let desk = Desk::prepared(&[], |intake| {
        intake.case_study(&[(super::PERMALINK, below)]);
    });
    let file = desk.path("web").join("_config.yml");
    let config = fs::read_to_string(file).expect("the blog's settings");
    desk.webmaster("_config.yml", Some(&format!("{config}\nbaseurl: /below\n")));
    desk.seen();
    let seed = Answers::seed();
    let story = format!("{}\n\n[One](/about) and [two](/below/about)", seed.story);
    let id = desk.submitted(&Answers { story, ..seed });
    let draft = desk.intake.queue_file(&format!("{id}.md"));
    let written =
        "[One](https://blog.example/below/about) and [two](https://blog.example/below/about)";
    assert!(draft.contains(written), "{draft}");
}

#[test]
fn pages_of_hugo_and_zola_are_on_the_list_too() {
    let desk = desk();
    let folder = desk.path("web").join("_organisations");
    for bundle in ["water", "air"] {
        fs::create_dir(folder.join(bundle)).expect("a folder");
    }
    for (file, text) in [
        (
            "ana.md",
            "+++\ntitle = \"Ana’s: Co-op\"\n[extra]\ntitle = \"No\"\n+++\n",
        ),
        ("draft.md", "+++\ntitle = \"Not yet\"\ndraft = true\n+++\n"),
        ("water/index.md", "---\ntitle: Water for All\n---\n"),
        ("air/_index.md", "+++\ntitle = \"Air\"\n+++\n"),
        ("_index.md", "+++\ntitle = \"All of them\"\n+++\n"),
    ] {
        desk.webmaster(&format!("_organisations/{file}"), Some(text));
    }
    desk.seen();
    let page = desk.intake.get("/").body;
    for (value, label) in [
        ("ana", "Ana’s: Co-op"),
        ("water", "Water for All"),
        ("air", "Air"),
        ("tuc", "Trades Union Congress"),
    ] {
        let input = format!("name=\"organisations\" value=\"{value}\"> <span>{label}</span>");
        assert!(page.contains(&input), "{input}: {page}");
    }
    assert!(!page.contains("Not yet") && !page.contains("All of them"));
}
