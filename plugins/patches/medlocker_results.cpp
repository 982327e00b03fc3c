#include "plugins/patches/medlocker_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <array>
#include <limits>

namespace assay::medlocker {

namespace {

struct ConditionNames
{
    const char* id;
    const char* title;
};
constexpr std::array<ConditionNames, kConditions> kNames = {{{"clean", "no logo"},
                                                             {"optimised", "optimised logo"},
                                                             {"random", "random place"},
                                                             {"corner", "fixed corner"},
                                                             {"no_mask", "optimised, no mask"},
                                                             {"restored", "logo removed"}}};

constexpr std::int64_t kPlacementNumbers = 4;

torch::Tensor logoTensor(const Logo& logo)
{
    torch::Tensor t = torch::empty({logo.side, logo.side, 4}, torch::kUInt8);
    std::uint8_t* out = t.data_ptr<std::uint8_t>();
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        for (std::size_t c = 0; c < 3; ++c)
            *out++ = logo.colour[3 * p + c];
        *out++ = logo.cover[p];
    }
    return t;
}

Logo logoFrom(const torch::Tensor& t, bool byGrey)
{
    if (t.size(0) != t.size(1) || t.size(2) != 4)
        throw Error("the run's logo is not square or lacks its opacity");
    Logo logo{.side = static_cast<int>(t.size(0)), .byGrey = byGrey};
    const std::uint8_t* in = t.data_ptr<std::uint8_t>();
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        logo.colour.insert(logo.colour.end(), in, in + 3);
        logo.cover.push_back(in[3]);
        in += 4;
    }
    return logo;
}

} // namespace

const char* conditionId(std::size_t condition)
{
    return kNames.at(condition).id;
}

const char* conditionTitle(std::size_t condition)
{
    return kNames.at(condition).title;
}

metrics::Rate missedOf(const torch::Tensor& clean, const torch::Tensor& likely, const torch::Tensor& y)
{
    const torch::Tensor right = clean == y;
    return metrics::wilson(right.logical_and(likely != y).sum().item<std::int64_t>(),
                           right.sum().item<std::int64_t>());
}

metrics::Rate MedlockerResults::accuracy(Condition c, std::size_t model) const
{
    return metrics::wilson((at(c)[model] == y).sum().item<std::int64_t>(), n());
}

metrics::Rate MedlockerResults::success(Condition c, std::size_t model) const
{
    return missedOf(at(Condition::Clean)[model], at(c)[model], y);
}

double MedlockerResults::transferSuccess(Condition c) const
{
    double sum = 0;
    for (std::size_t m = 1; m < models.size(); ++m)
        sum += success(c, m).value;
    return models.size() < 2 ? std::numeric_limits<double>::quiet_NaN()
                             : sum / static_cast<double>(models.size() - 1);
}

Placement ShownImages::placementOf(std::int64_t row) const
{
    const std::int64_t* p = placements.data_ptr<std::int64_t>() + row * kPlacementNumbers;
    return {.alpha = static_cast<int>(p[0]), .u = static_cast<int>(p[1]), .v = static_cast<int>(p[2])};
}

int ShownImages::sideOf(std::int64_t row) const
{
    return static_cast<int>(placements.data_ptr<std::int64_t>()[row * kPlacementNumbers + 3]);
}

engine::TensorMap toTensors(const ShownImages& s)
{
    Json sides = Json::array(), byGrey = Json::array();
    engine::TensorMap map{{"ids", s.ids},
                          {"y", s.y},
                          {"clean", s.clean},
                          {"maps", s.maps},
                          {"placements", s.placements},
                          {"thresholds", s.thresholds},
                          {"landscapes", s.landscapes}};
    for (const auto& [side, logo] : s.logos) {
        map["logo-" + std::to_string(side)] = logoTensor(logo);
        sides.push_back(side);
        byGrey.push_back(logo.byGrey);
    }
    map["meta"] = reporting::jsonTensor({{"stride", s.stride},
                                         {"alpha", s.landscapeAlpha},
                                         {"models", s.models},
                                         {"names", s.names},
                                         {"classes", s.classes},
                                         {"sides", sides},
                                         {"by_grey", byGrey}});
    return map;
}

ShownImages shownFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    ShownImages s{.ids = stored.at("ids", torch::kInt64, 1),
                  .y = stored.at("y", torch::kInt64, 1),
                  .clean = stored.at("clean", torch::kUInt8, 4),
                  .maps = stored.at("maps", torch::kFloat32, 3),
                  .placements = stored.at("placements", torch::kInt64, 2),
                  .thresholds = stored.at("thresholds", torch::kFloat64, 1),
                  .landscapes = stored.at("landscapes", torch::kFloat32, 3)};
    const std::int64_t k = s.ids.size(0);
    for (const torch::Tensor& t : {s.y, s.clean, s.maps, s.placements, s.thresholds, s.landscapes})
        if (t.size(0) != k)
            throw Error("the kept images of the run differ in number");
    if (s.placements.size(1) != kPlacementNumbers)
        reporting::StoredResults::refuse("placements");
    stored.meta([&](const Json& meta) {
        s.stride = meta.at("stride");
        s.landscapeAlpha = meta.at("alpha");
        s.models = meta.at("models").get<std::vector<std::string>>();
        s.names = meta.at("names").get<std::vector<std::string>>();
        s.classes = meta.at("classes").get<std::vector<std::string>>();
        for (std::size_t i = 0; i < meta.at("sides").size(); ++i) {
            const int side = meta.at("sides")[i];
            const torch::Tensor pixels = stored.at("logo-" + std::to_string(side), torch::kUInt8, 3);
            s.logos[side] = logoFrom(pixels, meta.at("by_grey").at(i));
        }
    });
    for (std::int64_t row = 0; row < k; ++row)
        if (!s.logos.contains(s.sideOf(row)))
            throw Error("the run lacks a logo of " + std::to_string(s.sideOf(row)) + " pixels");
    return s;
}

} // namespace assay::medlocker
