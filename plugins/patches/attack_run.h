#pragma once

#include "plugins/patches/attack_results.h"
#include "plugins/patches/attack_scene.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::patches {

/// One run of `patches.attack`: trains the patch, shows it to every model, draws the maps. Used once, from
/// the thread that runs the study.
class AttackRun
{
public:
    AttackRun(engine::RunContext& context, AttackParams params);

    /// @throws Error for models that do not fit the images or each other, unknown classes and patches.
    void execute();

private:
    struct Judged
    {
        std::string name;
        attacks::Patch patch;
    };

    void openInputs();
    void openFurtherPatches();
    std::unique_ptr<const attacks::PatchObjective> objective() const;
    attacks::PatchTraining training() const;
    void train();
    void emitSnapshot(std::int64_t step, const torch::Tensor& patch, bool first);
    void keepArtifacts();

    void judge();
    void judgePatch(const Judged& judged, std::size_t model, const Answers& without);
    void addRow(const Judged& judged, std::size_t model, double size, const std::string& placement,
                const attacks::PatchPlaces& places, const Answers& without);
    /// Places by the rule of training, upright-to-turned, drawn anew for the images that are judged.
    attacks::PatchPlaces rulePlaces(const PatchImages& images, double size,
                                    const attacks::Patch& patch) const;
    /// At a fraction of each object's box (or of the image), turned.
    attacks::PatchPlaces placesAt(const PatchImages& images, double x, double y, double size, double angle,
                                  const attacks::Patch& patch) const;
    void mapPlaces();
    void mapTurns();
    PatchGridOfRates ratesAt(const Judged& judged, const Answers& without, const PatchImages& images,
                             const std::vector<attacks::PatchPlace>& places, const std::string& stage);
    void emitReport();
    void emitExamples();
    void emitScene();

    bool onObjects() const { return m_params.place == "objects"; }

    engine::RunContext& m_context;
    AttackParams m_params;
    std::shared_ptr<const data::Dataset> m_dataset;
    std::vector<Subject> m_subjects;
    std::optional<std::int64_t> m_target;
    PatchImages m_train;
    PatchImages m_test;
    torch::Tensor m_mask;          ///< float32 [1,h,w]
    std::vector<Judged> m_patches; ///< trained, random, further ones
    std::vector<Answers> m_clean;  ///< of each model
    AttackResults m_results;
};

/// Names of the artifacts that a preview reads: "patch", "random-patch", "further-patch".
std::string patchArtifact(const std::string& viewPatch);

} // namespace assay::patches
