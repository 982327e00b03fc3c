#include "backend/encryption/secret_key.h"

#include "backend/encryption/crypto.h"
#include "backend/protocol/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::size_t kMadeBytes = 32;

// RFC 7914 and its cost of 2^15: 32 MiB and about a tenth of a second.
constexpr std::uint64_t kScryptCost = std::uint64_t(1) << 15;
constexpr std::uint64_t kScryptBlock = 8;
constexpr std::uint64_t kScryptLanes = 1;
constexpr std::uint64_t kScryptMostMemory = std::uint64_t(64) << 20;

void wipe(std::vector<std::uint8_t>& bytes)
{
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

} // namespace

void requireCrypto(bool done, const char* what)
{
    if (!done)
        throw Error(std::string("the cryptographic library could not ") + what, "OpenSSL",
                    "Check the installation of OpenSSL (libcrypto 3)");
}

SecretKey::SecretKey(std::vector<std::uint8_t> bytes)
    : m_bytes(std::move(bytes))
{}

SecretKey::SecretKey(const SecretKey& other) = default;

SecretKey& SecretKey::operator=(const SecretKey& other)
{
    if (this != &other)
        *this = SecretKey(other);
    return *this;
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept
{
    // What was here dies in `other`.
    m_bytes.swap(other.m_bytes);
    return *this;
}

SecretKey::~SecretKey()
{
    wipe(m_bytes);
}

SecretKey SecretKey::fromBytes(std::string_view bytes)
{
    if (bytes.empty())
        throw Error("a key must have at least one byte", "key");
    return SecretKey(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

SecretKey SecretKey::random()
{
    std::vector<std::uint8_t> bytes(kMadeBytes);
    requireCrypto(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "draw random bytes");
    return SecretKey(std::move(bytes));
}

SecretKey SecretKey::fromPassphrase(std::string_view passphrase, std::string_view salt)
{
    if (passphrase.empty())
        throw Error("a passphrase must have at least one character", "passphrase");
    std::vector<std::uint8_t> bytes(kMadeBytes);
    requireCrypto(EVP_PBE_scrypt(passphrase.data(), passphrase.size(),
                                 reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                 kScryptCost, kScryptBlock, kScryptLanes, kScryptMostMemory, bytes.data(),
                                 bytes.size()) == 1,
                  "derive a key from the passphrase");
    return SecretKey(std::move(bytes));
}

SecretKey SecretKey::forExperiment(std::uint64_t seed, std::string_view name)
{
    std::string words = "assay experiment key";
    for (int byte = 0; byte < 8; ++byte)
        words += static_cast<char>(seed >> (8 * byte) & 0xff);
    words += name;
    const Digest digest = sha256Of({reinterpret_cast<const std::uint8_t*>(words.data()), words.size()});
    return SecretKey(std::vector<std::uint8_t>(digest.begin(), digest.end()));
}

std::string SecretKey::fingerprint() const
{
    constexpr char kDigits[] = "0123456789abcdef";
    const Digest digest = sha256Of(m_bytes);
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
        text += kDigits[digest[i] >> 4];
        text += kDigits[digest[i] & 15];
    }
    return text;
}

SecretKey SecretKey::withBitFlipped(std::size_t index) const
{
    if (index >= bits())
        throw Error("the key has " + std::to_string(bits()) + " bits and none of number " +
                        std::to_string(index),
                    "key");
    SecretKey flipped = *this;
    flipped.m_bytes[index / 8] ^= static_cast<std::uint8_t>(1 << index % 8);
    return flipped;
}

} // namespace assay::encryption
