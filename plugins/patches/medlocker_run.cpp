#include "plugins/patches/medlocker_run.h"

#include "backend/metrics/image_similarity.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "plugins/patches/certificate.h"
#include "plugins/patches/semantic_maps.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::medlocker {

namespace {

constexpr std::uint64_t kRandomPurpose = 0x72616e646f6d; ///< tells the baseline's draws from the search's
constexpr int kDeepLevels = 65535;                       ///< of 16 bits
constexpr double kRemovableAlpha = 0.9;

int sideOf(double fraction, const data::DatasetInfo& info)
{
    return static_cast<int>(std::lround(fraction * static_cast<double>(std::min(info.height, info.width))));
}

torch::Tensor rowsTensor(const std::vector<std::int64_t>& rows)
{
    return torch::tensor(rows, torch::kInt64);
}

std::vector<Placement> placementsOf(const std::vector<Found>& found)
{
    std::vector<Placement> placements;
    for (const Found& f : found)
        placements.push_back(f.placement);
    return placements;
}

} // namespace

MedlockerRun::MedlockerRun(engine::RunContext& context, MedlockerParams params)
    : m_context(context)
    , m_params(std::move(params))
    , m_spec(searchSpec(m_params, m_params.optimiser, context.seed()))
{}

void MedlockerRun::openInputs()
{
    checkSearch(m_spec);
    m_source = m_params.logo.empty() ? LogoSource::ringAndBar(m_params.logoColour)
                                     : LogoSource::fromFile(m_params.logo);
    m_key = ownerKey(m_params.keyFile);
    m_dataset = m_context.dataset(m_params.dataset);
    const data::DatasetInfo& info = m_dataset->info();
    m_results.side = sideOf(m_params.logoSize, info);
    logoAt(m_results.side); // refuses one that is too small
    m_models = reporting::openModels(m_context, {m_params.surrogate}, info, "surrogate");
    m_modelRefs = {m_params.surrogate.name};
    for (reporting::NamedModel& named :
         reporting::openModels(m_context, m_params.transfer, info, "transfer")) {
        if (named.name == m_models.front().name)
            throw Error("model '" + named.name +
                            "' is both surrogate and unseen: what it says would say "
                            "nothing about unseen models",
                        "transfer", "Give each model one role.");
        for (const protocol::ModelRef& ref : m_params.transfer)
            if (reporting::shownName(ref.name) == named.name) {
                m_modelRefs.push_back(ref.name);
                break;
            }
        m_models.push_back(std::move(named));
    }
    for (std::size_t m = 0; m < m_models.size(); ++m)
        m_results.models.push_back({m_models[m].name, m == 0});
    m_results.classes = info.classes;
    m_results.dataset = info.name;
    m_results.mask = m_params.mask;
    m_results.threshold = m_params.threshold;
    m_results.budget = queryBudget(m_spec);
    m_results.likely.resize(kConditions);
    if (m_key.made)
        m_context.log("A new key was made: " + m_key.file.string() +
                      ". Whoever loses it can neither prove nor remove these logos.");
    if (m_params.alphaMax > kRemovableAlpha && !m_params.lossless)
        m_context.log("Logos of more than " + std::to_string(kRemovableAlpha).substr(0, 3) +
                          " opacity cannot be removed well from 8-bit images; 'lossless' keeps the covered "
                          "pixels in the certificate.",
                      protocol::LogLevel::Warning);
}

void MedlockerRun::choosePool()
{
    const reporting::TestImages drawn = reporting::drawTestImages(m_context, *m_dataset, m_params.count);
    m_context.progress(0, 0, "What the surrogate knows");
    const torch::Tensor known = models::predict(*m_models.front().model, drawn.x).eq(drawn.y);
    m_drawnIds = drawn.ids;
    m_drawnLabels = drawn.y;
    m_poolRows = known.nonzero().flatten();
    m_pool = drawn.select(m_poolRows);
    m_results.drawn = drawn.size();
    m_results.misclassified = drawn.size() - m_pool.size();
    if (m_pool.size() == 0)
        throw Error("the surrogate classifies none of the " + std::to_string(drawn.size()) +
                        " images correctly",
                    "surrogate", "Choose a model that was trained on data set '" + m_results.dataset + "'.");
    m_pixels = m_dataset->pixelsOf(data::Split::Test, m_pool.ids);
    m_context.progress(0, 0, "Protected areas");
    const data::DatasetInfo& info = m_dataset->info();
    if (m_params.mask == "boxes")
        m_maps = boxMaps(*m_dataset, m_pool.ids);
    else if (m_params.mask == "file")
        m_maps = fileMaps(m_params.maskFile, m_pool.ids, info.height, info.width);
    else
        m_maps =
            surrogateMaps(*m_models.front().model, m_pool.x, m_pool.y, [this] { m_context.checkpoint(); });
}

