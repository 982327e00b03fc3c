#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "plugins/encryption/defense_report.h"
#include "plugins/encryption/keyed_training.h"

#include <functional>
#include <memory>
#include <vector>

namespace assay::encryption {

/// One run of `encryption.key-defense`. Used once, from the thread that runs the study.
class DefenseRun
{
public:
    DefenseRun(engine::RunContext& context, DefenseParams params);
    /// @throws Error for a network that no key can be trained into, blocks that do not fit the images, and
    /// attacks that do not know L-inf.
    void execute();

private:
    using ModelPtr = std::shared_ptr<const models::Model>;

    void openInputs();
    void makeKeys();
    void trainMembers();
    void trainBaselines();
    void askClean();
    void attackAll();
    void attackAcross();
    void attackByQuestions();
    void checkUnbounded();
    void checkMasking();
    void sliceLosses();
    void emit();
    void finish();

    std::shared_ptr<const Cipher> cipherOf(const SecretKey& key) const;
    /// The source that @p threat attacks, made of what the attacker knows.
    attacks::Source sourceOf(const DefenseThreat& threat) const;
    torch::Tensor adversarial(const attacks::Source& source, const attacks::Budget& budget,
                              const reporting::TestImages& images, const std::string& stage);
    DefenseAnswers ask(const torch::Tensor& x) const;
    std::string fullTitle(const DefenseThreat& threat) const;

    engine::RunContext& m_context;
    DefenseParams m_params;
    DefenseResults m_results;
    std::shared_ptr<const data::Dataset> m_dataset;
    reporting::TestImages m_images;
    ModelPtr m_plain;
    KeyedParts m_parts;
    CipherSpec m_cipherSpec;
    std::vector<SecretKey> m_keys;
    std::vector<KeyedMember> m_members;
    std::vector<ModelPtr> m_keyed;   ///< members with their keys
    std::vector<ModelPtr> m_asked;   ///< plain, members, baselines
    std::vector<ModelPtr> m_guessed; ///< the first member's weights behind guessed keys
    ModelPtr m_unkeyed;              ///< the first member's weights without a key
    ModelPtr m_random;               ///< all members, one drawn for each image
    std::unique_ptr<const attacks::Attack> m_attack;
    DefenseExamples m_examples;
};

} // namespace assay::encryption
