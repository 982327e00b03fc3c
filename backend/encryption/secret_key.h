#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::encryption {

/// What an owner keeps to themselves. Its bytes leave an object of this class only through KeyStream and
/// writeKeyFile(); they are wiped when it dies, and no log, table, report or message shows more of them than
/// fingerprint(). A value type; safe from any thread.
class SecretKey
{
public:
    /// The bytes as they are: for test vectors and for keys that a specification's seed names.
    /// @throws Error for no bytes.
    static SecretKey fromBytes(std::string_view bytes);
    /// 32 bytes of the system's random source. @throws Error when it fails.
    static SecretKey random();
    /// 32 bytes by scrypt (RFC 7914) with N = 2^15, r = 8, p = 1. @param salt travels with what was
    /// encrypted; it is no secret. @throws Error for an empty passphrase.
    static SecretKey fromPassphrase(std::string_view passphrase, std::string_view salt);
    /// The key of an experiment: SHA-256 of the words "assay experiment key", @p seed and @p name. Whoever
    /// has the specification has the key: it serves measurements that must be repeatable, and protects
    /// nothing.
    static SecretKey forExperiment(std::uint64_t seed, std::string_view name);

    SecretKey(const SecretKey& other);
    SecretKey& operator=(const SecretKey& other);
    SecretKey(SecretKey&&) noexcept = default;
    SecretKey& operator=(SecretKey&& other) noexcept; ///< wipes what was here
    ~SecretKey();
    bool operator==(const SecretKey& other) const = default;

    /// First 8 hexadecimal digits of SHA-256 of the bytes.
    std::string fingerprint() const;
    std::size_t bits() const { return m_bytes.size() * 8; }
    /// The same key with bit @p index (0: lowest of the first byte) flipped: for key sensitivity.
    /// @throws Error out of range.
    SecretKey withBitFlipped(std::size_t index) const;

private:
    friend class KeyStream;
    friend void writeKeyFile(const std::filesystem::path& file, const SecretKey& key);

    explicit SecretKey(std::vector<std::uint8_t> bytes);

    std::vector<std::uint8_t> m_bytes;
};

/// One line of hexadecimal digits, as writeKeyFile() leaves it; white space around it does not count.
/// @throws Error for a file that is missing, over 64 KiB, or not an even number of at least 32 such digits.
SecretKey readKeyFile(const std::filesystem::path& file);
/// Atomic; readable by its owner alone. @throws Error when the file cannot be written, and when there is one
/// already: whatever its key encrypted would be lost.
void writeKeyFile(const std::filesystem::path& file, const SecretKey& key);

/// Random numbers that a key and a label name, the same on every platform:
/// block i = SHA-256(key, 0, label, 0, LE64(i)), read as four little-endian 64-bit numbers (image-encryption
/// specification, "Key handling").
class KeyStream
{
public:
    KeyStream(const SecretKey& key, std::string_view label);
    ~KeyStream();
    KeyStream(const KeyStream&) = delete;
    KeyStream& operator=(const KeyStream&) = delete;

    std::uint64_t next();
    /// Uniform in [0,n): the next number below the largest multiple of n, modulo n. @throws Error for n = 0.
    std::uint64_t below(std::uint64_t n);
    /// Fisher and Yates from the end: for i = n-1 .. 1, j = below(i + 1), swap.
    std::vector<std::int64_t> permutation(std::int64_t n);
    /// Exactly n / 2 ones: bit i is 1 where permutation(n)[i] < n / 2.
    std::vector<std::uint8_t> balancedBits(std::int64_t n);
    /// The next four numbers as 32 bytes: another key.
    SecretKey derive();
    /// The same bytes for a cipher of a library, which wants them plain; the caller wipes them.
    std::array<std::uint8_t, 32> deriveBytes();

private:
    void refill();

    std::vector<std::uint8_t> m_prefix; ///< key, 0, label, 0
    std::uint64_t m_block = 0;
    std::uint64_t m_numbers[4] = {};
    int m_left = 0;
};

} // namespace assay::encryption
