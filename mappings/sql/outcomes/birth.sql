-- Birth dates of the entrants; a missing month or day is the first of its period, as everywhere for partial dates.
SELECT
    person.person_id,
    coalesce(
        try(make_date(person.year_of_birth, coalesce(person.month_of_birth, 1), coalesce(person.day_of_birth, 1))),
        make_date(person.year_of_birth, 1, 1)
    ) AS birth_date
FROM cdm.person
SEMI JOIN entrant ON person.person_id = entrant.person_id
