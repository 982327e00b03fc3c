#include "plugins/transfer/class_aware_results.h"

#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::transfer {

namespace {

std::string key(const char* what, std::size_t source)
{
    return std::string(what) + '.' + std::to_string(source);
}
std::string key(const char* what, std::size_t source, std::size_t target)
{
    return key(what, source) + '.' + std::to_string(target);
}

torch::Tensor fromText(const std::string& text)
{
    torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(bytes.data_ptr<std::uint8_t>()));
    return bytes;
}

std::string toText(const torch::Tensor& bytes)
{
    const torch::Tensor flat = bytes.contiguous();
    return {reinterpret_cast<const char*>(flat.data_ptr<std::uint8_t>()),
            static_cast<std::size_t>(flat.numel())};
}

torch::Tensor fromDoubles(const std::vector<double>& values)
{
    return torch::tensor(values, torch::kFloat64);
}

/// Reads tensors of a map with checks, so that a damaged artifact is a sentence and not a crash.
class Unpacker
{
public:
    explicit Unpacker(const engine::TensorMap& tensors)
        : m_tensors(tensors)
    {}
    torch::Tensor get(const std::string& name, torch::Dtype type) const
    {
        const auto it = m_tensors.find(name);
        if (it == m_tensors.end() || it->second.scalar_type() != type)
            fail(name);
        return it->second.cpu().contiguous();
    }
    torch::Tensor get(const std::string& name, torch::Dtype type, at::IntArrayRef sizes) const
    {
        torch::Tensor tensor = get(name, type);
        if (tensor.sizes() != sizes)
            fail(name);
        return tensor;
    }
    bool has(const std::string& name) const { return m_tensors.count(name) > 0; }

private:
    [[noreturn]] static void fail(const std::string& name)
    {
        throw Error("tensor '" + name + "' is missing or malformed", "artifact 'outcomes'",
                    "Run the study again.");
    }
    const engine::TensorMap& m_tensors;
};

} // namespace

bool ClassAwareResults::hasTargets(std::size_t source) const
{
    return std::ranges::any_of(targets, [&](const std::string& target) { return target != sources[source]; });
}

torch::Tensor ClassAwareResults::outcomes(std::size_t source, std::size_t target, std::size_t e) const
{
    const EpsResult& result = perSource[source].eps[e];
    return transfer::outcomes(y, result.y1, result.y2[target]);
}

OutcomeCounts ClassAwareResults::counts(std::size_t source, std::size_t target, std::size_t e) const
{
    return countOutcomes(outcomes(source, target, e));
}

std::vector<std::size_t> ClassAwareResults::bySimilarity(std::size_t source) const
{
    std::vector<std::size_t> order;
    for (std::size_t t = 0; t < targets.size(); ++t)
        if (isPair(source, t))
            order.push_back(t);
    const auto& similarity = perSource[source].similarity;
    std::ranges::stable_sort(order, {}, [&](std::size_t t) { return similarity[t].distance; });
    return order;
}

double ClassAwareResults::spearman(std::size_t source, std::size_t e) const
{
    std::vector<double> distance, rate;
    for (const std::size_t t : bySimilarity(source)) {
        distance.push_back(perSource[source].similarity[t].distance);
        rate.push_back(outcomeRates(counts(source, t, e), Denominator::Fooled).transferred.value);
    }
    return metrics::spearman(distance, rate);
}

std::vector<std::int64_t> ClassAwareResults::idsWhere(const torch::Tensor& mask) const
{
    const torch::Tensor chosen = ids.masked_select(mask);
    const auto* data = chosen.data_ptr<std::int64_t>();
    return {data, data + chosen.numel()};
}

