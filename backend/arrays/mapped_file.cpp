#include "backend/arrays/mapped_file.h"

#include "backend/protocol/error.h"

#include <QFile>

namespace assay::arrays {

MappedFile::MappedFile(const std::filesystem::path& file)
    : m_name(file.string())
    , m_file(std::make_unique<QFile>(QString::fromStdString(m_name)))
{
    std::error_code code;
    if (!std::filesystem::is_regular_file(file, code))
        throw Error("no such file", m_name, "Check the path.");
    if (!m_file->open(QIODevice::ReadOnly))
        throw Error("cannot be opened", m_name, "Check the file's permissions.");
    const qint64 size = m_file->size();
    if (size == 0)
        return;
    const uchar* begin = m_file->map(0, size);
    if (!begin)
        throw Error("cannot be mapped into memory: " + m_file->errorString().toStdString(), m_name);
    m_bytes = {begin, static_cast<std::size_t>(size)};
}

MappedFile::~MappedFile() = default;

} // namespace assay::arrays
