#include "app/workbench/shell/file_intake.h"

#include "backend/protocol/error.h"

#include <QFile>
#include <QFileInfo>

#include <functional>

namespace assay::workbench {

using widgets::Claim;

namespace {

constexpr qint64 kMaxSpecBytes = 16 << 20;

protocol::RunSpec readSpec(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString().toStdString(), path.toStdString());
    if (file.size() > kMaxSpecBytes)
        throw Error("a run specification of more than 16 MiB is not read", path.toStdString());
    const QByteArray bytes = file.readAll();
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
            if (suffix == QLatin1String("json")) {
                tell = [this, spec = readSpec(path), path] { Q_EMIT specRead(spec, path); };
            } else if (suffix == QLatin1String("pdf") || suffix == QLatin1String("svg") ||
                       suffix == QLatin1String("png")) {
                if (const auto evidence = widgets::readEvidence(path))
                    tell = [this, claim = widgets::readClaim(*evidence, path), path] {
                        Q_EMIT figureRead(claim, path);
                    };
                else
                    tell = [this, name] {
                        Q_EMIT refused(tr("%1 carries no evidence: it was not exported by Assay, or another "
                                          "program has rewritten it.")
                                           .arg(name));
                    };
            } else {
                tell = [this, name] {
                    Q_EMIT refused(tr("%1 is not a file Assay opens. Drop a figure it exported (PDF, SVG, "
                                      "PNG) or a run's spec.json.")
                                       .arg(name));
                };
            }
        } catch (const std::exception& error) {
            tell = [this, sentence = QString::fromUtf8(error.what())] { Q_EMIT refused(sentence); };
        }
        QMetaObject::invokeMethod(this, std::move(tell), Qt::QueuedConnection);
    });
}

} // namespace assay::workbench
