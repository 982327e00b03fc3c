#include "backend/encryption/digit_cipher.h"

#include "backend/encryption/crypto.h"
#include "backend/protocol/error.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>

namespace assay::encryption {

namespace {

constexpr int kRounds = 10; ///< of both networks
constexpr std::size_t kMostDigits = 18;
constexpr std::size_t kAesBlock = 16;
constexpr int kSha1Bytes = 20;

struct FreeCrypto
{
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_MAC* algorithm) const { EVP_MAC_free(algorithm); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

using AesBlock = std::array<std::uint8_t, kAesBlock>;

/// AES on single blocks.
class Aes
{
public:
    explicit Aes(std::span<const std::uint8_t> key)
        : m_context(EVP_CIPHER_CTX_new())
    {
        const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_ecb()
                                   : key.size() == 24 ? EVP_aes_192_ecb()
                                   : key.size() == 32 ? EVP_aes_256_ecb()
                                                      : nullptr;
        if (!cipher)
            throw Error("a key of AES has 16, 24 or 32 bytes; this one has " + std::to_string(key.size()),
                        "FF1");
        requireCrypto(m_context &&
                          EVP_EncryptInit_ex(m_context.get(), cipher, nullptr, key.data(), nullptr) == 1 &&
                          EVP_CIPHER_CTX_set_padding(m_context.get(), 0) == 1,
                      "begin AES");
    }

    AesBlock operator()(const AesBlock& block) const
    {
        AesBlock out;
        int written = 0;
        requireCrypto(EVP_EncryptUpdate(m_context.get(), out.data(), &written, block.data(),
                                        static_cast<int>(block.size())) == 1 &&
                          written == static_cast<int>(kAesBlock),
                      "run AES");
        return out;
    }

private:
    std::unique_ptr<EVP_CIPHER_CTX, FreeCrypto> m_context;
};

std::uint64_t numberOf(std::span<const int> digits)
{
    std::uint64_t number = 0;
    for (const int digit : digits)
        number = number * 10 + static_cast<std::uint64_t>(digit);
    return number;
}

std::uint64_t powerOfTen(std::size_t exponent)
{
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < exponent; ++i)
        power *= 10;
    return power;
}

/// FF1 under one key and tweak. The names of the quantities are those of the standard.
class Ff1
{
public:
    Ff1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> tweak, std::size_t n)
        : m_aes(key)
        , m_tweak(tweak.begin(), tweak.end())
        , m_u(n / 2)
        , m_v(n - m_u)
    {
        while ((powerOfTen(m_v) - 1) >> (8 * m_b) > 0)
            ++m_b;
        const std::size_t t = m_tweak.size();
        AesBlock p = {1, 2, 1, 0, 0, 10, 10, static_cast<std::uint8_t>(m_u)};
        for (int byte = 0; byte < 4; ++byte) {
            p[static_cast<std::size_t>(8 + byte)] = static_cast<std::uint8_t>(n >> (24 - 8 * byte));
            p[static_cast<std::size_t>(12 + byte)] = static_cast<std::uint8_t>(t >> (24 - 8 * byte));
        }
        m_first = m_aes(p);
    }

    std::vector<int> operator()(const std::vector<int>& digits) const
    {
        std::uint64_t a = numberOf(std::span(digits).first(m_u)),
                      b = numberOf(std::span(digits).subspan(m_u));
        for (int i = 0; i < kRounds; ++i) {
            const std::uint64_t c = (a + round(i, b)) % powerOfTen(i % 2 == 0 ? m_u : m_v);
            a = b;
            b = c;
        }
        std::vector<int> out(digits.size());
        for (std::size_t k = digits.size(); k-- > 0;) {
            std::uint64_t& from = k < m_u ? a : b;
            out[k] = static_cast<int>(from % 10);
            from /= 10;
        }
        return out;
    }

private:
    /// Steps 6 i to iv. The standard's d is 8 for up to 18 digits, so that y is the first half of R.
    std::uint64_t round(int i, std::uint64_t b) const
    {
        std::vector<std::uint8_t> q = m_tweak;
        q.resize((m_tweak.size() + m_b + 1 + kAesBlock - 1) / kAesBlock * kAesBlock - m_b - 1, 0);
        q.push_back(static_cast<std::uint8_t>(i));
        for (std::size_t byte = m_b; byte-- > 0;)
            q.push_back(static_cast<std::uint8_t>(b >> (8 * byte)));
        AesBlock r = m_first;
        for (std::size_t at = 0; at < q.size(); at += kAesBlock) {
            for (std::size_t k = 0; k < kAesBlock; ++k)
                r[k] ^= q[at + k];
            r = m_aes(r);
        }
        std::uint64_t y = 0;
        for (std::size_t k = 0; k < 8; ++k)
            y = y << 8 | r[k];
        // Below 10^9, so that the sum with a cannot overflow; the modulus divides it.
        return y % powerOfTen(i % 2 == 0 ? m_u : m_v);
    }

