#include "backend/models/files/pickle_types.h"
#include "backend/models/files/tensor_file.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace assay::models {

namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxEncoded = std::size_t(16) << 20; // bytes written as text, all together

enum class Known : std::uint8_t {
    OrderedDict,
    Set,
    FrozenSet,
    Bytes,
    ByteArray,
    Encode, ///< how protocol 2 writes bytes: _codecs.encode(text, "latin1")
    Tensor,
    Parameter,
    Size,
    Device,
    DataType,
    Storage, ///< the first of the storages: Storage + number of the scalar type
};

struct KnownName
{
    std::string_view module;
    std::string_view name;
    Known known;
};

constexpr KnownName kNames[] = {
    {"collections", "OrderedDict", Known::OrderedDict},
    {"__builtin__", "set", Known::Set},
    {"builtins", "set", Known::Set},
    {"__builtin__", "frozenset", Known::FrozenSet},
    {"builtins", "frozenset", Known::FrozenSet},
    {"__builtin__", "bytes", Known::Bytes},
    {"builtins", "bytes", Known::Bytes},
    {"__builtin__", "bytearray", Known::ByteArray},
    {"builtins", "bytearray", Known::ByteArray},
    {"_codecs", "encode", Known::Encode},
    {"torch._utils", "_rebuild_tensor", Known::Tensor},
    {"torch._utils", "_rebuild_tensor_v2", Known::Tensor},
    {"torch._utils", "_rebuild_parameter", Known::Parameter},
    {"torch", "Size", Known::Size},
    {"torch", "device", Known::Device},
};

struct StorageName
{
    std::string_view name;
    c10::ScalarType type;
};

constexpr StorageName kStorages[] = {
    {"DoubleStorage", c10::ScalarType::Double},
    {"FloatStorage", c10::ScalarType::Float},
    {"HalfStorage", c10::ScalarType::Half},
    {"BFloat16Storage", c10::ScalarType::BFloat16},
    {"LongStorage", c10::ScalarType::Long},
    {"IntStorage", c10::ScalarType::Int},
    {"ShortStorage", c10::ScalarType::Short},
    {"CharStorage", c10::ScalarType::Char},
    {"ByteStorage", c10::ScalarType::Byte},
    {"BoolStorage", c10::ScalarType::Bool},
    {"ComplexFloatStorage", c10::ScalarType::ComplexFloat},
    {"ComplexDoubleStorage", c10::ScalarType::ComplexDouble},
    {"UntypedStorage", c10::ScalarType::Byte},
};

constexpr std::string_view kDataTypes[] = {
    "float64", "float32", "float16", "bfloat16", "int64",     "int32",      "int16",
    "int8",    "uint8",   "bool",    "float",    "complex64", "complex128",
};

PickleValue typeValue(Known known, int offset = 0)
{
    PickleValue value;
    value.kind = Kind::Type;
    value.integer = static_cast<int>(known) + offset;
    return value;
}

bool isType(const PickleValue& value, Known known)
{
    return value.is(Kind::Type) && value.integer == static_cast<int>(known);
}

[[noreturn]] void wrong(const std::string& what)
{
    throw std::invalid_argument(what);
}

PickleValue container(Kind kind, std::vector<PickleValue> items, Pickle& pickle)
{
    PickleValue value;
    value.kind = kind;
    value.node = &pickle.nodes.emplace_back(PickleNode{std::move(items)});
    return value;
}

/// OrderedDict(), or OrderedDict([[key, value], ...]) as Python 2 wrote it.
PickleValue orderedDict(const std::vector<PickleValue>& arguments, Pickle& pickle)
{
    std::vector<PickleValue> items;
    if (!arguments.empty()) {
        if (!arguments[0].is(Kind::List))
            wrong("an OrderedDict that is not made of a list");
        for (const PickleValue& pair : arguments[0].node->items) {
            if ((!pair.is(Kind::List) && !pair.is(Kind::Tuple)) || pair.node->items.size() != 2)
                wrong("an OrderedDict that is not made of pairs");
            items.insert(items.end(), pair.node->items.begin(), pair.node->items.end());
        }
    }
    return container(Kind::Dict, std::move(items), pickle);
}

/// UTF-8 of characters up to U+00FF to the bytes that they stand for.
PickleValue encoded(const std::vector<PickleValue>& arguments, Pickle& pickle)
{
    if (arguments.size() != 2 || !arguments[0].is(Kind::Text) || !arguments[1].is(Kind::Text) ||
        arguments[1].text != "latin1")
        wrong("bytes that are not written as latin1");
    const std::string_view from = arguments[0].text;
    pickle.encodedBytes += from.size();
    if (pickle.encodedBytes > kMaxEncoded)
        wrong("more than " + std::to_string(kMaxEncoded) + " bytes in the form of text");
    std::string& bytes = pickle.texts.emplace_back();
    for (std::size_t i = 0; i < from.size(); ++i) {
        auto byte = static_cast<unsigned char>(from[i]);
        if (byte >= 0x80) {
            const auto next = static_cast<unsigned char>(i + 1 < from.size() ? from[i + 1] : 0);
            if ((byte != 0xc2 && byte != 0xc3) || (next & 0xc0) != 0x80)
                wrong("bytes that are not written as latin1");
            byte = static_cast<unsigned char>(byte << 6 | (next & 0x3f));
            ++i;
        }
        bytes += static_cast<char>(byte);
    }
    PickleValue value;
    value.kind = Kind::Bytes;
    value.text = bytes;
    return value;
}

