#pragma once

#include "backend/models/detection/candidates.h"
#include "backend/models/model.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::models {

/// How a detector's answer is laid out. K is the number of the card's classes, N that of the images, A that
/// of the candidates.
enum class LayoutForm {
    /// [N,5K,h,w], one cell for every `stride` pixels. Class k has the channels 5k .. 5k+4: the logit of an
    /// object of that class, dx, dy, log(width / unit), log(height / unit). The box's centre is
    /// ((column + 0.5 + dx) * stride, (row + 0.5 + dy) * stride) pixels. A = K*h*w, class by class and row by
    /// row; a candidate of class k has score 0 for the others.
    Grid,
    YoloV5, ///< [N,A,5+K]: centre x, centre y, width, height, objectness, classes
    YoloV8, ///< [N,4+K,A]: centre x, centre y, width, height, classes
    Boxes,  ///< [N,A,4+K]: left, top, right, bottom, classes
    /// [N,K+S(+2),h,w]: heat map, size, offset of the centre in cells where there is one. S = 2: width and
    /// height about the cell's upper left corner; S = 4: distances from there to left, top, right and bottom.
    /// A = h*w.
    CenterNet,
};

/// What a model's card says in `output`:
///   {"layout": "grid", "stride": 8, "unit": 16}
///   {"layout": "yolov5"}, {"layout": "yolov8"}, {"layout": "boxes"}
///   {"layout": "centernet", "heat": NAME, "size": NAME, "offset": NAME, "stride": 4, "unit": 1,
///    "distances": true}, the last one for S = 4
/// Optional in all: "logits": true where no sigmoid has been taken of scores (of the grid it never has). In
/// the three in the middle: "fractions": true where coordinates are fractions of the image's width and height
/// instead of pixels. "output": NAME where a graph has several outputs; or "boxes": NAME and "scores": NAME
/// of a graph that gives [N,A,4] and [N,A,K] apart, in layout boxes. "offset" may be left out.
struct OutputLayout
{
    LayoutForm form = LayoutForm::Boxes;
    std::int64_t stride = 8; ///< pixels from cell to cell
    double unit = 1;         ///< pixels that a size of 1 stands for (grid: of exp(0))
    bool fractions = false;
    bool logits = false;
    /// Names of the graph's outputs that are joined to the answer, in the order described above; empty: its
    /// only output.
    std::vector<std::string> outputs;
    bool hasOffset = false;        ///< of CenterNet, as is the next
    std::int64_t sizeChannels = 2; ///< S
    bool operator==(const OutputLayout&) const = default;
};

/// The layouts' names in cards: "grid", "yolov5", "yolov8", "boxes", "centernet".
const std::vector<std::string>& layoutNames();
std::string_view layoutName(LayoutForm form);
/// For people: "Boxes as YOLOv5 gives them".
std::string layoutTitle(const std::string& name);

/// @throws Error naming @p where (the card) and what is missing, unknown or of a wrong type.
OutputLayout parseOutputLayout(const Json& output, const std::string& where);

/// The layout of a detector's card. @throws Error also when it has no classes.
OutputLayout readOutputLayout(const ModelCard& card);

/// K by the shape of @p raw. @throws Error naming @p where when the shape is none of the layout's.
std::int64_t layoutClasses(const torch::Tensor& raw, const OutputLayout& layout, const std::string& where);

/// The answer of a network that gives it in several @p parts, those that `outputs` names, in order.
/// @throws Error naming @p where when they do not fit together.
torch::Tensor joinedAnswer(const std::vector<torch::Tensor>& parts, const OutputLayout& layout,
                           const std::string& where);

/// Reads @p raw, what the network gave for images of @p height x @p width pixels; differentiable.
/// @throws Error naming the card, the shape it has and the one that the layout asks for.
Candidates decoded(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card,
                   std::int64_t height, std::int64_t width);

} // namespace assay::models
