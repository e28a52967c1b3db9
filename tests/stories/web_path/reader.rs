//! Somebody who reads the pages and goes wherever they lead.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Answer, Hidden, Intake, Visitor};

/// Somebody with a browser at this host: it sends each cookie to its path alone, and says where a
/// form comes from. Whatever comes back must lead to what is below the path.
pub struct Reader<'a> {
    pub intake: &'a Intake,
    pub host: String,
    /// Name → path and value.
    pub cookies: BTreeMap<String, (String, String)>,
    links: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub fn of(intake: &'a Intake, host: &str) -> Self {
        Self {
            intake,
            host: host.to_owned(),
            cookies: BTreeMap::new(),
            links: BTreeSet::new(),
        }
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[])
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, fields)
    }

    /// Posts what stands hidden in a page, and these fields, to where its main form goes.
    #[track_caller]
    pub fn fill_in(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let (_, main) = page.body.split_once("<main").expect("a page");
        let (_, form) = main
            .split_once("<form method=\"post\" action=\"")
            .expect("a form");
        let action = form.split('"').next().expect("an address");
        let hidden = Hidden::in_page(main);
        self.post(action, &hidden.with(fields))
    }

    #[track_caller]
    fn send(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let bare = path.split('?').next().unwrap_or_default();
        let is_for = |cookie: &str| {
            let rest = bare.strip_prefix(cookie);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|(_, (path, _))| is_for(path))
            .map(|(name, (_, value))| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let headers = [("cookie", cookies.as_str()), ("origin", self.host.as_str())];
        let url = format!("{}{path}", self.host);
        let answer = Visitor::new().send(self.intake, method, &url, &headers, fields);
        self.keep(&answer);
        self.links.extend(links(path, &answer, &self.intake.url));
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            let (pair, _) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a cookie");
            let mut attributes = cookie.split("; ");
            let path = attributes.find_map(|it| it.strip_prefix("Path="));
            let below = match name {
                "intake_known" => "/intake",
                _ => "/intake/desk",
            };
            assert_eq!(path, Some(below), "{cookie}");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                let cookie = (below.to_owned(), value.to_owned());
                self.cookies.insert(name.to_owned(), cookie);
            }
        }
    }

    /// Follows every link of every page that was seen, and of those that these lead to.
    #[track_caller]
    pub fn crawl(&mut self) -> BTreeSet<String> {
        let mut visited = BTreeSet::new();
        while let Some(path) = self.links.difference(&visited).next().cloned() {
            let answer = self.get(&path);
            // 405: a form that can only be sent.
            assert!(
                [200, 303, 405].contains(&answer.status),
                "{path}: {answer:?}"
            );
            visited.insert(path);
        }
        visited
    }
}

/// Where an answer leads on this host, each below the path.
#[track_caller]
pub fn links(page: &str, answer: &Answer, public_url: &str) -> BTreeSet<String> {
    let kind = answer.headers.get("content-type");
    let mut found = vec![answer.location.clone()];
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        for attribute in ["href", "src", "action", "formaction"] {
            let begun = format!(" {attribute}=\"");
            let values = answer.body.split(&begun).skip(1);
            let values = values.filter_map(|rest| rest.split('"').next());
            let found_here: Vec<String> = values.map(|value| value.replace("&amp;", "&")).collect();
            found.extend(found_here);
        }
    }
    let host = public_url.strip_suffix("/intake").expect("a path");
    let is_elsewhere = |link: &String| {
        link.is_empty()
            || ["#", "data:", "mailto:"]
                .iter()
                .any(|start| link.starts_with(start))
            || (link.starts_with("https://") && !link.starts_with(host))
    };
    let mut below = BTreeSet::new();
    for link in found.into_iter().filter(|link| !is_elsewhere(link)) {
        let path = link.strip_prefix(host).unwrap_or(&link);
        let is_below = path == "/intake" || path.starts_with("/intake/");
        assert!(is_below, "{page} leads to {link}");
        below.insert(path.split('#').next().unwrap_or_default().to_owned());
    }
    below
}
