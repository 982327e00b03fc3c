#include "backend/models/files/pth_storages.h"

#include "backend/models/files/printable.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::models {

torch::Tensor PthStorages::get(const PickledStorage& storage)
{
    const auto it = m_made.find(storage.key);
    if (it == m_made.end())
        return m_made.emplace(storage.key, make(storage)).first->second;
    if (it->second.scalar_type() != storage.type || it->second.numel() != storage.elements)
        fail(storage, "is described in two ways");
    return it->second;
}

void PthStorages::fail(const PickledStorage& storage, const std::string& what) const
{
    throw Error("the storage '" + printable(storage.key) + "' " + what, m_where,
                "Fetch the file again, or save it again with torch.save");
}

ZipStorages::ZipStorages(std::shared_ptr<const MappedFile> file, const ZipArchive& archive,
                         std::string prefix, std::string where)
    : PthStorages(std::move(where))
    , m_file(std::move(file))
    , m_archive(archive)
    , m_prefix(std::move(prefix))
{}

torch::Tensor ZipStorages::make(const PickledStorage& storage)
{
    const ZipArchive::Entry* entry = m_archive.find(m_prefix + "data/" + std::string(storage.key));
    if (!entry)
        fail(storage, "is not in the archive");
    const std::uint64_t size = c10::elementSize(storage.type);
    const auto elements = static_cast<std::uint64_t>(storage.elements);
    if (elements > entry->bytes / size || elements * size != entry->bytes)
        fail(storage, "has " + std::to_string(entry->bytes) + " bytes; " + std::to_string(elements) +
                          " elements of " + std::to_string(size) + " are announced");
    if (!entry->deflated) {
        m_differing += ZipArchive::checksumFits(*entry) ? 0 : 1;
        m_file->forget(entry->data);
        return mappedTensor(m_file, entry->data, {storage.elements}, storage.type);
    }
    const bool flags = storage.type == torch::kBool;
    torch::Tensor tensor = torch::empty({storage.elements}, flags ? torch::kUInt8 : storage.type);
    m_archive.unpack(*entry, {static_cast<std::uint8_t*>(tensor.data_ptr()), entry->bytes});
    return flags ? tensor.ne(0) : tensor; // any byte but 0 and 1 would be undefined behaviour
}

LegacyStorages::LegacyStorages(std::shared_ptr<const MappedFile> file, std::string where)
    : PthStorages(std::move(where))
    , m_file(std::move(file))
{}

void LegacyStorages::add(std::string key, std::span<const std::uint8_t> data)
{
    m_data[std::move(key)] = data;
}

torch::Tensor LegacyStorages::make(const PickledStorage& storage)
{
    const auto it = m_data.find(storage.key);
    if (it == m_data.end())
        fail(storage, "is not in the file");
    const std::uint64_t size = c10::elementSize(storage.type);
    const auto elements = static_cast<std::uint64_t>(storage.elements);
    if (elements > it->second.size() / size || elements * size != it->second.size())
        fail(storage, "has " + std::to_string(it->second.size()) + " bytes; " + std::to_string(elements) +
                          " elements of " + std::to_string(size) + " are announced");
    return mappedTensor(m_file, it->second, {storage.elements}, storage.type);
}

} // namespace assay::models
