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
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = Reader {
            events: Parser::new_from_str(text),
            text,
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
                    // What stands behind it is a mistake, too, read or not.
                    reader.next()?;
                    if let (Event::DocumentStart(_), _) = reader.next()? {
                        let (event, span) = reader.next()?;
                        let behind = reader.node(event, span)?;
                        if !behind.is_nothing() {
                            return Err(Mistake {
                                line: behind.line,
                                message: "a second document begins here, behind a line of `---` or `...`, and would not be read; take that line out".to_owned(),
                            });
                        }
                    }
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
    text: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(no_yaml(self.text, error.marker().line(), error.info())),
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
            Event::Scalar(_, ScalarStyle::Plain, _, Some(_)) => {
                return wrong(
                    "what begins with ! must stand between quotes, or its first word is lost",
                );
            }
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

/// What a parser could not read on this line, with what people who know no YAML probably did there.
fn no_yaml(text: &str, line: usize, info: &str) -> Mistake {
    let lines: Vec<&str> = text.lines().take(line + 1).collect();
    let wrong = |at: usize, advice: &str| Mistake {
        line: at + 1,
        message: format!("{advice} (this is not YAML: {info})"),
    };
    let is_indented_otherwise = |line: &&str| {
        let mut before = line.chars().take_while(|c| c.is_whitespace());
        !line.trim().is_empty() && before.any(|c| c != ' ')
    };
    if let Some(at) = lines.iter().position(is_indented_otherwise) {
        return wrong(
            at,
            "begin the line with blanks: a tab, or a blank of another kind, stands there",
        );
    }
    let at = line.saturating_sub(1);
    let here = lines.get(at).copied().unwrap_or_default();
    if here.contains(":\t") {
        return wrong(at, "write a blank behind the colon: a tab stands there");
    }
    // The parser sees only on the next line that a key has none.
    let is_text = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let before = (0..at).rev().find(|it| lines.get(*it).is_some_and(is_text));
    let has_colon = |line: &str| line.contains(": ") || line.trim_end().ends_with(':');
    if info.contains("':'") || info.contains("mapping values") {
        for at in before.into_iter().chain([at]) {
            let line = lines.get(at).copied().unwrap_or_default();
            let is_item = line.trim_start().starts_with("- ") && !line.contains(':');
            if is_text(&line) && !has_colon(line) && !is_item {
                return wrong(
                    at,
                    "write a colon and a blank behind the key, as in label: Your name",
                );
            }
        }
    }
    let Some((_, value)) = here.split_once(": ") else {
        return wrong(at, "look at this line and the one above it");
    };
    let value = value.trim();
    let advice = match value.chars().next() {
        Some(quote @ ('"' | '\'')) if value.matches(quote).count() == 1 => {
            "the quotation mark at the beginning of the text needs another at its end"
        }
        _ if value.contains('"') => {
            "put the whole text between single quotes, as in label: '\"Our\" town'"
        }
        _ if value.starts_with(|c: char| !c.is_alphanumeric()) || value.contains(':') => {
            "put the whole text between quotes, as in label: \"@ours: what?\""
        }
        _ => "begin each key in the same column as those that it belongs with",
    };
    wrong(at, advice)
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
        for text in ["---\na: 1\n---\n", "a: 1\n...\n", "a: 1\n---\n# b\n"] {
            assert_eq!(
                Node::read(text).unwrap().get("a").unwrap().text(),
                Some("1")
            );
        }
    }

    #[test]
    fn what_is_no_tree_is_refused_with_its_line() {
        for (text, line) in [
            ("a: [\n", 2),
            ("a: 1\na: 2\n", 2),
            ("a: &x 1\nb: *x\n", 2),
            ("? [a]\n: b\n", 1),
            (&"[".repeat(100), 1),
            ("a: 1\n---\nb: 2\n", 3),
            ("a: 1\n...\n# b\n---\n\nb: 2\n", 6),
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
