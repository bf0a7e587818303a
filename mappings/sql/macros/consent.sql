-- Consents: whether one opts its patient out.

-- HL7 v3 PurposeOfUse: research (HRESCH) and what is below it. A registry of outcomes is research.
CREATE OR REPLACE TEMP MACRO is_research_purpose(purpose_code) AS coalesce(purpose_code IN (
    'HRESCH', 'BIORCH', 'CLINTRCH', 'CLINTRCHNPC', 'CLINTRCHPC', 'PRECLINTRCH', 'DSRCH', 'POARCH', 'TRANSRCH'
), FALSE);

-- HL7 v3 PurposeOfUse: what is neither research nor may comprise a registry: care, payment, marketing, on request.
CREATE OR REPLACE TEMP MACRO is_other_purpose(purpose_code) AS coalesce(purpose_code IN (
    'TREAT', 'ETREAT', 'CAREMGT', 'HPAYMT', 'HMARKT', 'PATRQT', 'FAMRQT', 'PWATRNY', 'SUPNWK'
), FALSE);

-- FHIR R4, Consent.scope: advance directives (adr) and consents to a treatment say nothing of the use of data.
CREATE OR REPLACE TEMP MACRO is_about_data(scope) AS CASE
    WHEN list_has_any(codes_of([scope]), ['research', 'patient-privacy']) THEN TRUE
    ELSE NOT list_has_any(codes_of([scope]), ['adr', 'treatment'])
END;

-- HL7 v3 ActConsentDirective, as a policy or a category: opted out, wholly or with exceptions.
CREATE OR REPLACE TEMP MACRO is_opt_out_policy(policy_rule, categories) AS
list_has_any(codes_of(list_append(categories, policy_rule)), ['OPTOUT', 'OPTOUTE']);

-- Whether a rule holds on the extract date; NULL where its dates cannot be read.
CREATE OR REPLACE TEMP MACRO is_in_force(period) AS CASE
    WHEN is_wrong_date(period.start) OR is_wrong_date(period."end") THEN NULL
    ELSE
        coalesce(fhir_date(period.start) <= extract_date(), TRUE)
        AND coalesce(last_date(period."end") >= extract_date(), TRUE)
END;

-- A rule that holds only for some recipients or some data cannot be followed by halves.
CREATE OR REPLACE TEMP MACRO is_narrowed(provision) AS
len(provision.actor) > 0 OR len(provision.securityLabel) > 0 OR len(provision.class) > 0 OR len(provision.code) > 0
OR provision.dataPeriod IS NOT NULL OR len(provision.data) > 0 OR len(provision.provision) > 0;

CREATE OR REPLACE TEMP MACRO denied_purposes(provision) AS CASE
    WHEN coalesce(len(provision.purpose), 0) = 0 THEN 'research'
    WHEN len(list_filter(provision.purpose, LAMBDA one: is_research_purpose(one.code))) > 0 THEN 'research'
    WHEN len(list_filter(provision.purpose, LAMBDA one: NOT is_other_purpose(one.code))) > 0 THEN 'unknown'
    ELSE 'other'
END;

-- FHIR R4, consentaction: whoever only denies corrections denies no use.
CREATE OR REPLACE TEMP MACRO denied_actions(provision) AS CASE
    WHEN coalesce(len(provision.action), 0) = 0 THEN 'use'
    WHEN list_has_any(codes_of(provision.action), ['collect', 'access', 'use', 'disclose']) THEN 'use'
    WHEN coalesce(len(codes_of(provision.action)), 0) = 0 THEN 'unknown'
    WHEN list_has_all(['correct'], codes_of(provision.action)) THEN 'other'
    ELSE 'unknown'
END;

-- What an active Consent says: consent-denies, consent-not-understood (which counts as a denial), or nothing.
CREATE OR REPLACE TEMP MACRO consent_verdict(scope, categories, policy_rule, provision) AS CASE
    WHEN NOT is_about_data(scope) THEN NULL
    WHEN provision.type = 'deny'
        THEN
            CASE
                WHEN is_in_force(provision.period) = FALSE THEN NULL
                WHEN denied_purposes(provision) = 'other' OR denied_actions(provision) = 'other' THEN NULL
                WHEN is_in_force(provision.period) IS NULL OR coalesce(is_narrowed(provision), FALSE)
                    THEN 'consent-not-understood'
                WHEN denied_purposes(provision) = 'unknown' OR denied_actions(provision) = 'unknown'
                    THEN 'consent-not-understood'
                WHEN list_has_any(codes_of([scope]), ['research', 'patient-privacy']) THEN 'consent-denies'
                ELSE 'consent-not-understood'
            END
    WHEN is_opt_out_policy(policy_rule, categories)
        THEN
            CASE
                -- What is permitted beside it may be research or not.
                WHEN provision.type IS NULL THEN 'consent-denies' ELSE 'consent-not-understood'
            END
    WHEN provision.type <> 'permit' THEN 'consent-not-understood'
    WHEN len(list_filter(provision.provision, LAMBDA one: coalesce(one.type, 'deny') <> 'permit')) > 0
        THEN 'consent-not-understood'
END;

CREATE OR REPLACE TEMP MACRO unsafe_consent(implicit_rules, modifiers, provision, meta_data) AS
unsafe(implicit_rules, list_concat(modifiers, provision.modifierExtension), meta_data);

-- The whole of it: why a Consent gives no rows, where it opts out or cannot be judged.
CREATE OR REPLACE TEMP MACRO consent_reason(
    status, implicit_rules, modifiers, meta_data, scope, categories, policy_rule, provision
) AS CASE
    WHEN status IN ('draft', 'proposed', 'rejected', 'inactive') THEN NULL
    WHEN status = 'entered-in-error' THEN 'entered-in-error'
    WHEN status = 'active'
        THEN
            CASE
                -- Who withholds a Consent does not take back what it says.
                WHEN
                    unsafe_consent(implicit_rules, modifiers, provision, meta_data) <> 'restricted'
                    THEN unsafe_consent(implicit_rules, modifiers, provision, meta_data)
                ELSE consent_verdict(scope, categories, policy_rule, provision)
            END
    ELSE 'invalid-status'
END;
