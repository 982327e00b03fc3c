#pragma once

#include "backend/protocol/schema.h"
#include "widgets/forms/schema_form.h"

#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace assay::widgets {

// The engine's catalogue (docs/protocol.md) as plain values. Reading never throws: a field that is missing
// or of another type than expected keeps its default, so that a newer engine's catalogue still shows.

struct StudyEntry
{
    QString id; ///< "transfer.class-aware"; the group stands before the dot
    QString title;
    QString question;
    QString summary;
    QString reference;
    QString version;
    QString plugin;
    QStringList keywords;
    QStringList outputs;
    bool previews = false;
    protocol::Schema schema;

    /// Heading of the study's group: "Transfer".
    QString group() const;
    bool hasLiveFields() const;
};

struct ModelEntry
{
    QString name, title, summary, architecture, dataset, sha256, source;
    int classes = 0;
    int channels = 0, height = 0, width = 0;
    std::optional<double> accuracyFraction;
    qint64 parameters = 0;
    QString format;  ///< how its weights are kept: "onnx"
    QString file;    ///< where they are, when the engine says so
    QString warning; ///< the file is gone or has changed since it was imported, and how to mend it
    bool predictionsOnly = false;
    bool detects = false; ///< finds objects, with boxes; else it names classes

    /// Imported into this workspace, or made in it; not a part of Assay.
    bool isOwn() const { return source == QLatin1String("workspace"); }
};

struct DatasetEntry
{
    QString name, title, source, licence, note;
    QString problem; ///< why it is not available and how to mend it
    QStringList classes;
    qint64 train = 0, test = 0;
    int channels = 0, height = 0, width = 0;
    bool available = false;
    QString format;   ///< how its files are read: "folder"
    QString location; ///< file or folder
    QString warning;  ///< as in ModelEntry
    bool own = false; ///< imported into this workspace
    QStringList attributes;
    QStringList boxClasses; ///< what its boxes can be; empty: its images have none
};

struct AttackEntry
{
    QString name; ///< as specs say it: "pgd", "script:mine"
    QString title, summary, reference, needs, sha256;
    QStringList norms, parameters;
    bool script = false;
    bool available = true;
    bool targeted = false;
    bool own = false;      ///< in this workspace: it can be removed
    bool imported = false; ///< its file is elsewhere
    QString file;          ///< of a script
    QString problem;       ///< why it cannot be used and how to mend it
    QString warning;       ///< it has changed since it was imported, or what is doubtful about it
};

struct RunEntry
{
    QString run, study, title, state, error, device;
    QDateTime started; ///< local time; invalid when unknown
    double seconds = 0;
    quint64 seed = 0;
    qint64 bytes = 0;
};

struct Catalogue
{
    QList<StudyEntry> studies;
    QList<ModelEntry> models;
    QList<DatasetEntry> datasets;
    QList<AttackEntry> attacks;
    QStringList devices;
    QString workspace;
    Json engine = Json::object(); ///< what the engine says of itself: versions, BLAS, threads

    const StudyEntry* study(const QString& id) const;
    const ModelEntry* model(const QString& name) const;
    const DatasetEntry* dataset(const QString& name) const;
    const AttackEntry* attack(const QString& name) const;
    /// What the form's model and data set fields can be chosen from.
    FormChoices choices() const;
};

Catalogue readCatalogue(const Json& json);
QList<RunEntry> readRuns(const Json& json);

/// "just now", "5 minutes ago", "yesterday 14:02", "3 Nov 2026 09:15".
QString whenText(const QDateTime& time, const QDateTime& now = QDateTime::currentDateTime());
/// "1.2 M", "86 k", "430".
QString countText(double count);

} // namespace assay::widgets
