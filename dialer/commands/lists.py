"""``dialer lists``: what clients' lists are proven by: attestations, their audits, balancing tests.

attest     a controller's signed statement for a whole list; draws the sample to be audited
sample     the rows to be audited, by the line of the list's file
audit      what the audit of one row found; a failure blocks the list
balance    where the written balancing test for a purpose and country is kept (GDPR 6(1)(f))
notice     that a list's people were told where their data come from (GDPR 14)
presume    why consent may be presumed of a list's companies (Germany: UWG 7(2) no. 1)
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import asyncpg

from compliance.attestation import MINIMUM_SAMPLE, Attestation, IncompleteAttestation
from compliance.store.attestations import record_attestation, record_audit, sample_of
from compliance.store.balancing import add_balancing_test
from compliance.store.list_statements import Statement, StatementKind, add_statement
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import (
    Installation,
    add_settings_argument,
    installation,
    settings_of,
)
from dialer.commands.rulebook import client_named, instant
from dialer.database import house
from leads.lead import ListId, PersonId
from leads.store import lists
from leads.store.faults import UnknownRow
from leads.store.leads import leads_of_person

T = TypeVar("T")


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``lists``."""
    parser = subparsers.add_parser("lists", help="attest lists, audit the sample")
    commands = parser.add_subparsers(dest="lists_command", required=True, metavar="COMMAND")
    known = commands.add_parser("list", help="all lists")
    known.set_defaults(run=run_list)
    attest = commands.add_parser("attest", help="store a controller's signed statement for a list")
    attest.add_argument("list", type=int, help="id of the list")
    attest.add_argument("--document", type=Path, required=True, help="the signed document")
    attest.add_argument("--statement", required=True, help="what it states, in a sentence")
    attest.add_argument("--wording", type=Path, required=True, help="file: what people agreed to")
    attest.add_argument("--form", required=True, help="the form or address at which they did")
    attest.add_argument("--from", dest="since", type=instant, required=True, metavar="WHEN")
    attest.add_argument("--until", type=instant, required=True, metavar="WHEN", help="included")
    attest.add_argument("--by", required=True, metavar="NAME", help="who signed, in which function")
    attest.add_argument("--sample", type=int, default=MINIMUM_SAMPLE, help="rows to be audited")
    attest.set_defaults(run=run_attest)
    sample = commands.add_parser("sample", help="the rows of an attestation to be audited")
    sample.add_argument("attestation", type=int)
    sample.set_defaults(run=run_sample)
    audit = commands.add_parser("audit", help="what the audit of one row found")
    audit.add_argument("attestation", type=int)
    audit.add_argument("consent", type=int)
    found = audit.add_mutually_exclusive_group(required=True)
    found.add_argument("--proven", action="store_true", dest="proven", default=None)
    found.add_argument("--not-proven", action="store_false", dest="proven")
    audit.add_argument("--by", required=True, metavar="NAME")
    audit.set_defaults(run=run_audit)
    balance = commands.add_parser("balance", help="say where a written balancing test is kept")
    balance.add_argument("--client", required=True, metavar="NAME")
    balance.add_argument("--purpose", required=True, help="of the campaign, such as sales.energy")
    balance.add_argument("--country", required=True, metavar="CC")
    balance.add_argument("--reference", required=True, help="where the document is kept")
    balance.add_argument("--by", required=True, metavar="NAME", help="who signed it")
    balance.add_argument("--signed", type=instant, required=True, metavar="WHEN")
    balance.set_defaults(run=run_balance)
    notice = commands.add_parser(
        "notice", help="say when a list's people got the notice of art. 14"
    )
    notice.add_argument("--given", dest="at", type=instant, required=True, metavar="WHEN")
    notice.set_defaults(run=run_statement, kind=StatementKind.NOTICE)
    presume = commands.add_parser("presume", help="say where it is documented why consent may be")
    presume.add_argument("--signed", dest="at", type=instant, required=True, metavar="WHEN")
    presume.set_defaults(run=run_statement, kind=StatementKind.PRESUMED_CONSENT)
    for command in (notice, presume):
        command.add_argument("list", type=int, help="id of the list")
        command.add_argument("--reference", required=True, help="where the proof is kept")
        command.add_argument("--by", required=True, metavar="NAME", help="who answers for it")
    for command in (known, attest, sample, audit, balance, notice, presume):
        add_settings_argument(command)


