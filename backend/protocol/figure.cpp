#include "backend/protocol/figure.h"

namespace assay::protocol {

void MarkSamples::add(const std::vector<std::int64_t>& samples)
{
    if (offsets.empty())
        offsets.push_back(0);
    ids.insert(ids.end(), samples.begin(), samples.end());
    offsets.push_back(static_cast<std::uint32_t>(ids.size()));
}

std::vector<std::int64_t> MarkSamples::of(std::size_t mark) const
{
    if (mark >= marks())
        return {};
    return {ids.begin() + offsets[mark], ids.begin() + offsets[mark + 1]};
}

} // namespace assay::protocol
