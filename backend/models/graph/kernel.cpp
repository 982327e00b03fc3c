#include "backend/models/graph/kernel.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::graph {

namespace {

constexpr std::int64_t kMostShapeNumbers = 65536;

torch::Tensor asNumbers(const torch::Tensor& value, torch::ScalarType type, std::size_t i)
{
    if (value.numel() > kMostShapeNumbers)
        throw Error("input " + std::to_string(i) + " has " + std::to_string(value.numel()) +
                    " numbers where a shape or a list of axes belongs");
    return value.detach().to(torch::kCPU, type).contiguous();
}

} // namespace

const torch::Tensor& Call::input(std::size_t i) const
{
    if (!has(i))
        throw Error("input " + std::to_string(i) + " is missing");
    return m_inputs[i];
}

std::vector<std::int64_t> Call::integers(std::size_t i) const
{
    const torch::Tensor numbers = asNumbers(input(i), torch::kInt64, i);
    const auto* first = numbers.data_ptr<std::int64_t>();
    return {first, first + numbers.numel()};
}

std::vector<double> Call::reals(std::size_t i) const
{
    const torch::Tensor numbers = asNumbers(input(i), torch::kFloat64, i);
    const auto* first = numbers.data_ptr<double>();
    return {first, first + numbers.numel()};
}

void Call::requireModest(std::span<const std::int64_t> shape) const
{
    // Multiplied with a bound at each step: the product of a hostile shape overflows.
    std::int64_t elements = 1;
    bool empty = false;
    bool excess = static_cast<std::int64_t>(shape.size()) > m_limits.rank;
    for (const std::int64_t size : shape) {
        if (size < 0)
            throw Error("a result would have the size " + std::to_string(size));
        empty = empty || size == 0;
        if (size > 0 && !excess) {
            excess = size > m_limits.elements / elements;
            elements *= excess ? 1 : size;
        }
    }
    if (excess && !empty)
        throw Error("a result would have more than " + std::to_string(m_limits.elements) +
                    " elements or more than " + std::to_string(m_limits.rank) + " axes");
}

void Call::requireModestBroadcast(const torch::Tensor& a, const torch::Tensor& b) const
{
    // Anything up to the size of what is there already is no growth.
    if (a.sizes() == b.sizes() || a.numel() <= 1 || b.numel() <= 1)
        return;
    const std::int64_t rank = std::max(a.dim(), b.dim());
    std::vector<std::int64_t> shape(static_cast<std::size_t>(rank));
    for (std::int64_t d = 0; d < rank; ++d) {
        const std::int64_t mine = d < a.dim() ? a.size(a.dim() - 1 - d) : 1;
        const std::int64_t other = d < b.dim() ? b.size(b.dim() - 1 - d) : 1;
        shape[static_cast<std::size_t>(d)] = mine == 1 ? other : mine;
    }
    std::int64_t elements = 1;
    for (const std::int64_t size : shape)
        elements = size > 0 && elements > m_limits.elements / size ? m_limits.elements + 1 : elements * size;
    if (elements > std::max(a.numel(), b.numel()))
        requireModest(shape);
}

torch::Tensor Site::constant(std::size_t i) const
{
    if (i >= node.inputs.size() || node.inputs[i] == kNoValue)
        return {};
    return graph.value(node.inputs[i]).constant;
}

const KernelInfo* KernelTable::find(const std::string& op) const
{
    const auto found = m_infos.find(op);
    return found == m_infos.end() ? nullptr : &found->second;
}

std::vector<std::string> KernelTable::names() const
{
    std::vector<std::string> result;
    for (const auto& [name, info] : m_infos)
        result.push_back(name.substr(m_dialect.size() + 1));
    return result;
}

} // namespace assay::models::graph
