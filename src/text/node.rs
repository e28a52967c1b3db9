//! YAML files that the people of an installation write, read as a tree in which every value knows
//! its line, so that a mistake can be told with its place.
//!
//! [`Section`] takes the keys of a mapping one by one, notes what is wrong with each, and at its
//! end every key that nobody asked for, with the nearest right word.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Something wrong in a file, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The line, from 1; of what belongs to a key, the key's.
    pub line: usize,
    /// What stands there.
    pub value: Value,
}

/// The three shapes of YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text without quotes may stand for something else: `true`, `3`, nothing.
    Scalar {
        #[allow(missing_docs, reason = "the names say it")]
        text: String,
        /// Whether it stands there without quotes.
        is_plain: bool,
    },
    #[allow(missing_docs, reason = "the names say it")]
    List(Vec<Node>),
    /// Keys in the order of the file.
    Map(Vec<(String, Node)>),
}

/// Deep enough for any form; deeper files are nobody's.
const MAX_DEPTH: usize = 32;

impl Node {
    /// Reads a file. An empty one is an empty mapping.
    ///
    /// # Errors
    /// The first place that is no YAML, a key that stands twice, or an alias, which is not read
    /// because a few of them can stand for gigabytes.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        let mut reader = Reader {
            events: Parser::new_from_str(text.trim_start_matches('\u{feff}')),
            depth: 0,
        };
        loop {
            match reader.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => {
                    return Ok(Self {
                        line: 1,
                        value: Value::Map(Vec::new()),
                    });
                }
                (event, span) => {
                    let node = reader.node(event, span)?;
                    return Ok(if node.is_nothing() {
                        Self {
                            value: Value::Map(Vec::new()),
                            ..node
                        }
                    } else {
                        node
                    });
                }
            }
        }
    }

    /// Whether nothing stands there: `key:`, `null` or `~`.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, is_plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text of a scalar; `None` for nothing and for other shapes.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_nothing() => Some(text),
            _ => None,
        }
    }

    /// The value of this key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, node)| node),
            _ => None,
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Mistake {
                line: error.marker().line(),
                message: format!("this is not YAML: {}", error.info()),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Mistake> {
        let line = span.start.line().max(1);
        let wrong = |message: &str| {
            Err(Mistake {
                line,
                message: message.to_owned(),
            })
        };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return wrong("this is nested too deeply");
        }
        let value = match event {
            Event::Scalar(text, style, ..) => Value::Scalar {
                text: text.into_owned(),
                is_plain: style == ScalarStyle::Plain,
            },
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(list),
                        (event, span) => list.push(self.node(event, span)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut map: Vec<(String, Node)> = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break Value::Map(map);
                    }
                    let line = span.start.line().max(1);
                    let key = self.node(event, span)?;
                    let Value::Scalar { text: name, .. } = key.value else {
                        return wrong("a key must be a word");
                    };
                    if map.iter().any(|(known, _)| *known == name) {
                        return Err(Mistake {
                            line,
                            message: format!("`{name}` stands here twice; keep one of them"),
                        });
                    }
                    let (event, span) = self.next()?;
                    let value = self.node(event, span)?;
                    map.push((name, Node { line, ..value }));
                }
            }
            Event::Alias(_) => {
                return wrong("aliases (*name) are not read; write the value out");
            }
            _ => return wrong("this ends too early"),
        };
        self.depth -= 1;
        Ok(Node { line, value })
    }
}

/// The word among `known` that was probably meant: as near as one letter in three.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|right| (strsim::damerau_levenshtein(word, right), right))
        .filter(|(distance, right)| *distance <= right.len().max(word.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, right)| right)
}

