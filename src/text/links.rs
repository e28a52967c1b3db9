//! Addresses of the web.

/// The address of a link to the web or of a mail, spelt so that both engines find its end.
pub(super) fn web_address(url: &str) -> Option<String> {
    let url = url.trim();
    let starts = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let mut out = match url {
        _ if ["http://", "https://", "mailto:"].into_iter().any(starts) => String::new(),
        _ if starts("www.") => String::from("https://"),
        _ => return None,
    };
    let depths = url.chars().scan(0_i32, |depth, c| {
        *depth += i32::from(c == '(') - i32::from(c == ')');
        Some(*depth)
    });
    let in_range = depths.clone().all(|depth| (0..4).contains(&depth));
    let is_balanced = in_range && depths.last() == Some(0);
    for c in url.chars() {
        let breaks = "\"\\`|<>{}".contains(c) || "()".contains(c) && !is_balanced;
        if breaks || c.is_whitespace() {
            for byte in c.to_string().bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    Some(out)
}
