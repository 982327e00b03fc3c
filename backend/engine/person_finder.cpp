#include "backend/engine/person_finder.h"

#include "backend/engine/importing/foreign_files.h"
#include "backend/models/detection/coco_names.h"
#include "backend/models/detection/detector.h"
#include "backend/models/tfjs/tfjs_format.h"

namespace assay::engine {

namespace {

constexpr std::int64_t kFinderSide = 512;
constexpr std::int32_t kPerson = 0;
constexpr models::DetectionRule kFinderRule = {.scoreAtLeast = 0.1, .iouAtMost = 0.5, .most = 100};

models::ModelCard finderCard(const std::filesystem::path& graph)
{
    models::ModelCard card;
    card.name = "centernet";
    card.format = models::kTfjsFormat.name;
    card.file = graph.string();
    card.task = models::Task::Detection;
    card.output = {{"layout", "centernet"},
                   {"heat", "tower_0/keypoints"},
                   {"size", "tower_0/wh"},
                   {"stride", 4},
                   {"distances", true}};
    card.classes = models::cocoNames();
    card.input = {.channels = 3, .height = kFinderSide, .width = kFinderSide, .scale = 255};
    card.options = {{"batch", 1}};
    return card;
}

} // namespace

data::FindPersons openPersonFinder(const std::filesystem::path& graph)
{
    const auto detector = std::make_shared<const models::Detector>(openModel(finderCard(graph), torch::kCPU));
    return [detector](const torch::Tensor& image) {
        std::vector<data::ScoredBox> persons;
        const std::vector<models::Detections> images = detector->detect(image, kFinderRule);
        for (const models::Detection& found : images.front()) {
            if (found.category == kPerson)
                persons.push_back({found.x, found.y, found.width, found.height, found.score});
        }
        return persons;
    };
}

} // namespace assay::engine