/// `did you mean …?`, or all that are known where nothing is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(right) => format!("did you mean `{right}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// A mapping whose keys are taken one by one. What is wrong is noted in `mistakes`; a key that is
/// wrong counts as absent.
pub struct Section<'a> {
    line: usize,
    /// What the section is called in sentences.
    name: String,
    entries: &'a [(String, Node)],
    known: Vec<&'static str>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Section<'a> {
    /// The mapping `node`; anything else is a mistake, and an empty section.
    pub fn new(node: &'a Node, name: impl Into<String>, mistakes: &'a mut Vec<Mistake>) -> Self {
        let name = name.into();
        let entries: &[(String, Node)] = match &node.value {
            Value::Map(entries) => entries,
            _ if node.is_nothing() => &[],
            _ => {
                mistakes.push(Mistake {
                    line: node.line,
                    message: format!("{name} must be a section with keys"),
                });
                &[]
            }
        };
        Self {
            line: node.line,
            name,
            entries,
            known: Vec::new(),
            mistakes,
        }
    }

    /// Notes a mistake at this line.
    pub fn wrong(&mut self, line: usize, message: impl Into<String>) {
        self.mistakes.push(Mistake {
            line,
            message: message.into(),
        });
    }

    /// The line at which the section begins.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Where mistakes are noted, for what is read with other means.
    pub fn mistakes(&mut self) -> &mut Vec<Mistake> {
        self.mistakes
    }

    /// The value of a key, if something stands there.
    pub fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
            .filter(|node| !node.is_nothing())
    }

    /// A text. A number, or a word that stands for true, is one too: nobody should need quotes.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let node = self.take(key)?;
        if let Some(text) = node.text() {
            return Some(text.to_owned());
        }
        self.wrong(node.line, format!("`{key}` must be a text"));
        None
    }

    /// A text that must be there.
    pub fn required(&mut self, key: &'static str) -> String {
        if self.take(key).is_none() {
            let (line, name) = (self.line, self.name.clone());
            self.wrong(line, format!("{name} needs `{key}`"));
        }
        self.text(key).unwrap_or_default()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = self.take(key)?;
        let flag = node.text().and_then(|text| text.parse().ok());
        if flag.is_none() {
            self.wrong(node.line, format!("`{key}` must be true or false"));
        }
        flag
    }

    /// A value that can be read from its text; `what` says what it must be.
    pub fn parsed<T: std::str::FromStr>(&mut self, key: &'static str, what: &str) -> Option<T> {
        let node = self.take(key)?;
        let parsed = node.text().and_then(|text| text.parse().ok());
        if parsed.is_none() {
            self.wrong(node.line, format!("`{key}` must be {what}"));
        }
        parsed
    }

    /// One of a few words.
    pub fn word<T>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T>
    where
        T: Clone,
    {
        let node = self.take(key)?;
        let text = node.text().unwrap_or_default();
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let advice = did_you_mean(text, words.iter().map(|(word, _)| *word));
        self.wrong(
            node.line,
            format!("`{key}` is “{text}”, which is not known; {advice}"),
        );
        None
    }

    /// The items of a list; a single text is a list of one.
    pub fn list(&mut self, key: &'static str) -> Option<&'a [Node]> {
        let node = self.take(key)?;
        match &node.value {
            Value::List(items) => Some(items),
            Value::Scalar { .. } => Some(std::slice::from_ref(node)),
            Value::Map(_) => {
                self.wrong(node.line, format!("`{key}` must be a list"));
                None
            }
        }
    }

    /// Notes every key that was not asked for.
    pub fn finish(self) {
        for (name, node) in self.entries {
            if !self.known.contains(&name.as_str()) {
                let advice = did_you_mean(name, self.known.iter().copied());
                self.mistakes.push(Mistake {
                    line: node.line,
                    message: format!("{} has an unknown key `{name}`; {advice}", self.name),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines_and_no_text_changes() {
        let node = Node::read("a: no\nb:\n    - 2026-11-23\n    - 'x: y'\nc: {d: 012}\n").unwrap();
        let item = |key: &str| node.get(key).unwrap();
        assert_eq!((item("a").text(), item("a").line), (Some("no"), 1));
        let Value::List(items) = &item("b").value else {
            panic!("a list")
        };
        assert_eq!((items[1].text(), items[1].line), (Some("x: y"), 4));
        assert_eq!(item("b").line, 2);
        assert_eq!(item("c").get("d").unwrap().text(), Some("012"));
        assert!(Node::read("").unwrap().get("a").is_none());
    }

    #[test]
    fn what_is_no_tree_is_refused_with_its_line() {
        for (text, line) in [
            ("a: [\n", 2),
            ("a: 1\na: 2\n", 2),
            ("a: &x 1\nb: *x\n", 2),
            ("? [a]\n: b\n", 1),
            (&"[".repeat(100), 1),
        ] {
            let mistake = Node::read(text).unwrap_err();
            assert_eq!(mistake.line, line, "{text:?}: {mistake:?}");
        }
    }

    #[test]
    fn a_key_that_is_not_known_is_told_with_the_nearest() {
        let node = Node::read("tilte: x\ncolour: y\n").unwrap();
        let mut mistakes = Vec::new();
        let mut section = Section::new(&node, "the form", &mut mistakes);
        section.text("title");
        section.finish();
        assert_eq!(mistakes[0].line, 1);
        assert_eq!(
            mistakes[0].message,
            "the form has an unknown key `tilte`; did you mean `title`?"
        );
        assert!(mistakes[1].message.ends_with("known here: title"));
    }
}
