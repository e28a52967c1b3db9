use proptest::{prelude::*, sample::select};

use super::*;

/// Whether an index of this text finds it, by the tokens alone.
fn is_found(query: &Query, text: &str) -> bool {
    let tokens = tokens(text);
    query.terms().iter().all(|term| {
        let is_term = |token: &String| match term.is_prefix {
            true => token.starts_with(&term.token),
            false => *token == term.token,
        };
        tokens.iter().any(is_term)
    })
}

/// Whether the query finds the text, as its users see it. The index must agree.
fn finds(query: &str, text: &str) -> bool {
    let query = Query::parse(query).expect("a query");
    let (is_hit, is_found) = (query.matches(text), is_found(&query, text));
    assert!(is_found || !is_hit, "the index lost it: {query:?} {text:?}");
    let is_exact = is_hit == is_found || query.needs_check();
    assert!(is_exact, "not checked: {query:?} {text:?}");
    is_hit
}

/// Pairs of a query and a text.
type Pairs = &'static [(&'static str, &'static str)];

#[test]
fn the_same_word_is_found_however_it_is_written() {
    const SAME: &[&[&str]] = &[
        &[
            "İstanbul",
            "istanbul",
            "ISTANBUL",
            "ıstanbul",
            "I\u{307}stanbul",
        ],
        &["Łódź", "lodz", "ŁÓDŹ", "Lo\u{301}dz\u{301}"],
        &["Straße", "strasse", "STRASSE", "STRAẞE", "Straſse"],
        &["Ёлки", "елки", "ЁЛКИ", "ёлки", "е\u{308}лки"],
        &["Ґанок", "ганок", "ґанок"],
        &["Οδυσσεύς", "οδυσσευσ", "ΟΔΥΣΣΕΥΣ", "ὀδυσσεύς"],
        &["ﬁnance", "finance", "FINANCE", "ﬁ\u{ad}nance"],
        &["ｆｕｌｌｗｉｄｔｈ", "fullwidth", "ＦＵＬＬwidth"],
        &[
            "café",
            "cafe\u{301}",
            "CAFÉ",
            "cafe",
            "𝒸afé",
            "ca\u{200d}fé\u{fe0f}",
        ],
        &["naïve", "naive", "NAI\u{308}VE"],
        &[
            "Ångström",
            "angstrom",
            "A\u{30a}ngstro\u{308}m",
            "\u{212b}ngström",
        ],
        &["Þórður", "thordur"],
        &["Smørrebrød", "smorrebrod"],
        &["Œuvre", "oeuvre", "ŒUVRE"],
        &["Việt", "viet", "Vie\u{323}\u{302}t", "Vie\u{302}\u{323}t"],
        &["ǅep", "ǆep", "dzep", "DŽEP"],
        &["Ⅳ", "iv"],
        &["x²", "x2"],
        &["٢٠٢٤", "۲۰۲۴", "२०२४", "๒๐๒๔", "２０２４", "2024"],
        // With and without harakat, tatweel, hamza; forms that are shown; kinds of ya and kaf.
        &["كِتَابٌ", "كتاب", "كتـــاب", "ﻛﺘﺎﺏ", "کتاب"],
        &["أحمد", "احمد", "إحمد", "ٱحمد"],
        &["مدرسة", "مدرسه"],
        &["علی", "على", "علي"],
        &["می\u{200c}خواهم", "میخواهم"],
        // With and without niqqud; a letter with its point in one.
        &["שָׁלוֹם", "שלום", "\u{fb2a}לום"],
        &["ქართული", "ᲥᲐᲠᲗᲣᲚᲘ"],
        &["ガス", "ｶﾞｽ", "カ\u{3099}ス"],
        &[
            "한국",
            "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}",
            "한국\u{feff}",
        ],
        &["ភាសា\u{200b}ខ្មែរ", "ភាសាខ្មែរ"],
    ];
    for forms in SAME {
        for query in *forms {
            for text in *forms {
                assert!(finds(query, text), "{query} {text}");
                assert_eq!(fold(query), fold(text));
            }
        }
    }
}

