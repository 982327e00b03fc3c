#include "backend/data/recipes/pedestrians.h"

#include "backend/data/video/video_frames.h"
#include "backend/protocol/error.h"

#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <algorithm>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStreetSide = 512; ///< that of the detector which labels the frames
constexpr std::int64_t kStep = 5;         ///< of ten frames a second
constexpr std::int64_t kBlock = 20;       ///< samples, ten seconds, that go to one split together
constexpr std::int64_t kTestBlock = 4;    ///< every fourth block is for testing
constexpr float kLeastScore = 0.2F;       ///< confidences of the detector are low
/// Of the box. A stone and a sign are found in most frames, at 0.3 to 0.4: what never moves is no person.
constexpr double kMovingShare = 0.2;
constexpr int kMovingStep = 25; ///< grey levels from the background
constexpr double kMatch = 0.3;  ///< overlap of one person in two frames half a second apart
constexpr const char* kVideoPackage = "opencv-doc";
constexpr const char* kModelPackage = "@vladmandic/human";
const std::vector<std::string> kPersonBoxes = {"person"};

double overlap(const ScoredBox& a, const ScoredBox& b)
{
    const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (width <= 0 || height <= 0)
        return 0;
    const double both = width * height;
    return both / (double(a.width) * a.height + double(b.width) * b.height - both);
}

cv::Mat asMat(const torch::Tensor& plane)
{
    return {static_cast<int>(plane.size(0)), static_cast<int>(plane.size(1)), CV_8UC1, plane.data_ptr()};
}

/// A frame as grey, scaled to the width and put into the middle of a square. uint8 [kStreetSide,kStreetSide].
torch::Tensor letterboxed(const torch::Tensor& frame)
{
    const torch::Tensor grey = (frame[0].to(torch::kFloat32) * 0.299 + frame[1].to(torch::kFloat32) * 0.587 +
                                frame[2].to(torch::kFloat32) * 0.114)
                                   .round()
                                   .to(torch::kUInt8)
                                   .contiguous();
    const std::int64_t height = kStreetSide * grey.size(0) / grey.size(1);
    if (height > kStreetSide)
        throw Error("is higher than wide", "the video");
    torch::Tensor result = torch::zeros({kStreetSide, kStreetSide}, torch::kUInt8);
    const torch::Tensor inside = result.narrow(0, (kStreetSide - height) / 2, height);
    cv::Mat target = asMat(inside);
    cv::resize(asMat(grey), target, target.size(), 0, 0, cv::INTER_AREA);
    return result;
}

/// The part of @p box inside the picture, which the letterbox's bars are none of.
ScoredBox clipped(ScoredBox box, float top, float bottom)
{
    const float right = std::min(box.x + box.width, static_cast<float>(kStreetSide));
    const float low = std::min(box.y + box.height, bottom);
    box.x = std::max(box.x, 0.F);
    box.y = std::max(box.y, top);
    box.width = right - box.x;
    box.height = low - box.y;
    return box;
}

bool hasMatch(const ScoredBox& box, const std::vector<ScoredBox>& others)
{
    return std::ranges::any_of(others, [&](const ScoredBox& other) { return overlap(box, other) >= kMatch; });
}

ScoredBox between(const ScoredBox& a, const ScoredBox& b)
{
    return {.x = (a.x + b.x) / 2,
            .y = (a.y + b.y) / 2,
            .width = (a.width + b.width) / 2,
            .height = (a.height + b.height) / 2,
            .score = std::min(a.score, b.score)};
}

struct Frames
{
    torch::Tensor grey; ///< uint8 [N,kStreetSide,kStreetSide]
    std::vector<std::int64_t> numbers;
    float top = 0; ///< of the picture in the square
    float bottom = kStreetSide;
};

Frames readStreet(const fs::path& video, const BuildHooks& hooks)
{
    Frames frames;
    std::vector<torch::Tensor> seen;
    readFrames(video, kStep, [&](const torch::Tensor& frame, std::int64_t number) {
        hooks.checkpoint();
        hooks.progress(static_cast<double>(number), 0, "Reading the video");
        frames.top = static_cast<float>((kStreetSide - kStreetSide * frame.size(1) / frame.size(2)) / 2);
        seen.push_back(letterboxed(frame));
        frames.numbers.push_back(number);
    });
    frames.bottom = static_cast<float>(kStreetSide) - frames.top;
    frames.grey = torch::stack(seen);
    return frames;
}

std::vector<std::vector<ScoredBox>> labelled(const Frames& frames, const FindPersons& find,
                                             const BuildHooks& hooks)
{
    const torch::Tensor background = stillBackground(frames.grey);
    std::vector<std::vector<ScoredBox>> labels;
    const std::int64_t count = frames.grey.size(0);
    for (std::int64_t i = 0; i < count; ++i) {
        hooks.checkpoint();
        hooks.progress(static_cast<double>(i), static_cast<double>(count), "Looking for persons");
        const torch::Tensor image =
            frames.grey[i].to(torch::kFloat32).div(255).expand({1, 3, kStreetSide, kStreetSide});
        std::vector<ScoredBox> found = find(image);
        for (ScoredBox& box : found)
            box = clipped(box, frames.top, frames.bottom);
        labels.push_back(likelyPersons(std::move(found), movingPixels(frames.grey[i], background)));
    }
    fillGaps(labels);
    return labels;
}

