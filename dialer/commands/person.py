"""``dialer person``: rights of persons, from a terminal.

Rule: what a person has a right to is written to files that only we can read; what was done is
printed as a receipt, in JSON.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from compliance.revocation import Heard
from compliance.store.erasing import PersonIsHeld
from compliance.store.requests import (
    close_request,
    holds_in_force,
    lift_hold,
    load_request,
    open_requests,
    place_hold,
    save_extension,
)
from compliance.subject_request import ImpossibleExtension, RequestKind, Result, extended
from compliance.writing import plain
from dialer.commands.evidence import write_new
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import (
    Installation,
    add_settings_argument,
    installation,
    settings_of,
)
from dialer.commands.rulebook import client_named, instant, keyring_of, number_of
from dialer.places import private_directory
from dialer.rights import asking
from dialer.rights.page import page
from dialer.rights.subject import Content, PersonInCall, Places, erase_person, export_person
from dialer.settings import Settings
from leads.lead import PersonId
from leads.phone import redact
from leads.store import people
from leads.store.details import Detail

T = TypeVar("T")


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``person``."""
    parser = subparsers.add_parser("person", help="a person's data and requests: export, erase ...")
    commands = parser.add_subparsers(dest="person_command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], purpose: str, *, number: bool = True
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=purpose)
        add_settings_argument(made)
        if number:
            made.add_argument("number", help="E.164, such as +442079460123")
            made.add_argument("--country", metavar="CC", help="of a number in local format")
            made.add_argument("--client", metavar="NAME", help="only this client's data")
        made.set_defaults(run=run)
        return made

    export = command("export", run_export, "write all about a person as JSON and as a page")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    command("erase", run_erase, "erase a person and print the receipt")
    ask = command("ask", run_ask, "put a request into the inbox; what stops calls works at once")
    ask.add_argument("kind", type=RequestKind, choices=list(RequestKind))
    ask.add_argument(
        "--at", type=instant, metavar="WHEN", help="when it was received; default: now"
    )
    hold = command("hold", run_hold, "keep all about a person from removal")
    hold.add_argument("--because", required=True)
    hold.add_argument("--by", required=True, metavar="NAME")
    command("requests", run_requests, "list the open requests, most urgent first", number=False)
    command("holds", run_holds, "list the legal holds in force", number=False)
    for name, run, purpose in (
        ("extend", run_extend, "two more months, with the reason the person is told"),
        ("fulfil", run_fulfil, "carry out a request and close it with a receipt"),
        ("refuse", run_refuse, "close a request with the reason the person is told"),
        ("lift", run_lift, "end a legal hold"),
    ):
        made = command(name, run, purpose, number=False)
        made.add_argument("id", type=int, help="number of the request, or of the hold")
        if name in ("extend", "refuse"):
            made.add_argument("--because", required=True)
        if name == "fulfil":
            made.add_argument("--out", type=Path, metavar="DIR", help="for an export")
            for detail in Detail:
                made.add_argument(f"--{detail.value}", help="corrected")


def places_of(settings: Settings) -> Places:
    """Return where files about people lie."""
    return Places(recordings=settings.recordings_dir, outbox=settings.outbox_dir)


def run_export(options: argparse.Namespace) -> int:
    """Write ``export.json`` and ``export.html``."""

    async def work(found: Installation) -> Content:
        client = await client_named(found.connection, options.client)
        return await export_person(
            found.connection,
            await _person(found, options),
            client=client,
            keyring=keyring_of(found.settings),
            now=found.now,
        )

    _written(options.out, _run(options, work))
    return 0


def run_erase(options: argparse.Namespace) -> int:
    """Erase, and print the receipt."""

    async def work(found: Installation) -> Content:
        client = await client_named(found.connection, options.client)
        return await erase_person(
            found.connection,
            await _person(found, options),
            client=client,
            keyring=keyring_of(found.settings),
            places=places_of(found.settings),
            now=found.now,
        )

    print(json.dumps(plain(_run(options, work)), ensure_ascii=False, indent=2))
    return 0


def run_ask(options: argparse.Namespace) -> int:
    """Receive a request."""

    async def work(found: Installation) -> str:
        client = await client_named(found.connection, options.client)
        if client is None:
            raise CommandFailed("whom was it sent to? name the client with --client", WRONG)
        at = options.at or found.now
        if at > found.now:
            raise CommandFailed("--at lies in the future", WRONG)
        number, request = await asking.receive(
            found.connection,
            options.kind,
            client=client,
            person=await _person(found, options),
            keyring=keyring_of(found.settings),
            heard=Heard(at=at),
            now=found.now,
        )
        return f"request {number}: {request.kind}, due {request.due_at:%Y-%m-%d}"

    print(_run(options, work))
    return 0


