#include "plugins/patches/attack_subject.h"

#include "backend/engine/reporting/study_inputs.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace assay::patches {

namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr int kResamples = 500;

void requireDetectorFits(const models::Model& model, const data::DatasetInfo& info)
{
    model.requireNetwork("this study puts new images to it");
    const models::InputSpec& input = model.card().input;
    if (info.boxClasses.empty())
        throw Error(info.title + " has no boxes", "model '" + model.name() + "'",
                    "Detectors need a data set whose objects are boxed.");
    if (input.channels != info.channels || input.height != info.height || input.width != info.width)
        throw Error("it expects images of " + std::to_string(input.channels) + "×" +
                        std::to_string(input.height) + "×" + std::to_string(input.width) + ", but those of " +
                        info.title + " are " + std::to_string(info.channels) + "×" +
                        std::to_string(info.height) + "×" + std::to_string(info.width),
                    "model '" + model.name() + "'", "Choose a model and a data set that fit.");
}

metrics::Rectangle rectangleOf(const models::Detection& d)
{
    return {d.x, d.y, d.width, d.height};
}

std::vector<metrics::DetectedImage> detectedImages(const PatchImages& images, const Answers& answers,
                                                   std::int64_t category)
{
    std::vector<metrics::DetectedImage> all(images.truths.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const metrics::Rectangle& box : images.truths[i])
            all[i].truths.push_back({.box = box});
        for (const models::Detection& d : answers.found[i])
            if (d.category == category)
                all[i].found.push_back({.box = rectangleOf(d), .score = d.score});
    }
    return all;
}

metrics::Rate lostObjects(const metrics::Matches& without, const metrics::Matches& with)
{
    std::int64_t found = 0, lost = 0;
    for (std::size_t i = 0; i < without.outcomes().size(); ++i) {
        const auto isFound = [](const std::optional<double>& score) {
            return score && *score >= kFoundScore;
        };
        if (!isFound(without.outcomes()[i].score))
            continue;
        ++found;
        lost += isFound(with.outcomes()[i].score) ? 0 : 1;
    }
    return metrics::wilson(lost, found);
}

torch::Tensor countedRows(const PatchImages& images, const Answers& without,
                          std::optional<std::int64_t> target)
{
    if (target)
        return without.predicted.ne(*target).logical_and(images.y.ne(*target));
    return without.predicted.eq(images.y);
}

std::int64_t trueCount(const torch::Tensor& flags)
{
    return flags.sum().item<std::int64_t>();
}

torch::Tensor boxTensor(const std::vector<std::vector<metrics::Rectangle>>& truths)
{
    std::size_t most = 1;
    for (const auto& boxes : truths)
        most = std::max(most, boxes.size());
    torch::Tensor all =
        torch::zeros({static_cast<std::int64_t>(truths.size()), static_cast<std::int64_t>(most), 4});
    auto numbers = all.accessor<float, 3>();
    for (std::size_t i = 0; i < truths.size(); ++i)
        for (std::size_t k = 0; k < truths[i].size(); ++k) {
            const metrics::Rectangle& box = truths[i][k];
            const double values[] = {box.x, box.y, box.width, box.height};
            for (int c = 0; c < 4; ++c)
                numbers[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)][c] =
                    static_cast<float>(values[c]);
        }
    return all;
}

} // namespace

PatchImages PatchImages::front(std::int64_t count) const
{
    const std::int64_t n = std::min(count, size());
    const auto cut = [&](const torch::Tensor& t) { return t.defined() ? t.narrow(0, 0, n) : t; };
    PatchImages part{.ids = cut(ids), .x = cut(x), .y = cut(y), .boxes = cut(boxes)};
    if (!truths.empty())
        part.truths.assign(truths.begin(), truths.begin() + n);
    return part;
}

Answers answersOf(const Subject& subject, const torch::Tensor& x, const attacks::Patch* patch,
                  const attacks::PatchPlaces& places)
{
    const torch::Device device = subject.model->device();
    const torch::Tensor pixels = patch ? patch->pixels.to(device) : torch::Tensor();
    const torch::Tensor mask = patch ? patch->mask.to(device) : torch::Tensor();
    Answers answers;
    torch::Tensor predicted;
    if (subject.detector)
        answers.found.resize(static_cast<std::size_t>(x.size(0)));
    else
        predicted = torch::empty({x.size(0)}, torch::TensorOptions(torch::kInt64).device(device));
    models::forEachChunk(
        x.size(0), models::chunkImages(x, device), device, [&](std::int64_t first, std::int64_t count) {
            const torch::NoGradGuard off;
            torch::Tensor shown = x.narrow(0, first, count);
            if (patch)
                shown = attacks::applyPatch(shown, pixels, mask, places.narrow(first, count));
            if (!subject.detector) {
                predicted.narrow(0, first, count).copy_(subject.model->logits(shown).argmax(1));
                return;
            }
            auto found = models::chosen(subject.detector->candidates(shown), models::DetectionRule{});
            for (std::int64_t i = 0; i < count; ++i)
                answers.found[static_cast<std::size_t>(first + i)] =
                    std::move(found[static_cast<std::size_t>(i)]);
        });
    if (predicted.defined())
        answers.predicted = predicted.cpu();
    return answers;
}

