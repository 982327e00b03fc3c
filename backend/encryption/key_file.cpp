#include "backend/encryption/secret_key.h"
#include "backend/protocol/error.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace assay::encryption {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFileBytes = std::size_t(64) << 10;
constexpr std::size_t kLeastDigits = 32;
constexpr char kHexDigits[] = "0123456789abcdef";
constexpr const char* kMakeOne = "Make one with 'assay-cli encrypt --new-key FILE'";

/// Text that is wiped when it dies.
struct WipedText
{
    std::string text;
    ~WipedText() { OPENSSL_cleanse(text.data(), text.size()); }
};

struct OpenKeyFile
{
    int fd;
    ~OpenKeyFile()
    {
        if (fd >= 0)
            ::close(fd);
    }
};

int digitOf(char c)
{
    const void* found =
        c ? std::memchr(kHexDigits, std::tolower(static_cast<unsigned char>(c)), 16) : nullptr;
    return found ? static_cast<int>(static_cast<const char*>(found) - kHexDigits) : -1;
}

[[noreturn]] void throwKeyFileError(int error, const fs::path& file)
{
    if (error == ENOENT)
        throw Error("there is no such key file", file.string(), kMakeOne);
    throw Error(std::string("the key file cannot be used: ") + std::strerror(error), file.string(),
                "Check the path and its permissions");
}

/// @returns errno, or 0.
int writeKeyText(const std::string& name, const std::string& text)
{
    // Of these rights from the start: nobody else can read it at any moment.
    const OpenKeyFile out{::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (out.fd < 0)
        return errno;
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = ::write(out.fd, text.data() + done, text.size() - done);
        if (n < 0 && errno != EINTR)
            return errno;
        done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    return ::fsync(out.fd) == 0 ? 0 : errno;
}

} // namespace

SecretKey readKeyFile(const fs::path& file)
{
    // Not blocking: a pipe that somebody put there must not hold the program.
    const OpenKeyFile in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (in.fd < 0)
        throwKeyFileError(errno, file);
    WipedText read{std::string(kMostFileBytes + 1, '\0')};
    std::size_t size = 0;
    while (size < read.text.size()) {
        const ssize_t n = ::read(in.fd, read.text.data() + size, read.text.size() - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throwKeyFileError(errno, file);
        if (n == 0)
            break;
        size += static_cast<std::size_t>(n);
    }
    if (size > kMostFileBytes)
        throw Error("the file has more than 64 KiB; a key file is one line of hexadecimal digits",
                    file.string(), kMakeOne);

    std::string_view digits(read.text.data(), size);
    const auto isSpace = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!digits.empty() && isSpace(digits.front()))
        digits.remove_prefix(1);
    while (!digits.empty() && isSpace(digits.back()))
        digits.remove_suffix(1);
    WipedText bytes{std::string(digits.size() / 2, '\0')};
    bool good = digits.size() >= kLeastDigits && digits.size() % 2 == 0;
    for (std::size_t i = 0; good && i < bytes.text.size(); ++i) {
        const int high = digitOf(digits[2 * i]), low = digitOf(digits[2 * i + 1]);
        good = high >= 0 && low >= 0;
        bytes.text[i] = static_cast<char>(high << 4 | low);
    }
    if (!good) // what is there is not shown: it may be a key with a slip of the pen
        throw Error("this is no key file; it must be one line of hexadecimal digits, an even number and at "
                    "least 32",
                    file.string(), kMakeOne);
    return SecretKey::fromBytes(bytes.text);
}

void writeKeyFile(const fs::path& file, const SecretKey& key)
{
    WipedText line{std::string(2 * key.m_bytes.size() + 1, '\n')};
    for (std::size_t i = 0; i < key.m_bytes.size(); ++i) {
        line.text[2 * i] = kHexDigits[key.m_bytes[i] >> 4];
        line.text[2 * i + 1] = kHexDigits[key.m_bytes[i] & 15];
    }
    const std::string beside = file.string() + ".new-" + SecretKey::random().fingerprint();
    int error = writeKeyText(beside, line.text);
    // A link, unlike a rename, never replaces what is there.
    if (error == 0 && ::link(beside.c_str(), file.c_str()) != 0)
        error = errno;
    ::unlink(beside.c_str());
    if (error == EEXIST)
        throw Error("there is a key file already; another key there would lose what this one encrypted",
                    file.string(), "Name a file that is not there yet");
    if (error != 0)
        throwKeyFileError(error, file);
}

} // namespace assay::encryption