#[test]
fn hits() {
    const HITS: Pairs = &[
        // Any order; the last word by its beginning.
        ("air clean", "Clean air for all"),
        ("clean ai", "Clean air for all"),
        ("c", "Clean air for all"),
        ("c ", "Clean air for all"),
        ("all all", "Clean air for all"),
        ("clean", "CLEAN\nair"),
        // Numbers.
        ("2024", "In 2024, we won"),
        ("20", "In 2024, we won"),
        ("10,000 people", "10 000 people came"),
        ("covid19", "COVID19"),
        // Addresses, and what joins words.
        ("ana@example.org", "Mail to ana@example.org."),
        ("example", "Mail to ana@example.org."),
        ("ana", "Mail to ana@example.org."),
        ("example.org ana", "Mail to ana@example.org."),
        (
            "https://example.org/page",
            "see https://www.example.org/page?a=b",
        ),
        ("well-being", "our well being"),
        ("being well", "well-being"),
        ("well-b", "well‑being"),
        ("l'eau", "L’eau est à nous"),
        ("eau", "L’eau est à nous"),
        ("don't", "We don’t pay"),
        ("п'ять", "пʼять"),
        ("o'zbek", "oʻzbek"),
        ("#climate", "climate"),
        ("snake_case", "snake case"),
        ("militante", "militante·s"),
        // Anywhere, where there are no blanks.
        ("京都", "東京都の人"),
        ("東京", "東京都の人"),
        ("都", "東京都の人"),
        ("東", "東京都の人"),
        ("人", "東京都の人"),
        ("東京都の人", "東京都の人"),
        ("都の 東京", "東京都の人"),
        ("京タワ", "東京タワー"),
        ("ワー", "東京タワー"),
        ("時々", "それは時々ある"),
        ("iPhone", "iPhoneを買う"),
        ("買う", "iPhoneを買う"),
        ("2024年", "2024年4月"),
        ("ไทย", "ภาษาไทย"),
        ("ภาษา", "ภาษาไทย"),
        ("ษาไท", "ภาษาไทย"),
        ("ລາວ", "ພາສາລາວ"),
        ("ខ្មែរ", "ភាសាខ្មែរ"),
        ("စာ", "မြန်မာစာ"),
        ("캠페인", "한국어 캠페인을"),
        ("캠페인 한국어", "한국어 캠페인을"),
        ("을", "한국어 캠페인을"),
        // Scripts of India have blanks.
        ("हिन्दी", "यह हिन्दी है"),
        ("हिन्", "यह हिन्दी है"),
        ("தமிழ்", "தமிழ்"),
        // Signs are no words.
        ("“air”!", "air"),
        ("🌍 air", "air"),
    ];
    for (query, text) in HITS {
        assert!(finds(query, text), "{query} {text}");
    }
}

#[test]
fn no_hits() {
    const NONE: Pairs = &[
        ("clea air", "Clean air for all"),
        ("lean", "Clean air for all"),
        ("clean water", "Clean air for all"),
        ("cleaner", "Clean air for all"),
        ("ai clean", "Clean air for all"),
        ("024", "In 2024, we won"),
        ("20 won", "In 2024, we won"),
        ("air", ""),
        ("ana@example.com", "Mail to ana@example.org."),
        ("cleanair", "Clean air"),
        ("東都", "東京都の人"),
        ("京東", "東京都の人"),
        ("京都都", "東京都の人"),
        // All pairs are there, but not in one.
        ("東京都", "東京と京都"),
        ("東京", "東 京"),
        ("かき", "がき"),
        ("ハハ", "パパ"),
        ("ひと", "ヒト"),
        ("캠페", "캠 페"),
        ("하국", "한국"),
        // Vowel signs and the like make another word.
        ("हन्द", "हिन्दी"),
        ("हिन्दी", "हिन दी"),
        ("कि", "की"),
        ("कल", "कुल"),
        ("มา", "ม้า"),
        ("தமழ்", "தமிழ்"),
    ];
    for (query, text) in NONE {
        assert!(!finds(query, text), "{query} {text}");
    }
}

#[test]
fn without_a_word_it_is_no_query() {
    for query in [
        "",
        " ",
        "\n\t",
        "?!",
        "“…”",
        "🌍",
        "\u{200b}",
        "\u{301}",
        "*",
        "-",
    ] {
        assert_eq!(Query::parse(query), None, "{query:?}");
    }
}

#[test]
fn long_words_are_found_whole_and_by_their_beginning() {
    let (shorter, word) = ("š".repeat(100), "š".repeat(101));
    let other = format!("{}t", "š".repeat(100));
    assert!(finds(&word, &word) && finds(&shorter, &word) && finds("š", &word));
    assert!(finds(&format!("{word} a"), &format!("{word} a")));
    assert!(!finds(&word, &other) && !finds(&word, &shorter));
    assert!(!finds(&format!("{shorter} a"), &format!("{word} a")));
    let wide = "\u{10428}".repeat(300);
    assert_eq!(tokens(&wide).first().map(String::len), Some(400));
    assert!(finds(&wide, &wide));
}

