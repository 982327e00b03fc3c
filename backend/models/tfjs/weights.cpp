#include "backend/arrays/mapped_file.h"
#include "backend/models/tfjs/tfjs_file.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <cstring>

namespace assay::models::tfjs {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxBytes = std::uint64_t(2) << 30;
constexpr std::size_t kMaxRank = 8;

struct Kept
{
    torch::ScalarType type;
    std::uint64_t bytes;
};

Kept keptAs(const std::string& name, const std::string& where)
{
    if (name == "float32")
        return {torch::kFloat32, 4};
    if (name == "int32")
        return {torch::kInt32, 4};
    if (name == "float16")
        return {torch::kFloat16, 2};
    if (name == "uint16")
        return {torch::kInt32, 2}; // LibTorch has no type for it: widened below
    if (name == "uint8")
        return {torch::kUInt8, 1};
    if (name == "bool")
        return {torch::kBool, 1};
    throw Error("keeps values as '" + name.substr(0, 40) + "', which is not read", where,
                "Known are float32, float16, int32, uint16, uint8 and bool.");
}

/// The shards of one group, one after another.
std::vector<std::uint8_t> joinedShards(const Json& paths, const fs::path& folder)
{
    std::vector<std::uint8_t> all;
    for (const Json& path : paths) {
        const std::string name = path.get<std::string>();
        if (name.find('/') != std::string::npos || name.find('\\') != std::string::npos || name == "..")
            throw Error("names the weight shard '" + name.substr(0, 80) + "', which is not beside it",
                        folder.string(), "Put the shards into the folder of the JSON file.");
        const arrays::MappedFile shard(folder / name);
        if (all.size() + shard.bytes().size() > kMaxBytes)
            throw Error("the weight shards exceed 2 GiB", folder.string());
        all.insert(all.end(), shard.bytes().begin(), shard.bytes().end());
    }
    return all;
}

std::uint64_t elementsOf(const std::vector<std::int64_t>& shape, const std::string& where)
{
    if (shape.size() > kMaxRank)
        throw Error("has " + std::to_string(shape.size()) + " axes", where);
    std::uint64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || (size > 0 && count > kMaxBytes / static_cast<std::uint64_t>(size)))
            throw Error("has an impossible shape", where);
        count *= static_cast<std::uint64_t>(size);
    }
    return count;
}

torch::Tensor widened(std::span<const std::uint8_t> bytes, std::uint64_t count)
{
    torch::Tensor result = torch::empty({static_cast<std::int64_t>(count)}, torch::kInt32);
    auto* out = result.data_ptr<std::int32_t>();
    for (std::uint64_t i = 0; i < count; ++i)
        out[i] = bytes[2 * i] | bytes[2 * i + 1] << 8;
    return result;
}

/// Of the bytes at the front of @p bytes; moves on behind them.
torch::Tensor take(std::span<const std::uint8_t>& bytes, const Json& entry, bool& quantised,
                   const std::string& where)
{
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const std::string declared = entry.at("dtype").get<std::string>();
    const Json quantisation = entry.value("quantization", Json::object());
    const std::string kept = quantisation.value("dtype", declared);
    const Kept how = keptAs(kept, where);
    const std::uint64_t count = elementsOf(shape, where);
    if (count > bytes.size() / how.bytes)
        throw Error("needs " + std::to_string(count * how.bytes) + " bytes, but the shards have " +
                        std::to_string(bytes.size()) + " left",
                    where, "Fetch the weight shards again.");
    torch::Tensor values;
    if (kept == "uint16") {
        values = widened(bytes, count);
    } else {
        values = torch::empty({static_cast<std::int64_t>(count)}, how.type);
        std::memcpy(values.data_ptr(), bytes.data(), count * how.bytes);
    }
    bytes = bytes.subspan(count * how.bytes);
    if (quantisation.contains("scale"))
        values = values.to(torch::kFloat64) * quantisation.at("scale").get<double>() +
                 quantisation.value("min", 0.0);
    quantised = quantised || kept != declared;
    const Kept wanted = keptAs(declared, where);
    return values.to(wanted.type).view(shape);
}

} // namespace

std::map<std::string, torch::Tensor> readWeights(const Json& manifest, const fs::path& folder,
                                                 bool& quantised, std::uint64_t& total)
{
    std::map<std::string, torch::Tensor> result;
    for (const Json& group : manifest) {
        const std::vector<std::uint8_t> shards = joinedShards(group.at("paths"), folder);
        total += shards.size();
        std::span<const std::uint8_t> rest(shards);
        for (const Json& entry : group.at("weights")) {
            const std::string name = entry.at("name").get<std::string>();
            result[name] = take(rest, entry, quantised, "weight '" + name.substr(0, 120) + "'");
        }
        if (!rest.empty())
            throw Error("the weight shards are " + std::to_string(rest.size()) +
                            " bytes longer than announced",
                        folder.string(), "Fetch the weight shards again.");
    }
    return result;
}

} // namespace assay::models::tfjs