std::vector<Protection> MedlockerRun::protectPool(double threshold, int side, Fallback fallback,
                                                  std::int64_t count) const
{
    std::vector<Protection> all;
    for (std::int64_t i = 0; i < std::min(count, m_pool.size()); ++i)
        all.push_back(protect(m_maps[i], threshold, side, m_params.overlap, fallback));
    return all;
}

const Logo& MedlockerRun::logoAt(int side)
{
    const auto found = m_logos.find(side);
    return found != m_logos.end() ? found->second : m_logos.emplace(side, m_source->at(side)).first->second;
}

std::vector<SearchImage> MedlockerRun::searchImages(const std::vector<Protection>& protections,
                                                    const std::vector<std::int64_t>& rows)
{
    std::vector<SearchImage> images;
    for (const std::int64_t row : rows) {
        const Protection& p = protections[static_cast<std::size_t>(row)];
        images.push_back({.pixels = m_pixels[row],
                          .label = m_pool.y[row].item<std::int64_t>(),
                          .sample = m_pool.ids[row].item<std::int64_t>(),
                          .logo = &logoAt(p.side),
                          .region = &p.region});
    }
    return images;
}

std::vector<Found> MedlockerRun::search(std::span<const SearchImage> images, const std::string& optimiser,
                                        const std::string& stage)
{
    SearchSpec spec = m_spec;
    spec.optimiser = optimiser;
    return searchPlacements(
        *m_models.front().model, images, spec, [this] { m_context.checkpoint(); },
        [&](std::size_t done, std::size_t total) {
            m_context.progress(static_cast<double>(done), static_cast<double>(total), stage);
        });
}

std::vector<Placement> MedlockerRun::randomPlaces(std::span<const SearchImage> images,
                                                  const std::vector<Found>& like)
{
    std::vector<Placement> places;
    for (std::size_t i = 0; i < images.size(); ++i) {
        SampleDraws draws(m_context.seed(), kRandomPurpose, images[i].sample);
        Placement place = images[i].region->place(draws.below(images[i].region->size()));
        place.alpha = like[i].placement.alpha;
        places.push_back(place);
    }
    return places;
}

torch::Tensor MedlockerRun::stampedImages(std::span<const SearchImage> images,
                                          const std::vector<Placement>& placements) const
{
    std::vector<torch::Tensor> all;
    for (std::size_t i = 0; i < images.size(); ++i)
        all.push_back(watermarked(images[i].pixels, *images[i].logo, placements[i]));
    return torch::stack(all);
}

std::vector<torch::Tensor> MedlockerRun::predictions(const torch::Tensor& images)
{
    const torch::Tensor x = images.to(torch::kFloat32).div_(255.0);
    std::vector<torch::Tensor> likely;
    for (const reporting::NamedModel& named : m_models) {
        m_context.checkpoint();
        likely.push_back(models::predict(*named.model, x));
    }
    return likely;
}

void MedlockerRun::judge(Condition condition, const torch::Tensor& images)
{
    m_results.likely[static_cast<std::size_t>(condition)] = predictions(images);
}

void MedlockerRun::execute()
{
    openInputs();
    choosePool();
    markImages();
    if (m_rows.empty()) {
        m_context.log("No image has room for a logo of " + std::to_string(m_results.side) +
                          " pixels beside the protected area: all stay untouched.",
                      protocol::LogLevel::Warning);
        m_context.table(accuracyTable(m_results));
    } else {
        judgeBaselines();
        removeMarks();
        emit();
        keepShown();
        writeCertificate();
    }
    compareSettings();
    compareOptimisers();
    if (!m_rows.empty())
        emitSurvivalOfMarks();
    for (protocol::Metric& metric : medlockerMetrics(m_results))
        m_context.metric(std::move(metric));
}

