"""How likely two texts are to be compared: the S-curve of the bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.dedup.signatures import collision_probability

if TYPE_CHECKING:
    from pipeline.config import DedupConfig


def render_curve(config: DedupConfig) -> str:
    """Show the share of pairs that become candidates, by their similarity."""
    rows = config.permutations // config.bands
    decided = f"similarity {config.similarity}, or containment {config.containment}"
    lines = [f"# candidate pairs: {config.bands} bands of {rows} values; copies from {decided}"]
    for tenth in range(1, 11):
        share = collision_probability(tenth / 10, config.permutations, config.bands)
        lines.append(f"#   similarity {tenth / 10:.1f}  {share:7.2%}  {'▇' * round(share * 40)}")
    return "\n".join(lines)
