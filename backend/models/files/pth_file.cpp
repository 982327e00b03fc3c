#include "backend/models/files/pth_file.h"

#include "backend/models/files/mapped_file.h"
#include "backend/models/files/pickle.h"
#include "backend/models/files/printable.h"
#include "backend/models/files/pth_storages.h"
#include "backend/models/files/state_dict_search.h"
#include "backend/models/files/zip_archive.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <set>

namespace assay::models {

namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::uint8_t>;
using Level = protocol::Finding::Level;

constexpr std::uint64_t kMaxPickle = std::uint64_t(64) << 20; // of a large checkpoint: 2 MiB
constexpr std::uint64_t kCopiesBase = std::uint64_t(64) << 20;
constexpr std::uint64_t kCopiesRatio = 4;
constexpr std::string_view kPickleName = "data.pkl";
constexpr const char* kSaveWeights = "Save the weights again: torch.save(model.state_dict(), file)";

/// The first pickle of the older form: protocol 2, the number 0x1950a86a20f9469cfc6c, end.
constexpr std::array<std::uint8_t, 15> kLegacyMagic = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                                       0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
constexpr std::int64_t kLegacyProtocol = 1001;

/// Tensors from their descriptions.
class Assembler
{
public:
    Assembler(const Pickle& pickle, PthStorages& storages, std::uint64_t fileBytes)
        : m_pickle(pickle)
        , m_storages(storages)
        , m_budget(kCopiesBase + kCopiesRatio * fileBytes)
    {}

    torch::Tensor tensor(const std::string& name, const PickledTensor& tensor)
    {
        const PickledStorage& described = m_pickle.storages[tensor.storage];
        const torch::Tensor storage = m_storages.get(described);
        const std::int64_t offset = checkedOffset(name, tensor, described);
        torch::Tensor view = storage.as_strided(tensor.sizes, tensor.strides, offset);
        if (view.is_contiguous())
            return view;
        const std::uint64_t bytes = static_cast<std::uint64_t>(view.numel()) * view.element_size();
        if (bytes > m_budget)
            fail(name, "repeats its storage until it is far larger than the file");
        m_budget -= bytes;
        return view.contiguous();
    }

private:
    [[noreturn]] void fail(const std::string& name, const std::string& what) const
    {
        throw Error("the tensor '" + printable(name) + "' " + what, m_storages.where(), kSaveWeights);
    }

    /// Every element must lie in the storage. @returns the first one's position.
    std::int64_t checkedOffset(const std::string& name, const PickledTensor& tensor,
                               const PickledStorage& storage) const
    {
        // Far above any tensor, and far enough below 2^63 that one product of two cannot pass it unseen.
        constexpr std::int64_t kMost = std::int64_t(1) << 48;
        if (tensor.sizes.size() != tensor.strides.size())
            fail(name, "has " + std::to_string(tensor.sizes.size()) + " sizes and " +
                           std::to_string(tensor.strides.size()) + " strides");
        bool empty = false;
        std::int64_t elements = 1;
        for (const std::int64_t size : tensor.sizes) {
            if (size < 0 || size > kMost / elements)
                fail(name, "has impossible sizes");
            empty = empty || size == 0;
            elements *= std::max<std::int64_t>(size, 1);
        }
        if (tensor.offset < 0 || tensor.offset > kMost || storage.offset > kMost)
            fail(name, "lies outside its storage");
        std::int64_t last = tensor.offset + storage.offset;
        for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
            const std::int64_t steps = std::max<std::int64_t>(tensor.sizes[i] - 1, 0);
            if (tensor.strides[i] < 0 || (steps > 0 && tensor.strides[i] > kMost / steps))
                fail(name, "has impossible strides");
            last += steps * tensor.strides[i];
        }
        if (empty ? tensor.offset + storage.offset > storage.elements : last >= storage.elements)
            fail(name, "lies outside its storage");
        return tensor.offset + storage.offset;
    }

    const Pickle& m_pickle;
    PthStorages& m_storages;
    std::uint64_t m_budget; ///< bytes that copies may still take
};

TensorFile assembled(const Pickle& pickle, PthStorages& storages, std::uint64_t fileBytes)
{
    FoundStateDict found = findStateDict(pickle, storages.where());
    TensorFile result;
    result.findings = std::move(found.findings);
    Assembler assembler(pickle, storages, fileBytes);
    for (const auto& [name, index] : found.tensors)
        result.tensors.emplace_back(printable(name, kLongestTensorName),
                                    assembler.tensor(std::string(name), pickle.tensors[index]));
    return result;
}

/// "archive/data.pkl": everything of torch.save lies in one folder.
const ZipArchive::Entry* pickleEntry(const ZipArchive& archive)
{
    const auto it = std::find_if(archive.entries().begin(), archive.entries().end(), [](const auto& entry) {
        const std::string::size_type slash = entry.name.find('/');
        return entry.name.substr(slash == std::string::npos ? 0 : slash + 1) == kPickleName;
    });
    return it == archive.entries().end() ? nullptr : &*it;
}

std::string prefixOf(const ZipArchive::Entry& entry)
{
    return entry.name.substr(0, entry.name.size() - kPickleName.size());
}

std::vector<std::uint8_t> unpacked(const ZipArchive& archive, const ZipArchive::Entry& entry,
                                   const std::string& where)
{
    if (entry.bytes > kMaxPickle)
        throw Error("the pickle has " + std::to_string(entry.bytes) + " bytes; " +
                        std::to_string(kMaxPickle) + " are allowed",
                    where, kSaveWeights);
    std::vector<std::uint8_t> bytes(entry.bytes);
    archive.unpack(entry, bytes);
    return bytes;
}

