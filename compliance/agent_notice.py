"""What agents are told about the recording and monitoring of their own work, word for word.

GDPR 13 (information), 88 (employment; national law may ask for more, such as the works council's
consent); Directive (EU) 2019/1152, 4 (essential working conditions are told in writing).

Rule: a text that is changed is another text, and has to be acknowledged anew.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Kind -> the present text.
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "recording": (
            "Your conversations with the people you call are recorded where the campaign says so, "
            "from the moment you are connected until the call ends. Recordings prove what was "
            "agreed and serve training. They are kept as long as the house's table of retention "
            "says (90 days unless it says otherwise) and are then deleted."
        ),
        "monitoring": (
            "Supervisors see your state (ready, talking, wrap-up, pause with its reason) and since "
            "when, the figures of your calls, and may listen to a conversation. Your states are "
            "part of the record of calls, which shows how long was worked for whom, and are kept "
            "apart from the data of the people you call. You may read what is kept about you at "
            "any time, and object to it."
        ),
    }
)
