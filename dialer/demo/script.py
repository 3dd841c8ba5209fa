"""The script of the demo's campaign: a supplier of electricity looks for people worth a visit.

    decides ──yes──▶ bill ──▶ contract ──fixed──▶ ends_on ──▶ interest ──▶ (remark)
       └─no──▶ (remark)

In four languages, as the callees speak. :mod:`leads.scripting` says how it is read.
"""

from typing import Any, Final

SCRIPT: Final[dict[str, Any]] = {
    "opening": {
        "en": "Good morning, I am calling for Example Energy. You agreed to hear our offer for "
        "this winter. Do you have two minutes?",
        "bg": "Добър ден, обаждам се от името на Example Energy. Съгласихте се да чуете "
        "предложението ни за тази зима. Имате ли две минути?",
        "pl": "Dzień dobry, dzwonię w imieniu Example Energy. Zgodzili się Państwo wysłuchać "
        "naszej oferty na zimę. Czy mają Państwo dwie minuty?",
        "ro": "Bună ziua, vă sun din partea Example Energy. Ați fost de acord să aflați oferta "
        "noastră pentru această iarnă. Aveți două minute?",
    },
    "questions": [
        {
            "id": "decides",
            "kind": "yes_no",
            "text": {
                "en": "Do you decide where the electricity comes from?",
                "bg": "Вие ли решавате от кого купувате ток?",
                "pl": "Czy to Państwo decydują o dostawcy prądu?",
                "ro": "Dumneavoastră alegeți furnizorul de curent?",
            },
        },
        {
            "id": "bill",
            "kind": "number",
            "least": 0,
            "most": 100_000,
            "text": {
                "en": "What do you pay in a month, in euro?",
                "bg": "Колко плащате на месец, в евро?",
                "pl": "Ile płacą Państwo miesięcznie, w euro?",
                "ro": "Cât plătiți pe lună, în euro?",
            },
            "asked_if": [{"question": "decides", "one_of": [True]}],
        },
        {
            "id": "contract",
            "kind": "choice",
            "text": {
                "en": "What contract do you have?",
                "bg": "Какъв договор имате?",
                "pl": "Jaką mają Państwo umowę?",
                "ro": "Ce fel de contract aveți?",
            },
            "choices": [
                {
                    "value": "open",
                    "label": {
                        "en": "can be ended any month",
                        "bg": "прекратява се всеки месец",
                        "pl": "z miesięcznym wypowiedzeniem",
                        "ro": "se poate încheia oricând",
                    },
                },
                {
                    "value": "fixed",
                    "label": {
                        "en": "for a fixed term",
                        "bg": "срочен",
                        "pl": "na czas określony",
                        "ro": "pe perioadă determinată",
                    },
                },
                {
                    "value": "unknown",
                    "label": {
                        "en": "does not know",
                        "bg": "не знае",
                        "pl": "nie wie",
                        "ro": "nu știe",
                    },
                },
            ],
            "asked_if": [{"question": "decides", "one_of": [True]}],
        },
        {
            "id": "ends_on",
            "kind": "date",
            "required": False,
            "text": {
                "en": "When does it end?",
                "bg": "Кога изтича?",
                "pl": "Kiedy się kończy?",
                "ro": "Când expiră?",
            },
            "asked_if": [{"question": "contract", "one_of": ["fixed"]}],
        },
        {
            "id": "interest",
            "kind": "choice",
            "text": {
                "en": "May one of our advisers show you what you would save?",
                "bg": "Може ли наш консултант да ви покаже колко ще спестите?",
                "pl": "Czy nasz doradca może pokazać, ile Państwo zaoszczędzą?",
                "ro": "Poate un consultant să vă arate cât ați economisi?",
            },
            "choices": [
                {"value": "yes", "label": {"en": "yes", "bg": "да", "pl": "tak", "ro": "da"}},
                {
                    "value": "perhaps",
                    "label": {"en": "perhaps", "bg": "може би", "pl": "może", "ro": "poate"},
                },
                {"value": "no", "label": {"en": "no", "bg": "не", "pl": "nie", "ro": "nu"}},
            ],
            "asked_if": [{"question": "decides", "one_of": [True]}],
        },
        {
            "id": "remark",
            "kind": "text",
            "required": False,
            "text": {
                "en": "Anything the adviser should know",
                "bg": "Какво да знае консултантът",
                "pl": "Co doradca powinien wiedzieć",
                "ro": "Ce ar trebui să știe consultantul",
            },
        },
    ],
    "qualification": {
        "threshold": 50,
        "rules": [
            {
                "question": "decides",
                "one_of": [False],
                "disqualifies": True,
                "reason": "somebody else decides",
            },
            {
                "question": "bill",
                "at_least": 60,
                "points": 30,
                "reason": "pays 60 euro a month or more",
            },
            {
                "question": "bill",
                "at_least": 150,
                "points": 20,
                "reason": "pays 150 euro a month or more",
            },
            {"question": "contract", "one_of": ["open"], "points": 10, "reason": "free to change"},
            {"question": "interest", "one_of": ["yes"], "points": 40, "reason": "wants a visit"},
            {
                "question": "interest",
                "one_of": ["perhaps"],
                "points": 15,
                "reason": "may want a visit",
            },
            {
                "question": "interest",
                "one_of": ["no"],
                "disqualifies": True,
                "reason": "wants no visit",
            },
        ],
    },
}
