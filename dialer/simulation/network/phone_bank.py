"""All phones of a floor behind one SIP address.

bank = await PhoneBank.open(20, host="127.0.0.1", seed=7, languages=("bg", "pl"))
bank.phones[0].uri                           # 'sip:agent1@127.0.0.1:40123', to be called
"""

import random
from pathlib import Path

from dialer.simulation.network.audio import AudioClock
from dialer.simulation.network.call import IncomingCall
from dialer.simulation.network.endpoint import SipEndpoint
from dialer.simulation.network.loopback import loopback_address
from dialer.simulation.network.phone import Phone
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.network.transaction import TIMERS, Timers


class PhoneBank:
    """Any number of phones behind one SIP address, told apart by the user part of the URI."""

    def __init__(self, *, endpoint: SipEndpoint, clock: AudioClock, phones: list[Phone]) -> None:
        self.phones = tuple(phones)
        self.address = endpoint.address
        self._endpoint = endpoint
        self._clock = clock

    @classmethod
    async def open(
        cls,
        count: int,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        languages: tuple[str, ...] = ("en",),
        cache: Path | None = None,
        espeak: str | None = "espeak-ng",
        timers: Timers = TIMERS,
    ) -> "PhoneBank":
        """Return *count* phones, ``agent1`` to ``agentN``, speaking *languages* in turn.

        *cache* and *espeak* are those of :func:`dialer.simulation.voices.load_voices`.

        Raises:
            NotLoopback: *host* is not on this machine.
            OSError: the address cannot be bound.
        """
        repertoire = Repertoire(
            languages=tuple(dict.fromkeys(languages)), cache=cache, espeak=espeak
        )
        by_name: dict[str, Phone] = {}

        def take(call: IncomingCall) -> None:
            if (phone := by_name.get(call.number)) is None:
                call.refuse(404, "Not Found")
            else:
                phone.take(call)

        address, rng = loopback_address(host, port), random.Random(f"{seed} phones")
        endpoint = await SipEndpoint.listen(address, on_call=take, rng=rng, timers=timers)
        clock = AudioClock()
        for number in range(1, count + 1):
            phone = Phone(
                f"agent{number}",
                address=endpoint.address,
                clock=clock,
                repertoire=repertoire,
                language=languages[(number - 1) % len(languages)],
                rng=random.Random(f"{seed} phone {number}"),
            )
            by_name[phone.name] = phone
        return cls(endpoint=endpoint, clock=clock, phones=list(by_name.values()))

    def close(self) -> None:
        """Switch all phones off, without a word to anybody."""
        self._clock.close()
        self._endpoint.close()
