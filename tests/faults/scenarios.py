"""The faults of far ends, one by one: what the far end does, and what the dialer makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from dialer.call_events import OwnReason
from dialer.telephony.events import Side
from tests.faults.sipp import agrees, answers, asks, hears, invited, sdp, waits

OK = answers("200 OK", body=sdp())
UP = (invited(), OK, hears("ACK"))
RINGS = answers("180 Ringing")
GONE = answers("487 Request Terminated")
CANCELLED = (hears("CANCEL"), agrees(), GONE, hears("ACK"))
OURS = (hears("BYE"), agrees())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One far end, and how its call must end."""

    name: str
    steps: tuple[str, ...]
    is_answered: bool = True
    hangs_up: bool = False  #: we do, as soon as it is answered
    by: Side = Side.REMOTE
    status: int | None = None
    q850: int | None = None
    because: OwnReason = OwnReason.NONE
    no_provisional_s: float = 6.0
    no_progress_s: float = 8.0
    ring_s: float = 10.0
    options: tuple[str, ...] = ()  #: of SIPp


def bye(number: int = 9, tag: str = "far") -> tuple[str, str]:
    return asks("BYE", number=number, tag=tag), hears("200")


def ours(name: str, *steps: str, because: OwnReason, **timers: float) -> Fault:
    """A call that is never answered, and that our own timer ends."""
    return Fault(
        name=name,
        steps=(invited(), *steps),
        is_answered=False,
        by=Side.LOCAL,
        because=because,
        **timers,  # type: ignore[arg-type]
    )


def answered_in_an_odd_way() -> Iterator[Fault]:
    """Each is answered once, talks, and hangs up."""
    tried = answers("100 Trying", tag="")
    again = (OK, hears("ACK"))
    described = answers("183 Session Progress", body=sdp())
    ulaw = answers("200 OK", body=sdp(payload=0, codec="PCMU"))
    for name, steps in {
        "late": (waits(1500), *again),
        "rings-many-times": (*[RINGS, waits(50)] * 5, *again),
        "every-18x": (tried, *(answers(f"{n} Soon") for n in (181, 182, 199)), described, *again),
        "repeats-100": (tried, tried, tried, RINGS, tried, *again),
        "rings-as-two": (
            answers("180 Ringing", tag="one"),
            answers("183 Session Progress", body=sdp(), tag="two"),
            *again,
        ),
        "other-codec-than-announced": (described, ulaw, hears("ACK")),
        "loses-our-ack": (*again, waits(500), *again, waits(500), *again),
        "rings-after-the-answer": (*again, RINGS, described),
        "refuses-after-the-answer": (*again, answers("486 Busy Here")),
        "speaks-of-a-session-timer": (
            answers("200 OK", "Session-Expires: 1800;refresher=uac", "Require: timer", body=sdp()),
            hears("ACK"),
        ),
        "describes-two-streams": (
            answers("200 OK", body=sdp() + "m=audio [media_port] RTP/AVP 8\n"),
            hears("ACK"),
        ),
        "odd-headers": (
            answers("200 OK", "X-Long: " + "x" * 3000, "Allow: NOTHING, AT, ALL", body=sdp()),
            hears("ACK"),
        ),
        "says-bye-in-the-first-second": (*again, waits(200)),
        "says-bye-at-once": again,
    }.items():
        # What comes twice is all the same a message to SIPp only without its own repetitions.
        options = ("-nr",) if name == "loses-our-ack" else ()
        yield Fault(name=name, steps=(invited(), *steps, *bye()), options=options)


def in_the_dialog() -> Iterator[Fault]:
    """Each asks for something odd in the middle of a talk; the talk goes on until its BYE."""
    held = sdp(direction="inactive", version=2)
    back = sdp(direction="sendrecv", version=3)
    for name, steps in {
        "refers-us": (asks("REFER", "Refer-To: <sip:victim@127.0.0.1:9>"), hears("403")),
        "updates": (asks("UPDATE", body=sdp(version=2)), hears("200")),
        "holds-and-comes-back": (*invites_again(2, held), waits(100), *invites_again(3, back)),
        "changes-its-codec": invites_again(2, sdp(payload=0, codec="PCMU", version=2)),
        "offers-nothing": (*invites_again(2, "")[:-1], asks("ACK", number=2, body=back)),
        "byes-of-another-dialog": (asks("BYE", tag="nobody"), hears("481")),
        "cancels-what-is-answered": (asks("CANCEL"), hears("481")),
        "acknowledges-nothing": (asks("ACK", number=7),),
    }.items():
        yield Fault(name=name, steps=(*UP, waits(50), *steps, *bye()))
    nobodys = sdp(payload=99, codec="SPARROW", version=2)
    for name, steps in {
        "asks-for-options": (asks("OPTIONS"),),
        "informs": (asks("INFO", body="x"),),
        "unknown-method": (asks("TELEPORT"),),
        "offers-what-nobody-speaks": (asks("INVITE", number=2, body=nobodys),),
        "invites-out-of-order": (*invites_again(5, held), asks("INVITE", number=4, body=back)),
    }.items():
        refused = (hears(status, optional=True) for status in ("100", "405", "488", "500"))
        ends = (asks("BYE", number=9), *refused, hears("200"))
        yield Fault(name=name, steps=(*UP, waits(50), *steps, *ends))


