use super::*;

/// Stories as they are sent: the title, the text, and how somebody else of the same campaign tells it.
const STORIES: [(&str, &str, &str, &str); 10] = [
    (
        "The Gritting Map",
        "Every winter the council publishes which streets it has gritted. We laid that list over the postcodes of people who came to the fracture clinic, and saw that two wards had been left out for eleven years. Volunteers telephoned forty households, wrote down what they heard and brought it to the scrutiny committee in March. The officers had never seen both lists side by side. Two months later the route was changed.",
        "The Gritting Maps",
        "Each winter our council publishes which streets it has gritted. We laid that list over the postcodes of people who came to the fracture clinic and found that two wards had been left out for eleven years. Our volunteers telephoned forty households, wrote down what they heard and took it to the scrutiny committee in March. Officers had never seen both lists side by side. Two months later they changed the route.",
    ),
    (
        "Night Shift Diaries",
        "Nurses on the night shift kept a diary of the hours that were never paid. In the autumn they counted them together, ward by ward, and gave the sum to the press. The trust said that its own system showed nothing of the kind, so the union asked for the system’s logs under the law on freedom of information. They showed that the clock rounded every shift down to the quarter of an hour. The rounding was switched off, and arrears for two years were paid in May.",
        "Night-shift diaries",
        "Nurses working nights kept diaries of the hours that were never paid. In the autumn they counted them together, ward by ward, and gave the total to the press. The hospital trust said that its own system showed nothing of the kind, so the union asked for the system’s logs under the law on freedom of information. These showed that the clock rounded every shift down to the quarter of an hour. It was switched off, and arrears for two years were paid in May.",
    ),
    (
        "Who Watches the School Cameras?",
        "Parents at three primary schools learned from a newsletter that the canteen would take payment by face. Nobody had been asked. They set up a page where families could send in the letters that they had received, and within a week had forty of them, no two of which said the same about how long the pictures are kept. A retired solicitor wrote a complaint to the commissioner. The company withdrew before the summer holidays, and the schools went back to cards.",
        "Who watches the schools’ cameras",
        "Parents of children at three primary schools learned from a newsletter that their canteen would take payment by face. Nobody had been asked. We set up a page where families could send in letters that they had received, and within a week had forty of them, no two of which said the same about how long the pictures are kept. A retired solicitor helped with a complaint to the commissioner. The company withdrew before the summer, and all three schools went back to cards.",
    ),
    (
        "Couriers Count",
        "Couriers who deliver food by bicycle installed an application that one of them had written. It records the distance and the time of each order beside what the platform has paid for it. After three months two hundred of them had pooled their records, and could show that the pay for a kilometre had fallen by a fifth while the platform told its investors the opposite. They presented their figures at a meeting of shareholders. The platform has since published how it reckons the pay.",
        "Couriers’ count",
        "Food couriers on bicycles installed an application that one of us had written. It records the distance and the time of each order beside what the platform has paid for it. After three months two hundred couriers had pooled their records, and we could show that the pay for a kilometre had fallen by a fifth while the platform told its investors the opposite. We presented the figures at a meeting of shareholders. The platform has since published how it reckons pay.",
    ),
    (
        "Our Air, Our Figures",
        "The nearest official station for air quality is nine kilometres from our estate, on a hill. We built sixteen sensors at the library’s repair evening and hung them on balconies along the ring road. For a year the readings went to a page that anybody can download. When the plan for the logistics park was laid out, the developer’s report used the station on the hill. We laid ours beside it, and the inspector asked for a new report.",
        "Our air, our figures!",
        "The nearest official station for air quality is nine kilometres away from the estate, up on a hill. So we built sixteen sensors at the library’s repair evening and hung them from balconies along the ring road. For a year all readings went to a page that anybody can download. When the plan for a logistics park was laid out, the developer’s report used the station on the hill. We laid ours beside it, and the inspector asked for a new one.",
    ),
    (
        "Missing From the Register",
        "Deaf people in our city are not counted: the register of patients has a field for language, and sign language was not among the choices. We sat with the practice managers of six surgeries and tried what could be entered. In the end one of them found a code from 1998 that nobody used. We trained receptionists to enter it, and after a year the health board could plan interpreters for the first time, because it knew of four hundred people whom it had not known of before.",
        "Missing from register",
        "Deaf people in this city are not counted: the register of patients has a field for language, and sign language was not among its choices. We sat with practice managers of six surgeries and tried what could be entered. In the end one manager found a code from 1998 that nobody used. Receptionists were trained to enter it, and after a year the health board could plan interpreters for the first time, because it knew of four hundred people whom it had not known of before.",
    ),
    (
        "A Charter for the Benefits Office",
        "An algorithm chose whose claim was looked at again, and the letters that it caused were the same for everybody. Claimants met in a church hall, laid their letters side by side and noticed that single mothers had three times as many. Together with a law clinic we asked for the impact assessment, which did not exist. The office agreed to a charter: no claim is stopped before a person has read it, the reasons stand in the letter, and a group of claimants meets the managers twice a year.",
        "Charter for the Benefits Office",
        "An algorithm chose whose claim would be looked at again, and the letters it caused were the same for everybody. Claimants met in our church hall, laid the letters side by side and noticed that single mothers had three times as many. With a law clinic we then asked for the impact assessment, which did not exist. The office has agreed to a charter: no claim is stopped before a person has read it, the reasons stand in the letter, and a group of claimants meets its managers twice a year.",
    ),
    (
        "River Keepers",
        "Anglers and wild swimmers take a sample from the river at nine places on the first Sunday of each month. The water company publishes when its overflows were open, but not for how long. By putting both on one map we found that the overflow at the mill had been open on days without a drop of rain. The regulator had licensed it for storms only. It has opened an investigation, and the company has promised a tank that holds back the first flush.",
        "The River Keepers",
        "Anglers and wild swimmers take samples from the river at nine places on the first Sunday of every month. The water company publishes when its overflows were open, though not for how long. By putting the two on one map we found that the overflow at the mill had been open on days without a drop of rain. The regulator had licensed it for storms only. An investigation was opened, and the company has promised a tank that holds back the first flush.",
    ),
    (
        "Tenants’ Repairs Ledger",
        "When a landlord says that a repair was never reported, the tenant has to prove it. Our tenants’ association keeps a ledger: whoever reports something writes it into a form on the telephone, with a picture, and gets a receipt. The landlord gets the same entry on the same day. After one winter the ledger had three hundred entries about damp in two blocks built by one firm. The ombudsman took them as evidence, and the blocks are being insulated.",
        "Tenants Repair Ledger",
        "When the landlord says a repair was never reported, it is the tenant who has to prove it. Our tenants’ association keeps a ledger: whoever reports something writes it into a form on the telephone, with a picture, and gets a receipt. The landlord gets the same entry on that day. After one winter our ledger had three hundred entries about damp in two blocks built by one firm. The ombudsman accepted them as evidence, and both blocks are being insulated.",
    ),
    (
        "Las cuentas del agua",
        "En nuestro barrio el agua llegaba tres horas al día, y la empresa decía que era por la sequía. Los vecinos anotaron durante seis meses a qué hora abría cada grifo y lo compararon con los datos que la empresa entregaba al municipio. En los papeles teníamos agua todo el día. Llevamos las dos listas a la defensoría, y el municipio obligó a la empresa a publicar los turnos de cada calle.",
        "Cuentas del agua",
        "En nuestro barrio el agua llegaba sólo tres horas al día, y la empresa decía que era por la sequía. Los vecinos anotamos durante seis meses a qué hora abría cada grifo y lo comparamos con los datos que la empresa entregaba al municipio. En los papeles teníamos agua todo el día. Llevamos ambas listas a la defensoría, y el municipio obligó a la empresa a publicar los turnos de cada calle.",
    ),
];

