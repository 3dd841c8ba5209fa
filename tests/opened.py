"""All that a database says, to whoever has its keys and to whoever has not."""

from typing import Any

from leads.store.connection import vault_of

SEALED = (
    *(("person_numbers", "sealed", "number"), ("leads", "details", "details")),
    *(("unaccepted_rows", "sealed", "row"), ("dispositions", "sealed", "note")),
    *(("answers", "sealed", "answer"), ("decision_inputs", "sealed", "input")),
    *(("consents", "reference", "reference"), ("outbox", "sealed", "content")),
)


async def stored_in(connection: Any) -> str:
    """All rows of all tables as they are stored, as one text: what a backup shows to a thief."""
    tables = await connection.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    texts = [
        await connection.fetchval(f"SELECT string_agg(t::text, E'\\n') FROM {row[0]} AS t")
        for row in tables
    ]
    return "\n".join(text for text in texts if text)


async def everything_in(connection: Any) -> str:
    """The same, with all that can be opened opened."""
    texts = [await stored_in(connection)]
    for table, column, label in SEALED:
        rows = await connection.fetch(f"SELECT {column} AS sealed FROM {table}")
        opened = vault_of(connection).unseal([row["sealed"] for row in rows], label)
        texts += [text for text in opened if text is not None]
    return "\n".join(texts)
