"""How often screening takes a person for a machine, as far as the sample shows.

    of those let through to agents, people      -> how many of those hung up on were people
    of all people who answered, those hung up on -> the rate that the abandon budget is charged

Rule: pure, and never zero while calls are screened. Before anything is known the rate is the one
screening is built for; evidence moves it.
"""

from typing import Final

#: What is believed before the first sample: the share of people taken for machines ...
BELIEVED: Final = 0.005
#: ... with the weight of so many people who answered.
BELIEVED_PEOPLE: Final = 200.0
#: And of those taken for machines, how many are people, with the weight of so many samples.
BELIEVED_WRONG: Final = 0.02
BELIEVED_SAMPLES: Final = 50.0
HIGHEST: Final = 0.5


def error_rate(*, screened_out: int, let_through: int, people: int, live: int) -> float:
    """Return the share of people who are hung up on, 0..0.5.

    Args:
        screened_out: calls ended because nobody seemed to be there.
        let_through: calls given to agents although nobody seemed to be there.
        people: of these, those that agents found to be people.
        live: people who answered and were not hung up on.

    >>> error_rate(screened_out=0, let_through=0, people=0, live=0)
    0.005
    >>> round(error_rate(screened_out=1900, let_through=100, people=0, live=3000), 4)
    0.0043
    >>> round(error_rate(screened_out=1900, let_through=100, people=10, live=3000), 4)
    0.042
    """
    wrong = (people + BELIEVED_WRONG * BELIEVED_SAMPLES) / (let_through + BELIEVED_SAMPLES)
    missed = screened_out * wrong + BELIEVED * BELIEVED_PEOPLE
    return min(HIGHEST, missed / (live + screened_out * wrong + BELIEVED_PEOPLE))
