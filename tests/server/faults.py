"""What goes wrong with an export server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Faults:
    """Each switch strikes so many times, or stays as it is set.

    down: paths that begin so answer 503. busy: (status, Retry-After) of the next answers, in turn. kickoff_texts: a
    refused type is named in the texts. lose_jobs: status answers 404; fail_jobs: 500. expire_files: downloads answer
    404. away: downloads redirect there. files_at: origin of the addresses in manifests. cut: downloads end in the
    middle. ranges: a broken one can be resumed. truncated: gzip that ends early. short: manifests count a line too
    many. endless, drip: downloads without end, or by bytes. polls: answers "not yet" before a manifest.
    requests_per_token: a token expires after so many.
    """

    down: str = ""
    busy: list[tuple[int, str]] = field(default_factory=list)
    kickoff_texts: bool = True
    lose_jobs: int = 0
    fail_jobs: int = 0
    expire_files: int = 0
    away: str = ""
    files_at: str = ""
    cut: int = 0
    ranges: bool = True
    truncated: int = 0
    short: int = 0
    endless: bool = False
    drip: float = 0
    polls: int = 1
    requests_per_token: int = 0

    def strike(self, name: str) -> bool:
        """Whether this fault strikes once more."""
        left: int = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return left > 0
