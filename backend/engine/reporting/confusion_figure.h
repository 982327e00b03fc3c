#pragma once

#include "backend/protocol/figure.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::reporting {

/// Cells of a class confusion with the ids of the images in each. Rows go up the y axis.
/// @param rows,columns int64 [n] on the CPU, 0 .. classes-1. @param ids int64 [n] in the same order.
protocol::Layer confusionCells(const torch::Tensor& rows, const torch::Tensor& columns,
                               const torch::Tensor& ids, std::int64_t classes);

/// What a confusion's texts are.
struct ConfusionTexts
{
    std::string name;
    std::string title;
    std::string section;
    std::string rowLabel;
    std::string columnLabel;
    std::string caption;
};

/// Images per pair of classes. The colours begin at 0; set Figure::colour.high to compare several.
protocol::Figure confusionFigure(ConfusionTexts texts, const std::vector<std::string>& classes,
                                 protocol::Layer cells);

/// Gives all of them the scale of the one with the fullest cell.
void shareColourScale(std::vector<protocol::Figure>& confusions);

} // namespace assay::reporting
