#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"

#include <map>
#include <string>
#include <vector>

namespace assay::widgets {

/// The live parameters that a click on a mark sets: what the figure says of all its marks, and the categories
/// or values of the mark on axes that set one. An empty object when the figure sets nothing.
Json pickedParams(const protocol::Figure& figure, int layer, int mark);

/// The names that such clicks can set live parameters to: of axes with categories, by parameter.
std::map<std::string, std::vector<Json>> pickableNames(const protocol::Figure& figure);

/// The numbers that clicks on lines, bars and points can set live parameters to, ascending, by parameter.
std::map<std::string, std::vector<double>> pickableNumbers(const protocol::Figure& figure);

} // namespace assay::widgets
