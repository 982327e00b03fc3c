#pragma once

#include "backend/data/dataset.h"
#include "backend/engine/trained_network.h"
#include "plugins/backdoor/audit_results.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// One run of `backdoor.audit`: the owner's part, the suspects' trainings, the questions. Used once, from the
/// thread that runs the study.
class AuditRun
{
public:
    AuditRun(engine::RunContext& context, AuditParams params);
    /// @throws Error for too few images, and classes that are none.
    void execute();

private:
    /// Images and labels that a network is trained on: uint8 [n,C,H,W], int64 [n].
    struct TrainingPart
    {
        torch::Tensor images, labels;
    };
    using ModelPtr = std::shared_ptr<const models::Model>;

    void openInputs();
    void trainOwners();
    void makeTrigger();
    void chooseMarked();
    void trainSuspects();
    ModelPtr trained(const TrainingPart& part, const std::string& architecture, const std::string& name,
                     int seed, bool augmented);
    TrainingPart markedPart(const AuditMarker& marker, double rate) const;
    /// The owner's images for a method, positions in the training part, those to be marked first at the
    /// front.
    const torch::Tensor& ownOf(const AuditMarker& marker) const
    {
        return marker.relabels() ? m_ownOthers : m_own;
    }
    std::int64_t countAt(double rate) const;
    /// Asks a network with the queries of @p marker and takes down its loss on what the owner published.
    void ask(std::size_t network, const models::Model& model, const AuditMarker& marker);
    std::size_t addNetwork(const models::Model& model, AuditNetwork network);

    void emitMarked();
    void emitQueries();
    void emitReport();

    engine::RunContext& m_context;
    AuditParams m_params;
    std::shared_ptr<const data::Dataset> m_set;
    TrainingPart m_shadowPart, m_base;
    /// References are to be what an innocent suspect is: of other images than the shadow model, to which the
    /// trigger is fitted, and of as many as the suspects have.
    TrainingPart m_referencePart;
    torch::Tensor m_baseIds;   ///< int64 [n]: training images of m_base
    torch::Tensor m_own;       ///< int64 [m]: rows of m_base, of the class
    torch::Tensor m_ownOthers; ///< int64 [m]: of other classes, for MIB; empty without it
    torch::Tensor m_x;         ///< float32 [n,C,H,W]: queries without trigger, on the device
    torch::Tensor m_testX, m_testY;
    ModelPtr m_shadow;
    std::vector<ModelPtr> m_references;
    std::vector<AuditMarker> m_markers;
    ModelPtr m_firstMarked;
    double m_done = 0, m_total = 1; ///< trainings
    AuditResults m_results;
};

/// Everything that depends on the live parameters.
void emitAuditView(engine::RunContext& context, const AuditResults& results, const AuditParams& params);

} // namespace assay::backdoor
