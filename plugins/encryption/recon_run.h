#pragma once

#include "backend/encryption/secret_key.h"
#include "backend/models/generative/generative_file.h"
#include "plugins/encryption/recon_diffusion.h"
#include "plugins/encryption/recon_features.h"
#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_learning.h"
#include "plugins/encryption/recon_linear.h"
#include "plugins/encryption/recon_params.h"
#include "plugins/encryption/recon_reader.h"
#include "plugins/encryption/recon_results.h"

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::encryption {

/// The schemes that a run attacks, in order: EtC once for each of its block sides. Twice the same is once.
std::vector<ReconScheme> reconSchemes(const ReconParams& params);

/// How many of them networks attack.
std::size_t reconNetworkSchemes(const ReconParams& params);

/// The attacker's pairs and the victims' ciphertexts of one scheme, as networks see them: float32 in [0,1].
struct ReconCiphertexts
{
    torch::Tensor other;   ///< [n,3,S,S]: the attacker's images, each under a key of its own
    torch::Tensor same;    ///< [n,3,S,S]: the same images under the victims' key: chosen plaintexts
    torch::Tensor victims; ///< [m,3,S,S]
};

/// One run of `encryption.reconstruct`, stage by stage.
class ReconRun
{
public:
    ReconRun(engine::RunContext& context, const ReconParams& params);
    void execute();

private:
    ReconCiphertexts encrypt(const ReconScheme& scheme) const;
    void addFloors();
    void attack(ReconScheme& scheme);
    /// @returns what the attack without a key chose to read.
    ReconFeature attackLinearly(ReconScheme& scheme, const ReconCiphertexts& c);
    /// @returns the embedding that each victim's ciphertext gives away, float32 [m,d], centred: from its own
    /// embedding and @p feature.
    torch::Tensor measureLeak(ReconScheme& scheme, const ReconCiphertexts& c, ReconFeature feature);
    void makeEmbedding();
    void makeGenerator();
    /// Where the networks that all schemes share come from.
    protocol::Table networksTable() const;
    void attackByNetworks(ReconScheme& scheme, const ReconCiphertexts& c, const torch::Tensor& wanted);
    void attackGuided(ReconScheme& scheme, const torch::Tensor& wanted);
    /// Images of the diffusion: of params.samples for each row the one that fits @p wanted best.
    torch::Tensor diffused(const torch::Tensor& wanted) const;
    /// What each step of EtC hides: its own figure, table and gallery.
    void attackSteps();
    bool usesNetworks(const ReconScheme& scheme) const;
    void add(ReconScheme& scheme, ReconAttack attack, const torch::Tensor& made, std::string note = {});
    ReconOutcome judged(ReconAttack attack, const torch::Tensor& made, std::string note = {}) const;
    /// The linear attack from @p feature of pairs to images of the victims.
    torch::Tensor linear(const torch::Tensor& pairs, const torch::Tensor& victims) const;
    /// The one of @p features that errs least on pairs held back.
    ReconFeature chosenFeature(const std::vector<ReconFeature>& features, const torch::Tensor& pairs,
                               std::int64_t block) const;

    engine::RunContext& m_context;
    ReconParams m_params;
    ReconProgress m_progress;
    SecretKey m_victimKey;   ///< of all victims; no training sees it but that of the same-key attack
    SecretKey m_attackerKey; ///< keys of the attacker's pairs are derived from it
    ReconData m_data;
    torch::Tensor m_train, m_plain; ///< float32 [n,3,S,S] and [m,3,S,S]
    torch::Tensor m_centre;         ///< float32 [1,3,S,S]
    ReconPca m_pca;
    torch::Tensor m_coordinates; ///< float32 [n,k]: of the attacker's images
    std::optional<ReconReader> m_judge, m_embedding;
    ReconZoo m_zoo;
    std::optional<models::ToldDiffusion> m_zooDiffusion; ///< opened for its embedding first
    ReconGenerator m_generator;
    std::optional<ReconDiffusion> m_diffusion;
    torch::Tensor m_pool, m_poolEmbeddings; ///< images of random styles and their embeddings
    engine::TensorMap m_live;               ///< what previews of the diffusion need
    ReconResults m_results;
};

} // namespace assay::encryption
