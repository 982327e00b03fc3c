#include "backend/models/input_adapter.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

void requirePerChannel(const char* field, const std::vector<double>& values, std::int64_t channels,
                       const std::string& where)
{
    const auto count = static_cast<std::int64_t>(values.size());
    if (count != 1 && count != channels)
        throw Error("'" + std::string(field) + "' has " + std::to_string(count) +
                        " values, but the network has " + std::to_string(channels) + " channels",
                    where, "Give one value, or one for each channel.");
}

torch::Tensor broadcastable(std::vector<double> values, std::int64_t channels)
{
    if (values.size() == 1)
        values.resize(static_cast<std::size_t>(channels), values[0]);
    return torch::tensor(values, torch::kFloat64).view({1, -1, 1, 1});
}

} // namespace

torch::Tensor perChannel(const std::vector<double>& values)
{
    return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).view({1, -1, 1, 1});
}

InputAdapter::InputAdapter(const InputSpec& input, const std::string& where)
    : m_reverse(input.bgr && input.channels > 1)
{
    requirePerChannel("mean", input.mean, input.channels, where);
    requirePerChannel("stddev", input.stddev, input.channels, where);
    const auto usable = [](double value) { return std::isfinite(value) && value > 0; };
    if (!std::all_of(input.stddev.begin(), input.stddev.end(), usable) || !usable(input.scale))
        throw Error("'stddev' and 'scale' must be above 0", where, "Give 1 to leave the pixels as they are.");
    if (m_reverse && input.channels != 3)
        throw Error("'bgr' is for three channels; the network has " + std::to_string(input.channels), where,
                    "Switch 'bgr' off.");
    const bool centred =
        std::all_of(input.mean.begin(), input.mean.end(), [](double value) { return value == 0; });
    const bool unscaled = std::all_of(input.stddev.begin(), input.stddev.end(),
                                      [&](double value) { return value == input.scale; });
    m_identity = centred && unscaled;
    const torch::Tensor deviation = broadcastable(input.stddev, input.channels);
    m_gain = (input.scale / deviation).to(torch::kFloat32);
    m_shift = (-broadcastable(input.mean, input.channels) / deviation).to(torch::kFloat32);
}

torch::Tensor InputAdapter::operator()(const torch::Tensor& x) const
{
    const torch::Tensor ordered = m_reverse ? x.flip(1) : x;
    return m_identity ? ordered : torch::addcmul(m_shift, ordered, m_gain);
}

void InputAdapter::to(torch::Device device)
{
    m_gain = m_gain.to(device);
    m_shift = m_shift.to(device);
}

torch::Tensor inBatchesOf(std::int64_t batch, const torch::Tensor& x,
                          const std::function<torch::Tensor(const torch::Tensor&)>& run)
{
    const std::int64_t count = x.size(0);
    if (batch <= 0 || count == batch || count == 0)
        return run(x);
    std::vector<torch::Tensor> answers;
    for (std::int64_t first = 0; first < count; first += batch) {
        const std::int64_t here = std::min(batch, count - first);
        torch::Tensor part = x.narrow(0, first, here);
        if (here < batch)
            part = torch::cat({part, part.narrow(0, here - 1, 1).expand({batch - here, -1, -1, -1})});
        answers.push_back(run(part).narrow(0, 0, here));
    }
    return torch::cat(answers);
}

} // namespace assay::models
