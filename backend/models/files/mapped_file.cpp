#include "backend/models/files/mapped_file.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace assay::models {

namespace fs = std::filesystem;

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& file)
{
    const std::string where = file.string();
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        throw Error("no such file", where);
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status = {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
        if (descriptor >= 0)
            ::close(descriptor);
        throw Error("cannot be opened", where, "Check the file's permissions.");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* data = nullptr;
    // Writable, so that a stray write to a tensor costs a page and not the process.
    if (size > 0)
        data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
    ::close(descriptor);
    if (data == MAP_FAILED)
        throw Error("cannot be mapped into memory: " + std::string(std::strerror(errno)), where,
                    "Copy it to a local disk.");
    return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<std::uint8_t*>(data), size));
}

MappedFile::MappedFile(std::uint8_t* data, std::size_t size)
    : m_data(data)
    , m_size(size)
{}

MappedFile::~MappedFile()
{
    if (m_size > 0)
        ::munmap(m_data, m_size);
}

void MappedFile::forget(std::span<const std::uint8_t> range) const
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto offset = static_cast<std::size_t>(range.data() - m_data);
    const std::size_t begin = (offset + page - 1) / page * page;
    const std::size_t end = (offset + range.size()) / page * page;
    if (begin < end)
        ::madvise(m_data + begin, end - begin, MADV_DONTNEED);
}

torch::Tensor mappedTensor(const std::shared_ptr<const MappedFile>& file, std::span<const std::uint8_t> bytes,
                           c10::IntArrayRef sizes, c10::ScalarType type)
{
    if (bytes.empty())
        return torch::empty(sizes, type);
    const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % c10::elementSize(type) == 0;
    if (aligned && type != torch::kBool)
        return torch::from_blob(
            const_cast<std::uint8_t*>(bytes.data()), sizes, [file, bytes](void*) { file->forget(bytes); },
            torch::TensorOptions(type));
    torch::Tensor tensor = torch::empty(sizes, type == torch::kBool ? torch::kUInt8 : type);
    std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    file->forget(bytes);
    return type == torch::kBool ? tensor.ne(0) : tensor;
}

} // namespace assay::models
