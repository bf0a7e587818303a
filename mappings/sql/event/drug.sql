-- The four medication resources: a row each, with what their end can be derived from. Not yet coded: `drug`, `route`
-- and `dose_unit` are CodeableConcepts. A prescription says prescribed, not taken: its type concept tells.
WITH given AS (
    SELECT
        a.resource,
        a.source,
        a.medicationCodeableConcept,
        a.medicationReference,
        a.contained,
        a.subject,
        a.context AS encounter,
        first_provider(a.source, list_transform(a.performer, LAMBDA p: p.actor)) AS provider_id,
        type_ehr_administration() AS type_concept_id,
        coalesce(a.effectiveDateTime, a.effectivePeriod.start) AS start_text,
        a.effectivePeriod."end" AS end_text,
        a.statusReason[1] AS stop_reason,
        a.dosage.dose.value AS quantity,
        a.dosage.dose,
        a.dosage.route,
        a.dosage.text AS sig,
        'start' AS end_otherwise
    FROM fhir.medication_administration AS a
    UNION ALL BY NAME
    SELECT
        d.resource,
        d.source,
        d.medicationCodeableConcept,
        d.medicationReference,
        d.contained,
        d.subject,
        d.context AS encounter,
        first_provider(d.source, list_transform(d.performer, LAMBDA p: p.actor)) AS provider_id,
        type_ehr_dispensing() AS type_concept_id,
        coalesce(d.whenHandedOver, d.whenPrepared) AS start_text,
        CASE WHEN d.whenHandedOver IS NULL THEN 'whenPrepared' END AS start_from,
        d.statusReasonCodeableConcept AS stop_reason,
        d.quantity.value AS quantity,
        days_of(d.daysSupply) AS days_supply,
        daily_amount(d.dosageInstruction[1], d.quantity) AS daily,
        d.quantity AS dose,
        d.dosageInstruction[1].route AS route,
        d.dosageInstruction[1].text AS sig,
        'start' AS end_otherwise
    FROM fhir.medication_dispense AS d
    UNION ALL BY NAME
    SELECT
        s.resource,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained,
        s.subject,
        s.context AS encounter,
        provider_key(s.source, s.informationSource) AS provider_id,
        CASE
            WHEN reference_type(reference_key(s.source, s.informationSource, NULL)) IN ('Patient', 'RelatedPerson')
                THEN type_patient_self_report()
            ELSE type_ehr_medication_list()
        END AS type_concept_id,
        coalesce(s.effectiveDateTime, s.effectivePeriod.start) AS start_text,
        s.effectivePeriod."end" AS end_text,
        s.statusReason[1] AS stop_reason,
        s.dosage[1].doseAndRate[1].doseQuantity AS dose,
        s.dosage[1].route AS route,
        s.dosage[1].text AS sig,
        'start' AS end_otherwise
    FROM fhir.medication_statement AS s
    UNION ALL BY NAME
    SELECT
        r.resource,
        r.source,
        r.medicationCodeableConcept,
        r.medicationReference,
        r.contained,
        r.subject,
        r.encounter,
        provider_key(r.source, r.requester) AS provider_id,
        type_ehr_prescription() AS type_concept_id,
        coalesce(r.authoredOn, r.dispenseRequest.validityPeriod.start) AS start_text,
        CASE WHEN r.authoredOn IS NULL THEN 'validityPeriod' END AS start_from,
        r.dosageInstruction[1].timing.repeat.boundsPeriod."end" AS end_text,
        r.statusReason AS stop_reason,
        try_cast(r.dispenseRequest.numberOfRepeatsAllowed AS integer) AS refills,
        r.dispenseRequest.quantity.value AS quantity,
        days_of(r.dispenseRequest.expectedSupplyDuration) AS days_supply,
        daily_amount(r.dosageInstruction[1], r.dispenseRequest.quantity) AS daily,
        coalesce(r.dispenseRequest.quantity, r.dosageInstruction[1].doseAndRate[1].doseQuantity) AS dose,
        r.dosageInstruction[1].route AS route,
        r.dosageInstruction[1].text AS sig,
        'start + 29 days' AS end_otherwise
    FROM fhir.medication_request AS r
)

SELECT
    g.resource,
    g.type_concept_id,
    g.start_text,
    g.start_from,
    g.end_text,
    g.end_otherwise,
    g.stop_reason,
    g.refills,
    g.quantity,
    g.days_supply,
    g.daily,
    g.sig,
    g.route,
    g.provider_id,
    patient_key(g.source, g.subject) AS person_id,
    encounter_key(g.source, g.encounter) AS visit_occurrence_id,
    drug_of(g.medicationCodeableConcept, g.medicationReference, g.contained, m.drug) AS drug,
    unit_of(g.dose) AS dose_unit
FROM given AS g
LEFT JOIN medication_event AS m ON reference_key(g.source, g.medicationReference, 'Medication') = m.resource
