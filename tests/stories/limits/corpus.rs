//! Case studies as people write them: two hundred, none of which may be put aside.

use std::path::Path;

use super::{ANN, send_from, stages, with_limits};
use crate::{
    desk::id_and_key,
    fidelity::corpus::{folder, texts},
    support::{Answers, Visitor},
};

const PLACES: [&str; 25] = [
    "Leeds", "Porto", "Kisumu", "Galway", "Malmö", "Gdańsk", "Cork", "Recife", "Tromsø", "Bari",
    "Dundee", "Nantes", "Ghent", "Lomé", "Aarhus", "Hull", "Turku", "Pune", "Łódź", "Cusco",
    "Bath", "Derry", "Tartu", "Izmir", "Swansea",
];
const THINGS: [&str; 8] = [
    "bus fares",
    "air quality",
    "night shifts",
    "school meals",
    "rents",
    "flood defences",
    "waiting lists",
    "public toilets",
];
const ENGLISH: [[&str; 6]; 6] = [
    [
        "Nobody in {p} could say how bad {t} had become, so we began to count.",
        "It started with one angry letter about {t} in the {p} evening paper.",
        "When the council of {p} published its figures on {t}, half of the streets were missing.",
        "For years people in {p} told each other stories about {t}; we wrote them down.",
        "Our group meets on Tuesdays above a bakery in {p}, and {t} came up every week.",
        "A nurse from {p} kept a notebook about {t}, and that notebook became our campaign.",
    ],
    [
        "Forty volunteers knocked on {n} doors and asked the same five questions.",
        "We sent {n} requests under the freedom of information law and got answers to most.",
        "Children from two schools measured it every morning for {n} days.",
        "A retired statistician helped us clean {n} rows that nobody had looked at.",
        "We put a form on our site, and {n} people filled it in within a fortnight.",
        "With a borrowed van and {n} leaflets we reached the estates at the edge of town.",
    ],
    [
        "The map that came out of it was shown at the library, and people queued to find their street.",
        "The numbers were worse than we had feared, so we checked them twice before we told anybody.",
        "We gave the table to three newspapers and asked each to speak with a family first.",
        "At the public meeting the chair read the figures aloud, and for a while nobody spoke.",
        "A student turned the results into a poster that now hangs in every surgery.",
        "We invited the officials to walk the route with us and bring their own clipboard.",
    ],
    [
        "Some of us had never spoken in public; by the end everybody had.",
        "What we got wrong was the timing: we should have gone before the budget, not after it.",
        "The hardest part was to keep the names of people who had trusted us out of it.",
        "We learnt to ask those who are counted before anybody counts them.",
        "Two partners left on the way, and we should have written down earlier who decides what.",
        "It cost us {n} pounds, most of it for tea, printing and bus tickets.",
    ],
    [
        "In the end the committee changed its plan by nine votes to four.",
        "The company has agreed to publish the data each quarter from now on.",
        "They did not give way, but the next council has promised to look at it again.",
        "The ombudsman upheld the complaint in {n} cases out of all that we had brought.",
        "A new rule came into force in spring, and our questionnaire is part of it.",
        "Nothing has changed yet; the hearing is in autumn and we will be there.",
    ],
    [
        "You can watch the hearing at https://www.youtube.com/watch?v=h{n} if you have an evening.",
        "The figures are at https://data.gov.uk/dataset/{n} and ours are beside them.",
        "Our page is https://www.{d}.org/ and the questionnaire is there to be copied.",
        "We would do it again, with half the meetings and twice the cake.",
        "Write to us if you want the spreadsheet; we answer slowly but we do answer.",
        "Since then groups from other towns have come to see how it was done.",
    ],
];
const OTHERS: [&str; 6] = [
    "En {p} llevábamos años hablando de {t} sin ningún dato. Preguntamos a {n} vecinas y vecinos, puerta por puerta, y anotamos lo que nos contaron. El ayuntamiento no quiso vernos hasta que el periódico publicó nuestro mapa. Desde entonces nos sentamos a la misma mesa cada mes. Lo más difícil fue cuidar los nombres de quienes confiaron en nosotras.",
    "À {p}, personne ne savait vraiment ce que coûtaient les {t}. Nous avons compté nous-mêmes, avec {n} bénévoles et un tableau partagé. Les élus nous ont d'abord ignorés, puis ils ont repris nos chiffres dans leur propre rapport. Aujourd'hui la règle a changé, et les familles reçoivent une réponse écrite. Nous referions la même chose, mais plus tôt.",
    "In {p} sprach jeder über {t}, aber niemand hatte Zahlen. Also haben wir {n} Briefe geschrieben, Akten eingesehen und die Antworten in eine Tabelle getragen. Der Stadtrat lud uns ein, als die Zeitung darüber berichtete. Am Ende wurde der Haushalt geändert. Beim nächsten Mal würden wir die Betroffenen von Anfang an mitentscheiden lassen.",
    "Em {p} ninguém acreditava que fosse possível mudar alguma coisa sobre {t}. Juntámos {n} pessoas numa sala da junta de freguesia e fizemos a lista do que faltava. A câmara respondeu três meses depois, com menos de metade dos números. Publicámos os nossos ao lado dos deles. Hoje as reuniões são abertas e gravadas.",
    "W mieście {p} od lat mówiło się o {t}, ale nikt nie miał danych. Wysłaliśmy {n} wniosków o informację publiczną i spisaliśmy odpowiedzi. Rada zaprosiła nas dopiero wtedy, gdy napisała o tym gazeta. Dziś urząd sam ogłasza te liczby co kwartał, a my sprawdzamy, czy się zgadzają.",
    "I {p} hade ingen räknat på {t} förut. Vi gick runt med {n} enkäter och fikade på vägen. Kommunen sa först att siffrorna var fel, men när vi visade hur vi hade räknat blev det tyst. Nu finns frågan med i budgeten och våra frågor används av andra föreningar i landet.",
];

