#include "backend/models/detection/detector.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/tfjs/tfjs_graph.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/tfjs/float_files.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>

// Usage: assay_tfjs_peer MODELS REFERENCE. Runs every network of REFERENCE/index.json (reference.mjs wrote it
// with TensorFlow.js) and prints how far the answers differ, and whether gradients reach the pixels. Of
// CenterNet also what its import finds out, and how far the boxes read from its heat map are from those that
// TensorFlow.js gives. Exit status 1 when any differs by more than 1e-3 of its largest value, or a box by 0.1
// pixels.

namespace {

using namespace assay;

constexpr double kTolerance = 1e-3;

/// Of all real outputs, weighted unevenly: the plain sum of a softmax has no gradient.
torch::Tensor total(const std::map<std::string, torch::Tensor>& outputs)
{
    torch::Tensor sum = torch::zeros({});
    for (const auto& [name, value] : outputs) {
        if (value.requires_grad())
            sum = sum + (value.flatten() * torch::arange(value.numel())).sum();
    }
    return sum;
}

bool compare(const std::string& name, const Json& entry, const std::filesystem::path& models,
             const std::filesystem::path& reference)
{
    const auto network = models::tfjs::openTfjs(models / (name + ".json"), {});
    torch::Tensor x =
        test::readFloats(reference / (name + ".in"), entry.at("shape").get<std::vector<std::int64_t>>());
    x.requires_grad_(true);
    const auto began = std::chrono::steady_clock::now();
    const auto outputs = network->run({{entry.at("input").get<std::string>(), x}});
    const std::chrono::duration<double, std::milli> forward = std::chrono::steady_clock::now() - began;
    double worst = 0;
    for (const auto& [output, described] : entry.at("outputs").items()) {
        const auto shape = described.at("shape").get<std::vector<std::int64_t>>();
        const torch::Tensor expected =
            test::readFloats(reference / described.at("file").get<std::string>(), shape);
        const torch::Tensor& found = outputs.at(output);
        if (found.sizes().vec() != shape) {
            std::printf("%-20s output %s has another shape\n", name.c_str(), output.c_str());
            return false;
        }
        worst = std::max(worst, test::relativeError(found.detach(), expected));
    }
    const torch::Tensor gradient = torch::autograd::grad({total(outputs)}, {x})[0];
    const bool flows =
        torch::isfinite(gradient).all().item<bool>() && gradient.abs().max().item<double>() > 0;
    std::printf("%-20s largest error %.1e  forward %6.1f ms  gradient %s\n", name.c_str(), worst,
                forward.count(), flows ? "reaches the pixels" : "MISSING");
    return worst <= kTolerance && flows;
}

/// The boxes of the imported network for the image of the reference, against the graph's own hundred best.
bool compareBoxes(const Json& entry, const std::filesystem::path& models,
                  const std::filesystem::path& reference)
{
    const std::filesystem::path file = models / "centernet.json";
    const models::ModelImport import = models::recogniseModel(file)->inspect(file, {});
    for (const protocol::Finding& finding : import.findings)
        std::printf("    %s\n", finding.text.c_str());
    const models::Detector detector(std::make_shared<const models::Model>(
        models::modelFormat(import.card.format).load(import.card, file), import.card));
    const torch::Tensor x =
        test::readFloats(reference / "centernet.in", entry.at("shape").get<std::vector<std::int64_t>>());
    const torch::Tensor pixels = x.permute({0, 3, 1, 2}).contiguous() / import.card.input.scale;
    // Every peak, as in the graph, which suppresses nothing.
    const models::Detections found =
        detector.detect(pixels, {.scoreAtLeast = 0, .iouAtMost = 1, .most = 100}).front();
    const Json& described = entry.at("outputs").at("tower_0/detections");
    const torch::Tensor rows = test::readFloats(reference / described.at("file").get<std::string>(),
                                                described.at("shape").get<std::vector<std::int64_t>>())[0];
    double farthest = 0;
    std::size_t same = 0;
    for (std::int64_t i = 0; i < rows.size(0) && same < found.size(); ++i) {
        const auto at = [&](std::int64_t column) { return rows[i][column].item<double>(); };
        if (at(2) <= at(0) || at(3) <= at(1))
            continue; // of no size: not reported by ours
        const models::Detection& one = found[same++];
        farthest = std::max({farthest, std::abs(one.x - at(0)), std::abs(one.y - at(1)),
                             std::abs(one.x + one.width - at(2)), std::abs(one.y + one.height - at(3)),
                             100 * std::abs(one.score - at(4)), std::abs(one.category - at(5))});
    }
    std::printf("%-20s %zu boxes, at most %.1e pixels from TensorFlow.js's\n", "centernet", same, farthest);
    return same > 10 && farthest < 0.1;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fputs("usage: assay_tfjs_peer MODELS REFERENCE\n", stderr);
        return 2;
    }
    const std::filesystem::path models = argv[1], reference = argv[2];
    const Json index = Json::parse(std::ifstream(reference / "index.json"));
    bool all = !index.empty();
    for (const auto& [name, entry] : index.items()) {
        try {
            all = compare(name, entry, models, reference) && all;
            if (name == "centernet")
                all = compareBoxes(entry, models, reference) && all;
        } catch (const std::exception& error) {
            std::printf("%-20s %s\n", name.c_str(), error.what());
            all = false;
        }
    }
    return all ? 0 : 1;
}
