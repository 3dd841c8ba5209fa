"""``dialer profiles``: the country profiles, and who answers for their use."""

import argparse
import asyncio
from datetime import datetime
from pathlib import Path

from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.profile import Bundle, Rules
from compliance.store.approvals import approve_profile, approved_profiles, revoke_approval
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import bundle_of


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``profiles``."""
    parser = subparsers.add_parser("profiles", help="country profiles and their approval")
    commands = parser.add_subparsers(dest="profiles_command", required=True, metavar="COMMAND")
    known = commands.add_parser("list", help="validity, content hash, approval")
    known.set_defaults(run=run_list)
    approve = commands.add_parser(
        "approve", help="record that a person has read a profile and answers for its use"
    )
    approve.add_argument("profile", help="id, such as bg")
    approve.add_argument("--by", required=True, metavar="NAME", help="who has read it")
    approve.add_argument("--note", required=True, help="what was checked, with whom")
    approve.set_defaults(run=run_approve)
    revoke = commands.add_parser("revoke", help="end the approval of a profile")
    revoke.add_argument("profile", help="id, such as bg")
    revoke.set_defaults(run=run_revoke)
    for command in (known, approve, revoke):
        add_settings_argument(command)
    check = commands.add_parser("check", help="check a rule bundle; needs no database")
    check.add_argument("--profiles", type=Path, default=SHIPPED, metavar="DIR")
    check.set_defaults(run=run_check)


def rules_of(bundle: Bundle) -> dict[str, Rules]:
    """Return every profile by its id."""
    return {
        rules.profile: rules
        for country in sorted(bundle.countries)
        for rules in bundle.versions(country, subdivision=None, controller="", campaign="")
    }


def run_check(options: argparse.Namespace) -> int:
    """Print every profile of a bundle with its validity and content hash."""
    try:
        bundle = load(options.profiles)
    except UnusableProfiles as error:
        raise CommandFailed("\n".join(error.problems), WRONG) from None
    for name, rules in rules_of(bundle).items():
        print(f"{name}\t{rules.valid_from}\t{rules.valid_to or 'open'}\t{rules.sha256}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Print every profile on one line."""
    settings = settings_of(options)
    rules = rules_of(bundle_of(settings))

    async def look() -> tuple[frozenset[str], datetime, bool]:
        async with installation(settings) as found:
            return await approved_profiles(found.connection), found.now, found.lab

    approved, now, lab = asyncio.run(look())
    for name, one in rules.items():
        until = one.valid_to or "open"
        state = "approved" if one.sha256 in approved else "not approved"
        review = "  REVIEW DUE" if now.date() > one.review_by else ""
        print(f"{name:8} {one.valid_from} to {until!s:10}  {one.sha256[:16]}  {state}{review}")
    if lab:
        print("this is a lab: profiles that nobody has approved are used too")
    return 0


def run_approve(options: argparse.Namespace) -> int:
    """Approve a profile as it is now, character by character."""
    settings = settings_of(options)
    rules = _named(bundle_of(settings), options.profile)
    if not options.note.strip() or not options.by.strip():
        raise CommandFailed("--by and --note must say something", WRONG)

    async def approve() -> bool:
        async with installation(settings) as found, found.connection.transaction():
            if rules.sha256 in await approved_profiles(found.connection):
                return False
            await approve_profile(
                found.connection,
                profile=rules.profile,
                sha256=rules.sha256,
                approved_by=options.by,
                note=options.note,
                now=found.now,
            )
            return True

    done = asyncio.run(approve())
    what = "approved" if done else "was approved before; nothing changed"
    print(f"{rules.profile} ({rules.sha256[:16]}) {what}")
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """End an approval."""
    settings = settings_of(options)
    rules = _named(bundle_of(settings), options.profile)

    async def revoke() -> bool:
        async with installation(settings) as found:
            return await revoke_approval(found.connection, rules.sha256, now=found.now)

    if not asyncio.run(revoke()):
        raise CommandFailed(f"{rules.profile} as it is now was not approved")
    print(f"{rules.profile} is not approved any more")
    return 0


def _named(bundle: Bundle, profile: str) -> Rules:
    known = rules_of(bundle)
    if profile not in known:
        raise CommandFailed(f"no profile {profile!r}; known: {', '.join(known)}", WRONG)
    return known[profile]
