#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace assay::backdoor {

/// Regularised incomplete beta function I_x(a, b), a, b > 0, x in [0,1], by the continued fraction of Lentz
/// (DLMF 8.17.22), to about 1e-14.
double regularisedBeta(double a, double b, double x);

/// P(T <= t) of Student's distribution. @param dof > 0.
double studentProbability(double t, double dof);
/// Its inverse. @param p in (0,1). To about 1e-12, by bisection.
double studentQuantile(double p, double dof);
/// P(X >= k) of the binomial distribution of @p n draws at @p p: 1 for k <= 0, 0 for k > n.
double binomialTail(std::int64_t k, std::int64_t n, double p);

/// Whether @p hits of @p n queries say more than a rate of at most beta would.
struct AuditDecision
{
    std::int64_t hits = 0;
    std::int64_t n = 0;
    double rate = 0;
    double beta = 0;
    double statistic = 0;  ///< sqrt(n-1) (rate - beta) / sqrt(rate - rate^2); infinite where rate is 0 or 1
    double quantile = 0;   ///< of Student's distribution with n - 1 degrees of freedom
    double p = 1;          ///< of the t test, one-sided
    bool rejected = false; ///< H0 "the rate is at most beta" is rejected by the t test
    double binomialP = 1;  ///< exact: of so many hits or more at a rate of beta
    bool binomialRejected = false;
    /// The fewest queries at which the t test rejects at this very rate; none where rate <= beta.
    std::optional<std::int64_t> fewest;
};

/// Hu et al. 2022 (2206.04823), theorem 1: H0 is rejected when
/// sqrt(n-1) (rate - beta) - t sqrt(rate - rate^2) > 0 with t the @p confidence quantile of Student's
/// distribution with n-1 degrees of freedom. With a variance of 0 that asks whether rate > beta: the exact
/// test beside it is no such fool.
/// @param n at least 2. @param confidence in (0,1): 0.95 is a level of 5 %.
AuditDecision decideAudit(std::int64_t hits, std::int64_t n, double beta, double confidence);

/// mean + margin * standard deviation (of the sample) of the rates of models without marks, but no less than
/// one query in @p n. @param rates at least two.
double referenceBeta(std::span<const double> rates, double margin, std::int64_t n);

/// How well a score tells models with marks (high) from those without.
struct AuditRoc
{
    std::vector<double> falseRate, trueRate; ///< from (0,0) to (1,1), one point per distinct score
    double area = 0;                         ///< ties count a half
};
/// @throws Error when either is empty.
AuditRoc auditRoc(std::span<const double> marked, std::span<const double> unmarked);

} // namespace assay::backdoor
