//! Somebody with a browser's cookies, and the answers they get.

use std::collections::BTreeMap;

use super::{Intake, Letter, agent, eventually};

/// A browser as far as forms need one: it keeps cookies, and sends on what stands in hidden fields.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a link with this address, takes it from the captured mail, and follows it.
    #[track_caller]
    pub fn sign_in(intake: &Intake, email: &str) -> Self {
        let mut visitor = Self::new();
        let link = visitor.ask_to_sign_in(intake, email);
        let answer = visitor.get(intake, &link);
        assert_eq!((answer.status, answer.location.as_str()), (303, "/desk"));
        visitor
    }

    /// Asks for a link, and answers with its path, from the captured letter.
    #[track_caller]
    pub fn ask_to_sign_in(&mut self, intake: &Intake, email: &str) -> String {
        let before = intake.mailbox();
        let answer = self.post(intake, "/desk/sign-in", &[("email", email)]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let letter = eventually("a sign-in letter", || {
            intake
                .mailbox()
                .into_iter()
                .filter(|name| !before.contains(name))
                .map(|name| Letter::read(&intake.folder.path().join("mailbox").join(name)))
                .find(|letter| letter.text.contains("/desk/sign-in/"))
        });
        assert!(letter.headers["To"].contains(email));
        let link = letter.link("http");
        let (_, path) = link.split_once("/desk/").expect("a link to the desk");
        format!("/desk/{path}")
    }

    pub fn get(&mut self, intake: &Intake, path: &str) -> Answer {
        self.send(intake, "GET", path, &[], &[])
    }

    pub fn post(&mut self, intake: &Intake, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(intake, "POST", path, &[], fields)
    }

    /// Opens this page, and posts the fields to `to` with the token and the version that stand in
    /// it.
    #[track_caller]
    pub fn fill_in(
        &mut self,
        intake: &Intake,
        page: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let answer = self.get(intake, page);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let hidden = Hidden::in_page(&answer.body);
        self.post(intake, to, &hidden.with(fields))
    }

    /// Any request, with these headers besides.
    #[track_caller]
    pub fn send(
        &mut self,
        intake: &Intake,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        Answer::read(self.try_send(intake, method, path, headers, fields))
            .inspect(|answer| self.keep(answer))
            .expect("a whole answer")
    }

    /// Posts a form whose bytes nobody has written properly.
    pub fn post_bytes(&self, intake: &Intake, path: &str, body: &[u8]) -> Answer {
        self.post_as(intake, path, "application/x-www-form-urlencoded", body)
    }

    /// Posts bytes of this kind.
    pub fn post_as(&self, intake: &Intake, path: &str, kind: &str, body: &[u8]) -> Answer {
        let request = ureq::http::Request::builder()
            .method("POST")
            .uri(intake.absolute(path))
            .header("cookie", self.cookie_header())
            .header("content-type", kind)
            .body(body.to_vec());
        Answer::from(agent().run(request.expect("a request")))
    }

    fn try_send(
        &self,
        intake: &Intake,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(intake.absolute(path));
        let mut cookies = self.clone();
        if !path.starts_with("/desk") {
            // The others are for the desk's pages alone.
            cookies
                .cookies
                .retain(|name, _| name.ends_with("intake_known"));
        }
        if !cookies.cookies.is_empty() {
            request = request.header("cookie", cookies.cookie_header());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "POST" {
            let kind = "application/x-www-form-urlencoded";
            let request = request.header("content-type", kind).body(body);
            agent().run(request.expect("a request"))
        } else {
            agent().run(request.body(()).expect("a request"))
        }
    }

    /// The cookies, as a header has them.
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What the pages of the desk and the private page have forms bring along.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub token: Option<String>,
    pub version: Option<String>,
}

impl Hidden {
    pub fn in_page(page: &str) -> Self {
        Self {
            token: value_of(page, "token"),
            version: value_of(page, "version"),
        }
    }

    pub fn with<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut all = fields.to_vec();
        all.extend(self.token.as_deref().map(|token| ("token", token)));
        all.extend(self.version.as_deref().map(|version| ("version", version)));
        all
    }
}

/// The value of a named input in a page.
pub fn value_of(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// An answer as a browser gets it, redirections not followed.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: BTreeMap<String, String>,
    /// Every `Set-Cookie`, as it came.
    pub cookies: Vec<String>,
    pub body: String,
}

impl Answer {
    /// What the page says is wrong: the input that it leads to, and the words.
    pub fn problems(&self) -> Vec<(String, String)> {
        let Some((_, list)) = self.body.split_once("id=\"error-summary-heading\"") else {
            return Vec::new();
        };
        let list = list.split("</div>").next().unwrap_or_default();
        list.split("<a href=\"#")
            .skip(1)
            .filter_map(|link| {
                let (input, words) = link.split_once("\">")?;
                Some((input.to_owned(), words.split("</a>").next()?.to_owned()))
            })
            .collect()
    }

    #[track_caller]
    pub(super) fn from(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Self {
        Self::read(response).expect("a whole answer")
    }

    pub(super) fn read(
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Self, ureq::Error> {
        let mut response = response?;
        let headers: BTreeMap<String, String> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let cookies = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        Ok(Self {
            cookies,
            status: response.status().as_u16(),
            location: headers.get("location").cloned().unwrap_or_default(),
            body: String::from_utf8_lossy(&response.body_mut().read_to_vec()?).into_owned(),
            headers,
        })
    }
}
