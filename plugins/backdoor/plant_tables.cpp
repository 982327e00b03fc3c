#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/backdoor/plant_results.h"

#include <torch/types.h>

namespace assay::backdoor {

using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

protocol::Table plantTable(const PlantResults& r)
{
    protocol::Table table{
        .name = "plant",
        .title = "Each training",
        .section = "The backdoor",
        .columns = {numberColumn("seed", "Training", 0), textColumn("model", "Network"),
                    numberColumn("poisoned", "Poisoned images", 0), numberColumn("n", "Test images", 0),
                    numberColumn("clean_accuracy", "Clean accuracy", 3), numberColumn("clean_low", "from", 3),
                    numberColumn("clean_high", "to", 3),
                    numberColumn("other_classes_accuracy", "Of other classes", 3),
                    numberColumn("target_class_accuracy", "Of the target class", 3),
                    numberColumn("asr_n", "Triggered images", 0), numberColumn("asr", "Success", 3),
                    numberColumn("asr_low", "from", 3), numberColumn("asr_high", "to", 3),
                    numberColumn("recovered_accuracy", "Recovered accuracy", 3),
                    numberColumn("recovered_low", "from", 3), numberColumn("recovered_high", "to", 3)}};
    table.caption =
        "Wilson 95 % intervals. Success and recovered accuracy are of triggered test images whose "
        "wanted class is not their own. Clean networks tell what the trigger does by itself.";
    for (const PlantSeed& seed : r.seeds)
        for (const bool planted : {false, true}) {
            const BackdoorRates& rates = planted ? seed.planted : seed.clean;
            TableRow(table) << double(seed.number) << std::string(planted ? "poisoned" : "clean")
                            << (planted ? double(seed.poisoned) : 0.0) << double(rates.clean.n) << rates.clean
                            << rates.others.value << rates.target.value << double(rates.asr.n) << rates.asr
                            << rates.recovered;
        }
    return table;
}

protocol::Table plantMeansTable(const PlantResults& r)
{
    protocol::Table table{.name = "plant-means",
                          .title = "Over the trainings",
                          .section = "The backdoor",
                          .columns = {textColumn("model", "Network"), numberColumn("seeds", "Trainings", 0)}};
    const std::vector<std::pair<const char*, metrics::Rate BackdoorRates::*>> quantities = {
        {"clean_accuracy", &BackdoorRates::clean},
        {"target_class_accuracy", &BackdoorRates::target},
        {"asr", &BackdoorRates::asr},
        {"recovered_accuracy", &BackdoorRates::recovered}};
    const std::vector<const char*> titles = {"Clean accuracy", "Of the target class", "Success",
                                             "Recovered accuracy"};
    for (std::size_t i = 0; i < quantities.size(); ++i) {
        table.columns.push_back(numberColumn(quantities[i].first, titles[i], 3));
        table.columns.push_back(numberColumn(std::string(quantities[i].first) + "_sd", "deviation", 3));
    }
    table.caption =
        "Means and standard deviations over trainings with other weights, orders and poisoned images.";
    for (const bool planted : {false, true}) {
        TableRow row(table);
        row << std::string(planted ? "poisoned" : "clean") << double(r.seeds.size());
        for (const auto& [name, rate] : quantities) {
            const PlantMean value = plantMean(r, planted, rate);
            row << value.mean << value.deviation;
        }
    }
    return table;
}

protocol::Table plantRecallTable(const PlantResults& r)
{
    protocol::Table table{.name = "recall",
                          .title = "Recall of each class on clean images",
                          .section = "What it costs",
                          .columns = {textColumn("class", "Class"), textColumn("model", "Network"),
                                      numberColumn("n", "Test images", 0),
                                      numberColumn("recall", "Recall", 3), numberColumn("low", "from", 3),
                                      numberColumn("high", "to", 3)}};
    table.caption = "Of the first training; Wilson 95 % intervals.";
    for (std::size_t k = 0; k < r.classes.size(); ++k) {
        const torch::Tensor own = r.y.eq(static_cast<std::int64_t>(k));
        for (const bool planted : {false, true}) {
            const torch::Tensor right = (planted ? r.planted : r.clean).clean.eq(r.y).logical_and_(own);
            const metrics::Rate rate =
                metrics::wilson(right.sum().item<std::int64_t>(), own.sum().item<std::int64_t>());
            TableRow(table) << r.classes[k] << std::string(planted ? "poisoned" : "clean") << double(rate.n)
                            << rate;
        }
    }
    return table;
}

std::vector<protocol::Metric> plantMetrics(const PlantResults& r)
{
    const PlantSeed& first = r.seeds.front();
    const std::string all = "judged test images",
                      counted = "triggered images whose wanted class is not their own";
    return {reporting::rateNumber("clean_accuracy.clean", first.clean.clean, all),
            reporting::rateNumber("clean_accuracy.poisoned", first.planted.clean, all),
            reporting::rateNumber("asr.clean", first.clean.asr, counted),
            reporting::rateNumber("asr.poisoned", first.planted.asr, counted),
            reporting::rateNumber("recovered_accuracy.poisoned", first.planted.recovered, counted)};
}

} // namespace assay::backdoor
