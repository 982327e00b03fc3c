#include "backend/arrays/npy_write.h"
#include "backend/engine/files.h"
#include "backend/engine/reporting/survival_report.h"
#include "backend/models/predict.h"
#include "plugins/patches/certificate.h"
#include "plugins/patches/medlocker_run.h"

#include <QTemporaryDir>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::medlocker {

namespace {

/// Images that the canvas can show.
constexpr std::int64_t kShownImages = 24;
/// Places of an objective landscape, about.
constexpr double kLandscapePlaces = 900;
constexpr std::uint64_t kMostSetBytes = std::uint64_t(4) << 30;

/// p(true class) with the logo at every stride-th place, float32 [R,C]; NaN where it would stand out.
torch::Tensor landscapeOf(const models::Model& model, const SearchImage& image, int stride, int alpha)
{
    const ImageShape shape = shapeOf(image.pixels);
    const int rows = (shape.height - 1) / stride + 1, columns = (shape.width - 1) / stride + 1;
    std::vector<Placement> places;
    for (int v = 0; v + image.logo->side <= shape.height; v += stride)
        for (int u = 0; u + image.logo->side <= shape.width; u += stride)
            places.push_back({.alpha = alpha, .u = u, .v = v});
    const std::vector<Judged> judged = judgePlacements(model, image, places, 0);
    torch::Tensor values = torch::full({rows, columns}, std::numeric_limits<float>::quiet_NaN());
    float* out = values.data_ptr<float>();
    for (std::size_t i = 0; i < places.size(); ++i)
        out[places[i].v / stride * columns + places[i].u / stride] = static_cast<float>(judged[i].truth);
    return values;
}

} // namespace

void MedlockerRun::keepShown()
{
    MedlockerResults& r = m_results;
    const std::int64_t k = std::min(kShownImages, r.n());
    const ImageShape shape = shapeOf(m_clean);
    const double places = static_cast<double>(shape.height - r.side + 1) * (shape.width - r.side + 1);
    m_shown.ids = r.ids.narrow(0, 0, k).clone();
    m_shown.y = r.y.narrow(0, 0, k).clone();
    m_shown.clean = m_clean.narrow(0, 0, k).clone();
    m_shown.maps = m_maps.index_select(0, torch::tensor(m_rows, torch::kInt64).narrow(0, 0, k));
    m_shown.placements = torch::empty({k, 4}, torch::kInt64);
    m_shown.thresholds = torch::empty({k}, torch::kFloat64);
    m_shown.stride = std::max(1, static_cast<int>(std::ceil(std::sqrt(places / kLandscapePlaces))));
    m_shown.landscapeAlpha = m_spec.alphaMax;
    m_shown.models = m_modelRefs;
    m_shown.classes = r.classes;
    for (const JudgeModel& model : r.models)
        m_shown.names.push_back(model.name);
    std::vector<torch::Tensor> landscapes;
    for (std::int64_t i = 0; i < k; ++i) {
        m_context.checkpoint();
        m_context.progress(static_cast<double>(i), static_cast<double>(k), "Objective over all places");
        const auto row = static_cast<std::size_t>(i);
        const Placement& at = r.found[row].placement;
        const std::vector<std::int64_t> numbers = {at.alpha, at.u, at.v, r.sides[row]};
        m_shown.placements[i].copy_(torch::tensor(numbers, torch::kInt64));
        m_shown.thresholds[i] = r.thresholds[row];
        m_shown.logos[r.sides[row]] = logoAt(r.sides[row]);
        landscapes.push_back(
            landscapeOf(*m_models.front().model, m_images[row], m_shown.stride, m_shown.landscapeAlpha));
    }
    m_shown.landscapes = torch::stack(landscapes);
    m_context.artifact("shown", toTensors(m_shown));
    const MedlockerView view = medlockerViewOf(m_shown, m_params);
    std::vector<std::shared_ptr<const models::Model>> judges;
    for (const reporting::NamedModel& named : m_models)
        judges.push_back(named.model);
    m_context.scene(medlockerScene(m_shown, view, judges));
    m_context.figure(landscapeFigure(m_shown, view.row));
    m_context.images(medlockerGrid(m_shown, r));
}

SweepPoint MedlockerRun::sweepPoint(double value, double threshold, int side, const std::string& stage)
{
    const std::vector<Protection> protections =
        protectPool(threshold, side, Fallback::None, m_params.sweepCount);
    SweepPoint point{.value = value, .side = side};
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < protections.size(); ++i) {
        if (!protections[i].feasible())
            continue;
        rows.push_back(static_cast<std::int64_t>(i));
        point.free += protections[i].region.fraction();
    }
    point.n = static_cast<std::int64_t>(rows.size());
    point.infeasible = static_cast<std::int64_t>(protections.size()) - point.n;
    if (rows.empty()) {
        point.optimised.assign(m_models.size(), metrics::wilson(0, 0));
        point.random = point.optimised;
        return point;
    }
    point.free /= static_cast<double>(point.n);
    const std::vector<SearchImage> images = searchImages(protections, rows);
    const std::vector<Found> found = search(images, m_params.optimiser, stage);
    std::vector<Placement> places;
    for (const Found& f : found)
        places.push_back(f.placement);
    const torch::Tensor at = torch::tensor(rows, torch::kInt64);
    const torch::Tensor y = m_pool.y.index_select(0, at);
    const std::vector<torch::Tensor> clean = predictions(m_pixels.index_select(0, at));
    const std::vector<torch::Tensor> optimised = predictions(stampedImages(images, places));
    const std::vector<torch::Tensor> random = predictions(stampedImages(images, randomPlaces(images, found)));
    for (std::size_t m = 0; m < m_models.size(); ++m) {
        point.optimised.push_back(missedOf(clean[m], optimised[m], y));
        point.random.push_back(missedOf(clean[m], random[m], y));
    }
    return point;
}

