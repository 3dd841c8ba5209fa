"""What a new configuration changes while calls are up: a plan for the telephony workers.

    old, new ──diff──▶ Plan: accounts to add, modify, drain; what only a fresh worker can take over

Rule: new calls use the new values, calls that are up finish under the old ones. Values that are
read for every call (limits, routes, rules, prices) need no step: replacing the configuration is
enough. A drained account goes when its last call has ended.
"""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sip_config.config import SipConfig
from sip_config.secrets_reading import references_in
from sip_config.trunk import Trunk

#: Keys of a trunk that live in a worker's SIP account; all others are read for every call.
ACCOUNT_KEYS: Final = frozenset(
    {
        "kind",
        "enabled",
        "transport",
        "hosts",
        "dns",
        "outbound_proxy",
        "auth",
        "register",
        "channels",
        "session_timer",
        "prack",
        "srtp",
        "codecs",
        "quirks",
    }
)

#: Parts of the site that a running worker cannot change.
WORKER_KEYS: Final = ("transports", "media")


class Action(StrEnum):
    """What is done with a trunk's account."""

    ADD = "add"  #: make it; calls may use it at once
    MODIFY = "modify"  #: new calls use the new values
    DRAIN = "drain"  #: no new calls; remove it after the last one
    NOTHING = "nothing"  #: only values that are read for every call have changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of one trunk."""

    action: Action
    trunk_id: str
    keys: tuple[str, ...] = ()  #: what has changed, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a replacement changes."""

    steps: tuple[Step, ...] = ()  #: by trunk id
    site_keys: tuple[str, ...] = ()  #: parts of the site that have changed
    fresh_worker_for: tuple[str, ...] = ()  #: of these, what only a fresh worker takes over

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not self.steps and not self.site_keys


_WORDS: Final = {
    Action.ADD: "add",
    Action.MODIFY: "modify",
    Action.DRAIN: "drain",
    Action.NOTHING: "at once",
}


def in_words(plan: Plan) -> list[str]:
    """Return the plan as lines for people; what is read for every call changes ``at once``."""
    if plan.is_empty:
        return ["nothing changes"]
    lines = [
        f"{_WORDS[step.action]:8} {step.trunk_id}  {', '.join(step.keys)}".rstrip()
        for step in plan.steps
    ]
    for key in plan.site_keys:
        fresh = "  (a fresh worker takes over)" if key in plan.fresh_worker_for else ""
        lines.append(f"changed  {key}{fresh}")
    return lines


def diff(old: SipConfig, new: SipConfig) -> Plan:
    """Return what changes when *new* replaces *old*."""
    steps = [
        step
        for trunk_id in sorted(old.trunks.keys() | new.trunks.keys())
        if (step := _step(trunk_id, old, new)) is not None
    ]
    site_keys = tuple(
        f.name
        for f in dataclasses.fields(new.site)
        if getattr(old.site, f.name) != getattr(new.site, f.name)
    )
    return Plan(
        steps=tuple(steps),
        site_keys=site_keys,
        fresh_worker_for=tuple(key for key in site_keys if key in WORKER_KEYS),
    )


def _step(trunk_id: str, old: SipConfig, new: SipConfig) -> Step | None:
    before, after = old.trunks.get(trunk_id), new.trunks.get(trunk_id)
    if before is None or after is None:
        return Step(action=Action.DRAIN if after is None else Action.ADD, trunk_id=trunk_id)
    keys = {
        f.name
        for f in dataclasses.fields(after)
        if getattr(before, f.name) != getattr(after, f.name)
    }
    if _secrets(before, old) != _secrets(after, new):
        keys.add("auth")
    if not keys:
        return None
    if before.enabled and not after.enabled:
        action = Action.DRAIN
    elif after.enabled and not before.enabled:
        action = Action.ADD
    else:
        action = Action.MODIFY if keys & ACCOUNT_KEYS and after.enabled else Action.NOTHING
    return Step(action=action, trunk_id=trunk_id, keys=tuple(sorted(keys)))


def _secrets(trunk: Trunk, config: SipConfig) -> list[str]:
    """Return the texts behind the references of *trunk*: a changed password changes the account."""
    known = config.known_secrets.known
    return [known.get(reference, "") for reference in references_in(trunk)]
