#include "made_runs.h"

#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"

namespace assay::test {

using namespace protocol;

namespace {

Figure madeFigure(const std::string& name, const std::string& run)
{
    Figure figure;
    figure.name = name;
    figure.title = "Figure " + name + " of " + run;
    figure.x.label = "Step";
    figure.y.label = "Value";
    Layer layer;
    layer.kind = LayerKind::Line;
    layer.name = "Line";
    for (int i = 0; i < 10; ++i) {
        layer.x.push_back(i);
        layer.y.push_back(i * i);
    }
    figure.layers = {layer};
    return figure;
}

Table madeTable()
{
    Table table;
    table.name = "pairs";
    table.title = "Pairs";
    Column name{.name = "name", .label = "Name"}, value{.name = "value", .label = "Value"};
    for (int i = 0; i < 80; ++i) {
        name.texts.push_back("row " + std::to_string(i));
        value.numbers.push_back(i);
    }
    table.columns = {name, value};
    return table;
}

ImageGrid madeGrid()
{
    ImageGrid grid;
    grid.name = "tiles";
    grid.title = "Tiles";
    grid.variants = {"clean", "changed"};
    grid.width = grid.height = 4;
    for (int i = 0; i < 40; ++i)
        grid.ids.push_back(i);
    grid.pixels.assign(grid.pixelBytes(), 100);
    return grid;
}

} // namespace

widgets::RunSource MadeRuns::add(const QString& id, int seed, double started)
{
    RunSpec spec;
    spec.study = "made.study";
    spec.seed = std::uint64_t(seed);
    auto record = std::make_shared<widgets::RunRecord>(id);
    record->apply(RunStarted{id.toStdString(), spec, Json::object(), started});
    for (const char* name : {"one", "two"})
        record->apply(madeFigure(name, id.toStdString()));
    record->apply(madeTable());
    record->apply(madeGrid());
    record->apply(Metric{.name = "Accuracy", .value = 0.5});
    record->apply(RunFinished{RunState::Finished, {}, 1, Json::object()});
    m_runs[id] = record;
    m_indexed << widgets::IndexedRun{id, widgets::specKey(toJson(spec)), started, true};
    m_index = widgets::RunIndex(m_indexed);
    return widgets::sourceOf(*record);
}

void MadeRuns::remove(const QString& id)
{
    m_runs.remove(id);
    m_indexed.removeIf([&](const widgets::IndexedRun& run) { return run.id == id; });
    m_index = widgets::RunIndex(m_indexed);
}

std::shared_ptr<widgets::RunRecord> MadeRuns::run(const QString& id, QString&)
{
    if (!m_runs.contains(id))
        throw Error("there is no such run", id.toStdString());
    return m_runs[id];
}

} // namespace assay::test
