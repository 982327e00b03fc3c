#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/encryption/defense_params.h"
#include "plugins/encryption/keyed_report.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// What the networks that stand by themselves say about the images: classes, int64 on the CPU.
struct DefenseAnswers
{
    torch::Tensor asked;   ///< [networks, N]
    torch::Tensor average; ///< [N]: of the mean probability of all members
};

/// Whoever is attacked: a network, or all members together.
struct DefenseVictim
{
    enum class Kind { Network, Random, Average, Any };
    std::string name;  ///< "plain", "keyed-1", "random", "average", "any", "full", ...
    std::string title; ///< "Random of 3"
    Kind kind = Kind::Network;
    std::size_t network = 0; ///< of a network: which
};

/// What an attacker has.
struct DefenseThreat
{
    std::string id;    ///< "A1-no-key"; "own-full" for a baseline attacked with its own gradient
    std::string title; ///< "A1 no key"
    std::string knows; ///< "the weights of key 1, not the key"
};

/// A key and what it cost.
struct DefenseKey
{
    std::string name; ///< "keyed-1"
    std::string fingerprint;
    double bits = 0; ///< base-2 logarithm of the number of keys
    std::int64_t trained = 0;
    std::int64_t total = 0; ///< numbers of the whole network
    std::int64_t bytes = 0; ///< of what is stored for it
    double seconds = 0;
};

/// A comparison that tells masked gradients from robustness.
struct DefenseCheck
{
    std::string check;
    std::string finding;
    std::int64_t n = 0;
    std::int64_t weakerOnly = 0;   ///< images that only the attack that is weaker by rights breaks
    std::int64_t strongerOnly = 0; ///< the other way round
    bool warning = false;
};

/// Loss of the first keyed model along a direction.
struct DefenseSlice
{
    std::string name;
    std::vector<double> loss; ///< mean cross-entropy at each distance
};

/// All that figures and tables of `encryption.key-defense` are made from.
struct DefenseResults
{
    std::string model;  ///< the public network
    std::string attack; ///< "PGD, 10 steps"
    std::string cipher; ///< "SHF, blocks of 4"
    std::vector<std::string> classes;
    torch::Tensor ids; ///< int64 [N]
    torch::Tensor y;   ///< int64 [N]
    std::vector<double> eps;
    std::size_t members = 0;
    std::vector<std::string> networks; ///< "plain", "keyed-1" .. "keyed-n", baselines
    std::vector<DefenseThreat> threats;
    DefenseAnswers clean;
    torch::Tensor wrongKey;                            ///< int64 [members, N]: asked with a wrong key
    torch::Tensor noKey;                               ///< int64 [members, N]: asked with images as they are
    std::vector<std::vector<DefenseAnswers>> attacked; ///< [threat][eps]
    torch::Tensor draws;                               ///< int64 [passes, N]: who answers
    torch::Tensor cross; ///< int64 [members, members, N]: made on a member, asked of one, at the largest eps
    std::int64_t squareImages = 0;
    torch::Tensor square; ///< int64 [2, squareImages]: classes of keyed-1 and the random model under Square
    std::vector<DefenseKey> keys;
    std::vector<DefenseCheck> checks;
    std::vector<double> sliceDistances;
    std::vector<DefenseSlice> slices;

    std::int64_t size() const { return ids.size(0); }
    std::vector<DefenseVictim> victims() const;
    /// bool [N]: which images @p victim gets right. @param pass of the random model.
    torch::Tensor right(const DefenseAnswers& answers, const DefenseVictim& victim,
                        std::int64_t pass = 0) const;
    metrics::Rate accuracy(const DefenseAnswers& answers, const DefenseVictim& victim) const;
    /// @throws Error naming the known ones.
    DefenseVictim victim(const std::string& name) const;
    /// Position of a threat that has been measured; @p otherwise where it has not.
    std::size_t threat(const std::string& id, std::size_t otherwise = 0) const;
    bool has(const std::string& threat) const;
};

/// What of it the figures show.
struct DefenseView
{
    DefenseVictim victim;
    std::size_t threat = 0;
    std::size_t eps = 0;
};
DefenseView defenseViewOf(const DefenseResults& results, const DefenseParams& params);

/// The specification's claims (1) to (6), at the computed eps nearest to 16/255.
std::vector<KeyedClaim> defenseClaims(const DefenseResults& results);

/// Lossless, for the artifact `outcomes`.
engine::TensorMap toTensors(const DefenseResults& results);
/// @throws Error when a tensor is missing or malformed.
DefenseResults defenseResultsFrom(const engine::TensorMap& tensors);

} // namespace assay::encryption
