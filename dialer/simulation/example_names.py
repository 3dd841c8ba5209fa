"""Invented people, companies and forms of four countries, for the example list.

Rule: first names, surnames and words of companies are common ones put together by chance; nobody
in particular is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """How a client's list writes people of one country."""

    code: str  #: ISO 3166-1 alpha-2
    share: float  #: of the rows
    names: tuple[str, ...]  #: other ways of writing the country
    first: tuple[str, ...]
    last: tuple[str, ...]
    firms: tuple[str, ...]  #: the first word of a company
    trades: tuple[str, ...]
    legal: tuple[str, ...]  #: legal forms of companies
    trader: str  #: legal form of a sole trader
    cities: tuple[str, ...]
    kinds: tuple[str, str, str]  #: consumer, sole trader, company, as written
    wording: str  #: what people agreed to, as the list quotes it
    statement: str  #: the same in full, as the form shows it
    languages: tuple[str, ...]  #: further languages some people prefer


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BULGARIA: Final = Country(
    code="BG",
    share=0.36,
    names=("България", "Bulgaria", "bg"),
    first=_words(
        "Иван Мария Георги Елена Петър Ана Димитър Ива Стоян Рада Никола Вяра Тодор Лили Васил Нели"
    ),
    last=_words(
        "Иванов Петров Стоянов Илиев Колев Ангелов Маринов Попов Костов Тодоров Пеев Янев Русев"
    ),
    firms=_words("Вега Орфей Рила Пирин Тракия Искър Мусала Родопи Алфа Терма Хемус Лозен Сигма"),
    trades=_words("Строй Дом Фрут Агро Транс Мебел Хлеб Авто Принт Вода"),
    legal=("ООД", "ЕООД", "АД"),
    trader="ЕТ",
    cities=_words("София Пловдив Варна Бургас Русе Плевен Сливен"),
    kinds=("ФЛ", "ЕТ", "ЮЛ"),
    wording="Обадете ми се",
    statement="Съгласен съм Примерна енергия да ми се обади с предложение за електроенергия.",
    languages=("EN", "bg, en"),
)
POLAND: Final = Country(
    code="PL",
    share=0.26,
    names=("Polska", "Poland", "pl"),
    first=_words(
        "Jan Anna Piotr Ewa Paweł Zofia Łukasz Maria Tomasz Julia Michał Ola Adam Iga Rafał Kinga"
    ),
    last=_words(
        "Nowak Wójcik Mazur Krawczyk Zając Król Wróbel Dudek Sikora Baran Żak Pawlak Duda Bąk Lis"
    ),
    firms=_words("Wisła Bałtyk Tatry Orzeł Dąb Mazury Sokół Polan Warta Klon Sudety Żuraw Odra"),
    trades=_words("Bud Dom Agro Trans Meble Piek Auto Druk Mleko Stal"),
    legal=("sp. z o.o.", "S.A.", "sp.k."),
    trader="JDG",
    cities=_words("Warszawa Kraków Łódź Gdańsk Poznań Lublin Toruń"),
    kinds=("osoba fizyczna", "JDG", "B2B"),
    wording="Proszę o telefon",
    statement="Zgadzam się, aby Przykładowa Energia zadzwoniła do mnie z ofertą energii.",
    languages=("EN", "pl, en"),
)
ROMANIA: Final = Country(
    code="RO",
    share=0.2,
    names=("România", "Romania", "ro"),
    first=_words(
        "Ion Maria Andrei Elena Mihai Ioana Radu Ana Vlad Irina Ștefan Dana Dan Oana Sorin Alina"
    ),
    last=_words(
        "Popa Ionescu Radu Stan Dumitru Gheorghe Matei Rusu Toma Lazăr Marin Țăranu Vasile Bălan"
    ),
    firms=_words("Carpat Dunăre Bucegi Stejar Olt Mureș Retezat Zimbru Brad Siret Ceahlău Apuseni"),
    trades=_words("Con Casa Agro Trans Mob Pan Auto Print Lact Metal"),
    legal=("SRL", "SA"),
    trader="PFA",
    cities=_words("București Cluj Iași Brașov Sibiu Arad Galați"),
    kinds=("PF", "PFA", "PJ"),
    wording="Sunați-mă",
    statement="Sunt de acord ca Exemplu Energie să mă sune cu o ofertă de energie.",
    languages=("EN", "ro, en"),
)
BRITAIN: Final = Country(
    code="GB",
    share=0.18,
    names=("UK", "United Kingdom", "England"),
    first=_words(
        "Amy John Zoë Mark Ruth Paul Jane Alan Lucy Owen Rose Hugh Emma Neil Kate Ian Beth Ross"
    ),
    last=_words(
        "Smith Jones Clark Evans Walker Hall Green Baker Ward Cook Shaw Reid Webb Hart Dunn Lamb"
    ),
    firms=_words("Thistle Heron Oak Severn Pennine Raven Mercia Avon Kestrel Tyne Harbour Wren"),
    trades=_words("Build Homes Farms Haulage Joinery Bakery Motors Print Dairy Steel"),
    legal=("Ltd", "plc", "LLP"),
    trader="t/a",
    cities=_words("London Leeds Bristol Glasgow Cardiff Belfast"),
    kinds=("consumer", "sole trader", "B2B"),
    wording="Yes, call me",
    statement="I agree that Example Energy may call me about an energy offer.",
    languages=("PL", "en, pl"),
)
COUNTRIES: Final[Mapping[str, Country]] = {
    country.code: country for country in (BULGARIA, POLAND, ROMANIA, BRITAIN)
}