void MedlockerRun::markImages()
{
    MedlockerResults& r = m_results;
    m_protected = protectPool(m_params.threshold, r.side, m_params.fallbackRule(), m_pool.size());
    for (std::size_t i = 0; i < m_protected.size(); ++i) {
        const Protection& p = m_protected[i];
        r.flat += p.mapIsFlat ? 1 : 0;
        if (!p.feasible()) {
            ++r.infeasible;
            continue;
        }
        r.raised += p.threshold > m_params.threshold ? 1 : 0;
        r.shrunk += p.side < r.side ? 1 : 0;
        r.sides.push_back(p.side);
        r.thresholds.push_back(p.threshold);
        r.free.push_back(p.region.fraction());
        m_rows.push_back(static_cast<std::int64_t>(i));
    }
    const torch::Tensor rows = rowsTensor(m_rows);
    r.ids = m_pool.ids.index_select(0, rows);
    r.y = m_pool.y.index_select(0, rows);
    m_images = searchImages(m_protected, m_rows);
    m_clean = m_pixels.index_select(0, rows);
    r.found = search(m_images, m_params.optimiser, "Search for places");
    for (std::size_t i = 0; i < r.found.size(); ++i) {
        const Protection& p = m_protected[static_cast<std::size_t>(m_rows[i])];
        const Placement& at = r.found[i].placement;
        r.overlapping += IntegralImage(p.mask).count(at.u, at.v, p.side, p.side);
    }
}

void MedlockerRun::judgeBaselines()
{
    MedlockerResults& r = m_results;
    m_marked = stampedImages(m_images, placementsOf(r.found));
    judge(Condition::Clean, m_clean);
    judge(Condition::Optimised, m_marked);
    r.random = randomPlaces(m_images, r.found);
    judge(Condition::Random, stampedImages(m_images, r.random));
    std::vector<Placement> corner = placementsOf(r.found);
    const ImageShape shape = shapeOf(m_clean);
    for (std::size_t i = 0; i < corner.size(); ++i) {
        corner[i].u = shape.width - r.sides[i];
        corner[i].v = shape.height - r.sides[i];
    }
    judge(Condition::Corner, stampedImages(m_images, corner));
    emit();
    std::map<int, Region> whole;
    std::vector<SearchImage> unmasked = m_images;
    for (std::size_t i = 0; i < unmasked.size(); ++i) {
        Region& region = whole[r.sides[i]];
        if (region.empty())
            region = Region::whole(shape.height, shape.width, r.sides[i]);
        unmasked[i].region = &region;
    }
    const std::vector<Found> free = search(unmasked, m_params.optimiser, "Search without a mask");
    judge(Condition::NoMask, stampedImages(unmasked, placementsOf(free)));
}

void MedlockerRun::removeMarks()
{
    MedlockerResults& r = m_results;
    std::vector<torch::Tensor> originals, clean, deepClean;
    for (std::size_t i = 0; i < m_images.size(); ++i) {
        const SearchImage& image = m_images[i];
        const Placement& at = r.found[i].placement;
        const torch::Tensor marked = m_marked[static_cast<std::int64_t>(i)];
        originals.push_back(image.pixels);
        clean.push_back(m_params.lossless ? image.pixels : restored(marked, *image.logo, at));
        // What storage of 16 bits would keep.
        const double step = 255.0 / kDeepLevels;
        const torch::Tensor deep = (blended(image.pixels, *image.logo, at) / step).round() * step;
        deepClean.push_back(unblended(deep, *image.logo, at));
    }
    const torch::Tensor before = torch::stack(originals).to(torch::kFloat64) / 255;
    const auto decibels = [&](const torch::Tensor& levels) {
        const torch::Tensor each = metrics::psnr(levels.to(torch::kFloat64) / 255, before);
        return std::vector<double>(each.data_ptr<double>(), each.data_ptr<double>() + each.numel());
    };
    r.markedPsnr = decibels(m_marked);
    r.restoredPsnr = decibels(torch::stack(clean));
    r.restoredPsnr16 = decibels(torch::stack(deepClean));
    judge(Condition::Restored, torch::stack(clean));
}

void MedlockerRun::emit()
{
    m_context.figure(accuracyFigure(m_results));
    m_context.figure(successFigure(m_results));
    m_context.figure(queriesFigure(m_results));
    m_context.table(accuracyTable(m_results));
    if (!m_results.restoredPsnr.empty())
        m_context.table(placementTable(m_results));
}

} // namespace assay::medlocker
