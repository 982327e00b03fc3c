#pragma once

#include "plugins/calibration/shifts.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::confidence {

/// The images that methods are fitted on and judged by: test images of one data set, clean and under shifts.
/// Where domains are shifts, images of theirs are not among the clean ones.
class ShiftedTests
{
public:
    /// @param count at most so many clean images, drawn with the run's seed, and as many of each domain.
    /// @param domains values of the attribute `domain` that models were not trained on.
    /// @throws Error for domains that the data set does not have, and where none is left for clean images.
    ShiftedTests(engine::RunContext& context, std::shared_ptr<const data::Dataset> dataset,
                 std::int64_t count, std::vector<std::string> domains);

    const std::shared_ptr<const data::Dataset>& dataset() const { return m_dataset; }
    const reporting::TestImages& clean() const { return m_clean; }
    /// Of a corruption the clean images, altered; of a domain others, with labels of their own.
    reporting::TestImages under(const Shift& shift) const;
    /// Training images of the domains that are not shifts: int64 [n], ascending.
    torch::Tensor trainingIds() const;
    /// What a cached value of a model on the images under a shift depends on.
    Json key(const char* what, const models::Model& model, const Shift& shift) const;

private:
    torch::Tensor idsIn(data::Split split, const std::string& domain) const;
    torch::Tensor idsOutside(data::Split split) const;
    reporting::TestImages drawn(const torch::Tensor& ids, const std::string& stream) const;

    engine::RunContext& m_context;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::int64_t m_count;
    std::vector<std::string> m_domains;
    reporting::TestImages m_clean;
};

} // namespace assay::confidence
