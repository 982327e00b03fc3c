#pragma once

#include "backend/protocol/params.h"

#include <string>

namespace assay::inspection {

/// Parameters of `models.difference`.
struct DifferenceParams
{
    protocol::ModelRef before = {"fashion-cnn-early"};
    protocol::ModelRef after = {"fashion-cnn"};
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 1000;
    double tolerance = 0;
    std::string layer;
    int unit = -1;
};

template <class V>
void visit(V& v, DifferenceParams& p)
{
    v.field("before", p.before)
        .label("Before")
        .group("Models")
        .help("The model that changes are counted from.");
    v.field("after", p.after)
        .label("After")
        .group("Models")
        .help("A model of the same architecture: edited, pruned, trained on, or trained anew.");
    v.field("dataset", p.dataset).label("Images").group("Images").help("The test split is shown to both.");
    v.field("count", p.count)
        .label("Test images")
        .unit("images")
        .range(10, 20000)
        .group("Images")
        .help("Drawn from the test split with the seed, for predictions and activations.");
    v.field("tolerance", p.tolerance)
        .label("Counts as unchanged")
        .range(0, 1)
        .advanced()
        .group("Models")
        .help("A unit whose weights moved by no more than this part of their norm is not listed as changed.");
    v.field("layer", p.layer)
        .label("Shown layer")
        .live()
        .group("View")
        .help("Its units are shown one by one; empty: the one whose weights changed most.");
    v.field("unit", p.unit)
        .label("Shown unit")
        .range(-1, 65535)
        .live()
        .group("View")
        .help("The filter, or row of a layer, whose weights are shown; -1: the most changed one.");
}

} // namespace assay::inspection
