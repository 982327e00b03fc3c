#pragma once

#include "backend/protocol/json.h"
#include "widgets/studies/card_model.h"

#include <QCoreApplication>
#include <QList>
#include <QString>
#include <QStringList>

namespace assay::widgets {

/// A plugin of the engine's catalogue (docs/protocol.md).
struct PluginEntry
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::PluginEntry)
public:
    enum class State { Active, Disabled, NotAllowed, Quarantined, Failed };

    QString file;
    QString id;
    QString name;
    QString version;
    QString author;
    QString licence;
    QString summary;
    QStringList studies;
    QStringList attacks;
    QString sha256;
    QString problem;
    bool own = false;     ///< came with Assay
    bool loaded = false;  ///< in the engine that runs now
    bool restart = false; ///< the next start of the engine changes that
    State state = State::Failed;
    bool operator==(const PluginEntry&) const = default;

    /// Its name, or the file's where nothing could be read.
    QString title() const;
    /// A word or two for lists, and their tone (text_kit.h).
    QString badge() const;
    QString tone() const;
    /// The same as a sentence that says what can be done.
    QString status() const;
    /// The row of the list.
    CardItem card() const;
};

/// The member `plugins` of the catalogue; what is malformed is left out.
QList<PluginEntry> readPlugins(const Json& catalogue);

} // namespace assay::widgets
