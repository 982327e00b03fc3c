#pragma once

#include "backend/encryption/cipher.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace assay::cli {

/// What decrypting a file needs besides the key: a JSON file beside the encrypted image, IMAGE.json. It holds
/// nothing secret.
struct EncryptedFile
{
    encryption::CipherSpec cipher;
    std::int64_t channels = 3; ///< of the original
    std::int64_t height = 0, width = 0;
    std::string key;  ///< fingerprint
    std::string salt; ///< as hexadecimal digits; empty: the key came from a file
    int jpeg = 0;     ///< quality; 0: a PNG, without any loss
};

/// "DIR/photo.png.json" of "DIR/photo.png".
std::filesystem::path recordBeside(const std::filesystem::path& image);
std::string toText(const EncryptedFile& record);
/// nullopt: there is none. @throws Error for one that is damaged.
std::optional<EncryptedFile> readRecord(const std::filesystem::path& image);

/// The file of encrypted values, as Cipher::encrypt() returns them for one image, [C,H,W].
std::string encodedEncrypted(const torch::Tensor& encrypted, int jpeg);
/// Its values again, of the type that Cipher::decrypt() takes. @throws Error when the file is no such image.
torch::Tensor decodedEncrypted(const std::filesystem::path& file, encryption::Scheme scheme);

} // namespace assay::cli
