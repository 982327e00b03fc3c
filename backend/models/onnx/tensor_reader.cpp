#include "backend/models/onnx/tensor_reader.h"

#include "backend/models/onnx/kernel_tools.h"
#include "backend/protocol/error.h"

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>

namespace assay::models::onnx {

namespace {

constexpr int kMostAxes = 12;
constexpr std::int64_t kMostElements = std::int64_t(1) << 31;

std::string label(const ::onnx::TensorProto& proto)
{
    return "the tensor '" + proto.name().substr(0, 80) + "'";
}

Sizes shapeOf(const ::onnx::TensorProto& proto)
{
    if (proto.dims_size() > kMostAxes)
        throw Error(label(proto) + " has " + std::to_string(proto.dims_size()) + " axes");
    Sizes shape;
    std::int64_t elements = 1;
    for (const std::int64_t size : proto.dims()) {
        if (size < 0 || (size > 0 && elements > kMostElements / size))
            throw Error(label(proto) + " has an impossible shape");
        // An empty axis does not excuse what the others claim.
        elements *= std::max<std::int64_t>(size, 1);
        shape.push_back(size);
    }
    return shape;
}

std::size_t elementsOf(const Sizes& shape)
{
    std::size_t elements = 1;
    for (const std::int64_t size : shape)
        elements *= static_cast<std::size_t>(size);
    return elements;
}

[[noreturn]] void wrongLength(const ::onnx::TensorProto& proto, std::size_t wanted, std::size_t found)
{
    throw Error(label(proto) + " needs " + std::to_string(wanted) +
                    " bytes or numbers for its shape and has " + std::to_string(found),
                {}, "The file is damaged; export it again.");
}

torch::Tensor copied(const void* data, const Sizes& shape, torch::ScalarType type)
{
    torch::Tensor result = torch::empty(shape, type);
    if (result.nbytes() > 0)
        std::memcpy(result.data_ptr(), data, result.nbytes());
    return result;
}

/// The type in which the bytes lie; unsigned ones that ATen lacks are widened by fromBytes().
torch::Tensor widenedUnsigned(const std::string& bytes, const Sizes& shape, std::int64_t dataType)
{
    const std::size_t count = elementsOf(shape);
    if (dataType == ::onnx::TensorProto::UINT16) {
        torch::Tensor result = torch::empty(shape, torch::kInt32);
        for (std::size_t i = 0; i < count; ++i) {
            std::uint16_t value = 0;
            std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
            result.data_ptr<std::int32_t>()[i] = value;
        }
        return result;
    }
    torch::Tensor result = torch::empty(shape, torch::kInt64);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        result.data_ptr<std::int64_t>()[i] = value;
    }
    return result;
}

std::size_t bytesPerElement(std::int64_t dataType)
{
    if (dataType == ::onnx::TensorProto::UINT16)
        return 2;
    if (dataType == ::onnx::TensorProto::UINT32)
        return 4;
    return torch::elementSize(scalarType(dataType));
}

torch::Tensor fromBytes(::onnx::TensorProto& proto, std::unique_ptr<std::string> bytes, const Sizes& shape)
{
    const std::int64_t dataType = proto.data_type();
    const std::size_t wanted = elementsOf(shape) * bytesPerElement(dataType);
    if (bytes->size() != wanted)
        wrongLength(proto, wanted, bytes->size());
    if (dataType == ::onnx::TensorProto::UINT16 || dataType == ::onnx::TensorProto::UINT32)
        return widenedUnsigned(*bytes, shape, dataType);
    // Short strings lie inside their object, at any place; those are not worth keeping anyway.
    if (wanted < 4096) {
        torch::Tensor result = copied(bytes->data(), shape, scalarType(dataType));
        return dataType == ::onnx::TensorProto::BOOL ? result.view(torch::kUInt8) != 0 : result;
    }
    if (dataType == ::onnx::TensorProto::BOOL)
        return copied(bytes->data(), shape, torch::kUInt8) != 0;
    std::string* owned = bytes.release();
    return torch::from_blob(
        owned->data(), shape, [owned](void*) { delete owned; }, torch::TensorOptions(scalarType(dataType)));
}

template <class Stored, class Numbers>
torch::Tensor fromNumbers(const ::onnx::TensorProto& proto, const Numbers& numbers, const Sizes& shape)
{
    const std::size_t wanted = elementsOf(shape);
    if (static_cast<std::size_t>(numbers.size()) != wanted)
        wrongLength(proto, wanted, static_cast<std::size_t>(numbers.size()));
    torch::Tensor result = torch::empty(shape, torch::CppTypeToScalarType<Stored>::value);
    auto* data = result.data_ptr<Stored>();
    for (std::size_t i = 0; i < wanted; ++i)
        data[i] = static_cast<Stored>(numbers[static_cast<int>(i)]);
    return result;
}

/// Half precision lies in int32_data as the bits of a 16-bit number.
torch::Tensor fromHalfBits(const ::onnx::TensorProto& proto, const Sizes& shape, torch::ScalarType type)
{
    const torch::Tensor bits = fromNumbers<std::int16_t>(proto, proto.int32_data(), shape);
    return copied(bits.data_ptr(), shape, type);
}

torch::Tensor fromTypedFields(const ::onnx::TensorProto& proto, const Sizes& shape)
{
    const torch::ScalarType type = scalarType(proto.data_type());
    switch (proto.data_type()) {
    case ::onnx::TensorProto::FLOAT:
        return fromNumbers<float>(proto, proto.float_data(), shape);
    case ::onnx::TensorProto::DOUBLE:
        return fromNumbers<double>(proto, proto.double_data(), shape);
    case ::onnx::TensorProto::INT64:
        return fromNumbers<std::int64_t>(proto, proto.int64_data(), shape);
    case ::onnx::TensorProto::UINT32:
    case ::onnx::TensorProto::UINT64:
        return fromNumbers<std::int64_t>(proto, proto.uint64_data(), shape);
    case ::onnx::TensorProto::FLOAT16:
    case ::onnx::TensorProto::BFLOAT16:
        return fromHalfBits(proto, shape, type);
    default:
        return fromNumbers<std::int32_t>(proto, proto.int32_data(), shape).to(type);
    }
}

std::uint64_t numberOf(const std::string& text, const std::string& what)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(what + " has a length or offset that is no number");
    return value;
}

