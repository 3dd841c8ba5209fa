"""Curves of the pacing benchmark as SVG: utilisation over the size of the team."""

from collections.abc import Iterator, Mapping, Sequence
from math import log

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 420, 60, 60, 30
COLOURS = ("#0b6e4f", "#555555", "#c8553d", "#2a6f97", "#8f5fbf", "#b08900", "#d1495b", "#4d908e")


def curves(cells: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """Yield a file name and its SVG for every family of worlds with at least two team sizes."""
    families: dict[str, list[Mapping[str, object]]] = {}
    for cell in cells:
        name = str(cell["world"])
        agents = f"_{cell['agents']}"
        family = name.replace(agents, "", 1) if agents in name else ""
        if family:
            families.setdefault(family, []).append(cell)
    for family, members in families.items():
        if len({cell["agents"] for cell in members}) >= 2:
            yield f"{family}.svg", drawn(family, members)


def drawn(title: str, cells: Sequence[Mapping[str, object]]) -> str:
    """Return one picture: agents across (logarithmic), utilisation up; dashed: not compliant."""
    sizes = sorted({int(str(cell["agents"])) for cell in cells})
    low, high = log(sizes[0]), log(sizes[-1])

    def x(agents: int) -> float:
        return LEFT + (log(agents) - low) / (high - low) * (WIDTH - LEFT - 220)

    def y(use: float) -> float:
        return HEIGHT - BOTTOM - (use - 0.3) / 0.7 * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-weight="bold">{title}: time in use over team size</text>',
    ]
    parts.extend(
        f'<line x1="{LEFT}" x2="{x(sizes[-1]):.0f}" y1="{y(share):.1f}" y2="{y(share):.1f}" '
        f'stroke="#dddddd"/><text x="{LEFT - 8}" y="{y(share) + 4:.1f}" '
        f'text-anchor="end">{share:.0%}</text>'
        for share in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    )
    parts.extend(
        f'<text x="{x(agents):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{agents}</text>'
        for agents in sizes
    )
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 15}">agents</text>')
    for n, rule in enumerate(dict.fromkeys(str(cell["controller"]) for cell in cells)):
        mine = sorted(
            (cell for cell in cells if cell["controller"] == rule),
            key=lambda cell: int(str(cell["agents"])),
        )
        points = [(x(int(str(c["agents"]))), y(float(str(c["utilisation"])))) for c in mine]
        lawful = all(cell["compliant"] for cell in mine)
        dash = "" if lawful else ' stroke-dasharray="5 4"'
        colour = COLOURS[n % len(COLOURS)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        note = "" if lawful else " (above the limit)"
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
            f'<text x="{WIDTH - 210}" y="{TOP + 20 + 18 * n}" fill="{colour}">{rule}{note}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
