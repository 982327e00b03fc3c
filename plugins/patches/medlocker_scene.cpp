#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "plugins/patches/medlocker_report.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::medlocker {

namespace {

constexpr double kOpaque = 255;
constexpr double kMapOpacity = 0.6;
/// Bars of each model at most, the true class among them.
constexpr std::int64_t kBarClasses = 4;

protocol::ScenePatch logoPatch(const Logo& logo, const Placement& at)
{
    const auto side = static_cast<std::uint32_t>(logo.side);
    protocol::ScenePatch patch{.name = "logo",
                               .rows = side,
                               .columns = side,
                               .x = at.u + logo.side / 2.0,
                               .y = at.v + logo.side / 2.0,
                               .width = static_cast<double>(side),
                               .height = static_cast<double>(side),
                               .xField = "patch_x",
                               .yField = "patch_y"};
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        const std::uint8_t* rgb = logo.colour.data() + 3 * p;
        patch.pixels.insert(patch.pixels.end(), rgb, rgb + 3);
        patch.pixels.push_back(static_cast<std::uint8_t>(std::lround(kOpaque * logo.opacity(p, at.alpha))));
    }
    return patch;
}

/// The objective where the middle of an allowed logo may be; the rest is not drawn.
protocol::SceneMap allowedLandscape(const ShownImages& shown, std::int64_t row, const Region& region)
{
    const torch::Tensor landscape = shown.landscapes[row].contiguous();
    const double stride = shown.stride, half = shown.sideOf(row) / 2.0;
    protocol::SceneMap map{.name = "p(true class) by place of the logo's middle",
                           .rows = static_cast<std::uint32_t>(landscape.size(0)),
                           .columns = static_cast<std::uint32_t>(landscape.size(1)),
                           .x = half - stride / 2,
                           .y = half - stride / 2,
                           .width = static_cast<double>(landscape.size(1)) * stride,
                           .height = static_cast<double>(landscape.size(0)) * stride,
                           .opacity = kMapOpacity};
    for (std::int64_t r = 0; r < landscape.size(0); ++r)
        for (std::int64_t c = 0; c < landscape.size(1); ++c)
            map.values.push_back(
                region.contains(static_cast<int>(c) * shown.stride, static_cast<int>(r) * shown.stride)
                    ? landscape[r][c].item<float>()
                    : std::numeric_limits<float>::quiet_NaN());
    return map;
}

protocol::SceneMap semanticMap(const ShownImages& shown, std::int64_t row)
{
    const torch::Tensor map = shown.maps[row].contiguous();
    protocol::SceneMap m{.name = "what matters (T_m is a level of it)",
                         .rows = static_cast<std::uint32_t>(map.size(0)),
                         .columns = static_cast<std::uint32_t>(map.size(1)),
                         .high = kOpaque,
                         .opacity = kMapOpacity};
    m.values.assign(map.data_ptr<float>(), map.data_ptr<float>() + map.numel());
    return m;
}

void addBars(protocol::Scene& scene, const models::Model& model, const std::string& name,
             const torch::Tensor& image, const std::vector<std::string>& classes, std::int64_t truth)
{
    const torch::NoGradGuard off;
    const torch::Tensor x = image.to(torch::kFloat32).div(kOpaque).unsqueeze(0).to(model.device());
    const torch::Tensor p = model.logits(x).softmax(1)[0].cpu();
    const torch::Tensor order = std::get<1>(p.sort(0, true)).contiguous();
    std::vector<std::int64_t> listed(order.data_ptr<std::int64_t>(),
                                     order.data_ptr<std::int64_t>() + std::min(kBarClasses, order.numel()));
    if (std::ranges::find(listed, truth) == listed.end())
        listed.back() = truth;
    for (const std::int64_t c : listed)
        scene.bars.push_back({.label = classes.at(static_cast<std::size_t>(c)),
                              .value = p[c].item<float>(),
                              .role = c == truth            ? "good"
                                      : c == listed.front() ? "bad"
                                                            : "",
                              .group = name});
}

} // namespace

MedlockerView medlockerViewOf(const ShownImages& shown, const MedlockerParams& params)
{
    MedlockerView view;
    for (std::int64_t row = 0; row < shown.ids.size(0); ++row)
        if (shown.ids[row].item<std::int64_t>() == params.sample)
            view.row = row;
    view.placement = shown.placementOf(view.row);
    const int side = shown.sideOf(view.row);
    const auto corner = [side](double fraction, std::int64_t length) {
        const double at = fraction * static_cast<double>(length) - side / 2.0;
        return static_cast<int>(std::clamp(std::lround(at), 0L, static_cast<long>(length - side)));
    };
    if (params.patchX >= 0)
        view.placement.u = corner(params.patchX, shown.clean.size(3));
    if (params.patchY >= 0)
        view.placement.v = corner(params.patchY, shown.clean.size(2));
    if (params.viewAlpha > 0)
        view.placement.alpha = std::max(1, static_cast<int>(std::lround(params.viewAlpha * kOpaque)));
    view.threshold =
        params.viewThreshold > 0 ? params.viewThreshold : shown.thresholds[view.row].item<double>();
    return view;
}

