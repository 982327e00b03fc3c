#include "backend/engine/reporting/rate_marks.h"
#include "plugins/transfer/class_aware_figures.h"

#include <torch/types.h>

#include <cmath>
#include <numbers>

namespace assay::transfer {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr int kCirclePoints = 96;

Layer classCells(const torch::Tensor& classes, double half)
{
    Layer layer;
    layer.kind = LayerKind::Cells;
    layer.name = "class";
    layer.rows = static_cast<std::uint32_t>(classes.size(0));
    layer.columns = static_cast<std::uint32_t>(classes.size(1));
    layer.colourMap = "categories";
    const torch::Tensor flat = classes.contiguous().to(torch::kFloat64);
    layer.z.assign(flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel());
    const std::int64_t side = classes.size(0);
    for (std::int64_t i = 0; i < side; ++i) {
        const double at = -half + 2 * half * static_cast<double>(i) / static_cast<double>(side - 1);
        layer.x.push_back(at);
        layer.y.push_back(at);
    }
    return layer;
}

/// Where an L2 ball of that radius cuts the plane.
Layer circle(double radius)
{
    Layer layer;
    layer.kind = LayerKind::Line;
    layer.name = "ε = " + reporting::shortText(radius);
    layer.role = "ink";
    for (int i = 0; i <= kCirclePoints; ++i) {
        const double angle = 2 * std::numbers::pi * i / kCirclePoints;
        layer.x.push_back(radius * std::cos(angle));
        layer.y.push_back(radius * std::sin(angle));
    }
    return layer;
}

Layer point(const std::string& name, double x, double y, const char* role, std::int64_t id)
{
    Layer layer;
    layer.kind = LayerKind::Points;
    layer.name = name;
    layer.role = role;
    layer.x = {x};
    layer.y = {y};
    layer.samples.add({id});
    return layer;
}

} // namespace

torch::Tensor poolImage(const ClassAwareResults& r, std::int64_t position, torch::Device device)
{
    return r.clean.narrow(0, position, 1).to(device).to(torch::kFloat32).div(255);
}

Figure decisionMapFigure(const ClassAwareResults& r, const View& view, const MappedImage& image,
                         bool ofSource)
{
    const std::string &source = r.sources[view.source], &target = r.targets[view.target];
    const std::int64_t id = r.ids[image.position].item<std::int64_t>();
    const std::string number = std::to_string(id);
    Figure f{.name = ofSource ? "source-decision-map" : "target-decision-map",
             .title = "Around test image " + number + ", seen by " + (ofSource ? source : target),
             .section = "Decision map"};
    f.caption = "Predicted class on the plane through image " + number + " (" +
                r.classes[static_cast<std::size_t>(r.y[image.position].item<std::int64_t>())] +
                ") that the loss gradients of " + source + " (horizontal) and of " + target +
                " (vertical, its part at a right angle) span; their cosine is " +
                reporting::shortText(image.map.cosine) +
                ". Points outside [0,1] are not clipped. The adversarial image lies " +
                reporting::shortText(image.adversarial.away) +
                " away from the plane and is shown at its shadow.";
    if (image.map.degenerate)
        f.caption += " A gradient vanished or both are parallel: an axis is a fixed direction instead.";
    f.x = {.label = "Along the gradient of " + source,
           .unit = "L2",
           .low = -image.spec.half,
           .high = image.spec.half};
    f.y = {.label = "Towards the gradient of " + target,
           .unit = "L2",
           .low = -image.spec.half,
           .high = image.spec.half};
    f.colour = {.label = "Predicted class", .scale = AxisScale::Category, .categories = r.classes};
    f.aspect = 1.3;
    f.layers.push_back(classCells(ofSource ? image.map.first : image.map.second, image.spec.half));
    if (r.norm == "l2")
        f.layers.push_back(circle(r.eps[view.eps]));
    f.layers.push_back(point("image", 0, 0, "ink", id));
    f.layers.push_back(point("adversarial image", image.adversarial.a, image.adversarial.b, "accent", id));
    return f;
}

} // namespace assay::transfer
