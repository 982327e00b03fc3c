#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/backdoor/audit_params.h"
#include "plugins/backdoor/audit_statistics.h"

#include <string>
#include <vector>

namespace assay::backdoor {

enum class AuditRole {
    Reference, ///< the owner's, on other images
    Innocent,  ///< a suspect that saw none of the owner's images
    Marked     ///< a suspect that saw the marked ones
};
/// "reference", "without marks", "with marks".
const char* auditRoleName(AuditRole role);

/// A network that was questioned.
struct AuditNetwork
{
    std::string name; ///< "reference 1", "innocent 2", "trigger 1 % 3"
    AuditRole role = AuditRole::Reference;
    std::string method; ///< of the marks it saw; empty: none
    double rate = 0;    ///< marked fraction of its training set
    int seed = 0;       ///< 1 ..
    metrics::Rate accuracy;
};

/// What a network answered to the queries of one method.
struct AuditAnswer
{
    std::size_t network = 0;
    std::string method;
    torch::Tensor hits; ///< bool [kappas,n]: taken for the audited class
    double loss = 0;    ///< mean cross-entropy on the images that the owner published at the largest rate
};

/// All that figures and tables of `backdoor.audit` are made from.
struct AuditResults
{
    std::vector<std::string> classes;
    std::int64_t target = 0;
    std::vector<double> rates; ///< ascending
    std::vector<double> kappas;
    std::vector<AuditNetwork> networks;
    std::vector<AuditAnswer> answers;
    torch::Tensor queries;    ///< int64 [n]: ids of test images
    std::vector<double> loss; ///< of the trigger's optimisation
    double psnr = 0;          ///< of marked images

    std::vector<std::string> methods() const;
    const AuditNetwork& networkOf(const AuditAnswer& answer) const { return networks[answer.network]; }
};

/// How an audit is looked at: the live parameters.
struct AuditView
{
    std::size_t kappa = 0;    ///< index
    std::int64_t queries = 0; ///< the first of all
    double confidence = 0.95;
    bool chance = false; ///< beta is 1 / classes
    double margin = 3;
    std::size_t suspect = 0; ///< index of an answer
};
/// What of the parameters can be had: the nearest kappa, no more queries than there are.
/// @throws Error for a suspect that is none.
AuditView auditView(const AuditParams& params, const AuditResults& results);

/// The rate that H0 allows models without marks, of a method at a kappa: over all queries, which the owner
/// can ask her references freely.
double betaOf(const AuditResults& results, const AuditView& view, const std::string& method);
/// The first @p view.queries answers, judged.
AuditDecision decisionOf(const AuditResults& results, const AuditView& view, const AuditAnswer& answer);
/// The classic audit by the loss: how many deviations of the references' mean losses on the published images
/// the suspect's lies below their mean.
double lossScore(const AuditResults& results, const AuditAnswer& answer);

/// Artifact `audit`.
engine::TensorMap auditTensors(const AuditResults& results);
/// @throws Error for a malformed artifact.
AuditResults auditFrom(const engine::TensorMap& tensors);

protocol::Figure auditRunningFigure(const AuditResults& results, const AuditView& view);
protocol::Figure auditSuspectsFigure(const AuditResults& results, const AuditView& view);
protocol::Figure auditRatesFigure(const AuditResults& results, const AuditView& view);
protocol::Figure auditKappasFigure(const AuditResults& results, const AuditView& view);
protocol::Figure auditRocFigure(const AuditResults& results, const AuditView& view);
protocol::Figure auditSearchFigure(const AuditResults& results);
/// `audit`: see docs/studies/backdoor.audit.md.
protocol::Table auditTable(const AuditResults& results, const AuditView& view);
/// `detection`: method, rate, models, asr, asr_deviation, detected, low, high, binomial_detected,
/// loss_detected; rate 0 are the false alarms.
protocol::Table detectionTable(const AuditResults& results, const AuditView& view);
std::vector<protocol::Metric> auditMetrics(const AuditResults& results, const AuditView& view);

} // namespace assay::backdoor
