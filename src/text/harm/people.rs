//! Dates of birth, and what tells which child it is: the age and the school.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Near, after, before, expression, words};

/// Days that a word says somebody was born on.
pub(super) fn births(text: &str, near: &Near) -> Vec<Range<usize>> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        let month = r"(?:jan|feb|fév|mar|mär|mrt|maa|apr|abr|avr|may|mai|maj|mei|maio|mag|jun|juin|giu|jul|juil|lug|aug|août|aou|ago|sep|set|oct|okt|out|ott|nov|dec|dez|dic|déc|ene|gen|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara)\p{Alphabetic}{0,7}\.?";
        let year = r"(?:19|20)\d\d";
        expression(&format!(
            r"(?i)\b(?:\d{{1,2}}(?:st|nd|rd|th|er|º|ª)?\.? ?(?:of |de |d’|d')?{month}(?:,? ?(?:de |del |of )?{year})?|{month} \d{{1,2}}(?:st|nd|rd|th)?(?:,? {year})?|\d{{1,2}}[./\-–]\d{{1,2}}[./\-–](?:19|20)?\d\d|{year}[./\-–]\d{{1,2}}[./\-–]\d{{1,2}})\b"
        ))
    });
    static BORN: LazyLock<Regex> = LazyLock::new(|| {
        words(
            r"(?i)\b(?:born|came into the world|birth|birthdate|birthday|d\.?o\.?b|née?s?|naissance|anniversaire|nacid[oa]s?|naci[óo]|nacimiento|cumpleaños|nascid[oa]s?|nasceu|nascimento|anivers[áa]rio|geboren|geburt\w*|geb|nat[oa]|nascita|compleanno|geboorte\w*|verjaardag|urodz\w*|doğum\w*|född\w*|født\w*|syntyn\w*|n[ăa]scut\w*|született|narozen\w*)\b",
        )
    });
    let mut found = Vec::new();
    for day in near.find(&DAY, text) {
        let is_born =
            BORN.is_match(before(text, day.start, 40)) || BORN.is_match(after(text, day.end, 22));
        if is_born {
            found.push(day);
        }
    }
    found
}

/// Words for a child, in the languages that the expressions below know.
static CHILD: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?i)(?:élèves?|\b(?:sons?|daughters?|child(?:ren)?|kids?|boys?|girls?|pupils?|toddler|babies|baby|grand(?:son|daughter|child)\w*|nephew|niece|sister|brother|hij[oa]s?|niñ[oa]s?|nietos?|nietas?|alumn[oa]s?|fille|filles|fils|enfants?|garçons?|tochter|töchter|sohn|söhne|kind|kinder|kindes|junge|mädchen|schüler\w*|enkel\w*|filh[oa]s?|menin[oa]s?|crianças?|alun[oa]s?|net[oa]s?|figli[oa]?|bambin[oaie]|ragazz[oaie]|alunn[oaie]|nipote|dochter|zoon|kinderen|meisje|jongen|córk\w*|syn\w{0,2}|dzieck\w*|dzieci|wnucz\w*)\b)",
    )
});

