#include "backend/arrays/little_endian.h"
#include "backend/encryption/crypto.h"
#include "backend/encryption/secret_key.h"
#include "backend/protocol/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <numeric>

namespace assay::encryption {

namespace {

constexpr int kNumbers = 4; ///< of 8 bytes in a digest

struct FreeDigest
{
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

} // namespace

Digest sha256Of(std::span<const std::uint8_t> bytes)
{
    // Looked up once: a look-up costs more than the hash of a few bytes.
    static const std::unique_ptr<EVP_MD, FreeDigest> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
    Digest digest;
    requireCrypto(algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1,
                  "compute SHA-256");
    return digest;
}

KeyStream::KeyStream(const SecretKey& key, std::string_view label)
    : m_prefix(key.m_bytes)
{
    // Of its whole size at once: growing would leave copies of the key behind.
    std::vector<std::uint8_t> prefix(key.m_bytes.size() + label.size() + 2 + 8);
    auto to = std::ranges::copy(key.m_bytes, prefix.begin()).out;
    *to++ = 0;
    to = std::ranges::copy(label, to).out;
    *to++ = 0;
    m_prefix.swap(prefix);
    OPENSSL_cleanse(prefix.data(), prefix.size());
}

KeyStream::~KeyStream()
{
    OPENSSL_cleanse(m_prefix.data(), m_prefix.size());
    OPENSSL_cleanse(m_numbers, sizeof m_numbers);
}

void KeyStream::refill()
{
    for (int byte = 0; byte < 8; ++byte)
        m_prefix[m_prefix.size() - 8 + static_cast<std::size_t>(byte)] =
            static_cast<std::uint8_t>(m_block >> (8 * byte));
    ++m_block;
    Digest digest = sha256Of(m_prefix);
    for (int i = 0; i < kNumbers; ++i)
        m_numbers[i] = arrays::littleEndian(digest, static_cast<std::size_t>(8 * i), 8);
    OPENSSL_cleanse(digest.data(), digest.size());
    m_left = kNumbers;
}

std::uint64_t KeyStream::next()
{
    if (m_left == 0)
        refill();
    return m_numbers[kNumbers - m_left--];
}

std::uint64_t KeyStream::below(std::uint64_t n)
{
    if (n == 0)
        throw Error("there is no number below 0", "key stream");
    // 2^64 - 2^64 mod n; 0 stands for 2^64 itself, where nothing is refused.
    const std::uint64_t multiple = 0 - (0 - n) % n;
    std::uint64_t value = next();
    while (multiple != 0 && value >= multiple)
        value = next();
    return value % n;
}

std::vector<std::int64_t> KeyStream::permutation(std::int64_t n)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i-- > 1;)
        std::swap(order[i], order[below(i + 1)]);
    return order;
}

std::vector<std::uint8_t> KeyStream::balancedBits(std::int64_t n)
{
    const std::vector<std::int64_t> order = permutation(n);
    std::vector<std::uint8_t> bits(order.size());
    std::ranges::transform(order, bits.begin(), [&](std::int64_t place) { return place < n / 2 ? 1 : 0; });
    return bits;
}

std::array<std::uint8_t, 32> KeyStream::deriveBytes()
{
    std::array<std::uint8_t, 32> bytes;
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        const std::uint64_t number = next();
        for (std::size_t byte = 0; byte < 8; ++byte)
            bytes[i + byte] = static_cast<std::uint8_t>(number >> (8 * byte));
    }
    return bytes;
}

SecretKey KeyStream::derive()
{
    std::array<std::uint8_t, 32> bytes = deriveBytes();
    SecretKey key = SecretKey::fromBytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
}

} // namespace assay::encryption
