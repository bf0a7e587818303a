"""The service: what runs when, what became of it, and who is told.

calendar   the business dates on which a job is due
jobs       the ledger of jobs: one row per attempt, in data/jobs.sqlite
record     a job in the making: the lock, its stages and seconds, its row in the ledger
tasks      what a night and a bulletin do
news       what of it somebody should be told; delivery sends it by e-mail and webhook (mail)
health     whether all is well, for /health and `status`; metrics for Prometheus; web answers
serve      the scheduler; each job is a process of its own
"""
