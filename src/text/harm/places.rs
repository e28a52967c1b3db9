//! Places: to the metre, and the house in its street.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Near, after, before, expression};

/// Coordinates, codes that stand for them, and links to maps.
pub(super) fn precise(text: &str, near: &Near) -> Vec<Range<usize>> {
    static POINT: LazyLock<Regex> = LazyLock::new(|| {
        let forms = [
            r"geo:-?\d{1,3}\.\d+,-?\d{1,3}\.\d+",
            // Degrees with at least four decimals are some ten metres.
            r"[-−]?[0-9]{1,2}[.,][0-9]{4,}\s?°?\s?[NS]?\s?[,;/ ]\s?[-−]?[0-9]{1,3}[.,][0-9]{4,}\s?°?\s?[EWO]?\b",
            r#"[0-9]{1,2}\s?°\s?[0-9]{1,2}(?:[.,][0-9]+)?\s?[′’'](?:\s?[0-9]{1,2}(?:[.,][0-9]+)?\s?(?:[″”"]|''))?\s?[NS]\s?[,;]?\s?[0-9]{1,3}\s?°\s?[0-9]{1,2}(?:[.,][0-9]+)?\s?[′’'](?:\s?[0-9]{1,2}(?:[.,][0-9]+)?\s?(?:[″”"]|''))?\s?[EWO]\b"#,
            r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b",
            // The grid of the Ordnance Survey.
            r"\b[HNOST][A-HJ-Z] ?[0-9]{5} ?[0-9]{5}\b",
        ];
        expression(&format!("(?:{})", forms.join("|")))
    });
    static MAP: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r#"(?i)(?:https?://)?(?:www\.)?(?:google\.[a-z.]{2,6}/maps|maps\.google\.[a-z.]{2,6}|goo\.gl/maps|maps\.app\.goo\.gl|maps\.apple\.com|openstreetmap\.org|osm\.org/go|waze\.com/ul|ul\.waze\.com|bing\.com/maps|plus\.codes|map\.what3words\.com|what3words\.com|w3w\.co)[/?][^\s<>"')\]]+|///\p{Alphabetic}{3,}\.\p{Alphabetic}{3,}\.\p{Alphabetic}{3,}"#,
        )
    });
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)\b(?:what3words|w3w|grid ref(?:erence)?)\W{1,4}(?:is |address )?(?:///)?(\p{Alphabetic}{3,}\.\p{Alphabetic}{3,}\.\p{Alphabetic}{3,}|[HNOST][A-HJ-Z] ?\d{3,4} ?\d{3,4})\b",
        )
    });
    let is_place = |found: &str| {
        // A map as a whole, of a region or a town, tells no house.
        let is_map = found.contains("openstreetmap.org")
            || found.contains("google.") && found.contains("/maps");
        let has_point = [
            "@", "/place/", "q=", "ll=", "mlat", "/node/", "/way/", "/dir/", "#map=1",
        ];
        !is_map || has_point.iter().any(|part| found.contains(part))
    };
    let maps = MAP.find_iter(text).filter(|found| is_place(found.as_str()));
    let mut places: Vec<Range<usize>> = maps.map(|found| found.range()).collect();
    places.extend(near.find(&POINT, text));
    for place in &mut places {
        let end = text[place.clone()]
            .trim_end_matches(['.', ',', ';', ' '])
            .len();
        place.end = place.start + end;
    }
    let named = WORDS.captures_iter(text).filter_map(|found| found.get(1));
    places.extend(named.map(|found| found.range()));
    places
}