DrawnSet drawStreet(const BuildFolders& folders, const BuildHooks& hooks)
{
    if (!hooks.openPersonFinder)
        throw Error("is labelled by a detector, which is not at hand here", "pedestrians",
                    "Build it with `assay-cli data get pedestrians`.");
    const FindPersons find =
        hooks.openPersonFinder(folders.packages.at(kModelPackage) / "models/centernet.json");
    const Frames frames = readStreet(
        folders.packages.at(kVideoPackage) / "usr/share/doc/opencv-doc/examples/data/vtest.avi", hooks);
    DrawnSet set;
    set.images = frames.grey.unsqueeze(1).expand({-1, 3, -1, -1}).contiguous();
    set.labels = torch::zeros({frames.grey.size(0)}, torch::kInt64);
    set.samples.boxClasses = kPersonBoxes;
    const auto labels = labelled(frames, find, hooks);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto sample = static_cast<std::int64_t>(i);
        for (const ScoredBox& box : labels[i])
            set.samples.boxes.push_back({sample, box.x, box.y, box.width, box.height, 0});
        set.inTest.push_back(sample / kBlock % kTestBlock == kTestBlock - 1);
        set.samples.names.push_back("vtest/" + std::to_string(frames.numbers[i]));
    }
    return set;
}

} // namespace

torch::Tensor stillBackground(const torch::Tensor& frames)
{
    // Row by row: the median of all at once would take eight times the memory of the frames.
    torch::Tensor background = torch::empty({frames.size(1), frames.size(2)}, torch::kUInt8);
    for (std::int64_t row = 0; row < frames.size(1); ++row)
        background[row] = std::get<0>(frames.select(1, row).contiguous().median(0));
    return background;
}

torch::Tensor movingPixels(const torch::Tensor& frame, const torch::Tensor& background)
{
    const torch::Tensor step = (frame.to(torch::kInt16) - background.to(torch::kInt16)).abs();
    const torch::Tensor differs = step.gt(kMovingStep).to(torch::kUInt8).contiguous();
    torch::Tensor moving = torch::empty_like(differs);
    cv::Mat target = asMat(moving);
    cv::morphologyEx(asMat(differs), target, cv::MORPH_OPEN,
                     cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
    cv::morphologyEx(target, target, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {5, 5}));
    return moving.to(torch::kBool);
}

std::vector<ScoredBox> likelyPersons(std::vector<ScoredBox> found, const torch::Tensor& moving)
{
    const auto share = [&](const ScoredBox& box) {
        const auto left = std::clamp<std::int64_t>(static_cast<std::int64_t>(box.x), 0, moving.size(1) - 1);
        const auto top = std::clamp<std::int64_t>(static_cast<std::int64_t>(box.y), 0, moving.size(0) - 1);
        const auto width =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(box.width), 1, moving.size(1) - left);
        const auto height =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(box.height), 1, moving.size(0) - top);
        return moving.narrow(0, top, height).narrow(1, left, width).to(torch::kFloat64).mean().item<double>();
    };
    std::erase_if(found, [&](const ScoredBox& box) {
        return !(box.width > 0) || !(box.height > 0) || !(box.score >= kLeastScore) ||
               share(box) < kMovingShare;
    });
    return found;
}

void fillGaps(std::vector<std::vector<ScoredBox>>& frames)
{
    const auto seen = frames; // what is filled in does not vouch for more
    for (std::size_t i = 1; i + 1 < seen.size(); ++i) {
        for (const ScoredBox& before : seen[i - 1]) {
            const auto after = std::ranges::find_if(
                seen[i + 1], [&](const ScoredBox& box) { return overlap(before, box) >= kMatch; });
            if (after == seen[i + 1].end())
                continue;
            const ScoredBox middle = between(before, *after);
            if (!hasMatch(middle, frames[i]))
                frames[i].push_back(middle);
        }
    }
}

DataRecipe pedestriansRecipe()
{
    using Registry = SourcePackage::Registry;
    return {.info = {.name = "pedestrians",
                     .title = "Pedestrians on a street (pseudo-labels)",
                     .source =
                         "Debian opencv-doc 4.6.0 (vtest.avi); boxes by CenterNet of @vladmandic/human 3.3.6",
                     .licence = "OpenCV Apache-2.0; the video shows real people: for local evaluation only",
                     .note =
                         "The boxes are pseudo-labels: what CenterNet finds as persons at a confidence of "
                         "0.2, where a "
                         "fifth of the box differs from the still background, and gaps of one frame filled. "
                         "Nobody checked them, so an average precision here is agreement with that detector, "
                         "which is judge in its own cause. Real frames of one camera that stands still, two "
                         "a second, grey in three equal channels, letterboxed; split by blocks of ten "
                         "seconds, the same persons are in both splits.",
                     .classes = {"scene"},
                     .trainCount = 120,
                     .testCount = 39,
                     .channels = 3,
                     .height = kStreetSide,
                     .width = kStreetSide,
                     .format = "npz",
                     .boxClasses = kPersonBoxes},
            .packages = {{Registry::Debian, kVideoPackage, "4.6.0+dfsg-12",
                          "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a", "Apache-2.0"},
                         {Registry::Npm, kModelPackage, "3.3.6",
                          "425e9c51dbbca0c8934362b170cb0d54c2529c11c654b3c03092b16e9d6ad3f7", "MIT"}},
            .downloadMb = 125,
            .draw = drawStreet,
            .splitRule = "every fourth block of 20 samples, ten seconds, is the test split"};
}

} // namespace assay::data
