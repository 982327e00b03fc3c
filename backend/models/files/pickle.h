#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::models {

struct PickleNode;

/// A value of a pickle: a plain copyable handle into the Pickle it came from.
struct PickleValue
{
    enum class Kind : std::uint8_t {
        None,
        Bool,       ///< integer
        Integer,    ///< integer
        BigInteger, ///< text: two's complement, little-endian, more than eight bytes
        Real,       ///< real
        Text,       ///< text, UTF-8 as found
        Bytes,      ///< text
        List,       ///< node
        Tuple,      ///< node
        Set,        ///< node
        Dict,       ///< node; OrderedDict is one, too
        Type,       ///< a name that was looked up; integer: which of the known ones
        Storage,    ///< integer: index into Pickle::storages
        Tensor,     ///< integer: index into Pickle::tensors
    };

    Kind kind = Kind::None;
    union {
        std::int64_t integer = 0;
        double real;
        PickleNode* node; ///< owned by the Pickle
    };
    std::string_view text; ///< lies in the bytes that were read, or in the Pickle

    bool is(Kind wanted) const { return kind == wanted; }
};

/// What a container holds; of a dict key, value, key, value, ... with later ones overriding earlier ones.
struct PickleNode
{
    std::vector<PickleValue> items;
};

/// Where a tensor's numbers lie: named, not yet looked for.
struct PickledStorage
{
    c10::ScalarType type = c10::ScalarType::Undefined;
    std::string_view key;
    std::int64_t elements = 0;
    std::int64_t offset = 0; ///< elements to skip: old files have storages that are parts of others
};

/// A tensor as described; nothing of it is checked yet.
struct PickledTensor
{
    std::size_t storage = 0; ///< index into Pickle::storages
    std::int64_t offset = 0;
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides;
};

/// A pickle that has been read. Values point into it, so it can be moved but not copied.
struct Pickle
{
    PickleValue root;
    std::size_t bytesRead = 0; ///< up to and with the STOP
    std::vector<PickledStorage> storages;
    std::vector<PickledTensor> tensors;
    std::deque<PickleNode> nodes;
    std::deque<std::string> texts; ///< what is not in the bytes as it is
    std::size_t encodedBytes = 0;  ///< how much became texts

    Pickle() = default;
    Pickle(Pickle&&) = default;
    Pickle& operator=(Pickle&&) = default;
    Pickle(const Pickle&) = delete;
    Pickle& operator=(const Pickle&) = delete;
};

/// Reads one pickle (protocols 2 to 5) without executing anything: it knows None, booleans, numbers, strings,
/// bytes, lists, tuples, sets, dicts, OrderedDicts, and the tensors, parameters and storages of PyTorch
/// (torch._utils._rebuild_tensor, _rebuild_tensor_v2, _rebuild_parameter, torch.*Storage, torch.Size, data
/// types and devices). State that is set on an OrderedDict (its _metadata) is read and left out.
/// Steps, objects, memo and stack are bounded; there is no recursion. Hostile bytes cost at most about 0.3 GB
/// and a second.
/// @param bytes must outlive the result. @param where names the file in messages.
/// @throws Error for damage, for bounds passed, and for every other reference by name, which it names.
Pickle readPickle(std::span<const std::uint8_t> bytes, const std::string& where);

/// The value of the last entry of @p dict whose key is the text @p key; nullptr when absent.
const PickleValue* pickleFind(const PickleValue& dict, std::string_view key);

} // namespace assay::models
