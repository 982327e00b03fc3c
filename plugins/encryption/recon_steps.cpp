#include "plugins/encryption/recon_steps.h"

#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/table_rows.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace assay::encryption {

namespace {

constexpr std::size_t kStepChoices = 16;

torch::Tensor shownRows(const torch::Tensor& images)
{
    return images.narrow(0, 0, std::min(images.size(0), kReconShown)).contiguous();
}

} // namespace

std::string reconStepsText(const CipherSpec& spec)
{
    const std::array<std::pair<bool, const char*>, 4> steps = {{{spec.permute, "moved"},
                                                                {spec.rotate, "turned"},
                                                                {spec.negative, "inverted"},
                                                                {spec.channels, "shuffled"}}};
    std::string text;
    for (const auto& [on, name] : steps)
        if (on)
            text += (text.empty() ? "" : ", ") + std::string(name);
    return text.empty() ? "nothing" : text;
}

std::vector<CipherSpec> reconStepChoices(int block)
{
    std::vector<CipherSpec> made;
    for (std::size_t i = 0; i < kStepChoices; ++i)
        made.push_back({.scheme = Scheme::Etc,
                        .block = block,
                        .permute = (i & 1) != 0,
                        .rotate = (i & 2) != 0,
                        .negative = (i & 4) != 0,
                        .channels = (i & 8) != 0});
    return made;
}

engine::TensorMap reconStepTensors(const std::vector<ReconStep>& steps)
{
    engine::TensorMap map;
    Json meta = {{"specs", Json::array()}};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string prefix = "step" + std::to_string(i);
        const ReconScores& s = steps[i].outcome.scores;
        map[prefix + ".encrypted"] = shownRows(steps[i].encrypted);
        map[prefix + ".images"] = shownRows(steps[i].outcome.images);
        map[prefix + ".numbers"] = torch::stack({s.mse, s.ssim, s.psnr, s.embedding, s.rank});
        map[prefix + ".read"] = s.read;
        meta["specs"].push_back(toJson(steps[i].spec));
    }
    map["meta"] = reporting::jsonTensor(meta);
    return map;
}

std::vector<ReconStep> reconStepsFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    std::vector<ReconStep> steps;
    stored.meta([&](const Json& meta) {
        for (const Json& spec : meta.at("specs")) {
            const std::string prefix = "step" + std::to_string(steps.size());
            ReconStep step{.spec = cipherFromJson(spec, "the kept steps"),
                           .encrypted = stored.at(prefix + ".encrypted", torch::kUInt8, 4)};
            const torch::Tensor numbers = stored.at(prefix + ".numbers", torch::kFloat64, 2);
            step.outcome = {.attack = ReconAttack::Invariants,
                            .images = stored.at(prefix + ".images", torch::kUInt8, 4),
                            .scores = {.mse = numbers[0],
                                       .ssim = numbers[1],
                                       .psnr = numbers[2],
                                       .embedding = numbers[3],
                                       .rank = numbers[4],
                                       .read = stored.at(prefix + ".read", torch::kInt64, 2)}};
            steps.push_back(std::move(step));
        }
    });
    return steps;
}

protocol::Figure reconStepsFigure(const ReconResults& r, const std::vector<ReconStep>& steps)
{
    protocol::Figure f{.name = "steps", .title = "What each step of EtC hides", .section = "Steps of EtC"};
    f.caption =
        "Advantage of reading an attribute from what the linear attack without a key makes of blocks of " +
        std::to_string(steps.front().spec.block) +
        " that went through some of the steps. Switch the steps to see the victims.";
    f.x = {.label = "Attribute", .scale = protocol::AxisScale::Category, .sets = "attribute"};
    f.y = {.label = "Steps", .scale = protocol::AxisScale::Category};
    f.colour = {.label = "Advantage", .unit = "%", .low = -100, .high = 100};
    f.opens = "steps-victims";
    for (const ReconAttribute& attribute : r.attributes)
        f.x.categories.push_back(attribute.name);
    protocol::Layer cells{.kind = protocol::LayerKind::Cells,
                          .rows = static_cast<std::uint32_t>(steps.size()),
                          .columns = static_cast<std::uint32_t>(r.attributes.size()),
                          .colourMap = "diverging"};
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        f.y.categories.push_back(reconStepsText(step->spec));
        for (std::size_t i = 0; i < r.attributes.size(); ++i) {
            const ReconRecovery found = reconRecovery(r, step->outcome, i);
            cells.z.push_back(100 * found.advantage);
            cells.samples.add(reconIds(r, found.right));
        }
    }
    f.layers.push_back(std::move(cells));
    f.aspect = 1.2;
    return f;
}

protocol::ImageGrid reconStepsGrid(const ReconResults& r, const std::vector<ReconStep>& steps,
                                   const ReconParams& p)
{
    const auto wanted = [&](const ReconStep& step) {
        return step.spec.permute == p.permute && step.spec.rotate == p.rotate &&
               step.spec.negative == p.negative && step.spec.channels == p.channels;
    };
    const auto found = std::ranges::find_if(steps, wanted);
    const ReconStep& step = found == steps.end() ? steps.back() : *found;
    protocol::ImageGrid grid{.name = "steps-victims",
                             .title = "EtC, blocks " + reconStepsText(step.spec),
                             .section = "Steps of EtC"};
    grid.caption =
        "Plain image, ciphertext and what the linear attack without a key makes of it. Switch the steps.";
    const std::int64_t shown =
        std::min({r.plain.size(0), step.encrypted.size(0), step.outcome.images.size(0), kReconShown});
    const auto plane = [&](const torch::Tensor& images) { return reconFloat(images.narrow(0, 0, shown)); };
    reporting::fillPlanes(grid, r.ids.narrow(0, 0, shown),
                          {{"plain", plane(r.plain)},
                           {"ciphertext", plane(step.encrypted)},
                           {"linear, no key", plane(step.outcome.images)}});
    return grid;
}

protocol::Table reconStepsTable(const ReconResults& r, const std::vector<ReconStep>& steps)
{
    using reporting::numberColumn;
    using reporting::textColumn;
    protocol::Table table{
        .name = "steps",
        .title = "What each step of EtC hides",
        .caption = "The linear attack without a key, from the statistics of the blocks that serve best.",
        .section = "Steps of EtC"};
    table.columns = {textColumn("steps", "Steps"),        textColumn("attribute", "Attribute"),
                     numberColumn("n", "Victims", 0),     numberColumn("accuracy", "Accuracy", 3),
                     numberColumn("chance", "Chance", 3), numberColumn("low", "Low", 3),
                     numberColumn("high", "High", 3),     numberColumn("advantage", "Advantage", 3),
                     numberColumn("mse", "MSE", 4),       numberColumn("top5", "First 5", 3)};
    for (const ReconStep& step : steps)
        for (std::size_t i = 0; i < r.attributes.size(); ++i) {
            const ReconRecovery found = reconRecovery(r, step.outcome, i);
            reporting::TableRow(table)
                << reconStepsText(step.spec) << r.attributes[i].name << static_cast<double>(found.rate.n)
                << found.rate.value << found.chance << found.rate.low << found.rate.high << found.advantage
                << step.outcome.scores.mse.mean().item<double>()
                << reconTop(step.outcome.scores.rank, 5).value;
        }
    return table;
}

} // namespace assay::encryption