/// What somebody has written; another text for each number.
pub fn honest(number: usize) -> Answers {
    let pick = |salt: usize, of: usize| {
        let mut bits = ((number * 64 + salt) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (bits >> 33) as usize % of
    };
    let place = PLACES[number % PLACES.len()];
    let thing = THINGS[pick(1, THINGS.len())];
    let filled = |text: &str, salt: usize| {
        text.replace("{p}", place)
            .replace("{t}", thing)
            .replace("{n}", &(20 + pick(salt, 900)).to_string())
            .replace("{d}", &format!("campaign{number}"))
    };
    let story = if number % 16 == 3 {
        let first = filled(OTHERS[number / 16 % OTHERS.len()], 3);
        format!("{first}\n\nThe rest is told by our members in {place}, {number} of them by name.")
    } else {
        let sentences = ENGLISH.iter().enumerate();
        let sentences = sentences.map(|(bank, texts)| filled(texts[pick(bank + 5, 6)], bank + 40));
        sentences.collect::<Vec<_>>().join(" ")
    };
    Answers {
        title: format!("Counting {thing} in {place}, part {number}"),
        story,
        campaign_type: "Local".into(),
        ultimate_goals: format!("Fair {thing} for everybody in {place}"),
        communities_involved: format!("People who live and work in {place}"),
        organisation: format!("The {place} group number {number}"),
        methods_used: ["Surveys", "Requests for information", "Maps", "Interviews"][number % 4]
            .into(),
        contact_name: format!("Person {number}"),
        contact_email: format!("person{number}@town{}.example", number % 40),
        ..Answers::seed()
    }
}

#[test]
fn two_hundred_honest_stories_and_the_published_one_are_not_put_aside() {
    let intake = with_limits(&[]);
    for number in 0..200 {
        // As from a town with a few networks: five from each.
        let client = format!("198.51.{}.{}", number / 40, number % 40);
        let answer = send_from(&intake, &client, &mut Visitor::new(), &honest(number));
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let answer = send_from(&intake, "192.0.2.7", &mut Visitor::new(), &Answers::seed());
    assert_eq!(answer.status, 303);
    let aside = intake.run(&["list", "--stage", "quarantined"]).out;
    assert_eq!(stages(&intake), vec!["received"; 201], "{aside}");
}

/// As `fidelity::corpus` has them, whose measure it is. What is in one folder comes from one
/// organisation, ten from each of its people, and an editor works with each before the next comes in.
#[test]
fn no_post_that_was_published_elsewhere_is_put_aside() {
    let Some(folder) = folder() else {
        return;
    };
    let intake = with_limits(&[]);
    let mut ann = Visitor::sign_in(&intake, ANN);
    // The form takes no shorter ones.
    let mut posts = texts(&folder);
    posts.retain(|(_, story)| story.trim().chars().count() >= 200);
    for (number, (name, story)) in posts.iter().enumerate() {
        let client = format!("198.51.{}.{}", number / 200, number % 200);
        let of = Path::new(name).parent().and_then(Path::file_name);
        let of = of.expect("a folder").display();
        let answers = Answers {
            story: story.clone(),
            contact_email: format!("person{}@{of}.example", number / 10),
            ..honest(number)
        };
        let answer = send_from(&intake, &client, &mut Visitor::new(), &answers);
        assert_eq!(answer.status, 303, "{name}: {}", answer.body);
        let (id, _) = id_and_key(&answer.location);
        let desk = format!("/desk/{id}");
        let note = [("action", "note"), ("note", "To be read again on Friday.")];
        assert_eq!(ann.fill_in(&intake, &desk, &desk, &note).status, 303);
    }
    let aside = intake.run(&["list", "--stage", "quarantined"]).out;
    println!("put aside of {}:\n{aside}", posts.len());
    // Each is sent in no time, which speaks against all of them.
    let count = stages(&intake)
        .iter()
        .filter(|it| *it != "received")
        .count();
    assert!(count * 50 <= posts.len(), "{aside}");
}
