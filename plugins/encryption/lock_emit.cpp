#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/encryption/lock_estimate.h"
#include "plugins/encryption/lock_run.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption::lock {

namespace {

constexpr std::int64_t kMosaicScenes = 6;
constexpr std::int64_t kLockMosaicPixels = 160; ///< at least so many pixels

/// All channels of maps [n,c,h,w] beside one another, [n,1,H,W] in [0,1]: one scale for an image's channels.
torch::Tensor mosaicOf(const torch::Tensor& maps, const torch::Tensor& scale)
{
    const std::int64_t n = maps.size(0), c = maps.size(1), h = maps.size(2), w = maps.size(3);
    const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(c))));
    const std::int64_t rows = (c + columns - 1) / columns;
    const std::int64_t zoom = std::max<std::int64_t>(1, kLockMosaicPixels / (rows * (h + 1)));
    // Negative values, which only changed signs give, are dark as zeros are; a grey line between channels.
    const torch::Tensor shown = (maps / scale).clamp(0, 1).sqrt(); // faint channels show, too
    const torch::Tensor canvas = torch::full({n, 1, rows * (h + 1), columns * (w + 1)}, 0.5);
    for (std::int64_t i = 0; i < c; ++i)
        canvas.narrow(2, i / columns * (h + 1), h)
            .narrow(3, i % columns * (w + 1), w)
            .copy_(shown.narrow(1, i, 1));
    return canvas.repeat_interleave(zoom, 2).repeat_interleave(zoom, 3);
}

} // namespace

void LockRun::describeMaps()
{
    for (const auto& [map, shape] : m_shapes) {
        const LockSpec spec = specOf(map, m_params.transform, m_params.share);
        m_results.maps.push_back({.map = map,
                                  .shape = shape,
                                  .consumer = consumerOf(map, m_shapes),
                                  .encrypted = std::llround(spec.share * static_cast<double>(shape.channels)),
                                  .bits = keySpaceBits(spec, m_shapes)});
    }
    m_results.bitsOfMain = keySpaceBits(specOf(m_params.main, m_params.transform, m_params.share), m_shapes);
}

void LockRun::emit()
{
    const LockResults& r = m_results;
    m_context.figure(apFigure(r));
    m_context.table(apTable(r));
    m_context.table(wrongKeysTable(r));
    if (r.find(r.main)) {
        m_context.figure(curvesFigure(r));
        m_context.table(classesTable(r));
    }
    if (!r.partial.empty()) {
        m_context.figure(partialFigure(r));
        m_context.table(partialTable(r));
        if (const protocol::Figure shares = sharesFigure(r); shares.layers.front().x.size() > 1)
            m_context.figure(shares);
    }
    if (!r.attacks.empty()) {
        m_context.figure(attackFigure(r));
        m_context.table(attackTable(r));
    }
    if (!r.estimates.empty())
        m_context.table(estimateTable(r));
    m_context.figure(keySpaceFigure(r));
    m_context.table(mapsTable(r));
}

void LockRun::keepModels()
{
    models::ModelCard card = m_card;
    card.dataset = m_params.dataset.name;
    card.title = "Unprotected detector";
    card.summary = "The detector that the locks of encryption.detector-lock are compared with.";
    card.recipe = {{"made_by", "encryption.detector-lock"}};
    m_context.saveModel("unprotected", *m_plain, card);
    for (const auto& [layer, locked] : m_locks) {
        const LockOutcome* outcome = m_results.find(layer, locked.method);
        card.title = "Detector locked at " + layer;
        card.summary = "Useless without the key: mAP " + reporting::shortText(outcome->none.ap) +
                       " instead of " + reporting::shortText(outcome->right.ap) +
                       " with it. The key is not stored.";
        card.recipe["lock"] = {{"maps", layer},
                               {"transform", m_params.transform},
                               {"share", m_params.share},
                               {"method", methodName(locked.method)},
                               {"ap_with_key", outcome->right.ap},
                               {"ap_without_key", outcome->none.ap}};
        m_context.saveModel(modelName(layer), *locked.network, card);
    }
}

void LockRun::showMosaic()
{
    const Locked& locked = mainLock();
    const std::string& map = locked.spec.maps.back();
    const std::int64_t count = std::min(kMosaicScenes, m_test.size());
    const std::shared_ptr<models::Network> network = locked.network->copy();
    const auto seen = [&](const MapKeys& keys) {
        models::setMapChanges(*network, changesOf(keys, m_context.device()));
        return mapOf(*network, map, m_images.narrow(0, 0, count)).cpu();
    };
    const MapKeys right = mapKeys(*m_key, locked.spec, m_shapes);
    MapKeys before = right; // of several maps the last is shown as it is before its own key
    before.erase(map);
    const torch::Tensor plain = seen(before);
    const torch::Tensor scale = plain.amax({1, 2, 3}, true).clamp_min(1e-6);
    protocol::ImageGrid grid{.name = "map",
                             .title = "Map " + map + " before and after the key",
                             .caption =
                                 "All " + std::to_string(plain.size(1)) +
                                 " channels, row by row. Only with the right key does the next layer get "
                                 "them in the order that it knows.",
                             .section = "Maps"};
    std::vector<reporting::ImagePlane> planes = {
        {"before", mosaicOf(plain, scale)},
        {"right key", mosaicOf(seen(right), scale)},
        {"a wrong key",
         mosaicOf(seen(mapKeys(wrongKey(m_context.seed(), 1), locked.spec, m_shapes)), scale)}};
    reporting::fillPlanes(grid, m_test.ids.narrow(0, 0, count), planes);
    m_context.images(std::move(grid));
}

void LockRun::showBench()
{
    const Bench bench{.scenes = m_test.first(kBenchScenes), .classes = m_card.classes, .shapes = m_shapes};
    m_context.artifact("bench", bench.tensors());
    const MapKeys keys = shownKeys(m_params, m_shapes, m_context.seed());
    const NetworkPtr& network = m_locks.at(shownLock(m_params)).network;
    m_context.scene(
        benchScene(bench, detectorWith(*network, m_card, changesOf(keys, m_context.device())), m_params));
}

} // namespace assay::encryption::lock
