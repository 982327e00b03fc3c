#include "backend/encryption/device_tables.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// A copy of its own: the vectors may die first.
template <class T>
torch::Tensor tensorOf(const std::vector<T>& values, torch::ScalarType type)
{
    return torch::from_blob(const_cast<T*>(values.data()), {static_cast<std::int64_t>(values.size())}, type)
        .clone();
}

std::vector<std::int64_t> nibbleSources(const NibbleMoves& moves)
{
    const auto values = static_cast<std::int64_t>(moves.low.size());
    std::vector<std::int64_t> sources;
    sources.reserve(moves.low.size() * 2);
    for (const auto* half : {&moves.low, &moves.high})
        for (const std::uint32_t packed : *half)
            sources.push_back(static_cast<std::int64_t>(packed >> 3) + (packed & 4 ? values : 0));
    return sources;
}

} // namespace

DeviceMoves::DeviceMoves(const Moves& moves, torch::Device device)
{
    if (!moves.source.empty())
        m_source = tensorOf(moves.source, torch::kInt32).to(torch::kInt64).to(device);
    const torch::Tensor mask = tensorOf(moves.mask, torch::kUInt8);
    const torch::Tensor offset = mask.ne(0).to(torch::kFloat32);
    m_mask = mask.to(device);
    m_offset = offset.to(device);
    m_sign = (1 - 2 * offset).to(device);
}

torch::Tensor DeviceMoves::moved(const torch::Tensor& images) const
{
    return m_source.defined() ? images.index_select(1, m_source) : images;
}

torch::Tensor DeviceMoves::bytes(const torch::Tensor& images) const
{
    return moved(images).bitwise_xor(m_mask);
}

torch::Tensor DeviceMoves::units(const torch::Tensor& images, bool slope) const
{
    const torch::Tensor signedValues = moved(images) * m_sign;
    return slope ? signedValues : signedValues + m_offset;
}

DeviceNibbles::DeviceNibbles(const NibbleMoves& moves, torch::Device device)
    : m_source(tensorOf(nibbleSources(moves), torch::kInt64).to(device))
    , m_mask(tensorOf(moves.mask, torch::kUInt8).to(device))
{}

torch::Tensor DeviceNibbles::bytes(const torch::Tensor& images) const
{
    const std::int64_t values = images.size(1);
    const torch::Tensor nibbles =
        torch::cat({images.bitwise_and(15), images.bitwise_right_shift(4)}, 1).index_select(1, m_source);
    return nibbles.narrow(1, values, values)
        .bitwise_left_shift(4)
        .bitwise_or(nibbles.narrow(1, 0, values))
        .bitwise_xor(m_mask);
}

DeviceDigits::DeviceDigits(const CipherTables& tables, torch::Device device)
    : m_coded(tensorOf(tables.coded, torch::kUInt8).ne(0).to(device))
{
    const auto table = [&](const std::array<std::int16_t, 1000>& values, std::size_t count) {
        return tensorOf(std::vector<std::int16_t>(values.begin(), values.begin() + static_cast<long>(count)),
                        torch::kInt16)
            .to(device);
    };
    m_forward = table(tables.digits.forward, 256);
    m_inverse = table(tables.digits.inverse, 1000);
}

torch::Tensor DeviceDigits::forward(const torch::Tensor& images) const
{
    const torch::Tensor coded = m_forward.index_select(0, images.flatten().to(torch::kInt64)).view_as(images);
    return torch::where(m_coded, coded, images.to(torch::kInt16));
}

torch::Tensor DeviceDigits::back(const torch::Tensor& encrypted) const
{
    const torch::Tensor known = encrypted.ge(0).logical_and(encrypted.lt(1000));
    const torch::Tensor inside = encrypted.clamp(0, 999);
    const torch::Tensor decoded =
        m_inverse.index_select(0, inside.flatten().to(torch::kInt64)).view_as(encrypted);
    // Anything at or above 256 comes out modulo 256, as a cast would have it.
    return torch::where(m_coded, decoded, inside).bitwise_and(255).mul(known).to(torch::kUInt8);
}

DeviceTables::DeviceTables(const CipherTables& tables, torch::Device where)
    : device(where)
{
    if (!tables.moves.mask.empty()) {
        moves.emplace(tables.moves, device);
        back.emplace(tables.back, device);
    }
    if (!tables.halves.mask.empty()) {
        halves.emplace(tables.halves, device);
        backs.emplace(tables.backs, device);
    }
    if (!tables.coded.empty())
        digits.emplace(tables, device);
}

std::shared_ptr<const DeviceTables> DeviceTableCache::on(torch::Device device,
                                                         const CipherTables& tables) const
{
    const std::lock_guard lock(m_guard);
    if (!m_last || m_last->device != device)
        m_last = std::make_shared<const DeviceTables>(tables, device);
    return m_last;
}

} // namespace assay::encryption
