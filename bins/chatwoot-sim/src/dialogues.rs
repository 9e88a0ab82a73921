//! What customers of an outdoor shop talk about. All of them are invented.

/// A conversation from the first word to the last.
pub(crate) struct Dialogue {
    pub channel: &'static str,
    pub customer: &'static str,
    pub label: Option<&'static str>,
    pub priority: Option<&'static str>,
    pub lines: &'static [Line],
}

pub(crate) enum Line {
    Customer(&'static str),
    Agent(&'static str),
    Note(&'static str),
}

use Line::{Agent, Customer, Note};

const WIDGET: &str = "Channel::WebWidget";
const EMAIL: &str = "Channel::Email";
const WHATSAPP: &str = "Channel::Whatsapp";
const APP: &str = "Channel::Api";

pub(crate) const DIALOGUES: &[Dialogue] = &[
    Dialogue {
        channel: WIDGET,
        customer: "Wilma Testerberg",
        label: Some("shipping"),
        priority: Some("medium"),
        lines: &[
            Customer("Hi! My parcel AX-20417 has been \"out for delivery\" since Monday."),
            Customer("Can you see where it is?"),
            Agent("Hello Wilma, let me look that up. One moment."),
            Agent("It is back at the depot: the driver could not find the entrance."),
            Customer("Oh. The entrance is in the yard, behind the bakery."),
            Agent("Thanks, I passed that on. It comes tomorrow between 9 and 12."),
            Customer("Perfect, thank you!"),
        ],
    },
    Dialogue {
        channel: EMAIL,
        customer: "Oskar Beispiel",
        label: Some("billing"),
        priority: None,
        lines: &[
            Customer(
                "Guten Tag,\n\nauf meiner Rechnung AX-20388 fehlt die Umsatzsteuer-Nummer. \
                 Können Sie mir eine korrigierte Fassung schicken?\n\nViele Grüße\nOskar Beispiel",
            ),
            Agent("Guten Tag Herr Beispiel, die korrigierte Rechnung liegt bei. Alles Gute!"),
            Customer("Besten Dank, so passt es."),
        ],
    },
    Dialogue {
        channel: WHATSAPP,
        customer: "Inés Ejemplo",
        label: Some("returns"),
        priority: None,
        lines: &[
            Customer("Hola, la chaqueta me queda pequeña 😕 ¿La puedo cambiar por una M?"),
            Agent("¡Hola Inés! Claro que sí. ¿Me das el número de pedido?"),
            Customer("AX-20435"),
            Agent("Te envío la etiqueta de devolución por correo. La M sale hoy mismo."),
            Customer("¡Genial, gracias!"),
        ],
    },
    Dialogue {
        channel: WIDGET,
        customer: "Percy Placeholder",
        label: Some("bug"),
        priority: Some("high"),
        lines: &[
            Customer("Checkout fails with \"payment <unknown> & cancelled\". Twice now."),
            Note("Same error as yesterday: the payment provider answers late."),
            Agent("Sorry about that! Were you charged?"),
            Customer("Once, yes. 129.00."),
            Agent("I have refunded it and the fix is live. Would you try again?"),
            Customer("Worked. Cheers"),
        ],
    },
    Dialogue {
        channel: APP,
        customer: "Amina Esempio",
        label: Some("vip"),
        priority: Some("urgent"),
        lines: &[
            Customer("We leave for the expedition on Friday and the tents are not here."),
            Customer("Order AX-20401, twelve tents. Please call me."),
            Agent("I am on it, Amina. I will call you within the hour."),
            Note("Warehouse has eight; the other four come from the second site."),
            Customer("Thank you. Friday 6 am is the very latest."),
        ],
    },
    Dialogue {
        channel: WHATSAPP,
        customer: "João Modelo",
        label: None,
        priority: None,
        lines: &[
            Customer("Boa tarde! Vocês entregam nos Açores?"),
            Agent("Boa tarde, João! Sim, em cinco a oito dias úteis."),
            Customer("Ótimo, obrigado 👍"),
        ],
    },
    Dialogue {
        channel: EMAIL,
        customer: "Claire Exemple",
        label: Some("returns"),
        priority: Some("low"),
        lines: &[
            Customer(
                "Bonjour,\n\nles bâtons de marche reçus hier sont rayés. Est-il possible \
                 d'obtenir un échange ?\n\nCordialement,\nClaire Exemple",
            ),
            Agent("Bonjour Claire, bien sûr. Pourriez-vous nous envoyer une photo ?"),
            Customer("La voici, merci d'avance."),
        ],
    },
    Dialogue {
        channel: WIDGET,
        customer: "Sanne Voorbeeld",
        label: None,
        priority: None,
        lines: &[
            Customer("Is the Fjord 40 backpack waterproof or only water-resistant?"),
            Agent("Water-resistant. A rain cover is in the bottom pocket."),
            Customer("Good to know. And does the hip belt come off?"),
            Agent("It does, without tools."),
        ],
    },
    Dialogue {
        channel: APP,
        customer: "Kofi Sampleton",
        label: Some("feedback"),
        priority: None,
        lines: &[
            Customer("Just wanted to say that the new app is so much faster. Well done!"),
            Agent("That made our day, Kofi. Thank you!"),
        ],
    },
    Dialogue {
        channel: WIDGET,
        customer: "Yuki Reibun",
        label: Some("shipping"),
        priority: None,
        lines: &[
            Customer("こんにちは。注文 AX-20459 の住所を変更できますか？"),
            Agent("こんにちは。はい、新しい住所を教えてください。"),
            Customer("ありがとうございます。メールで送りました。"),
        ],
    },
    Dialogue {
        channel: EMAIL,
        customer: "Dmitri Dummyov",
        label: Some("billing"),
        priority: Some("medium"),
        lines: &[
            Customer("I was charged twice for AX-20377. Please refund one of them."),
            Agent("Hello Dmitri, you are right. The refund takes three to five days."),
            Note("Refund issued; finance knows."),
            Customer("Thanks for the quick answer."),
        ],
    },
    Dialogue {
        channel: WHATSAPP,
        customer: "Lerato Mokup",
        label: None,
        priority: None,
        lines: &[
            Customer("Hi, what are your opening hours on Saturday?"),
            Agent("Hi Lerato! From ten to four."),
            Customer("See you then 🙂"),
        ],
    },
];