#[test]
fn a_long_query_is_bounded() {
    let numbers: Vec<String> = (100..200).map(|number| number.to_string()).collect();
    let query = Query::parse(&numbers.join(" ")).expect("a query");
    assert_eq!(query.terms().len(), 20);
    assert!(query.matches(&numbers[..20].join(" ")) && !query.matches(&numbers[..19].join(" ")));
    assert!(query.terms().iter().all(|term| !term.is_prefix));

    let run: String = ('一'..='龥').collect();
    let query = Query::parse(&run).expect("a query");
    assert_eq!(query.terms().len(), 40);
    assert!(finds(&run, &run) && !finds(&run, &run[3..]));
    let query = Query::parse(&format!("{} {run}", &run[300..390])).expect("a query");
    assert_eq!(query.terms().len(), 40);

    let query = Query::parse("air air air 東東東東").expect("a query");
    assert_eq!(query.terms().len(), 2, "each is asked for once");
}

#[test]
fn each_character_is_folded_once() {
    for c in ('\0'..='\u{1ffff}').chain('\u{2f800}'..='\u{2fa1f}') {
        let folded = fold(&c.to_string());
        assert_eq!(fold(&folded), folded, "{c:?}");
    }
}

/// Texts of characters that something above has an opinion on, and of any.
fn text() -> impl Strategy<Value = String> {
    let telling: Vec<char> = "aàÀeiIİıłŁßẞςΣёй1²½٣ﬁＡ \n.,'’ʼ-@·´\u{ad}\u{200b}\u{200d}\u{34f}\u{301}\u{323}\
        \u{338}日本語京都々ーカガか\u{3099}\u{309a}ｶﾞ〇①한국\u{1112}\u{1161}\u{11ab}ㅎทย้ำไລາວខ្មែរမြန်မာ\
        हिन्दी\u{93c}কো\u{9c7}\u{9be}தமிழ்أإآؤئىةكـَُّשָׁלוֹ🌍\u{fe0f}"
        .chars()
        .collect();
    let c = prop_oneof![8 => select(telling), 1 => any::<char>(), 3 => select(vec!['a', 'b', ' '])];
    let characters = prop::collection::vec(c, 0..40).prop_map(String::from_iter);
    let long = (98usize..103, ".").prop_map(|(count, end)| "ä".repeat(count) + &end);
    let part = prop_oneof![9 => characters, 1 => long];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(" "))
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn folding_twice_changes_nothing(text in text()) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn tokens_are_what_engines_take(text in text(), other in text()) {
        for token in tokens(&text) {
            prop_assert!((1..=400).contains(&token.len()));
            let is_plain = |c| matches!(c, 'a'..='z' | '0'..='9' | '\u{80}'..);
            prop_assert!(token.chars().all(|c| is_plain(c) && !c.is_whitespace()));
        }
        let both = tokens(&format!("{text}\n{other}"));
        prop_assert_eq!(both, &tokens(&text) | &tokens(&other));
    }

    /// What stands between blanks is found in any order, the last by any beginning.
    #[test]
    fn what_is_cut_out_of_a_text_finds_it(
        text in text(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        length in any::<prop::sample::Index>(),
    ) {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let mut query: Vec<&str> = Vec::new();
        if !parts.is_empty() {
            query.extend(order.iter().map(|index| *index.get(&parts)));
        }
        let query = fold(&query.join(" "));
        if let Some(query) = Query::parse(&query) {
            prop_assert!(query.matches(&text), "{query:?}");
        }
        let last = query.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let ends: Vec<usize> = query.char_indices().map(|(at, _)| at).filter(|at| *at > last).collect();
        if !ends.is_empty() && let Some(query) = Query::parse(&query[..*length.get(&ends)]) {
            prop_assert!(query.matches(&text), "{query:?}");
        }
    }

    /// A part of a run is found by itself.
    #[test]
    fn any_part_of_a_run_finds_it(text in text(), from in 0usize..20, length in 1usize..6) {
        let folded = fold(&text);
        for (_, run) in pieces(&folded).filter(|(kind, _)| *kind == Kind::Run) {
            let part: String = run.chars().skip(from).take(length).collect();
            prop_assert!(part.is_empty() || finds(&part, &text));
        }
    }

    /// The index finds all hits; where nothing has to be checked, it finds nothing else.
    #[test]
    fn the_index_agrees(text in text(), other in text(), words in 1usize..4) {
        for query in [&text, &other] {
            let query: Vec<&str> = query.split(' ').take(words).collect();
            let query = query.join(" ");
            if Query::parse(&query).is_some() {
                finds(&query, &text);
            }
            let short: String = query.chars().take(words).collect();
            if Query::parse(&short).is_some() {
                finds(&short, &text);
            }
        }
    }
}
