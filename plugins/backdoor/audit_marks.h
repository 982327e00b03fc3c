#pragma once

#include "backend/poisoning/trigger.h"

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// "trigger", "random", "mib".
const std::vector<std::string>& auditMethodNames();

/// One way to mark images and to ask for the marks. Immutable, safe from any thread.
class AuditMarker
{
public:
    /// Adds @p delta (float32 [C,H,W]); labels stay.
    AuditMarker(std::string method, torch::Tensor delta);
    /// MIB: a white square of 3 of 28 pixels at the bottom right, of which 0.3 is seen; labels change to the
    /// audited class.
    static AuditMarker mib(std::int64_t channels, std::int64_t height, std::int64_t width);

    const std::string& method() const { return m_method; }
    bool relabels() const { return m_square.has_value(); }
    const torch::Tensor& delta() const { return m_delta; }
    /// What the owner publishes. @param bytes uint8 [n,C,H,W] on the CPU.
    torch::Tensor published(const torch::Tensor& bytes) const;
    /// What she asks with. @param x float32 [n,C,H,W]. @param kappa factor on the delta; MIB's square shows
    /// as it was published at 1 and below, and more of it by 0.5 above, as in its authors' code.
    torch::Tensor queries(const torch::Tensor& x, double kappa) const;

private:
    explicit AuditMarker(std::string method)
        : m_method(std::move(method))
    {}

    std::string m_method;
    torch::Tensor m_delta;                                 ///< undefined of MIB
    std::optional<poisoning::Trigger> m_square, m_clearer; ///< of MIB
};

} // namespace assay::backdoor
