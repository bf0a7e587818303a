"""What a check of a publication says."""

from __future__ import annotations

from dataclasses import dataclass

# It contradicts itself or arithmetic; it may be right, but by no usual way; it follows from what is printed.
IMPOSSIBLE, QUESTION, IMPLIED = "impossible", "question", "implied"


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement on one entry: its kind (impossible, question, implied), section and name, line of the file."""

    kind: str
    where: str
    line: int
    text: str
