#include "app/cli/encrypted_file.h"

#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::cli {

namespace {

constexpr const char* kFormat = "assay-encrypted-image";
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMostImageBytes = std::uint64_t(1) << 30;
constexpr int kMostDigitValue = 999; ///< of Ffx

std::span<const std::uint8_t> bytesOf(const std::string& text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

std::filesystem::path recordBeside(const std::filesystem::path& image)
{
    return image.string() + ".json";
}

std::string toText(const EncryptedFile& r)
{
    const Json json = {
        {"format", kFormat},      {"version", kVersion}, {"cipher", encryption::toJson(r.cipher)},
        {"channels", r.channels}, {"height", r.height},  {"width", r.width},
        {"key", r.key},           {"salt", r.salt},      {"jpeg", r.jpeg}};
    return json.dump(2) + "\n";
}

std::optional<EncryptedFile> readRecord(const std::filesystem::path& image)
{
    const std::filesystem::path file = recordBeside(image);
    if (!std::filesystem::exists(file))
        return std::nullopt;
    const Json json = engine::readJsonFile(file);
    const protocol::JsonFields fields(json, file.string(), "the record of an encrypted image");
    if (fields.text("format") != kFormat || fields.count("version") != kVersion)
        throw Error("is no record of an encrypted image of version 1", file.string(),
                    "Give the file that 'assay-cli encrypt' wrote");
    EncryptedFile record{.cipher = encryption::cipherFromJson(fields.object("cipher", true), file.string()),
                         .channels = fields.count("channels"),
                         .height = fields.count("height"),
                         .width = fields.count("width"),
                         .key = fields.text("key", false),
                         .salt = fields.text("salt", false),
                         .jpeg = static_cast<int>(fields.count("jpeg", false))};
    if (record.height < 1 || record.width < 1 || record.height > imaging::kMaxSide ||
        record.width > imaging::kMaxSide)
        throw Error("the sides are " + std::to_string(record.width) + " x " + std::to_string(record.height) +
                        "; they must be 1 to " + std::to_string(imaging::kMaxSide),
                    file.string());
    return record;
}

std::string encodedEncrypted(const torch::Tensor& encrypted, int jpeg)
{
    const std::vector<std::uint8_t> bytes = encrypted.scalar_type() == torch::kInt16
                                                ? imaging::encodeDeepPng(encrypted)
                                            : jpeg > 0 ? imaging::encodeJpeg(encrypted, jpeg)
                                                       : imaging::encodePng(encrypted);
    return {bytes.begin(), bytes.end()};
}

torch::Tensor decodedEncrypted(const std::filesystem::path& file, encryption::Scheme scheme)
{
    const std::string text = engine::readFile(file, kMostImageBytes);
    if (scheme != encryption::Scheme::Ffx)
        return imaging::decodeImage(bytesOf(text), imaging::DecodeOptions{.channels = 0, .upright = false},
                                    file.string());
    const torch::Tensor values = imaging::decodeDeepPng(bytesOf(text), file.string());
    if (values.max().item<int>() > kMostDigitValue)
        throw Error("holds values above 999, which FFX does not make", file.string(),
                    "Give the file as it was written");
    return values.to(torch::kInt16);
}

} // namespace assay::cli
