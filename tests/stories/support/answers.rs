//! What is typed into the form.

use super::Answer;

/// The real published case study that the service was made for.
pub const SEED: &str = include_str!("../../seed.md");

/// The words typed are all in the page that comes back, in fields to send again.
#[track_caller]
pub fn assert_every_word_kept(answer: &Answer, answers: &Answers) {
    assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
    let shown = answer
        .body
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    for text in [
        &answers.title,
        &answers.story,
        &answers.campaign_type,
        &answers.ultimate_goals,
        &answers.communities_involved,
        &answers.organisation,
        &answers.methods_used,
        &answers.contact_name,
        &answers.contact_email,
    ] {
        assert!(shown.contains(text.as_str()), "lost: {text}\nin: {shown}");
    }
    for topic in &answers.topics {
        let ticked = format!("value=\"{topic}\" checked");
        assert!(shown.contains(&ticked), "{ticked}");
    }
    assert!(answer.body.contains("value=\"yes\" checked"));
}

/// Answers to the form.
#[derive(Debug, Clone)]
pub struct Answers {
    pub title: String,
    pub story: String,
    pub campaign_type: String,
    pub ultimate_goals: String,
    pub communities_involved: String,
    pub organisation: String,
    pub methods_used: String,
    pub topics: Vec<String>,
    pub contact_name: String,
    pub contact_email: String,
}

impl Answers {
    /// The seed's, as its campaigner would have typed them.
    pub fn seed() -> Self {
        let (_, body) = SEED.split_once("<!--more-->").expect("an intro");
        let (story, _) = body.split_once("**Campaign type:**").expect("a story");
        let line = |label: &str| {
            let (_, rest) = body
                .split_once(&format!("**{label}:** "))
                .expect("a labelled line");
            rest.lines().next().unwrap_or_default().trim().to_owned()
        };
        Self {
            title: "Trade Union Campaigns".into(),
            story: story.trim().into(),
            campaign_type: line("Campaign type"),
            ultimate_goals: line("Ultimate goals"),
            communities_involved: line("Communities involved"),
            organisation: line("Organisation"),
            methods_used: line("Methods used"),
            topics: vec!["People and Participation".into()],
            contact_name: "Zelda Quince-Canary".into(),
            contact_email: "zelda.quince@canary.example".into(),
        }
    }

    /// A different case study for each number.
    pub fn number(number: usize) -> Self {
        Self {
            title: format!("Campaign {number}"),
            ..Self::seed()
        }
    }

    /// The draft that these answers give, but for blanks at its end; for answers that differ from
    /// the seed's in title and story only.
    pub fn draft(&self) -> String {
        let seed = Self::seed();
        SEED.trim_end()
            .replace(&seed.title, &self.title)
            .replace(&seed.story, &self.story)
    }

    /// As a browser sends them.
    pub fn sent<'a>(&'a self, token: &'a str, action: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("token", token),
            ("title", self.title.as_str()),
            ("story", self.story.as_str()),
            ("campaign_type", self.campaign_type.as_str()),
            ("ultimate_goals", self.ultimate_goals.as_str()),
            ("communities_involved", self.communities_involved.as_str()),
            ("organisation", self.organisation.as_str()),
            ("methods_used", self.methods_used.as_str()),
            ("contact_name", self.contact_name.as_str()),
            ("contact_email", self.contact_email.as_str()),
            ("consent", "yes"),
            ("action", action),
        ];
        fields.extend(self.topics.iter().map(|topic| ("topics", topic.as_str())));
        fields
    }
}
