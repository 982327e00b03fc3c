#include "backend/arrays/array_bundle.h"
#include "backend/models/formats/predictions_table.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace assay::models {

namespace {

namespace fs = std::filesystem;
using arrays::ArrayBundle;
using arrays::NpyHeader;

constexpr std::uint64_t kMaxBytes = std::uint64_t(2) << 30;
constexpr std::array<const char*, 12> kAnswers = {"logits", "probs",   "probabilities", "prob",
                                                  "proba",  "scores",  "predictions",   "outputs",
                                                  "y_pred", "y_score", "y_prob",        "softmax"};
constexpr std::array<const char*, 7> kLabelKeys = {"labels",  "label",  "y",    "y_true",
                                                   "targets", "target", "truth"};
constexpr std::array<const char*, 3> kClasses = {"classes", "class_names", "label_names"};

bool isAnswers(const NpyHeader& header)
{
    return header.shape.size() == 2 && header.kind == 'f';
}

/// The key of the answers, or "".
std::string answersIn(const ArrayBundle& bundle)
{
    for (const char* key : kAnswers) {
        if (bundle.has(key) && isAnswers(bundle.header(key)))
            return key;
    }
    const std::vector<std::string> names = bundle.names();
    return names.size() == 1 && isAnswers(bundle.header(names[0])) ? names[0] : std::string();
}

std::string optionOf(const Json& options, const char* key)
{
    const auto it = options.find(key);
    return it != options.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string labelsIn(const ArrayBundle& bundle, const Json& options)
{
    if (const std::string given = optionOf(options, "labels"); !given.empty())
        return given;
    for (const char* key : kLabelKeys) {
        if (bundle.has(key))
            return key;
    }
    return {};
}

void readClasses(const ArrayBundle& bundle, PredictionsTable& table)
{
    for (const char* key : kClasses) {
        if (!bundle.has(key) || !bundle.header(key).isText())
            continue;
        std::vector<std::string> names = bundle.array(key, kMaxBytes).texts;
        if (static_cast<std::int64_t>(names.size()) == table.values.size(1)) {
            table.classes = std::move(names);
            return;
        }
        table.notes.push_back("The array '" + std::string(key) + "' has " + std::to_string(names.size()) +
                              " names for " + std::to_string(table.values.size(1)) +
                              " classes and is left out.");
    }
}

} // namespace

bool holdsPredictions(const fs::path& file)
{
    return !answersIn(ArrayBundle(file)).empty();
}

PredictionsTable readPredictionsNpz(const fs::path& file, const Json& options)
{
    const ArrayBundle bundle(file);
    std::string key = optionOf(options, "answers");
    if (key.empty())
        key = answersIn(bundle);
    if (key.empty())
        throw Error("has no array of answers", file.string(),
                    "Save them as 'logits' or 'probs', one row of real numbers a sample.");
    PredictionsTable table;
    const NpyHeader header = bundle.header(key);
    if (!isAnswers(header) || header.shape[1] < 2)
        throw Error("the array '" + key.substr(0, 100) + "' " + header.shapeText() +
                        " is no table of answers",
                    file.string(), "Save one row a sample and one column of real numbers for each class.");
    table.values = bundle.array(key, kMaxBytes).values.to(torch::kFloat64);
    table.source = "array '" + key + "'";
    table.options["answers"] = key;
    readClasses(bundle, table);
    const std::string labels = labelsIn(bundle, options);
    table.options["labels"] = labels;
    if (labels.empty())
        return table;
    const std::string where = file.string() + ", array '" + labels.substr(0, 100) + "'";
    const arrays::NpyArray array = bundle.array(labels, kMaxBytes);
    const auto& shape = array.header.shape;
    if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] != 1))
        throw Error("has the shape " + array.header.shapeText() + "; labels are one number a sample", where);
    table.labels = array.header.isText() ? labelsFromTexts(array.texts, table, where)
                                         : checkedLabels(array.values.flatten(), table, where);
    table.labelSource = "array '" + labels + "'";
    return table;
}

} // namespace assay::models
