#pragma once

namespace assay::reporting {

// What the parameters of studies that show a detector's boxes on one of their images have in common.

/// @tparam P has `sample` (int) and `score` (double), both live.
template <class V, class P>
void visitShownBoxes(V& v, P& p)
{
    v.field("sample", p.sample)
        .label("Test image")
        .live()
        .range(-1, 1e9)
        .group("View")
        .help("One of the images kept by the run; another number shows the first of them.");
    v.field("score", p.score)
        .label("Boxes from a score of")
        .live()
        .range(0, 1)
        .step(0.01)
        .group("View")
        .help("Less sure boxes are not drawn.");
}

} // namespace assay::reporting
