#pragma once

#include "backend/encryption/cipher.h"
#include "backend/engine/run_context.h"
#include "backend/metrics/bootstrap.h"
#include "backend/metrics/rates.h"
#include "plugins/encryption/recon_data.h"

#include <torch/types.h>

#include <array>
#include <string>
#include <vector>

namespace assay::encryption {

class ReconReader;

/// Ways to an image from a ciphertext, and what they are measured against.
enum class ReconAttack {
    Mean,           ///< the mean face: nothing is known
    Shuffled,       ///< another victim's image: the right kind of thing, of somebody else
    Unguided,       ///< the generator's image of random styles: chance of all that use it
    Plain,          ///< the linear decoder's image of the plain picture: the linear attacks' bound
    PlainGenerator, ///< the generator's image of it: the bound of all that use it
    Fr,             ///< feature reconstruction: min(p, 255 - p)
    Itn,            ///< an inverse transformation network
    Raw,            ///< linear, from raw pixels, keys of its own
    Invariants,     ///< linear, from features that need no key
    Encoder,        ///< styles by a learned encoder
    BestOf,         ///< of many random images the one that fits the leaked embedding best
    Guided,         ///< styles optimised towards the leaked embedding
    Diffusion,      ///< latents drawn by a diffusion that is told the leaked embedding
    SameKey         ///< linear, from pairs under the victims' own key
};
inline constexpr std::size_t kReconAttacks = 14;
const char* reconAttackId(ReconAttack attack);    ///< "linear-raw": as tables have it
const char* reconAttackTitle(ReconAttack attack); ///< for figures
const char* reconAttackRole(ReconAttack attack);  ///< colour role

/// What was found of each victim. All on the CPU, [m].
struct ReconScores
{
    torch::Tensor mse;       ///< float64, pixels in [0,1]
    torch::Tensor ssim;      ///< float64
    torch::Tensor psnr;      ///< float64, dB, at most 60
    torch::Tensor embedding; ///< float64: cosine of the judge's centred embeddings of both images
    torch::Tensor rank; ///< float64: victims whose plain image is nearer, ties counting one half; 0 is found
    torch::Tensor read; ///< int64 [attributes,m]: what the judge reads
};

/// One attack on one scheme.
struct ReconOutcome
{
    ReconAttack attack = ReconAttack::Mean;
    torch::Tensor images; ///< uint8 [m or fewer,3,S,S]
    ReconScores scores;   ///< of the first victims() victims
    std::string note;     ///< what the attacker chose; may be empty

    std::int64_t victims() const { return scores.read.size(1); }
};

/// How much nearer ciphertexts lie to their own plain images in the attacker's embedding.
struct ReconLeak
{
    std::string embedding; ///< "as it is", "centred", "aligned", "aligned, not centred", "with statistics"
    torch::Tensor own;     ///< float64 [m]: s+
    torch::Tensor other;   ///< float64 [m]: mean of s- over the other victims
    torch::Tensor nearer;  ///< float64 [m]: share of other victims that it is nearer to the own one than to
    torch::Tensor rank;    ///< float64 [m]
};

/// All that is known of one scheme.
struct ReconScheme
{
    std::string id;    ///< "etc-4"
    std::string title; ///< "EtC, blocks of 4"
    CipherSpec spec;
    double keyBits = 0;
    torch::Tensor encrypted; ///< uint8 [m or fewer,3,S,S]: of the victims
    std::vector<ReconOutcome> outcomes;
    std::vector<ReconLeak> leaks;
    /// Where the shown victims' plain images and (aligned) ciphertexts lie in the plane of the plain
    /// embeddings' first two principal components: float64 [shown,4], x and y of either; undefined in
    /// runs before version 2.
    torch::Tensor plane;
    std::vector<double> encoderLosses; ///< of each epoch; empty where no encoder was trained
    std::vector<double> stageStarts;   ///< where in that training another stage began, 0 .. 1
    std::vector<double> guidedCurve;   ///< mean cosine after each step of guidance

    const ReconOutcome* find(ReconAttack attack) const;
    const ReconLeak* leak(const std::string& embedding) const;
};

/// What `encryption.reconstruct` found. Galleries hold the first kReconShown victims only.
struct ReconResults
{
    torch::Tensor ids;   ///< int64 [m], of the test split
    torch::Tensor plain; ///< uint8 [m or fewer,3,S,S]
    std::vector<ReconAttribute> attributes;
    std::vector<std::int64_t> commonest; ///< of each attribute
    std::vector<ReconOutcome> floors;    ///< Mean to PlainGenerator: the same for every scheme
    std::vector<ReconScheme> schemes;

    std::int64_t victims() const { return ids.size(0); }
    /// Of a scheme or, for what no scheme changes, of the floors; nullptr where it was not run.
    const ReconOutcome* find(const ReconScheme& scheme, ReconAttack attack) const;
    /// Attacks that were run, in the order of ReconAttack.
    std::vector<ReconAttack> attacks() const;

    engine::TensorMap tensors() const;
    /// @throws Error when @p tensors are none that tensors() gave.
    static ReconResults from(const engine::TensorMap& tensors);
};
inline constexpr std::int64_t kReconShown = 48;

/// Judges images made of the first victims. @param made float32 [n,3,S,S], clipped here. @param plain of all
/// [m,3,S,S]. @param centre float32 [1,3,S,S]: mean of the attacker's images, by whose distance images are
/// compared for the rank (cosine of what lies beyond it).
ReconScores reconScores(const torch::Tensor& made, const torch::Tensor& plain, const torch::Tensor& centre,
                        const ReconReader& judge);

/// Of the victims whose attribute is known.
struct ReconRecovery
{
    metrics::Rate rate;
    double chance = 0;    ///< of them those that have the commonest value
    double advantage = 0; ///< (rate - chance) / (1 - chance)
    torch::Tensor right;  ///< bool [m]
};
ReconRecovery reconRecovery(const ReconResults& results, const ReconOutcome& outcome, std::size_t attribute);
/// Mean over the attributes.
double reconAdvantage(const ReconResults& results, const ReconOutcome& outcome);
/// Victims of whom every known attribute was read rightly: bool [m].
torch::Tensor reconAllRight(const ReconResults& results, const ReconOutcome& outcome);

/// Ids of the first victims where @p mask holds, bool [m or fewer].
std::vector<std::int64_t> reconIds(const ReconResults& results, const torch::Tensor& mask);

/// Mean with a bootstrap interval over the victims.
struct ReconMean
{
    double value = 0;
    metrics::Interval interval;
};
ReconMean reconMean(const torch::Tensor& values);
/// Rate of ranks below @p k.
metrics::Rate reconTop(const torch::Tensor& rank, std::int64_t k);

/// Similarities of each ciphertext's embedding to all plain ones: rows are ciphertexts. @param a,b float32
/// [m,d].
ReconLeak reconLeak(std::string embedding, const torch::Tensor& encrypted, const torch::Tensor& plain);

/// Ranks of the diagonal in its row: entries that are larger, equals counting one half. @param similarity
/// [n,m].
torch::Tensor reconRanks(const torch::Tensor& similarity);

} // namespace assay::encryption
