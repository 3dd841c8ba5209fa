"""A file becomes a :class:`SipConfig`, or a list of everything that is wrong with it.

    text ─▶ yaml_document ─▶ profiles ─▶ trunks (merged, validated) ─▶ secrets ─▶ cross-checks

Rule: the only door for files and the environment. Keys nobody knows are errors, and every problem
names file, line, key, what was found and what was expected. Problems are collected, not raised one
by one; cross-checks run when everything has its shape.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from types import MappingProxyType

from sip_config.checking import check
from sip_config.config import SipConfig, Site
from sip_config.problem import ConfigurationError, Problem, Severity
from sip_config.profile import Profile
from sip_config.profiles_reading import profile_of, shipped
from sip_config.resolving import BadChain, Layer, chain, layers_of, merged
from sip_config.secret import SecretReference, Secrets
from sip_config.secrets_reading import CannotRead, read_secret, references_in
from sip_config.shape import keys_of, nearest
from sip_config.trunk import Trunk
from sip_config.validating import Invalid, validated
from sip_config.yaml_document import SIZE_LIMIT, Document, Path, Unreadable, Value, read


def load(
    path: str | FilePath,
    *,
    environment: Mapping[str, str] | None = None,
    lab: bool = False,
    capacity: int | None = None,
    with_secrets: bool = True,
) -> SipConfig:
    """Return the configuration a file contains.

    Args:
        environment: Where ``{env: NAME}`` is looked up; None: this process's environment.
        lab: Refuse trunks that may reach anything but loopback and private addresses.
        capacity: Legs a telephony worker holds; more channels are worth a warning.
        with_secrets: Read the secrets. Without, the configuration is good for showing only.

    Raises:
        ConfigurationError: it cannot be used; all reasons are in ``problems``.
    """
    config, warnings = examine(
        path, environment=environment, lab=lab, capacity=capacity, with_secrets=with_secrets
    )
    del warnings
    return config


def examine(
    path: str | FilePath,
    *,
    environment: Mapping[str, str] | None = None,
    lab: bool = False,
    capacity: int | None = None,
    with_secrets: bool = True,
) -> tuple[SipConfig, tuple[Problem, ...]]:
    """Return the configuration and its warnings; otherwise like :func:`load`."""
    file = FilePath(path)
    loading = _Loading(file=str(file), document=_document(file))
    config = loading.config()
    if config is None or loading.problems:
        raise ConfigurationError(loading.problems)
    if with_secrets:
        config = loading.with_secrets(
            config, file.parent, os.environ if environment is None else environment
        )
    loading.problems += [
        replace(problem, file=loading.file, line=loading.document.line_of(problem.path))
        for problem in check(config, lab=lab, capacity=capacity)
    ]
    if any(problem.severity is Severity.ERROR for problem in loading.problems):
        raise ConfigurationError(loading.problems)
    return config, tuple(loading.problems)


def resolve(config: SipConfig) -> dict[str, Trunk]:
    """Return the trunks of *config* by id, in file order."""
    return dict(config.trunks)


def _document(file: FilePath) -> Document:
    try:
        if file.stat().st_size > 4 * SIZE_LIMIT:
            raise Unreadable(f"the file is larger than {SIZE_LIMIT} characters")
        return read(file.read_text(encoding="utf-8"))
    except OSError as error:
        message, line = f"cannot be read: {error.strerror}", None
    except UnicodeDecodeError as error:
        message, line = f"not UTF-8 text (byte {error.start}); save it as UTF-8", None
    except Unreadable as error:
        message, line = str(error), error.line
    raise ConfigurationError([Problem(file=str(file), line=line, message=message)])


@dataclass(slots=True)
class _Loading:
    """One document on its way, and what is wrong with it so far."""

    file: str
    document: Document
    problems: list[Problem] = field(default_factory=list)

    def config(self) -> SipConfig | None:
        """Return the configuration without secrets, None if its shape is wrong."""
        top = self.document.value
        rest = {key: value for key, value in top.items() if key not in {"trunks", "profiles"}}
        site = self._site(rest)
        profiles = self._profiles(top.get("profiles"))
        trunks, layers = self._trunks(top.get("trunks"), profiles)
        if site is None:
            return None
        return SipConfig(
            site=site,
            trunks=MappingProxyType(trunks),
            profiles=MappingProxyType(profiles),
            layers=MappingProxyType(layers),
            file=self.file,
        )

    def with_secrets(
        self, config: SipConfig, folder: FilePath, environment: Mapping[str, str]
    ) -> SipConfig:
        """Return *config* with the secrets it refers to."""
        known: dict[SecretReference, str] = {}
        places: list[tuple[Path, object]] = [
            (("trunks", position), trunk) for position, trunk in enumerate(config.trunks.values())
        ]
        places += [
            (("transports", position), transport)
            for position, transport in enumerate(config.site.transports)
        ]
        for path, value in places:
            for reference in references_in(value):
                try:
                    known[reference] = read_secret(
                        reference,
                        place=config.site.secrets,
                        folder=folder,
                        environment=environment,
                    )
                except CannotRead as error:
                    self._problem(path, str(error))
        return replace(config, known_secrets=Secrets(known=MappingProxyType(known)))

    def _site(self, rest: dict[str, Value]) -> Site | None:
        known = [key.name for key in keys_of(Site)]
        for name in sorted(rest.keys() - set(known)):
            near = nearest(name, [*known, "trunks", "profiles"])
            hint = (
                f"did you mean {near!r}?" if near else f"expected one of {', '.join(sorted(known))}"
            )
            self._problem((name,), f"unknown key; {hint}")
        try:
            return validated(Site, {name: value for name, value in rest.items() if name in known})
        except Invalid as invalid:
            self._complaints((), invalid)
            return None

    def _profiles(self, own: Value) -> dict[str, Profile]:
        profiles = dict(shipped())
        if own is None:
            return profiles
        if not isinstance(own, dict):
            self._problem(("profiles",), "expected a mapping from profile names to keys")
            return profiles
        for profile_id, value in own.items():
            try:
                profiles[profile_id] = profile_of(profile_id, value, origin=self.file)
            except Invalid as invalid:
                self._complaints(("profiles", profile_id), invalid)
        for profile_id in own:
            self._chain(profile_id, profiles, ("profiles", profile_id))
        return profiles

    def _trunks(
        self, own: Value, profiles: Mapping[str, Profile]
    ) -> tuple[dict[str, Trunk], dict[str, tuple[Layer, ...]]]:
        trunks: dict[str, Trunk] = {}
        layers: dict[str, tuple[Layer, ...]] = {}
        if not isinstance(own, list) or not own:
            self._problem(("trunks",), "expected a list of trunks, at least one")
            return trunks, layers
        for position, value in enumerate(own):
            path: Path = ("trunks", position)
            if not isinstance(value, dict):
                self._problem(path, "expected a mapping of keys, like {id: …, hosts: […]}")
                continue
            trunk_layers = self._layers(value, profiles, path)
            if (trunk := self._trunk(merged(trunk_layers), path)) is None:
                continue
            if trunk.id in trunks:
                self._problem((*path, "id"), f"the id {trunk.id!r} stands twice; ids are unique")
            trunks[trunk.id] = trunk
            layers[trunk.id] = tuple(trunk_layers)
        return trunks, layers

    def _layers(
        self, own: dict[str, Value], profiles: Mapping[str, Profile], path: Path
    ) -> list[Layer]:
        name = own.get("profile")
        found: Iterable[Profile] = ()
        if isinstance(name, str):
            found = self._chain(name, profiles, (*path, "profile"))
        lines = self.document.lines_below(path)
        return layers_of(tuple(found), Layer(origin=self.file, values=own, lines=lines))

    def _chain(
        self, profile_id: str, profiles: Mapping[str, Profile], path: Path
    ) -> tuple[Profile, ...]:
        own = self.document.value.get("profiles")
        if isinstance(own, dict) and profile_id in own and profile_id not in profiles:
            return ()  # its own complaints have been told
        try:
            return chain(profile_id, profiles)
        except BadChain as error:
            self._problem(path, str(error))
            return ()

    def _trunk(self, values: dict[str, Value], path: Path) -> Trunk | None:
        try:
            return validated(Trunk, values)
        except Invalid as invalid:
            self._complaints(path, invalid)
            return None

    def _complaints(self, base: Path, invalid: Invalid) -> None:
        for path, message in invalid.complaints:
            self._problem((*base, *path), message)

    def _problem(self, path: Path, message: str) -> None:
        self.problems.append(
            Problem(file=self.file, line=self.document.line_of(path), path=path, message=message)
        )