def run_hold(options: argparse.Namespace) -> int:
    """Place a legal hold."""

    async def work(found: Installation) -> int:
        return await place_hold(
            found.connection,
            await _person(found, options),
            because=options.because,
            placed_by=options.by,
            now=found.now,
        )

    print(f"hold {_run(options, work)} is in force")
    return 0


def run_lift(options: argparse.Namespace) -> int:
    """End a legal hold."""

    async def work(found: Installation) -> bool:
        return await lift_hold(found.connection, options.id, now=found.now)

    if not _run(options, work):
        raise CommandFailed(f"no hold {options.id} is in force", WRONG)
    print(f"hold {options.id} is lifted")
    return 0


def run_holds(options: argparse.Namespace) -> int:
    """Print the holds in force, each with the last digits of one of the person's numbers."""

    async def work(found: Installation) -> list[str]:
        lines = []
        for hold in await holds_in_force(found.connection):
            numbers = await people.numbers_of_person(found.connection, PersonId(hold.person_id))
            shown = redact(numbers[0].number) if numbers else "no number"
            lines.append(
                f"{hold.id:>6}  {shown:9}  since {hold.placed_at:%Y-%m-%d}  "
                f"by {hold.placed_by}: {hold.because}"
            )
        return lines

    print("\n".join(_run(options, work) or ["no legal holds"]))
    return 0


def run_requests(options: argparse.Namespace) -> int:
    """Print the inbox."""

    async def work(found: Installation) -> list[str]:
        return [
            f"{number:>6}  {request.kind:14} client {request.client_id:<5} "
            f"received {request.received_at:%Y-%m-%d}  due {request.due_at:%Y-%m-%d}"
            f"{'  OVERDUE' if request.is_overdue(found.now) else ''}"
            for number, request in await open_requests(found.connection)
        ]

    print("\n".join(_run(options, work) or ["no open requests"]))
    return 0


def run_extend(options: argparse.Namespace) -> int:
    """Give a request two more months."""

    async def work(found: Installation) -> str:
        request = await load_request(found.connection, options.id)
        if request is None:
            raise CommandFailed(f"there is no request {options.id}", WRONG)
        longer = extended(request, options.because, now=found.now)
        await save_extension(found.connection, options.id, longer)
        return f"request {options.id} is due {longer.due_at:%Y-%m-%d}; tell the person why"

    print(_run(options, work))
    return 0


def run_fulfil(options: argparse.Namespace) -> int:
    """Carry out a request."""
    corrected = {d: getattr(options, d.value) for d in Detail if getattr(options, d.value)}

    async def work(found: Installation) -> Content:
        request = await load_request(found.connection, options.id)
        exports = request and request.kind in (RequestKind.ACCESS, RequestKind.PORTABILITY)
        if exports and options.out is None:
            raise CommandFailed("say with --out where the export is to be written", WRONG)
        return await asking.fulfil(
            found.connection,
            options.id,
            asking.House(keyring=keyring_of(found.settings), places=places_of(found.settings)),
            corrected=corrected,
            now=found.now,
        )

    content = _run(options, work)
    if "leads" in content and isinstance(content["leads"], list):
        _written(options.out, content)
    else:
        print(json.dumps(plain(content), ensure_ascii=False, indent=2))
    return 0


def run_refuse(options: argparse.Namespace) -> int:
    """Close a request without doing what it asks."""

    async def work(found: Installation) -> bool:
        receipt = json.dumps({"because": options.because}, ensure_ascii=False)
        return await close_request(
            found.connection, options.id, Result.REFUSED, receipt=receipt, now=found.now
        )

    if not _run(options, work):
        raise CommandFailed(f"there is no open request {options.id}", WRONG)
    print(f"request {options.id} is refused; tell the person why, and how to complain")
    return 0


async def _person(found: Installation, options: argparse.Namespace) -> PersonId:
    person = await people.person_of(found.connection, number_of(options.number, options.country))
    if person is None:
        raise CommandFailed("nobody on our lists has this number")
    return person


def _written(directory: Path, content: Content) -> None:
    safe = plain(content)
    assert isinstance(safe, dict)
    folder = private_directory(directory)
    text = json.dumps(safe, ensure_ascii=False, indent=2) + "\n"
    write_new(folder / "export.json", text.encode())
    write_new(folder / "export.html", page(safe).encode())
    print(f"export.json and export.html are in {folder}")


def _run(options: argparse.Namespace, work: Callable[[Installation], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with installation(settings_of(options)) as found:
            try:
                return await work(found)
            except (PersonIsHeld, PersonInCall, asking.CannotFulfil, ImpossibleExtension) as error:
                raise CommandFailed(str(error)) from None

    return asyncio.run(inside())
