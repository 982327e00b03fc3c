#include "backend/models/files/safetensors.h"

#include "backend/models/files/mapped_file.h"
#include "backend/models/files/printable.h"
#include "backend/models/files/tensor_file.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"
#include "backend/protocol/whole_file.h"

#include <QSaveFile>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <span>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

/// With a tree for its objects: Json's list would make a header of many keys take quadratic time.
using Header = nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000;           // the format's own limit
constexpr std::size_t kMaxKeys = 400'000;                   // of the header: 100,000 tensors
constexpr std::uint64_t kMaxEmpty = std::uint64_t(1) << 40; // product of an empty tensor's other sizes
constexpr std::size_t kLengthBytes = 8;
constexpr int kMaxNesting = 4; // header, entry, its arrays

struct TypeName
{
    const char* name;
    torch::ScalarType type;
};
constexpr std::array<TypeName, 10> kTypes = {{
    {"F64", torch::kFloat64},
    {"F32", torch::kFloat32},
    {"F16", torch::kFloat16},
    {"BF16", torch::kBFloat16},
    {"I64", torch::kInt64},
    {"I32", torch::kInt32},
    {"I16", torch::kInt16},
    {"I8", torch::kInt8},
    {"U8", torch::kUInt8},
    {"BOOL", torch::kBool},
}};

struct Entry
{
    std::string name;
    torch::ScalarType type;
    std::vector<std::int64_t> shape;
    std::uint64_t begin;
    std::uint64_t end;
};

/// Parses the header; one object per file, so that every message can name it.
class HeaderReader
{
public:
    HeaderReader(std::string where, std::uint64_t dataBytes)
        : m_where(std::move(where))
        , m_dataBytes(dataBytes)
    {}

    std::vector<Entry> entries(const Header& header, std::map<std::string, std::string>& metadata) const
    {
        if (!header.is_object())
            throw Error("the header is no JSON object", m_where);
        std::vector<Entry> result;
        for (const auto& [name, value] : header.items()) {
            if (name == "__metadata__")
                readMetadata(value, metadata);
            else
                result.push_back(entry(name, value));
        }
        std::stable_sort(result.begin(), result.end(),
                         [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
        checkCover(result);
        return result;
    }

private:
    [[noreturn]] void fail(const std::string& name, const std::string& what) const
    {
        throw Error("tensor '" + printable(name) + "' " + what, m_where);
    }

    void readMetadata(const Header& value, std::map<std::string, std::string>& metadata) const
    {
        if (!value.is_object())
            throw Error("__metadata__ is no JSON object", m_where);
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string())
                throw Error("metadata '" + printable(key) + "' is no text", m_where);
            metadata[key] = text.get<std::string>();
        }
    }

    std::uint64_t number(const std::string& name, const Header& value) const
    {
        if (!value.is_number_unsigned())
            fail(name, "has " + printable(value.dump(), 50) + " where a size was expected");
        return value.get<std::uint64_t>();
    }

    torch::ScalarType type(const std::string& name, const Header& value) const
    {
        const auto it = value.find("dtype");
        if (it == value.end() || !it->is_string())
            fail(name, "has no dtype");
        for (const TypeName& known : kTypes) {
            if (*it == known.name)
                return known.type;
        }
        fail(name, "has the unknown dtype " + printable(it->dump(), 50));
    }

    Entry entry(const std::string& name, const Header& value) const
    {
        if (!value.is_object())
            fail(name, "is no JSON object");
        Entry result{.name = name, .type = type(name, value), .shape = {}, .begin = 0, .end = 0};
        const auto shape = value.find("shape");
        if (shape == value.end() || !shape->is_array() || shape->size() > kMaxTensorRank)
            fail(name, "has no shape of at most " + std::to_string(kMaxTensorRank) + " sizes");
        // A tensor lies in the file, so no product may exceed it; zeros are looked for first, since one zero
        // makes any other size harmless.
        std::uint64_t bytes = c10::elementSize(result.type);
        bool empty = false;
        for (const Header& size : *shape)
            empty = empty || number(name, size) == 0;
        for (const Header& item : *shape) {
            const std::uint64_t size = number(name, item);
            if (size > 0 && size > (empty ? kMaxEmpty : m_dataBytes) / bytes)
                fail(name, "is larger than the file");
            bytes *= std::max<std::uint64_t>(size, 1);
            result.shape.push_back(static_cast<std::int64_t>(size));
        }
        const auto offsets = value.find("data_offsets");
        if (offsets == value.end() || !offsets->is_array() || offsets->size() != 2)
            fail(name, "has no data_offsets");
        result.begin = number(name, (*offsets)[0]);
        result.end = number(name, (*offsets)[1]);
        if (result.begin > result.end || result.end > m_dataBytes)
            fail(name, "lies outside the file's data");
        const std::uint64_t expected = empty ? 0 : bytes;
        if (result.end - result.begin != expected)
            fail(name, "has " + std::to_string(result.end - result.begin) +
                           " bytes; its shape and dtype need " + std::to_string(expected));
        return result;
    }

