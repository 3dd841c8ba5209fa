"""The campaign file: client, list, agents, limits, read whole or refused whole.

Rule: values only. Field names are the keys of the file and the comment beside a field is its
documentation (the tables of ``docs/running.md`` are made from it). Keys nobody knows are errors;
every problem names file, line, key, what was found and what was expected.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

from annotated_types import Ge, Gt, Le, Len

from dialer.campaign import AbandonWindow, Mode
from leads.disposition import Disposition
from leads.importing import ImportOptions, InvalidMapping, mapping_from
from leads.scripting import InvalidScript, questionnaire_from
from sip_config.notation import E164, Country, Identifier
from sip_config.problem import ConfigurationError, Problem
from sip_config.validating import Invalid, validated
from sip_config.yaml_document import SIZE_LIMIT, Document, Unreadable, Value, read

Text = Annotated[str, Len(1, 200)]

#: Dispositions that need nothing but the word; the others need a time, which only a person gives.
AUTOMATIC: Final = tuple(
    each
    for each in Disposition
    if each
    not in (
        Disposition.MEETING_BOOKED,
        Disposition.CALLBACK,
        Disposition.HOT_TRANSFER,
        Disposition.NO_DISPOSITION,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """What an agent without a person does with every call, having asked for it where one asks."""

    talk_s: Annotated[float, Ge(0), Le(3600)] = 8.0  #: then the agent hangs up
    disposition: Disposition = Disposition.NOT_INTERESTED
    #: recorded after it; not one that needs a time, which only a person can promise
    wrap_up_s: Annotated[float, Ge(0), Le(600)] = 0.0  #: pause before it is recorded
    note: str = ""  #: recorded with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent."""

    name: Text  #: shown to supervisors
    uri: Text  #: where the phone is called: ``sip:USER@HOST[:PORT]``; with a trunk a user will do
    languages: Annotated[tuple[Annotated[str, Len(2, 2)], ...], Len(1)]  #: ISO 639-1, best first
    trunk: Identifier | None = None  #: the trunk the phone is called by; null: see the text
    auto: Auto | None = None  #: works by itself; null: as ``dispositions.auto`` says
    at_desk: bool = False  #: a person works at the web desk, whatever ``dispositions.auto`` says


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart:
    """The list of leads."""

    file: Text  #: CSV; relative to this file
    mapping: str | Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    #: field -> column or columns, or the name of a mapping file, both as in docs/lists.md
    encoding: str | None = None  #: such as cp1250; null: found out
    delimiter: str | None = None  #: null: found out
    name: str = ""  #: name of the list; empty: the file's


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What ends waiting, ringing and the run."""

    abandon_rate: Annotated[float, Ge(0), Le(0.5)] = 0.03  #: of live answers, inclusive
    abandon_window: AbandonWindow = AbandonWindow.DAY  #: over what the rate has to hold
    hard_stop: bool = False  #: above the limit nothing is dialed, not even call by call
    talk_share: Annotated[float, Ge(0), Le(1)] | None = None
    #: abandon as little as this share of talk allows; null: talk as much as the limit allows
    expected_talk_s: Annotated[float, Gt(0), Le(3600)] | None = None
    #: how long talks last on average, believed until some were observed; null: what agents without
    #: people do, else 100
    connect_s: Annotated[float, Gt(0), Le(60)] = 2.0  #: from answer to agent; then abandoned
    ring_s: Annotated[float, Ge(15), Le(180)] = 25.0  #: a phone rings for so long at most
    wrap_up_s: Annotated[float, Gt(0), Le(3600)] = 120.0  #: then an agent is paused
    minutes: Annotated[float, Gt(0), Le(1440)] = 60.0  #: the run ends then, whatever is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispositions:
    """What is recorded by agents without people."""

    auto: Auto | None = None  #: for every agent that says nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFile:
    """A campaign."""

    client: Text  #: the company the calls are made for
    country: Country  #: of numbers in local form, ISO 3166-1
    list: ListPart  #: whom to call
    agents: Annotated[tuple[Agent, ...], Len(1)]  #: who talks to them
    caller_id: E164  #: the number shown, E.164
    campaign: str = ""  #: its name; empty: the name of this file
    caller_name: str = ""  #: said by the identity message; empty: the client
    mode: Mode = Mode.PROGRESSIVE  #: who starts the calls, and how many; see docs/pacing.md
    purpose: Text = "sales"  #: what consents must name
    sector: str = ""  #: such as energy; some laws ask
    recording: bool = True  #: record calls from the bridge on, where the law lets us
    team: Text = "Floor"  #: name of the agents' team
    agents_trunk: Identifier | None = None  #: the trunk of agents that name none
    limits: Limits = field(default_factory=Limits)  #: see there
    dispositions: Dispositions = field(default_factory=Dispositions)  #: see there
    script: Mapping[str, object] | None = None  #: a questionnaire as docs/api.md has it
    retry: Mapping[str, object] = field(default_factory=dict)  #: when to try again; {}: defaults

    def auto_of(self, agent: Agent) -> Auto | None:
        """Return what *agent* does by itself; ``None``: a person sits there."""
        return None if agent.at_desk else agent.auto or self.dispositions.auto


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file that can be used, and where its parts stand."""

    campaign: CampaignFile
    path: Path
    document: Document = field(repr=False)

    def placed(self, problem: Problem) -> Problem:
        """Return *problem* with file and line."""
        line = self.document.line_of(problem.path)
        return replace(problem, file=str(self.path), line=line)

    @property
    def list_file(self) -> Path:
        return self.path.parent / self.campaign.list.file

    def list_options(self) -> ImportOptions:
        """Return how the list is read.

        Raises:
            InvalidMapping: The mapping, or its file, cannot be used.
        """
        part = self.campaign.list
        name, text = f"{self.path.name}: list.mapping", json.dumps(part.mapping)
        if isinstance(part.mapping, str):
            name = part.mapping
            try:
                text = (self.path.parent / name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "not UTF-8 text"
                raise InvalidMapping(f"{name}: cannot be read: {why}") from None
        mapping = mapping_from(text, name)
        return ImportOptions(
            default_country=self.campaign.country,
            encoding=part.encoding,
            delimiter=part.delimiter,
            mapping=mapping.fields,
            ignored=mapping.ignored,
        )


def load(path: Path) -> Loaded:
    """Return the campaign in the file at *path*.

    Raises:
        ConfigurationError: It cannot be used; all reasons are in ``problems``.
    """
    document = _document(path)
    try:
        found = validated(CampaignFile, _without_nulls(document.value))
    except Invalid as invalid:
        raise ConfigurationError(
            [
                Problem(file=str(path), line=document.line_of(place), path=place, message=message)
                for place, message in invalid.complaints
            ]
        ) from None
    loaded = Loaded(
        campaign=replace(
            found,
            campaign=found.campaign or path.stem,
            caller_name=found.caller_name or found.client,
        ),
        path=path,
        document=document,
    )
    problems = [loaded.placed(problem) for problem in (*_checked(found), *_beside(loaded))]
    if problems:
        raise ConfigurationError(problems)
    return loaded


def _without_nulls(value: Value) -> Value:
    """Return *value* without keys that say nothing, so that `auto: null` is like no `auto`."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _checked(campaign: CampaignFile) -> Iterator[Problem]:
    names = [agent.name for agent in campaign.agents]
    for position, agent in enumerate(campaign.agents):
        path = ("agents", position)
        if agent.name in names[:position]:
            yield Problem(path=(*path, "name"), message=f"{agent.name!r} stands twice")
        trunk = agent.trunk or campaign.agents_trunk
        if not agent.uri.startswith(("sip:", "sips:")) and trunk is None:
            yield Problem(
                path=(*path, "uri"),
                message=f"found {agent.uri!r}, expected sip:USER@HOST[:PORT], or a trunk beside it",
            )
        if agent.at_desk and agent.auto is not None:
            yield Problem(path=path, message="found auto and at_desk: true; expected one of them")
        yield from _automatic(agent.auto, (*path, "auto"))
    yield from _automatic(campaign.dispositions.auto, ("dispositions", "auto"))


def _beside(loaded: Loaded) -> Iterator[Problem]:
    """Yield what is wrong with the list, its mapping and the script."""
    try:
        loaded.list_options()
    except InvalidMapping as invalid:
        said = str(invalid).removeprefix(f"{loaded.path.name}: list.mapping: ")
        yield Problem(path=("list", "mapping"), message=said)
    try:
        with loaded.list_file.open("rb"):
            pass
    except OSError as error:
        why = f"{loaded.list_file} cannot be read: {error.strerror}"
        yield Problem(path=("list", "file"), message=f"{why}; paths are relative to this file")
    if loaded.campaign.script is not None:
        try:
            questionnaire_from(loaded.campaign.script)
        except InvalidScript as invalid:
            yield Problem(path=("script",), message=str(invalid).removeprefix("script: "))


def _automatic(auto: Auto | None, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if auto is not None and auto.disposition not in AUTOMATIC:
        expected = ", ".join(AUTOMATIC)
        yield Problem(
            path=(*path, "disposition"),
            message=f"found {auto.disposition.value!r}, which only a person can give; "
            f"expected one of {expected}",
        )


def _document(path: Path) -> Document:
    try:
        if path.stat().st_size > 4 * SIZE_LIMIT:
            raise Unreadable(f"the file is larger than {SIZE_LIMIT} characters")
        return read(path.read_text(encoding="utf-8"))
    except OSError as error:
        message, line = f"cannot be read: {error.strerror}", None
    except UnicodeDecodeError as error:
        message, line = f"not UTF-8 text (byte {error.start}); save it as UTF-8", None
    except Unreadable as error:
        message, line = str(error), error.line
    raise ConfigurationError([Problem(file=str(path), line=line, message=message)])
