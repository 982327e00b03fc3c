#include "backend/models/detection/answer_layout.h"

#include "backend/models/detection/output_layout.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models {

namespace {

constexpr double kMostFraction = 2;       ///< coordinates up to here are taken for fractions of the image
constexpr std::int64_t kLeastColumns = 5; ///< a box and a class

/// Parts of a rank that hold a number for each image.
AnswerParts partsOfRank(const AnswerParts& parts, std::int64_t rank, const AnsweredImages& images)
{
    AnswerParts found;
    std::ranges::copy_if(parts, std::back_inserter(found), [&](const auto& part) {
        return part.second.dim() == rank && part.second.size(0) == images.count &&
               part.second.is_floating_point() && part.second.numel() > 0;
    });
    return found;
}

/// Whether one of the parts is a row of numbers for each image, as classifiers give.
bool hasRows(const AnswerParts& parts, const AnsweredImages& images)
{
    return std::ranges::any_of(parts, [&](const auto& part) {
        torch::Tensor value = part.second;
        while (value.dim() > 2 && value.size(-1) == 1)
            value = value.squeeze(-1);
        return value.dim() == 2 && value.size(0) == images.count && value.is_floating_point();
    });
}

bool within(const torch::Tensor& values, double low, double high)
{
    return values.ge(low).logical_and(values.le(high)).all().item<bool>();
}

/// The candidates of YOLO's three grids of strides 8, 16 and 32, @p each a cell.
std::int64_t cellsOf(const AnsweredImages& images, std::int64_t each)
{
    std::int64_t cells = 0;
    for (const std::int64_t stride : {8, 16, 32})
        cells += each * (images.height / stride) * (images.width / stride);
    return cells;
}

bool contains(const std::string& text, std::initializer_list<const char*> words)
{
    return std::ranges::any_of(words, [&](const char* word) { return text.find(word) != std::string::npos; });
}

/// Notes what the values of rows [N,A,4+..] tell.
void noteValues(Json& output, const torch::Tensor& places, const torch::Tensor& scores)
{
    if (within(places, -kMostFraction, kMostFraction))
        output["fractions"] = true;
    if (!within(scores, 0, 1))
        output["logits"] = true;
}

void noteName(Json& output, const AnswerParts& parts, const std::string& name)
{
    if (parts.size() > 1)
        output["output"] = name;
}

/// The part [N,A,4] and the part [N,A,K] of boxes that are given apart.
struct BoxParts
{
    const std::pair<std::string, torch::Tensor>* boxes = nullptr;
    const std::pair<std::string, torch::Tensor>* scores = nullptr;
};

BoxParts boxParts(const AnswerParts& rows)
{
    BoxParts found;
    if (rows.size() != 2 || rows[0].second.size(1) != rows[1].second.size(1))
        return found;
    const std::size_t boxes = rows[0].second.size(2) == 4 ? 0 : 1;
    if (rows[boxes].second.size(2) != 4)
        return found;
    // With four classes both have four columns, and the shape does not tell.
    if (rows[1 - boxes].second.size(2) == 4)
        return found;
    found.boxes = &rows[boxes];
    found.scores = &rows[1 - boxes];
    return found;
}

bool areCorners(const torch::Tensor& boxes)
{
    return (boxes.narrow(2, 2, 2) - boxes.narrow(2, 0, 2)).ge(-1e-3).all().item<bool>();
}

Json describedRows(const std::string& layout, const AnswerParts& parts, const AnsweredImages& images)
{
    Json output = {{"layout", layout}};
    const AnswerParts rows = partsOfRank(parts, 3, images);
    if (const BoxParts pair = boxParts(rows); layout == "boxes" && pair.boxes) {
        output["boxes"] = pair.boxes->first;
        output["scores"] = pair.scores->first;
        noteValues(output, pair.boxes->second, pair.scores->second);
        return output;
    }
    if (rows.empty())
        return output;
    const torch::Tensor& only = rows.front().second;
    const torch::Tensor table = layout == "yolov8" ? only.transpose(1, 2) : only;
    noteName(output, parts, rows.front().first);
    if (table.size(2) >= kLeastColumns)
        noteValues(output, table.narrow(2, 0, 4), table.narrow(2, 4, table.size(2) - 4));
    return output;
}

/// The parts of objects as points.
struct PointParts
{
    const std::pair<std::string, torch::Tensor>* heat = nullptr;
    const std::pair<std::string, torch::Tensor>* size = nullptr;
    const std::pair<std::string, torch::Tensor>* offset = nullptr;
    bool isSure = false;
};

PointParts pointParts(const AnswerParts& maps)
{
    PointParts found;
    for (const auto& part : maps) {
        const std::int64_t channels = part.second.size(1);
        const bool isOffset = channels == 2 && contains(part.first, {"off", "reg"});
        const bool isSize = (channels == 2 || channels == 4) && contains(part.first, {"wh", "size"});
        const bool isHeat = contains(part.first, {"heat", "hm", "keypoint", "center", "centre"});
        if (isOffset && !found.offset)
            found.offset = &part;
        else if (isSize && !found.size)
            found.size = &part;
        else if (!found.heat && (isHeat || maps.size() == 2))
            found.heat = &part;
    }
    if (!found.heat || !found.size) {
        found.offset = nullptr;
        return found;
    }
    const std::size_t named = found.offset ? 3 : 2;
    found.isSure = maps.size() == named && found.heat->second.size(2) == found.size->second.size(2) &&
                   found.heat->second.size(3) == found.size->second.size(3);
    return found;
}

std::int64_t strideFor(const torch::Tensor& map, const AnsweredImages& images)
{
    const std::int64_t stride = images.height / std::max<std::int64_t>(1, map.size(2));
    return stride > 0 && map.size(2) * stride == images.height && map.size(3) * stride == images.width
               ? stride
               : 0;
}

Json describedPoints(const AnswerParts& maps, const AnsweredImages& images)
{
    Json output = {{"layout", "centernet"}};
    const PointParts parts = pointParts(maps);
    if (!parts.heat || !parts.size)
        return output;
    output["heat"] = parts.heat->first;
    output["size"] = parts.size->first;
    if (parts.offset)
        output["offset"] = parts.offset->first;
    const bool distances = parts.size->second.size(1) == 4;
    if (const std::int64_t stride = strideFor(parts.heat->second, images); stride > 0) {
        output["stride"] = stride;
        // The authors of either kind: distances in pixels, width and height in cells.
        output["unit"] = distances ? 1 : stride;
    }
    output["distances"] = distances;
    if (!within(parts.heat->second, 0, 1))
        output["logits"] = true;
    return output;
}

Json describedGrid(const AnswerParts& parts, const AnswerParts& maps, const AnsweredImages& images)
{
    Json output = {{"layout", "grid"}};
    if (maps.empty())
        return output;
    noteName(output, parts, maps.front().first);
    if (const std::int64_t stride = strideFor(maps.front().second, images); stride > 0) {
        output["stride"] = stride;
        output["unit"] = 2 * stride;
    }
    return output;
}

/// Of [N,A,C] or [N,C,A], where the shape alone tells.
std::optional<std::string> rowLayout(const torch::Tensor& rows, const AnsweredImages& images)
{
    const std::int64_t before = rows.size(1);
    const std::int64_t after = rows.size(2);
    constexpr std::int64_t kCocoYoloV5 = 85, kCocoYoloV8 = 84;
    if (after > kLeastColumns && (before == cellsOf(images, 3) || after == kCocoYoloV5) && before > after)
        return "yolov5";
    if (before >= kLeastColumns && (after == cellsOf(images, 1) || before == kCocoYoloV8) && after > before)
        return "yolov8";
    return std::nullopt;
}

} // namespace