    Aes m_aes;
    std::vector<std::uint8_t> m_tweak;
    std::size_t m_u, m_v;
    std::size_t m_b = 1; ///< bytes of a number of v digits
    AesBlock m_first;    ///< AES of P
};

/// HMAC-SHA1 under one key.
class HmacSha1
{
public:
    explicit HmacSha1(std::span<const std::uint8_t> key)
    {
        if (key.empty())
            throw Error("a key must have at least one byte", "HMAC");
        const std::unique_ptr<EVP_MAC, FreeCrypto> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
        m_context.reset(algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr);
        char digest[] = "SHA1";
        const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
        requireCrypto(m_context && EVP_MAC_init(m_context.get(), key.data(), key.size(), params) == 1,
                      "begin HMAC-SHA1");
    }

    std::array<std::uint8_t, kSha1Bytes> operator()(std::span<const std::uint8_t> text)
    {
        std::array<std::uint8_t, kSha1Bytes> out;
        std::size_t written = 0;
        requireCrypto(EVP_MAC_init(m_context.get(), nullptr, 0, nullptr) == 1 &&
                          EVP_MAC_update(m_context.get(), text.data(), text.size()) == 1 &&
                          EVP_MAC_final(m_context.get(), out.data(), &written, out.size()) == 1 &&
                          written == out.size(),
                      "run HMAC-SHA1");
        return out;
    }

private:
    std::unique_ptr<EVP_MAC_CTX, FreeCrypto> m_context;
};

/// The lowest two decimal digits of a big-endian number: 256 is 56 modulo 100.
int lastTwoDigits(std::span<const std::uint8_t> number)
{
    int rest = 0;
    for (const std::uint8_t byte : number)
        rest = (rest * 256 + byte) % 100;
    return rest;
}

int feistel(HmacSha1& hmac, int value)
{
    std::vector<int> a = {value / 100}, b = {value / 10 % 10, value % 10};
    for (int i = 0; i < kRounds; ++i) {
        std::vector<std::uint8_t> text;
        const auto append = [&](int number) {
            for (const int byte : {0, 8, 16, 24})
                text.push_back(static_cast<std::uint8_t>(number >> byte));
        };
        append(i);
        std::ranges::for_each(b, append);
        append(0);
        int digits = lastTwoDigits(hmac(text));
        for (int& digit : a) {
            digit = (digit + digits) % 10;
            digits /= 10;
        }
        a.swap(b); // a <- b, b <- c
    }
    a.insert(a.end(), b.begin(), b.end());
    return a[0] * 100 + a[1] * 10 + a[2];
}

} // namespace

std::vector<int> ff1Digits(std::span<const std::uint8_t> key, std::span<const std::uint8_t> tweak,
                           std::vector<int> digits)
{
    if (digits.size() < 3 || digits.size() > kMostDigits ||
        !std::ranges::all_of(digits, [](int digit) { return digit >= 0 && digit <= 9; }))
        throw Error("FF1 is given 3 to 18 digits 0 to 9 here", "FF1");
    return Ff1(key, tweak, digits.size())(digits);
}

DigitTable digitTable(DigitCipher cipher, std::span<const std::uint8_t> key)
{
    DigitTable table;
    const auto fill = [&](auto&& encrypted) {
        for (int v = 0; v < 1000; ++v)
            table.forward[static_cast<std::size_t>(v)] = static_cast<std::int16_t>(encrypted(v));
    };
    if (cipher == DigitCipher::Ff1) {
        const Ff1 ff1(key, {}, 3);
        fill([&](int v) {
            const std::vector<int> out = ff1({v / 100, v / 10 % 10, v % 10});
            return out[0] * 100 + out[1] * 10 + out[2];
        });
    } else {
        HmacSha1 hmac(key);
        fill([&](int v) { return feistel(hmac, v); });
    }
    for (std::size_t v = 0; v < table.forward.size(); ++v)
        table.inverse[static_cast<std::size_t>(table.forward[v])] = static_cast<std::int16_t>(v);
    table.most = *std::max_element(table.forward.begin(), table.forward.begin() + 256);
    return table;
}

} // namespace assay::encryption
