//! What is typed into the form: texts that differ, about three kilobytes each, made of words that
//! are as unevenly frequent as those of people. The same number always gives the same text.

use std::collections::HashSet;

/// How many words there are to choose from.
const WORDS: usize = 4000;
/// How long a story is, in bytes; with the other answers that makes about three kilobytes.
const STORY: usize = 2500;
const TOPICS: &[&str] = &[
    "Education",
    "Health",
    "Justice",
    "People and Participation",
    "Public sector",
    "Work",
];

/// Numbers that look random and are not (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// All the words, the most frequent first.
pub struct Texts {
    words: Vec<String>,
    /// How probable a word is, or one that is more frequent.
    shares: Vec<f64>,
}

/// One person's answers.
pub struct Typed {
    pub title: String,
    pub story: String,
    pub name: String,
    pub email: String,
    topic: &'static str,
    campaign_type: String,
    goals: String,
    communities: String,
    organisation: String,
    methods: String,
}

impl Texts {
    pub fn new() -> Self {
        let mut numbers = Numbers(1);
        let mut seen = HashSet::new();
        let mut words = Vec::new();
        while words.len() < WORDS {
            // Frequent words are short.
            let syllables = 1 + usize::from(words.len() > 40) + numbers.below(2);
            let word = (0..syllables).map(|_| syllable(&mut numbers)).collect();
            if seen.insert(String::clone(&word)) {
                words.push(word);
            }
        }
        // Zipf's law with Mandelbrot's correction, which natural texts follow.
        let weights: Vec<f64> = (0..WORDS).map(|rank| 1.0 / (rank as f64 + 3.7)).collect();
        let all: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let shares = weights.iter().map(|weight| {
            sum += weight / all;
            sum
        });
        Self {
            shares: shares.collect(),
            words,
        }
    }

    /// The answers with this number.
    pub fn typed(&self, number: usize) -> Typed {
        let mut numbers = Numbers(number as u64);
        let words = |numbers: &mut Numbers, count: usize| {
            let words: Vec<&str> = (0..count).map(|_| self.word(numbers)).collect();
            capital(&words.join(" "))
        };
        let list = |numbers: &mut Numbers, count: usize| {
            let entries: Vec<String> = (0..count)
                .map(|_| format!("{} {}", self.word(numbers), self.word(numbers)))
                .collect();
            entries.join(", ")
        };
        let mut story = String::with_capacity(STORY + 200);
        while story.len() < STORY {
            for _ in 0..3 + numbers.below(4) {
                let count = 6 + numbers.below(14);
                story += &words(&mut numbers, count);
                story += ". ";
            }
            story += "\r\n\r\n";
        }
        Typed {
            title: format!("{} {}", words(&mut numbers, 3), unique(number)),
            story,
            name: capital(&unique(number)),
            email: format!("{}@campaign.example", unique(number)),
            topic: numbers.of(TOPICS),
            campaign_type: list(&mut numbers, 2),
            goals: words(&mut numbers, 25),
            communities: list(&mut numbers, 5),
            organisation: words(&mut numbers, 3),
            methods: list(&mut numbers, 5),
        }
    }

    fn word(&self, numbers: &mut Numbers) -> &str {
        let share = (numbers.next() >> 11) as f64 / (1u64 << 53) as f64;
        let at = self.shares.partition_point(|&until| until < share);
        &self.words[at.min(WORDS - 1)]
    }

    /// What people search for, each kind with its name. `number` is that of some submission.
    pub fn searches(&self, number: usize) -> [(&'static str, String); 5] {
        let (frequent, usual) = (&self.words[2], &self.words[400]);
        let beginning: String = self.words[1000].chars().take(3).collect();
        [
            ("a frequent word", frequent.clone()),
            ("two words", format!("{frequent} {usual}")),
            ("a word of one", unique(number)),
            ("a word's beginning", beginning),
            ("no word of any", "qqxqqx".to_owned()),
        ]
    }
}

impl Typed {
    /// As a browser sends them to the case study's form.
    pub fn sent(&self, token: &str) -> String {
        form_urlencoded::Serializer::new(String::with_capacity(4096))
            .append_pair("token", token)
            .append_pair("title", &self.title)
            .append_pair("topics", self.topic)
            .append_pair("story", &self.story)
            .append_pair("campaign_type", &self.campaign_type)
            .append_pair("ultimate_goals", &self.goals)
            .append_pair("communities_involved", &self.communities)
            .append_pair("organisation", &self.organisation)
            .append_pair("methods_used", &self.methods)
            .append_pair("contact_name", &self.name)
            .append_pair("contact_email", &self.email)
            .append_pair("consent", "yes")
            .append_pair("action", "submit")
            .finish()
    }
}

fn syllable(numbers: &mut Numbers) -> String {
    let begin = numbers.of(&[
        "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr",
    ]);
    // Some letters are not ASCII, as in the names of people and places.
    let vowel = numbers.of(&[
        "a", "e", "i", "o", "u", "a", "e", "i", "o", "a", "e", "i", "o", "é", "ö",
    ]);
    let end = numbers.of(&["", "", "", "n", "r", "s", "l"]);
    format!("{begin}{vowel}{end}")
}

/// A word that stands in the answers with this number and nowhere else.
fn unique(number: usize) -> String {
    let mut word = "x".to_owned();
    let mut rest = number;
    loop {
        word.push(char::from(b"bdfghklmnp"[rest % 10]));
        word.push(char::from(b"aeiou"[rest / 10 % 5]));
        rest /= 50;
        if rest == 0 {
            // Ends with a letter of its own, so that it is the beginning of no other.
            word.push('q');
            return word;
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
