//! Where links lead: addresses in the parser's words and bare ones in text.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::links::{unwrapped, web_address},
    Gathered, Inline, Notice, Target,
    typed::address,
};

/// The target of a link in a text, which is none where the blog could not lead there.
pub(super) fn target(
    typed: &str,
    title: &str,
    is_own: bool,
    gathered: &mut Gathered,
) -> Option<Target> {
    let typed = typed.trim();
    let Some(href) = web_address(typed) else {
        if !is_own && typed.starts_with(['/', '#', '.']) {
            gathered.notices.insert(Notice::OwnSite(typed.to_owned()));
        }
        return None;
    };
    let href = if is_own {
        href
    } else {
        let inner = unwrapped(&href, &mut |change| {
            gathered.notices.insert(Notice::Url(change));
        });
        web_address(&inner)?
    };
    Some(Target {
        href,
        title: title.to_owned(),
    })
}

/// Whether what follows `]:` is an address that a link may lead to, or a picture, and maybe a title.
pub(super) fn is_definable(rest: &str) -> bool {
    let rest = rest.trim();
    let (destination, title) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some(parts) => parts,
        None => rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len())),
    };
    let title = title.trim();
    let is_quoted = |quote: char| {
        title.len() > 1
            && title.starts_with(quote)
            && title.ends_with(quote)
            && title.matches(quote).count() == 2
    };
    let is_whole = title.is_empty() || is_quoted('"') || is_quoted('\'');
    is_whole && (web_address(destination).is_some() || destination.starts_with("data:image/"))
}

/// Makes links of the bare addresses in text.
pub(super) fn link_addresses(nodes: Vec<Inline>, gathered: &mut Gathered) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    for node in nodes {
        match (out.last_mut(), node) {
            (Some(Inline::Text(last)), Inline::Text(text)) => last.push_str(&text),
            (_, node) => out.push(node),
        }
    }
    let is_bare = |node: &Inline| matches!(node, Inline::Text(text) if text.contains("://") || text.contains("www.") || text.contains('@'));
    if !out.iter().any(is_bare) {
        return out;
    }
    let mut linked = Vec::new();
    for node in out {
        match node {
            Inline::Text(text) => in_text(&text, gathered, &mut linked),
            node => linked.push(node),
        }
    }
    linked
}

fn in_text(text: &str, gathered: &mut Gathered, out: &mut Vec<Inline>) {
    static START: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)https?://|www\.|[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}",
        )
        .ok()
    });
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = START.as_ref().and_then(|start| start.find_at(text, at)) {
        at = found.end();
        let before = text[..found.start()].chars().next_back();
        let is_mail = found.as_str().contains('@');
        let typed = if is_mail {
            found.as_str()
        } else {
            address(&text[found.start()..])
        };
        let end = found.start() + typed.len();
        let is_apart = before.is_none_or(|c| !c.is_alphanumeric() && !"@/_".contains(c))
            && !(is_mail
                && text[end..].starts_with(|c: char| c.is_alphanumeric() || "@_".contains(c)));
        if !is_apart {
            continue;
        }
        at = end.max(at);
        let named = if is_mail {
            format!("mailto:{typed}")
        } else {
            typed.to_owned()
        };
        if !is_mail && !has_host(typed) {
            continue;
        }
        let Some(target) = target(&named, "", false, gathered) else {
            continue;
        };
        let is_changed = !is_mail
            && !target.href.ends_with(typed)
            && web_address(typed).as_ref() != Some(&target.href);
        let shown = if is_changed {
            target.href.clone()
        } else {
            typed.to_owned()
        };
        if from < found.start() {
            out.push(Inline::Text(text[from..found.start()].to_owned()));
        }
        out.push(Inline::Link(target, vec![Inline::Text(shown)]));
        from = end;
    }
    if from < text.len() {
        out.push(Inline::Text(text[from..].to_owned()));
    }
}

/// Whether a bare address has a host with a dot in it.
fn has_host(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let mut labels = host.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let is_name = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || "-_:@".contains(c))
    };
    let rest: Vec<&str> = labels.collect();
    // Behind `www.` there is a name yet.
    let enough = if host.to_ascii_lowercase().starts_with("www.") {
        2
    } else {
        1
    };
    is_name(top) && rest.len() >= enough && rest.into_iter().all(is_name)
}