engine::TensorMap toTensors(const ClassAwareResults& r)
{
    const Json meta = {{"sources", r.sources},       {"targets", r.targets}, {"classes", r.classes},
                       {"attack", r.attack},         {"norm", r.norm},       {"targeted", r.targeted},
                       {"attack_text", r.attackText}};
    engine::TensorMap map = {{"meta", fromText(meta.dump())},
                             {"eps", fromDoubles(r.eps)},
                             {"ids", r.ids},
                             {"y", r.y},
                             {"clean", r.clean}};
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        const SourceResult& source = r.perSource[s];
        std::vector<torch::Tensor> y1;
        std::vector<double> norms, similarity;
        for (const EpsResult& e : source.eps) {
            y1.push_back(e.y1);
            norms.insert(norms.end(), {e.meanL2, e.meanLinf, e.targetHit});
        }
        for (const Similarity& x : source.similarity)
            similarity.insert(similarity.end(),
                              {x.distance, x.capped, x.randomDistance, x.randomCapped, x.cosine});
        map[key("y1", s)] = torch::stack(y1);
        map[key("norms", s)] = fromDoubles(norms).view({-1, 3});
        map[key("similarity", s)] = fromDoubles(similarity).view({-1, 5});
        for (std::size_t t = 0; t < r.targets.size(); ++t) {
            if (!r.isPair(s, t))
                continue;
            std::vector<torch::Tensor> y2;
            for (std::size_t e = 0; e < source.eps.size(); ++e) {
                y2.push_back(source.eps[e].y2[t]);
                if (source.eps[e].paths[t].defined())
                    map[key("path", s, t) + '.' + std::to_string(e)] = source.eps[e].paths[t];
            }
            map[key("y2", s, t)] = torch::stack(y2);
        }
    }
    return map;
}

ClassAwareResults fromTensors(const engine::TensorMap& tensors)
{
    const Unpacker in(tensors);
    ClassAwareResults r;
    try {
        const Json meta = Json::parse(toText(in.get("meta", torch::kUInt8)));
        meta.at("sources").get_to(r.sources);
        meta.at("targets").get_to(r.targets);
        meta.at("classes").get_to(r.classes);
        meta.at("attack").get_to(r.attack);
        meta.at("attack_text").get_to(r.attackText);
        meta.at("norm").get_to(r.norm);
        meta.at("targeted").get_to(r.targeted);
    } catch (const Json::exception& e) {
        throw Error(std::string("its texts cannot be read: ") + e.what(), "artifact 'outcomes'",
                    "Run the study again.");
    }
    const torch::Tensor eps = in.get("eps", torch::kFloat64);
    r.eps.assign(eps.data_ptr<double>(), eps.data_ptr<double>() + eps.numel());
    r.ids = in.get("ids", torch::kInt64);
    const std::int64_t pool = r.ids.numel(), radii = eps.numel(),
                       targets = static_cast<std::int64_t>(r.targets.size());
    r.y = in.get("y", torch::kInt64, {pool});
    r.clean = in.get("clean", torch::kUInt8);
    if (r.clean.dim() != 4 || r.clean.size(0) != pool)
        throw Error("tensor 'clean' is missing or malformed", "artifact 'outcomes'", "Run the study again.");
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        SourceResult& source = r.perSource.emplace_back();
        const torch::Tensor y1 = in.get(key("y1", s), torch::kInt64, {radii, pool});
        const torch::Tensor norms = in.get(key("norms", s), torch::kFloat64, {radii, 3});
        const torch::Tensor similarity = in.get(key("similarity", s), torch::kFloat64, {targets, 5});
        for (std::int64_t t = 0; t < targets; ++t) {
            const double* v = similarity.data_ptr<double>() + 5 * t;
            source.similarity.push_back({v[0], v[1], v[2], v[3], v[4]});
        }
        for (std::int64_t e = 0; e < radii; ++e) {
            const double* v = norms.data_ptr<double>() + 3 * e;
            source.eps.push_back({.y1 = y1[e],
                                  .y2 = std::vector<torch::Tensor>(r.targets.size()),
                                  .paths = std::vector<torch::Tensor>(r.targets.size()),
                                  .meanL2 = v[0],
                                  .meanLinf = v[1],
                                  .targetHit = v[2]});
        }
        for (std::size_t t = 0; t < r.targets.size(); ++t) {
            if (!r.isPair(s, t))
                continue;
            const torch::Tensor y2 = in.get(key("y2", s, t), torch::kInt64, {radii, pool});
            for (std::size_t e = 0; e < source.eps.size(); ++e) {
                source.eps[e].y2[t] = y2[static_cast<std::int64_t>(e)];
                const std::string path = key("path", s, t) + '.' + std::to_string(e);
                if (in.has(path))
                    source.eps[e].paths[t] = in.get(path, torch::kFloat64);
            }
        }
    }
    return r;
}

} // namespace assay::transfer
