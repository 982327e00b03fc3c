#include "backend/models/detection/output_layout.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace assay::models {

namespace {

constexpr std::int64_t kMostStride = 4096;
constexpr double kMostLogSize = 10; ///< e^10 units: wider than any image; keeps exp() finite

const std::string kMend = "Import the file again and say how its answer is laid out.";

using Names = std::vector<std::pair<std::string, LayoutForm>>;

const Names& namedForms()
{
    static const Names names = {{"grid", LayoutForm::Grid},
                                {"yolov5", LayoutForm::YoloV5},
                                {"yolov8", LayoutForm::YoloV8},
                                {"boxes", LayoutForm::Boxes},
                                {"centernet", LayoutForm::CenterNet}};
    return names;
}

LayoutForm formNamed(const std::string& name, const std::string& where)
{
    for (const auto& [known, form] : namedForms()) {
        if (known == name)
            return form;
    }
    std::string all;
    for (const std::string& known : layoutNames())
        all += (all.empty() ? "" : ", ") + known;
    throw Error(name.empty() ? "is a detector whose card does not say how its answer is laid out"
                             : "its answer is said to be laid out as '" + name.substr(0, 80) +
                                   "', which is no known layout",
                where, "Known layouts: " + all + ".");
}

std::int64_t strideOf(const protocol::JsonFields& fields, const std::string& where)
{
    const std::int64_t stride = fields.count("stride");
    if (stride < 1 || stride > kMostStride)
        throw Error("the layout's 'stride' is " + std::to_string(stride) + "; it must be 1 to " +
                        std::to_string(kMostStride) + " pixels",
                    where, kMend);
    return stride;
}

std::vector<std::string> namesOf(const protocol::JsonFields& fields, LayoutForm form)
{
    std::vector<const char*> keys = {"output"};
    if (form == LayoutForm::CenterNet)
        keys = {"heat", "size", "offset"};
    else if (form == LayoutForm::Boxes && fields.text("output", false).empty())
        keys = {"boxes", "scores"};
    std::vector<std::string> names;
    for (const char* key : keys) {
        if (const std::string name = fields.text(key, false); !name.empty())
            names.push_back(name);
    }
    return names;
}

std::string sizesText(const torch::Tensor& tensor)
{
    std::string text;
    for (const std::int64_t size : tensor.sizes())
        text += (text.empty() ? "" : " x ") + std::to_string(size);
    return text;
}

[[noreturn]] void failShape(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card,
                            const std::string& expected)
{
    throw Error("answers with " + sizesText(raw) + " numbers, but the layout '" +
                    std::string(layoutName(layout.form)) + "' with " + std::to_string(card.classes.size()) +
                    " classes is " + expected,
                card.name, kMend);
}

torch::Tensor asScores(const torch::Tensor& values, const OutputLayout& layout)
{
    return layout.logits ? values.sigmoid() : values;
}

/// Left, top, right and bottom along the last axis, of centre x, centre y, width and height.
torch::Tensor cornersOf(const torch::Tensor& centres)
{
    const torch::Tensor centre = centres.narrow(-1, 0, 2);
    const torch::Tensor half = centres.narrow(-1, 2, 2) / 2;
    return torch::cat({centre - half, centre + half}, -1);
}

torch::Tensor inPixels(const torch::Tensor& boxes, const OutputLayout& layout, std::int64_t height,
                       std::int64_t width)
{
    if (!layout.fractions)
        return boxes;
    const auto w = static_cast<float>(width);
    const auto h = static_cast<float>(height);
    return boxes * torch::tensor({w, h, w, h}, boxes.options());
}

/// The places of the cells in cells, [2,h,w]: column, row.
torch::Tensor cellPlaces(const torch::Tensor& raw)
{
    const auto rows = torch::arange(raw.size(2), raw.options()).view({-1, 1});
    const auto columns = torch::arange(raw.size(3), raw.options()).view({1, -1});
    return torch::stack(
        {columns.expand({raw.size(2), raw.size(3)}), rows.expand({raw.size(2), raw.size(3)})});
}

Candidates decodedGrid(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card)
{
    const auto classes = static_cast<std::int64_t>(card.classes.size());
    if (raw.dim() != 4 || raw.size(1) != 5 * classes)
        failShape(raw, layout, card, "images x " + std::to_string(5 * classes) + " x rows x columns");
    const std::int64_t images = raw.size(0);
    const std::int64_t cells = raw.size(2) * raw.size(3);
    const torch::Tensor heads = raw.reshape({images, classes, 5, raw.size(2), raw.size(3)});
    const torch::Tensor centre =
        (heads.narrow(2, 1, 2) + (cellPlaces(raw) + 0.5)) * static_cast<double>(layout.stride);
    const torch::Tensor half =
        heads.narrow(2, 3, 2).clamp(-kMostLogSize, kMostLogSize).exp() * (layout.unit / 2);
    const torch::Tensor boxes = torch::cat({centre - half, centre + half}, 2); // [N,K,4,h,w]
    const torch::Tensor sure = heads.select(2, 0).sigmoid().reshape({images, classes, cells});
    Candidates found;
    found.boxes = boxes.permute({0, 1, 3, 4, 2}).reshape({images, classes * cells, 4});
    found.scores = torch::diag_embed(sure.transpose(1, 2), 0, 1, 3)
                       .reshape({images, classes * cells, classes}); // [N,K,cells,K]
    found.objectness = sure.reshape({images, classes * cells});
    return found;
}

Candidates decodedRows(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card,
                       std::int64_t height, std::int64_t width)
{
    const auto classes = static_cast<std::int64_t>(card.classes.size());
    const bool turned = layout.form == LayoutForm::YoloV8;
    const std::int64_t before = layout.form == LayoutForm::YoloV5 ? 5 : 4;
    const std::string numbers = std::to_string(before + classes);
    if (raw.dim() != 3 || raw.size(turned ? 1 : 2) != before + classes)
        failShape(raw, layout, card,
                  turned ? "images x " + numbers + " x candidates" : "images x candidates x " + numbers);
    const torch::Tensor rows = turned ? raw.transpose(1, 2) : raw;
    const torch::Tensor places = rows.narrow(2, 0, 4);
    Candidates found;
    found.boxes =
        inPixels(layout.form == LayoutForm::Boxes ? places : cornersOf(places), layout, height, width);
    found.scores = asScores(rows.narrow(2, before, classes), layout);
    if (before == 5) {
        found.objectness = asScores(rows.select(2, 4), layout);
        found.scores = found.scores * found.objectness.unsqueeze(2);
    }
    return found;
}

/// Objects as points (Zhou et al. 2019), with boxes by the distances to the four sides where size has four
/// channels (Training-Time-Friendly Network, Liu et al. 2019). A peak is a cell not below its eight
/// neighbours.
Candidates decodedHeat(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card)
{
    const auto classes = static_cast<std::int64_t>(card.classes.size());
    const std::int64_t more = layout.hasOffset ? 2 : 0;
    const std::int64_t sizes = layout.sizeChannels;
    if (raw.dim() != 4 || raw.size(1) != classes + sizes + more)
        failShape(raw, layout, card,
                  "images x " + std::to_string(classes + sizes + more) + " x rows x columns");
    const torch::Tensor heat = asScores(raw.narrow(1, 0, classes), layout);
    const torch::Tensor size = raw.narrow(1, classes, sizes) * layout.unit;
    torch::Tensor place = cellPlaces(raw).unsqueeze(0);
    if (layout.hasOffset)
        place = place + raw.narrow(1, classes + sizes, 2);
    place = place * static_cast<double>(layout.stride);
    const torch::Tensor before = sizes == 4 ? size.narrow(1, 0, 2) : size / 2;
    const torch::Tensor after = sizes == 4 ? size.narrow(1, 2, 2) : size / 2;
    const torch::Tensor boxes = torch::cat({place - before, place + after}, 1);
    const torch::Tensor peak = heat.detach().eq(torch::max_pool2d(heat.detach(), 3, 1, 1));
    const auto byCell = [](const torch::Tensor& map) { return map.flatten(2).transpose(1, 2); };
    return {.boxes = byCell(boxes), .scores = byCell(heat), .objectness = {}, .reported = byCell(peak)};
}

} // namespace

