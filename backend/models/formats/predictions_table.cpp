#include "backend/models/formats/predictions_table.h"

#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

std::string PredictionsTable::rowName(std::int64_t row) const
{
    return lines.empty() ? "row " + std::to_string(row)
                         : "line " + std::to_string(lines[static_cast<std::size_t>(row)]);
}

torch::Tensor checkedLabels(const torch::Tensor& numbers, const PredictionsTable& table,
                            const std::string& where)
{
    const std::int64_t classes = table.values.size(1);
    if (numbers.size(0) != table.values.size(0))
        throw Error("holds " + std::to_string(numbers.size(0)) + " labels for " +
                        std::to_string(table.values.size(0)) + " rows of answers",
                    where, "Save both from the same samples.");
    const torch::Tensor plain = numbers.to(torch::kFloat64).contiguous();
    const double* value = plain.data_ptr<double>();
    for (std::int64_t i = 0; i < plain.size(0); ++i) {
        const bool isClass =
            value[i] >= 0 && value[i] < static_cast<double>(classes) && value[i] == std::floor(value[i]);
        if (!isClass)
            throw Error(table.rowName(i) + " has the label " + protocol::csvNumber(value[i]) +
                            "; classes are numbered 0 to " + std::to_string(classes - 1),
                        where, "Check that labels and answers belong together.");
    }
    return plain.to(torch::kInt64);
}

torch::Tensor labelsFromTexts(const std::vector<std::string>& texts, const PredictionsTable& table,
                              const std::string& where)
{
    std::vector<double> numbers;
    for (const std::string& text : texts) {
        const auto it = std::ranges::find(table.classes, text);
        if (it == table.classes.end())
            throw Error(table.rowName(static_cast<std::int64_t>(numbers.size())) + " has the label '" +
                            text.substr(0, 80) + "', which is none of the classes",
                        where, "Name the columns of answers after the classes, or number the labels.");
        numbers.push_back(static_cast<double>(it - table.classes.begin()));
    }
    return checkedLabels(torch::tensor(numbers, torch::kFloat64), table, where);
}

} // namespace assay::models
