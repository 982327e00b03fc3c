#include "backend/arrays/csv_reader.h"
#include "backend/arrays/csv_table.h"
#include "backend/arrays/mapped_file.h"
#include "backend/models/formats/predictions_table.h"
#include "backend/protocol/error.h"
#include "backend/protocol/text.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace assay::models {

namespace {

namespace fs = std::filesystem;
using arrays::CsvColumn;
using arrays::CsvTable;

constexpr std::array<const char*, 11> kLabelColumns = {"label",  "labels",  "y",           "y_true",
                                                       "target", "targets", "true_label",  "truth",
                                                       "class",  "true",    "ground_truth"};
/// Numbers or texts that name a sample or repeat what the answers say already.
constexpr std::array<const char*, 16> kOther = {
    "",           "id",   "ids",        "index",     "idx",    "sample",  "row",        "name",
    "unnamed: 0", "pred", "prediction", "predicted", "y_pred", "correct", "confidence", "split"};
constexpr std::array<const char*, 7> kPaths = {"path",  "file", "filename", "file_name",
                                               "image", "img",  "filepath"};
constexpr std::array<const char*, 9> kPrefixes = {"logits", "logit",  "probabilities", "probability", "probs",
                                                  "prob",   "scores", "score",         "p_"};
constexpr std::size_t kHeadBytes = 64 * 1024;
constexpr std::size_t kMaxCells = std::size_t(1) << 26; // 1000 classes of 67000 samples

bool isOneOf(const auto& names, const std::string& name)
{
    return std::ranges::find(names, name) != names.end();
}

/// What is left of "prob_cat" without its prefix; nullopt without one.
std::optional<std::string> classIn(const std::string& column)
{
    const std::string name = lowered(column);
    for (const std::string_view prefix : kPrefixes) {
        if (!name.starts_with(prefix))
            continue;
        std::string rest = column.substr(prefix.size());
        const bool isApart = prefix.back() == '_' || rest.empty() || rest.front() == '_' ||
                             rest.front() == ' ' || rest.front() == '-' ||
                             std::isdigit(static_cast<unsigned char>(rest.front()));
        if (!isApart) // "problem" is a word of its own
            continue;
        while (!rest.empty() && (rest.front() == '_' || rest.front() == ' ' || rest.front() == '-'))
            rest.erase(0, 1);
        if (!rest.empty())
            return rest;
    }
    return std::nullopt;
}

/// What each column is for.
struct Roles
{
    std::vector<std::size_t> answers;
    std::optional<std::size_t> label;
    std::vector<std::string> left; ///< names of columns that are not used
};

bool isWhole(const CsvColumn& column)
{
    return std::ranges::all_of(column.numbers,
                               [](double value) { return value >= 0 && value == std::floor(value); });
}

bool isCount(const CsvColumn& column)
{
    for (std::size_t i = 0; i < column.numbers.size(); ++i) {
        if (column.numbers[i] != static_cast<double>(i) && column.numbers[i] != static_cast<double>(i + 1))
            return false;
    }
    return true;
}

Roles rolesByName(const CsvTable& table, const std::string& label)
{
    Roles roles;
    const bool prefixed = std::ranges::count_if(table.columns, [](const CsvColumn& column) {
                              return !column.isText && classIn(column.name);
                          }) >= 2;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const CsvColumn& column = table.columns[i];
        const std::string name = lowered(column.name);
        const bool isLabel = label.empty() ? isOneOf(kLabelColumns, name) : column.name == label;
        if (isLabel && !roles.label)
            roles.label = i;
        else if (!column.isText && (prefixed ? classIn(column.name).has_value()
                                             : !isOneOf(kOther, name) && !isOneOf(kPaths, name)))
            roles.answers.push_back(i);
        else
            roles.left.push_back(column.name);
    }
    return roles;
}

/// Without names, one column of whole numbers among real ones at either end is the label, or counts the rows.
Roles rolesByValue(const CsvTable& table)
{
    Roles roles;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].isText)
            roles.left.push_back("column " + std::to_string(i));
        else
            roles.answers.push_back(i);
    }
    if (roles.answers.size() < 3)
        return roles;
    const auto wholes =
        std::ranges::count_if(roles.answers, [&](std::size_t i) { return isWhole(table.columns[i]); });
    const bool first = isWhole(table.columns[roles.answers.front()]);
    const bool last = isWhole(table.columns[roles.answers.back()]);
    if (wholes > 2 || wholes < 1 || wholes != (first ? 1 : 0) + (last ? 1 : 0))
        return roles;
    if (first && isCount(table.columns[roles.answers.front()]) && table.rows > 2) {
        roles.left.push_back("column " + std::to_string(roles.answers.front()));
        roles.answers.erase(roles.answers.begin());
    } else if (first && !last) {
        roles.label = roles.answers.front();
        roles.answers.erase(roles.answers.begin());
    }
    if (last && !roles.label) {
        roles.label = roles.answers.back();
        roles.answers.pop_back();
    }
    return roles;
}