const std::vector<std::string>& layoutNames()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, form] : namedForms())
            all.push_back(name);
        return all;
    }();
    return names;
}

std::string_view layoutName(LayoutForm form)
{
    return std::ranges::find(namedForms(), form, &Names::value_type::second)->first;
}

std::string layoutTitle(const std::string& name)
{
    switch (formNamed(name, {})) {
    case LayoutForm::Grid:
        return "Boxes by a grid, a head for each class";
    case LayoutForm::YoloV5:
        return "Boxes as YOLOv5 gives them";
    case LayoutForm::YoloV8:
        return "Boxes as YOLOv8 gives them";
    case LayoutForm::Boxes:
        return "Boxes by their corners";
    case LayoutForm::CenterNet:
        return "Boxes by centres (CenterNet)";
    }
    return name;
}

OutputLayout parseOutputLayout(const Json& output, const std::string& where)
{
    const protocol::JsonFields fields(output, where, "the card's 'output'");
    OutputLayout layout;
    layout.form = formNamed(fields.text("layout", false), where);
    if (layout.form == LayoutForm::Grid || layout.form == LayoutForm::CenterNet) {
        layout.stride = strideOf(fields, where);
        layout.unit = fields.positive("unit", 1);
    } else {
        layout.fractions = fields.flag("fractions");
    }
    layout.logits = fields.flag("logits");
    layout.outputs = namesOf(fields, layout.form);
    layout.sizeChannels = fields.flag("distances") ? 4 : 2;
    layout.hasOffset = layout.form == LayoutForm::CenterNet && !fields.text("offset", false).empty();
    // A pair is named as a whole or not at all.
    const bool isHeat = layout.form == LayoutForm::CenterNet;
    const bool first = !fields.text(isHeat ? "heat" : "boxes", false).empty();
    const bool second = !fields.text(isHeat ? "size" : "scores", false).empty();
    if (first != second || (layout.hasOffset && !first))
        throw Error(std::string("the layout must name both '") + (isHeat ? "heat" : "boxes") + "' and '" +
                        (isHeat ? "size" : "scores") + "', or neither",
                    where, kMend);
    return layout;
}

