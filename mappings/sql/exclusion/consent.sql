-- ConsentState is a required value set. A Consent gives no rows: what it says of its patient is decided in sql/opt_out.
WITH judged AS (
    SELECT
        c.resource,
        coalesce(
            consent_reason(
                c.status, c.implicitRules, c.modifierExtension, c.meta, c.scope, c.category, c.policyRule, c.provision
            ),
            wrong_subject(c.source, c.patient),
            unsafe_consent(c.implicitRules, c.modifierExtension, c.provision, c.meta)
        ) AS reason
    FROM touched.consent AS c
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