AnswerGuess guessAnswer(const AnswerParts& parts, const AnsweredImages& images)
{
    AnswerGuess guess;
    if (hasRows(parts, images))
        return guess;
    const AnswerParts maps = partsOfRank(parts, 4, images);
    if (const PointParts points = pointParts(maps);
        points.isSure && strideFor(points.heat->second, images) > 0) {
        guess.looksLikeBoxes = true;
        guess.output = describedPoints(maps, images);
        return guess;
    }
    const AnswerParts rows = partsOfRank(parts, 3, images);
    const BoxParts pair = boxParts(rows);
    if (pair.boxes) {
        guess.looksLikeBoxes = true;
        if (areCorners(pair.boxes->second))
            guess.output = describedRows("boxes", parts, images);
        return guess;
    }
    if (rows.size() != 1)
        return guess;
    guess.looksLikeBoxes = std::max(rows[0].second.size(1), rows[0].second.size(2)) >= kLeastColumns;
    if (const auto layout = rowLayout(rows[0].second, images))
        guess.output = describedRows(*layout, parts, images);
    return guess;
}

Json describedAs(const std::string& layout, const AnswerParts& parts, const AnsweredImages& images)
{
    const AnswerParts maps = partsOfRank(parts, 4, images);
    if (layout == layoutName(LayoutForm::CenterNet))
        return describedPoints(maps, images);
    if (layout == layoutName(LayoutForm::Grid))
        return describedGrid(parts, maps, images);
    return describedRows(layout, parts, images);
}

} // namespace assay::models
