//! Numbers as people read them.

/// `1 character`, `20,000 characters`.
pub fn characters(number: u64) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} character{plural}", thousands(number))
}

/// A number with commas between its thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number that may be below zero or have decimals, as a range tells it: `−5`, `1,000,000`, `2.5`.
pub fn number_in_words(number: f64) -> String {
    let digits = number.abs().to_string();
    let (whole, decimals) = match digits.split_once('.') {
        Some((whole, decimals)) => (whole, format!(".{decimals}")),
        None => (digits.as_str(), String::new()),
    };
    let minus = if number < 0.0 { "−" } else { "" };
    match whole.parse() {
        Ok(whole) => format!("{minus}{}{decimals}", thousands(whole)),
        // Beyond what anybody counts.
        Err(_) => format!("{minus}{digits}"),
    }
}