void MedlockerRun::compareSettings()
{
    const data::DatasetInfo& info = m_dataset->info();
    const auto sideOfFraction = [&info](double fraction) {
        return static_cast<int>(
            std::lround(fraction * static_cast<double>(std::min(info.height, info.width))));
    };
    std::ranges::sort(m_params.sizes);
    std::ranges::sort(m_params.thresholds);
    for (const double size : m_params.sizes) {
        m_results.bySize.push_back(
            sweepPoint(size, m_params.threshold, sideOfFraction(size),
                       "Logos of " + std::to_string(sideOfFraction(size)) + " pixels"));
        m_context.figure(sizeFigure(m_results));
    }
    for (const double threshold : m_params.thresholds) {
        m_results.byThreshold.push_back(sweepPoint(threshold, threshold, m_results.side,
                                                   "T_m = " + std::to_string(static_cast<int>(threshold))));
        m_context.figure(thresholdFigure(m_results));
    }
    if (!m_results.bySize.empty() || !m_results.byThreshold.empty())
        m_context.table(sweepTable(m_results));
}

void MedlockerRun::compareOptimisers()
{
    const std::size_t count = std::min(m_images.size(), static_cast<std::size_t>(m_params.sweepCount));
    if (m_params.compare.empty() || count == 0)
        return;
    const std::span<const SearchImage> images(m_images.data(), count);
    m_results.optimisers.push_back(
        {m_params.optimiser,
         {m_results.found.begin(), m_results.found.begin() + static_cast<std::ptrdiff_t>(count)}});
    for (const std::string& id : m_params.compare) {
        if (std::ranges::find(m_results.optimisers, id, &OptimiserResult::id) != m_results.optimisers.end())
            continue;
        m_results.optimisers.push_back({id, search(images, id, "Optimiser " + id)});
        m_context.figure(optimiserFigure(m_results));
    }
    m_context.table(optimiserTable(m_results));
}

void MedlockerRun::writeCertificate()
{
    Certificate certificate{.dataset = m_results.dataset, .datasetHash = m_dataset->hash()};
    for (std::size_t i = 0; i < m_images.size(); ++i) {
        const SearchImage& image = m_images[i];
        certificate.logos[image.logo->side] = *image.logo;
        certificate.images.push_back(certify(image.sample, image.pixels,
                                             m_marked[static_cast<std::int64_t>(i)], *image.logo,
                                             m_results.found[i].placement, m_params.lossless));
    }
    m_context.file("certificate.json", sealedText(certificate, m_key.secret));
    m_context.log("The certificate is encrypted with the key in " + m_key.file.string() + ".");
    // All images drawn, so that the set can be given away as it is: with a logo where there was room.
    const torch::Tensor rows = m_poolRows.index_select(0, torch::tensor(m_rows, torch::kInt64));
    torch::Tensor all = m_dataset->pixelsOf(data::Split::Test, m_drawnIds).clone();
    all.index_copy_(0, rows, m_marked);
    torch::Tensor flags = torch::zeros({m_drawnIds.size(0)}, torch::kUInt8);
    flags.index_fill_(0, rows, 1);
    const QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("watermarked.npz").toStdString();
    arrays::writeNpz(file,
                     {{"images", all}, {"labels", m_drawnLabels}, {"ids", m_drawnIds}, {"marked", flags}},
                     arrays::Packing::Deflated);
    m_context.file("watermarked.npz", engine::readFile(file, kMostSetBytes));
}

void MedlockerRun::emitSurvivalOfMarks()
{
    const MedlockerResults& r = m_results;
    std::vector<reporting::SurvivalJudge> judges;
    for (std::size_t m = 0; m < m_models.size(); ++m)
        judges.push_back(
            {.name = m_models[m].name,
             .succeeds = [&r, model = m_models[m].model](const torch::Tensor& x) -> torch::Tensor {
                 return models::predict(*model, x) != r.y;
             },
             .counted = r.at(Condition::Clean)[m].eq(r.y)});
    const torch::Tensor marked = m_marked.to(torch::kFloat32).div(255.0);
    reporting::emitSurvival(
        m_context, reporting::measureSurvival(
                       m_context, marked.to(m_context.device()), m_clean.to(torch::kFloat32).div(255.0),
                       r.ids, judges, "Optimised logo of " + std::to_string(r.side) + " pixels",
                       "marked images that the model classifies correctly without a logo"));
}

} // namespace assay::medlocker
