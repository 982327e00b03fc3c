#pragma once

#include "app/cli/arguments.h"
#include "backend/encryption/secret_key.h"

#include <map>
#include <optional>
#include <string>

namespace assay::cli {

/// Where a command's key comes from: --key-file, --new-key (a file that is made), or --passphrase-stdin.
class KeySource
{
public:
    /// Reads or makes the key file, or reads the passphrase (one line; without an echo on a terminal).
    /// @throws Error unless exactly one of the three is given.
    explicit KeySource(const Arguments& arguments);
    ~KeySource();
    KeySource(const KeySource&) = delete;
    KeySource& operator=(const KeySource&) = delete;

    bool fromPassphrase() const { return !m_passphrase.empty(); }
    /// @param salt hexadecimal digits, of a passphrase; derived once for each. @throws Error for other
    /// digits.
    const encryption::SecretKey& key(const std::string& salt);

private:
    std::string m_passphrase;
    std::map<std::string, encryption::SecretKey> m_keys; ///< by salt; "": of the file
};

/// 16 random bytes as hexadecimal digits.
std::string randomSalt();

} // namespace assay::cli