std::vector<std::int64_t> numbers(const PickleValue& value)
{
    if (!value.is(Kind::Tuple) && !value.is(Kind::List))
        wrong("a tensor without a shape");
    if (value.node->items.size() > kMaxTensorRank)
        wrong("a tensor of more than " + std::to_string(kMaxTensorRank) + " dimensions");
    std::vector<std::int64_t> result;
    for (const PickleValue& item : value.node->items) {
        if (!item.is(Kind::Integer))
            wrong("a tensor whose shape is not made of whole numbers");
        result.push_back(item.integer);
    }
    return result;
}

/// (storage, offset, sizes, strides, ...): what follows (requires_grad, hooks) is of no use here.
PickleValue tensor(const std::vector<PickleValue>& arguments, Pickle& pickle)
{
    if (arguments.size() < 4 || !arguments[0].is(Kind::Storage) || !arguments[1].is(Kind::Integer))
        wrong("a tensor without a storage");
    PickleValue value;
    value.kind = Kind::Tensor;
    value.integer = static_cast<std::int64_t>(pickle.tensors.size());
    pickle.tensors.push_back({.storage = static_cast<std::size_t>(arguments[0].integer),
                              .offset = arguments[1].integer,
                              .sizes = numbers(arguments[2]),
                              .strides = numbers(arguments[3])});
    return value;
}

/// A container of all of the one argument's items; empty without an argument.
PickleValue collected(Kind kind, const std::vector<PickleValue>& arguments, Pickle& pickle)
{
    if (arguments.empty())
        return container(kind, {}, pickle);
    if (!arguments[0].is(Kind::List) && !arguments[0].is(Kind::Tuple) && !arguments[0].is(Kind::Set))
        wrong("a set that is not made of a list");
    return container(kind, arguments[0].node->items, pickle);
}

} // namespace

std::optional<PickleValue> findPickleType(std::string_view module, std::string_view name)
{
    for (const KnownName& known : kNames) {
        if (known.module == module && known.name == name)
            return typeValue(known.known);
    }
    if (module != "torch" && module != "torch.storage")
        return std::nullopt;
    for (const StorageName& storage : kStorages) {
        if (storage.name == name)
            return typeValue(Known::Storage, static_cast<int>(storage.type));
    }
    if (module == "torch" &&
        std::find(std::begin(kDataTypes), std::end(kDataTypes), name) != std::end(kDataTypes))
        return typeValue(Known::DataType);
    return std::nullopt;
}

PickleValue makePickled(const PickleValue& type, const PickleValue& arguments, Pickle& pickle)
{
    if (!type.is(Kind::Type))
        wrong("a call of something that is no type");
    if (!arguments.is(Kind::Tuple))
        wrong("a call without its arguments");
    const std::vector<PickleValue>& items = arguments.node->items;
    if (isType(type, Known::OrderedDict))
        return orderedDict(items, pickle);
    if (isType(type, Known::Set) || isType(type, Known::FrozenSet))
        return collected(Kind::Set, items, pickle);
    if (isType(type, Known::Encode))
        return encoded(items, pickle);
    if (isType(type, Known::Tensor))
        return tensor(items, pickle);
    if (isType(type, Known::Bytes) && items.empty())
        return PickleValue{.kind = Kind::Bytes};
    if (isType(type, Known::ByteArray) && items.size() <= 1 && (items.empty() || items[0].is(Kind::Bytes)))
        return items.empty() ? PickleValue{.kind = Kind::Bytes} : items[0];
    if (isType(type, Known::Parameter)) {
        if (items.empty() || !items[0].is(Kind::Tensor))
            wrong("a parameter that is no tensor");
        return items[0];
    }
    if (isType(type, Known::Size)) {
        if (items.size() != 1 || !items[0].is(Kind::Tuple))
            wrong("a torch.Size without sizes");
        return items[0];
    }
    if (isType(type, Known::Device) && !items.empty() && items[0].is(Kind::Text))
        return items[0];
    wrong("a call that does not make sense");
}

PickleValue makePickledStorage(const PickleValue& id, Pickle& pickle)
{
    if (!id.is(Kind::Tuple) || id.node->items.size() < 5)
        wrong("a reference outside the pickle that names no storage");
    const std::vector<PickleValue>& items = id.node->items;
    const bool known = items[1].is(Kind::Type) && items[1].integer >= static_cast<int>(Known::Storage);
    if (!items[0].is(Kind::Text) || items[0].text != "storage" || !known || !items[2].is(Kind::Text) ||
        !items[4].is(Kind::Integer) || items[4].integer < 0)
        wrong("a reference outside the pickle that names no storage");
    PickledStorage storage{
        .type = static_cast<c10::ScalarType>(items[1].integer - static_cast<int>(Known::Storage)),
        .key = items[2].text,
        .elements = items[4].integer};
    if (items.size() > 5 && items[5].is(Kind::Tuple)) { // (key of the view, offset, elements of the view)
        const std::vector<PickleValue>& view = items[5].node->items;
        if (view.size() != 3 || !view[1].is(Kind::Integer) || view[1].integer < 0)
            wrong("a view of a storage without an offset");
        storage.offset = view[1].integer;
    }
    PickleValue value;
    value.kind = Kind::Storage;
    value.integer = static_cast<std::int64_t>(pickle.storages.size());
    pickle.storages.push_back(storage);
    return value;
}

} // namespace assay::models