double Effect::value() const
{
    return ap ? *ap : n > 0 ? accuracy.value : kNoValue;
}

double Effect::low() const
{
    return ap ? apInterval.low : accuracy.low;
}

double Effect::high() const
{
    return ap ? apInterval.high : accuracy.high;
}

torch::Tensor fooledRows(const PatchImages& images, const Answers& without, const Answers& with,
                         std::optional<std::int64_t> target)
{
    const torch::Tensor done = target ? with.predicted.eq(*target) : with.predicted.ne(images.y);
    return done.logical_and(countedRows(images, without, target));
}

metrics::Rate successOf(const Subject& subject, const PatchImages& images, const Answers& without,
                        const Answers& with, std::optional<std::int64_t> target)
{
    if (!subject.detector)
        return metrics::wilson(trueCount(fooledRows(images, without, with, target)),
                               trueCount(countedRows(images, without, target)));
    const metrics::MatchRule rule{.iou = kFoundIou};
    const auto before = detectedImages(images, without, subject.category);
    const auto after = detectedImages(images, with, subject.category);
    return lostObjects(metrics::Matches(before, rule), metrics::Matches(after, rule));
}

Effect effectOf(const Subject& subject, const PatchImages& images, const Answers& without,
                const Answers& with, std::optional<std::int64_t> target)
{
    Effect effect{.n = images.size()};
    if (!subject.detector) {
        effect.accuracy = metrics::wilson(trueCount(with.predicted.eq(images.y)), effect.n);
        effect.asr = successOf(subject, images, without, with, target);
        return effect;
    }
    const metrics::MatchRule rule{.iou = kFoundIou};
    const auto before = detectedImages(images, without, subject.category);
    const auto after = detectedImages(images, with, subject.category);
    const metrics::Matches clean(before, rule), patched(after, rule);
    effect.ap = patched.averagePrecision().value_or(kNoValue);
    effect.apInterval = metrics::percentileInterval(
        metrics::resampledPrecision(std::span(&patched, 1), {.resamples = kResamples}));
    effect.asr = lostObjects(clean, patched);
    return effect;
}

std::int64_t classCalled(const std::vector<std::string>& classes, const std::string& name,
                         const std::string& field)
{
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end())
        throw Error("there is no class '" + name + "'", field, protocol::suggestion(name, classes));
    return found - classes.begin();
}

std::vector<Subject> openSubjects(engine::RunContext& context, const std::vector<protocol::ModelRef>& refs,
                                  const data::DatasetInfo& info, const std::string& hide)
{
    std::vector<Subject> subjects;
    for (const protocol::ModelRef& ref : refs) {
        Subject subject{.name = reporting::shownName(ref.name), .model = context.model(ref)};
        if (std::ranges::any_of(subjects, [&](const Subject& s) { return s.name == subject.name; }))
            throw Error("model '" + subject.name + "' stands there twice", "models", "Name each once");
        if (subject.model->detects()) {
            requireDetectorFits(*subject.model, info);
            subject.detector = std::make_shared<models::Detector>(subject.model);
            subject.category = classCalled(subject.model->card().classes,
                                           hide.empty() ? info.boxClasses.front() : hide, "hide");
        } else {
            reporting::requireModelFits(*subject.model, info);
        }
        if (!subjects.empty() && !subjects.front().detector != !subject.detector)
            throw Error("'" + subjects.front().name + "' and '" + subject.name +
                            "' are a classifier and a detector",
                        "models", "Choose models of one kind");
        subjects.push_back(std::move(subject));
    }
    return subjects;
}

PatchImages patchImages(const data::Dataset& dataset, data::Split split, const torch::Tensor& ids,
                        torch::Device device, const Subject& first)
{
    PatchImages images{
        .ids = ids, .x = dataset.images(split, ids, device), .y = dataset.labels(split).index_select(0, ids)};
    if (!first.detector)
        return images;
    const data::SampleTable& table = dataset.samples(split);
    const std::string& wanted = first.model->card().classes[static_cast<std::size_t>(first.category)];
    const std::int64_t category = classCalled(table.boxClasses, wanted, "hide");
    std::map<std::int64_t, std::size_t> rowOf;
    for (std::int64_t i = 0; i < ids.size(0); ++i)
        rowOf[ids[i].item<std::int64_t>()] = static_cast<std::size_t>(i);
    images.truths.resize(static_cast<std::size_t>(ids.size(0)));
    for (const data::Box& box : table.boxes) {
        const auto row = rowOf.find(box.sample);
        if (row != rowOf.end() && box.category == category)
            images.truths[row->second].push_back({box.x, box.y, box.width, box.height});
    }
    images.boxes = boxTensor(images.truths).to(device);
    return images;
}

PatchImages drawPatchImages(engine::RunContext& context, const data::Dataset& dataset, data::Split split,
                            std::int64_t count, const Subject& first)
{
    const std::int64_t available = dataset.size(split);
    const char* stream = split == data::Split::Train ? "training images" : "images";
    const torch::Tensor ids = torch::randperm(available, context.generator(stream), torch::kInt64)
                                  .narrow(0, 0, std::min(count, available))
                                  .contiguous();
    return patchImages(dataset, split, ids, context.device(), first);
}

} // namespace assay::patches