/// What an organisation says of itself in everything that it sends.
const ABOUT_US: &str = "The Data Justice Network is a charity that was founded in 2014 by people who were tired of being counted and never asked. We have members in nineteen towns, and work with trade unions, tenants and patients. Our work is paid for by our members and by three foundations. ";

fn marks(title: &str, text: &str) -> Marks {
    Marks::new(title, [], text)
}

fn meet(one: &Marks, other: &Marks) -> bool {
    !one.names().is_disjoint(&other.names())
}

#[test]
fn the_same_campaign_in_slightly_different_words_is_told_by_title_and_by_text() {
    for (title, text, other_title, other_text) in STORIES {
        let (one, other) = (marks(title, text), marks(other_title, other_text));
        let likeness = one.likeness(&other);
        let much = one.text.likeness(&other.text);
        assert!(
            likeness.title && likeness.text,
            "{title}: {likeness:?}, {much}"
        );
        assert!(!likeness.address);
        let (one, other) = (marks(title, ""), marks(other_title, ""));
        assert!(one.likeness(&other).title && meet(&one, &other), "{title}");
        let (one, other) = (marks("One", text), marks("Another", other_text));
        assert!(one.likeness(&other).text && meet(&one, &other), "{title}");
        assert!(!one.likeness(&other).title);
    }
}

