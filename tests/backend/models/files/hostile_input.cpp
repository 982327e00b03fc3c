#include "hostile_input.h"

#include "backend/models/files/pth_file.h"
#include "backend/models/files/safetensors.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace assay::test {

namespace {

/// A file in memory, for readers that map theirs.
class MemoryFile
{
public:
    explicit MemoryFile(std::span<const std::uint8_t> bytes)
        : m_descriptor(::memfd_create("fuzz", MFD_CLOEXEC))
    {
        const auto size = static_cast<ssize_t>(bytes.size());
        if (m_descriptor < 0 || ::write(m_descriptor, bytes.data(), bytes.size()) != size)
            std::abort(); // the runner's trouble, not a finding
    }
    ~MemoryFile() { ::close(m_descriptor); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

private:
    int m_descriptor;
};

/// Touches every element, so that one outside its memory is noticed.
void use(const models::TensorFile& file)
{
    for (const auto& [name, tensor] : file.tensors) {
        if (!tensor.is_contiguous())
            throw std::logic_error("a tensor is not contiguous");
        tensor.clone();
    }
    models::nonFiniteFindings(file.tensors);
}

/// An Error must be a sentence that somebody can read.
void check(const Error& error)
{
    const std::string text = error.what();
    if (text.empty() || text.size() > 1500 || text.back() != '.')
        throw std::logic_error("this is no sentence: " + text);
}

template <class Reader>
bool reads(std::span<const std::uint8_t> bytes, Reader reader)
{
    const MemoryFile file(bytes);
    try {
        use(reader(file.path()));
        return true;
    } catch (const Error& error) {
        check(error);
        return false;
    }
}

} // namespace

bool fuzzPth(std::span<const std::uint8_t> bytes)
{
    return reads(bytes, [](const std::string& path) { return models::readPth(path); });
}

bool fuzzSafetensors(std::span<const std::uint8_t> bytes)
{
    return reads(bytes, [](const std::string& path) { return models::readSafetensors(path); });
}

} // namespace assay::test
