#include "plugins/encryption/explore_view.h"

#include "backend/metrics/image_similarity.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/explore_measures.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace assay::encryption {

namespace {

torch::Tensor exploreUnit(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32) / 255;
}

/// Of the images an attacker may have encrypted: under a key for every image, that of an image of their own.
constexpr std::int64_t kAttackersImage = -1;

class ExploreLook
{
public:
    ExploreLook(const ExploreSubject& subject, const torch::Tensor& plain, std::int64_t seen)
        : m_plain(exploreUnit(plain))
        , m_bytes(plain)
        , m_seen(std::min(seen, plain.size(0)))
    {
        if (subject.network)
            m_distance.emplace(subject.network, m_plain.narrow(0, 0, m_seen));
    }

    ExploreSight at(std::string name, const torch::Tensor& images) const
    {
        const torch::Tensor unit = exploreUnit(images);
        return {.name = std::move(name),
                .images = images,
                .ssim = metrics::ssim(m_plain, unit),
                .psnr = metrics::psnr(m_plain, unit),
                .same = images.eq(m_bytes).to(torch::kFloat64).mean().item<double>(),
                .entropy = meanEntropy(images),
                .distance = m_distance ? m_distance->to(unit.narrow(0, 0, m_seen))
                                       : std::numeric_limits<double>::quiet_NaN(),
                .correlation = neighbourCorrelation(images)};
    }

private:
    torch::Tensor m_plain;
    torch::Tensor m_bytes;
    std::int64_t m_seen;
    std::optional<NetworkDistance> m_distance;
};

std::vector<ExploreAttack> exploreAttacks(const CipherSpec& spec, const SecretKey& key, bool ownKeys,
                                          const torch::Tensor& plain, const torch::Tensor& encrypted,
                                          const torch::Tensor& shown, const ExploreLook& look)
{
    std::vector<ExploreAttack> all;
    all.push_back({look.at("FR basic", foldValues(shown)), "the encrypted image", 0});
    if (spec.scheme == Scheme::Pe)
        all.push_back({look.at("FR advanced", followNeighbours(shown, plain.select(3, 0).select(2, 0))),
                       "the encrypted image and its first plain pixel", 0});
    const Cipher attacked(spec, key, plain.size(1), plain.size(2), plain.size(3),
                          ownKeys ? std::optional(kAttackersImage) : std::nullopt);
    const EncryptionOracle oracle = [&](const torch::Tensor& chosen) { return attacked.encrypt(chosen); };
    const ChosenPlaintext found = spec.scheme == Scheme::Pe    ? askConstant(oracle, encrypted)
                                  : spec.scheme == Scheme::Ffx ? askCodebook(oracle, encrypted)
                                                               : askNibbles(oracle, encrypted);
    all.push_back(
        {look.at("chosen plaintext", found.decrypted), "encryptions of images of its choice", found.queries});
    return all;
}

} // namespace

CipherSpec cipherSpecOf(const ExploreParams& p)
{
    return {.scheme = schemeFromName(p.scheme),
            .block = p.block,
            .permute = p.permute,
            .rotate = p.rotate,
            .negative = p.negative,
            .channels = p.channels,
            .independentFlags = p.independentFlags,
            .ffxCipher = p.ffxCipher == "hmac" ? DigitCipher::Hmac : DigitCipher::Ff1};
}

SecretKey exploreKey(const ExploreParams& params, std::uint64_t seed)
{
    if (!params.keyFile.empty())
        return readKeyFile(params.keyFile);
    return SecretKey::forExperiment(seed, "encryption.explore." + std::to_string(params.key));
}

ExploreView exploreView(const ExploreSubject& subject, const CipherSpec& spec, const SecretKey& key,
                        bool ownKeys, ExploreExtent extent, const std::function<void()>& check)
{
    const torch::NoGradGuard off;
    // Hundreds of small operators: teams of threads would wait for each other.
    const models::SingleThread single;
    const std::int64_t count = std::min(extent.images, subject.images.size(0));
    const torch::Tensor some = subject.images.narrow(0, 0, count);
    const torch::Tensor plain = spec.scheme == Scheme::Pe ? some : padToBlocks(some, spec.block);
    const torch::Tensor ids = subject.ids.narrow(0, 0, count);
    const ImageCiphers cipher(spec, key, plain, ids, ownKeys);
    const ImageCiphers wrong(spec, KeyStream(key, "explore.wrong").derive(), plain, ids, ownKeys);
    const ImageCiphers flipped(spec, key.withBitFlipped(0), plain, ids, ownKeys);
    const torch::Tensor encrypted = cipher.encrypt(plain), shown = cipher.bytes(encrypted);
    check();

    const ExploreLook look(subject, plain, extent.seen);
    ExploreView view{.spec = spec,
                     .fingerprint = key.fingerprint(),
                     .keySpaceBits = cipher.keySpaceBits(),
                     .keyBits = static_cast<double>(key.bits()),
                     .ownKeys = ownKeys,
                     .ids = ids};
    view.sensitivity = flipped.encrypt(plain).ne(encrypted).to(torch::kFloat64).mean().item<double>();
    view.plain = look.at("plain", plain);
    view.encrypted = look.at("encrypted", shown);
    view.decrypted = look.at("decrypted", cipher.decrypt(encrypted));
    view.wrongKey = look.at("wrong key", wrong.decrypt(encrypted));
    check();
    view.attacks = exploreAttacks(spec, key, ownKeys, plain, encrypted, shown, look);
    check();
    view.qualities = {50, 55, 60, 65, 70, 75, 80, 85, 90, 95};
    view.plainJpeg = jpegBytes(mosaic(plain), view.qualities);
    view.encryptedJpeg = jpegBytes(mosaic(shown), view.qualities);
    return view;
}

} // namespace assay::encryption
