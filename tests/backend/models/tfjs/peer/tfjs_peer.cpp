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
// with TensorFlow.js) and prints how far the answers differ, and whether gradients reach the pixels. Exit
// status 1 when any differs by more than 1e-3 of its largest value.

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
        } catch (const std::exception& error) {
            std::printf("%-20s %s\n", name.c_str(), error.what());
            all = false;
        }
    }
    return all ? 0 : 1;
}
