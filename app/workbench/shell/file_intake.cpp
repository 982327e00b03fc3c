#include "app/workbench/shell/file_intake.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <QFile>
#include <QFileInfo>

#include <functional>
#include <optional>

namespace assay::workbench {

using widgets::Claim;

namespace {

constexpr qint64 kMaxSpecBytes = 16 << 20;

/// The specification in a JSON file, or nullopt when the file is of another kind (JSON is what much else is
/// written in, models too). @throws Error when it is one that cannot be read.
std::optional<protocol::RunSpec> readSpec(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString().toStdString(), path.toStdString());
    if (file.size() > kMaxSpecBytes)
        return std::nullopt;
    const QByteArray bytes = file.readAll();
    const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!json.is_object() || !json.contains("study"))
        return std::nullopt;
    const std::string_view text(bytes.constData(), size_t(bytes.size()));
    return protocol::specFromJson(protocol::parseJson(text, path.toStdString()), path.toStdString());
}

} // namespace

FileIntake::FileIntake(QObject* parent)
    : QObject(parent)
{
    m_reader.setMaxThreadCount(1);
}

FileIntake::~FileIntake()
{
    m_reader.waitForDone();
}

QString FileIntake::nameFilter()
{
    return tr("Figures and specifications (*.pdf *.svg *.png *.json);;All files (*)");
}

void FileIntake::take(const QString& path)
{
    // The pool is waited for before this object goes, so `this` outlives the job; results are queued, and
    // Qt drops those whose receiver is gone.
    m_reader.start([this, path] {
        std::function<void()> tell;
        const QString name = QFileInfo(path).fileName();
        const QString suffix = QFileInfo(path).suffix().toLower();
        try {
            QString hint;
            if (QFileInfo(path).isDir()) {
                // A folder is never ours.
            } else if (suffix == QLatin1String("json")) {
                if (const auto spec = readSpec(path))
                    tell = [this, spec = *spec, path] { Q_EMIT specRead(spec, path); };
            } else if (suffix == QLatin1String("pdf") || suffix == QLatin1String("svg") ||
                       suffix == QLatin1String("png")) {
                if (const auto evidence = widgets::readEvidence(path))
                    tell = [this, claim = widgets::readClaim(*evidence, path), path] {
                        Q_EMIT figureRead(claim, path);
                    };
                else
                    hint = tr("%1 carries no evidence: it was not exported by Assay, or another program has "
                              "rewritten it.")
                               .arg(name);
            }
            if (!tell)
                tell = [this, path, hint] { Q_EMIT foreign(path, hint); };
        } catch (const std::exception& error) {
            tell = [this, sentence = QString::fromUtf8(error.what())] { Q_EMIT refused(sentence); };
        }
        QMetaObject::invokeMethod(this, std::move(tell), Qt::QueuedConnection);
    });
}

} // namespace assay::workbench
