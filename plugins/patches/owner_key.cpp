#include "plugins/patches/owner_key.h"

#include "backend/engine/files.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"

#include <QFile>
#include <QMessageAuthenticationCode>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace assay::medlocker {

namespace {

namespace fs = std::filesystem;

constexpr int kBlockBytes = 16;
constexpr int kKeyBytes = 32;
constexpr int kCheckBytes = 8;
constexpr qsizetype kLeastSecret = 16;
constexpr std::uint64_t kMostKeyBytes = 1 << 16;

struct DerivedKeys
{
    QByteArray cipher;
    QByteArray signing;
};

void requireCrypto(bool done, const char* what)
{
    if (!done)
        throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

QByteArray randomBytes(int count)
{
    QByteArray bytes(count, 0);
    requireCrypto(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), count) == 1,
                  "draw random bytes");
    return bytes;
}

DerivedKeys derive(const QByteArray& secret, const QByteArray& salt, int iterations)
{
    QByteArray both(2 * kKeyBytes, 0);
    requireCrypto(PKCS5_PBKDF2_HMAC(secret.constData(), static_cast<int>(secret.size()),
                                    reinterpret_cast<const unsigned char*>(salt.constData()),
                                    static_cast<int>(salt.size()), iterations, EVP_sha256(),
                                    static_cast<int>(both.size()),
                                    reinterpret_cast<unsigned char*>(both.data())) == 1,
                  "derive a key");
    return {both.first(kKeyBytes), both.last(kKeyBytes)};
}

/// Encrypts and decrypts: with a counter they are the same.
QByteArray counterMode(const QByteArray& text, const QByteArray& key, const QByteArray& iv)
{
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    requireCrypto(context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr,
                                                reinterpret_cast<const unsigned char*>(key.constData()),
                                                reinterpret_cast<const unsigned char*>(iv.constData())) == 1,
                  "begin AES-256-CTR");
    QByteArray out(text.size(), 0);
    int written = 0;
    requireCrypto(EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &written,
                                    reinterpret_cast<const unsigned char*>(text.constData()),
                                    static_cast<int>(text.size())) == 1 &&
                      written == out.size(),
                  "run AES-256-CTR");
    return out;
}

QByteArray hmacOf(const QByteArray& text, const QByteArray& key)
{
    return QMessageAuthenticationCode::hash(text, key, QCryptographicHash::Sha256);
}

QByteArray keyCheckOf(const DerivedKeys& keys)
{
    return hmacOf("assay certificate key check", keys.signing).first(kCheckBytes);
}

/// All that the HMAC covers. The first four have fixed lengths, so that no two contents read the same.
QByteArray signedBytes(const Sealed& s)
{
    return QByteArray::number(s.iterations).rightJustified(10, '0') + s.salt + s.iv + s.keyCheck + s.payload;
}

bool sameBytes(const QByteArray& a, const QByteArray& b)
{
    return a.size() == b.size() &&
           CRYPTO_memcmp(a.constData(), b.constData(), static_cast<std::size_t>(a.size())) == 0;
}

void makeKeyFile(const fs::path& file)
{
    engine::makeFolder(file.parent_path());
    const fs::path beside = file.string() + ".new-" + randomBytes(4).toHex().toStdString();
    QFile out(QString::fromStdString(beside.string()));
    const QByteArray text = randomBytes(kKeyBytes).toHex() + '\n';
    // Of these rights from the start: nobody else can read it at any moment.
    const bool written =
        out.open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner) &&
        out.write(text) == text.size() && out.flush();
    out.close();
    // Never over a key that another process made meanwhile: whatever it sealed would be lost.
    if (!written || (!out.rename(QString::fromStdString(file.string())) && !fs::exists(file)))
        engine::throwFileError(errno ? errno : EIO, file);
    if (out.fileName().toStdString() == beside.string())
        out.remove();
}

} // namespace

OwnerKey ownerKey(const std::string& file)
{
    OwnerKey key;
    const char* named = std::getenv("ASSAY_OWNER_KEY");
    if (!file.empty()) {
        key.file = file;
    } else if (named && *named) {
        key.file = named;
    } else {
        key.file = engine::configFolder() / "owner.key";
        if (!fs::exists(key.file)) {
            makeKeyFile(key.file);
            key.made = true;
        }
    }
    key.secret = QByteArray::fromStdString(engine::readFile(key.file, kMostKeyBytes)).trimmed();
    if (key.secret.size() < kLeastSecret)
        throw Error("the key has " + std::to_string(key.secret.size()) + " bytes; " +
                        std::to_string(kLeastSecret) + " are the least",
                    key.file.string(), "Make one with 'openssl rand -hex 32'.");
    return key;
}

Sealed seal(const QByteArray& text, const QByteArray& secret, int iterations)
{
    Sealed s{.iterations = iterations, .salt = randomBytes(kBlockBytes), .iv = randomBytes(kBlockBytes)};
    const DerivedKeys keys = derive(secret, s.salt, iterations);
    s.keyCheck = keyCheckOf(keys);
    s.payload = counterMode(text, keys.cipher, s.iv);
    s.hmac = hmacOf(signedBytes(s), keys.signing);
    return s;
}

QByteArray unseal(const Sealed& sealed, const QByteArray& secret, const std::string& where)
{
    const DerivedKeys keys = derive(secret, sealed.salt, sealed.iterations);
    if (!sameBytes(keyCheckOf(keys), sealed.keyCheck))
        throw Error("the certificate was not made with this key", where,
                    "Give the key file of its owner as 'key_file'.");
    if (!sameBytes(hmacOf(signedBytes(sealed), keys.signing), sealed.hmac))
        throw Error("the certificate was changed after it was signed", where,
                    "Use the file as patches.medlocker wrote it.");
    return counterMode(sealed.payload, keys.cipher, sealed.iv);
}

} // namespace assay::medlocker