/// Ages below eighteen of one child, and names of schools beside a word for a child.
pub(super) fn children(text: &str) -> Vec<Range<usize>> {
    static AGE: LazyLock<Regex> = LazyLock::new(|| {
        let years = r"(?:1[0-7]|[1-9])";
        let words = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)";
        expression(&format!(
            r"(?i)(?:âgée?s? de {years} ans|\b(?:(?:{years}|{words})[ -]years?[ -]old|(?:{years}|{words}) years of age|aged? (?:{years}|{words})|{years}[ -]?jährige[rnsm]?|{years}[ -]jarige|{years} (?:Jahre alt|jaar oud)|{years}-letni\w{{0,4}}))\b"
        ))
    });
    static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
        let years = r"(?:1[0-7]|[1-9])";
        let spanish = r"(?:un|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieciséis|diecisiete)";
        let french = r"(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|dix-sept)";
        expression(&format!(
            r"(?i)(?:\b(?:{years}|{spanish}) años\b|\b(?:{years}|{french}) ans\b|\b{years} (?:anos|anni|lat)\b|\b(?:is|was|turned|she[’']s|he[’']s|ist|war) {years}\b|\({years}\)|, {years},)"
        ))
    });
    static SCHOOL: LazyLock<Regex> = LazyLock::new(|| {
        let cap = r"[A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻŠČŽ](?:\p{Alphabetic}|[’'.\-])*";
        let kind = r"(?:Primary|Secondary|Infants?|Junior|Elementary|Middle|High|Grammar|Nursery|Community|Comprehensive|Preparatory|Prep|Boarding|Girls[’']?|Boys[’']?|Church of England|C of E|CofE|RC|Catholic|Free|Special)";
        let english = format!(
            r"(?:{cap} ){{1,4}}(?:{kind} )*(?:School|Academy|Primary|Nursery|Kindergarten|Pre-?school|College|High|Sixth Form)\b"
        );
        let first = format!(
            r"(?:Escuela|Colegio|Instituto|I\.?E\.?S\.?|CEIP|Guardería|École|Ecole|Collège|Lycée|Escola|Colégio|Creche|Scuola|Liceo|Istituto|Kita|Kindergarten|Gymnasium|Grundschule|Realschule|Gesamtschule|Basisschool|basisschool|Szkoł[aeyę]|Przedszkol[eua])(?: (?:de|del|de la|da|do|des|du|di|della|la|le|primaria|primaire|maternelle|élémentaire|elementare|media|infantil|municipal|estadual|nr|Podstawow\w+|Primaria|n[º°.]*))* (?:{cap}|\d{{1,3}})(?: (?:de |del |da |do )?{cap}){{0,3}}"
        );
        let joined = format!(
            r"{cap}(?:-{cap})*-(?:Grundschule|Schule|Gymnasium|Realschule|Gesamtschule|Oberschule|Hauptschule|Kita)\b"
        );
        expression(&format!(r"(?:{joined}|{first}|{english})"))
    });
    let mut found = Vec::new();
    for age in AGE.find_iter(text) {
        if is_one(text, age.range()) {
            found.push(age.range());
        }
    }
    let about = Near::new(text, CHILD.find_iter(text).map(|child| child.start()), 120);
    for age in about.find(&BESIDE, text) {
        if CHILD.is_match(before(text, age.start, 45)) && is_one(text, age.clone()) {
            // Only what tells the age is marked, not the comma before it.
            let words = &text[age.clone()];
            let start = age.end - words.trim_start_matches([',', ' ']).len();
            let end = age.start + words.trim_end_matches(',').len();
            found.push(start..end);
        }
    }
    for school in about.find(&SCHOOL, text) {
        let is_child = CHILD.is_match(before(text, school.start, 110))
            || CHILD.is_match(after(text, school.end, 50));
        if is_child {
            let end = school.start + text[school.clone()].trim_end_matches('.').len();
            found.push(school.start..end);
        }
    }
    found
}

/// Whether an age is that of one child: not one of many, and no span of time.
fn is_one(text: &str, range: Range<usize>) -> bool {
    static MANY: LazyLock<Regex> = LazyLock::new(|| {
        words(
            r"(?i)^(?:s\b|\s*(?:and (?:over|under|above|older|up)|or (?:over|under|older|younger)|und älter|y más|ou mais|e oltre)\b|\s*(?:to|bis|à|a|tot|do|e)\s\d|\s*[-–+]\s*\d|\+|\s*(?:ago|later|earlier|since|of experience)\b)",
        )
    });
    static SPAN: LazyLock<Regex> = LazyLock::new(|| {
        words(
            r"(?i)\b(?:under|over|(?:less|more|fewer|younger|older) than|children|kids|pupils|students|hace|durante|últimos|hac[íi]a|depuis|pendant|il y a|seit|vor|há|durante|da|per|over the)(?: (?:los|as|os|les|the|who are|of))?\s*$",
        )
    });
    !MANY.is_match(after(text, range.end, 20)) && !SPAN.is_match(before(text, range.start, 20))
}
