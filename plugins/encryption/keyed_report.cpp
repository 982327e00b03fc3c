#include "plugins/encryption/keyed_report.h"

#include "backend/engine/reporting/table_rows.h"

#include <torch/types.h>

namespace assay::encryption {

using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

metrics::Rate keyedRate(const torch::Tensor& right)
{
    return metrics::wilson(right.sum().item<std::int64_t>(), right.numel());
}

protocol::Table accuracyTable(std::string caption, std::string section)
{
    protocol::Table t{.name = "accuracy",
                      .title = "Accuracy with and without the key",
                      .caption = std::move(caption),
                      .section = std::move(section)};
    t.columns = {textColumn("model", "Model"),
                 textColumn("key", "Asked with key"),
                 textColumn("attack", "Attack"),
                 numberColumn("n", "Images", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),
                 numberColumn("high", "high", 3)};
    return t;
}

void addAccuracy(protocol::Table& table, const std::string& model, const std::string& key,
                 const std::string& attack, const metrics::Rate& rate)
{
    TableRow(table) << model << key << attack << static_cast<double>(rate.n) << rate;
}

protocol::Table claimsTable(const std::vector<KeyedClaim>& claims, std::string caption)
{
    protocol::Table t{.name = "claims",
                      .title = "What the method promises, and what was found",
                      .caption = std::move(caption),
                      .section = "Claims"};
    t.columns = {textColumn("claim", "Claim"), textColumn("found", "Found here"),
                 textColumn("holds", "Holds")};
    for (const KeyedClaim& c : claims)
        TableRow(t) << c.claim << c.found << std::string(c.holds ? "yes" : "no");
    return t;
}

} // namespace assay::encryption
