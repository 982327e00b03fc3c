#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/encryption/keyed_training.h"
#include "plugins/encryption/proliferate_report.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// One run of `encryption.proliferate`. Used once, from the thread that runs the study.
class ProliferateRun
{
public:
    ProliferateRun(engine::RunContext& context, ProliferateParams params);
    /// @throws Error for a network that no key can be trained into, blocks that do not fit the images, and
    /// attacks that do not know L-inf.
    void execute();

private:
    using ModelPtr = std::shared_ptr<const models::Model>;
    /// A tuned network behind its key.
    struct Built
    {
        FleetMember member;
        KeyedMember trained;
        ModelPtr model;
    };

    void openInputs();
    Built build(const std::string& name, const std::string& title, Tuning tuning, int rank,
                const SecretKey& key);
    void buildFleet();
    void exportFleet();
    void compareMethods();
    void attackFleet();
    void attackStolen();
    void permuteStems();
    void revokeFirst();
    void finish();
    void emitFleet();

    std::shared_ptr<const Cipher> cipherOf(const SecretKey& key) const;
    torch::Tensor adversarial(const attacks::Source& source, const std::string& stage);
    torch::Tensor ask(const models::Model& model, const torch::Tensor& x) const;
    double latency(const models::Model& model) const;

    engine::RunContext& m_context;
    ProliferateParams m_params;
    FleetResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    reporting::TestImages m_images;
    KeyedImages m_lesson;
    ModelPtr m_base;
    KeyedParts m_parts;
    CipherSpec m_cipherSpec;
    std::vector<SecretKey> m_keys;
    std::vector<Built> m_fleet;
    torch::Tensor m_fromBase;                ///< examples made on the base
    std::vector<torch::Tensor> m_fromDevice; ///< and on each device
    std::unique_ptr<const attacks::Attack> m_attack;
    FleetExamples m_examples;
    double m_trainings = 0; ///< begun so far
    double m_allTrainings = 1;
};

} // namespace assay::encryption
