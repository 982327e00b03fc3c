#include "backend/engine/reporting/confusion_figure.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace assay::reporting {

protocol::Layer confusionCells(const torch::Tensor& rows, const torch::Tensor& columns,
                               const torch::Tensor& ids, std::int64_t classes)
{
    protocol::Layer layer;
    layer.kind = protocol::LayerKind::Cells;
    layer.rows = layer.columns = static_cast<std::uint32_t>(classes);
    layer.colourMap = "sequential";
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(classes * classes));
    const torch::Tensor of[] = {rows.contiguous(), columns.contiguous(), ids.contiguous()};
    const auto* row = of[0].data_ptr<std::int64_t>();
    const auto* column = of[1].data_ptr<std::int64_t>();
    const auto* id = of[2].data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < rows.numel(); ++i)
        members[static_cast<std::size_t>(row[i] * classes + column[i])].push_back(id[i]);
    for (const auto& cell : members) {
        layer.z.push_back(static_cast<double>(cell.size()));
        layer.count.push_back(static_cast<double>(cell.size()));
        layer.samples.add(cell);
    }
    return layer;
}

protocol::Figure confusionFigure(ConfusionTexts texts, const std::vector<std::string>& classes,
                                 protocol::Layer cells)
{
    protocol::Figure f{.name = std::move(texts.name),
                       .title = std::move(texts.title),
                       .caption = std::move(texts.caption),
                       .section = std::move(texts.section)};
    f.x = {
        .label = std::move(texts.columnLabel), .scale = protocol::AxisScale::Category, .categories = classes};
    f.y = {.label = std::move(texts.rowLabel), .scale = protocol::AxisScale::Category, .categories = classes};
    f.colour = {.label = "Images", .low = 0};
    f.layers.push_back(std::move(cells));
    f.aspect = 1.1;
    return f;
}

void shareColourScale(std::vector<protocol::Figure>& confusions)
{
    double fullest = 1;
    for (const protocol::Figure& figure : confusions)
        for (const protocol::Layer& layer : figure.layers)
            for (const double z : layer.z)
                fullest = std::max(fullest, z);
    for (protocol::Figure& figure : confusions)
        figure.colour.high = fullest;
}

} // namespace assay::reporting