OutputLayout readOutputLayout(const ModelCard& card)
{
    const OutputLayout layout = parseOutputLayout(card.output, card.name);
    if (card.classes.empty())
        throw Error("is a detector without classes", card.name, "Import the file again with their names.");
    return layout;
}

std::int64_t layoutClasses(const torch::Tensor& raw, const OutputLayout& layout, const std::string& where)
{
    std::int64_t classes = 0;
    const bool isMap = layout.form == LayoutForm::Grid || layout.form == LayoutForm::CenterNet;
    const bool fits = raw.dim() == (isMap ? 4 : 3);
    switch (layout.form) {
    case LayoutForm::Grid:
        classes = fits && raw.size(1) % 5 == 0 ? raw.size(1) / 5 : 0;
        break;
    case LayoutForm::CenterNet:
        classes = fits ? raw.size(1) - layout.sizeChannels - (layout.hasOffset ? 2 : 0) : 0;
        break;
    case LayoutForm::YoloV5:
        classes = fits ? raw.size(2) - 5 : 0;
        break;
    case LayoutForm::YoloV8:
        classes = fits ? raw.size(1) - 4 : 0;
        break;
    case LayoutForm::Boxes:
        classes = fits ? raw.size(2) - 4 : 0;
        break;
    }
    if (classes < 1)
        throw Error("answers with " + sizesText(raw) + " numbers, which is not the layout '" +
                        std::string(layoutName(layout.form)) + "'",
                    where, kMend);
    return classes;
}

torch::Tensor joinedAnswer(const std::vector<torch::Tensor>& parts, const OutputLayout& layout,
                           const std::string& where)
{
    if (parts.size() == 1)
        return parts.front();
    const bool isMap = layout.form == LayoutForm::CenterNet;
    const std::int64_t axis = isMap ? 1 : 2;
    for (const torch::Tensor& part : parts) {
        bool fits = part.dim() == (isMap ? 4 : 3) && part.dim() == parts.front().dim();
        for (std::int64_t d = 0; fits && d < part.dim(); ++d)
            fits = d == axis || part.size(d) == parts.front().size(d);
        if (!fits)
            throw Error("its outputs of " + sizesText(parts.front()) + " and " + sizesText(part) +
                            " numbers do not belong together",
                        where, kMend);
    }
    return torch::cat(parts, axis);
}

Candidates decoded(const torch::Tensor& raw, const OutputLayout& layout, const ModelCard& card,
                   std::int64_t height, std::int64_t width)
{
    switch (layout.form) {
    case LayoutForm::Grid:
        return decodedGrid(raw, layout, card);
    case LayoutForm::CenterNet:
        return decodedHeat(raw, layout, card);
    case LayoutForm::YoloV5:
    case LayoutForm::YoloV8:
    case LayoutForm::Boxes:
        break;
    }
    return decodedRows(raw, layout, card, height, width);
}

} // namespace assay::models
