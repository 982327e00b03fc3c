#include "backend/models/torchscript/script_archive.h"

#include "backend/models/files/mapped_file.h"
#include "backend/models/files/zip_archive.h"
#include "backend/models/torchscript/pickle_storages.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::models {

namespace {

constexpr std::uint64_t kMaxFileBytes = 16ull << 30;
constexpr const char* kSaveAgain = "Save the network again with torch.jit.save.";

/// An entry's name without the archive's own folder.
std::string recordName(const ZipArchive::Entry& entry)
{
    return entry.name.substr(entry.name.find('/') + 1);
}

bool hasCode(const ZipArchive& archive)
{
    const auto has = [&](const auto& matches) { return std::ranges::any_of(archive.entries(), matches); };
    return has([](const ZipArchive::Entry& entry) { return recordName(entry) == "constants.pkl"; }) &&
           has([](const ZipArchive::Entry& entry) { return recordName(entry).starts_with("code/"); });
}

std::string unpackedText(const ZipArchive& archive, const ZipArchive::Entry& entry)
{
    std::string bytes(entry.bytes, '\0');
    archive.unpack(entry, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return bytes;
}

bool mentions(const std::vector<std::string>& texts, const char* word)
{
    return std::ranges::any_of(texts,
                               [&](const std::string& text) { return text.find(word) != std::string::npos; });
}

void checkCode(const std::vector<std::string>& texts, const std::string& where)
{
    if (mentions(texts, "torch.classes"))
        throw Error(
            "the script holds objects of LibTorch's native classes (such as quantised weights), which "
            "give no gradients",
            where, "Export the network in float32, before it is quantised.");
    if (mentions(texts, "__setstate__"))
        throw Error("the script runs code of its own while it is loaded (__setstate__)", where,
                    "Export it with torch.jit.trace, which leaves such code out.");
}

} // namespace

bool isScriptArchive(const std::filesystem::path& file, std::span<const std::uint8_t> head)
{
    if (!ZipArchive::looksLike(head))
        return false;
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    if (text.find("__torch__") != std::string_view::npos)
        return true;
    try {
        const auto mapped = MappedFile::open(file);
        return hasCode(ZipArchive(mapped->bytes(), file.string()));
    } catch (const Error&) {
        return false;
    }
}

void checkScriptArchive(const std::filesystem::path& file)
{
    const std::string where = file.string();
    const auto mapped = MappedFile::open(file);
    if (mapped->bytes().size() > kMaxFileBytes)
        throw Error("is larger than 16 GiB, too large for a classifier", where);
    const ZipArchive archive(mapped->bytes(), where);
    if (!hasCode(archive))
        throw Error("is a zip archive without compiled code, so no TorchScript file", where,
                    "Save the network with torch.jit.save, or import the file as a state_dict.");
    std::map<std::string, std::uint64_t> sizes;
    std::map<std::string, std::vector<StorageClaim>> claims;
    std::vector<std::string> texts;
    for (const ZipArchive::Entry& entry : archive.entries()) {
        const std::string name = recordName(entry);
        sizes[name] = entry.bytes;
        const bool pickle = name.ends_with(".pkl");
        if (!pickle && !(name.starts_with("code/") && name.ends_with(".py")))
            continue;
        texts.push_back(unpackedText(archive, entry));
        if (pickle)
            claims[name.substr(0, name.size() - 4)] = storageClaims(texts.back(), where);
    }
    checkCode(texts, where);
    for (const auto& [folder, storages] : claims) {
        for (const StorageClaim& claim : storages) {
            const auto found = sizes.find(folder + "/" + claim.key);
            if (found == sizes.end() || claim.items > found->second / claim.itemBytes)
                throw Error("the tensor '" + claim.key.substr(0, 80) + "' claims more data than the file has",
                            where, kSaveAgain);
        }
    }
}

} // namespace assay::models
