#include "backend/attacks/patch/patch_file.h"

#include "backend/imaging/image_codec.h"
#include "backend/models/files/safetensors.h"
#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"

#include <QCryptographicHash>
#include <QFile>

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr qint64 kMostPatchBytes = qint64(256) << 20;
constexpr qint64 kMostCardBytes = qint64(1) << 20;
constexpr std::size_t kLongestPatchName = 100;
constexpr double kRedPart = 0.299; ///< ITU-R BT.601, as pictures are made grey elsewhere
constexpr double kGreenPart = 0.587;
constexpr double kBluePart = 0.114;

QString pathOf(const std::filesystem::path& file)
{
    return QString::fromStdString(file.string());
}

QByteArray bytesOf(const std::filesystem::path& file, qint64 most)
{
    QFile source(pathOf(file));
    if (!source.open(QIODevice::ReadOnly))
        throw Error("there is no such file, or it cannot be read", file.string());
    if (source.size() > most)
        throw Error("the file has " + std::to_string(source.size()) + " bytes; at most " +
                        std::to_string(most) + " are read",
                    file.string());
    return source.read(most);
}

void requireSides(const torch::Tensor& pixels, const std::string& where)
{
    if (pixels.dim() != 3 || (pixels.size(0) != 1 && pixels.size(0) != 3) || pixels.size(1) < 1 ||
        pixels.size(2) < 1 || std::max(pixels.size(1), pixels.size(2)) > kMaxPatchSide)
        throw Error("a patch must be [C,h,w] with 1 or 3 channels and sides of 1 to " +
                        std::to_string(kMaxPatchSide) + " pixels",
                    where);
}

/// float32 in [0,1], contiguous, not sharing the file's memory.
torch::Tensor unitValues(const torch::Tensor& values, const char* what, const std::string& where)
{
    if (values.scalar_type() == torch::kUInt8)
        return values.to(torch::kFloat32).div_(255);
    if (!values.is_floating_point())
        throw Error(std::string("the ") + what + " must be float32 in [0,1] or uint8", where);
    torch::Tensor unit = values.to(torch::kFloat32).clone(at::MemoryFormat::Contiguous);
    // NaN fails both comparisons.
    if (!unit.ge(0).logical_and_(unit.le(1)).all().item<bool>())
        throw Error(std::string("the ") + what + " holds values outside of [0,1], or no numbers", where,
                    "Scale it to [0,1] and save it again");
    return unit;
}

Patch fromTensors(const std::filesystem::path& file)
{
    const models::TensorFile tensors = models::readSafetensors(file);
    const torch::Tensor* pixels = tensors.find("patch");
    if (!pixels)
        throw Error("there is no tensor 'patch' in it", file.string(),
                    "Save the pixels as 'patch', [C,h,w], and the shape as 'mask', [1,h,w]");
    requireSides(*pixels, file.string());
    Patch patch;
    patch.pixels = unitValues(*pixels, "patch", file.string());
    const std::vector<std::int64_t> shape = {1, patch.pixels.size(1), patch.pixels.size(2)};
    const torch::Tensor* mask = tensors.find("mask");
    if (mask && mask->numel() != patch.pixels.size(1) * patch.pixels.size(2))
        throw Error("its mask has other sides than the patch", file.string());
    patch.mask = mask ? unitValues(*mask, "mask", file.string()).view(shape) : torch::ones(shape);
    return patch;
}

Patch fromPicture(const QByteArray& bytes, const std::filesystem::path& file)
{
    const std::span<const std::uint8_t> data(reinterpret_cast<const std::uint8_t*>(bytes.constData()),
                                             static_cast<std::size_t>(bytes.size()));
    const torch::Tensor rgba =
        imaging::decodeImage(data, imaging::DecodeOptions{.channels = 4}, file.string());
    requireSides(rgba.narrow(0, 0, 3), file.string());
    const torch::Tensor unit = rgba.to(torch::kFloat32).div_(255);
    Patch patch{.pixels = unit.narrow(0, 0, 3).contiguous(), .mask = unit.narrow(0, 3, 1).contiguous()};
    const torch::Tensor red = rgba[0];
    if (red.equal(rgba[1]) && red.equal(rgba[2]))
        patch.pixels = patch.pixels.narrow(0, 0, 1).contiguous();
    return patch;
}

Json cardJson(const Patch& patch)
{
    return {{"name", patch.name},
            {"channels", patch.pixels.size(0)},
            {"height", patch.pixels.size(1)},
            {"width", patch.pixels.size(2)},
            {"origin", patch.origin}};
}

std::int64_t sideOf(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

PatchCard cardOf(const std::filesystem::path& file)
{
    PatchCard card{.name = file.stem().string()};
    try {
        const QByteArray bytes = bytesOf(file, kMostCardBytes);
        const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
        if (!json.is_object())
            throw Error("it is no JSON object", file.string());
        card.channels = sideOf(json, "channels");
        card.height = sideOf(json, "height");
        card.width = sideOf(json, "width");
        card.origin = json.value("origin", Json::object());
        if (!std::filesystem::exists(std::filesystem::path(file).replace_extension(".safetensors")))
            throw Error("its pixels are missing: there is no " + card.name + ".safetensors beside it",
                        file.string());
    } catch (const Error& error) {
        card.problem = error.what();
    }
    return card;
}

} // namespace

