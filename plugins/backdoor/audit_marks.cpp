#include "plugins/backdoor/audit_marks.h"

#include "plugins/backdoor/audit_trigger.h"

namespace assay::backdoor {

namespace {

// Hu et al. 2022, section 4, and the authors' code.
constexpr double kMibOpacity = 0.3;
constexpr double kMibClearer = 0.5;

} // namespace

const std::vector<std::string>& auditMethodNames()
{
    static const std::vector<std::string> names = {"trigger", "random", "mib"};
    return names;
}

AuditMarker::AuditMarker(std::string method, torch::Tensor delta)
    : m_method(std::move(method))
    , m_delta(std::move(delta))
{}

AuditMarker AuditMarker::mib(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    AuditMarker marker("mib");
    poisoning::TriggerSpec square;
    square.opacity = kMibOpacity;
    marker.m_square.emplace(square, channels, height, width);
    square.opacity = kMibOpacity + kMibClearer;
    marker.m_clearer.emplace(square, channels, height, width);
    return marker;
}

torch::Tensor AuditMarker::published(const torch::Tensor& bytes) const
{
    return m_square ? m_square->stampBytes(bytes) : publishedBytes(bytes, m_delta);
}

torch::Tensor AuditMarker::queries(const torch::Tensor& x, double kappa) const
{
    if (m_square)
        return (kappa > 1 ? *m_clearer : *m_square).stamp(x);
    return withDelta(x, m_delta, kappa);
}

} // namespace assay::backdoor