TensorFile readZip(const std::shared_ptr<const MappedFile>& file, const std::string& where)
{
    const ZipArchive archive(file->bytes(), where);
    if (pthKind(archive) == PthKind::TorchScript)
        throw Error("is a TorchScript model, not a state_dict", where, "Import it as TorchScript");
    const ZipArchive::Entry* entry = pickleEntry(archive);
    if (!entry)
        throw Error("is a zip archive without " + std::string(kPickleName) + ", not one of torch.save", where,
                    kSaveWeights);
    const std::string prefix = prefixOf(*entry);
    if (const auto* order = archive.find(prefix + "byteorder"); order && order->bytes < 16) {
        const auto text = unpacked(archive, *order, where);
        if (std::string(text.begin(), text.end()) != "little")
            throw Error("was written on a big-endian machine, which is not supported", where,
                        "Load it there and save it as safetensors");
    }
    const std::vector<std::uint8_t> bytes = unpacked(archive, *entry, where);
    const Pickle pickle = readPickle(bytes, where);
    ZipStorages storages(file, archive, prefix, where);
    TensorFile result = assembled(pickle, storages, file->bytes().size());
    if (storages.differingChecksums() > 0)
        result.findings.push_back(
            {Level::Warning,
             "The checksums of " + std::to_string(storages.differingChecksums()) +
                 " storages differ: the file is damaged, or was saved without checksums; fetch "
                 "it again if its accuracy is not as expected."});
    return result;
}

/// The rest of the file behind the pickles of the older form.
class LegacyStream
{
public:
    LegacyStream(Bytes bytes, const std::string& where)
        : m_bytes(bytes)
        , m_where(where)
    {}

    Pickle pickle()
    {
        Pickle result = readPickle(m_bytes.first(std::min<std::size_t>(m_bytes.size(), kMaxPickle)), m_where);
        m_bytes = m_bytes.subspan(result.bytesRead);
        return result;
    }

    std::int64_t number()
    {
        std::uint64_t value = 0;
        const Bytes raw = take(8);
        for (std::size_t i = raw.size(); i-- > 0;)
            value = value << 8 | raw[i];
        return static_cast<std::int64_t>(value);
    }

    Bytes take(std::uint64_t count)
    {
        if (count > m_bytes.size())
            throw Error("is cut off: a storage of " + std::to_string(count) + " bytes is announced and " +
                            std::to_string(m_bytes.size()) + " are left",
                        m_where, "Fetch the file again, or save it again with torch.save");
        const Bytes taken = m_bytes.first(count);
        m_bytes = m_bytes.subspan(count);
        return taken;
    }

    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error("is a damaged file of torch.save: " + what, m_where, kSaveWeights);
    }

private:
    Bytes m_bytes;
    const std::string& m_where;
};

void addStorages(LegacyStream& stream, const Pickle& pickle, LegacyStorages& storages)
{
    std::map<std::string_view, c10::ScalarType> types;
    for (const PickledStorage& storage : pickle.storages)
        types[storage.key] = storage.type;
    const Pickle keys = stream.pickle();
    if (!keys.root.is(PickleValue::Kind::List))
        stream.fail("it has no list of storages");
    for (const PickleValue& key : keys.root.node->items) {
        const auto type = types.find(key.text);
        if (!key.is(PickleValue::Kind::Text) || type == types.end())
            stream.fail("it lists a storage that no tensor uses");
        const std::int64_t elements = stream.number();
        const auto size = static_cast<std::int64_t>(c10::elementSize(type->second));
        if (elements < 0 || elements > std::numeric_limits<std::int64_t>::max() / size)
            stream.fail("a storage has " + std::to_string(elements) + " elements");
        storages.add(std::string(key.text), stream.take(static_cast<std::uint64_t>(elements * size)));
        types.erase(type); // each is there once
    }
}

TensorFile readLegacy(const std::shared_ptr<const MappedFile>& file, const std::string& where)
{
    LegacyStream stream(file->bytes().subspan(kLegacyMagic.size()), where);
    const Pickle protocol = stream.pickle();
    if (!protocol.root.is(PickleValue::Kind::Integer) || protocol.root.integer != kLegacyProtocol)
        stream.fail("its version is not " + std::to_string(kLegacyProtocol));
    const Pickle system = stream.pickle();
    const PickleValue* little = pickleFind(system.root, "little_endian");
    if (little && little->is(PickleValue::Kind::Bool) && little->integer == 0)
        throw Error("was written on a big-endian machine, which is not supported", where,
                    "Load it there and save it as safetensors");
    const Pickle pickle = stream.pickle();
    LegacyStorages storages(file, where);
    addStorages(stream, pickle, storages);
    return assembled(pickle, storages, file->bytes().size());
}

} // namespace

PthKind pthKind(const ZipArchive& archive)
{
    const ZipArchive::Entry* entry = pickleEntry(archive);
    if (!entry)
        return PthKind::None;
    return archive.find(prefixOf(*entry) + "constants.pkl") ? PthKind::TorchScript : PthKind::StateDict;
}

bool looksLikeLegacyPth(Bytes head)
{
    return head.size() >= kLegacyMagic.size() &&
           std::equal(kLegacyMagic.begin(), kLegacyMagic.end(), head.begin());
}

TensorFile readPth(const fs::path& file)
{
    const std::string where = file.string();
    const auto mapped = MappedFile::open(file);
    const Bytes bytes = mapped->bytes();
    if (bytes.empty())
        throw Error("is empty", where, "Fetch the file again, or save it again with torch.save");
    if (ZipArchive::looksLike(bytes))
        return readZip(mapped, where);
    if (looksLikeLegacyPth(bytes))
        return readLegacy(mapped, where);
    throw Error("is no file of torch.save: it begins neither as a zip archive nor as PyTorch's older form",
                where, kSaveWeights);
}

} // namespace assay::models
