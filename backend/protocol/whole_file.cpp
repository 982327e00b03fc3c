#include "backend/protocol/whole_file.h"

#include "backend/protocol/error.h"

#include <QSaveFile>

namespace assay {

void writeWhole(const std::filesystem::path& file, std::string_view bytes)
{
    writeWhole(QString::fromStdString(file.string()),
               QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size())));
}

void writeWhole(const QString& file, const QByteArray& bytes)
{
    QSaveFile output(file);
    if (!output.open(QIODevice::WriteOnly) || output.write(bytes) != bytes.size())
        throwNotWritten(output);
    commitWhole(output);
}

void commitWhole(QSaveFile& file)
{
    if (!file.flush() || !file.commit())
        throwNotWritten(file);
}

void throwNotWritten(const QSaveFile& file)
{
    throw Error("the file cannot be written: " + file.errorString().toStdString(),
                file.fileName().toStdString(), "Check the folder's permissions and free space");
}

} // namespace assay
