//! What the templates of posts write values with: escaping, and the filters `yaml`, `yaml_quoted`,
//! `markdown`, `kramdown` and `commonmark`. What a filter gives is ready for its place and is not escaped again.

use std::io::{self, Write};

use tera::{Error, Kwargs, Map, Number, State, TeraResult, Value};

use crate::text::{
    markdown::{Document, escape_text},
    yaml,
};

/// What goes before the lines of a list or map below its key.
const INDENT: &str = "    ";

/// Writes a value that no filter has seen: as plain text, so that these characters show and
/// nothing in it begins a heading, a list or anything else.
pub(super) fn escape(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(escape_text(text).as_bytes())
}

/// `{{ text | markdown }}`: a campaigner's Markdown, made safe for the blog.
pub(super) fn markdown(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&Document::parse(text).to_markdown())
}

/// `{{ story | kramdown }}`: Markdown that is ready, with kramdown's marks for what is written from
/// right to left. Other engines would show them.
pub(super) fn kramdown(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&Document::of_own(text).to_kramdown())
}

/// `{{ story | commonmark }}`: Markdown that is ready, for an engine that knows no footnotes.
pub(super) fn commonmark(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&Document::of_own(text).to_commonmark())
}

/// `{{ text | yaml_quoted }}`: a text between double quotes, whatever it is.
pub(super) fn yaml_quoted(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&yaml::yaml_quoted(text))
}

/// `{{ value | yaml }}`: any value in one line. `{{ value | yaml(key="tags") }}`: the entry of
/// that key in the front matter, with its line end, and nothing where the value is empty.
pub(super) fn yaml(value: &Value, arguments: Kwargs, _: &State) -> TeraResult<Value> {
    let mut out = String::new();
    match arguments.get::<&str>("key")? {
        Some(key) => entry(key, value, &mut out)?,
        // `key: {{ none }}` is null in YAML.
        None if value.is_none() => {}
        None => inline(value, &mut out)?,
    }
    Ok(Value::safe_string(&out))
}

fn entry(key: &str, value: &Value, out: &mut String) -> TeraResult<()> {
    if is_empty(value) {
        return Ok(());
    }
    let key = yaml::yaml_string(key);
    if let Some(items) = value.as_array() {
        out.push_str(&format!("{key}:\n"));
        for item in items {
            out.push_str(&format!("{INDENT}- "));
            match item.as_map().filter(|map| !map.values().all(is_empty)) {
                Some(map) => lines(map, &format!("{INDENT}  "), out)?,
                None => {
                    inline(item, out)?;
                    out.push('\n');
                }
            }
        }
    } else if let Some(map) = value.as_map() {
        if !map.values().all(is_empty) {
            out.push_str(&format!("{key}:\n{INDENT}"));
            lines(map, INDENT, out)?;
        }
    } else {
        out.push_str(&format!("{key}: "));
        inline(value, out)?;
        out.push('\n');
    }
    Ok(())
}

