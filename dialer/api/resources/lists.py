"""Clients' lists: looked at, imported, and what was not accepted returned. ``/lists``.

Rule: a list is imported whole or not at all, with the consents of its rows in the same transaction.
A preview reads it in the same way and stores nothing.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialer.api.model import Id, Incoming, Outgoing
from dialer.api.operation import Asked, as_json, operation
from dialer.api.reach import HOUSE, READERS, client_of, keep_to_client, tell_desks
from dialer.api.uploading import Upload, keep_evidence, uploaded
from dialer.campaign import CampaignId
from dialer.database import campaigns, house
from dialer.database.importing import import_for_campaign
from dialer.database.pool import Connection
from leads.importing import Fate, ImportOptions, ImportResult, read_list, rows_csv
from leads.lead import ListId
from leads.store import lists
from leads.store.importing import numbers_of_client
from leads.store.lists import ListRow

#: Rows at fault that a preview shows.
_SHOWN = 50


class Importing(Incoming):
    """Where a list belongs, and what is known about it beside its bytes."""

    campaign: Id
    name: str = Field("", max_length=200, description="none: the name of the file")
    preview: bool = Field(False, description="look only; store nothing")
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        None, description="ISO 3166-1, where a row names none"
    )
    encoding: str | None = Field(None, max_length=40, description="none: found out")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class Fault(Outgoing):
    """A row that was not accepted."""

    line: int
    fate: Fate
    column: str
    reason: str
    sentence: str


class Looked(Outgoing):
    """What became, or would become, of the rows."""

    list: int | None = Field(description="its id; none: a preview")
    encoding: str
    delimiter: str
    columns: Mapping[str, str] = Field(description="column -> the field it was read as")
    total: int
    accepted: int
    rejected: int
    duplicates: int
    reasons: Mapping[str, int]
    consents_with_evidence: int
    faults: tuple[Fault, ...] = Field(description="the first of them")


class ListNow(Outgoing):
    """An imported list."""

    id: int
    client: int
    campaign: int
    name: str
    file_name: str
    imported_at: datetime
    total: int
    accepted: int
    rejected: int
    duplicates: int


@operation("GET", "/lists", roles=READERS)
async def all_of_them(asked: Asked[None, None]) -> tuple[ListNow, ...]:
    """List the clients' lists, latest first."""
    client = client_of(asked.user)
    async with asked.connection() as connection:
        ids = [each.id for each in await house.clients(connection)] if client is None else [client]
        found = [row for each in ids for row in await lists.lists_of_client(connection, each)]
    found.sort(key=lambda row: (row.imported_at, row.id), reverse=True)
    return tuple(_shown(row) for row in found)


@operation("POST", "/lists", roles=HOUSE, status=201, answer=Looked, upload="multipart/form-data")
async def add(asked: Asked[None, Importing]) -> web.Response:
    """Import a list into a campaign, or look at what would become of it.

    The body is the file itself (`text/csv`), or `multipart/form-data` with a part `list` and parts
    `evidence`: the files that the rows name as evidence of consent.
    """
    wish, upload = asked.query, await uploaded(asked.request)
    async with asked.connection() as connection:
        campaign = await campaigns.campaign(connection, CampaignId(wish.campaign))
        known = await numbers_of_client(connection, campaign.client)
    options = ImportOptions(
        default_country=wish.country, encoding=wish.encoding, delimiter=wish.delimiter
    )
    result = await asyncio.to_thread(partial(read_list, upload.content, options, known))
    if wish.preview:
        return as_json(_looked(result, upload), Looked)
    if asked.context.evidence_dir is not None:
        await keep_evidence(asked.context.evidence_dir, upload.evidence)
    async with asked.connection() as connection:
        done = await import_for_campaign(
            connection,
            campaign.id,
            result,
            name=wish.name or upload.file_name,
            file_name=upload.file_name,
            content=upload.content,
            evidence=upload.hashes,
            now=asked.context.clock.now(),
        )
    await tell_desks(asked)
    looked = _looked(done.list.result, upload).model_copy(
        update={"list": int(done.list.list_id), "consents_with_evidence": done.proven}
    )
    return as_json(looked, Looked, status=201)


@operation("GET", "/lists/{list:int}", roles=READERS)
async def one(asked: Asked[None, None]) -> ListNow:
    """Return one list."""
    async with asked.connection() as connection:
        return _shown(await _mine(asked, connection))


@operation("GET", "/lists/{list:int}/unaccepted", roles=READERS, media="text/csv")
async def unaccepted(asked: Asked[None, None]) -> web.Response:
    """Return the rejected rows as a file that can be corrected and sent again."""
    async with asked.connection() as connection:
        row = await _mine(asked, connection)
        rows = await lists.unaccepted_rows(connection, row.id, fate=Fate.REJECTED)
    content = await asyncio.to_thread(partial(rows_csv, row.columns, rows, delimiter=row.delimiter))
    headers = {"Content-Disposition": f'attachment; filename="rejected-{row.id}.csv"'}
    return web.Response(body=content, content_type="text/csv", charset="utf-8", headers=headers)


async def _mine(asked: Asked[None, None], connection: Connection) -> ListRow:
    row = await lists.load_list(connection, ListId(asked.number("list")))
    keep_to_client(asked.user, row.client)
    return row


def _looked(result: ImportResult, upload: Upload) -> Looked:
    hashes = upload.hashes
    return Looked(
        list=None,
        encoding=result.encoding,
        delimiter=result.delimiter,
        columns=result.fields_of,
        total=result.total,
        accepted=len(result.accepted),
        rejected=len(result.rejected),
        duplicates=len(result.duplicates),
        reasons={reason.value: count for reason, count in result.reasons.items()},
        consents_with_evidence=sum(
            row.consent is not None and row.consent.evidence_reference in hashes
            for row in result.accepted
        ),
        faults=tuple(
            Fault(
                line=row.line,
                fate=row.fate,
                column=row.column,
                reason=row.reason.value,
                sentence=row.sentence,
            )
            for row in result.unaccepted[:_SHOWN]
        ),
    )


def _shown(row: ListRow) -> ListNow:
    return ListNow(
        id=row.id,
        client=row.client,
        campaign=row.campaign,
        name=row.name,
        file_name=row.file_name,
        imported_at=row.imported_at,
        total=row.rows_total,
        accepted=row.rows_accepted,
        rejected=row.rows_rejected,
        duplicates=row.rows_duplicate,
    )
