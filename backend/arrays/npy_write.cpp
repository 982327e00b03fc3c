#include "backend/arrays/npy_write.h"

#include "backend/arrays/zip_writer.h"
#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"

#include <QString>
#include <torch/types.h>

#include <bit>

namespace assay::arrays {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

constexpr std::size_t kAlignment = 64; // numpy's own

const char* typeName(const torch::Tensor& tensor, const std::string& where)
{
    switch (tensor.scalar_type()) {
    case torch::kBool:
        return "|b1";
    case torch::kUInt8:
        return "|u1";
    case torch::kInt8:
        return "|i1";
    case torch::kInt16:
        return "<i2";
    case torch::kInt32:
        return "<i4";
    case torch::kInt64:
        return "<i8";
    case torch::kFloat16:
        return "<f2";
    case torch::kFloat32:
        return "<f4";
    case torch::kFloat64:
        return "<f8";
    default:
        throw Error("the element type has no name in NPY files", where);
    }
}

std::string header(const std::string& type, torch::IntArrayRef shape)
{
    std::string sizes;
    for (const std::int64_t size : shape)
        sizes += std::to_string(size) + ", ";
    if (shape.size() > 1)
        sizes.resize(sizes.size() - 2);
    else if (shape.size() == 1)
        sizes.pop_back(); // "(5,)"
    std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
    constexpr std::size_t kPrefix = 10;
    text.append(kAlignment - (kPrefix + text.size() + 1) % kAlignment, ' ');
    text += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(text.size() & 0xff);
    bytes += static_cast<char>(text.size() >> 8);
    return bytes + text;
}

std::string encode(const torch::Tensor& tensor, const std::string& where)
{
    const torch::Tensor plain = tensor.detach().cpu().contiguous();
    std::string bytes = header(typeName(plain, where), plain.sizes());
    bytes.append(static_cast<const char*>(plain.data_ptr()),
                 static_cast<std::size_t>(plain.numel()) * plain.element_size());
    return bytes;
}

std::string encode(const std::vector<std::string>& texts)
{
    std::vector<QList<uint>> wide;
    qsizetype longest = 1;
    for (const std::string& text : texts) {
        wide.push_back(QString::fromStdString(text).toUcs4());
        longest = std::max(longest, wide.back().size());
    }
    std::string bytes = header("<U" + std::to_string(longest), {static_cast<std::int64_t>(texts.size())});
    for (QList<uint>& text : wide) {
        text.resize(longest); // with zeros
        bytes.append(reinterpret_cast<const char*>(text.constData()), static_cast<std::size_t>(longest) * 4);
    }
    return bytes;
}

} // namespace

void writeNpy(const std::filesystem::path& file, const torch::Tensor& tensor)
{
    writeWhole(file, encode(tensor, file.string()));
}

void writeNpz(const std::filesystem::path& file, const NpyValues& arrays, Packing packing)
{
    ZipWriter writer(file);
    for (const auto& [name, value] : arrays) {
        const auto* tensor = std::get_if<torch::Tensor>(&value);
        const std::string bytes =
            tensor ? encode(*tensor, file.string()) : encode(std::get<std::vector<std::string>>(value));
        writer.add(name + ".npy", bytes, packing == Packing::Deflated);
    }
    writer.commit();
}

} // namespace assay::arrays
