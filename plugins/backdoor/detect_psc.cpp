#include "plugins/backdoor/detect_psc.h"

#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

PscTrace pscSelection(double omega, std::vector<double> eta, double xi)
{
    PscTrace trace{.omega = omega, .eta = std::move(eta)};
    const auto found = std::ranges::find_if(trace.eta, [xi](double error) { return error > xi; });
    trace.crossed = found != trace.eta.end();
    trace.k = trace.crossed ? found - trace.eta.begin() + 1 : static_cast<std::int64_t>(trace.eta.size());
    return trace;
}

std::vector<std::int64_t> pscMembers(std::int64_t k, std::int64_t layers, const PscOptions& options)
{
    std::vector<std::int64_t> members;
    for (std::int64_t m = 0; m < options.members; ++m) {
        const std::int64_t last = k + m + (options.compat ? 1 : 0);
        if (last <= layers)
            members.push_back(last);
        else if (options.compat)
            members.push_back(layers);
    }
    return members;
}

PscDetector::PscDetector(const models::Model& model, const DetectReference& reference, PscOptions options,
                         const std::function<void()>& checkpoint)
    : m_model(model)
    , m_options(std::move(options))
    , m_network(model)
{
    for (const double omega : m_options.omegas) {
        m_traces.push_back(pscSelection(omega, etas(reference, omega, checkpoint), m_options.xi));
        if (chosen().crossed)
            break;
    }
    for (const std::int64_t last : pscMembers(chosen().k, layers(), m_options))
        m_members.push_back(m_network.amplified(last, chosen().omega));
}

std::vector<double> PscDetector::etas(const DetectReference& reference, double omega,
                                      const std::function<void()>& checkpoint)
{
    std::vector<double> errors;
    // A network of a single layer has nothing before it.
    const std::int64_t most = m_options.compat ? std::max<std::int64_t>(1, layers() - 1) : layers();
    for (std::int64_t i = 1; i <= most; ++i) {
        checkpoint();
        const torch::Tensor said = models::predict(m_network.amplified(i, omega), reference.x);
        errors.push_back(said.ne(reference.labels).to(torch::kFloat64).mean().item<double>());
    }
    return errors;
}

torch::Tensor PscDetector::scores(const DetectQueries& queries)
{
    const torch::Tensor own = models::logitsChunked(m_model, queries.x).argmax(1, true);
    torch::Tensor sum = torch::zeros({queries.size()}, own.options().dtype(torch::kFloat32));
    for (const models::Model& member : m_members)
        sum += models::logitsChunked(member, queries.x).softmax(1).gather(1, own).squeeze(1);
    return sum.cpu().to(torch::kFloat64) / static_cast<double>(m_members.size());
}

torch::Tensor PscDetector::confidences(const torch::Tensor& x, const std::function<void()>& checkpoint)
{
    const torch::Tensor own = models::logitsChunked(m_model, x).argmax(1, true);
    std::vector<torch::Tensor> columns;
    for (std::int64_t i = 0; i <= layers(); ++i) {
        checkpoint();
        const models::Model model = m_network.amplified(i, chosen().omega);
        columns.push_back(models::logitsChunked(model, x).softmax(1).gather(1, own));
    }
    return torch::cat(columns, 1).cpu();
}

} // namespace assay::backdoor
