#include "report_workspace.h"

#include "backend/protocol/codec.h"

#include <QDir>
#include <QFile>

namespace assay::test {

namespace {

void put(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s cannot be written", qPrintable(path));
}

} // namespace

ReportWorkspace::ReportWorkspace()
{
    QDir().mkpath(path() + QStringLiteral("/runs"));
}

QString ReportWorkspace::runFolder(const QString& run) const
{
    return path() + QStringLiteral("/runs/") + run;
}

void ReportWorkspace::addRun(const QString& run, double started, const protocol::RunSpec& spec,
                             std::vector<protocol::Event> results, protocol::RunState state) const
{
    QDir().mkpath(runFolder(run));
    const Json provenance = {{"assay", "0.1.0"},
                             {"commit", "abc123"},
                             {"device", "cpu"},
                             {"threads", 2},
                             {"seconds", 12.5},
                             {"libraries", {{"libtorch", "1.13.0"}}},
                             {"inputs", {{"datasets", {{"fashion-mnist", "00ff"}}}}}};
    QByteArray bytes = protocol::encodeFrame(
        protocol::Event(protocol::RunStarted{run.toStdString(), spec, Json::object(), started}));
    for (const protocol::Event& event : results)
        bytes += protocol::encodeFrame(event);
    bytes += protocol::encodeFrame(protocol::Event(protocol::RunFinished{state, "", 12.5, provenance}));
    put(runFolder(run) + QStringLiteral("/events.cbor"), bytes);
    put(runFolder(run) + QStringLiteral("/spec.json"), QByteArray::fromStdString(toJson(spec).dump()));
    const Json summary = {{"run", run.toStdString()},
                          {"study", spec.study},
                          {"started", started},
                          {"state", protocol::name(state)}};
    put(runFolder(run) + QStringLiteral("/summary.json"), QByteArray::fromStdString(summary.dump()));
}

protocol::RunSpec reportSpec(double eps)
{
    protocol::RunSpec spec;
    spec.study = "transfer.matrix";
    spec.params = {{"eps", eps}, {"sources", {"fashion-cnn"}}};
    spec.seed = 7;
    return spec;
}

protocol::Figure reportFigure(const std::string& name, double first)
{
    protocol::Figure figure;
    figure.name = name;
    figure.title = "Accuracy <b>of</b> A & B_1";
    figure.caption = "By strength";
    figure.section = "Curves";
    figure.rateOf = "all 50 test images";
    figure.interval = "Wilson 95 %";
    figure.x.label = "eps";
    figure.y.label = "accuracy";
    protocol::Layer layer;
    layer.kind = protocol::LayerKind::Line;
    layer.name = "model_1 <script>alert(1)</script>";
    layer.x = {0, 1, 2};
    layer.y = {first, 0.5, 0.125};
    layer.low = {first - 0.05, 0.4, 0.1};
    layer.high = {first + 0.05, 0.6, 0.2};
    figure.layers.push_back(layer);
    return figure;
}

protocol::Table reportTable(std::size_t rows)
{
    protocol::Table table;
    table.name = "pairs";
    table.title = "Pairs";
    table.section = "Numbers";
    protocol::Column names{.name = "source", .label = "Source"};
    protocol::Column values{.name = "eps", .label = "eps", .digits = 2};
    for (std::size_t i = 0; i < rows; ++i) {
        names.texts.push_back("row " + std::to_string(i) + " <i> & 100%");
        values.numbers.push_back(0.5 * double(i));
    }
    table.columns = {names, values};
    return table;
}

protocol::ImageGrid reportGrid()
{
    protocol::ImageGrid grid;
    grid.name = "images";
    grid.title = "Images";
    grid.section = "Numbers";
    grid.variants = {"clean", "adversarial"};
    grid.width = 3;
    grid.height = 2;
    grid.ids = {10, 11, 12, 13};
    grid.pixels.resize(grid.pixelBytes());
    for (std::size_t i = 0; i < grid.pixels.size(); ++i)
        grid.pixels[i] = std::uint8_t(5 * i);
    grid.attributes = {
        {.name = "label", .title = "Label", .values = {"Coat", "<Bag>"}, .codes = {0, 1, 0, -1}}};
    return grid;
}

std::vector<protocol::Event> reportResults(double first)
{
    protocol::Metric metric{.name = "accuracy.fashion-cnn",
                            .value = first,
                            .rateOf = "test images",
                            .count = 100 * first,
                            .denominator = 100,
                            .low = first - 0.1,
                            .high = first + 0.1,
                            .interval = "Wilson 95 %"};
    return {reportFigure("curve", first), reportTable(), reportGrid(), metric};
}

widgets::ReportPart partOf(const QString& run, const QString& name, bool pinned, double eps)
{
    return {{run, pinned, toJson(reportSpec(eps))}, name};
}

widgets::ReportBlock blockOf(const QString& id, widgets::ReportBlock::Kind kind,
                             std::vector<widgets::ReportPart> parts)
{
    widgets::ReportBlock block;
    block.id = id;
    block.kind = kind;
    block.parts = QVector<widgets::ReportPart>(parts.begin(), parts.end());
    return block;
}

} // namespace assay::test
