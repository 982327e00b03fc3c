#pragma once

#include "backend/models/files/mapped_file.h"
#include "backend/models/files/pickle.h"
#include "backend/models/files/zip_archive.h"

#include <map>
#include <memory>
#include <string>

namespace assay::models {

/// Where the numbers of a file of torch.save are. Each storage is made once and shared by its tensors.
class PthStorages
{
public:
    virtual ~PthStorages() = default;

    /// All elements of @p storage, one-dimensional. @throws Error when the file does not hold them, or when
    /// it was asked for before with another type or size.
    torch::Tensor get(const PickledStorage& storage);

    const std::string& where() const { return m_where; }

protected:
    explicit PthStorages(std::string where)
        : m_where(std::move(where))
    {}

    virtual torch::Tensor make(const PickledStorage& storage) = 0;
    [[noreturn]] void fail(const PickledStorage& storage, const std::string& what) const;

private:
    std::string m_where;
    std::map<std::string, torch::Tensor, std::less<>> m_made;
};

/// Of the zip form: entry PREFIX/data/KEY holds the elements.
class ZipStorages final : public PthStorages
{
public:
    /// @param file the archive's. Both must outlive this.
    ZipStorages(std::shared_ptr<const MappedFile> file, const ZipArchive& archive, std::string prefix,
                std::string where);

    /// How many entries had another checksum than announced.
    std::size_t differingChecksums() const { return m_differing; }

private:
    torch::Tensor make(const PickledStorage& storage) override;

    std::shared_ptr<const MappedFile> m_file;
    const ZipArchive& m_archive;
    std::string m_prefix;
    std::size_t m_differing = 0;
};

/// Of the older form: storages lie one after another behind the pickles.
class LegacyStorages final : public PthStorages
{
public:
    LegacyStorages(std::shared_ptr<const MappedFile> file, std::string where);

    /// Says that the storage @p key has its @p elements at @p data.
    void add(std::string key, std::span<const std::uint8_t> data);

private:
    torch::Tensor make(const PickledStorage& storage) override;

    std::shared_ptr<const MappedFile> m_file;
    std::map<std::string, std::span<const std::uint8_t>, std::less<>> m_data;
};

} // namespace assay::models
