//! What the template of a post is given.
//!
//! Each public question by its name; `title`, the post's title; `slug`; `addenda`, the updates, where
//! the form asks for some; `fields`, all questions that were answered, in the order of the form; and `parts`, the same by the part in which they stand.

use std::collections::BTreeMap;

use tera::{Context, Map, Value};

use crate::post::{Post, PostField, PostValue};

/// The context of a post's template.
pub(super) fn context(post: &Post) -> Context {
    let mut context = Context::new();
    for (name, value) in &post.others {
        context.insert_value(name.clone(), of(value));
    }
    for field in &post.fields {
        context.insert_value(field.name.clone(), of(&field.value));
    }
    context.insert_value("title", Value::from(post.title.as_str()));
    context.insert_value("slug", Value::from(post.slug.as_str()));
    let all: Vec<Value> = post.fields.iter().map(entry).collect();
    context.insert_value("fields", Value::from(all));
    let mut parts: BTreeMap<&str, Vec<Value>> = post
        .parts
        .iter()
        .map(|part| (part.as_str(), Vec::new()))
        .collect();
    for field in &post.fields {
        parts.entry(&field.part).or_default().push(entry(field));
    }
    let parts: Map = parts
        .into_iter()
        .map(|(name, fields)| (name.to_owned().into(), Value::from(fields)))
        .collect();
    context.insert_value("parts", Value::from(parts));
    context
}

fn entry(field: &PostField) -> Value {
    let map: Map = [
        ("name", Value::from(field.name.as_str())),
        ("label", Value::from(field.label.as_str())),
        ("value", of(&field.value)),
        ("words", of(&field.words)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned().into(), value))
    .collect();
    Value::from(map)
}

fn of(value: &PostValue) -> Value {
    match value {
        PostValue::None => Value::none(),
        PostValue::Text(text) => Value::from(text.as_str()),
        PostValue::Markdown(text) => Value::safe_string(text),
        PostValue::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        PostValue::YesNo(yes) => Value::from(*yes),
        PostValue::List(list) => Value::from(
            list.iter()
                .map(|text| Value::from(text.as_str()))
                .collect::<Vec<_>>(),
        ),
        PostValue::Entries(entries) => Value::from(
            entries
                .iter()
                .map(|entry| {
                    let map: Map = entry
                        .iter()
                        .map(|(name, value)| (name.clone().into(), of(value)))
                        .collect();
                    Value::from(map)
                })
                .collect::<Vec<_>>(),
        ),
    }
}
