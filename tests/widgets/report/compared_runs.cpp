#include "compared_runs.h"

#include "widgets/engine/run_record.h"

namespace assay::test {

using namespace protocol;

std::shared_ptr<widgets::RunRecord> comparedRun(const std::string& id, const Json& params,
                                                const std::vector<Metric>& metrics,
                                                const std::vector<Figure>& figures,
                                                const std::string& datasetHash)
{
    auto run = std::make_shared<widgets::RunRecord>(QString::fromStdString(id));
    RunStarted started;
    started.run = id;
    started.spec.study = "made.up";
    started.spec.params = params;
    run->apply(started);
    for (const Metric& metric : metrics)
        run->apply(metric);
    for (const Figure& figure : figures)
        run->apply(figure);
    RunFinished finished;
    finished.provenance = {
        {"device", "cpu"}, {"study_version", "1"}, {"inputs", {{"datasets", {{"digits", datasetHash}}}}}};
    run->apply(finished);
    return run;
}

Metric shareOf(const std::string& name, double count, double denominator, const std::string& rateOf)
{
    Metric metric;
    metric.name = name;
    metric.value = count / denominator;
    metric.rateOf = rateOf;
    metric.count = count;
    metric.denominator = denominator;
    return metric;
}

Figure namedBars(const std::vector<std::string>& names, const std::vector<double>& y)
{
    Figure figure;
    figure.name = "by-name";
    figure.title = "Accuracy by name";
    figure.x.label = "Name";
    figure.x.scale = AxisScale::Category;
    figure.x.categories = names;
    figure.y.label = "Accuracy";
    figure.y.low = 0;
    figure.y.high = 1;
    Layer bars;
    bars.kind = LayerKind::Bars;
    bars.name = "accuracy";
    bars.y = y;
    for (std::size_t i = 0; i < y.size(); ++i) {
        bars.x.push_back(static_cast<double>(i));
        bars.samples.add({static_cast<std::int64_t>(10 * i)});
    }
    figure.layers.push_back(bars);
    return figure;
}

Figure namedCells(const std::vector<std::string>& names, const std::vector<double>& z)
{
    Figure figure;
    figure.name = "confusion";
    figure.title = "Confusion";
    figure.x.scale = figure.y.scale = AxisScale::Category;
    figure.x.categories = figure.y.categories = names;
    figure.colour.label = "share";
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.rows = cells.columns = static_cast<std::uint32_t>(names.size());
    cells.z = z;
    figure.layers.push_back(cells);
    return figure;
}

Figure twoLines(double lift)
{
    Figure figure;
    figure.name = "over-eps";
    figure.title = "Accuracy over ε";
    figure.x.label = "ε";
    figure.y.label = "Accuracy";
    for (const char* name : {"clean", "attacked"}) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = name;
        line.x = {0, 1, 2};
        line.y = {0.9 + lift, 0.5 + lift, 0.1 + lift};
        figure.layers.push_back(line);
    }
    Layer chance;
    chance.kind = LayerKind::Marks;
    chance.name = "chance";
    chance.role = "chance";
    chance.y = {0.1};
    figure.layers.push_back(chance);
    return figure;
}

} // namespace assay::test
