#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/patches/medlocker_report.h"
#include "plugins/patches/owner_key.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::medlocker {

/// One run of `patches.medlocker`: masks, searches for placements, baselines, other models, comparisons, and
/// the certificate. Used once, from the thread that runs the study.
class MedlockerRun
{
public:
    MedlockerRun(engine::RunContext& context, MedlockerParams params);

    /// @throws Error for parameters, models, masks and keys that do not fit, before anything is searched.
    void execute();

private:
    void openInputs();
    /// Draws images, keeps those the surrogate knows, makes their maps.
    void choosePool();
    /// The first @p count of the pool at one setting.
    std::vector<Protection> protectPool(double threshold, int side, Fallback fallback,
                                        std::int64_t count) const;
    const Logo& logoAt(int side);
    std::vector<SearchImage> searchImages(const std::vector<Protection>& protections,
                                          const std::vector<std::int64_t>& rows);
    std::vector<Found> search(std::span<const SearchImage> images, const std::string& optimiser,
                              const std::string& stage);
    /// A place drawn uniformly from each image's region, with the opacity of @p like.
    std::vector<Placement> randomPlaces(std::span<const SearchImage> images, const std::vector<Found>& like);
    /// uint8 [n,C,H,W]
    torch::Tensor stampedImages(std::span<const SearchImage> images,
                                const std::vector<Placement>& placements) const;
    void judge(Condition condition, const torch::Tensor& images);
    std::vector<torch::Tensor> predictions(const torch::Tensor& images);

    void markImages();
    void judgeBaselines();
    void removeMarks();
    void keepShown();
    void compareSettings();
    SweepPoint sweepPoint(double value, double threshold, int side, const std::string& stage);
    void compareOptimisers();
    void writeCertificate();
    void emitSurvivalOfMarks();
    void emit();

    engine::RunContext& m_context;
    MedlockerParams m_params;
    SearchSpec m_spec;
    MedlockerResults m_results;
    std::optional<LogoSource> m_source;
    OwnerKey m_key;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<reporting::NamedModel> m_models; ///< the surrogate first
    std::vector<std::string> m_modelRefs;        ///< as given
    std::map<int, Logo> m_logos;

    torch::Tensor m_drawnIds;            ///< int64 [d]: all images drawn
    torch::Tensor m_drawnLabels;         ///< int64 [d]
    torch::Tensor m_poolRows;            ///< int64 [p]: where the pool stands among them
    reporting::TestImages m_pool;        ///< what the surrogate knows
    torch::Tensor m_pixels;              ///< uint8 [p,C,H,W]
    torch::Tensor m_maps;                ///< float32 [p,H,W]
    std::vector<Protection> m_protected; ///< of the pool
    std::vector<std::int64_t> m_rows;    ///< of the pool: those that get a logo
    std::vector<SearchImage> m_images;   ///< those
    torch::Tensor m_clean;               ///< uint8 [n,C,H,W]
    torch::Tensor m_marked;              ///< uint8 [n,C,H,W]
    ShownImages m_shown;
};

} // namespace assay::medlocker
