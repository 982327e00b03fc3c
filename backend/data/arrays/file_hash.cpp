#include "backend/data/arrays/file_hash.h"

#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>

namespace assay::data {

std::string hashFiles(const std::vector<std::filesystem::path>& files)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const auto& file : files) {
        QFile input(QString::fromStdString(file.string()));
        if (!input.open(QIODevice::ReadOnly) || !hash.addData(&input))
            throw Error("cannot be read", file.string(), "Check the file's permissions.");
    }
    return hash.result().toHex().toStdString();
}

} // namespace assay::data
