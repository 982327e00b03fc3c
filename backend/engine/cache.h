#pragma once

#include "backend/engine/run_context.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace assay::engine {

/// Content-addressed store of tensors on disk. An entry is a safetensors file named by the SHA-256 of its
/// key, with the key and a digest of the tensors inside. Several processes may use one folder: entries appear
/// whole, by renaming, and one that another process evicts is simply a miss.
class TensorCache
{
public:
    /// @param maxBytes after every store the entries used longest ago are removed until no more is held.
    explicit TensorCache(std::filesystem::path folder, std::uint64_t maxBytes = kDefaultBytes);

    using Report = std::function<void(const std::string& sentence)>;

    /// The entry of @p key, or else what @p compute returns, stored. Tensors come back on @p device,
    /// detached. The engine's version, LibTorch's and the kind of device are part of every key. A damaged
    /// entry is set aside and computed again, and a failure to store (a full disk) loses nothing but the
    /// entry; @p report is told of both.
    TensorMap get(const Json& key, torch::Device device, const std::function<TensorMap()>& compute,
                  const Report& report);

    /// Bytes of all entries, damaged ones included.
    std::uint64_t bytes() const;

    static constexpr std::uint64_t kDefaultBytes = std::uint64_t(4) << 30;

private:
    std::optional<TensorMap> load(const std::filesystem::path& file, const std::string& key,
                                  const Report& report) const;
    void store(const std::filesystem::path& file, const std::string& key, const TensorMap& tensors);
    void evict(const std::filesystem::path& keep) const;

    std::filesystem::path m_folder;
    std::uint64_t m_maxBytes;
};

/// The same text for equal JSON values, whatever the order of their keys.
std::string canonicalJson(const Json& value);

} // namespace assay::engine