/// The entries of a map that are not empty, a line each; before all but the first goes `indent`.
fn lines(map: &Map, indent: &str, out: &mut String) -> TeraResult<()> {
    let filled = map.iter().filter(|(_, value)| !is_empty(value));
    for (number, (key, value)) in filled.enumerate() {
        if number > 0 {
            out.push_str(indent);
        }
        inline(&key.as_value(), out)?;
        out.push_str(": ");
        inline(value, out)?;
        out.push('\n');
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    value.is_none() || value.len() == Some(0)
}

fn inline(value: &Value, out: &mut String) -> TeraResult<()> {
    if let Some(text) = value.as_str() {
        out.push_str(&yaml::yaml_string(text));
    } else if let Some(yes) = value.as_bool() {
        out.push_str(if yes { "true" } else { "false" });
    } else if value.is_none() {
        out.push_str("null");
    } else if let Some(items) = value.as_array() {
        out.push('[');
        for (number, item) in items.iter().enumerate() {
            out.push_str(if number > 0 { ", " } else { "" });
            inline(item, out)?;
        }
        out.push(']');
    } else if let Some(map) = value.as_map() {
        out.push('{');
        for (number, (key, value)) in map.iter().enumerate() {
            out.push_str(if number > 0 { ", " } else { "" });
            inline(&key.as_value(), out)?;
            out.push_str(": ");
            inline(value, out)?;
        }
        out.push('}');
    } else {
        out.push_str(&number(value)?);
    }
    Ok(())
}

/// A number as YAML 1.1 and 1.2 read it back: a whole float keeps its point.
fn number(value: &Value) -> TeraResult<String> {
    match value.as_number() {
        Some(Number::Integer(number)) => Ok(number.to_string()),
        Some(Number::Float(number)) if number.is_finite() => {
            let text = number.to_string();
            Ok(if text.contains('.') {
                text
            } else {
                text + ".0"
            })
        }
        _ => Err(Error::message(format!(
            "the filter `yaml` cannot write a value of the type {}",
            value.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use serde_json::json;

    use crate::templates::Templates;

    const NASTY: &[&str] = &[
        "yes",
        "No",
        "2026-11-23",
        "12:30",
        "1_000",
        "0,5",
        ":foo",
        "Campaign #1",
        "a: b",
        "",
        "~",
        "Zoë",
        "a\u{85}\0\u{2028}\u{fffe}\u{1fffe}\\",
        "one\ntwo\r\nthree\n---\ntitle: four",
        "- {a} [b], \"c\" 'd'",
        "{{ braces }} {% raw %}",
        "&amp; <b>",
    ];

    /// What a post's template of this text comes to.
    fn rendered(template: &str, context: &serde_json::Value) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("try.md"), template).expect("a template");
        let templates = Templates::load(folder.path()).map_err(|error| error.to_string())?;
        templates
            .render("try.md", context)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_that_no_filter_has_seen_is_plain_text() {
        for (typed, written) in [
            ("Clean air for all", "Clean air for all"),
            ("*a* _b_ `c` [d](e)", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e)"),
            (
                "<b>x</b> &lt; {: .y}",
                "&lt;b&gt;x&lt;/b&gt; &amp;lt; &#123;: .y}",
            ),
            ("one\n\n# two\n***", "one\n\n\\# two  \n\\*\\*\\*"),
            ("# one", "\\# one"),
            ("- one", "\\- one"),
            ("+ one", "\\+ one"),
            ("===", "\\==="),
            (": one", "\\: one"),
            ("12. one", "12\\. one"),
            ("1) one", "1\\) one"),
            ("1999 one", "1999 one"),
            ("^", "&#94;"),
            ("", ""),
        ] {
            let line = rendered("{{ x }}", &json!({ "x": typed }));
            assert_eq!(line.as_deref(), Ok(written), "{typed:?}");
        }
        // Lists are written as text, too.
        let list = rendered("{{ x }}", &json!({ "x": ["<b>", "*c*"] })).expect("a line");
        assert!(!list.contains('<') && list.contains("\\*c\\*"), "{list}");
        let other = json!({ "yes": true, "number": 3, "title": "*a*" });
        let line = rendered("{{ yes }} {{ number }} {{ title ~ \"_\" }}", &other);
        assert_eq!(line.as_deref(), Ok("true 3 \\*a\\*\\_"));
    }

    #[test]
    fn markdown_is_made_safe_once() {
        let long = json!({ "x": "A *text*\n\n* <script>x</script>\n* {{ y }}" });
        let text = rendered("{{ x | markdown }}", &long).expect("Markdown");
        assert!(text.starts_with("A *text*\n\n* &lt;script"), "{text}");
        assert!(!text.contains("{{"), "{text}");
    }

    #[test]
    fn yaml_of_every_kind_of_value_is_one_line() {
        for (value, line) in [
            (json!("Tim Davies"), "Tim Davies"),
            (json!("yes"), "\"yes\""),
            (json!("<b> & *c*"), "\"<b> & *c*\""),
            (json!(""), "\"\""),
            (json!(null), ""),
            (json!(true), "true"),
            (json!(-12), "-12"),
            (json!(2.5), "2.5"),
            (json!(2.0), "2.0"),
            (json!(1e21), "1000000000000000000000.0"),
            (json!([]), "[]"),
            (json!(["a", "no", null, 1]), "[a, \"no\", null, 1]"),
            (json!({ "a": "x", "b: c": ["u"] }), "{a: x, \"b: c\": [u]}"),
        ] {
            let written = rendered("{{ x | yaml }}", &json!({ "x": value }));
            assert_eq!(written.as_deref(), Ok(line), "{value}");
        }
        let missing = rendered("{{ y | yaml }}", &json!({ "x": 1 })).unwrap_err();
        assert!(missing.starts_with("templates/try.md, line 1"), "{missing}");
    }

    #[test]
    fn yaml_with_a_key_is_a_whole_entry_or_nothing() {
        for (value, entry) in [
            (json!("Tim Davies"), "k: Tim Davies\n"),
            (json!(false), "k: false\n"),
            (json!(0), "k: 0\n"),
            (json!(["a", "on"]), "k:\n    - a\n    - \"on\"\n"),
            (
                json!([{ "first": "x", "none": "", "second": ["u", "v"] }, { "first": "#" }]),
                "k:\n    - first: x\n      second: [u, v]\n    - first: \"#\"\n",
            ),
            (json!({ "a": "x", "b": 2 }), "k:\n    a: x\n    b: 2\n"),
            (json!(null), ""),
            (json!(""), ""),
            (json!([]), ""),
            (json!({}), ""),
            (json!({ "a": null }), ""),
        ] {
            let written = rendered("{{ x | yaml(key=\"k\") }}", &json!({ "x": value }));
            assert_eq!(written.as_deref(), Ok(entry), "{value}");
        }
        let quoted = rendered("{{ x | yaml(key=\"a: #b\") }}", &json!({ "x": 1 }));
        assert_eq!(quoted.as_deref(), Ok("\"a: #b\": 1\n"));
    }

    #[test]
    fn nasty_strings_are_read_back_as_they_were_typed() {
        type Front = BTreeMap<String, serde_json::Value>;
        let named: BTreeMap<&str, &str> = NASTY.iter().map(|text| (*text, *text)).collect();
        let context =
            json!({ "list": NASTY, "maps": [{ "a": NASTY[1], "b": NASTY[2] }], "map": named });
        let template = "{{ list | yaml(key=\"list\") }}{{ maps | yaml(key=\"maps\") }}\
            flow: {{ list | yaml }}\nmap: {{ map | yaml }}\n";
        let text = rendered(template, &context).expect("front matter");
        let front: Front = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(front["list"], context["list"]);
        assert_eq!(front["flow"], context["list"]);
        assert_eq!(front["maps"], context["maps"]);
        assert_eq!(front["map"], context["map"]);
        for typed in NASTY {
            let one = json!({ "x": typed });
            let text = rendered("x: {{ x | yaml }}\ny: {{ x | yaml_quoted }}\n", &one);
            let front: Front = serde_yaml::from_str(&text.expect("a post")).expect("YAML");
            assert_eq!((&front["x"], &front["y"]), (&one["x"], &one["x"]));
        }
    }

    #[test]
    fn pages_and_mail_have_no_filters_of_posts() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("own.html"), "{{ x | yaml }}").expect("a template");
        assert!(Templates::load(folder.path()).is_err());
        assert!(Templates::load(Path::new("no such folder")).is_ok());
    }
}
