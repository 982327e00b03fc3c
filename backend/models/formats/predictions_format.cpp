#include "backend/models/formats/predictions_format.h"

#include "backend/arrays/npy_header.h"
#include "backend/arrays/zip_archive.h"
#include "backend/models/formats/predictions_table.h"
#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::models {

namespace {

namespace fs = std::filesystem;
using protocol::Finding;
using protocol::Findings;

constexpr double kSumTolerance = 0.01; // of probabilities: rounded to two places, or float16
constexpr std::size_t kRowsNamed = 5;
constexpr const char* kLogits = "logits";
constexpr const char* kProbabilities = "probabilities";

bool isCsv(const fs::path& file)
{
    return file.extension() == ".csv" || file.extension() == ".tsv";
}

bool recognises(const fs::path& file, std::span<const std::uint8_t> head)
{
    try {
        if (arrays::ZipArchive::recognises(head) ||
            (arrays::looksLikeNpy(head) && file.extension() == ".npy"))
            return holdsPredictions(file);
        return isCsv(file) && csvHoldsPredictions(file);
    } catch (const Error&) {
        return false;
    }
}

PredictionsTable readTable(const fs::path& file, const Json& options)
{
    PredictionsTable table =
        isCsv(file) ? readPredictionsCsv(file, options) : readPredictionsNpz(file, options);
    if (table.values.size(0) == 0)
        throw Error("holds no rows of answers", file.string());
    return table;
}

/// Rows that no study can use; "" when there are none.
std::string badRows(const PredictionsTable& table)
{
    const torch::Tensor bad =
        torch::isfinite(table.values.to(torch::kFloat32)).logical_not().any(1).nonzero().flatten();
    if (bad.numel() == 0)
        return {};
    std::string names;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(bad.numel(), kRowsNamed); ++i)
        names += (i == 0 ? "" : ", ") + table.rowName(bad[i].item<std::int64_t>());
    if (bad.numel() > static_cast<std::int64_t>(kRowsNamed))
        names += " and " + std::to_string(bad.numel() - static_cast<std::int64_t>(kRowsNamed)) + " more";
    return names + (bad.numel() == 1 ? " holds" : " hold") + " a value that is missing or no finite number";
}

bool inUnitRange(const torch::Tensor& values)
{
    return values.min().item<double>() >= 0 && values.max().item<double>() <= 1 + kSumTolerance;
}

bool looksLikeProbabilities(const torch::Tensor& values)
{
    return inUnitRange(values) && ((values.sum(1) - 1).abs().max().item<double>() <= kSumTolerance);
}

/// "logits" or "probabilities", as the card says or as found. @throws Error for another word.
std::string kindOf(const Json& options, const PredictionsTable& table, const fs::path& file)
{
    const auto it = options.find("kind");
    const std::string given = it != options.end() && it->is_string() ? it->get<std::string>() : std::string();
    if (given.empty())
        return looksLikeProbabilities(table.values) ? kProbabilities : kLogits;
    if (given != kLogits && given != kProbabilities)
        throw Error("the option 'kind' is '" + given.substr(0, 40) + "'; it must be logits or probabilities",
                    file.string());
    if (given == kProbabilities && !inUnitRange(table.values))
        throw Error("the answers are said to be probabilities, but lie between " +
                        protocol::csvNumber(table.values.min().item<double>()) + " and " +
                        protocol::csvNumber(table.values.max().item<double>()),
                    file.string(), "Set kind to logits.");
    return given;
}

/// Classes as corrected, as in the file, or numbered.
std::vector<std::string> classesOf(const PredictionsTable& table, const ModelCorrections& corrections,
                                   const fs::path& file)
{
    const std::int64_t count = table.values.size(1);
    std::vector<std::string> classes = corrections.classes.value_or(table.classes);
    if (corrections.classes && static_cast<std::int64_t>(classes.size()) != count)
        throw Error(std::to_string(classes.size()) + " class names are given for " + std::to_string(count) +
                        " columns of answers",
                    file.string(), "Give one name for each class, in order.");
    for (std::int64_t i = static_cast<std::int64_t>(classes.size()); i < count; ++i)
        classes.push_back(std::to_string(i));
    return classes;
}

