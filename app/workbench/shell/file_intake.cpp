#include "app/workbench/shell/file_intake.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json.h"
#include "widgets/report/report_file.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <functional>
#include <optional>

namespace assay::workbench {

using widgets::Claim;

namespace {

constexpr qint64 kMaxOwnBytes = 16 << 20;
constexpr int kMostRunsOpened = 8; // a tab each

/// The JSON in a file of ours; null when it is another's: too large or too deep for one, or none at all.
Json readOwn(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString().toStdString(), path.toStdString());
    if (file.size() > kMaxOwnBytes)
        return nullptr;
    try {
        return protocol::parseJson(file.readAll().toStdString(), path.toStdString());
    } catch (const Error&) {
        return nullptr;
    }
}

/// What the PDF of a report says of its figures: the first of each run.
QVector<Claim> reportClaims(const QVector<widgets::Evidence>& figures, const QString& path)
{
    QVector<Claim> claims;
    std::optional<Error> problem;
    for (const widgets::Evidence& evidence : figures) {
        // A figure that lays several runs over each other belongs to none of them.
        if (evidence.json.contains("runs") || claims.size() == kMostRunsOpened)
            continue;
        try {
            const Claim claim = widgets::readClaim(evidence, path);
            if (std::ranges::find(claims, claim.run, &Claim::run) == claims.end())
                claims << claim;
        } catch (const Error& error) {
            problem = error;
        }
    }
    if (claims.isEmpty())
        throw problem.value_or(
            Error("this report has no figure of a single run that could be opened", path.toStdString()));
    return claims;
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
    return tr("Figures, specifications and reports (*.pdf *.svg *.png *.json);;All files (*)");
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
                const Json json = readOwn(path);
                if (json.is_object() && json.contains("assay_report"))
                    tell = [this, report = widgets::reportFromJson(json, path), path] {
                        Q_EMIT reportRead(report, path);
                    };
                else if (json.is_object() && json.contains("study"))
                    tell = [this, spec = protocol::specFromJson(json, path.toStdString()), path] {
                        Q_EMIT specRead(spec, path);
                    };
            } else if (suffix == QLatin1String("pdf") || suffix == QLatin1String("svg") ||
                       suffix == QLatin1String("png")) {
                if (const auto evidence = widgets::readEvidence(path))
                    tell = [this, claim = widgets::readClaim(*evidence, path), path] {
                        Q_EMIT figureRead(claim, path);
                    };
                else if (const auto figures = widgets::readReportEvidence(path))
                    tell = [this, claims = reportClaims(*figures, path), path] {
                        for (const Claim& claim : claims)
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