protocol::Scene medlockerScene(const ShownImages& shown, const MedlockerView& view,
                               const std::vector<std::shared_ptr<const models::Model>>& judges)
{
    const std::int64_t row = view.row;
    const int side = shown.sideOf(row);
    const Logo& logo = shown.logos.at(side);
    const torch::Tensor clean = shown.clean[row];
    const torch::Tensor marked = watermarked(clean, logo, view.placement);
    const torch::Tensor mask = shown.maps[row].gt(view.threshold).to(torch::kUInt8);
    const IntegralImage protectedPixels(mask);
    const std::int64_t covered = protectedPixels.count(view.placement.u, view.placement.v, side, side);
    const std::int64_t id = shown.ids[row].item<std::int64_t>();
    const std::int64_t truth = shown.y[row].item<std::int64_t>();

    protocol::Scene scene{.name = "watermark",
                          .title = "Test image " + std::to_string(id) + ", " +
                                   shown.classes.at(static_cast<std::size_t>(truth)),
                          .section = "Canvas",
                          .width = static_cast<std::uint32_t>(clean.size(2)),
                          .height = static_cast<std::uint32_t>(clean.size(1)),
                          .patch = logoPatch(logo, view.placement),
                          .sampleField = "sample",
                          .sample = id};
    scene.caption = "Opacity " + reporting::shortText(view.placement.alpha / kOpaque) + ", column " +
                    std::to_string(view.placement.u) + ", row " + std::to_string(view.placement.v) +
                    (covered == 0 ? ": no protected pixel is covered."
                                  : ": " + std::to_string(covered) + " protected pixels are covered.");
    scene.pictures = {reporting::scenePicture("clean", clean), reporting::scenePicture("watermarked", marked),
                      reporting::scenePicture("restored", restored(marked, logo, view.placement))};
    const torch::Tensor inside = mask.mul(255).contiguous();
    scene.mask.assign(inside.data_ptr<std::uint8_t>(), inside.data_ptr<std::uint8_t>() + inside.numel());
    scene.maps = {allowedLandscape(shown, row, Region(protectedPixels, side)), semanticMap(shown, row)};
    for (std::size_t m = 0; m < judges.size(); ++m)
        addBars(scene, *judges[m], shown.names.at(m), marked, shown.classes, truth);
    const torch::Tensor ids = shown.ids.contiguous();
    scene.samples.assign(ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel());
    return scene;
}

protocol::ImageGrid medlockerGrid(const ShownImages& shown, const MedlockerResults& r)
{
    protocol::ImageGrid grid{.name = "watermarked",
                             .title = "Watermarked images",
                             .caption = "Clean, with the logo the search placed, with the logo removed again "
                                        "from 8-bit pixels, and with the protected area tinted.",
                             .section = "Images"};
    std::vector<torch::Tensor> marked, removed, tinted;
    const torch::Tensor tint = torch::tensor({230.0F, 115.0F, 13.0F}).reshape({3, 1, 1});
    const std::int64_t k = shown.ids.size(0);
    const std::int64_t channels = shown.clean.size(1) >= 3 ? 3 : 1;
    protocol::ImageAttribute outcome{.name = "outcome",
                                     .title = "Surrogate",
                                     .values = {"holds", "missed"},
                                     .roles = {"unfooled", "accent"}};
    for (std::int64_t row = 0; row < k; ++row) {
        const Placement at = shown.placementOf(row);
        const Logo& logo = shown.logos.at(shown.sideOf(row));
        const torch::Tensor clean = shown.clean[row];
        const torch::Tensor with = watermarked(clean, logo, at);
        const torch::Tensor inside =
            shown.maps[row].gt(shown.thresholds[row].item<double>()).to(torch::kFloat32).mul(0.5F);
        marked.push_back(with.narrow(0, 0, channels).expand({3, -1, -1}));
        removed.push_back(restored(with, logo, at).narrow(0, 0, channels).expand({3, -1, -1}));
        tinted.push_back(with.narrow(0, 0, channels).to(torch::kFloat32) * (1 - inside) + tint * inside);
        const Found& found = r.found.at(static_cast<std::size_t>(row));
        outcome.codes.push_back(found.judged.fooled ? 1 : 0);
        grid.notes.push_back("Opacity " + reporting::shortText(at.alpha / kOpaque) + ", column " +
                             std::to_string(at.u) + ", row " + std::to_string(at.v) + "\np(true class) " +
                             reporting::shortText(found.judged.truth) + " after " +
                             std::to_string(found.queries) + " queries");
    }
    const auto plane = [](const std::vector<torch::Tensor>& images) {
        return torch::stack(images).to(torch::kFloat32).div(kOpaque);
    };
    const torch::Tensor clean = shown.clean.narrow(1, 0, channels).to(torch::kFloat32).div(kOpaque);
    reporting::fillPlanes(grid, shown.ids,
                          {{"clean", clean.expand({-1, 3, -1, -1})},
                           {"watermarked", plane(marked)},
                           {"restored", plane(removed)},
                           {"protected area", plane(tinted)}});
    grid.attributes = {reporting::classesOf("label", "True class", shown.classes, shown.y),
                       std::move(outcome)};
    return grid;
}

} // namespace assay::medlocker
