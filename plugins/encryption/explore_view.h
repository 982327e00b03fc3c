#pragma once

#include "backend/engine/run_context.h"
#include "plugins/encryption/explore_params.h"
#include "plugins/encryption/feature_reconstruction.h"
#include "plugins/encryption/image_ciphers.h"

#include <torch/types.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// The images under study.
struct ExploreSubject
{
    torch::Tensor images;                         ///< uint8 [n,C,H,W] on the CPU
    torch::Tensor ids;                            ///< int64 [n], of the test split
    std::shared_ptr<const models::Model> network; ///< for the distance; nullptr: none
};

/// One way to see the images: how near it is to the plain ones.
struct ExploreSight
{
    std::string name;
    torch::Tensor images; ///< uint8 [n,C,H,W]
    torch::Tensor ssim;   ///< float64 [n]
    torch::Tensor psnr;   ///< float64 [n]
    double same = 0;      ///< share of values that are the plain image's
    double entropy = 0;   ///< bits
    double distance = 0;  ///< to the network; NaN without one
    std::array<double, 3> correlation{};
};

struct ExploreAttack
{
    ExploreSight sight;
    std::string knows; ///< what the attacker is given
    std::int64_t queries = 0;
};

/// Everything that one cipher and key show of some images.
struct ExploreView
{
    CipherSpec spec;
    std::string fingerprint;
    double keySpaceBits = 0;
    double keyBits = 0;
    bool ownKeys = false;
    double sensitivity = 0; ///< share of encrypted values that change with one bit of the key
    torch::Tensor ids;
    ExploreSight plain, encrypted, decrypted, wrongKey;
    std::vector<ExploreAttack> attacks;
    std::vector<int> qualities;
    std::vector<double> plainJpeg, encryptedJpeg; ///< bytes of the mosaic
};

/// How much is looked at.
struct ExploreExtent
{
    std::int64_t images = 0; ///< at most
    std::int64_t seen = 32;  ///< of them by the network, which takes most of the time
};

/// The key that the parameters name. @throws Error when its file cannot be used.
SecretKey exploreKey(const ExploreParams& params, std::uint64_t seed);

/// @param check called between the parts; may throw.
ExploreView exploreView(const ExploreSubject& subject, const CipherSpec& spec, const SecretKey& key,
                        bool ownKeys, ExploreExtent extent, const std::function<void()>& check);

/// Row of the sample that is looked at: the first when it is none of them.
std::int64_t exploreRow(const ExploreView& view, std::int64_t sample);

/// Scenes, galleries, figures and tables of one view. @param key that it was made with.
void emitExplore(engine::RunContext& context, const ExploreView& view, const SecretKey& key,
                 const ExploreParams& params);

/// One line per scheme, all under the run's key.
void emitExploreSchemes(engine::RunContext& context, const std::vector<ExploreView>& views);

} // namespace assay::encryption
