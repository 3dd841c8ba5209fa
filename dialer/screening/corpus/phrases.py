"""What people and machines say when a telephone is answered, in five languages.

Rule: the two parts share no phrase. Whoever tunes a detector on ``dev`` has not seen what it will
be judged by.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's phrases of one part."""

    hello: tuple[str, ...]  #: a person, at home or on a mobile
    named: tuple[str, ...]  #: a person who says who they are
    company: tuple[str, ...]  #: a person at a company's telephone
    again: tuple[str, ...]  #: a person who heard nothing
    personal: tuple[str, ...]  #: a machine, in its owner's words
    carrier: tuple[str, ...]  #: a network's voice mail
    office: tuple[str, ...]  #: a company's announcement, without a tone to speak after


DEV: Final[dict[str, Phrases]] = {
    "bg": Phrases(
        hello=("Ало?", "Да?", "Ало, да?", "Кажете?"),
        named=("Да, Иванова слуша.", "Добър ден, Петров на телефона."),
        company=(
            "Добър ден, фирма Пример, Мария Иванова, с какво мога да помогна?",
            "Счетоводство Балкан, добър ден.",
        ),
        again=("Ало?", "Ало, кой се обажда?", "Не ви чувам."),
        personal=(
            "Здравейте, в момента не мога да вдигна. Оставете съобщение след сигнала.",
            "Здравейте, свързахте се с Георги. Моля, оставете името и телефона си и ще ви се "
            "обадя при първа възможност.",
            "Оставете съобщение.",
        ),
        carrier=(
            "Свързахте се с гласовата поща на абоната. Моля, оставете вашето съобщение след "
            "сигнала. Когато приключите, затворете или натиснете диез.",
            "Абонатът, когото търсите, в момента няма възможност да отговори. Оставете съобщение "
            "след тона.",
        ),
        office=(
            "Благодарим ви, че се обадихте на фирма Пример. Работното ни време е от девет до "
            "осемнадесет часа. За продажби натиснете едно, за сервиз натиснете две.",
        ),
    ),
    "pl": Phrases(
        hello=("Halo?", "Tak?", "Słucham?", "Halo, tak?"),
        named=("Kowalska, słucham.", "Dzień dobry, Nowak przy telefonie."),
        company=(
            "Dzień dobry, firma Przykład, Anna Kowalska, w czym mogę pomóc?",
            "Biuro rachunkowe Wisła, dzień dobry, słucham.",
        ),
        again=("Halo?", "Halo, kto mówi?", "Nic nie słychać."),
        personal=(
            "Cześć, nie mogę teraz odebrać. Zostaw wiadomość po sygnale.",
            "Dzień dobry, dodzwoniłeś się do Marka. Proszę zostawić imię i numer telefonu, "
            "oddzwonię najszybciej, jak to możliwe.",
            "Zostaw wiadomość.",
        ),
        carrier=(
            "Tu poczta głosowa. Abonent nie może teraz odebrać telefonu. Proszę zostawić "
            "wiadomość po usłyszeniu sygnału. Po nagraniu proszę się rozłączyć.",
            "Dzień dobry, abonent jest chwilowo niedostępny. Nagraj wiadomość po sygnale.",
        ),
        office=(
            "Dziękujemy za telefon do firmy Przykład. Nasze biuro jest czynne od poniedziałku do "
            "piątku, od ósmej do szesnastej. Aby połączyć się z działem sprzedaży, wybierz jeden.",
        ),
    ),
    "ro": Phrases(
        hello=("Alo?", "Da?", "Da, alo?", "Poftiți?"),
        named=("Da, Popescu la telefon.", "Bună ziua, Ionescu."),
        company=(
            "Bună ziua, firma Exemplu, Maria Popescu, cu ce vă pot ajuta?",
            "Cabinet Carpați, bună ziua, vă ascult.",
        ),
        again=("Alo?", "Alo, cine este?", "Nu se aude."),
        personal=(
            "Salut, nu pot răspunde acum. Lasă un mesaj după semnal.",
            "Bună ziua, ați sunat la Andrei. Vă rog lăsați numele și numărul de telefon și vă "
            "voi suna înapoi cât mai curând.",
            "Lăsați un mesaj.",
        ),
        carrier=(
            "Ați ajuns la căsuța vocală a abonatului. Vă rugăm să lăsați mesajul după semnalul "
            "sonor. La final închideți sau apăsați tasta diez.",
            "Abonatul apelat nu este disponibil momentan. Lăsați un mesaj după ton.",
        ),
        office=(
            "Vă mulțumim că ați sunat la firma Exemplu. Programul nostru este de luni până vineri, "
            "între orele nouă și optsprezece. Pentru vânzări apăsați tasta unu.",
        ),
    ),
    "en": Phrases(
        hello=("Hello?", "Yes?", "Hello, yes?", "Hi?"),
        named=("Hello, Smith speaking.", "Good morning, this is Anna."),
        company=(
            "Good morning, Example Transport, Mary Jones speaking, how can I help you?",
            "Riverside Accounting, good afternoon.",
        ),
        again=("Hello?", "Hello, who is this?", "I cannot hear you."),
        personal=(
            "Hi, I can't take your call right now. Leave a message after the beep.",
            "Hello, you have reached John. Please leave your name and number, and I will call "
            "you back as soon as I can.",
            "Leave a message.",
        ),
        carrier=(
            "The person you are calling is not available. Please leave a message after the tone. "
            "When you have finished, hang up, or press pound for more options.",
            "Welcome to the voice mail service. Record your message after the tone.",
        ),
        office=(
            "Thank you for calling Example Transport. Our office is open from nine to five, Monday "
            "to Friday. For sales, press one. For support, press two.",
        ),
    ),
}

