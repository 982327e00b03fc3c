#include "widgets/studies/run_folder.h"

#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

#include <variant>

namespace assay::widgets {

namespace {

struct RunFolderWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::RunFolder)
};

constexpr qint64 kReadBytes = 4 << 20;

/// Applies every whole frame of the reader; false when a frame cannot be read.
bool applyFrames(protocol::FrameReader& frames, RunRecord& record, qint64& events)
{
    try {
        while (const auto payload = frames.next()) {
            auto event = protocol::decodeEvent(*payload);
            ++events;
            if (event && !std::holds_alternative<protocol::ImageGrid>(*event))
                record.apply(std::move(*event));
        }
    } catch (const Error&) {
        return false;
    }
    return true;
}

} // namespace

RunFolder readRunFolder(const QString& folder)
{
    const QString path = folder + QStringLiteral("/events.cbor");
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString().toStdString(), path.toStdString());
    RunFolder run{std::make_shared<RunRecord>(QDir(folder).dirName()), {}};
    protocol::FrameReader frames;
    qint64 events = 0;
    bool whole = true;
    while (whole && !file.atEnd()) {
        frames.feed(file.read(kReadBytes));
        whole = applyFrames(frames, *run.record, events);
    }
    if (events == 0)
        throw Error("no event could be read", path.toStdString(),
                    "The run cannot be opened; run its spec.json again");
    if (!whole || frames.pending() > 0)
        run.notice = RunFolderWords::tr("%1: the end of the file is torn; %2 events before it were read.")
                         .arg(path)
                         .arg(events);
    return run;
}

} // namespace assay::widgets
