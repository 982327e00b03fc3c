#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "backend/protocol/table.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// How many of the images are right. @param right bool [n] on the CPU.
metrics::Rate keyedRate(const torch::Tensor& right);

/// A table with the columns that both studies of keyed models promise: model, key (right, wrong, none),
/// attack, n, accuracy, low, high.
protocol::Table accuracyTable(std::string caption, std::string section);
void addAccuracy(protocol::Table& table, const std::string& model, const std::string& key,
                 const std::string& attack, const metrics::Rate& rate);

/// A claim of a specification, as a run found it.
struct KeyedClaim
{
    std::string claim;
    std::string found;
    bool holds = false;
};
/// Table `claims`: claim, found, holds (yes, no).
protocol::Table claimsTable(const std::vector<KeyedClaim>& claims, std::string caption);

} // namespace assay::encryption
