-- The patients, by natural key or identifier, whom a Consent opts out: it denies, or cannot be understood.
SELECT DISTINCT patient_key(c.source, c.patient) AS patient
FROM staged.consent AS c
WHERE
    consent_reason(
        c.status, c.implicitRules, c.modifierExtension, c.meta, c.scope, c.category, c.policyRule, c.provision
    ) IN (
        'consent-denies', 'consent-not-understood', 'implicit-rules', 'unknown-modifier-extension', 'subsetted',
        'invalid-status'
    )
