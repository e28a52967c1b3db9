//! Whether two texts are nearly the same, and whether a text is written in any language at all.
//!
//! Both look at the text alone and know no language, so that none is judged by the habits of
//! another.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::search::fold;

/// How many words in a row make a shingle (Broder, *On the resemblance and containment of
/// documents*, 1997).
const SHINGLE: usize = 3;
/// With fewer shingles a text says too little to be told from another.
const FEWEST_SHINGLES: usize = 12;
/// A word longer than this is from a script that sets no blanks between words; each of its
/// characters counts as a word.
const LONGEST_WORD: usize = 24;
/// Bands, and the smallest hashes in each: two texts that share 7 of 10 shingles have a band in
/// common in 93 of 100 cases, and those that share 9 of 10 always; such with 3 in 15 of 100, which
/// [`Fingerprint::likeness`] then tells apart.
const BANDS: usize = 6;
const ROWS: usize = 3;
/// The same for [`Fingerprint::names`], which find texts that have less in common: those that share
/// half of their shingles in 94 of 100 cases, and a third in 69.
const NAMES: usize = 10;
const ROWS_OF_NAMES: usize = 2;
/// With fewer letters nothing is said about their frequencies.
const FEWEST_LETTERS: usize = 150;
/// Scripts with more letters than this have no frequencies that a text of a page could show.
const MOST_LETTERS: usize = 60;

/// The shingles of a text.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint(BTreeSet<u64>);

impl Fingerprint {
    /// That of a text, no matter how its words are written and parted.
    pub fn of(text: &str) -> Self {
        let folded = fold(text);
        let mut units: Vec<&str> = Vec::new();
        for word in folded.split(|c: char| !c.is_alphanumeric()) {
            if word.chars().count() > LONGEST_WORD || !word.is_ascii() && has_no_blanks(word) {
                let ends = word
                    .char_indices()
                    .map(|(at, c)| &word[at..at + c.len_utf8()]);
                units.extend(ends);
            } else if !word.is_empty() {
                units.push(word);
            }
        }
        let shingles: BTreeSet<u64> = units
            .windows(SHINGLE)
            .map(|shingle| {
                let mut hasher = DefaultHasher::new();
                shingle.hash(&mut hasher);
                hasher.finish()
            })
            .collect();
        match shingles.len() < FEWEST_SHINGLES {
            true => Self::default(),
            false => Self(shingles),
        }
    }

    /// Texts for an index: those that are nearly the same have one in common almost certainly. None
    /// for a text that is too short.
    pub fn bands(&self) -> Vec<String> {
        let bands = self.hashes(BANDS, ROWS).into_iter().enumerate();
        bands
            .map(|(band, all)| format!("{band}.{all:016x}"))
            .collect()
    }

    /// Numbers for an index: of texts that have much in common. None for a text that is too short.
    pub fn names(&self) -> Vec<u64> {
        self.hashes(NAMES, ROWS_OF_NAMES)
    }

    /// For each band one number, made of the smallest hashes in it.
    fn hashes(&self, bands: usize, rows: usize) -> Vec<u64> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let smallest = |seed: usize| {
            let hashes = self
                .0
                .iter()
                .map(|shingle| mixed(shingle ^ mixed(seed as u64 + 1)));
            hashes.min().unwrap_or_default()
        };
        let band = |band: usize| {
            let rows = (0..rows).map(|row| smallest(band * rows + row));
            rows.fold(band as u64, |all, one| mixed(all ^ one))
        };
        (0..bands).map(band).collect()
    }

    /// Its shingles, as numbers.
    pub fn shingles(&self) -> impl Iterator<Item = u64> {
        self.0.iter().copied()
    }

    /// How many shingles it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text was too short to say anything of it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many shingles are in both.
    pub fn shared(&self, other: &Self) -> usize {
        self.0.intersection(&other.0).count()
    }

    /// How much two texts have in common, from 0 to 1: shared shingles among all (Jaccard).
    pub fn likeness(&self, other: &Self) -> f64 {
        let shared = self.shared(other);
        let all = self.0.len() + other.0.len() - shared;
        match all {
            0 => 0.0,
            all => shared as f64 / all as f64,
        }
    }
}

/// Whether the word is of a script that sets no blanks: Han, kana, Thai, Lao, Khmer, Myanmar.
fn has_no_blanks(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
    })
}

/// The finaliser of SplitMix64: each bit of the result depends on each bit of what is given.
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Whether a text is letters at random, or the same few words over and over. In every language that
/// is written with an alphabet some letters and pairs of letters are far more frequent than others;
/// how much more, the index of coincidence tells (Friedman, 1922): 1 where each is as frequent as
/// the next. Of scripts with more than 60 signs, and of short texts, nothing is said.
pub fn is_gibberish(text: &str) -> bool {
    let folded = fold(text);
    repeats_itself(&folded) || is_at_random(&folded)
}

fn is_at_random(folded: &str) -> bool {
    let (mut letters, mut pairs) = (Vec::new(), Vec::new());
    let mut before = None;
    for c in folded.chars() {
        let letter = c.is_alphabetic().then_some(c);
        letters.extend(letter);
        pairs.extend(before.zip(letter));
        before = letter;
    }
    let (letters, pairs) = (counted(letters), counted(pairs));
    let kinds = letters.len();
    if letters.iter().sum::<usize>() < FEWEST_LETTERS || kinds > MOST_LETTERS {
        return false;
    }
    // English comes to 1.5 and 4, Finnish and Georgian to more; random letters to 1 and 1.
    coincidence(&letters, kinds) < 1.25 && coincidence(&pairs, kinds * kinds) < 2.0
}

/// How often there is each of these.
fn counted<T: Ord>(mut all: Vec<T>) -> Vec<usize> {
    all.sort_unstable();
    all.chunk_by(T::eq).map(<[T]>::len).collect()
}