Roles rolesOf(const CsvTable& table, const Json& options)
{
    const auto it = options.find("labels");
    const std::string label = it != options.end() && it->is_string() ? it->get<std::string>() : std::string();
    return table.hasHeader ? rolesByName(table, label) : rolesByValue(table);
}

std::string columnText(const CsvTable& table, std::size_t i)
{
    return table.hasHeader ? "column '" + table.columns[i].name.substr(0, 80) + "'"
                           : "column " + std::to_string(i);
}

void nameClasses(const CsvTable& csv, const Roles& roles, PredictionsTable& table)
{
    if (!csv.hasHeader)
        return;
    for (const std::size_t i : roles.answers)
        table.classes.push_back(classIn(csv.columns[i].name).value_or(csv.columns[i].name));
}

} // namespace

bool csvHoldsPredictions(const fs::path& file)
{
    const arrays::MappedFile mapped(file);
    auto head = mapped.bytes().first(std::min(mapped.bytes().size(), kHeadBytes));
    while (head.size() < mapped.bytes().size() && !head.empty() && head.back() != '\n')
        head = head.first(head.size() - 1); // half a line would count as one of another length
    arrays::CsvReader reader(head, mapped.name());
    std::vector<std::string> first;
    std::vector<std::string> second;
    if (!reader.next(first))
        return false;
    std::size_t named = 0;
    bool hasPaths = false;
    for (const std::string& name : first) {
        named += classIn(name) ? 1 : 0;
        hasPaths = hasPaths || isOneOf(kPaths, lowered(name));
    }
    if (named >= 2)
        return true;
    if (hasPaths || !reader.next(second) || second.size() != first.size())
        return false;
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < second.size(); ++i) {
        const std::string name = lowered(first[i]);
        const bool isOther = isOneOf(kOther, name) || isOneOf(kLabelColumns, name);
        numbers += !isOther && arrays::csvValue(second[i]) ? 1 : 0;
        // Pictures named in a file without a header are a manifest.
        const std::string ending = lowered(fs::path(second[i]).extension().string());
        if (ending == ".png" || ending == ".jpg" || ending == ".jpeg")
            return false;
    }
    return numbers >= 2;
}

PredictionsTable readPredictionsCsv(const fs::path& file, const Json& options)
{
    const CsvTable csv = arrays::readCsv(file, {}, {.cells = kMaxCells});
    const Roles roles = rolesOf(csv, options);
    if (roles.answers.size() < 2)
        throw Error("has " + std::to_string(roles.answers.size()) +
                        " columns of answers; at least 2 are needed, one for each class",
                    file.string(), "Name them logit_CLASS or prob_CLASS.");
    PredictionsTable table;
    table.lines = csv.lines;
    const auto rows = static_cast<std::int64_t>(csv.rows);
    std::vector<torch::Tensor> columns;
    for (const std::size_t i : roles.answers)
        columns.push_back(torch::tensor(csv.columns[i].numbers, torch::kFloat64).view({rows, 1}));
    table.values = torch::cat(columns, 1);
    table.source = columnText(csv, roles.answers.front()) + " to " + columnText(csv, roles.answers.back());
    nameClasses(csv, roles, table);
    for (const std::string& name : roles.left)
        table.notes.push_back("'" + name.substr(0, 80) + "' is not used.");
    table.options["labels"] = roles.label && csv.hasHeader ? csv.columns[*roles.label].name : std::string();
    if (!roles.label)
        return table;
    const CsvColumn& label = csv.columns[*roles.label];
    const std::string where = file.string() + ", " + columnText(csv, *roles.label);
    table.labels = label.isText ? labelsFromTexts(label.texts, table, where)
                                : checkedLabels(torch::tensor(label.numbers, torch::kFloat64), table, where);
    table.labelSource = columnText(csv, *roles.label);
    return table;
}

} // namespace assay::models