HELD_OUT: Final[dict[str, Phrases]] = {
    "bg": Phrases(
        hello=("Моля?", "Да, моля?", "Слушам?", "Да, кажи?"),
        named=("Димитрова, добър ден.", "Ало, Стоянов е."),
        company=(
            "Автосервиз Витоша, здравейте, на телефона е Николай, слушам ви.",
            "Добър ден, кантора Тракия.",
        ),
        again=("Ало, ало?", "Кой е там?", "Обадете се пак, не се чува."),
        personal=(
            "Това е телефонът на Елена. Сега съм заета, кажете какво има след сигнала.",
            "Здравейте, няма ме в офиса тази седмица. При спешност пишете на колегите ми, а иначе "
            "оставете съобщение и ще ви потърся в понеделник.",
            "Говорете след сигнала.",
        ),
        carrier=(
            "Набраният от вас номер временно няма връзка с мрежата. Вашето гласово съобщение ще "
            "бъде запазено. Говорете след звуковия сигнал.",
        ),
        office=(
            "Добре дошли в автосервиз Витоша. В момента всички наши служители са заети. Моля, "
            "изчакайте на линията, вашето обаждане е важно за нас.",
        ),
    ),
    "pl": Phrases(
        hello=("Proszę?", "No halo?", "Tak, słucham?", "Tak, proszę?"),
        named=("Wiśniewski, dzień dobry.", "Halo, mówi Zielińska."),
        company=(
            "Warsztat Tatry, dzień dobry, przy telefonie Piotr, słucham pana.",
            "Kancelaria Bałtyk, dzień dobry.",
        ),
        again=("Halo, halo?", "Kto tam?", "Proszę zadzwonić jeszcze raz, nie słyszę."),
        personal=(
            "To jest telefon Ewy. Jestem teraz zajęta, powiedz po sygnale, o co chodzi.",
            "Witam, w tym tygodniu nie ma mnie w biurze. W pilnych sprawach proszę pisać do "
            "kolegów, a w innych nagrać wiadomość, odezwę się w poniedziałek.",
            "Mów po sygnale.",
        ),
        carrier=(
            "Wybrany numer jest chwilowo poza zasięgiem sieci. Twoja wiadomość zostanie zapisana. "
            "Mów po sygnale dźwiękowym.",
        ),
        office=(
            "Witamy w warsztacie Tatry. W tej chwili wszyscy nasi konsultanci są zajęci. Prosimy "
            "pozostać na linii, państwa telefon jest dla nas ważny.",
        ),
    ),
    "ro": Phrases(
        hello=("Da, vă rog?", "Alo, da?", "Spuneți?", "Vă ascult?"),
        named=("Dumitrescu, bună ziua.", "Alo, sunt Elena."),
        company=(
            "Service Dunărea, bună ziua, la telefon Mihai, vă ascult cu plăcere.",
            "Biroul Moldova, bună ziua.",
        ),
        again=("Alo, alo?", "Cine e acolo?", "Sunați din nou, nu vă aud."),
        personal=(
            "Acesta este telefonul Ioanei. Sunt ocupată acum, spuneți după semnal despre ce e "
            "vorba.",
            "Bună, săptămâna aceasta nu sunt la birou. Pentru urgențe scrieți colegilor mei, "
            "altfel lăsați un mesaj și vă caut luni.",
            "Vorbiți după semnal.",
        ),
        carrier=(
            "Numărul format nu poate fi contactat pentru moment. Mesajul dumneavoastră vocal va fi "
            "salvat. Vorbiți după semnalul sonor.",
        ),
        office=(
            "Bine ați venit la service Dunărea. Momentan toți colegii noștri sunt ocupați. Vă "
            "rugăm să rămâneți pe linie, apelul dumneavoastră este important pentru noi.",
        ),
    ),
    "en": Phrases(
        hello=("Yes, hello?", "Good morning?", "Yeah?", "Speaking?"),
        named=("Brown here, good afternoon.", "Hello, it's Emma."),
        company=(
            "Lakeside Garage, hello, you are speaking with Peter, what can I do for you?",
            "Good day, Harbour Law Office.",
        ),
        again=("Hello, hello?", "Who is there?", "Call again please, there is no sound."),
        personal=(
            "This is Emma's phone. I am busy now, tell me what it is about after the beep.",
            "Hello there, I am out of the office this week. If it is urgent write to my "
            "colleagues, otherwise leave a message and I will find you on Monday.",
            "Speak after the beep.",
        ),
        carrier=(
            "The number you have dialled is temporarily out of reach. Your voice message will be "
            "stored. Speak after the signal.",
        ),
        office=(
            "Welcome to Lakeside Garage. All of our colleagues are busy at the moment. Please "
            "stay on the line, your call is important to us.",
        ),
    ),
    "uk": Phrases(
        hello=("Алло?", "Так?", "Слухаю?", "Алло, так?"),
        named=("Шевченко слухає.", "Добрий день, це Олена."),
        company=("Компанія Дніпро, добрий день, Олена Коваль, чим можу допомогти?",),
        again=("Алло?", "Хто це?", "Вас не чути."),
        personal=(
            "Вітаю, я не можу зараз відповісти. Залиште повідомлення після сигналу.",
            "Говоріть після сигналу.",
        ),
        carrier=(
            "Абонент не може прийняти ваш дзвінок. Залиште, будь ласка, повідомлення після "
            "звукового сигналу.",
        ),
        office=(
            "Дякуємо за дзвінок до компанії Дніпро. Наш офіс працює з дев'ятої до вісімнадцятої. "
            "Зачекайте, будь ласка, на лінії.",
        ),
    ),
}
