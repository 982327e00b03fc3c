#include "widgets/figures/mark_pick.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace assay::widgets {

namespace {

/// Where a mark lies on an axis; of cells @p index is its column or row.
std::optional<double> valueOn(const std::vector<double>& centres, bool cells, int mark, int index)
{
    const auto at = static_cast<std::size_t>(cells ? index : mark);
    if (at < centres.size())
        return centres[at];
    return cells ? std::optional<double>(index) : std::nullopt;
}

void set(Json& params, const protocol::Axis& axis, const std::optional<double>& value)
{
    if (axis.sets.empty() || !value || !std::isfinite(*value))
        return;
    if (axis.scale != protocol::AxisScale::Category) {
        params[axis.sets] = *value;
        return;
    }
    const auto category = static_cast<std::size_t>(std::max(0L, std::lround(*value)));
    if (category < axis.categories.size())
        params[axis.sets] = axis.categories[category];
}

} // namespace

Json pickedParams(const protocol::Figure& figure, int layer, int mark)
{
    Json params = Json::object();
    if (layer < 0 || static_cast<std::size_t>(layer) >= figure.layers.size() || mark < 0)
        return params;
    if (!figure.sets.empty()) {
        params = Json::parse(figure.sets, nullptr, false);
        if (!params.is_object())
            params = Json::object();
    }
    const protocol::Layer& marks = figure.layers[static_cast<std::size_t>(layer)];
    const bool cells = marks.kind == protocol::LayerKind::Cells && marks.columns > 0;
    const int columns = cells ? static_cast<int>(marks.columns) : 1;
    set(params, figure.x, valueOn(marks.x, cells, mark, mark % columns));
    set(params, figure.y, valueOn(marks.y, cells, mark, mark / columns));
    return params;
}

std::map<std::string, std::vector<Json>> pickableNames(const protocol::Figure& figure)
{
    std::map<std::string, std::vector<Json>> names;
    for (const protocol::Axis* axis : {&figure.x, &figure.y})
        if (!axis->sets.empty() && axis->scale == protocol::AxisScale::Category)
            names[axis->sets].assign(axis->categories.begin(), axis->categories.end());
    return names;
}

std::map<std::string, std::vector<double>> pickableNumbers(const protocol::Figure& figure)
{
    std::map<std::string, std::vector<double>> numbers;
    const auto add = [&](const protocol::Axis& axis, std::vector<double> protocol::Layer::*places) {
        if (axis.sets.empty() || axis.scale == protocol::AxisScale::Category)
            return;
        std::vector<double>& all = numbers[axis.sets];
        for (const protocol::Layer& layer : figure.layers)
            if (layer.kind == protocol::LayerKind::Line || layer.kind == protocol::LayerKind::Bars ||
                layer.kind == protocol::LayerKind::Points)
                std::ranges::copy_if(layer.*places, std::back_inserter(all),
                                     [](double value) { return std::isfinite(value); });
        std::ranges::sort(all);
        const auto repeated = std::ranges::unique(all);
        all.erase(repeated.begin(), repeated.end());
    };
    add(figure.x, &protocol::Layer::x);
    add(figure.y, &protocol::Layer::y);
    return numbers;
}

} // namespace assay::widgets
