"""What somebody should be told of a job: that it failed, works again, or that a quality check turned bad.

Decided by the ledger alone, so that telling twice says nothing twice. No text of an error is repeated: names of files
and places are for those who may see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from onco_registry.service import jobs
from onco_registry.service.jobs import Row
from onco_registry.service.meaning import advice, has_failed, meaning


@dataclass(frozen=True)
class News:
    """One thing to tell: its kind (failure, given-up, recovery or quality), a subject and a text."""

    kind: str
    subject: str
    body: str


def note(engine: Engine, job: str, *, site: str, retries: int, is_served: bool, channels: Sequence[str]) -> None:
    """Keep the news of the newest attempt of a job for the channels, each thing once.

    is_served: whether a service runs, which tries again what failed.
    """
    found = jobs.newest(engine, 2, job=job)
    for news in _of(engine, site, retries, is_served, *found) if found else ():
        told = {"subject": news.subject, "body": news.body, "waiting_for": list(channels)}
        jobs.add_news(engine, attempt=found[0]["id"], kind=news.kind, **told)


def _of(
    engine: Engine, site: str, retries: int, is_served: bool, newest: Row, before: Row | None = None
) -> Iterator[News]:
    """The news of an attempt, of which `before` is the one before it."""
    name = f"{newest['job']} of {newest['business_date']}"
    failed_before = before is not None and has_failed(before)
    if has_failed(newest):
        again = len(jobs.attempts(engine, newest["job"], newest["business_date"])) <= retries
        if not failed_before:
            then = "It is tried again." if again and is_served else "It is not tried again by itself."
            yield News("failure", f"onco-registry at {site}: {name} failed", _failed(newest, then))
        elif not again:
            gone = "It failed each time and is not tried again before its next date."
            yield News("given-up", f"onco-registry at {site}: {name} is given up", _failed(newest, gone))
    elif newest["outcome"] == "succeeded":
        if failed_before:
            yield News("recovery", f"onco-registry at {site}: {name} works again", f"{_done(newest)}\n")
        yield from _quality(engine, site, name, newest)


def _quality(engine: Engine, site: str, name: str, newest: Row) -> Iterator[News]:
    earlier = jobs.last_succeeded(engine, newest["job"], before=newest["id"])
    turned = sorted(set(newest["failing"] or ()) - set(earlier["failing"] or () if earlier else ()))
    if turned:
        listed = "".join(f"  {check}\n" for check in turned)
        noun = "a quality check" if len(turned) == 1 else f"{len(turned)} quality checks"
        body = f"These fail now and did not before:\n\n{listed}\nMore: onco-registry check\n"
        yield News("quality", f"onco-registry at {site}: {noun} turned bad in the {name}", body)


def _failed(attempt: Row, then: str) -> str:
    return (
        f"Why: {meaning(attempt)}.\nTo do: {advice(attempt)}.\n"
        f"Began {attempt['started']}, ended {attempt['ended']}, software {attempt['software']}.\n"
        f"{then} What was committed stays, and nothing half-done does.\n\nMore: onco-registry status\n"
    )


def _done(attempt: Row) -> str:
    counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in (attempt["counts"] or {}).items())
    return f"Run {attempt['run']}, began {attempt['started']}, ended {attempt['ended']}: {counts}."
