"""What people, answering machines and agents say on the simulated telephone, in four languages."""

from enum import StrEnum
from typing import Final


class Utterance(StrEnum):
    """What something that is said is for."""

    HELLO = "hello"  #: a person answers; 0.4 to 0.9 s
    SPEECH = "speech"  #: a turn in a conversation; 1.0 to 2.6 s
    GOODBYE = "goodbye"  #: 0.4 to 1.2 s
    GREETING = "greeting"  #: of an answering machine, 4 to 9 s


PHRASES: Final[dict[str, dict[Utterance, tuple[str, ...]]]] = {
    "bg": {
        Utterance.HELLO: ("Ало?", "Да, моля?", "Кажете?"),
        Utterance.SPEECH: (
            "Да, разбирам, кажете ми повече.",
            "Какво точно предлагате?",
            "В момента работим с друга фирма.",
            "Това звучи интересно за нас.",
            "Колко време отнема това?",
            "Следващата седмица ще съм в офиса.",
        ),
        Utterance.GOODBYE: ("Добре, дочуване.", "Благодаря, дочуване."),
        Utterance.GREETING: (
            "Здравейте, в момента не мога да отговоря на обаждането, моля оставете съобщение "
            "след сигнала и ще ви се обадя при първа възможност.",
            "Свързахте се с гласова поща, моля оставете името си и телефон за връзка след тона.",
        ),
    },
    "pl": {
        Utterance.HELLO: ("Halo?", "Tak, słucham?", "Słucham?"),
        Utterance.SPEECH: (
            "Tak, rozumiem, proszę powiedzieć więcej.",
            "A co dokładnie państwo oferują?",
            "Obecnie współpracujemy z inną firmą.",
            "To brzmi dla nas ciekawie.",
            "Ile czasu to zajmuje?",
            "W przyszłym tygodniu będę w biurze.",
        ),
        Utterance.GOODBYE: ("Dobrze, do widzenia.", "Dziękuję, do widzenia."),
        Utterance.GREETING: (
            "Dzień dobry, niestety nie mogę teraz odebrać telefonu, proszę zostawić wiadomość "
            "po sygnale, oddzwonię najszybciej jak to możliwe.",
            "Tu poczta głosowa, proszę po usłyszeniu sygnału zostawić imię i numer telefonu.",
        ),
    },
    "ro": {
        Utterance.HELLO: ("Alo?", "Da, vă rog?", "Da, alo?"),
        Utterance.SPEECH: (
            "Da, înțeleg, spuneți-mi mai multe.",
            "Ce anume oferiți dumneavoastră?",
            "În prezent lucrăm cu o altă firmă.",
            "Sună interesant pentru noi.",
            "Cât timp durează acest lucru?",
            "Săptămâna viitoare voi fi la birou.",
        ),
        Utterance.GOODBYE: ("Bine, la revedere.", "Mulțumesc, la revedere."),
        Utterance.GREETING: (
            "Bună ziua, momentan nu pot răspunde la telefon, vă rog să lăsați un mesaj după "
            "semnalul sonor și vă voi suna înapoi cât mai curând.",
            "Ați sunat la căsuța vocală, lăsați numele și numărul de telefon după semnal.",
        ),
    },
    "en": {
        Utterance.HELLO: ("Hello?", "Yes, hello?", "Good morning?"),
        Utterance.SPEECH: (
            "Yes, I see, please tell me a little more.",
            "And what exactly do you offer?",
            "At the moment we work with another company.",
            "That sounds interesting for us.",
            "How much time would that take?",
            "I will be in the office next week.",
        ),
        Utterance.GOODBYE: ("All right, goodbye.", "Thank you, goodbye."),
        Utterance.GREETING: (
            "Hello, I am sorry that I cannot take your call at the moment, please leave a message "
            "after the tone and I will call you back as soon as I can.",
            "You have reached the voice mail, please leave your name and number after the tone.",
        ),
    },
}
