#include "backend/arrays/npy.h"

#include "backend/arrays/mapped_file.h"
#include "backend/arrays/npy_text.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace assay::arrays {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// How the values lie in memory; unsigned types are read as signed ones of the same size and widened after.
torch::ScalarType storageType(const NpyHeader& header)
{
    switch (header.itemBytes) {
    case 1:
        return header.kind == 'i' ? torch::kInt8 : torch::kUInt8;
    case 2:
        return header.kind == 'f' ? torch::kFloat16 : torch::kInt16;
    case 4:
        return header.kind == 'f' ? torch::kFloat32 : torch::kInt32;
    default:
        return header.kind == 'f' ? torch::kFloat64 : torch::kInt64;
    }
}

torch::Tensor copied(Bytes values, const NpyHeader& header, torch::ScalarType type)
{
    torch::Tensor tensor = torch::empty({header.count()}, type);
    if (values.empty())
        return tensor;
    auto* out = static_cast<std::uint8_t*>(tensor.data_ptr());
    std::memcpy(out, values.data(), values.size());
    const bool swap = header.bigEndian != (std::endian::native == std::endian::big);
    if (swap && header.itemBytes > 1) {
        for (std::uint8_t* item = out; item < out + values.size(); item += header.itemBytes)
            std::reverse(item, item + header.itemBytes);
    }
    return tensor;
}

/// The values as they lie in the file, one after another.
torch::Tensor flat(Bytes values, const NpyHeader& header, const std::shared_ptr<const void>& owner)
{
    const torch::ScalarType type = storageType(header);
    const bool aligned =
        reinterpret_cast<std::uintptr_t>(values.data()) % static_cast<std::size_t>(header.itemBytes) == 0;
    const bool foreign = header.bigEndian && header.itemBytes > 1;
    if (!owner || !aligned || foreign || values.empty())
        return copied(values, header, type);
    return torch::from_blob(
        const_cast<std::uint8_t*>(values.data()), {header.count()}, [owner](void*) {}, type);
}

torch::Tensor widened(const torch::Tensor& tensor, const NpyHeader& header, const std::string& where)
{
    if (header.kind == 'b')
        return tensor != 0;
    if (header.kind != 'u' || header.itemBytes == 1)
        return tensor;
    if (header.itemBytes == 2)
        return tensor.to(torch::kInt32).bitwise_and_(0xffff);
    if (header.itemBytes == 4)
        return tensor.to(torch::kInt64).bitwise_and_(std::int64_t(0xffffffff));
    if ((tensor < 0).any().item<bool>())
        throw Error("holds numbers above 2^63-1", where, "Save it as int64 or float64.");
    return tensor;
}

torch::Tensor shaped(const torch::Tensor& tensor, const NpyHeader& header)
{
    if (!header.fortranOrder || header.shape.size() < 2)
        return tensor.view(header.shape);
    std::vector<std::int64_t> reversed(header.shape.rbegin(), header.shape.rend());
    std::vector<std::int64_t> order;
    for (std::size_t i = reversed.size(); i-- > 0;)
        order.push_back(static_cast<std::int64_t>(i));
    return tensor.view(reversed).permute(order).contiguous();
}

} // namespace

NpyArray readNpy(Bytes bytes, const std::string& where, std::shared_ptr<const void> owner)
{
    NpyArray array{.header = readNpyHeader(bytes.first(std::min(bytes.size(), kMaxNpyHeader)), where)};
    const NpyHeader& header = array.header;
    const Bytes values = bytes.subspan(header.offset);
    if (values.size() < header.byteCount())
        throw Error("ends after " + std::to_string(values.size()) + " of " +
                        std::to_string(header.byteCount()) + " bytes of values",
                    where, "Fetch the file again.");
    if (values.size() > header.byteCount())
        throw Error("goes on after the " + std::to_string(header.byteCount()) +
                        " bytes of values its header announces",
                    where);
    if (header.isText())
        array.texts = readNpyTexts(values, header, where);
    else
        array.values = shaped(widened(flat(values, header, owner), header, where), header);
    return array;
}

NpyArray readNpy(const std::filesystem::path& file)
{
    const MappedFile mapped(file);
    return readNpy(mapped.bytes(), mapped.name());
}

} // namespace assay::arrays