    /// The format demands that tensors cover the data without gap or overlap.
    void checkCover(const std::vector<Entry>& sorted) const
    {
        std::uint64_t position = 0;
        for (const Entry& entry : sorted) {
            if (entry.begin < position)
                fail(entry.name, "overlaps another tensor");
            if (entry.begin > position)
                fail(entry.name,
                     "leaves a gap of " + std::to_string(entry.begin - position) + " bytes before it");
            position = entry.end;
        }
        if (position != m_dataBytes)
            throw Error("holds " + std::to_string(m_dataBytes - position) + " bytes that belong to no tensor",
                        m_where);
    }

    std::string m_where;
    std::uint64_t m_dataBytes;
};

Header parseHeader(std::span<const std::uint8_t> text, const std::string& where)
{
    std::size_t keys = 0;
    const auto bounded = [&](int depth, Header::parse_event_t event, Header&) {
        if (depth > kMaxNesting)
            throw Error("the header is nested too deeply", where);
        if (event == Header::parse_event_t::key && ++keys > kMaxKeys)
            throw Error("the header names more than " + std::to_string(kMaxKeys / 4) + " tensors", where);
        return true;
    };
    try {
        return Header::parse(text.begin(), text.end(), bounded);
    } catch (const Header::exception&) {
        throw Error("the header is no JSON", where, "Fetch the file again, or save it again as safetensors.");
    }
}

const char* typeName(torch::ScalarType type)
{
    for (const TypeName& known : kTypes) {
        if (known.type == type)
            return known.name;
    }
    return nullptr;
}

} // namespace

TensorFile readSafetensors(const fs::path& file)
{
    const std::string where = file.string();
    const auto mapped = MappedFile::open(file);
    const std::span<const std::uint8_t> bytes = mapped->bytes();
    if (bytes.size() < kLengthBytes)
        throw Error("is too short for a safetensors file: " + std::to_string(bytes.size()) + " bytes", where);
    std::uint64_t headerBytes = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;)
        headerBytes = headerBytes << 8 | bytes[i];
    if (headerBytes > kMaxHeader || headerBytes > bytes.size() - kLengthBytes)
        throw Error("announces a header of " + std::to_string(headerBytes) + " bytes in a file of " +
                        std::to_string(bytes.size()),
                    where, "Check that it is a safetensors file.");
    const auto header = bytes.subspan(kLengthBytes, headerBytes);
    const auto data = bytes.subspan(kLengthBytes + headerBytes);

    TensorFile result;
    const HeaderReader reader(where, data.size());
    for (const Entry& entry : reader.entries(parseHeader(header, where), result.metadata))
        result.tensors.emplace_back(printable(entry.name, kLongestTensorName),
                                    mappedTensor(mapped, data.subspan(entry.begin, entry.end - entry.begin),
                                                 entry.shape, entry.type));
    return result;
}

void writeSafetensors(const fs::path& file, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata)
{
    const std::string where = file.string();
    Json header = Json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t position = 0;
    for (const auto& [name, tensor] : tensors) {
        const char* type = typeName(tensor.scalar_type());
        if (!type)
            throw Error("tensor '" + name + "' has a type that safetensors has no name for", where);
        const std::uint64_t end = position + tensor.numel() * tensor.element_size();
        header[name] = {{"dtype", type}, {"shape", tensor.sizes().vec()}, {"data_offsets", {position, end}}};
        position = end;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' '); // aligns the data, as the format recommends
    std::array<char, kLengthBytes> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
        length[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);

    QSaveFile output(QString::fromStdString(where));
    bool written =
        output.open(QIODevice::WriteOnly) && output.write(length.data(), length.size()) == kLengthBytes &&
        output.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size());
    for (const auto& entry : tensors) {
        const torch::Tensor data = entry.second.detach().cpu().contiguous();
        const auto bytes = static_cast<qint64>(data.numel() * data.element_size());
        written = written && output.write(static_cast<const char*>(data.data_ptr()), bytes) == bytes;
    }
    if (!written)
        throwNotWritten(output);
    commitWhole(output);
}

} // namespace assay::models
