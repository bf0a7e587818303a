"""iRECIST: responses and best response of whole histories (Seymour 2017, Lancet Oncol 18:e143-e152, tables 2 and 3)."""

from __future__ import annotations

from outcomes.immune_history import lesions, responses, sums
from outcomes.record import Record, on, rows

# A history of lesions (outcomes.immune_history), its responses, the best of them, and the day of the progression that
# counts (None: there is none).
Story = tuple[str, str, str, int | None]
LESIONS: list[Story] = [
    # No progression: as by RECIST 1.1.
    ("t100; 60 t70; 120 t80; 180 t80", "iPR, iSD, iSD", "iPR", None),
    ("t100 o=; 60 t0 o=; 120 t0 o-", "iPR, iCR", "iCR", None),
    ("t100; 60 t100", "iSD", "iSD", None),
    ("t100; 30 t100", "iSD", "NE", None),  # stable disease must last
    ("o=; 60 o=; 120 o-", "NON-iCR/NON-iUPD, iCR", "iCR", None),
    ("t100; 60 t?", "NE", "NE", None),
    # Progression that the next assessment confirms, in each category.
    ("t100; 60 t120; 95 t125", "iUPD, iCPD", "iCPD", 60),
    ("t100 o30; 60 t100 o40+; 95 t100 o40.5=", "iUPD, iCPD", "iCPD", 60),
    ("t100 o30; 60 t100 o40+; 95 t100 o40+", "iUPD, iUPD", "iUPD", 60),  # unequivocal, but no further increase
    ("t100 o= o_2=; 60 t100 o+ o_2=; 95 t100 o+ o_2+", "iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t100 x12; 95 t100 x17", "iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t100 x8; 95 t100 x8.1", "iUPD, iCPD", "iCPD", 60),  # not measurable: any increase
    ("t100; 60 t100 x=; 95 t100 x+", "iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t100 x12; 95 t100 x12 x_2=", "iUPD, iCPD", "iCPD", 60),  # one more
    # ... or progression of what had not progressed.
    ("t100; 60 t120; 95 t120 x12", "iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t100 x12; 95 t120 x12", "iUPD, iCPD", "iCPD", 60),
    ("t100 o=; 60 t120 o=; 95 t120 o+", "iUPD, iCPD", "iCPD", 60),
    ("t100 o=; 60 t100 o+; 95 t120 o=", "iUPD, iCPD", "iCPD", 60),
    ("o=; 60 o= x=; 95 o+ x=", "iUPD, iCPD", "iCPD", 60),
    # No change: unconfirmed again and again, and the first counts.
    ("t100; 60 t120; 95 t120; 130 t121", "iUPD, iUPD, iUPD", "iUPD", 60),
    ("t100; 60 t100 x12; 95 t100 x12", "iUPD, iUPD", "iUPD", 60),
    ("t100; 60 t50; 120 t50 x12; 155 t50 x12", "iPR, iUPD, iUPD", "iPR", 120),
    # Table 3, example 7: confirmed only by the assessment after the next; small steps of growth add up.
    ("t100; 60 t120; 95 t124; 130 t126", "iUPD, iUPD, iCPD", "iCPD", 60),
    # What cannot be evaluated leaves it open (examples 8 and 4).
    ("t100; 60 t120; 95 t?; 130 t?", "iUPD, NE, NE", "iUPD", 60),
    ("t100; 60 t120; 95 t?; 116 t125", "iUPD, NE, iCPD", "iCPD", 60),
    ("t100; 60 t120; 95 t?; 130 t70", "iUPD, NE, iPR", "iPR", None),
    # The bar is reset by shrinkage (examples 2, 3, 5): progression is disregarded and has to occur anew.
    ("t100; 60 t120; 95 t110", "iUPD, iSD", "iSD", None),
    ("t100; 60 t120; 95 t70; 130 t70", "iUPD, iPR, iPR", "iPR", None),
    ("t100; 60 t120; 95 t0", "iUPD, iCR", "iCR", None),
    ("t100; 60 t120; 95 t70; 160 t84", "iUPD, iPR, iUPD", "iPR", 160),  # 20 % above the new nadir
    ("t100; 60 t120; 95 t70; 160 t84; 195 t89", "iUPD, iPR, iUPD, iCPD", "iPR", 160),
    ("t100; 60 t120; 95 t70; 160 t84; 195 t70; 260 t84; 295 t84", "iUPD, iPR, iUPD, iPR, iUPD, iUPD", "iPR", 260),
    ("t100 o=; 60 t100 o+; 95 t100 o=", "iUPD, iSD", "iSD", None),
    ("o=; 60 o+; 95 o=", "iUPD, NON-iCR/NON-iUPD", "NON-iCR/NON-iUPD", None),
    ("o=; 60 o+; 95 o-", "iUPD, iCR", "iCR", None),
    # A decrease that is still 20 % above the nadir is no reset.
    ("t100; 60 t60; 120 t80; 155 t72; 190 t71.999", "iPR, iUPD, iUPD, iSD", "iPR", None),
    # New lesions need not go: shrinkage of the rest is enough, but not for complete response.
    ("t100; 60 t100 x12; 95 t70 x12", "iUPD, iPR", "iPR", None),
    ("t100; 60 t100 x12; 95 t95 x12", "iUPD, iSD", "iSD", None),
    ("t100; 60 t100 x12; 95 t95.001 x12", "iUPD, iUPD", "iUPD", 60),
    ("t100; 60 t74 x12; 95 t70 x12", "iUPD, iPR", "iPR", None),  # another category, by less than 5 mm
    ("t100; 60 t100 x17; 95 t100 x12", "iUPD, iSD", "iSD", None),  # the new lesion itself shrinks
    ("t100; 60 t100 x12; 95 t0 x12; 130 t0 x-", "iUPD, iPR, iCR", "iCR", None),
    ("t100; 60 t100 x12; 95 t100 x-", "iUPD, iSD", "iSD", None),
    ("t100 o=; 60 t100 o+; 95 t60 o+", "iUPD, iPR", "iPR", None),  # nor need non-target disease
    ("o=; 60 o= x12; 95 o- x12", "iUPD, NON-iCR/NON-iUPD", "NON-iCR/NON-iUPD", None),
    # After that, only more of them, or progression of them, is progression anew.
    ("t100; 60 t100 x12; 95 t70 x12; 130 t70 x12", "iUPD, iPR, iPR", "iPR", None),
    ("t100; 60 t100 x12; 95 t70 x12; 130 t70 x12 x_2=", "iUPD, iPR, iUPD", "iPR", 130),
    ("t100; 60 t100 x25; 95 t70 x25; 130 t70 x29.999; 165 t70 x30", "iUPD, iPR, iPR, iUPD", "iPR", 165),
    ("t100; 60 t100 x12; 95 t70 x-; 130 t70 x12", "iUPD, iPR, iUPD", "iPR", 130),  # back again
    ("t100 o=; 60 t100 o+; 95 t60 o+; 130 t60 o+; 165 t60 o=; 200 t60 o+", "iUPD, iPR, iPR, iPR, iUPD", "iPR", 200),
    # Response first (example 1), and disease back after complete response.
    ("t100; 60 t0; 120 t20; 155 t25; 190 t0", "iCR, iUPD, iCPD", "iCR", 120),
    ("t100; 60 t0; 120 t4; 155 t4; 190 t0", "iCR, iUPD, iUPD, iCR", "iCR", None),
    ("t100 o=; 60 t0 o-; 120 t0 o=; 155 t0 o=", "iCR, iUPD, iUPD", "iCR", 120),
    # Nothing is told after confirmed progression (example 6).
    ("t100; 60 t120; 95 t125; 130 t0", "iUPD, iCPD", "iCPD", 60),
    # Early growth confirms nothing; what was grown by then does later.
    ("t100; 60 t120; 87 t130; 100 t130", "iUPD, iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t100 x12; 80 t100 x12 x_2=; 90 t100 x12 x_2=", "iUPD, iUPD, iCPD", "iCPD", 60),
    ("t100; 60 t120; 80 t70", "iUPD, iPR", "iPR", None),  # but shrinkage needs no time
    # Late growth remains unconfirmed, until it is seen again in time.
    ("t100; 60 t120; 117 t130", "iUPD, iUPD", "iUPD", 60),
    ("t100; 60 t120; 117 t130; 173 t130", "iUPD, iUPD, iCPD", "iCPD", 60),
]
# The same of sums, with what is recorded of the rest on those days.
SUMS: list[Story] = [
    ("100; 60 120; 95 125", "iUPD, iCPD", "iCPD", 60),
    ("100; 60 100 new; 95 100", "iUPD, iSD", "iSD", None),
    ("100; 60 100 new; 95 100 new", "iUPD, iUPD", "iUPD", 60),
    ("100; 60 100 new; 95 70 new", "iUPD, iPR", "iPR", None),
    ("100; 60 120; 95 120 new", "iUPD, iCPD", "iCPD", 60),
    ("100; 60 120; 95 . new", "iUPD, iCPD", "iCPD", 60),  # a day without a sum
    ("100; 60 . new; 95 . new", "iUPD, iUPD", "iUPD", 60),
    ("100; 60 100 non-target PD; 95 100 non-target PD", "iUPD, iUPD", "iUPD", 60),
    ("100; 60 100 non-target PD; 95 120 non-target PD", "iUPD, iCPD", "iCPD", 60),
    ("100; 60 100 non-target PD; 95 70 non-target PD; 130 70 non-target PD", "iUPD, iPR, iPR", "iPR", None),
    ("100; 60 70 non-target NON-CR/NON-PD; 120 70 non-target PD", "iPR, iUPD", "iPR", 120),
    ("100; 60 100 new; 95 70; 130 70 new", "iUPD, iPR, iUPD", "iPR", 130),
]
STORIES = [*((lesions, *story) for story in LESIONS), *((sums, *story) for story in SUMS)]


def test_every_history_has_its_responses(immune: Record) -> None:
    for person, (write, history, *_) in enumerate(STORIES):
        write(immune, person, history)
    found = responses(immune)
    assert [(history, found[person]) for person, (_, history, *_) in enumerate(STORIES)] == [
        (history, told) for _, history, told, *_ in STORIES
    ]


def test_every_history_has_its_best_response_and_its_progression(immune: Record) -> None:
    for person, (write, history, *_) in enumerate(STORIES):
        write(immune, person, history)
    found = rows(immune.results().best_immune_response, "subject_id", "response", "progression_date")
    expected = [(person, best, None if day is None else on(day)) for person, (_, _, _, best, day) in enumerate(STORIES)]
    assert [(STORIES[row[0]][1], *row) for row in found] == [(STORIES[row[0]][1], *row) for row in expected]