std::unique_ptr<std::string> readExternal(const ::onnx::TensorProto& proto,
                                          const std::filesystem::path& folder, std::size_t wanted)
{
    std::filesystem::path location;
    std::uint64_t offset = 0;
    std::uint64_t length = wanted;
    for (const auto& entry : proto.external_data()) {
        if (entry.key() == "location")
            location = entry.value();
        else if (entry.key() == "offset")
            offset = numberOf(entry.value(), label(proto));
        else if (entry.key() == "length")
            length = numberOf(entry.value(), label(proto));
    }
    // Links out of the folder are as forbidden as dots.
    const auto root = std::filesystem::weakly_canonical(folder.empty() ? "." : folder);
    const auto file = std::filesystem::weakly_canonical(root / location);
    if (location.empty() || location.is_absolute() || file.parent_path() != root ||
        !std::filesystem::is_regular_file(file))
        throw Error(label(proto) + " lies in the file '" + location.string().substr(0, 120) +
                        "', which is not in the model's folder",
                    {}, "Put the file beside the model, or export the model as one file.");
    const std::uint64_t size = std::filesystem::file_size(file);
    if (length != wanted || offset > size || length > size - offset)
        wrongLength(proto, wanted, offset > size ? 0 : std::min(length, size - offset));
    std::ifstream input(file, std::ios::binary);
    input.seekg(static_cast<std::streamoff>(offset));
    auto bytes = std::make_unique<std::string>(wanted, '\0');
    if (!input.read(bytes->data(), static_cast<std::streamsize>(wanted)))
        wrongLength(proto, wanted, 0);
    return bytes;
}

} // namespace

torch::Tensor readTensor(::onnx::TensorProto& proto, const std::filesystem::path& folder, bool widenHalf)
{
    const Sizes shape = shapeOf(proto);
    if (proto.has_segment())
        throw Error(label(proto) + " is stored in segments");
    torch::Tensor result;
    if (proto.data_location() == ::onnx::TensorProto::EXTERNAL) {
        const std::size_t wanted = elementsOf(shape) * bytesPerElement(proto.data_type());
        result = fromBytes(proto, readExternal(proto, folder, wanted), shape);
    } else if (proto.has_raw_data()) {
        scalarType(proto.data_type());
        result = fromBytes(proto, std::unique_ptr<std::string>(proto.release_raw_data()), shape);
    } else {
        result = fromTypedFields(proto, shape);
    }
    const bool half = result.scalar_type() == torch::kFloat16 || result.scalar_type() == torch::kBFloat16;
    return half && widenHalf ? result.to(torch::kFloat32) : result;
}

} // namespace assay::models::onnx