def run_list(options: argparse.Namespace) -> int:
    """Print every list on one line."""

    async def work(found: Installation) -> list[str]:
        return [
            f"{row.id:>6}  {client.name:24} {row.name:24} {row.imported_at:%Y-%m-%d}  "
            f"{row.rows_accepted:,} of {row.rows_total:,} rows accepted"
            for client in await house.clients(found.connection)
            for row in await lists.lists_of_client(found.connection, client.id)
        ]

    print("\n".join(_run(options, work) or ["no lists"]))
    return 0


def run_attest(options: argparse.Namespace) -> int:
    """Store the statement and print the sample's size."""
    document, wording = _content(options.document), _content(options.wording)
    if options.sample < 1:
        raise CommandFailed("--sample: at least one row is audited", WRONG)

    async def work(found: Installation) -> str:
        row = await lists.load_list(found.connection, ListId(options.list))
        attestation = Attestation(
            client_id=row.client,
            list_id=row.id,
            statement=options.statement,
            sha256=sha256(document).digest(),
            wording=wording.decode("utf-8", "replace"),
            form=options.form,
            given_from=options.since,
            given_to=options.until,
            attested_by=options.by,
            sample_size=options.sample,
        )
        number, sample = await record_attestation(found.connection, attestation, now=found.now)
        return (
            f"attestation {number}: {len(sample)} rows to be audited (dialer lists sample {number})"
        )

    print(_run(options, work))
    return 0


def run_sample(options: argparse.Namespace) -> int:
    """Print the rows to be audited, by the lines of the list's file."""

    async def work(found: Installation) -> list[str]:
        lines = []
        for drawn in await sample_of(found.connection, options.attestation):
            rows = await leads_of_person(found.connection, PersonId(drawn.person_id))
            line = next((row.line for row in rows if row.list_id == drawn.list_id), None)
            state = {None: "to be audited", True: "proven", False: "NOT PROVEN"}[drawn.proven]
            lines.append(f"consent {drawn.consent}  list {drawn.list_id}  line {line}  {state}")
        return lines

    print("\n".join(_run(options, work) or ["no rows were drawn"]))
    return 0


def run_audit(options: argparse.Namespace) -> int:
    """Record an audit."""

    async def work(found: Installation) -> bool:
        drawn = await sample_of(found.connection, options.attestation)
        if options.consent not in {one.consent for one in drawn}:
            return False
        await record_audit(
            found.connection,
            options.attestation,
            options.consent,
            proven=options.proven,
            audited_by=options.by,
            now=found.now,
        )
        return True

    if not _run(options, work):
        raise CommandFailed("this consent is not in the sample of this attestation", WRONG)
    print("recorded" if options.proven else "recorded; the list is blocked from now on")
    return 0


def run_balance(options: argparse.Namespace) -> int:
    """Record a balancing test."""

    async def work(found: Installation) -> None:
        client = await client_named(found.connection, options.client)
        assert client is not None  # a name was given
        await add_balancing_test(
            found.connection,
            client_id=client,
            purpose=options.purpose,
            country=options.country.upper(),
            reference=options.reference,
            signed_by=options.by,
            signed_at=options.signed,
        )

    _run(options, work)
    print("recorded")
    return 0


def run_statement(options: argparse.Namespace) -> int:
    """Record what is stated about a list."""
    if not options.reference.strip() or not options.by.strip():
        raise CommandFailed("--reference and --by: say where the proof is, and who answers", WRONG)

    async def work(found: Installation) -> None:
        if options.at > found.now:
            raise CommandFailed("a time in the future proves nothing; say when it was", WRONG)
        row = await lists.load_list(found.connection, ListId(options.list))
        statement = Statement(
            kind=options.kind, at=options.at, reference=options.reference, stated_by=options.by
        )
        await add_statement(found.connection, row.id, statement, now=found.now)

    _run(options, work)
    print("recorded")
    return 0


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}", WRONG) from None


def _run(options: argparse.Namespace, work: Callable[[Installation], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with installation(settings_of(options)) as found:
            try:
                return await work(found)
            except (IncompleteAttestation, UnknownRow) as error:
                raise CommandFailed(str(error), WRONG) from None
            except asyncpg.UniqueViolationError as error:
                rule = (error.constraint_name or "").replace("_", " ")
                raise CommandFailed(f"that is on record already ({rule})", WRONG) from None

    return asyncio.run(inside())