/// How much more often two taken at random are the same than if all `kinds` were equally frequent.
fn coincidence(counts: &[usize], kinds: usize) -> f64 {
    let (mut same, mut all) = (0, 0);
    for count in counts {
        same += count * count.saturating_sub(1);
        all += count;
    }
    let pairs = all * all.saturating_sub(1);
    same as f64 * kinds as f64 / pairs.max(1) as f64
}

fn repeats_itself(folded: &str) -> bool {
    const FEWEST_WORDS: usize = 60;
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let different: BTreeSet<&str> = words.iter().copied().collect();
    words.len() >= FEWEST_WORDS && different.len() * 8 < words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "When the council published which streets it had gritted, we laid its map \
        over the postcodes of people who had fallen. Volunteers from four wards telephoned the \
        clinics, wrote down what they heard, and brought it to the meeting in March. The officers \
        had never seen it side by side. Two months later the route was changed, and the ward that \
        had been left out for eleven winters was first on the list.";

    #[test]
    fn a_text_with_a_few_other_words_is_nearly_the_same_and_another_is_not() {
        let story = Fingerprint::of(STORY);
        let changed = STORY
            .replace("eleven", "twelve")
            .replace("Volunteers", "“Helpers”,");
        let changed = Fingerprint::of(&changed.to_uppercase());
        assert!(story.likeness(&changed) > 0.7);
        let bands = story.bands();
        assert!(changed.bands().iter().any(|band| bands.contains(band)));
        let other = Fingerprint::of(
            "Nurses on the night shift kept a diary of the hours that were never paid. In the \
             autumn they counted them together, ward by ward, and gave the sum to the press.",
        );
        assert!(story.likeness(&other) < 0.1);
        assert!(Fingerprint::of("Too short to tell").bands().is_empty());
    }

    #[test]
    fn texts_without_blanks_are_compared_too() {
        let text = "市議会が除雪した道路を公表したとき、私たちはその地図を転んだ人々の郵便番号に重ねました。";
        let (one, two) = (
            Fingerprint::of(text),
            Fingerprint::of(&text.replace("地図", "図面")),
        );
        assert!(one.likeness(&two) > 0.7, "{}", one.likeness(&two));
    }

    #[test]
    fn letters_at_random_are_told_from_every_language() {
        // The first sentences of the Universal Declaration of Human Rights, and letters drawn by a
        // generator.
        let mut state = 7_u64;
        for letters in 150..400 {
            let random: String = (0..letters)
                .map(|at| {
                    state = mixed(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
                    let letter = char::from(b'a' + (state % 26) as u8);
                    if at % 7 == 6 {
                        format!("{letter} ")
                    } else {
                        letter.to_string()
                    }
                })
                .collect();
            assert!(is_gibberish(&random), "{random}");
        }
        for text in LANGUAGES {
            assert!(!is_gibberish(text), "{text}");
        }
        assert!(!is_gibberish(STORY));
        assert!(is_gibberish(&"buy cheap gold now ".repeat(40)));
    }

    const LANGUAGES: [&str; 14] = [
        "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství. Každý má všechna práva a všechny svobody, stanovené touto deklarací, bez jakéhokoli rozlišování.",
        "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä. Jokainen on oikeutettu kaikkiin tässä julistuksessa esitettyihin oikeuksiin.",
        "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства. Каждый человек должен обладать всеми правами и всеми свободами.",
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης. Κάθε άνθρωπος δικαιούται να επικαλείται όλα τα δικαιώματα.",
        "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء. لكل إنسان حق التمتع بكافة الحقوق والحريات الواردة في هذا الإعلان، دون أي تمييز، كالتمييز بسبب العنصر أو اللون أو الجنس.",
        "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה. כל אדם זכאי לזכויות ולחירויות שנקבעו בהכרזה זו ללא הפליה כלשהי מטעמי גזע, צבע, מין, לשון, דת, דעה פוליטית.",
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए। हर व्यक्ति बिना किसी प्रकार के भेदभाव के सभी अधिकारों का हकदार है।",
        "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით. მათ მინიჭებული აქვთ გონება და სინდისი და ერთმანეთის მიმართ უნდა იქცეოდნენ ძმობის სულისკვეთებით. ყოველ ადამიანს უნდა ჰქონდეს ყველა უფლება და ყველა თავისუფლება.",
        "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều được tạo hóa ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình anh em. Ai cũng được hưởng những quyền tự do ghi trong bản Tuyên ngôn này.",
        "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다. 모든 사람은 인종, 피부색, 성, 언어, 종교, 정치적 또는 기타의 견해에 따른 어떠한 종류의 차별도 없이 모든 권리와 자유를 누릴 자격이 있다.",
        "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。人人有资格享有本宣言所载的一切权利和自由,不分种族、肤色、性别、语言、宗教、政治或其他见解、国籍或社会出身、财产、出生或其他身分等任何区别。并且不得因一人所属的国家或领土的政治的、行政的或者国际的地位之不同而有所区别。",
        "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo yapasa watendeane kindugu. Kila mtu anastahili kuwa na haki zote na uhuru wote ambao umeelezwa katika taarifa hii bila ubaguzi wowote.",
        "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler. Herkes, ırk, renk, cinsiyet, dil, din, siyasi veya diğer herhangi bir akide farkı gözetilmeksizin bütün haklardan istifade edebilir.",
        "Imdanen akken ma llan ttlalen d ilelliyen msawan di lḥweṛma d yizerfan. Ghur-sen tamsakwit d laâquel u yessefk ad-tili tegmatt gar asen. Yal amdan yesâa izerfan akken ma llan d tlelliyin i d-yessawel wawal agi, war aseḥlel.",
    ];
}