#[test]
fn unlike_stories_are_not_alike() {
    let mut pairs = 0;
    for (at, (title, text, other_title, other_text)) in STORIES.iter().enumerate() {
        for (unlike, words, unlike_too, other_words) in &STORIES[at + 1..] {
            for (one, other) in [
                (marks(title, text), marks(unlike, words)),
                (
                    marks(other_title, other_text),
                    marks(unlike_too, other_words),
                ),
            ] {
                assert_eq!(
                    one.likeness(&other),
                    Likeness::default(),
                    "{title}, {unlike}"
                );
                assert!(!meet(&one, &other), "{title}, {unlike}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 90);
}

#[test]
fn two_stories_of_one_organisation_are_not_alike_for_what_it_says_of_itself() {
    let home = ["https://www.datajustice.example/"];
    for (at, (title, text, ..)) in STORIES.iter().enumerate() {
        for (unlike, words, ..) in &STORIES[at + 1..] {
            let one = Marks::new(title, home, &format!("{ABOUT_US}{text}"));
            let other = Marks::new(unlike, home, &format!("{ABOUT_US}{words}"));
            let much = one.text.likeness(&other.text);
            // With a text in common the address of the organisation would count.
            assert!(!one.likeness(&other).text, "{title}, {unlike}: {much}");
            let unlike = Marks::new(unlike, home, words);
            let one = Marks::new(title, home, text);
            assert_eq!(one.likeness(&unlike), Likeness::default(), "{title}");
        }
    }
}

#[test]
fn titles_are_one_but_for_a_slip_a_little_word_or_where_words_are_parted() {
    for (one, other) in [
        ("Care Count", "Care Counts"),
        ("Gritwatch", "Grit Watch"),
        ("Gritwatch", "Gritwach"),
        ("Grit-Watch Leeds", "Gritwatch Leeds"),
        ("Organising the Warehouse", "Organizing the Warehouse"),
        ("The Gritting Map", "Gritting Map"),
        ("Data for the People of Leeds", "Data for people of Leeds"),
        ("WHO COUNTS?", "Who counts"),
        ("Zählen für alle", "Zahlen für alle"),
        ("Nurses' Diaries", "Nurses’ diaries"),
        ("Mapping Leeds Together", "Together Mapping Leeds"),
        ("除雪マップを作る会", "除雪マップをつくる会"),
    ] {
        let (one, other) = (marks(one, ""), marks(other, ""));
        assert!(one.likeness(&other).title, "{one:?}, {other:?}");
        assert!(other.likeness(&one).title, "{one:?}, {other:?}");
        assert!(meet(&one, &other), "{one:?}, {other:?}");
    }
    for (one, other) in [
        ("Care Counts", "Care Diaries"),
        ("Campaign 12", "Campaign 13"),
        ("Winter 2023", "Winter 2024"),
        ("Health Data in Leeds", "Health Data in Leicester"),
        ("Health Data", "Health Data Justice"),
        ("Women’s Health Data", "Men’s Health Data"),
        ("Legal Aid Counts", "Illegal Aid Counts"),
        ("", ""),
        ("…", "!"),
    ] {
        let (one, other) = (marks(one, ""), marks(other, ""));
        assert!(!one.likeness(&other).title, "{one:?}, {other:?}");
    }
}

#[test]
fn an_address_is_the_same_however_it_is_written_and_a_home_page_needs_more() {
    let of = |title: &str, address: &str| Marks::new(title, [address], "");
    let one = of(
        "River Keepers",
        "https://www.river.example/keepers/?utm_source=mail#top",
    );
    let other = of("What we swim in", "http://river.example/Keepers");
    assert!(one.likeness(&other).address && meet(&one, &other));
    assert!(
        !one.likeness(&of("Couriers", "https://river.example/mill"))
            .address
    );
    assert!(
        !one.likeness(&of("Couriers", "https://river.example/keepers?page=2"))
            .address
    );
    let home = of("River Keepers", "https://river.example/");
    assert!(
        !home
            .likeness(&of("Couriers Count", "river.example"))
            .address
    );
    let near = of("River Keepers of the Mill", "river.example");
    assert!(home.likeness(&near).address && meet(&home, &near));
}

#[test]
fn an_excerpt_is_told_from_a_few_common_words() {
    let (_, text, ..) = STORIES[6];
    let half: String = text.chars().take(330).collect();
    let (whole, half) = (Fingerprint::of(text), Fingerprint::of(&half));
    assert!(half.is_excerpt(&whole) && whole.is_excerpt(&half));
    let (_, other, ..) = STORIES[0];
    assert!(!Fingerprint::of(other).is_excerpt(&whole));
    assert!(!Fingerprint::of("").is_excerpt(&whole));
}
