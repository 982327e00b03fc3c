#include "backend/engine/files.h"

#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"

#include <QCryptographicHash>
#include <QFile>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxJsonFileBytes = std::uint64_t(16) << 20;

/// A file descriptor that is closed on the way out.
struct Descriptor
{
    int fd;
    ~Descriptor()
    {
        if (fd >= 0)
            ::close(fd);
    }
};

/// @returns errno, or 0.
int writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

int writeTemporary(const std::string& name, std::string_view bytes)
{
    const Descriptor file{::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    if (file.fd < 0)
        return errno;
    if (const int error = writeAll(file.fd, bytes))
        return error;
    return ::fsync(file.fd) == 0 ? 0 : errno;
}

/// Makes a rename durable; not every file system can, and the file is whole either way.
void syncFolder(const fs::path& folder)
{
    const Descriptor dir{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (dir.fd >= 0)
        ::fsync(dir.fd);
}

} // namespace

void throwFileError(int error, const fs::path& file)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        throw Error("the disk is full, or a limit on the size of files is reached", file.string(),
                    "Free some space and run it again");
    case EACCES:
    case EPERM:
    case EROFS:
        throw Error("there is no permission to write or read here", file.string(),
                    "Check the permissions, or choose another folder with --workspace");
    case ENOENT:
        throw Error("there is no such file or folder", file.string());
    case ENOTDIR:
        throw Error("a part of this path is a file, not a folder", file.string(), "Choose another folder");
    default:
        throw Error(std::strerror(error), file.string());
    }
}

void makeFolder(const fs::path& folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throwFileError(error.value(), folder);
}

void writeFileAtomically(const fs::path& file, std::string_view bytes)
{
    static std::atomic<unsigned> counter = 0;
    makeFolder(file.parent_path());
    const std::string temporary =
        file.string() + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    int error = writeTemporary(temporary, bytes);
    if (error == 0 && ::rename(temporary.c_str(), file.c_str()) != 0)
        error = errno;
    if (error != 0) {
        ::unlink(temporary.c_str());
        throwFileError(error, file);
    }
    syncFolder(file.parent_path());
}

std::string readFile(const fs::path& file, std::uint64_t maxBytes)
{
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error)
        throwFileError(error.value(), file);
    if (size > maxBytes)
        throw Error("the file has " + std::to_string(size) + " bytes, more than the " +
                        std::to_string(maxBytes) + " that are read",
                    file.string());
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(size, '\0');
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size)))
        throw Error("the file cannot be read", file.string(), "Check its permissions");
    return bytes;
}

Json readJsonFile(const fs::path& file)
{
    return protocol::parseJson(readFile(file, kMaxJsonFileBytes), file.string());
}

std::string sha256(std::string_view bytes)
{
    const auto view = QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size()));
    return QCryptographicHash::hash(view, QCryptographicHash::Sha256).toHex().toStdString();
}

std::string sha256OfFile(const fs::path& file)
{
    QFile device(QString::fromStdString(file.string()));
    if (!device.open(QIODevice::ReadOnly))
        throw Error("the file cannot be read", file.string(), "Check that it exists and may be read");
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(&device);
    return hash.result().toHex().toStdString();
}

double secondsNow()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t folderBytes(const fs::path& folder)
{
    std::uint64_t sum = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone;
        if (!it->is_regular_file(gone) || gone)
            continue;
        if (const auto size = it->file_size(gone); !gone)
            sum += size;
    }
    return sum;
}

} // namespace assay::engine
