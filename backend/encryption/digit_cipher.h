#pragma once

#include "backend/encryption/cipher.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::encryption {

/// FF1 of NIST SP 800-38G (2016), algorithm 7, radix 10, on AES. Deterministic; safe from any thread.
/// @param key 16, 24 or 32 bytes. @param tweak may be empty. @param digits 3 .. 18 values 0 .. 9, the most
/// significant first. @throws Error for other lengths or values.
std::vector<int> ff1Digits(std::span<const std::uint8_t> key, std::span<const std::uint8_t> tweak,
                           std::vector<int> digits);

/// A keyed bijection on 0 .. 999, as a table; the inverse of value v stands at [v].
struct DigitTable
{
    std::array<std::int16_t, 1000> forward;
    std::array<std::int16_t, 1000> inverse;
    std::int16_t most = 0; ///< of forward at 0 .. 255
};

/// E(v) as three digits through FF1 (@p key: 32 bytes) or through the alternating Feistel network of the
/// published defence (pyffx): ten rounds on one and two digits,
/// c = a + F_i(b) digit by digit modulo 10, (a, b) <- (b, c), F_i(s) the decimal digits, the lowest first, of
/// HMAC-SHA1(key, LE32(i), LE32(s_0), ..., LE32(0)) read as a big-endian number.
/// @param key for Hmac of any length but 0.
DigitTable digitTable(DigitCipher cipher, std::span<const std::uint8_t> key);

} // namespace assay::encryption
