#pragma once

#include <QByteArray>

#include <filesystem>
#include <string>

namespace assay::medlocker {

// What keeps a certificate secret, on OpenSSL (libcrypto): nothing here is of our own invention.

/// The owner's secret. It is read from a file, so that it stands in no specification, log or run folder.
struct OwnerKey
{
    QByteArray secret;
    std::filesystem::path file;
    bool made = false; ///< just now, since there was none
};

/// Reads the key from @p file; empty takes the file named by the environment's ASSAY_OWNER_KEY, else
/// owner.key in the user's configuration folder, which is made (32 random bytes as hex, readable by the owner
/// alone) when it is not there. White space around the key does not count.
/// @throws Error when a file that was named is missing, or the key has fewer than 16 bytes.
OwnerKey ownerKey(const std::string& file);

/// Encrypted and signed text: AES-256-CTR, then HMAC-SHA256 over all that is not the HMAC itself. Both keys
/// come from the secret by PBKDF2-HMAC-SHA256 with a random salt.
struct Sealed
{
    int iterations = 0;
    QByteArray salt;     ///< 16 bytes
    QByteArray iv;       ///< 16 bytes: the first counter
    QByteArray keyCheck; ///< 8 bytes that tell another key from a changed file
    QByteArray payload;  ///< encrypted
    QByteArray hmac;     ///< 32 bytes
};

/// The number of rounds that OWASP recommended for PBKDF2-HMAC-SHA256 in 2023.
inline constexpr int kKeyRounds = 600000;

Sealed seal(const QByteArray& text, const QByteArray& secret, int iterations = kKeyRounds);

/// @param where the certificate, for messages. @throws Error for another key, and when anything was changed.
QByteArray unseal(const Sealed& sealed, const QByteArray& secret, const std::string& where);

} // namespace assay::medlocker
