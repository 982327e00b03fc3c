#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/encrypt_keys.h"
#include "app/cli/encrypted_file.h"
#include "app/cli/interrupt.h"
#include "backend/encryption/cipher.h"
#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <charconv>
#include <cstdio>
#include <set>

namespace assay::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFileBytes = std::uint64_t(1) << 30;
constexpr std::size_t kMostImages = 1 << 20;
constexpr int kJpegBlock = 8; ///< what JPEG transforms at a time
constexpr const char* kSeeHelp = "See 'assay-cli encrypt --help'";

const std::vector<Option>& cipherOptions()
{
    static const std::vector<Option> all = {{"--scheme"},
                                            {"--block"},
                                            {"--ffx-cipher"},
                                            {"--no-permute", false},
                                            {"--no-rotate", false},
                                            {"--no-negative", false},
                                            {"--no-channels", false},
                                            {"--independent-flags", false},
                                            {"--key-file"},
                                            {"--passphrase-stdin", false},
                                            {"--out"}};
    return all;
}

std::vector<Option> with(std::vector<Option> options, const std::vector<Option>& more)
{
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

int wholeNumber(const Arguments& arguments, const char* option)
{
    const std::string text = arguments.value(option);
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error("'" + text + "' is not a whole number", option);
    return number;
}

encryption::CipherSpec cipherOf(const Arguments& arguments)
{
    if (arguments.value("--scheme").empty())
        throw Error("name the scheme with --scheme", {}, kSeeHelp);
    // By its JSON, whose reader knows what is allowed.
    Json json = {{"scheme", arguments.value("--scheme")}};
    if (arguments.has("--block"))
        json["block"] = wholeNumber(arguments, "--block");
    if (arguments.has("--ffx-cipher"))
        json["ffxCipher"] = arguments.value("--ffx-cipher");
    for (const char* step : {"permute", "rotate", "negative", "channels"})
        json[step] = !arguments.has(std::string("--no-") + step);
    json["independentFlags"] = arguments.has("--independent-flags");
    return encryption::cipherFromJson(json, "cipher");
}

int jpegQualityOf(const Arguments& arguments, const encryption::CipherSpec& cipher)
{
    if (!arguments.has("--jpeg"))
        return 0;
    const int quality = wholeNumber(arguments, "--jpeg");
    if (quality < 1 || quality > 100)
        throw Error("the quality is " + std::to_string(quality) + "; it must be 1 to 100", "--jpeg");
    if (cipher.scheme != encryption::Scheme::Etc || cipher.block % kJpegBlock != 0)
        throw Error("what " + encryption::describe(cipher) +
                        " makes of an image does not survive JPEG: it could not be decrypted",
                    "--jpeg", "Leave --jpeg out for PNG, or use --scheme etc with --block 8 or 16");
    return quality;
}

/// Where every image goes. @throws Error before anything is written when two would go to one place, or
/// something is there.
std::vector<fs::path> outputsOf(const std::vector<std::string>& images, const fs::path& folder,
                                const char* ending)
{
    std::vector<fs::path> outputs;
    std::set<fs::path> taken;
    for (const fs::path image : images) {
        const fs::path output = folder / (image.stem().string() + ending);
        if (!taken.insert(output).second)
            throw Error("two images would become " + output.string(), image.string(),
                        "Encrypt or decrypt them into folders of their own");
        if (fs::exists(output))
            throw Error("there is a file already", output.string(), "Choose another folder with --out");
        outputs.push_back(output);
    }
    return outputs;
}

fs::path folderOf(const Arguments& arguments)
{
    if (arguments.value("--out").empty())
        throw Error("name the folder for the results with --out", {}, kSeeHelp);
    return arguments.value("--out");
}

torch::Tensor readImage(const fs::path& file)
{
    const std::string text = engine::readFile(file, kMostFileBytes);
    return imaging::decodeImage({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                                imaging::DecodeOptions{.channels = 0}, file.string());
}

int encrypt(const Words& words)
{
    const Arguments arguments("encrypt", words, with(cipherOptions(), {{"--new-key"}, {"--jpeg"}}));
    const bool keyAlone = arguments.has("--new-key") && !arguments.has("--out");
    const auto& images = arguments.rest(keyAlone ? 0 : 1, keyAlone ? 0 : kMostImages, "images");
    if (keyAlone) {
        KeySource source(arguments);
        std::printf("key %s\n", source.key("").fingerprint().c_str());
        return kDone;
    }
    // Everything that can be wrong with the request is said before a key is made or a passphrase asked for.
    const fs::path folder = folderOf(arguments);
    EncryptedFile record{.cipher = cipherOf(arguments)};
    record.jpeg = jpegQualityOf(arguments, record.cipher);
    const auto outputs = outputsOf(images, folder, record.jpeg > 0 ? ".jpg" : ".png");
    const Cancelling cancelling;
    KeySource source(arguments);
    record.salt = source.fromPassphrase() ? randomSalt() : std::string();
    const encryption::SecretKey& key = source.key(record.salt);
    record.key = key.fingerprint();
    engine::makeFolder(folder);
    for (std::size_t i = 0; i < images.size(); ++i) {
        cancelling.check();
        const torch::Tensor plain = readImage(images[i]).unsqueeze(0);
        record.channels = plain.size(1);
        record.height = plain.size(2);
        record.width = plain.size(3);
        if (record.channels == 4 && (record.jpeg > 0 || record.cipher.scheme == encryption::Scheme::Ffx))
            throw Error("has an alpha channel, which this output cannot hold", images[i],
                        "Save the picture without transparency");
        const bool blocks = record.cipher.scheme != encryption::Scheme::Pe;
        const torch::Tensor padded = blocks ? encryption::padToBlocks(plain, record.cipher.block) : plain;
        const encryption::Cipher cipher(record.cipher, key, padded.size(1), padded.size(2), padded.size(3));
        const std::string bytes = encodedEncrypted(cipher.encrypt(padded)[0], record.jpeg);
        // The record first: an image without it could not be decrypted.
        engine::writeFileAtomically(recordBeside(outputs[i]), toText(record));
        engine::writeFileAtomically(outputs[i], bytes);
        std::printf("%s\n", outputs[i].c_str());
    }
    std::fprintf(stderr, "%s, key %s\n", encryption::describe(record.cipher).c_str(), record.key.c_str());
    return kDone;
}

/// What was written beside the image, or else what the command says.
EncryptedFile recordOf(const fs::path& image, const Arguments& arguments)
{
    auto record = readRecord(image);
    if (!record) {
        if (!arguments.has("--scheme"))
            throw Error("there is no " + recordBeside(image).filename().string() +
                            " beside it that says how it was encrypted",
                        image.string(), "Put it back, or name --scheme and the other options of 'encrypt'");
        return {.cipher = cipherOf(arguments)};
    }
    if (arguments.has("--scheme") &&
        encryption::schemeFromName(arguments.value("--scheme")) != record->cipher.scheme)
        throw Error("was encrypted with the scheme '" +
                        std::string(encryption::schemeName(record->cipher.scheme)) + "'",
                    image.string(), "Leave --scheme out");
    return *record;
}

torch::Tensor decrypted(const fs::path& image, const EncryptedFile& record, KeySource& source)
{
    const encryption::SecretKey& key = source.key(record.salt);
    if (!record.key.empty() && record.key != key.fingerprint())
        throw Error("was encrypted with the key " + record.key + ", and this is the key " + key.fingerprint(),
                    image.string(), record.salt.empty() ? "Give its key file" : "Give its passphrase");
    const torch::Tensor values = decodedEncrypted(image, record.cipher.scheme).unsqueeze(0);
    const encryption::Cipher cipher(record.cipher, key, values.size(1), values.size(2), values.size(3));
    const torch::Tensor plain = cipher.decrypt(values)[0];
    if (record.height == 0)
        return plain;
    if (record.channels != plain.size(0) || record.height > plain.size(1) || record.width > plain.size(2))
        throw Error("does not have the size that the file beside it says", image.string(),
                    "Give the file as it was written");
    return plain.narrow(1, 0, record.height).narrow(2, 0, record.width);
}

int decrypt(const Words& words)
{
    const Arguments arguments("decrypt", words, cipherOptions());
    const auto& images = arguments.rest(1, kMostImages, "encrypted images");
    const fs::path folder = folderOf(arguments);
    const auto outputs = outputsOf(images, folder, ".png");
    std::vector<EncryptedFile> records;
    for (const std::string& image : images)
        records.push_back(recordOf(image, arguments));
    const Cancelling cancelling;
    KeySource source(arguments);
    engine::makeFolder(folder);
    for (std::size_t i = 0; i < images.size(); ++i) {
        cancelling.check();
        const auto bytes = imaging::encodePng(decrypted(images[i], records[i], source).contiguous());
        engine::writeFileAtomically(outputs[i], {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        std::printf("%s\n", outputs[i].c_str());
    }
    return kDone;
}

} // namespace

const Command kEncrypt = {
    "encrypt", "encrypt image files under a secret key",
    "usage: assay-cli encrypt IMAGE... --scheme ID --out DIR\n"
    "                         --key-file FILE | --new-key FILE | --passphrase-stdin [OPTION]...\n"
    "       assay-cli encrypt --new-key FILE\n\n"
    "  --scheme ID          etc, le, ele, pe, shf, np or ffx\n"
    "  --block N            side of a block in pixels, 1 .. 256 (4); pe has none\n"
    "  --no-permute, --no-rotate, --no-negative, --no-channels\n"
    "                       leave out a step of etc (pe: --no-channels)\n"
    "  --independent-flags  le, ele: reversal bits of their own\n"
    "  --ffx-cipher NAME    ff1 (AES, as when absent) or hmac, the published code's\n"
    "  --key-file FILE      a line of hexadecimal digits\n"
    "  --new-key FILE       makes a key of 256 random bits there, readable by you alone; never over a file\n"
    "  --passphrase-stdin   a key from the first line of standard input, by scrypt with a fresh salt\n"
    "  --jpeg QUALITY       JPEG instead of PNG: etc with blocks of 8, 16, ... alone, and with a loss\n\n"
    "Writes DIR/NAME.png for every IMAGE (PNG, JPEG, BMP, TIFF, WebP; values of 16 bits become 8 first), "
    "with\n"
    "16 bits a value for ffx, and beside it DIR/NAME.png.json: the scheme, the size of the original, the\n"
    "fingerprint of the key and a passphrase's salt, nothing secret. Sides that are no multiples of the "
    "block\n"
    "grow by repeated pixels, which decrypting takes off. Prints the files. Nothing is ever replaced.\n",
    encrypt};

const Command kDecrypt = {
    "decrypt", "decrypt image files that 'encrypt' wrote",
    "usage: assay-cli decrypt IMAGE... --out DIR --key-file FILE | --passphrase-stdin\n"
    "                         [--scheme ID and the other options of 'encrypt']\n\n"
    "Writes DIR/NAME.png, the original's pixels to the bit (of a JPEG: nearly). What is written beside the\n"
    "image says how; without it the options of 'encrypt' do, and the padding stays. Refuses a key whose\n"
    "fingerprint is not the one that encrypted the image.\n",
    decrypt};

} // namespace assay::cli
