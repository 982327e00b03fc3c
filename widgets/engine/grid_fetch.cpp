#include "widgets/engine/grid_fetch.h"

#include "widgets/engine/engine_client.h"

#include <QCoreApplication>

#include <memory>

namespace assay::widgets {

namespace {

// Decoded in a few milliseconds on the reader's thread; the engine sends at most 16 MiB at once.
constexpr std::size_t kPieceBytes = 4 << 20;
constexpr std::size_t kMaxGridBytes = std::size_t(2) << 30;

struct Fetch
{
    EngineClient* client;
    QString run;
    protocol::ImageGrid grid;
    QObject* context;
    std::function<void(protocol::ImageGrid, const QString&)> done;
};

void finish(const std::shared_ptr<Fetch>& fetch, const QString& problem)
{
    fetch->grid.file.clear();
    fetch->done(std::move(fetch->grid), problem);
}

QString wrongSize(const Fetch& fetch, std::size_t found)
{
    return QCoreApplication::translate("GridFetch", "%1 has %2 bytes of images; %3 were announced.")
        .arg(QString::fromStdString(fetch.grid.file))
        .arg(found)
        .arg(fetch.grid.pixelBytes());
}

void fetchNext(const std::shared_ptr<Fetch>& fetch)
{
    const std::size_t have = fetch->grid.pixels.size();
    const std::size_t want = fetch->grid.pixelBytes();
    if (have == want) {
        finish(fetch, {});
        return;
    }
    const Json params = {{"run", fetch->run.toStdString()},
                         {"file", fetch->grid.file},
                         {"offset", have},
                         {"length", std::min(kPieceBytes, want - have)}};
    fetch->client->request("run.file", params, fetch->context, [fetch](const protocol::Reply& reply) {
        auto& pixels = fetch->grid.pixels;
        if (!reply.ok) {
            finish(fetch, QString::fromStdString(reply.error));
        } else if (reply.bytes.empty() || pixels.size() + reply.bytes.size() > fetch->grid.pixelBytes()) {
            finish(fetch, wrongSize(*fetch, pixels.size() + reply.bytes.size()));
        } else {
            pixels.insert(pixels.end(), reply.bytes.begin(), reply.bytes.end());
            fetchNext(fetch);
        }
    });
}

} // namespace

void fetchGrid(EngineClient& client, const QString& run, protocol::ImageGrid grid, QObject* context,
               std::function<void(protocol::ImageGrid, const QString&)> done)
{
    auto fetch = std::make_shared<Fetch>(Fetch{&client, run, std::move(grid), context, std::move(done)});
    const std::size_t bytes = fetch->grid.pixelBytes();
    if (bytes > kMaxGridBytes) {
        finish(fetch, QCoreApplication::translate("GridFetch",
                                                  "%1 announces %2 bytes of images; the window takes %3.")
                          .arg(QString::fromStdString(fetch->grid.file))
                          .arg(bytes)
                          .arg(kMaxGridBytes));
        return;
    }
    fetch->grid.pixels.clear();
    fetchNext(fetch);
}

} // namespace assay::widgets
