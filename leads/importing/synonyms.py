"""What clients call their columns: English, Bulgarian, Polish, Romanian.

Rule: words are compared without case, accents and signs, so one spelling of each stands here.
The telephone words may be followed by a number.
"""

from collections.abc import Mapping
from typing import Final

_WORDS: Final = {
    "phone": (
        "phone|phone number|telephone|telephone number|tel|tel no|tel nr|mobile|"
        "mobile phone|mobile number|cell|cell phone|msisdn|gsm|number|landline|"
        "work phone|home phone|office phone|contact phone|contact number|"
        "business phone|direct phone|alt phone|other phone|телефон|тел|"
        "телефонен номер|тел номер|мобилен|мобилен телефон|мобилен номер|стационарен|"
        "стационарен телефон|служебен телефон|джиесем|телефон за връзка|"
        "домашен телефон|номер|telefon|numer telefonu|nr telefonu|nr tel|"
        "telefon komórkowy|komórka|telefon kontaktowy|telefon stacjonarny|numer|"
        "tel kom|telefon służbowy|număr de telefon|numar telefon|nr telefon|"
        "nr de telefon|telefon mobil|mobil|telefon fix|telefon contact|număr|celular"
    ),
    "company": (
        "company|company name|business|business name|organisation|organization|firm|"
        "account|account name|employer|фирма|компания|име на фирма|дружество|"
        "организация|наименование|firma|nazwa firmy|przedsiębiorstwo|spółka|nazwa|"
        "companie|denumire firmă|nume firmă|societate|denumire|întreprindere"
    ),
    "name": (
        "name|full name|contact|contact name|contact person|person|customer|"
        "customer name|client name|lead name|име|имена|име и фамилия|три имена|"
        "лице за контакт|контактно лице|клиент|imię i nazwisko|osoba kontaktowa|"
        "osoba|kontakt|klient|nazwisko i imię|nume|nume complet|nume și prenume|"
        "persoană de contact|persoană contact|prenume și nume"
    ),
    "first_name": "first name|given name|forename|първо име|собствено име|imię|prenume",
    "last_name": "last name|surname|family name|фамилия|nazwisko|nume de familie",
    "email": (
        "email|e mail|email address|e mail address|mail|имейл|електронна поща|поща|"
        "имейл адрес|е мейл|adres email|adres e mail|poczta|adresă email|"
        "adresă de email|poștă electronică"
    ),
    "country": (
        "country|country code|land|nation|държава|страна|код на държава|kraj|państwo|"
        "kod kraju|țară|tara|cod țară"
    ),
    "subdivision": (
        "subdivision|region|state|province|county|област|регион|województwo|județ|regiune"
    ),
    "time_zone": "time zone|timezone|tz|часова зона|часови пояс|strefa czasowa|fus orar",
    "city": ("city|town|place|locality|град|населено място|miasto|miejscowość|oraș|localitate"),
    "languages": (
        "language|languages|preferred language|spoken language|език|езици|"
        "предпочитан език|język|języki|limbă|limba|limbi"
    ),
    "subject": (
        "subject|customer type|client type|type of customer|lead type|b2b b2c|"
        "segment|kind|type|тип|вид лице|тип клиент|вид клиент|typ|typ klienta|"
        "rodzaj klienta|rodzaj podmiotu|tip|tip client|tip persoană"
    ),
    "source": "source|lead source|data source|origin|източник|źródło|sursă|sursa",
    "obtained_at": (
        "obtained at|obtained|obtained on|collected at|collected on|data obtained|"
        "дата на получаване|получен на|data pozyskania|data obținerii"
    ),
    "consent_evidence": (
        "consent evidence|consent reference|consent ref|consent file|evidence|"
        "evidence reference|proof of consent|consent proof|доказателство|"
        "доказателство за съгласие|файл съгласие|съгласие файл|dowód zgody|"
        "plik zgody|zgoda plik|numer zgody|dovada consimțământ|"
        "dovada consimțământului|fișier consimțământ|dovadă acord"
    ),
    "consent_date": (
        "consent date|date of consent|consent given|consent given at|consent at|"
        "consented at|consented on|opt in date|optin date|дата на съгласие|"
        "дата на съгласието|съгласие дата|съгласие от|data zgody|zgoda data|"
        "data udzielenia zgody|data consimțământ|data consimțământului|data acord|"
        "data acordului"
    ),
    "consent_wording": (
        "consent wording|consent text|wording|consent statement|текст на съгласие|"
        "текст на съгласието|съгласие текст|treść zgody|zgoda treść|tekst zgody|"
        "text consimțământ|textul consimțământului|text acord|text consimțământului"
    ),
}

#: field -> the words for it
SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    field: tuple(words.split("|")) for field, words in _WORDS.items()
}