void checkPatchName(const std::string& name)
{
    const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
    if (name.empty() || name.size() > kLongestPatchName || name.front() == '.' ||
        !std::ranges::all_of(name, allowed))
        throw Error("'" + name.substr(0, kLongestPatchName) + "' cannot be the name of a patch", {},
                    "Take up to 100 letters, digits, dots, hyphens and underscores, not a dot first");
}

Patch readPatch(const std::filesystem::path& file)
{
    const QByteArray bytes = bytesOf(file, kMostPatchBytes);
    Patch patch = file.extension() == ".safetensors" ? fromTensors(file) : fromPicture(bytes, file);
    patch.name = file.stem().string();
    patch.sha256 = QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().toStdString();
    return patch;
}

torch::Tensor patchRgba(const torch::Tensor& pixels, const torch::Tensor& mask)
{
    const torch::Tensor colours = pixels.detach().cpu().expand({3, pixels.size(1), pixels.size(2)});
    return torch::cat({colours, mask.detach().cpu()})
        .mul(255)
        .round_()
        .clamp_(0, 255)
        .to(torch::kUInt8)
        .permute({1, 2, 0})
        .contiguous();
}

std::vector<std::uint8_t> patchPng(const torch::Tensor& pixels, const torch::Tensor& mask)
{
    const torch::Tensor rgba = patchRgba(pixels, mask).permute({2, 0, 1}).contiguous();
    if (!rgba[3].eq(255).all().item<bool>())
        return imaging::encodePng(rgba);
    return imaging::encodePng(rgba.narrow(0, 0, pixels.size(0)).contiguous());
}

Patch withChannels(Patch patch, std::int64_t channels)
{
    const torch::Tensor& pixels = patch.pixels;
    if (channels == pixels.size(0))
        return patch;
    if (channels == 3 && pixels.size(0) == 1)
        patch.pixels = pixels.expand({3, pixels.size(1), pixels.size(2)}).contiguous();
    else if (channels == 1 && pixels.size(0) == 3)
        patch.pixels = (pixels[0] * kRedPart + pixels[1] * kGreenPart + pixels[2] * kBluePart).unsqueeze(0);
    else
        throw Error("patch '" + patch.name + "' cannot be laid on images of " + std::to_string(channels) +
                    " channels");
    return patch;
}

std::vector<PatchCard> PatchLibrary::list() const
{
    std::vector<PatchCard> cards;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(m_folder, ignored))
        if (entry.path().extension() == ".json")
            cards.push_back(cardOf(entry.path()));
    std::ranges::sort(cards, {}, &PatchCard::name);
    return cards;
}

Patch PatchLibrary::open(const std::string& nameOrPath) const
{
    const std::vector<PatchCard> kept = list();
    const auto card = std::ranges::find(kept, nameOrPath, &PatchCard::name);
    if (card != kept.end()) {
        Patch patch = readPatch(m_folder / (nameOrPath + ".safetensors"));
        patch.origin = card->origin;
        return patch;
    }
    if (nameOrPath.find('/') != std::string::npos || std::filesystem::exists(nameOrPath))
        return readPatch(nameOrPath);
    std::string names;
    for (const PatchCard& each : kept)
        names += (names.empty() ? "" : ", ") + each.name;
    throw Error("there is no kept patch '" + nameOrPath + "'" +
                    (names.empty() ? "; none was kept yet" : "; kept are " + names),
                {}, "Keep one of a run first, or give the path of a PNG");
}

PatchCard PatchLibrary::keep(const Patch& patch) const
{
    checkPatchName(patch.name);
    requireSides(patch.pixels, patch.name);
    const std::filesystem::path card = m_folder / (patch.name + ".json");
    if (std::filesystem::exists(card))
        throw Error("there is a kept patch '" + patch.name + "' already", card.string(), "Take another name");
    std::error_code failed;
    std::filesystem::create_directories(m_folder, failed);
    if (failed)
        throw Error("the folder cannot be made: " + failed.message(), m_folder.string());
    models::writeSafetensors(m_folder / (patch.name + ".safetensors"),
                             {{"patch", patch.pixels}, {"mask", patch.mask}});
    const std::vector<std::uint8_t> png = patchPng(patch.pixels, patch.mask);
    writeWhole(m_folder / (patch.name + ".png"), {reinterpret_cast<const char*>(png.data()), png.size()});
    const std::string json = cardJson(patch).dump(2) + "\n";
    writeWhole(card, json);
    return cardOf(card);
}

void PatchLibrary::remove(const std::string& name) const
{
    checkPatchName(name);
    std::error_code ignored;
    // The card goes first: what is left without it is no longer listed.
    if (!std::filesystem::remove(m_folder / (name + ".json"), ignored))
        throw Error("there is no kept patch '" + name + "'");
    for (const char* ending : {".safetensors", ".png"})
        std::filesystem::remove(m_folder / (name + ending), ignored);
}

} // namespace assay::attacks
