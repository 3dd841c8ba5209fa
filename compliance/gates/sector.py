"""Some trades may not call at all in some countries, or only with a narrow reason.

Examples: home energy in France (Code de la consommation L223-1), energy supply in Italy since
2026-06-19, claims management and pensions in Britain (PECR 2003, 21A and 21B).
"""

from collections.abc import Iterator

from compliance.case import Case, Ground, or_passed
from compliance.profile import Ban
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny calls of a banned sector that no exception covers; note a sector nobody named."""
    if not (case.facts.campaign.sector or "").strip():
        return or_passed("SECTOR", _unknown(case), "no sector is banned")
    return or_passed("SECTOR", _objections(case), "the sector is not banned")


def _unknown(case: Case) -> Iterator[Reason]:
    for ground in case.grounds:
        rules = ground.place.rules
        if rules.bans:
            banned = ", ".join(sorted({ban.sector for ban in rules.bans}))
            detail = f"the campaign names no sector, and {rules.country} bans some: {banned}"
            rule = f"{rules.profile}.bans"
            yield Reason("SECTOR_UNKNOWN", Kind.NOTE, "SECTOR", rule, detail, rules.sources)


def _objections(case: Case) -> Iterator[Reason]:
    for ground in case.grounds:
        rules = ground.place.rules
        today = {case.now.astimezone(zone).date() for zone in ground.place.zones}
        for ban in rules.bans:
            if ban.sector != case.facts.campaign.sector or _is_excepted(case, ground, ban):
                continue
            if any(
                (ban.since is None or ban.since <= day) and (ban.until is None or day <= ban.until)
                for day in today
            ):
                detail = f"calls of the sector {ban.sector} are banned in {rules.country}"
                yield Reason("SECTOR_BANNED", Kind.DENY, "SECTOR", ban.rule, detail, rules.sources)


def _is_excepted(case: Case, ground: Ground, ban: Ban) -> bool:
    if ban.exception == "related_contract":
        relation = case.facts.lead.relation
        return bool(relation and relation.contract_active and relation.offer_related)
    if ban.exception == "specific_consent_or_request":
        return ground.callback or any(ban.sector in c.sectors for c in ground.valid)
    return False
