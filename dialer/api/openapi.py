"""The OpenAPI 3.1 document of all operations.

Rule: nothing is written here by hand that an operation could say itself.
"""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, Field, TypeAdapter

from dialer.api.operation import PARAMETER, PREFIX, Operation

_REF: Final = "#/components/schemas/{model}"
_PARAMETER_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "int": {"type": "integer", "minimum": 1},
    "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
    "uuid": {"type": "string", "format": "uuid"},
}


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457). Further members are facts about it."""

    model_config = {"title": "Problem", "extra": "allow"}

    type: str = Field(description="stable name, such as slot-taken")
    title: str
    status: int
    detail: str = Field(description="a sentence for a person")


def document(operations: Sequence[Operation], *, version: str) -> dict[str, Any]:
    """Return the document."""
    adapters: list[tuple[Any, Any, TypeAdapter[Any]]] = [
        ("problem", "serialization", TypeAdapter(ProblemDocument))
    ]
    for each in operations:
        if each.body is not None:
            adapters.append((f"{each.id} body", "validation", TypeAdapter(each.body)))
        if each.query is not None:
            adapters.append((f"{each.id} query", "validation", TypeAdapter(each.query)))
        if each.answer is not None:
            adapters.append((f"{each.id} answer", "serialization", TypeAdapter(each.answer)))
    schemas, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REF)
    found = {name: schema for (name, _), schema in schemas.items()}
    components = definitions.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        path = PREFIX + PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _described(each, found, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callwright",
            "version": version or "0",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
            "description": "The dialer's HTTP API. Errors are problem documents (RFC 9457).",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "callwright"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "responses": {
                "Problem": {
                    "description": "refused",
                    "content": {"application/problem+json": {"schema": found["problem"]}},
                }
            },
        },
    }


def _described(
    each: Operation, schemas: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    summary, _, description = each.text.partition("\n\n")
    described: dict[str, Any] = {
        "operationId": each.id,
        "tags": [each.id.partition(".")[0]],
        "summary": " ".join(summary.split()).removesuffix("."),
        "parameters": [*_path_parameters(each), *_query_parameters(each, schemas, components)],
        "responses": {str(each.status): _answer(each, schemas), "default": _PROBLEM},
        "security": [] if each.roles is None else [{"cookie": []}, {"bearer": []}],
    }
    if description:
        described["description"] = description
    if each.roles is not None:
        described["x-roles"] = sorted(each.roles)
    if each.body is not None:
        schema = schemas[f"{each.id} body"]
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    elif each.upload is not None:
        schema = {"type": "string", "format": "binary"}
        described["requestBody"] = {"required": True, "content": {each.upload: {"schema": schema}}}
    return described


_PROBLEM: Final = {"$ref": "#/components/responses/Problem"}


def _answer(each: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if each.status == 204:
        return {"description": "done"}
    schema = schemas.get(f"{each.id} answer", {"type": "string"})
    return {"description": "done", "content": {each.media: {"schema": schema}}}


def _path_parameters(each: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARAMETER_SCHEMAS[kind]}
        for name, kind in PARAMETER.findall(each.path)
    ]


def _query_parameters(
    each: Operation, schemas: dict[str, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if each.query is None:
        return []
    schema = schemas[f"{each.id} query"]
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": kind}
        for name, kind in schema.get("properties", {}).items()
    ]
