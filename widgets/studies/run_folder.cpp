#include "widgets/studies/run_folder.h"

#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"
#include "widgets/gallery/grid_pixels.h"

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

constexpr std::size_t kMostPixelBytes = std::size_t(1) << 30;

/// Fills in the pixels of a grid from its file; false when they are not all there.
bool readPixels(protocol::ImageGrid& grid, const QString& folder)
{
    if (grid.file.empty())
        return true;
    const std::size_t bytes = grid.pixelBytes();
    QFile file(fileOfRun(folder, QString::fromStdString(grid.file)));
    if (bytes > kMostPixelBytes || !file.open(QIODevice::ReadOnly) || std::size_t(file.size()) < bytes)
        return false;
    grid.pixels.resize(bytes);
    grid.file.clear();
    return file.read(reinterpret_cast<char*>(grid.pixels.data()), qint64(bytes)) == qint64(bytes);
}

/// The events of a folder on their way into a record.
struct RunFolderReader
{
    RunRecord& record;
    QString folder;
    RunFolderParts parts;
    qint64 events = 0;
    QStringList lacking; ///< galleries without their pixels

    void take(protocol::Event event)
    {
        auto* grid = std::get_if<protocol::ImageGrid>(&event);
        if (grid && parts == RunFolderParts::WithoutGalleries)
            return;
        if (grid && !readPixels(*grid, folder)) {
            lacking << QString::fromStdString(grid->name);
            return;
        }
        record.apply(std::move(event));
    }

    /// Applies every whole frame; false when a frame cannot be read.
    bool apply(protocol::FrameReader& frames)
    {
        try {
            while (const auto payload = frames.next()) {
                auto event = protocol::decodeEvent(*payload);
                ++events;
                if (event)
                    take(std::move(*event));
            }
        } catch (const Error&) {
            return false;
        }
        return true;
    }
};

} // namespace

RunFolder readRunFolder(const QString& folder, RunFolderParts parts)
{
    const QString path = folder + QStringLiteral("/events.cbor");
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString().toStdString(), path.toStdString());
    RunFolder run{std::make_shared<RunRecord>(QDir(folder).dirName()), {}};
    protocol::FrameReader frames;
    RunFolderReader reader{*run.record, folder, parts};
    bool whole = true;
    while (whole && !file.atEnd()) {
        frames.feed(file.read(kReadBytes));
        whole = reader.apply(frames);
    }
    if (reader.events == 0)
        throw Error("no event could be read", path.toStdString(),
                    "The run cannot be opened; run its spec.json again");
    QStringList notices;
    if (!whole || frames.pending() > 0)
        notices << RunFolderWords::tr("%1: the end of the file is torn; %2 events before it were read.")
                       .arg(path)
                       .arg(reader.events);
    if (!reader.lacking.isEmpty())
        notices << RunFolderWords::tr("%1: the pixels of %2 are missing.")
                       .arg(folder, reader.lacking.join(QStringLiteral(", ")));
    run.notice = notices.join(QLatin1Char(' '));
    return run;
}

} // namespace assay::widgets
