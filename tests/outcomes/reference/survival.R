# Reference values of the survival estimators, by R's package survival.
#
#   python -m outcomes.reference.datasets FOLDER     (with tests/ on PYTHONPATH)
#   Rscript survival.R FOLDER > survival.csv
#
# One line per number: dataset, method (with its options), quantity, at (a time, probability or term), value (NA: none).
# Made with R 4.2.2 and survival 3.5-3.

library(survival)

put <- function(dataset, method, quantity, at, value) {
  at <- if (is.numeric(at)) sprintf("%.15g", at) else at
  value <- ifelse(is.na(value), "NA", sprintf("%.15g", value))
  cat(paste(dataset, method, quantity, at, value, sep = ","), sep = "\n")
}

# Times of the sample itself, from its first to its last.
probes <- function(d) unique(unname(quantile(d$time, c(0, .1, .25, .5, .75, .9, 1), type = 1)))

outcome <- function(d, event = d$event) {
  if ("entry" %in% names(d)) Surv(d$entry, d$time, event) else Surv(d$time, event)
}

curves <- function(name, d) {
  for (conf in c("log-log", "log", "plain")) {
    fit <- survfit(outcome(d) ~ 1, conf.type = conf)
    method <- paste("kaplan-meier", conf)
    at <- probes(d)
    s <- summary(fit, times = at, extend = TRUE)
    put(name, method, "survival", at, s$surv)
    put(name, method, "std_error", at, s$std.err)
    put(name, method, "lower", at, s$lower)
    put(name, method, "upper", at, s$upper)
    put(name, method, "at_risk", at, s$n.risk)
    p <- c(0, .1, .25, .5, .6, .75, .9, 1)
    q <- quantile(fit, p)
    put(name, method, "quantile", p, q$quantile)
    put(name, method, "quantile_lower", p, q$lower)
    put(name, method, "quantile_upper", p, q$upper)
    table <- summary(fit)$table
    put(name, method, "median", "", table["median"])
    put(name, method, "median_lower", "", table["0.95LCL"])
    put(name, method, "median_upper", "", table["0.95UCL"])
  }
  fit <- survfit(outcome(d) ~ 1, conf.type = "log-log", conf.int = 0.9)
  put(name, "kaplan-meier 90", "lower", at, summary(fit, times = at, extend = TRUE)$lower)
  for (tau in at[at > 0]) {
    table <- summary(fit, rmean = tau)$table
    put(name, "rmst", "mean", tau, table["rmean"])
    put(name, "rmst", "std_error", tau, table["se(rmean)"])
  }
  table <- summary(survfit(outcome(d, 1 - d$event) ~ 1, conf.type = "log-log"))$table
  put(name, "follow-up", "median", "", table["median"])
  put(name, "follow-up", "median_lower", "", table["0.95LCL"])
  put(name, "follow-up", "median_upper", "", table["0.95UCL"])
}

log_ranks <- function(name, d) {
  if (!"group" %in% names(d) || "entry" %in% names(d)) return(invisible())
  fit <- survdiff(Surv(time, event) ~ group, d)
  put(name, "log-rank", "statistic", "", fit$chisq)
  put(name, "log-rank", "p", "", fit$pvalue)
  put(name, "log-rank", "expected", sub("group=", "", names(fit$n)), fit$exp)
  if (!"layer" %in% names(d)) return(invisible())
  fit <- survdiff(Surv(time, event) ~ group + strata(layer), d)
  put(name, "log-rank stratified", "statistic", "", fit$chisq)
  put(name, "log-rank stratified", "p", "", fit$pvalue)
}

# By default coxph stops four to six digits from the maximum.
to_the_maximum <- coxph.control(eps = 1e-14, iter.max = 50)

cox_models <- function(name, d) {
  if ("group" %in% names(d)) d$group <- factor(d$group)
  terms <- grep("^x[0-9]$|^group$", names(d), value = TRUE)
  if (length(terms) == 0) return(invisible())
  for (kind in c("cox", if ("layer" %in% names(d)) "cox stratified")) {
    y <- outcome(d)
    layer <- if (kind == "cox") NULL else "strata(layer)"
    fit <- coxph(reformulate(c(terms, layer), "y"), d, ties = "efron", control = to_the_maximum)
    s <- summary(fit)$coefficients
    at <- rownames(s)
    put(name, kind, "log_hazard", at, s[, "coef"])
    put(name, kind, "std_error", at, s[, "se(coef)"])
    put(name, kind, "p", at, s[, "Pr(>|z|)"])
    put(name, kind, "lower", at, summary(fit)$conf.int[, "lower .95"])
    put(name, kind, "upper", at, summary(fit)$conf.int[, "upper .95"])
    put(name, kind, "log_likelihood", "", fit$loglik[2])
    for (transform in c("km", "identity")) {
      z <- cox.zph(fit, transform = transform)$table
      put(name, paste(kind, transform), "statistic", rownames(z), z[, "chisq"])
      put(name, paste(kind, transform), "p", rownames(z), z[, "p"])
    }
  }
}

incidences <- function(name, d) {
  if (!"cause" %in% names(d)) return(invisible())
  at <- probes(d)
  for (conf in c("log-log", "log", "plain")) {
    d$id <- seq_len(nrow(d))
    fit <- survfit(outcome(d, factor(d$cause)) ~ 1, conf.type = conf, id = d$id)
    s <- summary(fit, times = at, extend = TRUE)
    for (cause in 1:2) {
      method <- paste("aalen-johansen", conf, cause)
      put(name, method, "incidence", at, s$pstate[, cause + 1])
      put(name, method, "std_error", at, s$std.err[, cause + 1])
      put(name, method, "lower", at, s$lower[, cause + 1])
      put(name, method, "upper", at, s$upper[, cause + 1])
    }
  }
}

cat("dataset,method,quantity,at,value\n")
folder <- commandArgs(trailingOnly = TRUE)[1]
for (file in sort(list.files(folder, "[.]csv$"))) {
  d <- read.csv(file.path(folder, file))
  name <- sub("[.]csv$", "", file)
  curves(name, d)
  log_ranks(name, d)
  cox_models(name, d)
  incidences(name, d)
}
