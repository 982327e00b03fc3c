#include "plugins/transfer/matrix_results.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/study_inputs.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::transfer {

namespace {

constexpr const char* kMatrixArtifact = "artifact 'outcomes'";

torch::Tensor matrixBytes(const std::string& text)
{
    torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(bytes.data_ptr<std::uint8_t>()));
    return bytes;
}

torch::Tensor matrixTensor(const engine::TensorMap& tensors, const std::string& name, torch::Dtype type,
                           std::int64_t dimensions)
{
    const auto it = tensors.find(name);
    if (it == tensors.end() || it->second.scalar_type() != type || it->second.dim() != dimensions)
        throw Error("tensor '" + name + "' is missing or malformed", kMatrixArtifact, "Run the study again.");
    return it->second.cpu().contiguous();
}

std::size_t positionOf(const std::vector<std::string>& names, const std::string& wanted)
{
    const auto it = std::ranges::find(names, wanted);
    return it == names.end() ? 0 : static_cast<std::size_t>(it - names.begin());
}

} // namespace

MatrixDenominator matrixDenominator(const std::string& name)
{
    return name == "all"         ? MatrixDenominator::All
           : name == "not-aimed" ? MatrixDenominator::NotAimed
                                 : MatrixDenominator::Correct;
}

MatrixView matrixViewOf(const MatrixResults& r, const MatrixParams& p)
{
    MatrixView view{.source = positionOf(r.sources, reporting::shownName(p.viewSource)),
                    .target = positionOf(r.targets, reporting::shownName(p.viewTarget)),
                    .attack = positionOf(r.attacks, p.viewAttack),
                    .of = matrixDenominator(p.denominator)};
    for (std::size_t e = 1; e < r.eps.size(); ++e)
        if (std::abs(r.eps[e] - p.viewEps) < std::abs(r.eps[view.eps] - p.viewEps))
            view.eps = e;
    return view;
}

std::string attackTitle(const std::string& id)
{
    for (const attacks::AttackInfo& info : attacks::attacks().list())
        if (info.id == id)
            return info.title;
    return id;
}

std::string normLabel(const std::string& norm)
{
    return norm == "linf" ? "L∞" : norm == "l2" ? "L2" : "L1";
}

std::string cellText(const MatrixResults& r, const MatrixView& view)
{
    return r.sources[view.source] + " → " + r.targets[view.target] + ", " +
           attackTitle(r.attacks[view.attack]) + ", ε = " + reporting::shortText(r.eps[view.eps]) + " (" +
           normLabel(r.norm) + ")";
}

engine::TensorMap matrixTensors(const MatrixResults& r)
{
    std::vector<double> seconds;
    for (const MatrixSet& set : r.sets)
        seconds.push_back(set.seconds);
    const Json meta = {{"sources", r.sources}, {"targets", r.targets}, {"attacks", r.attacks},
                       {"classes", r.classes}, {"norm", r.norm},       {"eps", r.eps},
                       {"seconds", seconds}};
    engine::TensorMap map = {{"meta", matrixBytes(meta.dump())},
                             {"ids", r.ids},
                             {"y", r.y},
                             {"clean", r.clean},
                             {"clean_source", r.cleanSource},
                             {"clean_target", r.cleanTarget}};
    if (r.targeted())
        map["aim"] = r.aim;
    for (std::size_t i = 0; i < r.sets.size(); ++i) {
        const std::string number = '.' + std::to_string(i);
        map["source" + number] = r.sets[i].source;
        map["target" + number] = r.sets[i].target;
        map["source_p" + number] = r.sets[i].sourceProbabilities;
        map["target_p" + number] = r.sets[i].targetProbabilities;
    }
    return map;
}

MatrixResults matrixFrom(const engine::TensorMap& tensors)
{
    MatrixResults r;
    std::vector<double> seconds;
    try {
        const torch::Tensor bytes = matrixTensor(tensors, "meta", torch::kUInt8, 1);
        const auto* text = reinterpret_cast<const char*>(bytes.data_ptr<std::uint8_t>());
        const Json meta = Json::parse(text, text + bytes.numel());
        meta.at("sources").get_to(r.sources);
        meta.at("targets").get_to(r.targets);
        meta.at("attacks").get_to(r.attacks);
        meta.at("classes").get_to(r.classes);
        meta.at("norm").get_to(r.norm);
        meta.at("eps").get_to(r.eps);
        meta.at("seconds").get_to(seconds);
    } catch (const Json::exception& e) {
        throw Error(std::string("its texts cannot be read: ") + e.what(), kMatrixArtifact,
                    "Run the study again.");
    }
    r.ids = matrixTensor(tensors, "ids", torch::kInt64, 1);
    r.y = matrixTensor(tensors, "y", torch::kInt64, 1);
    r.clean = matrixTensor(tensors, "clean", torch::kUInt8, 4);
    r.cleanSource = matrixTensor(tensors, "clean_source", torch::kInt64, 2);
    r.cleanTarget = matrixTensor(tensors, "clean_target", torch::kInt64, 2);
    if (tensors.contains("aim"))
        r.aim = matrixTensor(tensors, "aim", torch::kInt64, 1);
    const std::size_t sets = r.sources.size() * r.attacks.size() * r.eps.size();
    if (seconds.size() != sets)
        throw Error("tensor 'meta' is missing or malformed", kMatrixArtifact, "Run the study again.");
    for (std::size_t i = 0; i < sets; ++i) {
        const std::string number = '.' + std::to_string(i);
        r.sets.push_back(
            {.source = matrixTensor(tensors, "source" + number, torch::kInt64, 1),
             .target = matrixTensor(tensors, "target" + number, torch::kInt64, 2),
             .sourceProbabilities = matrixTensor(tensors, "source_p" + number, torch::kFloat16, 2),
             .targetProbabilities = matrixTensor(tensors, "target_p" + number, torch::kFloat16, 3),
             .seconds = seconds[i]});
    }
    return r;
}

} // namespace assay::transfer
