//! What people copy from word processors and web pages, as Markdown.
//!
//! The clipboard's HTML has much of its meaning in `style` attributes: Google Docs wraps everything in
//! a `<b>` that is not bold, and Word writes lists as paragraphs.

use std::rc::Rc;

use htmd::{
    Element, HtmlToMarkdown, Node,
    element_handler::{HandlerResult, Handlers},
    options::{BulletListMarker, Options},
};

/// Elements within one another: more no document has, and walking them takes of the stack.
const MOST_DEPTH: usize = 200;

/// Elements that are open at once, and those of them that are for formatting.
const MOST_OPEN: i32 = 500;
const MOST_FORMATTING: i32 = 50;

// Private characters part what one handler leaves for another.
const MARKER: char = '\u{E000}';
const MARKER_END: char = '\u{E001}';
const CELL_END: char = '\u{E002}';

/// Writes a piece of HTML as Markdown: links, bold, italics, lists, headings, quotes; a table's rows as
/// lines. What cannot be written so is left as text. `None` for what is nested more deeply than any
/// document.
pub fn markdown_of(html: &str) -> Option<String> {
    let html = html.replace(is_mark, "");
    if has_many_open(&html) {
        return None;
    }
    let converter = converter();
    let tree = converter.html_to_tree(&html).ok()?;
    // A cell that stands in no row, as between formulas, leaves its mark.
    (!is_deep(&tree)).then(|| tidy(&converter.tree_to_markdown(&tree)).replace(is_mark, ""))
}

fn is_mark(c: char) -> bool {
    (MARKER..=CELL_END).contains(&c)
}