/// A house in its street, and codes of the post that stand for a few houses.
pub(super) fn addresses(text: &str, near: &Near) -> Vec<Range<usize>> {
    static STREET: LazyLock<Regex> = LazyLock::new(|| {
        let cap = r"[A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻŠČŽİŞĞ](?:\p{Alphabetic}|[’'.\-])*";
        let number = r"\d{1,5}(?: ?[a-zA-Z])?(?: ?[-–/] ?\d{1,4}[a-z]?)?";
        let house = r"\d{1,3}(?: ?[a-zA-Z])?(?: ?[-–/] ?\d{1,3}[a-z]?)?";
        let forms = [
            // 12 Station Road; Flat 3, 12a St Mary’s Close
            format!(
                r"(?:(?:Flat|Apartment|Apt\.?|Unit|Room|Suite) [0-9A-Z]{{1,4}},? )?\b{number},? (?:(?:{cap}|of|the) ){{1,4}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Close|Drive|Dr|Court|Ct|Place|Pl|Way|Terrace|Crescent|Cres|Gardens|Gdns|Square|Sq|Grove|Hill|Mews|Boulevard|Blvd|Walk|Row|Parade|Quay|Wharf|Circus|Rise|View|Estate|Highway|Hwy)\b\.?"
            ),
            r"\bP\.? ?O\.? Box \d+".to_owned(),
            r"\b(?:Flat|Apartment|Apt\.?) \d{1,4}[A-Za-z]?,? [A-Z]\p{Alphabetic}+ (?:House|Court|Tower|Heights|Point|Mansions|Lodge)\b".to_owned(),
            // Bergstraße 12; Am Alten Markt 3
            format!(
                r"[A-ZÄÖÜŁŚŽ]\p{{Alphabetic}}{{2,}}(?:-{cap})*-?(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|ring|straat|laan|plein|gracht|kade|dijk|steeg|gatan|vägen|gade|vej|veien|gata|katu|tie) {house}\b"
            ),
            format!(
                r"(?:{cap} )?(?:Straße|Strasse|Platz|Allee|Weg|Ring|Straat|Laan) {house}\b"
            ),
            // 12 bis, rue de la Paix
            format!(
                r"(?i:\b\d{{1,4}}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|passage|square)) (?:(?:de|du|des|de la|de l’|de l'|d’|d'|la|le|les) ?)?{cap}(?:[ -](?:de |du |des |la )?{cap}){{0,3}}"
            ),
            // Calle Mayor, 12; Rua das Flores nº 45; Via Roma 7; ul. Długa 3; Cra. 7 # 45-12
            format!(
                r"(?:\b(?:[Cc]alle|[Aa]venida|[Aa]v(?:da)?\.?|[Pp]aseo|[Pp]laza|[Cc]allejón|[Jj]irón|[Rr]ua|[Tt]ravessa|[Pp]raça|[Ee]strada|[Aa]lameda|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Vv]icolo|[Uu]l\.|[Uu]lic[aiy]|[Aa]l\.|[Pp]l\.|[Ss]tr\.|[Ss]trada|[Cc]ad\.|[Ss]ok\.)|\bC/) ?(?:(?:de|del|de la|de las|de los|da|do|das|dos|dei|della|delle|degli) )?{cap}(?: (?:de |del |da |do |das |dos |y |e )?{cap}){{0,4}},? ?(?:n[º°.]? ?|no\.? ?|núm\.? ?|número |number )?\d{{1,5}}\b"
            ),
            r"\b(?:Calle|Carrera|Cra\.?|Cl\.?|Kr\.?|Diagonal|Transversal) \d{1,3}[A-Z]? ?(?:#|No\.?|n[º°]) ?\d{1,3}[A-Z]? ?[-–] ?\d{1,3}\b".to_owned(),
            // İstiklal Caddesi No: 12
            format!(r"{cap} (?:Caddesi|Sokak|Sokağı|Mahallesi|utca|út|tér|ulica|ulice)\.?,? (?:No:? ?)?\d{{1,4}}"),
        ];
        expression(&format!("(?:{})", forms.join("|")))
    });
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        let forms = [
            r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}",
            r"[ABCEGHJ-NPRSTVXY][0-9][A-Z] [0-9][A-Z][0-9]",
            r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]) [0-9]{5}(?:-[0-9]{4})?",
            r"[0-9]{5}-[0-9]{3}",
        ];
        expression(&format!(r"\b(?:{})\b", forms.join("|")))
    });
    let mut found: Vec<Range<usize>> = Vec::new();
    for street in near.find(&STREET, text) {
        // “In 2019 Downing Street said”: a year.
        let words = &text[street.clone()];
        let number = words.split(|c: char| !c.is_ascii_digit()).next();
        let is_year = number
            .is_some_and(|it| it.len() == 4 && (it.starts_with("19") || it.starts_with("20")));
        let told = before(text, street.start, 8).trim_end().to_lowercase();
        let is_told_as_year = [" in", "since", "from", "by"]
            .iter()
            .any(|word| told.ends_with(word))
            || told == "in";
        if !(is_year && is_told_as_year) {
            let end = street.start + words.trim_end_matches(['.', ' ']).len();
            found.push(street.start..end);
        }
    }
    for code in near.find(&CODE, text) {
        match found.iter_mut().find(|street| {
            street.end <= code.start
                && after(text, street.end, 40).len() >= code.start - street.end
                && !text[street.end..code.start].contains(['\n', '.'])
        }) {
            // An address and its code are one.
            Some(street) => street.end = code.end,
            None => found.push(code),
        }
    }
    found
}
