#include "backend/engine/cache.h"

#include "backend/engine/files.h"
#include "backend/engine/provenance.h"
#include "backend/models/files/safetensors.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>

#include <torch/version.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

constexpr const char* kKeyEntry = "assay_key";
constexpr const char* kDigestEntry = "assay_digest";
constexpr const char* kDamagedSuffix = ".damaged";

/// Keeps entries from vanishing while they are read, and files while they become entries: who reads or writes
/// shares it, who evicts holds it alone. Without it (the folder cannot be written) the cache still works, and
/// at worst computes something again.
class FolderLock
{
public:
    FolderLock(const fs::path& folder, int mode)
        : m_fd(::open((folder / "lock").c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644))
    {
        while (m_fd >= 0 && ::flock(m_fd, mode) != 0 && errno == EINTR) {
        }
    }
    ~FolderLock()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_fd;
};

void addText(QCryptographicHash& hash, const std::string& text)
{
    hash.addData(QByteArrayView(text.data(), static_cast<qsizetype>(text.size())));
}

/// BLAKE2b over names, types, shapes and bytes: three times as fast as SHA-256, and no stranger's trust hangs
/// on it.
std::string digest(const models::NamedTensors& tensors)
{
    QCryptographicHash hash(QCryptographicHash::Blake2b_256);
    for (const auto& [name, tensor] : tensors) {
        std::string head = name + '\n' + std::to_string(static_cast<int>(tensor.scalar_type()));
        for (const auto size : tensor.sizes())
            head += ' ' + std::to_string(size);
        addText(hash, head + '\n');
        hash.addData(QByteArrayView(static_cast<const char*>(tensor.data_ptr()),
                                    static_cast<qsizetype>(tensor.nbytes())));
    }
    return hash.result().toHex().toStdString();
}

models::NamedTensors onHost(const TensorMap& tensors)
{
    models::NamedTensors list;
    for (const auto& [name, tensor] : tensors)
        list.emplace_back(name, tensor.detach().to(torch::kCPU).contiguous());
    return list;
}

TensorMap onDevice(const TensorMap& tensors, torch::Device device)
{
    TensorMap moved;
    for (const auto& [name, tensor] : tensors)
        moved.emplace(name, tensor.detach().to(device));
    return moved;
}

struct Entry
{
    fs::path file;
    std::uint64_t bytes = 0;
    fs::file_time_type used;
};

std::vector<Entry> entries(const fs::path& folder)
{
    std::vector<Entry> found;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone;
        Entry entry{it->path(), 0, {}};
        if (!it->is_regular_file(gone) || gone)
            continue;
        entry.bytes = it->file_size(gone);
        if (gone)
            continue;
        entry.used = it->last_write_time(gone);
        if (!gone)
            found.push_back(std::move(entry));
    }
    return found;
}

} // namespace

std::string canonicalJson(const Json& value)
{
    // The sorted JSON type orders the keys on the way.
    return nlohmann::json::parse(value.dump(-1, ' ', false, Json::error_handler_t::replace)).dump();
}

TensorCache::TensorCache(fs::path folder, std::uint64_t maxBytes)
    : m_folder(std::move(folder))
    , m_maxBytes(maxBytes)
{}

TensorMap TensorCache::get(const Json& key, torch::Device device, const std::function<TensorMap()>& compute,
                           const Report& report)
{
    const std::string text = canonicalJson({{"assay", version()},
                                            {"libtorch", TORCH_VERSION},
                                            {"device", c10::DeviceTypeName(device.type(), true)},
                                            {"key", key}});
    const std::string name = sha256(text);
    const fs::path file = m_folder / name.substr(0, 2) / (name + ".safetensors");
    if (const auto found = load(file, text, report))
        return onDevice(*found, device);
    const TensorMap computed = compute();
    try {
        store(file, text, computed);
    } catch (const Error& error) {
        report(std::string("The result is not kept in the cache. ") + error.what());
    }
    return onDevice(computed, device);
}

std::optional<TensorMap> TensorCache::load(const fs::path& file, const std::string& key,
                                           const Report& report) const
{
    std::error_code error;
    if (!fs::exists(file, error))
        return std::nullopt;
    const FolderLock lock(m_folder, LOCK_SH);
    if (!fs::exists(file, error))
        return std::nullopt;
    try {
        const models::TensorFile stored = models::readSafetensors(file);
        const auto& data = stored.metadata;
        const auto text = data.find(kKeyEntry);
        const auto sum = data.find(kDigestEntry);
        if (text == data.end() || text->second != key || sum == data.end() ||
            sum->second != digest(stored.tensors))
            throw Error("its content is not what was stored", file.string());
        fs::last_write_time(file, fs::file_time_type::clock::now(), error); // used just now: evicted last
        return TensorMap(stored.tensors.begin(), stored.tensors.end());
    } catch (const std::exception& problem) {
        fs::rename(file, fs::path(file.string() + kDamagedSuffix), error);
        report(std::string("A damaged cache entry was set aside and is computed again. ") + problem.what());
        return std::nullopt;
    }
}

void TensorCache::store(const fs::path& file, const std::string& key, const TensorMap& tensors)
{
    makeFolder(file.parent_path());
    const models::NamedTensors list = onHost(tensors);
    {
        const FolderLock lock(m_folder, LOCK_SH);
        models::writeSafetensors(file, list, {{kKeyEntry, key}, {kDigestEntry, digest(list)}});
    }
    evict(file);
}

void TensorCache::evict(const fs::path& keep) const
{
    const FolderLock lock(m_folder, LOCK_EX);
    std::vector<Entry> all = entries(m_folder);
    std::uint64_t held = 0;
    for (const auto& entry : all)
        held += entry.bytes;
    std::ranges::sort(all, {}, &Entry::used);
    for (const auto& entry : all) {
        if (held <= m_maxBytes)
            return;
        if (entry.file == keep || entry.bytes == 0) // the lock is empty
            continue;
        std::error_code gone;
        fs::remove(entry.file, gone);
        held -= entry.bytes;
    }
}

std::uint64_t TensorCache::bytes() const
{
    return folderBytes(m_folder);
}

} // namespace assay::engine