void explain(const PredictionsTable& table, const std::string& kind, ModelImport& found)
{
    Findings& findings = found.findings;
    const auto say = [&](Finding::Level level, std::string text) {
        findings.push_back({level, std::move(text)});
    };
    say(Finding::Level::Info, "Answers for " + std::to_string(table.values.size(0)) + " samples and " +
                                  std::to_string(table.values.size(1)) + " classes from " + table.source +
                                  ".");
    if (const std::string bad = badRows(table); !bad.empty()) {
        say(Finding::Level::Problem, "The answers cannot be used: " + bad + ". Save them again.");
        return;
    }
    if (kind == kProbabilities)
        say(Finding::Level::Info,
            "The rows are probabilities: they lie in [0,1] and sum to 1. Their logarithms serve as logits.");
    else if (inUnitRange(table.values))
        say(Finding::Level::Warning,
            "The values lie in [0,1], but the rows do not sum to 1; they are taken as "
            "logits. Set kind to probabilities if that is what they are.");
    else
        say(Finding::Level::Info, "The rows are logits: they do not lie in [0,1].");
    if (table.labelSource.empty())
        say(Finding::Level::Info, "There are no labels: those of the data set are used.");
    else
        say(Finding::Level::Info, "The labels stand in " + table.labelSource + "; " +
                                      protocol::csvNumber(std::round(1000 * *found.card.testAccuracy) / 10) +
                                      " % of the answers agree with them.");
    for (const std::string& note : table.notes)
        say(Finding::Level::Info, note);
}

ModelImport inspect(const fs::path& file, const ModelCorrections& corrections)
{
    const Json given = corrections.options.value_or(Json::object());
    const PredictionsTable table = readTable(file, given);
    ModelImport found;
    ModelCard& card = found.card;
    card.name = corrections.name.value_or(file.stem().string());
    card.title = corrections.title.value_or(file.stem().string());
    card.format = kPredictions.name;
    card.file = fs::absolute(file).lexically_normal().string();
    card.architecture = "predictions";
    card.input = {.channels = 0, .height = 0, .width = 0, .mean = {}, .stddev = {}};
    card.classes = classesOf(table, corrections, file);
    card.dataset = corrections.dataset.value_or("");
    const std::string kind =
        badRows(table).empty() ? kindOf(given, table, file) : std::string(kLogits); // refused anyway
    card.options = table.options;
    card.options["kind"] = kind;
    if (table.labels.defined())
        card.testAccuracy =
            (table.values.argmax(1) == table.labels).to(torch::kFloat64).mean().item<double>();
    explain(table, kind, found);
    found.details = {{"samples", table.values.size(0)},
                     {"classes", table.values.size(1)},
                     {"kind", kind},
                     {"labels", table.labels.defined()}};
    return found;
}

Predictions predictions(const ModelCard& card, const fs::path& file)
{
    const PredictionsTable table = readTable(file, card.options);
    if (const std::string bad = badRows(table); !bad.empty())
        throw Error(bad, file.string(), "Save the answers again.");
    if (static_cast<std::int64_t>(card.classes.size()) != table.values.size(1))
        throw Error("has answers for " + std::to_string(table.values.size(1)) +
                        " classes, but its card names " + std::to_string(card.classes.size()),
                    file.string(), "Import the file again.");
    Predictions result{.labels = table.labels};
    result.fromProbabilities = kindOf(card.options, table, file) == kProbabilities;
    constexpr double kSmallest = std::numeric_limits<float>::min();
    result.logits = (result.fromProbabilities ? table.values.clamp_min(kSmallest).log() : table.values)
                        .to(torch::kFloat32)
                        .contiguous();
    return result;
}

} // namespace

const ModelFormat kPredictions = {.name = "predictions",
                                  .title = "Predictions",
                                  .recognises = recognises,
                                  .inspect = inspect,
                                  .load = nullptr,
                                  .predictions = predictions};

} // namespace assay::models
