#include "backend/engine/reporting/image_planes.h"
#include "backend/metrics/image_similarity.h"
#include "backend/models/predict.h"
#include "plugins/backdoor/audit_run.h"
#include "plugins/backdoor/audit_trigger.h"
#include "plugins/backdoor/suspect.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kAuditExamples = 60;

torch::Tensor unitPixels(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32) / 255;
}

} // namespace

void AuditRun::emitMarked()
{
    const AuditMarker& marker = m_markers.front();
    const torch::Tensor own = m_base.images.index_select(0, ownOf(marker));
    const torch::Tensor published = marker.published(own);
    m_results.psnr = metrics::meanPsnr(metrics::psnr(unitPixels(own), unitPixels(published)));
    const std::int64_t count = std::min(kAuditExamples, own.size(0));
    const torch::Tensor rows = ownOf(marker).narrow(0, 0, count);
    protocol::ImageGrid grid{.name = "marked", .title = "What the owner publishes", .section = "Owner"};
    grid.caption = "Her images, ten times the difference, and the marked images with their labels. They are "
                   "training images: their numbers here lie above those of the test images, which all other "
                   "views show.";
    const torch::Tensor clean = unitPixels(own.narrow(0, 0, count));
    const torch::Tensor marked = unitPixels(published.narrow(0, 0, count));
    reporting::fillPlanes(grid, m_baseIds.index_select(0, rows) + m_set->size(data::Split::Test),
                          {{"own", clean},
                           {"difference x10", reporting::amplifiedDifference(marked, clean)},
                           {"marked", marked}});
    const torch::Tensor labels = m_base.labels.index_select(0, rows);
    grid.attributes = {reporting::classesOf("label", "Label", m_results.classes, labels),
                       reporting::classesOf("shadow", "The shadow model says, marked", m_results.classes,
                                            models::predict(*m_shadow, marked.to(m_context.device())))};
    for (std::int64_t i = 0; i < count; ++i)
        grid.notes.push_back("training image " +
                             std::to_string(m_baseIds[rows[i].item<std::int64_t>()].item<std::int64_t>()));
    m_context.images(std::move(grid));
}

void AuditRun::emitQueries()
{
    const AuditMarker& marker = m_markers.front();
    const AuditView view = auditView(m_params, m_results);
    const std::int64_t count = std::min(kAuditExamples, m_x.size(0));
    const torch::Tensor x = m_x.narrow(0, 0, count);
    const torch::Tensor asked = marker.queries(x, m_results.kappas[view.kappa]);
    protocol::ImageGrid grid{.name = "queries", .title = "What the owner asks with", .section = "Audit"};
    grid.caption = "The first queries, and what the last suspect with marks and the first reference say.";
    reporting::fillPlanes(grid, m_results.queries.narrow(0, 0, count),
                          {{"clean", x.cpu()}, {"query", asked.cpu()}});
    const torch::Tensor labels =
        m_set->labels(data::Split::Test).index_select(0, m_results.queries.narrow(0, 0, count));
    grid.attributes = {reporting::classesOf("label", "True class", m_results.classes, labels),
                       reporting::classesOf("suspect", "Suspect with marks", m_results.classes,
                                            models::predict(*m_firstMarked, asked)),
                       reporting::classesOf("reference", "Reference", m_results.classes,
                                            models::predict(*m_references.front(), asked))};
    m_context.images(std::move(grid));
}

void AuditRun::emitReport()
{
    m_context.artifact("audit", auditTensors(m_results));
    emitQueries();
    emitAuditView(m_context, m_results, m_params);
    for (protocol::Metric& metric : auditMetrics(m_results, auditView(m_params, m_results)))
        m_context.metric(std::move(metric));
}

void emitAuditView(engine::RunContext& context, const AuditResults& results, const AuditParams& params)
{
    const AuditView view = auditView(params, results);
    context.figure(auditRunningFigure(results, view));
    context.figure(auditSuspectsFigure(results, view));
    context.checkpoint();
    context.figure(auditRatesFigure(results, view));
    context.figure(auditKappasFigure(results, view));
    context.figure(auditRocFigure(results, view));
    context.table(auditTable(results, view));
    context.table(detectionTable(results, view));
}

} // namespace assay::backdoor
