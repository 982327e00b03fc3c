#include "plugins/encryption/train_schemes.h"

#include "backend/protocol/error.h"
#include "plugins/encryption/train_params.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// Images that go to the device at once.
constexpr std::int64_t kTrainEncodedAtOnce = 500;

struct SchemeName
{
    const char* id;
    const char* title; ///< fits under a bar
    const char* words; ///< for forms
};
constexpr SchemeName kTrainSchemes[] = {{"plain", "plain", "plain"},
                                        {"plain-set", "plain set", "plain, patches as a set"},
                                        {"etc", "EtC", "EtC"},
                                        {"etc-each", "EtC each", "EtC, a key per image"},
                                        {"le", "LE", "LE"},
                                        {"ele", "ELE", "ELE"},
                                        {"pe", "PE", "PE"},
                                        {"pe-each", "PE each", "PE, a key per image"},
                                        {"shf", "SHF", "SHF"},
                                        {"np", "NP", "NP"},
                                        {"ffx", "FFX", "FFX"},
                                        {"v0", "V0", "NeuraCrypt (V0)"},
                                        {"v1", "V1", "Color-NeuraCrypt V1, channels separate"},
                                        {"v2", "V2", "Color-NeuraCrypt V2, colours rotated"},
                                        {"v3", "V3", "Color-NeuraCrypt V3, in order"},
                                        {"own", "as set", "NeuraCrypt as set below"}};

std::vector<std::string> namesOf(const char* SchemeName::*part)
{
    std::vector<std::string> names;
    for (const SchemeName& scheme : kTrainSchemes)
        names.emplace_back(scheme.*part);
    return names;
}

NeuraSpec trainNeura(const std::string& id, const TrainParams& params)
{
    NeuraSpec spec = id == "own" ? params.own : NeuraSpec{};
    if (id != "own") {
        spec.separate = id != "v0";
        spec.rotate = id == "v2";
        spec.shuffle = id != "v3";
    }
    spec.patch = params.patch;
    spec.width = params.width;
    spec.depth = params.depth;
    spec.perBatch = params.statistics == "batch";
    return spec;
}

} // namespace

const std::vector<std::string>& trainSchemeIds()
{
    static const std::vector<std::string> ids = namesOf(&SchemeName::id);
    return ids;
}

const std::vector<std::string>& trainSchemeTitles()
{
    static const std::vector<std::string> titles = namesOf(&SchemeName::title);
    return titles;
}

const std::vector<std::string>& trainSchemeWords()
{
    static const std::vector<std::string> words = namesOf(&SchemeName::words);
    return words;
}

Json TrainScheme::key() const
{
    Json json = {{"positions", positions}, {"key_per_image", keyPerImage}};
    if (cipher)
        json["cipher"] = toJson(*cipher);
    if (neura)
        json["neura"] = toJson(*neura);
    return json;
}

TrainScheme trainScheme(const std::string& id, const TrainParams& params)
{
    const auto at = std::ranges::find(trainSchemeIds(), id);
    if (at == trainSchemeIds().end())
        throw Error("there is no scheme '" + id + "'", "schemes");
    TrainScheme scheme{.id = id,
                       .title = trainSchemeTitles()[static_cast<std::size_t>(at - trainSchemeIds().begin())]};
    if (id == "plain-set") {
        scheme.positions = false;
    } else if (id == "own" || id.starts_with('v')) {
        scheme.neura = trainNeura(id, params);
        scheme.positions = !scheme.neura->shuffle;
    } else if (id != "plain") {
        scheme.keyPerImage = id.ends_with("-each");
        scheme.cipher =
            CipherSpec{.scheme = schemeFromName(id.substr(0, id.find('-'))), .block = params.block};
    }
    return scheme;
}

torch::Tensor rowsOfOwner(std::int64_t n, std::size_t owner, std::size_t owners)
{
    const auto first = static_cast<std::int64_t>(owner);
    return torch::arange(std::min(first, n), n, static_cast<std::int64_t>(owners), torch::kInt64);
}

TrainEncoder::TrainEncoder(TrainScheme scheme, const std::vector<SecretKey>& keys, const torch::Tensor& own,
                           torch::Device device)
    : m_scheme(std::move(scheme))
    , m_keys(keys)
    , m_device(device)
{
    for (std::size_t owner = 0; owner < keys.size(); ++owner) {
        if (m_scheme.neura) {
            const torch::Tensor rows = rowsOfOwner(own.size(0), owner, keys.size());
            m_neura.emplace_back(*m_scheme.neura, keys[owner], own.index_select(0, rows), device);
        } else if (m_scheme.cipher) {
            m_ciphers.emplace_back(*m_scheme.cipher, keys[owner], own.size(1), own.size(2), own.size(3));
        }
    }
}

torch::Tensor TrainEncoder::encodeFor(std::size_t owner, const torch::Tensor& images,
                                      const torch::Tensor& ids) const
{
    if (m_scheme.neura)
        return m_neura[owner].encode(images, ids).unsqueeze(1).cpu();
    if (m_scheme.keyPerImage)
        return encryptEach(*m_scheme.cipher, m_keys[owner], images, ids).to(torch::kFloat32).div_(255);
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < images.size(0); first += kTrainEncodedAtOnce) {
        const torch::Tensor some =
            images.narrow(0, first, std::min(kTrainEncodedAtOnce, images.size(0) - first));
        parts.push_back(m_ciphers[owner].encryptUnit(some.to(m_device).to(torch::kFloat32).div_(255)).cpu());
    }
    return torch::cat(parts);
}

torch::Tensor TrainEncoder::encode(const torch::Tensor& images, const torch::Tensor& ids) const
{
    if (!m_scheme.hasKey())
        return images.to(torch::kFloat32).div_(255);
    if (m_keys.size() == 1)
        return encodeFor(0, images, ids);
    torch::Tensor all;
    for (std::size_t owner = 0; owner < m_keys.size(); ++owner) {
        const torch::Tensor rows = rowsOfOwner(images.size(0), owner, m_keys.size());
        if (rows.size(0) == 0)
            continue;
        const torch::Tensor part = encodeFor(owner, images.index_select(0, rows), ids.index_select(0, rows));
        if (!all.defined()) {
            std::vector<std::int64_t> sizes = part.sizes().vec();
            sizes[0] = images.size(0);
            all = torch::empty(sizes);
        }
        all.index_copy_(0, rows, part);
    }
    return all;
}

} // namespace assay::encryption
