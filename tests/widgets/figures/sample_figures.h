#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"

#include <memory>
#include <vector>

namespace assay::test {

/// Figures as studies make them: one for each kind of layer, with samples behind their marks.
protocol::Figure stackedBars(std::size_t groups = 7);
protocol::Figure groupedBars();
protocol::Figure lines();
protocol::Figure points();
protocol::Figure cells();
protocol::Figure divergingCells();
protocol::Figure picture();
protocol::Figure boxes();
std::vector<protocol::Figure> allFigures();

protocol::Table pairsTable();

inline std::shared_ptr<const protocol::Figure> shared(protocol::Figure figure)
{
    return std::make_shared<const protocol::Figure>(std::move(figure));
}

} // namespace assay::test