def invites_again(number: int, body: str) -> tuple[str, ...]:
    """A re-INVITE that is agreed to."""
    return (
        asks("INVITE", number=number, body=body),
        hears("100", optional=True),
        hears("200"),
        asks("ACK", number=number),
    )


def never_answered() -> Iterator[Fault]:
    tried = answers("100 Trying", tag="")
    yield ours("silent", waits(2500), because=OwnReason.NO_PROVISIONAL, no_provisional_s=0.4)
    yield ours("only-100", tried, *CANCELLED, because=OwnReason.NO_PROGRESS, no_progress_s=0.8)
    yield ours("rings-for-ever", RINGS, *CANCELLED, because=OwnReason.RING_TIMEOUT, ring_s=0.8)
    yield ours(
        "answers-no-cancel",
        *(RINGS, hears("CANCEL"), waits(2500)),
        because=OwnReason.RING_TIMEOUT,
        ring_s=0.8,
    )
    yield ours(
        "answer-and-cancel-cross",
        *(RINGS, hears("CANCEL"), agrees(), OK, hears("ACK"), *OURS),
        because=OwnReason.RING_TIMEOUT,
        ring_s=0.6,
    )
    yield ours(
        "wants-ringing-acknowledged",
        answers("183 Session Progress", "Require: 100rel", "RSeq: 1", body=sdp()),
        *(hears("PRACK"), agrees(), *CANCELLED),
        because=OwnReason.RING_TIMEOUT,
        ring_s=0.8,
    )
    yield ours(
        "says-what-cannot-be-read",
        *(answers("422 Interval Too Small", "Min-SE: nonsense"), waits(1500)),
        because=OwnReason.NO_PROVISIONAL,
        no_provisional_s=0.4,
    )
    yield Fault(
        name="wants-a-longer-session",
        steps=(
            *(invited(), answers("422 Interval Too Small", "Min-SE: 3600"), hears("ACK")),
            *(invited(), answers("486 Busy Here"), hears("ACK")),
        ),
        is_answered=False,
        status=486,
    )
    for status, headers, q850 in (
        ("503 Service Unavailable", ("Retry-After: 5", "Reason: Q.850;cause=34"), 34),
        ("486 Busy Here", ('Reason: Q.850;cause=17;text="busy"',), 17),
        ("480 Temporarily Unavailable", ("Reason: Q.850;cause=nonsense",), None),
        ("302 Moved Temporarily", ("Contact: <sip:victim@127.0.0.1:9>",), None),
        ("300 Multiple Choices", ("Contact: <sip:a@127.0.0.1:9>, <sip:b@127.0.0.1:9>",), None),
        ("401 Unauthorized", ('WWW-Authenticate: Digest realm="far", nonce="1"',), None),
        ("407 Proxy Authentication Required", (), None),
        ("491 Request Pending", (), None),
        ("404 Not Found", (), None),
        ("488 Not Acceptable Here", ('Warning: 304 far "no"',), None),
        ("500 Server Error", (), None),
        ("603 Decline", (), None),
        ("699 Never Heard Of", (), None),
    ):
        code = int(status[:3])
        yield Fault(
            name=f"refuses-with-{code}",
            steps=(invited(), answers(status, *headers), hears("ACK")),
            is_answered=False,
            status=code,
            q850=q850,
        )


def hung_up_by_us() -> Iterator[Fault]:
    for name, steps in {
        "agrees-to-our-bye": OURS,
        "byes-cross": (hears("BYE"), *bye(), waits(100)),
        "ignores-our-bye": (hears("BYE"), waits(2500)),
        "refuses-our-bye": (
            hears("BYE"),
            agrees().replace("200 OK", "500 No"),
        ),
    }.items():
        yield Fault(
            name=name,
            steps=(*UP, *steps),
            hangs_up=True,
            by=Side.LOCAL,
            because=OwnReason.HUNG_UP,
        )


def with_a_wrong_description() -> Iterator[Fault]:
    """200 with an answer nobody can talk by: it is acknowledged and ended at once."""
    for name, body in {
        "no-description": "",
        "nonsense": "what is this",
        "no-address": sdp().replace("c=IN IP4 127.0.0.1\n", ""),
    }.items():
        yield Fault(
            name=name,
            steps=(invited(), answers("200 OK", body=body), hears("ACK"), *OURS),
            is_answered=False,
            status=200,
        )
    for name, body in {
        "no-media": sdp().partition("m=")[0],
        "unknown-codec": sdp(payload=99, codec="SPARROW"),
        "media-refused": sdp().replace("audio [media_port]", "audio 0"),
    }.items():
        yield Fault(name=name, steps=(invited(), answers("200 OK", body=body), hears("ACK"), *OURS))
