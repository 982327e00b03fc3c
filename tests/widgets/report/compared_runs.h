#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"
#include "backend/protocol/table.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::widgets {
class RunRecord;
}

namespace assay::test {

/// A finished run of a made-up study.
std::shared_ptr<widgets::RunRecord> comparedRun(const std::string& id, const Json& params,
                                                const std::vector<protocol::Metric>& metrics = {},
                                                const std::vector<protocol::Figure>& figures = {},
                                                const std::string& datasetHash = "d1");

/// A share of images with its count, as studies give them.
protocol::Metric shareOf(const std::string& name, double count, double denominator,
                         const std::string& rateOf = "test images");

/// Bars over named places: one layer, y as given, samples 10 * mark.
protocol::Figure namedBars(const std::vector<std::string>& names, const std::vector<double>& y);
/// A named confusion matrix.
protocol::Figure namedCells(const std::vector<std::string>& names, const std::vector<double>& z);
/// Two lines over numbers, and the line of chance.
protocol::Figure twoLines(double lift);

} // namespace assay::test
