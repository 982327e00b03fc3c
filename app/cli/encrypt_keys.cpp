#include "app/cli/encrypt_keys.h"

#include "backend/protocol/error.h"

#include <cstdio>
#include <cstring>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace assay::cli {

namespace {

/// The terminal shows nothing of what is typed while this lives.
class WithoutEcho
{
public:
    WithoutEcho()
        : m_terminal(::isatty(STDIN_FILENO) && ::tcgetattr(STDIN_FILENO, &m_before) == 0)
    {
        if (!m_terminal)
            return;
        termios silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        std::fputs("passphrase: ", stderr);
    }
    ~WithoutEcho()
    {
        if (!m_terminal)
            return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
        std::fputs("\n", stderr);
    }
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

private:
    termios m_before = {};
    bool m_terminal;
};

bool areHexDigits(const std::string& text)
{
    return text.size() >= 16 && text.size() <= 128 && text.size() % 2 == 0 &&
           text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

std::string randomSalt()
{
    // The system's random source; a salt is no secret, so that the fingerprints of fresh keys serve.
    std::string salt;
    while (salt.size() < 32)
        salt += encryption::SecretKey::random().fingerprint();
    return salt;
}

KeySource::KeySource(const Arguments& arguments)
{
    const std::string file = arguments.value("--key-file"), made = arguments.value("--new-key");
    const bool asks = arguments.has("--passphrase-stdin");
    if (int(!file.empty()) + int(!made.empty()) + int(asks) != 1)
        throw Error("give a key by exactly one of --key-file, --new-key and --passphrase-stdin", "key");
    if (!file.empty()) {
        m_keys.emplace("", encryption::readKeyFile(file));
    } else if (!made.empty()) {
        m_keys.emplace("", encryption::SecretKey::random());
        encryption::writeKeyFile(made, m_keys.at(""));
    } else {
        const WithoutEcho silent;
        std::getline(std::cin, m_passphrase);
        if (m_passphrase.empty())
            throw Error("there is no passphrase on standard input", "--passphrase-stdin",
                        "Write it as the first line");
    }
}

KeySource::~KeySource()
{
    ::explicit_bzero(m_passphrase.data(), m_passphrase.size());
}

const encryption::SecretKey& KeySource::key(const std::string& salt)
{
    if (const auto known = m_keys.find(salt); known != m_keys.end())
        return known->second;
    if (!fromPassphrase())
        throw Error("the image was encrypted with a passphrase and not with a key file", "key",
                    "Give the passphrase with --passphrase-stdin");
    if (!areHexDigits(salt))
        throw Error("the image was encrypted with a key file, or the salt beside it is damaged", "key",
                    "Give the key with --key-file");
    return m_keys.emplace(salt, encryption::SecretKey::fromPassphrase(m_passphrase, salt)).first->second;
}

} // namespace assay::cli