fn converter() -> HtmlToMarkdown {
    let options = Options {
        bullet_list_marker: BulletListMarker::Asterisk,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    HtmlToMarkdown::builder()
        .options(options)
        .skip_tags(vec![
            "script", "style", "head", "title", "meta", "o:p", "xml", "iframe", "object", "svg",
            "button", "select", "input", "textarea", "template",
        ])
        .add_handler(
            vec![
                "span", "font", "b", "strong", "i", "em", "s", "del", "strike",
            ],
            styled,
        )
        .add_handler(vec!["p", "div"], paragraph)
        .add_handler(vec!["img"], picture)
        .add_handler(vec!["a"], link)
        .add_handler(vec!["td", "th"], cell)
        .add_handler(vec!["tr"], row)
        .add_handler(vec!["table", "tbody", "thead", "tfoot"], table)
        .build()
}

fn attribute(element: &Element, name: &str) -> String {
    let mut attributes = element.attrs.iter();
    let found = attributes.find(|attribute| &*attribute.name.local == name);
    found.map_or_else(String::new, |it| it.value.to_string())
}

/// The value of a property in a `style` attribute, without blanks.
fn property(element: &Element, name: &str) -> String {
    let style = attribute(element, "style").to_lowercase();
    let found = style.split(';').find_map(|declaration| {
        let (key, value) = declaration.split_once(':')?;
        (key.trim() == name).then(|| value.split_whitespace().collect())
    });
    found.unwrap_or_default()
}

/// Whether a word processor does not show it as part of the text: a comment, its mark, or hidden words.
/// What somebody noted beside their text is not meant for everybody.
fn is_aside(element: &Element) -> bool {
    let class = attribute(element, "class").to_lowercase();
    let mut classes = class.split_whitespace();
    classes.any(|class| {
        matches!(
            class,
            "msocomanchor" | "msocomoff" | "msocomtxt" | "msocommentreference"
        )
    }) || property(element, "mso-element").starts_with("comment")
        || property(element, "mso-hide") == "all"
        || property(element, "display") == "none"
}

/// Puts marks around words, and leaves blanks outside.
fn around(content: &str, mark: &str) -> String {
    let words = content.trim();
    if words.is_empty() || words.contains("\n\n") {
        return content.to_owned();
    }
    let start = content.len() - content.trim_start().len();
    let (before, rest) = content.split_at(start);
    format!("{before}{mark}{words}{mark}{}", &rest[words.len()..])
}

/// Bold, italic and struck out, by the element or by its style, which counts more.
fn styled(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    if is_aside(&element) {
        return Some("".into());
    }
    let content = handlers.walk_children(element.node).content;
    if property(&element, "mso-list") == "ignore" {
        let marker = content.trim().to_owned();
        return Some(format!("{MARKER}{marker}{MARKER_END}").into());
    }
    let weight = property(&element, "font-weight");
    let is_bold = match weight.as_str() {
        "" => matches!(element.tag, "b" | "strong"),
        "bold" | "bolder" => true,
        number => number.parse::<u32>().is_ok_and(|weight| weight >= 600),
    };
    let is_italic = match property(&element, "font-style").as_str() {
        "" => matches!(element.tag, "i" | "em"),
        style => matches!(style, "italic" | "oblique"),
    };
    let is_struck = matches!(element.tag, "s" | "del" | "strike")
        || property(&element, "text-decoration").contains("line-through");
    let mut out = content;
    for (is_so, mark) in [(is_italic, "*"), (is_bold, "**"), (is_struck, "~~")] {
        if is_so {
            out = around(&out, mark);
        }
    }
    Some(out.into())
}

/// A paragraph, or an item of one of Word's lists.
fn paragraph(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    if is_aside(&element) {
        return Some("".into());
    }
    let list = property(&element, "mso-list");
    let content = handlers.walk_children(element.node).content;
    let content = content.trim_matches('\n');
    let Some((marker, words)) = content
        .split_once(MARKER)
        .and_then(|(_, rest)| rest.split_once(MARKER_END))
    else {
        return Some(format!("\n\n{content}\n\n").into());
    };
    let level = list.split_once("level").and_then(|(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let is_numbered = marker.ends_with(['.', ')']) && marker.len() > 1;
    let sign = if is_numbered { "1." } else { "*" };
    let indent = "    ".repeat(level.unwrap_or(1).clamp(1, 4) - 1);
    Some(format!("\n{indent}{sign} {}\n", words.trim()).into())
}

/// A picture by address; of others, which lie in the clipboard or on a disk, the words for it.
fn picture(_: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    let (alt, address) = (attribute(&element, "alt"), attribute(&element, "src"));
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    Some(
        match is_web && !address.contains([' ', '(', ')', '<', '>']) {
            true => format!("![{}]({address})", alt.replace(['[', ']'], "")).into(),
            false => alt.into(),
        },
    )
}

/// A link to the web or a mail address; one to a place in the document itself is just its words.
fn link(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    if is_aside(&element) {
        return Some("".into());
    }
    let address = attribute(&element, "href");
    let leads = ["http://", "https://", "mailto:", "tel:"];
    if leads
        .iter()
        .any(|scheme| address.to_lowercase().starts_with(scheme))
    {
        return handlers.fallback(element);
    }
    Some(handlers.walk_children(element.node).content.into())
}

fn cell(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    let content = handlers.walk_children(element.node).content;
    Some(format!("{}{CELL_END}", content.trim()).into())
}

fn row(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    let content = handlers.walk_children(element.node).content;
    let cells: Vec<&str> = content.split(CELL_END).map(str::trim).collect();
    let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    Some(match cells.as_slice() {
        [] => "".into(),
        // Of a table that only arranges things.
        [only] => format!("\n\n{only}\n\n").into(),
        cells => {
            let line = cells.join(" – ");
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{}  \n", words.join(" ")).into()
        }
    })
}

fn table(handlers: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    let content = handlers.walk_children(element.node).content;
    Some(match element.tag {
        "table" => format!("\n\n{content}\n\n").into(),
        _ => content.into(),
    })
}

fn is_deep(tree: &Rc<Node>) -> bool {
    let mut open = vec![(tree.clone(), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > MOST_DEPTH {
            return true;
        }
        let children = node.children.borrow();
        open.extend(children.iter().map(|child| (child.clone(), depth + 1)));
    }
    false
}

/// Whether more elements are open at once than any document has. A parser walks through them at each
/// further one, and opens those for formatting again in each new paragraph (HTML, section 13.2.4.3),
/// which multiplies the time that it takes, and what it makes of a text.
fn has_many_open(html: &str) -> bool {
    const FORMATTING: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    // Those that have no end, or may do without.
    const WITHOUT_END: [&str; 18] = [
        "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option", "br", "hr",
        "img", "meta", "link", "input", "col",
    ];
    let (mut formatting, mut all) = (0_i32, 0_i32);
    html.split('<').skip(1).any(|tag| {
        let (change, name) = match tag.strip_prefix('/') {
            Some(name) => (-1, name),
            None => (1, tag),
        };
        let end = name.find(|c: char| !c.is_ascii_alphanumeric());
        let name = &name[..end.unwrap_or(name.len())];
        let is_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !name.is_empty() && !is_of(&WITHOUT_END) {
            all = (all + change).max(0);
        }
        if is_of(&FORMATTING) {
            formatting = (formatting + change).max(0);
        }
        formatting > MOST_FORMATTING || all > MOST_OPEN
    })
}

/// At most one empty line at a time, none between the items of a list, and blanks as people type
/// them.
fn tidy(text: &str) -> String {
    let text = text.replace('\u{a0}', " ");
    let mut out: Vec<&str> = Vec::new();
    for line in text.lines() {
        let line = if line.trim().is_empty() { "" } else { line };
        if line.is_empty() && out.last().is_none_or(|last| last.is_empty()) {
            continue;
        }
        if let [.., before, ""] = out.as_slice()
            && marker(line).is_some()
            && marker(before) == marker(line)
        {
            out.pop();
        }
        out.push(line);
    }
    out.join("\n").trim_end().to_owned()
}

/// The sign of an item of a list, where this line begins one.
fn marker(line: &str) -> Option<char> {
    let line = line.trim_start();
    if line.starts_with("* ") {
        return Some('*');
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < line.len() && rest.starts_with(". ")).then_some('1')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(html: &str, markdown: &str) {
        assert_eq!(markdown_of(html).as_deref(), Some(markdown));
    }

    #[test]
    fn a_cell_that_stands_in_no_row_leaves_no_mark() {
        let table = "<table><tr><td>A</td><math><td>B</td></tr></table>";
        let text = markdown_of(table).unwrap();
        assert!(!text.contains(is_mark) && text.contains('B'), "{text:?}");
    }

    #[test]
    fn a_google_doc() {
        becomes(
            "<meta charset=\"utf-8\"><b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><h2 dir=\"ltr\"><span style=\"font-size:16pt;font-weight:400\">What we did</span></h2><p dir=\"ltr\"><span style=\"font-weight:400;\">We </span><span style=\"font-weight:700;\">won </span><span style=\"font-style:italic;\">at last</span><span>, see </span><a href=\"https://example.org/a?b=1\"><span style=\"text-decoration:underline;\">the page</span></a>.</p><ul><li dir=\"ltr\"><p role=\"presentation\"><span>One</span></p></li><li><p><span>Two</span></p></li></ul></b>",
            "## What we did\n\nWe **won** *at last*, see [the page](https://example.org/a?b=1).\n\n* One\n* Two",
        );
    }

    #[test]
    fn a_word_document() {
        becomes(
            "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style>p {color:red}</style></head><body><!--StartFragment--><p class=MsoNormal>In <b>2021</b> we<o:p></o:p></p><p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span></span><![endif]>asked<o:p></o:p></p><p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>o<span>&nbsp; </span></span><![endif]>again</p><p style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span>counted</p><!--EndFragment--></body></html>",
            "In **2021** we\n\n* asked\n    * again\n\n1. counted",
        );
    }

    #[test]
    fn what_somebody_noted_beside_their_text_is_left_out() {
        becomes(
            "<p class=MsoNormal>Nobody knew <a style='mso-comment-reference:JS_1;mso-comment-date:20261101T1012'>how</a><span class=MsoCommentReference><span style='font-size:8.0pt'><![if !supportAnnotations]><a class=msocomanchor id=\"_anchor_1\" href=\"#_msocom_1\">[JS1]</a><![endif]><span style='mso-special-character:comment'>&nbsp;</span></span></span>, at<span style='display:none;mso-hide:all'> THE NORTH DEPOT</span> first.<o:p></o:p></p><div style='mso-element:comment-list'><![if !supportAnnotations]><hr class=msocomoff align=left size=1><![endif]><div style='mso-element:comment'><div id=\"_com_1\" class=msocomtxt><span style='mso-comment-author:\"Jo Smith\"'><a name=\"_msocom_1\"></a></span><p class=MsoCommentText>Dave told me this in confidence.</p></div></div></div>",
            "Nobody knew how, at first.",
        );
    }

    #[test]
    fn tables_pictures_and_what_runs() {
        becomes(
            "<table><tr><th>Town</th><th>Votes</th></tr><tr><td>Leeds</td><td><p>12</p></td></tr></table>",
            "Town – Votes  \nLeeds – 12",
        );
        becomes(
            "<p><img src=\"data:image/png;base64,AAAA\" alt=\"A chart\"></p><script>alert(1)</script><a href=\"#top\">up</a>",
            "A chart\n\nup",
        );
        becomes("2 * 3 and snake_case", "2 \\* 3 and snake\\_case");
    }

    #[test]
    fn what_is_nested_without_end_is_left_alone() {
        for deep in ["<b>", "<div>", "<p><b id=x>"] {
            assert_eq!(markdown_of(&deep.repeat(30_000)), None, "{deep}");
        }
        let many: String = (0..7_000).map(|n| format!("<b a{n}>")).collect();
        assert_eq!(markdown_of(&(many + &"<p>x".repeat(12_000))), None);
    }
}
